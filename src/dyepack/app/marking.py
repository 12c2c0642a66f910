"""Joins ``vault.release`` to ``mark``: satisfies ``vault.ports.Marker`` over the sealed register and the keeper.

Canary numbers come from the institution's own lines (setting ``mark.lines``) or else from one fictional block that no
operator has assigned (``docs/limitations.md``).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import msgspec

from dyepack.app.settings import Settings
from dyepack.crypto.digest import sha256
from dyepack.identifiers import name_key, name_tables
from dyepack.ledger import Receipt
from dyepack.mark import Canary, CanaryKind, CopyKeys, Manifest, MarkPlan, embed, invent, plan_copy, shipped_rules
from dyepack.mark import MarkAsk as CopyAsk
from dyepack.mark import MarkedCopy as Marked
from dyepack.mark import ReleaseRow as MarkRow
from dyepack.mark.errors import LinesExhaustedError
from dyepack.storage.mark_store import CanaryNote, CopyRow, MarkStore
from dyepack.terms.chance import Random, below, new_id
from dyepack.terms.ids import encode_id
from dyepack.terms.time import Clock, to_datetime
from dyepack.vault.catalog import index_number
from dyepack.vault.keeper.wire import Keeper, PlantGround
from dyepack.vault.ports import INSTITUTION_SPACE, MarkAsk, Records, ReleaseRow

FICTIONAL_BLOCK = "+86169"
"""A mobile prefix that no operator has assigned: nobody answers there, so only a leaked list can show it."""


FICTIONAL_NUMBERS = 10**8
"""Numbers behind the prefix."""


class _Card(msgspec.Struct, omit_defaults=True):
    """A canary as the sealed register keeps it."""

    kind: str
    name: str
    latin_name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, as the vault needs to see it."""

    plan: MarkPlan

    @property
    def copy(self) -> str:
        """26 characters."""
        return self.plan.copy

    @property
    def digest(self) -> bytes:
        """The commitment."""
        return self.plan.digest()


class CopyMarker:
    """Plans, marks and keeps copies."""

    def __init__(
        self,
        *,
        store: MarkStore,
        records: Records,
        keeper: Keeper,
        settings: Settings,
        clock: Clock,
        random: Random,
    ) -> None:
        """Join the register, the keeper and the settings."""
        self._store = store
        self._records = records
        self._keeper = keeper
        self._settings = settings
        self._clock = clock
        self._random = random
        self.rules = shipped_rules()

    def plan(self, ask: MarkAsk, receipt: Receipt) -> Planned:
        """Choose the copy's id and canaries and keep them in the register."""
        year = to_datetime(self._clock.now()).year
        epoch = self._store.epoch(year, new_id(self._random))
        guard = _InUse(self._keeper, self._records, receipt)
        lines = _Lines(self._store, self._keeper, self._random, {canary.phone for canary in self.register()})
        wanted = self._settings["mark.exclusive_rows"]
        plan = plan_copy(
            CopyAsk(
                release=ask.release,
                institution=self._settings["institution.id"],
                recipient=ask.holder,
                columns=ask.columns,
                tokens=ask.tokens,
                live_copies=len(self._store.copies()) + 1,
                year=year,
                mail_domain=self._settings["mark.mail_domain"],
            ),
            epoch=epoch,
            pool=self._pool(epoch, guard, lines) if len(ask.tokens) >= 200 else (),
            keys=_Commitments(self._keeper),
            lines=lines,
            in_use=guard,
            names=name_tables(),
            rules=self.rules,
            random=self._random,
            exclusive_rows=wanted if wanted != 3 or len(ask.tokens) >= 50 else None,
        )
        row = CopyRow(
            id=plan.copy,
            release=ask.release,
            holder=ask.holder,
            epoch=epoch,
            rows=len(ask.tokens),
            exclusive=len(plan.exclusive),
            made=None,
            plan_digest=plan.digest(),
            manifest_digest=None,
            manifest=None,
        )
        self._store.plan_copy(row, [self._note(canary, epoch, plan.copy, guard) for canary in plan.exclusive])
        return Planned(plan)

    def embed(self, plan: Planned, receipt: Receipt, rows: Iterable[ReleaseRow]) -> Marked:
        """Derive the symbols, against the receipt of the committed plan, and write them."""
        copy_key, bias_key = self._keeper.derive(receipt, [plan.copy], plan.plan.epoch)[0]
        given = (MarkRow(row.token, row.cells) for row in rows)
        return embed(plan.plan, CopyKeys(copy_key, bias_key), given, self.rules)

    def keep(self, plan: Planned, copy: Marked, kind: str, content: bytes) -> bytes:
        """Keep the manifest of the written file, sealed; returns its SHA-256."""
        manifest = copy.manifest.with_file(kind, sha256(content)).to_bytes()
        digest = sha256(manifest)
        sealed = self._keeper.seal_note("manifest", plan.copy, manifest)
        self._store.make_copy(plan.copy, self._clock.now(), digest, sealed)
        return digest

    def strangers(self, unknown: Collection[str]) -> int:
        """How many of these numbers lie in the canaries' range and are no canary: guesses, or chance."""
        planted = {canary.phone for canary in self.register()}
        own = self._own_lines()
        return sum(
            number not in planted and (number in own or number.startswith(FICTIONAL_BLOCK)) for number in unknown
        )

    def space(self) -> int:
        """Numbers among which somebody who holds one copy must guess the exclusive canaries of others.

        The pool is known to every holder of a copy, and so are his own exclusive canaries.
        """
        own = len(self._own_lines())
        if not own:
            return FICTIONAL_NUMBERS
        notes = self._store.canaries()
        exclusive = Counter(note.copy for note in notes if note.copy is not None)
        pool = len(notes) - exclusive.total()
        return max(1, own - pool - max(exclusive.values(), default=0))

    def _own_lines(self) -> set[str]:
        return {self._keeper.open_note("line", "line", note).decode() for note in self._store.all_lines()}

    def register(self) -> list[Canary]:
        """All canaries that were ever planted."""
        return [self._canary(note) for note in self._store.canaries()]

    def manifests(self, committed: Mapping[str, bytes]) -> tuple[list[Manifest], list[str]]:
        """Manifests of all copies, and the ids of copies whose manifest is not the one that the ledger holds.

        Args:
            committed: SHA-256 of manifests by copy, from the entries ``mark:copy:marked``.
        """
        found: list[Manifest] = []
        broken: list[str] = []
        for row in self._store.copies():
            assert row.manifest is not None
            raw = self._keeper.open_note("manifest", row.id, row.manifest)
            if row.id in committed and committed[row.id] == sha256(raw):
                found.append(Manifest.from_bytes(raw))
            else:
                broken.append(row.id)
        return found, broken

    def _pool(self, epoch: str, guard: "_InUse", lines: "_Lines") -> tuple[Canary, ...]:
        notes = self._store.canaries(epoch_id=epoch, pool_only=True)
        pool = [self._canary(note) for note in notes]
        missing = self._settings["mark.pool"] - len(pool)
        if missing > 0:
            fresh = invent(
                self._random, kind=CanaryKind.POOL, count=missing, names=name_tables(), lines=lines, in_use=guard
            )
            self._store.add_canaries([self._note(canary, epoch, None, guard) for canary in fresh])
            pool += fresh
        return tuple(pool)

    def _note(self, canary: Canary, epoch: str, copy: str | None, guard: "_InUse") -> CanaryNote:
        card = _Card(canary.kind.value, canary.name, canary.latin_name, canary.phone)
        sealed = self._keeper.seal_note("canary", canary.id, msgspec.json.encode(card))
        return CanaryNote(canary.id, epoch, copy, sealed, guard.tag("phone", canary.phone))

    def _canary(self, note: CanaryNote) -> Canary:
        card = msgspec.json.decode(self._keeper.open_note("canary", note.id, note.note), type=_Card)
        return Canary(note.id, CanaryKind(card.kind), card.name, card.latin_name, card.phone)


class _Commitments:
    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def commitments(self, copy: bytes, epoch: bytes) -> tuple[bytes, bytes]:
        return self._keeper.commitments(encode_id(copy), encode_id(epoch))


class _InUse:
    """Whether somebody in the vault has this name or number; asked by blind index, under the release's receipt."""

    def __init__(self, keeper: Keeper, records: Records, receipt: Receipt) -> None:
        self._keeper = keeper
        self._records = records
        self._ground = PlantGround(receipt)

    def name_in_use(self, name: str) -> bool:
        return self._found("name", name_key(name))

    def phone_in_use(self, number: str) -> bool:
        return self._found("phone", number)

    def _found(self, name: str, key: str) -> bool:
        return bool(self._records.find(INSTITUTION_SPACE, [(index_number(name), self.tag(name, key))]))

    def tag(self, name: str, key: str) -> bytes:
        """The institution's tag of a value."""
        return self._keeper.index([(index_number(name), key)], self._ground)[0]


class _Lines:
    """Numbers for canaries: the institution's own while it gave any, else the fictional block."""

    def __init__(self, store: MarkStore, keeper: Keeper, random: Random, given: set[str]) -> None:
        self._store = store
        self._keeper = keeper
        self._random = random
        self._own = store.lines() > 0
        self._given = given

    def take(self) -> str:
        if self._own:
            note = self._store.take_line(lambda count: below(self._random, count))
            if note is None:
                raise LinesExhaustedError
            return self._keeper.open_note("line", "line", note).decode()
        while True:
            number = f"{FICTIONAL_BLOCK}{below(self._random, 10**8):08d}"
            if number not in self._given:
                self._given.add(number)
                return number
