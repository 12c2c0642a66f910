"""Admission (准入): a lot leaves quarantine when its provenance is proven, decided by the privacy officer.

1. the policy decides (never the uploader); 2. the keeper computes the look-up tags again under the institution's
index key, against level-2 receipts, without giving out a key or a value; 3. a record whose sole tag stands already is
a duplicate and stays held; 4. the others open, in one transaction with the fact that says so; 5. the keeper follows.

A run that was killed is run again: what is open stays open, the rest continues.
"""

from collections.abc import Sequence

from dyepack.ledger import Fact, Kind
from dyepack.terms.ids import RecordToken
from dyepack.terms.progress import Progress
from dyepack.vault.catalog import LAST4, field_by_id
from dyepack.vault.consent_check import RELATION
from dyepack.vault.errors import EvidencePerRecordError, NotFoundError
from dyepack.vault.joined import Joined
from dyepack.vault.keeper.wire import MAX_OPEN
from dyepack.vault.policy import Action, Ask
from dyepack.vault.ports import Lot, RecordRow, Tag
from dyepack.vault.request import FieldValue, Request, fact, receipts
from dyepack.vault.reveal import Viewer

STEP = 10 * MAX_OPEN


class Admission:
    """Opens a lot."""

    def __init__(self, joined: Joined, viewer: Viewer) -> None:
        """Take what is needed of the ports."""
        self._lots = joined.lots
        self._outbox = joined.outbox
        self._keeper = joined.keeper
        self._ledger = joined.ledger
        self._permission = joined.permission
        self._viewer = viewer
        self._random = joined.random

    def admit(self, request: Request, lot_id: str, progress: Progress) -> tuple[int, int]:
        """(admitted, duplicates) of the whole lot.

        Raises:
            NotFoundError: No such lot.
            DeniedError: The policy refuses.
            EvidencePerRecordError: This kind of provenance is not proven by the lot.
        """
        lot = self._lots.get(lot_id)
        if lot is None:
            raise NotFoundError(what="lot")
        granted = self._permission.ask(request, self._ask(request, lot))
        if lot.provenance != RELATION:
            raise EvidencePerRecordError(kind=lot.provenance)
        if lot.state == "held":
            self._lots.move(lot_id, "admitting")
        if lot.state != "open":
            self._follow(request, lot_id, self._lots.members(lot_id, "open"))
            self._run(request, lot_id, granted, progress)
            moved = request.who() | {"ref": lot_id, "outcome": "open"}
            self._ledger.append([fact(self._random, Kind.LOT_MOVED, moved)])
            self._lots.move(lot_id, "open")
        return len(self._lots.members(lot_id, "open")), len(self._lots.members(lot_id, "held"))

    def _ask(self, request: Request, lot: Lot) -> Ask:
        return Ask(
            role=request.actor.role,
            action=Action.ADMIT,
            purpose=request.purpose,
            state="held",
            basis=True,
            quota=True,
            rows=lot.rows,
            self_request=lot.uploader == request.actor.id,
        )

    def _run(self, request: Request, lot_id: str, granted: dict[str, FieldValue], progress: Progress) -> None:
        held = self._lots.members(lot_id, "held")
        for start in range(0, len(held), STEP):
            progress("admit", start, len(held))
            step = held[start : start + STEP]
            aliases = self._viewer.aliases([row.token for row in step])
            rows = [row for row in step if row.token in aliases]
            tags = self._tags(request, lot_id, rows, aliases, granted)
            facts: list[Fact] = []

            def fact_of(
                tokens: Sequence[RecordToken],
                aliases: dict[RecordToken, str] = aliases,
                facts: list[Fact] = facts,
            ) -> list[Fact]:
                facts[:] = self._admitted(request, lot_id, [aliases[token] for token in tokens])
                return facts

            admitted = self._lots.admit(lot_id, tags, fact_of)
            self._acknowledge(admitted, facts)
        progress("admit", len(held), len(held))

    def _tags(
        self,
        request: Request,
        lot_id: str,
        rows: Sequence[RecordRow],
        aliases: dict[RecordToken, str],
        granted: dict[str, FieldValue],
    ) -> dict[RecordToken, list[Tag]]:
        frames = [rows[start : start + MAX_OPEN] for start in range(0, len(rows), MAX_OPEN)]
        facts = [
            fact(
                self._random,
                Kind.KEY_REINDEXED,
                request.fields()
                | granted
                | {"subj": tuple(aliases[row.token] for row in frame), "ref": lot_id, "n": len(frame)},
            )
            for frame in frames
        ]
        tags: dict[RecordToken, list[Tag]] = {}
        for frame, receipt in zip(frames, receipts(self._ledger, facts), strict=True):
            found = self._keeper.reindex(receipt, [(row.token, row.sealed) for row in frame])
            for token, some in found.items():
                tags[token] = [Tag(number, tag, sole(number)) for number, tag in some]
        return tags

    def _follow(self, request: Request, lot_id: str, rows: Sequence[RecordRow]) -> None:
        """Records that a killed run opened here but perhaps not in the keeper."""
        if rows:
            aliases = self._viewer.aliases([row.token for row in rows])
            tokens = [row.token for row in rows if row.token in aliases]
            self._acknowledge(tokens, self._admitted(request, lot_id, [aliases[token] for token in tokens]))

    def _admitted(self, request: Request, lot_id: str, aliases: Sequence[str]) -> list[Fact]:
        frames = [aliases[start : start + MAX_OPEN] for start in range(0, len(aliases), MAX_OPEN)]
        return [
            fact(
                self._random,
                Kind.RECORD_ADMITTED,
                request.who() | {"subj": tuple(frame), "ref": lot_id, "n": len(frame), "decision": "permit"},
            )
            for frame in frames
        ]

    def _acknowledge(self, tokens: Sequence[RecordToken], facts: Sequence[Fact]) -> None:
        if not facts:
            return
        for number, receipt in enumerate(receipts(self._ledger, facts)):
            self._keeper.set_state(receipt, tokens[number * MAX_OPEN : (number + 1) * MAX_OPEN])
        self._outbox.done([one.id for one in facts])


def sole(number: int) -> bool:
    """Whether an index allows a value only once in a space: the equality index of a unique field."""
    return not number & LAST4 and field_by_id(number).unique
