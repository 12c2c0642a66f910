"""The acts: every command of the CLI and every form of the desk is one of these, with plain arguments and answers.

``run`` is the one door for the command line and for forwarded commands: it resolves names to actors, and writes down
what the keeper refused. The desk calls the methods of ``people``, ``looking``, ``releasing``, ``tracing`` and
``taking`` with the actor of its session.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from dyepack.app.analysis import LedgerAnalysis
from dyepack.app.auditors import Auditors
from dyepack.app.errors import CommandError
from dyepack.app.institution import Institution
from dyepack.app.log_watch import LogWatch
from dyepack.app.looking import Looking, checked_token
from dyepack.app.operating import Operating
from dyepack.app.people import Member, People
from dyepack.app.proving import Proving
from dyepack.app.releasing import Releasing
from dyepack.app.taking import Taking
from dyepack.app.tracing import DEFAULT_ALPHA, Tracing
from dyepack.crypto.password import hash_password
from dyepack.ledger import Kind
from dyepack.terms.actor import CLI_DEVICE, Actor, Role
from dyepack.terms.progress import Progress
from dyepack.terms.purpose import Purpose
from dyepack.terms.time import MICROSECONDS
from dyepack.vault.errors import KeeperRefusedError
from dyepack.vault.request import Request

PASSWORD_LENGTH = 8


class Acts:
    """All acts of one open institution."""

    def __init__(self, house: Institution) -> None:
        """Over an open institution."""
        self.house = house
        self.people = People(house)
        self.analysis = LedgerAnalysis(house.log, house.home / "ledger")
        self.looking = Looking(house, self.people, self.analysis)
        self.releasing = Releasing(house, self.people)
        self.tracing = Tracing(house, self.people, self.releasing, self.analysis)
        self.taking = Taking(house)
        self.log_watch = LogWatch(house)
        self.proving = Proving(house)
        self.operating = Operating(house)
        self._table: Mapping[str, Callable[[dict[str, Any], Progress], dict[str, Any]]] = {
            "actor add": self._actor_add,
            "actor list": self._actor_list,
            "intake": self._intake,
            "lot admit": self._lot_admit,
            "lookup": self._lookup,
            "approve reveal": self._approve_reveal,
            "reveal": self._reveal,
            "release request": self._release_request,
            "release approve": self._release_approve,
            "release collect": self._release_collect,
            "erase": self._erase,
            "trace list": self._trace_list,
            "ledger status": self._ledger_status,
            "ledger audit": self._ledger_audit,
            "ledger prove": self._ledger_prove,
            "ledger tables": self._ledger_tables,
            "ledger monitor": self._ledger_monitor,
            "ledger rotate": lambda _arguments, _progress: self.operating.rotate(),
            "ledger roll": lambda arguments, _progress: self.operating.roll(prepare=arguments["prepare"]),
            "ledger quorum": lambda arguments, _progress: self.operating.quorum(arguments["text"]),
            "ledger prune": lambda arguments, _progress: self.operating.prune(arguments["shard"]),
            "ledger auditor add": self._auditor_add,
            "ledger auditor list": self._auditor_list,
            "ledger auditor revoke": self._auditor_revoke,
        }

    def run(self, act: str, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
        """Do one act by its name.

        Raises:
            DyepackError: Whatever the act raises.
        """
        if act not in self._table:
            raise CommandError(what="act", remedy="not a command of this version / 此版本没有该命令")
        with self.refusals_logged():
            return self._table[act](arguments, progress)

    def refusals_logged(self) -> "_Refusals":
        """A block in which what the keeper refuses is written down before the caller hears of it."""
        return _Refusals(self.house)

    # -- people ----------------------------------------------------------------------------------------------------

    def _actor(self, arguments: dict[str, Any]) -> Actor:
        return self.people.actor(arguments["actor"], CLI_DEVICE)

    def _actor_add(self, arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        password = arguments.get("password")
        if password is not None and len(password) < PASSWORD_LENGTH:
            raise CommandError(
                what="password", remedy=f"at least {PASSWORD_LENGTH} characters / 至少 {PASSWORD_LENGTH} 个字符"
            )
        hashed = None if password is None else hash_password(password)
        return _member(self.people.add(arguments["name"], role_of(arguments["role"]), hashed))

    def _actor_list(self, _arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        return {"actors": [_member(member) for member in self.people.all()]}

    # -- records ---------------------------------------------------------------------------------------------------

    def _intake(self, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
        return self.taking.take(
            self._actor(arguments),
            arguments["content"],
            arguments["file"],
            provenance=arguments["provenance"],
            evidence=arguments["evidence"],
            sheet=arguments.get("sheet"),
            dry_run=bool(arguments.get("dry_run")),
            progress=progress,
        )

    def _lot_admit(self, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
        return self.taking.admit(self._actor(arguments), arguments["lot"], progress)

    def _lookup(self, arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        found = self.looking.lookup(
            self._actor(arguments), arguments["phone"], purpose_of(arguments["purpose"]), arguments["case"]
        )
        return {"records": found["records"], "entry": found["entry"]}

    def _approve_reveal(self, arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        requester = self.people.named(arguments["requester"]).id
        return self.looking.approve_reveal(
            self._actor(arguments), arguments["token"], arguments["field"], requester, arguments["case"]
        )

    def _reveal(self, arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        return self.looking.reveal(
            self._actor(arguments),
            arguments["token"],
            arguments["field"],
            purpose_of(arguments["purpose"]),
            arguments["case"],
            arguments.get("motive") or arguments["case"],
        )

    def _erase(self, arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        request = Request(self._actor(arguments), Purpose.SUBJECT_REQUEST)
        token = checked_token(arguments["token"])
        return {"token": token, "entry": self.house.eraser.erase(request, token, arguments["ground"])}

    # -- releases --------------------------------------------------------------------------------------------------

    def _release_request(self, arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        return self.releasing.request(
            self._actor(arguments),
            arguments["recipient"],
            [name.strip() for name in arguments["fields"].replace("，", ",").split(",") if name.strip()],
            purpose_of(arguments["purpose"]),
            arguments["case"],
            arguments.get("query") or "",
            arguments.get("limit"),
        )

    def _release_approve(self, arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        return self.releasing.approve(self._actor(arguments), arguments["release"])

    def _release_collect(self, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
        return self.releasing.collect(self._actor(arguments), arguments["release"], arguments["kind"], progress)

    # -- traces ----------------------------------------------------------------------------------------------------

    def _trace_list(self, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
        name = arguments.get("actor")
        actor = self.people.actor(name, CLI_DEVICE) if name else self._any_officer()
        alpha = arguments.get("alpha")
        return self.tracing.trace(
            actor,
            arguments["content"],
            arguments["file"],
            arguments.get("case"),
            DEFAULT_ALPHA if alpha is None else alpha,
            progress,
        )

    def _any_officer(self) -> Actor:
        for row in self.house.staff.all():
            if row.active and row.role == Role.PRIVACY_OFFICER.value:
                return self.people.acting(row, CLI_DEVICE)
        raise CommandError(
            what="--actor", remedy="name a privacy officer; there is none yet / 请指定个保负责人；目前还没有"
        )

    # -- the ledger ------------------------------------------------------------------------------------------------

    def _ledger_status(self, _arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        self.house.log.publish()
        return {**self.log_watch.status().to_json(), "vkeys": list(self.house.log.vkeys), "today": self._today()}

    def _today(self) -> dict[str, int]:
        """Entries of the institution's day so far, by kind."""
        offset = self.house.settings["institution.utc_offset_minutes"]
        now = self.house.clock.now()
        start = now - (now + offset * 60 * MICROSECONDS) % (24 * 3600 * MICROSECONDS)
        return {kind: count for _, kind, count in self.analysis.daily(start, offset)}

    def _ledger_audit(self, _arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
        audits = self.house.log.audit(progress)
        newest = audits[-1]
        return {
            "whole": newest.whole,
            "size": sum(audit.size for audit in audits),
            "checked": sum(audit.checked for audit in audits),
            "root": newest.root.hex(),
            "finding": None if newest.finding is None else str(newest.finding),
            "witnessed": newest.witnessed is not None,
            "reliability": newest.reliability,
        }

    def _ledger_tables(self, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
        if arguments.get("audit"):
            audit = self.analysis.audit(progress)
            finding = audit.finding
            return {
                "whole": audit.whole,
                "files": audit.files,
                "checked": audit.checked,
                "size": self.house.log.size(),
                "finding": finding and {"en": finding.sentence("en"), "zh": finding.sentence("zh")},
            }
        done = self.analysis.refresh(progress, rebuild=bool(arguments.get("rebuild")))
        return {"size": self.house.log.size(), **asdict(done)}

    def _ledger_prove(self, arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        proof = self.proving.prove(
            arguments["entries"],
            self._actor(arguments) if arguments.get("actor") else None,
            disclose=bool(arguments.get("disclose")),
            earlier=arguments.get("earlier") or (),
        )
        return {
            "indexes": list(proof.indexes),
            "disclosed": proof.disclosed,
            "not_stamped": {name: {"en": en, "zh": zh} for name, (en, zh) in proof.failures.items()},
            "content": proof.content,
        }

    def _ledger_monitor(self, _arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
        progress("monitor", 0, 1)
        result = self.log_watch.monitor()
        progress("monitor", 1, 1)
        return result.to_json()

    def _auditor_add(self, arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        return Auditors(self.house).add(arguments["name"], arguments["days"])

    def _auditor_list(self, _arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        return {"auditors": Auditors(self.house).all()}

    def _auditor_revoke(self, arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
        return Auditors(self.house).revoke(arguments["auditor"])


class _Refusals:
    def __init__(self, house: Institution) -> None:
        self._house = house

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, KeeperRefusedError):
            outcome = error.code.rpartition(".")[2]
            self._house.log.append([self._house.fact(Kind.KEEPER_REFUSED, actor="p_keeper", outcome=outcome)])


def role_of(word: str) -> Role:
    """A role by its word.

    Raises:
        CommandError: There is none.
    """
    try:
        return Role(word)
    except ValueError as error:
        raise CommandError.one_of("role", Role) from error


def purpose_of(word: str) -> Purpose:
    """A purpose by its word.

    Raises:
        CommandError: There is none.
    """
    try:
        return Purpose(word)
    except ValueError as error:
        raise CommandError.one_of("purpose", Purpose) from error


def _member(member: Member) -> dict[str, Any]:
    return {
        "actor": member.id,
        "name": member.name,
        "role": member.role.value,
        "active": member.active,
        "can_log_in": member.can_log_in,
    }
