r"""Planting: what a copy will carry, fixed and committed before the copy exists.

A plan names the copy, its canaries, its records and the hashes of its keys; it holds no key and no symbol, which are
derived in ``embed`` after ``mark:key:committed`` is in the log. Its digest is what that entry carries::

    digest = SHA-256("dyepack/mark/commit/v1\0" ‖ canonical plan)

Which pool canaries a copy may hold follows from the epoch alone: the first of them in the epoch's keyed order.
"""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from dyepack.crypto.digest import hmac_sha256, sha256
from dyepack.identifiers.name_tables import NameTables
from dyepack.mark.canary import Canary, CanaryKind, invent
from dyepack.mark.errors import RowsDifferError
from dyepack.mark.ports import CanaryLines, InUse, KeyCommitments, MarkAsk
from dyepack.mark.profiles import NUIDA_2009_C6, POSITIONS_FOR_ONE_SELLER
from dyepack.mark.variant import TEXT_FIELDS, Rules
from dyepack.terms.canonical import canonical_json
from dyepack.terms.chance import Random
from dyepack.terms.ids import decode_id, encode_id

DEFAULT_EXCLUSIVE_ROWS: Final = 3
SMALL_COPY_ROWS: Final = 50
"""Below so many rows the default is one exclusive canary."""

POOL_COPY_ROWS: Final = 200
"""From so many rows on a copy takes part in the pool."""

POOL_SHARE: Final = 0.04
"""Pool positions per row; about half of them are present, so rows grow by about 2 %."""

TOO_SHORT: Final = "too-short"

_COMMIT_DOMAIN = b"dyepack/mark/commit/v1\0"
_POOL_DOMAIN = b"dyepack/mark/pool/v1\0"


@dataclass(frozen=True, slots=True)
class MarkPlan:
    """What a copy will carry.

    Attributes:
        ask: The release.
        copy: 26 characters, new.
        epoch: 26 characters.
        key_commit: SHA-256 of the copy key.
        bias_commit: SHA-256 of the bias key.
        rules_digest: SHA-256 of the variant table.
        pool: Pool canaries assigned to the copy, in the epoch's order; each will be present or absent by its symbol.
        exclusive: Canaries that only this copy holds.
        positions_at_most: Positions the copy can have: pool positions, and one slot a row if a text field is released.
        positions_needed: What names a single seller in 95 % of cases.
        notes: ``("too-short",)`` if the copy cannot have the positions needed.
    """

    ask: MarkAsk
    copy: str
    epoch: str
    key_commit: bytes
    bias_commit: bytes
    rules_digest: bytes
    pool: tuple[Canary, ...] = field(repr=False)
    exclusive: tuple[Canary, ...] = field(repr=False)
    positions_at_most: int
    positions_needed: int
    notes: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """The canonical plan: to be stored sealed, and opened if the commitment is ever disputed."""
        return canonical_json(
            {
                "v": 1,
                "copy": self.copy,
                "release": self.ask.release,
                "institution": self.ask.institution,
                "recipient": self.ask.recipient,
                "epoch": self.epoch,
                "profile": NUIDA_2009_C6.name,
                "rules": self.rules_digest.hex(),
                "key_commit": self.key_commit.hex(),
                "bias_commit": self.bias_commit.hex(),
                "columns": list(self.ask.columns),
                "tokens": sorted(self.ask.tokens),
                "pool": [{"canary": canary.id, "card": canary.card.hex()} for canary in self.pool],
                "exclusive": [{"canary": canary.id, "card": canary.card.hex()} for canary in self.exclusive],
            }
        )

    def digest(self) -> bytes:
        """What ``mark:key:committed`` carries."""
        return sha256(_COMMIT_DOMAIN + self.to_bytes())


def plan_copy(
    ask: MarkAsk,
    *,
    epoch: str,
    pool: Sequence[Canary],
    keys: KeyCommitments,
    lines: CanaryLines,
    in_use: InUse,
    names: NameTables,
    rules: Rules,
    random: Random,
    exclusive_rows: int | None = None,
) -> MarkPlan:
    """Plan a copy.

    Args:
        ask: The release.
        epoch: 26 characters, the current epoch.
        pool: All live pool canaries of the epoch, any order.
        keys: The keeper's operation ``commitments``.
        lines: Numbers for the exclusive canaries.
        in_use: Keeps canaries apart from people of the vault.
        names: Frequencies of names.
        rules: The variant table in force.
        random: For the copy id and the canaries.
        exclusive_rows: The setting ``mark.exclusive_rows``; None is the default, 3, and 1 for copies under 50 rows.

    Raises:
        RowsDifferError: A token stands twice in the release.
        KeyUnavailableError: The keeper does not answer.
        LinesExhaustedError: No free number is left.
        NamesExhaustedError: No free name was found.
    """
    rows = len(ask.tokens)
    if len(set(ask.tokens)) != rows:
        raise RowsDifferError(planned=rows)
    wanted = exclusive_rows
    if wanted is None:
        wanted = DEFAULT_EXCLUSIVE_ROWS if rows >= SMALL_COPY_ROWS else 1
    copy = random.token_bytes(16)
    assigned = pool_order(epoch, pool)[: pool_positions(rows, len(pool))]
    key_commit, bias_commit = keys.commitments(copy, decode_id(epoch))
    at_most = len(assigned) + (rows if set(TEXT_FIELDS) & set(ask.columns) else 0)
    needed = positions_needed(ask.live_copies)
    return MarkPlan(
        ask=ask,
        copy=encode_id(copy),
        epoch=epoch,
        key_commit=key_commit,
        bias_commit=bias_commit,
        rules_digest=rules.digest,
        pool=assigned,
        exclusive=invent(random, kind=CanaryKind.EXCLUSIVE, count=wanted, names=names, lines=lines, in_use=in_use),
        positions_at_most=at_most,
        positions_needed=needed,
        notes=(TOO_SHORT,) if at_most < needed else (),
    )


def pool_order(epoch: str, pool: Sequence[Canary]) -> tuple[Canary, ...]:
    """The epoch's keyed order: no copy's secret is in it, so all copies of an epoch share it."""
    key = _POOL_DOMAIN + decode_id(epoch)
    return tuple(sorted(pool, key=lambda canary: hmac_sha256(key, canary.raw)))


def pool_positions(rows: int, pool_size: int) -> int:
    """How many pool canaries a copy of so many rows is assigned."""
    return 0 if rows < POOL_COPY_ROWS else min(pool_size, math.floor(rows * POOL_SHARE))


def positions_needed(live_copies: int) -> int:
    """Read positions that name a single seller among so many copies: measured points, linear in ln n elsewhere."""
    points = [(math.log(copies), positions) for copies, positions in POSITIONS_FOR_ONE_SELLER]
    x = math.log(max(1, live_copies))
    right = min(max(bisect.bisect([at for at, _ in points], x), 1), len(points) - 1)
    (x0, y0), (x1, y1) = points[right - 1 : right + 1]
    return math.ceil(y0 + (y1 - y0) * (x - x0) / (x1 - x0))
