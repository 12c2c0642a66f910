"""Stamping: timestamps of outside authorities over the log's checkpoints, hourly and for each evidence bundle.

``HOME/ledger/authorities.toml`` names up to two authorities; without the file there are none::

    [[authority]]
    name = "first"                            # a-z, hyphen, up to four digits; becomes part of file names
    url = "https://tsa.example/"
    chain = "first.pem"                       # beside this file: certificates that are trusted, a root among them

A round over one checkpoint:

1. the checkpoint is kept as ``timestamps/<size>.note``, or the one that was kept there is taken again;
2. each authority that has not stamped it is asked;
3. its raw answer is kept, whatever it is: as ``.tsr`` with its chain if it holds or only other software can parse it,
   else as ``.refused``;
4. for each token there is one fact ``ledger:timestamp:obtained`` with the SHA-256 of the raw answer, the size and
   the name of the authority.

Invariants:

* no answer and no failure of an authority stops the log or raises; a disk that refuses does raise;
* what is kept is never written again: one round at a time, in the one process that writes a home;
* an authority that fails three rounds in a row is told of once, as ``ledger:check:failed`` with ``timestamp``.
"""

import re
import threading
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dyepack.app.errors import AuthoritiesError
from dyepack.crypto.digest import sha256
from dyepack.crypto.errors import TimestampError
from dyepack.crypto.timestamp import check_chain, timestamp_request
from dyepack.gateways.timestamping import ask_authority
from dyepack.ledger import Fact, Kind, StoredToken, Value, digest_text, parse_entry, token_time
from dyepack.ledger.timestamp import chain_path, note_path, token_path
from dyepack.terms.chance import Random, new_id

SLOTS = 2
ALARM_ROUNDS = 3
FILE = "authorities.toml"
_OBTAINED = f'"kind":"{Kind.TIMESTAMP_OBTAINED}"'
_ROUND = threading.Lock()
_NAME = re.compile(r"(?!(?:[^0-9]*[0-9]){5})[a-z][a-z0-9-]{0,31}")  # a word of an entry
_URL = re.compile(r"https?://[\x21-\x7e]+")


class Files(Protocol):
    """Files below the folder of the log: ``TokenFolder``, or the sequencer's ``LogFolder``."""

    def read(self, name: str) -> bytes | None:
        """A file; None if there is none."""
        ...

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files durably."""
        ...


class Entries(Protocol):
    """What is read of the log."""

    def find(self, needles: Iterable[str]) -> list[tuple[int, bytes]]:
        """All entries whose bytes hold one of the needles."""
        ...


@dataclass(frozen=True, slots=True)
class Authority:
    """One configured authority.

    Attributes:
        name: The house's name for it.
        url: Where it answers.
        chain: PEM certificates.
    """

    name: str
    url: str
    chain: bytes


@dataclass(frozen=True, slots=True)
class Round:
    """What one round gave.

    Attributes:
        facts: To be appended.
        failures: Sentences without personal data, by authority.
    """

    facts: tuple[Fact, ...]
    failures: Mapping[str, TimestampError]


def load_authorities(folder: Path) -> tuple[Authority, ...]:
    """The authorities that the folder of the log names; none if it has no such file.

    Raises:
        AuthoritiesError: The file or a chain cannot be used.
    """
    path = folder / FILE
    if not path.exists():
        return ()
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AuthoritiesError(why="not a TOML file") from error
    rows = table.get("authority")
    if set(table) != {"authority"} or not isinstance(rows, list) or len(rows) > SLOTS:
        raise AuthoritiesError(why=f"one or {SLOTS} tables [[authority]], and nothing else")
    found = tuple(_authority(row, folder) for row in rows)
    if len({one.name for one in found}) != len(found):
        raise AuthoritiesError(why="a name twice")
    return found


def _authority(row: Any, folder: Path) -> Authority:
    if not isinstance(row, dict) or set(row) != {"name", "url", "chain"}:
        raise AuthoritiesError(why="name, url and chain are needed, and nothing else")
    name, url, chain = (str(row[word]) for word in ("name", "url", "chain"))
    if not _NAME.fullmatch(name) or not _URL.fullmatch(url) or "/" in chain:
        raise AuthoritiesError(why="a name of a-z, 0-9 and hyphen; an http(s) address; a file beside this one")
    try:
        pem = (folder / chain).read_bytes()
        check_chain(pem)
    except (OSError, TimestampError) as error:
        raise AuthoritiesError(why="a chain that cannot be read or has no root") from error
    return Authority(name, url, pem)


def stamp(
    checkpoint: str,
    size: int,
    files: Files,
    authorities: Iterable[Authority],
    random: Random,
    ask: Callable[[str, bytes], bytes] = ask_authority,
) -> Round:
    """One round over a checkpoint of ``size`` entries; the numbers are those of the module.

    Raises:
        LedgerError: The disk refused.
    """
    with _ROUND:
        return _round(checkpoint, size, files, authorities, random, ask)


def _round(
    checkpoint: str,
    size: int,
    files: Files,
    authorities: Iterable[Authority],
    random: Random,
    ask: Callable[[str, bytes], bytes],
) -> Round:
    facts: list[Fact] = []
    failures: dict[str, TimestampError] = {}
    wanted = [one for one in authorities if files.read(token_path(size, one.name)) is None]
    if not wanted:
        return Round((), failures)
    note = files.read(note_path(size))  # 1
    if note is None:
        note = checkpoint.encode()
        files.write({note_path(size): note})
    for authority in wanted:
        try:
            request = timestamp_request(note)
            answer = ask(authority.url, request.der)  # 2
        except TimestampError as error:
            failures[authority.name] = error
            continue
        token = StoredToken(size, authority.name, note, answer, authority.chain)
        try:
            token_time(token, request.nonce)
        except TimestampError as error:  # 3
            files.write({f"timestamps/{size}.{authority.name}.refused": answer})
            failures[authority.name] = error
            continue
        files.write({chain_path(size, authority.name): authority.chain})
        files.write({token_path(size, authority.name): answer})
        fields: dict[str, Value] = {
            "actor": "p_log",
            "digest": digest_text(sha256(answer)),
            "n": size,
            "outcome": authority.name,
        }
        facts.append(Fact(new_id(random), Kind.TIMESTAMP_OBTAINED, fields))  # 4
    return Round(tuple(facts), failures)


class Misses:
    """Counts failed rounds; one for each log, kept by the loop that stamps."""

    def __init__(self, random: Random) -> None:
        """``random`` gives ids of entries."""
        self._random = random
        self._missed: dict[str, int] = {}

    def alarms(self, authorities: Iterable[Authority], done: Round) -> tuple[Fact, ...]:
        """After a round: one fact for each authority that failed for the third time in a row."""
        facts = []
        for authority in authorities:
            missed = self._missed.get(authority.name, 0) + 1 if authority.name in done.failures else 0
            self._missed[authority.name] = missed
            if missed == ALARM_ROUNDS:
                fields = {"actor": "p_log", "outcome": "timestamp"}
                facts.append(Fact(new_id(self._random), Kind.CHECK_FAILED, fields))
        return tuple(facts)


@dataclass(frozen=True, slots=True)
class Around:
    """What bounds entries in time.

    Attributes:
        entries: Indexes of the entries that name tokens from before.
        tokens: Those tokens, and the first ones over the entries.
    """

    entries: tuple[int, ...]
    tokens: tuple[StoredToken, ...]


def tokens_around(log: Entries, files: Files, indexes: Sequence[int]) -> Around:
    """For each entry the newest token that an earlier entry names, and the earliest tokens that cover it."""
    known = [(index, token) for index, raw in log.find([_OBTAINED]) if (token := _stored(files, raw)) is not None]
    entries: set[int] = set()
    tokens: set[StoredToken] = set()
    for wanted in indexes:
        before = [pair for pair in known if pair[0] < wanted]
        if before:
            entries.add(before[-1][0])
            tokens.add(before[-1][1])
        over = [token for _, token in known if token.size > wanted]
        tokens.update(token for token in over if token.size == min(token.size for token in over))
    return Around(tuple(sorted(entries)), tuple(sorted(tokens, key=lambda token: (token.size, token.authority))))


def _stored(files: Files, raw: bytes) -> StoredToken | None:
    """The token that an entry names, if its files are what was kept then."""
    fields = parse_entry(raw).fields
    size, authority = int(str(fields["n"])), str(fields["outcome"])
    note, response, chain = (
        files.read(path) for path in (note_path(size), token_path(size, authority), chain_path(size, authority))
    )
    if note is None or response is None or chain is None or digest_text(sha256(response)) != fields["digest"]:
        return None
    return StoredToken(size, authority, note, response, chain)
