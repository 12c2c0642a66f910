"""Oversight: what one person may see of the whole house: abilities, the day's quota, what waits, lists, the ledger.

Read methods for the desk. Which rows of a list a person sees is decided here by asking the policy, never by a face.
"""

import re
from typing import Any, Final

import msgspec

from dyepack.app.acts import Acts
from dyepack.app.errors import CommandError
from dyepack.app.log_watch import Hour
from dyepack.app.looking import approval_of
from dyepack.app.overseers import OVERSEERS, check_overseer
from dyepack.app.taking import PROVENANCES
from dyepack.govern import ApprovalAct, reveal_request, valid_approvals
from dyepack.terms.actor import Actor, Role
from dyepack.terms.ids import RecordToken
from dyepack.terms.progress import silent
from dyepack.terms.purpose import Purpose
from dyepack.terms.time import MICROSECONDS, local_day, to_iso
from dyepack.vault.catalog import CATALOG
from dyepack.vault.codes import CODED, OTHER, code_of, codes_of
from dyepack.vault.errors import NotFoundError
from dyepack.vault.policy import BEST_SITUATION, Action, Ask
from dyepack.vault.quota import Act, standing
from dyepack.vault.release_file import KINDS

_BY_FIELD: Final = frozenset({Action.REVEAL, Action.RELEASE_REQUEST})
_MANY: Final = 1_000
_RECENT_SECONDS: Final = 24 * 3600
_PSEUDONYM: Final = re.compile(r"a_[a-z2-7]{26}")


class Oversight:
    """Answers questions of one person about the house."""

    def __init__(self, acts: Acts) -> None:
        """Over the acts of an open institution."""
        self._acts = acts
        self._house = acts.house
        self._abilities: dict[Role, dict[str, tuple[str, ...]]] = {}
        self._fields: dict[tuple[Role, Action], tuple[str, ...]] = {}

    # -- what a role can do ----------------------------------------------------------------------------------------

    def abilities(self, role: Role) -> dict[str, tuple[str, ...]]:
        """Purposes by action, for every action that is possible at all; ``oversee`` for who answers for the house."""
        if role not in self._abilities:
            found = {action.value: purposes for action in Action if (purposes := tuple(self._purposes(role, action)))}
            if role in OVERSEERS:
                found["oversee"] = ()
            self._abilities[role] = found
        return self._abilities[role]

    def fields(self, role: Role, action: str) -> tuple[str, ...]:
        """Names of the fields that an action may concern (``reveal`` or ``release_request``)."""
        key = (role, Action(action))
        if key not in self._fields:
            self._fields[key] = tuple(
                name for name in CATALOG if any(self._possible(role, key[1], p, name) for p in Purpose)
            )
        return self._fields[key]

    def _purposes(self, role: Role, action: Action) -> list[str]:
        names = self.fields(role, action.value) if action in _BY_FIELD else ("",)
        return [p.value for p in Purpose if any(self._possible(role, action, p, name) for name in names)]

    def _possible(self, role: Role, action: Action, purpose: Purpose, name: str = "") -> bool:
        state = "held" if action is Action.ADMIT else "open"
        ask = Ask(role=role, action=action, purpose=purpose, state=state, minor=False, rows=_MANY)
        if name:
            ask = ask.but(field=name, field_class=CATALOG[name].kind.word)
        elif action is Action.RELEASE_COLLECT:
            ask = ask.but(field="name", field_class=CATALOG["name"].kind.word)
        elif action is Action.AGGREGATE:
            ask = ask.but(field_class="plan")
        return self._house.permission.possible(ask)

    # -- what waits ------------------------------------------------------------------------------------------------

    def quotas(self, actor: Actor) -> list[dict[str, Any]]:
        """Units used today of every cap of the actor's role."""
        house = self._house
        day = local_day(house.clock.now(), house.settings["institution.utc_offset_minutes"]).isoformat()
        found = []
        for act in Act:
            cap = house.caps.cap(actor.role, act)
            if cap is not None and act is not Act.MISS:
                used = house.quotas.used(actor.id, day, act)
                found.append({"act": act.value, "used": used, "cap": cap, "standing": standing(used, cap).value})
        return found

    def reveals(self, actor: Actor) -> list[dict[str, Any]]:
        """Looks that wait for this person's approval."""
        if "approve_reveal" not in self.abilities(actor.role):
            return []
        return [row for row in self._acts.looking.waiting() if row["requester"] != actor.id]

    def releases_waiting(self, actor: Actor) -> list[dict[str, Any]]:
        """Releases that this person may approve next."""
        return [row for row in self.releases(actor) if row["may_approve"]]

    def mine(self, actor: Actor) -> list[dict[str, Any]]:
        """Looks that this person asked for lately, with what became of them: ``waiting`` or ``approved``."""
        house = self._house
        now = house.clock.now()
        waiting = {row.id for row in house.approvals.waiting()}
        found = []
        for row in house.approvals.asked_by(actor.id, now - _RECENT_SECONDS * MICROSECONDS):
            if row.act != ApprovalAct.REVEAL.value:
                continue
            asked = msgspec.json.decode(row.request)
            wanted = reveal_request(actor.id, RecordToken(asked["record"]), asked["fields"][0], asked["case"])
            given = [approval_of(kept) for kept in house.approvals.given(wanted.h)]
            valid = valid_approvals(wanted, given, now)
            if valid or row.id in waiting:
                found.append(
                    {
                        "token": asked["record"],
                        "field": asked["fields"][0],
                        "case_name": self._acts.people.case_name(asked["case"]),
                        "asked": to_iso(row.asked),
                        "state": "approved" if valid else "waiting",
                        "expires": to_iso(valid[0].expires) if valid else None,
                    }
                )
        return found

    def decide_reveal(self, actor: Actor, request_id: str, *, agreed: bool) -> dict[str, Any]:
        """Approve or reject a look that waits.

        Raises:
            NotFoundError: No such request waits.
            DeniedError: The policy refuses.
        """
        if not agreed:
            return self._acts.looking.reject_reveal(actor, request_id)
        row = next((row for row in self._acts.looking.waiting() if row["id"] == request_id), None)
        if row is None:
            raise NotFoundError(what="request")
        return self._acts.looking.approve_reveal(actor, row["token"], row["field"], row["requester"], row["case"])

    # -- lists -----------------------------------------------------------------------------------------------------

    def releases(self, actor: Actor) -> list[dict[str, Any]]:
        """Own releases, and those that this role approves; with what the person may do next."""
        found = []
        for row in self._acts.releasing.all():
            approves = self._approves(actor.role, row["rows"])
            if row["requester"] != actor.id and not approves:
                continue
            open_now = row["state"] in {"submitted", "half"} and row["requester"] != actor.id
            row["may_approve"] = approves and open_now and actor.role.value in row["missing"]
            row["may_reject"] = approves and row["requester"] != actor.id and row["state"] not in {"collected", "void"}
            row["may_collect"] = row["requester"] == actor.id and row["state"] == "ready"
            found.append(row)
        return found

    def _approves(self, role: Role, rows: int) -> bool:
        ask = Ask(role=role, action=Action.RELEASE_APPROVE, purpose=Purpose.APPROVE, state="open", rows=rows)
        return self._house.permission.allows(ask.but(**BEST_SITUATION))

    def lots(self, actor: Actor) -> list[dict[str, Any]]:
        """Lots that this person took in; all of them for who admits."""
        admits = "admit" in self.abilities(actor.role)
        found = []
        for row in self._acts.taking.lots():
            if admits or row["uploader"] == actor.id:
                row["uploader_name"] = self._acts.people.name_of(row["uploader"])
                row["may_admit"] = admits and row["state"] in {"held", "admitting"} and row["uploader"] != actor.id
                found.append(row)
        return found

    def verdicts(self, actor: Actor) -> list[dict[str, Any]]:
        """Verdicts that were reached, for who may see them."""
        return self._acts.tracing.all() if "verdict" in self.abilities(actor.role) else []

    def verdict(self, actor: Actor, verdict_id: str) -> dict[str, Any] | None:
        """One verdict with labels for its suspects, the same as in its picture; None if there is none.

        Raises:
            DeniedError: The policy refuses.
        """
        shown = self._acts.tracing.show(actor, verdict_id)
        if shown is not None:
            document, holders = shown["document"], self._acts.people.holders()
            shown["labels"] = {language: suspect_labels(document, holders, language) for language in ("zh", "en")}
            paths = document["explanation"]["release_path"]
            shown["paths"] = {path["copy"]: [self._named(step) for step in path["path"]] for path in paths}
        return shown

    def _named(self, text: str) -> str:
        """A text with names of staff in place of pseudonyms, for who may read it."""
        return _PSEUDONYM.sub(lambda match: self._acts.people.name_of(match[0]), text)

    def staff(self, actor: Actor) -> list[dict[str, Any]]:
        """The roster.

        Raises:
            NotOverseerError: Neither privacy officer nor owner.
        """
        check_overseer(self._house, actor, "roster")
        return [
            {"actor": one.id, "name": one.name, "role": one.role.value, "active": one.active, "desk": one.can_log_in}
            for one in self._acts.people.all()
        ]

    # -- the ledger ------------------------------------------------------------------------------------------------

    def log_size(self) -> int:
        """Entries so far."""
        return self._house.log.size()

    def log_witnessed(self) -> int | None:
        """Entries, over all shards, under the newest checkpoint with its quorum; None if nobody witnessed."""
        log = self._house.log
        witnessed = None if log.quorum is None else log.current.witnessed()
        return None if witnessed is None else log.size() - log.current.size() + witnessed.head.size

    def ledger(self) -> dict[str, Any]:
        """What the log shows to everybody: its origin, key and checkpoint."""
        return self._acts.log_watch.status().to_json()

    def log_day(self) -> tuple[Hour, ...]:
        """The last day of the log by hours."""
        return self._acts.log_watch.day()

    def watched(self, actor: Actor) -> dict[str, Any] | None:
        """What the monitor said last, for who answers for the house; None if it has not run, or not for him."""
        last = self._acts.log_watch.last
        if last is None or actor.role not in OVERSEERS:
            return None
        return {"at": to_iso(last[0]), **last[1].to_json()}

    def monitor(self, actor: Actor) -> None:
        """Run the monitor now.

        Raises:
            NotOverseerError: Neither privacy officer nor owner.
        """
        check_overseer(self._house, actor, "monitor")
        self._acts.log_watch.monitor()

    def audit(self, actor: Actor) -> dict[str, Any]:
        """The whole log checked against its checkpoint.

        Raises:
            NotOverseerError: Neither privacy officer nor owner.
        """
        check_overseer(self._house, actor, "audit")
        return self._acts.run("ledger audit", {}, silent)

    def bundle(self, actor: Actor, entry: str) -> bytes:
        """An evidence bundle of one entry, a zip file.

        Raises:
            NotOverseerError: Neither privacy officer nor owner.
            LedgerError: There is no such entry.
        """
        check_overseer(self._house, actor, "prove")
        return self._acts.proving.prove([entry], actor).content

    # -- closed lists for forms ------------------------------------------------------------------------------------

    def groups(self, actor: Actor, attribute: str) -> dict[str, Any]:
        """Counts by one coded attribute.

        Raises:
            CommandError: Not a coded attribute.
            DeniedError: The policy refuses.
        """
        if attribute not in CODED:
            raise CommandError.one_of("attribute", CODED)
        return self._acts.looking.groups(actor, attribute)

    @staticmethod
    def codes() -> dict[str, tuple[str, ...]]:
        """Codes by coded attribute; a season is a pattern and has no list."""
        return {name: (*codes_of(name), OTHER) if codes_of(name) else () for name in CODED}

    @staticmethod
    def coded(filters: dict[str, str]) -> dict[str, str]:
        """Texts of coded attributes as codes, so that nothing else gets into an address."""
        return {name: code_of(name, text) for name, text in filters.items()}

    @staticmethod
    def label(name: str, language: str) -> str:
        """The label of a field in ``"zh"`` or ``"en"``."""
        return CATALOG[name].label(language) if name in CATALOG else name

    provenances: Final = PROVENANCES
    file_kinds: Final = KINDS


def suspect_labels(document: dict[str, Any], holders: dict[str, str], language: str) -> dict[str, str]:
    """Names for those whom a verdict names, numbers for all others: a page travels further than its reader."""
    words = ("其他持有方", "工作人员") if language == "zh" else ("another holder", "staff")
    named = set(document["decision"]["accused"]) | set(document["decision"]["group"] or ())
    labels: dict[str, str] = {}
    others = 0
    for person in document["persons"]:
        actor = person["actor"]
        name = holders.get(actor, actor)
        if name not in named:
            others += 1
            name = f"{words[actor not in holders]} {others}"
        labels[actor] = name
    return labels
