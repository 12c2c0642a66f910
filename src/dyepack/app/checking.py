"""Checking: what the product adds to ``verify.py`` about an evidence bundle that the script did not refute.

1. every checkpoint is read once more, by other code: signatures of all kinds, and the quorum of the newest;
2. every timestamp token is parsed, and its signature and chain are checked at the time that it states;
3. what the tokens then prove about each entry: not after the first over a checkpoint that covers it, not before the
   newest that an earlier entry of the bundle names.

Reads through the script's own ``Bundle``, which has its limits on paths, links and sizes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dyepack.crypto.digest import sha256
from dyepack.crypto.errors import TimestampError
from dyepack.ledger import (
    Kind,
    StoredToken,
    TokenTime,
    digest_text,
    open_checkpoint,
    parse_quorum,
    parse_vkey,
    token_time,
    verify,
)
from dyepack.ledger.errors import LedgerError, NotWitnessedError
from dyepack.ledger.timestamp import chain_path, note_path


@dataclass(frozen=True, slots=True)
class Bound:
    """What one verified token proves of one entry.

    Attributes:
        index: The entry.
        after: True if it stood in the log no later than ``t``; False if it was written no earlier.
        t: Microseconds since 1970 UTC.
        authority: The name in the bundle.
    """

    index: int
    after: bool
    t: int
    authority: str


@dataclass(slots=True)
class Reading:
    """The second reading.

    Attributes:
        checkpoints: How many were read again.
        tokens: By name of authority and size: verified, or stored and not parsed.
        bounds: From verified tokens alone.
        refuted: What does not hold, or None.
    """

    checkpoints: int = 0
    tokens: list[tuple[StoredToken, TokenTime]] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)
    refuted: LedgerError | TimestampError | None = None


def read_again(path: str) -> Reading:
    """Read a bundle that ``verify.py`` did not refute; the numbers are those of the module."""
    bundle = verify.Bundle(path)
    reading = Reading()
    try:
        _checkpoints(bundle, reading)  # 1
        for token in _tokens(bundle):  # 2
            reading.tokens.append((token, token_time(token)))
    except (LedgerError, TimestampError) as error:
        reading.refuted = error
        return reading
    indexes = verify.by_number(bundle, "entries", ".json")
    entries = {index: verify.parse_entry(bundle.read(name, verify.MAX_ENTRY)) for index, name in indexes.items()}
    for index in sorted(entries):  # 3
        reading.bounds += _bounds(index, entries, reading.tokens)
    return reading


def _checkpoints(bundle: verify.Bundle, reading: Reading) -> None:
    keys = [parse_vkey(line) for line in _text(bundle, "keys.txt").splitlines()]
    quorum = parse_quorum(_text(bundle, "policy.txt")) if "policy.txt" in bundle.names else None
    witnesses = quorum.keys if quorum else frozenset()
    names = verify.by_number(bundle, "checkpoints", ".note")
    opened = {size: open_checkpoint(_text(bundle, name), keys, witnesses) for size, name in names.items()}
    if quorum:
        quorum.check_strength()
        if not quorum.satisfied(opened[max(opened)].signed_by(witnesses)):
            raise NotWitnessedError
    reading.checkpoints = len(opened)


def _tokens(bundle: verify.Bundle) -> list[StoredToken]:
    found = []
    for stem, name in bundle.within("timestamps", ".tsr"):
        size, _, authority = stem.partition(".")
        note, chain = (
            bundle.read(path, verify.MAX_TOKEN) for path in (note_path(int(size)), chain_path(int(size), authority))
        )
        found.append(StoredToken(int(size), authority, note, bundle.read(name, verify.MAX_TOKEN), chain))
    return found


def _bounds(
    index: int, entries: dict[int, dict[str, object]], tokens: Sequence[tuple[StoredToken, TokenTime]]
) -> list[Bound]:
    proven = [(token, time.t) for token, time in tokens if time.verified]
    named = {
        (fields.get("digest"), fields.get("n"))
        for place, fields in entries.items()
        if place < index and fields["kind"] == Kind.TIMESTAMP_OBTAINED
    }
    earlier = [
        (t, token.authority) for token, t in proven if (digest_text(sha256(token.response)), token.size) in named
    ]
    covering = [(t, token.authority) for token, t in proven if token.size > index]
    bounds = [Bound(index, False, *max(earlier))] if earlier else []
    return bounds + ([Bound(index, True, *min(covering))] if covering else [])


def _text(bundle: verify.Bundle, name: str) -> str:
    return bundle.read(name, verify.MAX_POLICY).decode()
