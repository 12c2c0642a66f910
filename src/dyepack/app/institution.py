"""The institution: everything of one home, joined. Opening it is the product's start-up.

1. take the lock of the home (one writer); 2. bring the database to the head revision; 3. open the keeper over its own
files, or reach its process; 4. open the log, which shows its head to the keeper, and have the keeper follow what it
missed; 5. drain the outbox; 6. say in the ledger what is new: the log's beginning, a keeper that started, another
policy, settings weaker than their defaults.
"""

from contextlib import closing, suppress
from pathlib import Path
from typing import Self

from dyepack.app.asking import ask_witnesses
from dyepack.app.clock import SystemClock
from dyepack.app.errors import ProductionError
from dyepack.app.home import Lock, settings_of
from dyepack.app.keeping import in_memory, open_folder
from dyepack.app.log_keys import LogKeys
from dyepack.app.marking import CopyMarker
from dyepack.app.quorum_file import read_quorum
from dyepack.app.settings import Settings
from dyepack.app.shards import Shards, newest_keys
from dyepack.crypto.chance import SystemRandom
from dyepack.crypto.digest import sha256
from dyepack.gateways.keeper_socket import SocketTransport
from dyepack.ledger import Fact, Kind, Quorum, stamp_of
from dyepack.ledger.errors import BadEntryError, QuorumUnavailableError
from dyepack.storage.database import Database
from dyepack.storage.govern_store import ApprovalStore, CaseStore, KnownStore, QuotaStore, StaffStore
from dyepack.storage.mark_store import MarkStore, TraceStore
from dyepack.storage.outbox import Details, Outbox
from dyepack.storage.private_file import VkeyFile
from dyepack.storage.schema import HEAD, revision_of, upgrade
from dyepack.storage.vault_store import LotStore, RecordStore, ReleaseStore
from dyepack.terms.chance import Random, new_id
from dyepack.terms.ids import decode_id
from dyepack.terms.time import Clock
from dyepack.vault.admission import Admission
from dyepack.vault.erase import Eraser
from dyepack.vault.errors import KeeperUnreachableError
from dyepack.vault.intake import Intake
from dyepack.vault.joined import Joined
from dyepack.vault.keeper.client import KeeperClient
from dyepack.vault.permission import Permission
from dyepack.vault.policies import shipped
from dyepack.vault.policy import PolicySet
from dyepack.vault.quota import HOUSE_CAPS, NO_CAPS
from dyepack.vault.release import Releaser
from dyepack.vault.request import digest_text
from dyepack.vault.reveal import Revealer, Viewer
from dyepack.vault.search import Search

PROCESS = "p_vault"
LOCK_SECONDS = 30.0


class Institution:
    """The parts of one open home. Use ``open_institution``; close it, or use it in a ``with`` statement."""

    def __init__(self, home: Path, lock: Lock, settings: Settings, clock: Clock, random: Random) -> None:
        """Open everything; see the module for the order."""
        self.home = home
        self.settings = settings
        self.clock = clock
        self.random = random
        self._lock = lock
        self.id: str = settings["institution.id"]
        self.institution = decode_id(self.id.removeprefix("i_"))
        path = home / "vault.db"
        if revision_of(path) != HEAD:
            upgrade(path)
            path.chmod(0o600)
        self.database = Database(path)
        self.records = RecordStore(self.database)
        self.lots = LotStore(self.database)
        self.releases = ReleaseStore(self.database)
        self.outbox = Outbox(self.database)
        self.details = Details(self.database)
        self.staff = StaffStore(self.database)
        self.cases = CaseStore(self.database)
        self.approvals = ApprovalStore(self.database)
        self.quotas = QuotaStore(self.database)
        self.marks = MarkStore(self.database)
        self.traces = TraceStore(self.database)
        self.known = KnownStore(self.database)
        base = log_base(settings)
        self.keeper = self._open_keeper(newest_keys(home / "ledger", base, clock, random))
        try:
            quorum = read_quorum(home / "ledger")
            if settings["house.production"]:
                self._check_production(quorum)
            self.log = Shards(
                home / "ledger", base, self.id, clock, random, self.keeper, quorum=quorum, witnesses=ask_witnesses
            )
        except BaseException:
            self.keeper.close()
            self.database.close()
            raise
        self.served_since: int | None = None
        """When the desk began to be served by this process."""
        self._say_who_keeps()
        self.policies = PolicySet.load(*shipped())
        self._join()
        self._drain()
        self._say_what_is_new()

    def _check_production(self, quorum: Quorum | None) -> None:
        """What a home in production must have.

        Raises:
            ProductionError: It has not.
        """
        transport = self.keeper.transport
        if quorum is None:
            raise ProductionError(why="no quorum.txt names witnesses", why_zh="缺少指定见证人的 quorum.txt")
        if not isinstance(transport, SocketTransport):
            raise ProductionError(
                why="the keeper is inside, move it with `dyepack keeper adopt`",
                why_zh="守钥服务仍在主目录内，请用 `dyepack keeper adopt` 移出",
            )
        if transport.same_account():
            raise ProductionError(
                why="the keeper runs under the account of the vault", why_zh="守钥服务与保险库使用同一账户"
            )

    def _open_keeper(self, keys: LogKeys) -> KeeperClient:
        """The keeper in HOME/keeper, or the process that the setting names: the same frames."""
        if self.settings["keeper.socket"]:
            said = self.known.get("ceilings") or ""
            self._weaker_ceilings = tuple(said.split(",")) if said else ()  # they are not ours to speak of any more
            return KeeperClient(SocketTransport(Path(self.settings["keeper.socket"])))
        folder = self.home / "keeper"
        vkey = folder / "log.vkey"
        if not vkey.exists():
            VkeyFile(vkey).keep([keys.vkey])
        limited = self.settings["limits.enabled"]
        opened = open_folder(folder, self.id, clock=self.clock, random=self.random, limited=limited)
        self._weaker_ceilings = opened.weaker
        return in_memory(opened.service)

    def _join(self) -> None:
        self.permission = Permission(self.policies, self.log, self.random)
        self.caps = HOUSE_CAPS if self.settings["limits.enabled"] else NO_CAPS
        joined = Joined(
            records=self.records,
            lots=self.lots,
            releases=self.releases,
            details=self.details,
            outbox=self.outbox,
            keeper=self.keeper,
            ledger=self.log,
            permission=self.permission,
            institution=self.institution,
            clock=self.clock,
            random=self.random,
        )
        self.marker = CopyMarker(
            store=self.marks,
            records=self.records,
            keeper=self.keeper,
            settings=self.settings,
            clock=self.clock,
            random=self.random,
        )
        self.viewer = Viewer(joined)
        self.search = Search(joined, self.viewer)
        self.revealer = Revealer(joined, self.viewer)
        self.intake = Intake(joined)
        self.admission = Admission(joined, self.viewer)
        self.releaser = Releaser(joined, self.viewer, self.marker)
        self.eraser = Eraser(joined, self.viewer)

    def fact(self, kind: Kind, **fields: str | int | tuple[str, ...]) -> Fact:
        """A fact with a fresh id."""
        return Fact(new_id(self.random), kind, {name: value for name, value in fields.items() if value != ()})

    def _say_who_keeps(self) -> None:
        """A keeper apart was started anew; one of this process starts with every command, and nobody asks."""
        run = self.keeper.standing().run
        if self.settings["keeper.socket"] and self.known.get("keeper") != run:
            self.log.append([self.fact(Kind.KEEPER_STARTED, actor="p_keeper", ref=run)])
            self.known.put("keeper", run)

    def _drain(self) -> None:
        """Append what a crash left in the outbox, but for facts whose entry stands already, however long ago.

        A fact that no log takes is set aside, and that is said.
        """
        waiting = self.outbox.waiting()
        standing = {stamp_of(raw)[0] for _, raw in self.log.find([f'"id":"{one.id}"' for one in waiting])}
        for fact in waiting:
            if fact.id not in standing:
                try:
                    with suppress(QuorumUnavailableError):  # it stands in the log
                        self.log.append([fact])
                except BadEntryError:
                    self.log.append([self.fact(Kind.CHECK_FAILED, actor=PROCESS, outcome="outbox")])
        self.outbox.done([one.id for one in waiting])

    def say_quorum(self) -> None:
        """The log hears of another quorum file, also of one that somebody exchanged by hand."""
        quorum = "" if self.log.quorum is None else digest_text(sha256(self.log.quorum.text.encode()))
        if (self.known.get("quorum") or "") != quorum:
            with suppress(QuorumUnavailableError):  # it stands in the log, and is witnessed when they are back
                self.log.append(
                    [self.fact(Kind.QUORUM_CHANGED, actor=PROCESS, **({"digest": quorum} if quorum else {}))]
                )
            self.known.put("quorum", quorum)

    def _say_what_is_new(self) -> None:
        self.say_quorum()
        facts = []
        if self.known.get("policy") != self.policies.digest:
            facts.append(self.fact(Kind.POLICY_CHANGED, actor=PROCESS, digest=self.policies.digest))
        settings = digest_text(sha256(self.settings.to_toml().encode("utf-8")))
        if self.known.get("settings") != settings:
            facts += [
                self.fact(Kind.SETTINGS_CHANGED, actor=PROCESS, outcome=key, n=int(self.settings[key]))
                for key in self.settings.weaker()
            ]
        ceilings = ",".join(self._weaker_ceilings)
        if (self.known.get("ceilings") or "") != ceilings:
            facts.append(
                self.fact(Kind.SETTINGS_CHANGED, actor=PROCESS, outcome="keeper.ceilings", n=len(self._weaker_ceilings))
            )
        if facts:
            with suppress(QuorumUnavailableError):  # as above
                self.log.append(facts)
            self.known.put("policy", self.policies.digest)
            self.known.put("settings", settings)
            self.known.put("ceilings", ceilings)

    def close(self) -> None:
        """Say what the keeper honored, publish the log, fold the databases, let go of the home."""
        try:
            with closing(self.log), suppress(KeeperUnreachableError):  # it keeps its count for the next time
                honored, lo, hi = self.keeper.counted()
                if honored:
                    self.log.append([self.fact(Kind.KEEPER_COUNTED, actor="p_keeper", n=honored, lo=lo, hi=hi)])
        finally:
            self.keeper.close()
            self.database.close()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def log_base(settings: Settings) -> str:
    """What the names of the home's logs begin with."""
    return f"{settings['ledger.base'] or 'dyepack.invalid'}/{settings['institution.id']}"


def open_institution(
    home: Path, *, clock: Clock | None = None, random: Random | None = None, wait_seconds: float = LOCK_SECONDS
) -> Institution:
    """Open a home as its one writer.

    Raises:
        HomeMissingError: There is no institution.
        HomeBusyError: Another process holds it.
        LedgerError, VaultError: A step of the start failed; the sentence names the remedy.
    """
    settings = settings_of(home)
    lock = Lock.take(home, wait_seconds)
    try:
        return Institution(home, lock, settings, clock or SystemClock(), random or SystemRandom())
    except BaseException:
        lock.release()
        raise
