"""Taking in: a file becomes a lot in quarantine, and a lot leaves quarantine."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from dyepack.app.errors import CommandError
from dyepack.app.institution import Institution
from dyepack.crypto.digest import sha256
from dyepack.ledger import Kind, Receipt
from dyepack.scan import Table, classify_columns, read_table, require_contact
from dyepack.terms.actor import Actor
from dyepack.terms.chance import new_id
from dyepack.terms.progress import Progress
from dyepack.terms.purpose import Purpose
from dyepack.terms.time import to_iso
from dyepack.vault.errors import ProvenanceMissingError, StaleError
from dyepack.vault.intake import Mapping, dry_run
from dyepack.vault.keeper.wire import LotGround
from dyepack.vault.policy import Action, Ask
from dyepack.vault.ports import Lot, RowResult
from dyepack.vault.request import Request

PROVENANCES = ("relation", "own_phone", "inbound_call", "web_otp", "referral", "partner", "paper", "unknown")
"""Kinds of provenance; ``unknown`` is quarantined for good."""


class Taking:
    """The acts of intake."""

    def __init__(self, house: Institution) -> None:
        """Over an open institution."""
        self._house = house
        self._one_at_a_time = threading.Lock()

    def take(
        self,
        actor: Actor,
        content: bytes,
        name: str,
        *,
        provenance: str,
        evidence: str,
        sheet: str | None,
        dry_run: bool,
        progress: Progress,
    ) -> dict[str, Any]:
        """Read one file into its lot; the same file again resumes.

        Raises:
            ScanError: The file cannot be read, or has no column that reaches a person.
            ProvenanceMissingError: Nobody said where the data came from.
            CommandError: An unknown kind of provenance.
            DeniedError: The policy refuses.
        """
        house = self._house
        if provenance not in PROVENANCES:
            raise CommandError.one_of("--provenance", PROVENANCES)
        if not evidence.strip():
            raise ProvenanceMissingError
        request = Request(actor, Purpose.INTAKE)
        house.permission.ask(request, _ask(actor, Action.INTAKE))
        progress("read", 0, 1)
        table = read_table(content, name=name, sheet=sheet)
        columns = classify_columns(table)
        require_contact(columns)
        mapping = Mapping(tuple((column.index + 1, column.field) for column in columns if column.field is not None))
        left = [column.index + 1 for column in columns if column.field is None]
        progress("read", 1, 1)
        told = {"columns": {str(column): name for column, name in mapping.columns}, "columns_left_out": left}
        if dry_run:
            return _answer(None, _dry(table, mapping), "dry-run") | told
        with self._one_at_a_time:  # the same file twice at once is one lot, run once and read once
            return self._run(request, content, table, mapping, provenance, evidence, progress) | told

    def _run(
        self,
        request: Request,
        content: bytes,
        table: Table,
        mapping: Mapping,
        provenance: str,
        evidence: str,
        progress: Progress,
    ) -> dict[str, Any]:
        house = self._house
        lot, receipt = self._lot(request, content, table, provenance, evidence)

        def run(receipt: Receipt) -> list[RowResult]:
            ground = LotGround(receipt, lot.id)
            return house.intake.run(
                request, lot.id, _rows(table), mapping, ground, total=len(table.rows), progress=progress
            )

        try:
            results = run(receipt)
        except StaleError:  # the run that opened the lot ended before the keeper had made the lot's key
            results = run(self._received_again(request, lot))
        if not lot.finished:
            taken = sum(result.outcome == "taken" for result in results)
            house.log.append([house.fact(Kind.IMPORT_FINISHED, **request.who(), ref=lot.id, n=taken)])
            house.lots.finish(lot.id)
        return _answer(lot.id, results, "open" if lot.state == "open" else "held")

    def _lot(
        self, request: Request, content: bytes, table: Table, provenance: str, evidence: str
    ) -> tuple[Lot, Receipt]:
        house = self._house
        file_tag = house.keeper.label_tag("file", f"{sha256(content).hex()} {provenance} {table.sheet}")
        lot_id = new_id(house.random)
        received = house.fact(
            Kind.LOT_RECEIVED, **request.fields(), ref=lot_id, n=len(table.rows), outcome=provenance.replace("_", "-")
        )
        fresh = Lot(
            id=lot_id,
            provenance=provenance,
            uploader=request.actor.id,
            state="held",
            rows=len(table.rows),
            received=house.clock.now(),
            received_entry=received.id,
            finished=False,
        )
        note = house.keeper.seal_note("evidence", lot_id, evidence.encode())
        lot = house.lots.open(file_tag, fresh, note, [received])
        if lot.id == lot_id:
            receipt = house.log.append([received])[0]
            house.outbox.done([received.id])
        else:
            receipt = house.log.prove(house.log.find_id(lot.received_entry)[0])
        assert receipt is not None
        return lot, receipt

    def _received_again(self, request: Request, lot: Lot) -> Receipt:
        """A fresh entry for a lot whose first one opens nothing any more; from now on it is the lot's own."""
        house = self._house
        outcome = lot.provenance.replace("_", "-")
        received = house.fact(Kind.LOT_RECEIVED, **request.fields(), ref=lot.id, n=lot.rows, outcome=outcome)
        house.lots.receive_again(lot.id, received)
        receipt = house.log.append([received])[0]
        house.outbox.done([received.id])
        assert receipt is not None
        return receipt

    def admit(self, actor: Actor, lot: str, progress: Progress) -> dict[str, Any]:
        """Open a lot whose provenance is proven."""
        request = Request(actor, Purpose.APPROVE)
        with self._one_at_a_time:
            admitted, duplicates = self._house.admission.admit(request, lot, progress)
        return {"lot": lot, "admitted": admitted, "duplicates": duplicates}

    def lots(self) -> list[dict[str, Any]]:
        """All lots with their counts, newest first."""
        house = self._house
        return [
            {
                "lot": lot.id,
                "provenance": lot.provenance,
                "evidence": house.keeper.open_note("evidence", lot.id, house.lots.evidence(lot.id)).decode(),
                "uploader": lot.uploader,
                "state": lot.state,
                "rows": lot.rows,
                "taken": count.taken,
                "duplicates": count.duplicates,
                "invalid": count.invalid,
                "received": to_iso(lot.received),
            }
            for lot, count in house.lots.all()
        ]


def _ask(actor: Actor, action: Action) -> Ask:
    return Ask(role=actor.role, action=action, purpose=Purpose.INTAKE, basis=True, quota=True, self_request=False)


def _rows(table: Table) -> Iterator[tuple[int, Sequence[str]]]:
    return zip(table.numbers, table.rows, strict=True)


def _dry(table: Table, mapping: Mapping) -> list[RowResult]:
    return dry_run(_rows(table), mapping)


def _answer(lot: str | None, results: Sequence[RowResult], state: str) -> dict[str, Any]:
    def count(outcome: str) -> int:
        return sum(result.outcome == outcome for result in results)

    return {
        "lot": lot,
        "rows": len(results),
        "taken": count("taken"),
        "duplicates": count("duplicate"),
        "invalid": count("invalid"),
        "state": state,
        "problems": [
            {"row": problem.row, "column": problem.column, "code": problem.code}
            for result in results
            for problem in result.problems
        ],
    }
