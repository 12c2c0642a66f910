"""Releases on their path: asked for, approved by others, cooled, collected once."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dyepack.app.errors import CommandError
from dyepack.app.institution import Institution
from dyepack.app.looking import approval_of, approval_row
from dyepack.app.people import People
from dyepack.govern import (
    WAIT,
    Approval,
    ApprovalRequest,
    Cooling,
    ReleaseEvent,
    ReleaseItem,
    ReleaseState,
    Step,
    advance,
    cooling_of,
    missing_roles,
    release_request,
    settle,
    valid_approvals,
)
from dyepack.ledger import Fact, Kind
from dyepack.terms.actor import Actor
from dyepack.terms.chance import new_id
from dyepack.terms.progress import Progress
from dyepack.terms.purpose import Purpose
from dyepack.terms.time import to_iso
from dyepack.vault.codes import parse_query
from dyepack.vault.errors import NotFoundError, StateError
from dyepack.vault.policy import Action, Ask
from dyepack.vault.ports import Release
from dyepack.vault.release_file import KINDS


class Releasing:
    """The acts of a release."""

    def __init__(self, house: Institution, people: People) -> None:
        """Over an open institution."""
        self._house = house
        self._people = people
        self._one_at_a_time = threading.Lock()

    def request(
        self,
        actor: Actor,
        recipient: str,
        fields: Sequence[str],
        purpose: Purpose,
        case: str,
        query: str,
        limit: int | None,
    ) -> dict[str, Any]:
        """Ask for a list; the set of records is frozen now."""
        house = self._house
        if limit is not None and limit < 1:
            raise CommandError(what="limit", remedy="a positive number / 须为正整数")
        request = self._people.request(actor, purpose, case)
        holder = self._people.holder(recipient)
        due = house.clock.now() + WAIT
        release = house.releaser.request(request, fields, holder, parse_query(query), limit, due=due)
        return {"release": release.id, "rows": release.rows, "left_out": release.left_out, "state": release.state}

    def approve(self, actor: Actor, release_id: str) -> dict[str, Any]:
        """Give one of the approvals that the request needs."""
        with self._one_at_a_time:
            return self._approve(actor, release_id)

    def _approve(self, actor: Actor, release_id: str) -> dict[str, Any]:
        house = self._house
        release = self._at_rest(release_id)
        item = self._item(release)
        self._permit(actor, release)
        step = advance(
            item,
            ReleaseEvent.APPROVE,
            actor,
            now=house.clock.now(),
            random=house.random,
            cooling=self._cooling(release),
        )
        assert step.granted is not None
        release = self._keep(release, step, [self._granted(actor, release, step.granted)], actor)
        missing = missing_roles(step.item.request, step.item.approvals, house.clock.now())
        return {
            "release": release.id,
            "state": release.state,
            "approval": step.granted.id,
            "missing": [role.value for role in missing],
            "ready_at": to_iso(step.item.ready_at) if step.item.ready_at else None,
        }

    def reject(self, actor: Actor, release_id: str) -> dict[str, Any]:
        """End a request, also one that is ready; what was collected cannot be called back."""
        with self._one_at_a_time:
            return self._reject(actor, release_id)

    def _reject(self, actor: Actor, release_id: str) -> dict[str, Any]:
        house = self._house
        release = self._at_rest(release_id)
        self._permit(actor, release)
        step = advance(
            self._item(release),
            ReleaseEvent.REJECT,
            actor,
            now=house.clock.now(),
            random=house.random,
            cooling=self._cooling(release),
        )
        release = self._keep(release, step, [], actor)
        return {"release": release.id, "state": release.state}

    def collect(self, actor: Actor, release_id: str, kind: str, progress: Progress) -> dict[str, Any]:
        """The marked copy, once; a collection that fails on the way can be tried again and is another copy."""
        with self._one_at_a_time:
            return self._collect(actor, release_id, kind, progress)

    def _collect(self, actor: Actor, release_id: str, kind: str, progress: Progress) -> dict[str, Any]:
        house = self._house
        if kind not in KINDS:
            raise CommandError(what="--out", remedy="a file that ends in .xlsx or .csv / 文件名须以 .xlsx 或 .csv 结尾")
        release = self._at_rest(release_id)
        item = self._item(release)
        now = house.clock.now()
        valid = valid_approvals(item.request, item.approvals, now)
        purpose = Purpose(release.purpose)
        request = self._people.request(actor, purpose, release.case)
        if item.state in {ReleaseState.SUBMITTED, ReleaseState.HALF}:
            house.releaser.permit_collect(request, release, approvals=len(valid))
        step = advance(item, ReleaseEvent.COLLECT, actor, now=now, random=house.random, cooling=self._cooling(release))
        collected = house.releaser.collect(
            request,
            release,
            kind,
            [approval.approver for approval in step.spent],
            same_device=step.shared_device,
            progress=progress,
        )
        moved = house.releases.move(self._moved(release, step.item))
        spent = [house.approvals.spend(approval.id, new_id(house.random)) for approval in step.spent]
        if not moved or not all(spent):
            raise StateError(what="release", state="moved")
        return {
            "release": release.id,
            "copy": collected.copy,
            "rows": collected.rows,
            "entry": collected.entry,
            "content": collected.content,
        }

    def all(self) -> list[dict[str, Any]]:
        """All releases, newest first, with what each still needs."""
        with self._one_at_a_time:
            return self._all()

    def _all(self) -> list[dict[str, Any]]:
        holders = self._people.holders()
        now = self._house.clock.now()
        found = []
        for kept in self._house.releases.all():
            release = self._timed(kept)
            item = self._item(release)
            found.append(
                {
                    "release": release.id,
                    "state": release.state,
                    "recipient": holders.get(release.holder, ""),
                    "requester": release.requester,
                    "requester_name": self._people.name_of(release.requester),
                    "case": release.case,
                    "case_name": self._people.case_name(release.case),
                    "purpose": release.purpose,
                    "fields": list(release.fields),
                    "rows": release.rows,
                    "left_out": release.left_out,
                    "asked": to_iso(release.asked),
                    "ready_at": to_iso(release.ready_at) if release.ready_at else None,
                    "missing": [role.value for role in missing_roles(item.request, item.approvals, now)],
                }
            )
        return found

    def path_of(self, release_id: str) -> tuple[str, ...]:
        """Who asked for, approved and collected a copy: text to print, never a suspect."""
        release = self._house.releases.get(release_id)
        if release is None:
            return ()
        given = self._house.approvals.given(self._wanted(release).h)
        asked = f"{to_iso(release.asked)} requested and collected by {release.requester}"
        return (asked, *(f"{to_iso(row.at)} approved by {row.approver} ({row.role})" for row in given))

    def _permit(self, actor: Actor, release: Release) -> None:
        house = self._house
        request = self._people.request(actor, Purpose.APPROVE, release.case)
        house.permission.ask(
            request,
            Ask(
                role=actor.role,
                action=Action.RELEASE_APPROVE,
                purpose=Purpose.APPROVE,
                state="open",
                case_open=request.case_open,
                grade=request.grade,
                basis=True,
                quota=True,
                rows=release.rows,
                self_request=actor.id == release.requester,
            ),
        )

    def _at_rest(self, release_id: str) -> Release:
        release = self._house.releases.get(release_id)
        if release is None:
            raise NotFoundError(what="release")
        return self._timed(release)

    def _timed(self, release: Release) -> Release:
        """The release after the timers that are due."""
        for step in settle(self._item(release), self._house.clock.now()):
            release = self._keep(release, step, [], None)
        return release

    def _keep(self, release: Release, step: Step, facts: list[Fact], actor: Actor | None) -> Release:
        house = self._house
        moved = self._moved(release, step.item)
        if moved.version == release.version:
            return release
        who = (
            {"actor": "p_jobs"} if actor is None else {"actor": actor.id, "role": actor.role.value, "dev": actor.device}
        )
        facts += [house.fact(Kind.APPROVAL_VOIDED, **who, approval=approval.id) for approval in step.voided]
        facts.append(house.fact(Kind.RELEASE_MOVED, **who, ref=release.id, outcome=moved.state))
        house.log.append(facts)  # first: an approval or a step that no entry tells must not exist
        if step.granted is not None:
            house.approvals.give(approval_row(step.granted))
        if not house.releases.move(moved):
            raise StateError(what="release", state="moved")
        return moved

    def _moved(self, release: Release, item: ReleaseItem) -> Release:
        steps = item.version - self._item(release).version
        return replace(
            release,
            state=item.state.value,
            due=item.due,
            ready_at=item.ready_at,
            version=release.version + steps,
        )

    def _granted(self, actor: Actor, release: Release, approval: Approval) -> Fact:
        return self._house.fact(
            Kind.APPROVAL_GRANTED,
            actor=actor.id,
            role=actor.role.value,
            dev=actor.device,
            approval=approval.id,
            ref=release.id,
            case=release.case,
            n=release.rows,
        )

    def _item(self, release: Release) -> ReleaseItem:
        wanted = self._wanted(release)
        given = tuple(approval_of(row) for row in self._house.approvals.given(wanted.h))
        return ReleaseItem(
            request=wanted,
            state=ReleaseState(release.state),
            approvals=given,
            due=release.due,
            ready_at=release.ready_at,
            version=release.version,
        )

    def _wanted(self, release: Release) -> ApprovalRequest:
        return release_request(
            release.requester,
            release=release.id,
            case=release.case,
            purpose=Purpose(release.purpose),
            fields=release.fields,
            holder=release.holder,
            tokens=self._house.releases.tokens(release.id),
        )

    def _cooling(self, release: Release) -> Cooling:
        hours = self._house.settings["release.cooling_hours"]
        return cooling_of(release.rows, None if hours < 0 else hours)
