"""Looking: look-ups, lists, reveals and who looked, with the caps and approvals of the day."""

from dataclasses import replace
from typing import Any

import msgspec

from dyepack.app.analysis import LedgerAnalysis
from dyepack.app.institution import Institution
from dyepack.app.people import People
from dyepack.govern import Approval, ApprovalRequest, grant, reveal_request, shared_device, valid_approvals
from dyepack.ledger import Kind, parse_entry
from dyepack.storage.govern_store import ApprovalRow, RequestRow
from dyepack.terms.actor import Actor, Role
from dyepack.terms.chance import new_id
from dyepack.terms.ids import RecordToken, record_bytes
from dyepack.terms.purpose import Purpose
from dyepack.terms.time import quarters, to_iso
from dyepack.vault.codes import parse_query
from dyepack.vault.errors import ApprovalMissingError, MinorApprovalError, NotFoundError
from dyepack.vault.policy import Action, Ask
from dyepack.vault.ports import RecordRow
from dyepack.vault.quota import Act, reserve
from dyepack.vault.release import written
from dyepack.vault.request import Request
from dyepack.vault.reveal import PAGE, MaskedRecord
from dyepack.vault.search import Page


class Looking:
    """What staff do all day."""

    def __init__(self, house: Institution, people: People, analysis: LedgerAnalysis) -> None:
        """Over an open institution."""
        self._house = house
        self._people = people
        self._analysis = analysis

    def lookup(self, actor: Actor, phone: str, purpose: Purpose, case: str) -> dict[str, Any]:
        """Masked records with this number."""
        request = self._people.request(actor, purpose, case)
        page = self._house.search.lookup(request, "phone", phone, quota=self._reserve(request, Act.OPEN, Action.SEARCH))
        return _page(page)

    def page(self, actor: Actor, purpose: Purpose, case: str, query: str, after: str) -> dict[str, Any]:
        """One page of the masked list."""
        request = self._people.request(actor, purpose, case)
        quota = self._reserve(request, Act.LISTED, Action.LIST, units=PAGE)
        return _page(self._house.search.page(request, parse_query(query), after, quota=quota))

    def record(self, actor: Actor, token: str, purpose: Purpose, case: str) -> dict[str, Any]:
        """The masked view of one record."""
        request = self._people.request(actor, purpose, case)
        quota = self._reserve(request, Act.OPEN, Action.SEARCH)
        return _page(self._house.search.one(request, checked_token(token), quota=quota))

    def groups(self, actor: Actor, attribute: str) -> dict[str, Any]:
        """Counts by one attribute, groups of at least 10."""
        request = Request(actor=actor, purpose=Purpose.STATISTICS)
        return {"attribute": attribute, "groups": dict(self._house.search.groups(request, attribute))}

    def reveal(self, actor: Actor, token: str, name: str, purpose: Purpose, case: str, motive: str) -> dict[str, Any]:
        """One field in the clear, once."""
        house = self._house
        request = self._people.request(actor, purpose, case, motive)
        row = house.revealer.record(checked_token(token))
        ask = house.revealer.facts(request, row, name)
        assert request.case is not None
        wanted = reveal_request(actor.id, row.token, name, request.case)
        valid = valid_approvals(wanted, self._given(wanted), house.clock.now())
        ask = replace(ask, approvals=len(valid))
        if house.permission.allows(replace(ask, quota=True)):
            ask = replace(ask, quota=self._take(actor, Act.REVEAL))
        else:
            ask = replace(ask, quota=True)
        used = valid[0] if valid and ask.minor else None

        def spend(approval: str) -> None:
            if not house.approvals.spend(approval, new_id(house.random)):
                raise ApprovalMissingError(missing=1, role=Role.PRIVACY_OFFICER.value)

        try:
            shown = house.revealer.reveal(
                request,
                row,
                name,
                ask,
                approval=None if used is None else (used.id, used.approver),
                same_device=used is not None and shared_device([used], actor.device),
                spend=spend,
            )
        except MinorApprovalError:
            self._wait(wanted, actor)
            raise
        values = [written(name, value.disclose()) for value in shown.values]
        return {"field": name, "value": values[0], "values": values, "entry": shown.entry}

    def approve_reveal(self, actor: Actor, token: str, name: str, requester: str, case: str) -> dict[str, Any]:
        """A second person agrees to one look of one actor at one field under one case."""
        house = self._house
        request = self._people.request(actor, Purpose.APPROVE, case)
        row = house.revealer.record(checked_token(token))
        assert request.case is not None
        wanted = reveal_request(requester, row.token, name, request.case)
        ask = replace(
            house.revealer.facts(request, row, name),
            action=Action.APPROVE_REVEAL,
            quota=True,
            self_request=requester == actor.id,
        )
        granted = house.permission.ask(request, ask)
        approval = grant(wanted, actor, self._given(wanted), now=house.clock.now(), random=house.random)
        alias = house.viewer.aliases([row.token])
        fields = dict(request.fields()) | granted | {"approval": approval.id, "fields": (name,)}
        house.log.append([house.fact(Kind.APPROVAL_GRANTED, **fields, subj=tuple(alias.values()))])
        house.approvals.give(approval_row(approval))
        house.approvals.close(wanted.h)
        return {"approval": approval.id, "expires": to_iso(approval.expires)}

    def reject_reveal(self, actor: Actor, request_id: str) -> dict[str, Any]:
        """A second person does not agree: the request waits no longer.

        Raises:
            NotFoundError: No such request waits.
            DeniedError: The policy refuses.
        """
        house = self._house
        row = next((row for row in house.approvals.waiting() if row.id == request_id), None)
        if row is None:
            raise NotFoundError(what="request")
        wanted = msgspec.json.decode(row.request)
        request = self._people.request(actor, Purpose.APPROVE, wanted["case"])
        record = house.revealer.record(RecordToken(wanted["record"]))
        ask = house.revealer.facts(request, record, wanted["fields"][0])
        mine = row.requester == actor.id
        granted = house.permission.ask(
            request, replace(ask, action=Action.APPROVE_REVEAL, quota=True, self_request=mine)
        )
        house.approvals.close(row.digest)
        fields = dict(request.fields()) | granted | {"approval": row.id, "outcome": "rejected"}
        house.log.append([house.fact(Kind.APPROVAL_VOIDED, **fields)])
        return {"request": row.id}

    def looks(self, actor: Actor, token: str, case: str) -> dict[str, Any]:
        """Who looked at a record: every entry that names one of its aliases."""
        house = self._house
        request = self._people.request(actor, Purpose.CASE, case)
        row = house.revealer.record(checked_token(token))
        house.permission.ask(request, self._ask(request, Action.LOOKS, row))
        spans = quarters(self._begun(), house.clock.now())
        aliases = house.keeper.aliases([row.token], spans).get(row.token, {})
        looks = []
        for index, raw in self._analysis.looks(list(aliases.values())):
            entry = parse_entry(raw)
            looks.append(
                {
                    "entry": entry.id,
                    "index": index,
                    "at": to_iso(entry.t),
                    "kind": entry.kind.value,
                    "actor": self._people.name_of(str(entry.fields.get("actor", ""))),
                    "role": entry.fields.get("role", ""),
                    "purpose": entry.fields.get("purpose", ""),
                    "fields": list(entry.fields.get("fields", ())),  # type: ignore[arg-type]  # a list field
                    "masks": list(entry.fields.get("masks", ())),  # type: ignore[arg-type]  # a list field
                    "decision": entry.fields.get("decision", ""),
                }
            )
        return {"token": token, "looks": looks}

    def waiting(self) -> list[dict[str, Any]]:
        """Looks that wait for a second person."""
        found = []
        for row in self._house.approvals.waiting():
            request = msgspec.json.decode(row.request)
            found.append(
                {
                    "id": row.id,
                    "token": request["record"],
                    "field": request["fields"][0],
                    "case": request["case"],
                    "case_name": self._people.case_name(request["case"]),
                    "requester": row.requester,
                    "requester_name": self._people.name_of(row.requester),
                    "asked": to_iso(row.asked),
                }
            )
        return found

    def _wait(self, wanted: ApprovalRequest, actor: Actor) -> None:
        house = self._house
        row = RequestRow(
            new_id(house.random), wanted.act.value, wanted.canonical().decode(), wanted.h, actor.id, house.clock.now()
        )
        if house.approvals.ask(row).id == row.id:
            asked = house.fact(
                Kind.APPROVAL_REQUESTED,
                actor=actor.id,
                role=actor.role.value,
                dev=actor.device,
                case=wanted.case,
                approval=row.id,
                fields=wanted.fields,
            )
            house.log.append([asked])

    def _given(self, wanted: ApprovalRequest) -> list[Approval]:
        return [approval_of(row) for row in self._house.approvals.given(wanted.h)]

    def _ask(self, request: Request, action: Action, row: RecordRow) -> Ask:
        return Ask(
            role=request.actor.role,
            action=action,
            purpose=request.purpose,
            state=row.state if row.state in {"open", "held", "locked"} else "none",
            case_open=request.case_open,
            grade=request.grade,
            basis=True,
            quota=True,
            self_request=False,
        )

    def _reserve(self, request: Request, act: Act, action: Action, units: int = 1) -> bool:
        """Take a unit of the day's cap, unless the act is refused anyway."""
        ask = Ask(
            role=request.actor.role,
            action=action,
            purpose=request.purpose,
            state="open",
            case_open=request.case_open,
            grade=request.grade,
            basis=True,
            quota=True,
            self_request=False,
        )
        return self._take(request.actor, act, units) if self._house.permission.allows(ask) else True

    def _take(self, actor: Actor, act: Act, units: int = 1) -> bool:
        return reserve(
            self._house.quotas,
            self._house.caps,
            actor=actor.id,
            role=actor.role,
            act=act,
            now=self._house.clock.now(),
            offset_minutes=self._house.settings["institution.utc_offset_minutes"],
            units=units,
        ).taken

    def _begun(self) -> int:
        return parse_entry(self._house.log.entry(0)).t


def checked_token(token: str) -> RecordToken:
    """A record token as typed.

    Raises:
        NotFoundError: Not a token.
    """
    try:
        record_bytes(token)
    except ValueError as error:
        raise NotFoundError(what="record") from error
    return RecordToken(token)


def approval_row(approval: Approval) -> ApprovalRow:
    """As stored."""
    return ApprovalRow(
        approval.id,
        approval.h,
        approval.approver,
        approval.role.value,
        approval.device,
        approval.at,
        approval.expires,
        approval.used_by,
    )


def approval_of(row: ApprovalRow) -> Approval:
    """As judged."""
    return Approval(row.id, row.digest, row.approver, Role(row.role), row.device, row.at, row.expires, row.used_by)


def _page(page: Page) -> dict[str, Any]:
    return {"records": [_masked(record) for record in page.records], "entry": page.entry, "after": page.after}


def _masked(record: MaskedRecord) -> dict[str, Any]:
    return {
        "token": record.token,
        "masks": {name: " / ".join(masks) for name, masks in record.masks.items()},
        "plan": dict(record.plan),
        "minor": record.minor,
        "lot": record.lot,
    }
