"""Proving: evidence bundles about entries of the log, with what bounds them in time and, for overseers, details.

1. find the entries, by id or index;
2. details are asked for: only an overseer, only entries that have some; ``ledger:detail:disclosed`` stands in the log
   before the keeper opens them;
3. the newest checkpoint is stamped by the configured authorities, if there are any; a failing one stops nothing;
4. entries and tokens that bound the wanted entries in time are added, and the documents of policies that they name.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dyepack.app.errors import CommandError, NoDetailsError, NotOverseerError
from dyepack.app.institution import PROCESS, Institution
from dyepack.app.log_view import LogView
from dyepack.app.overseers import check_overseer
from dyepack.app.stamping import Misses, Round, load_authorities, stamp, tokens_around
from dyepack.ledger import Entry, Kind, open_head, parse_entry, zip_bundle
from dyepack.ledger.errors import NoSuchEntryError
from dyepack.storage.token_folder import TokenFolder
from dyepack.terms.actor import Actor
from dyepack.terms.ids import RecordToken
from dyepack.vault.errors import KeeperStateError
from dyepack.vault.policies import shipped
from dyepack.vault.policy import policy_document


@dataclass(frozen=True, slots=True)
class Proof:
    """A bundle.

    Attributes:
        indexes: The entries that were asked for.
        content: A zip file.
        disclosed: How many of them have their details in it.
        failures: Sentences of timestamp authorities that failed, in English and Chinese, by name.
    """

    indexes: tuple[int, ...]
    content: bytes
    disclosed: int
    failures: dict[str, tuple[str, str]]


class Proving:
    """Makes bundles of one house's log."""

    def __init__(self, house: Institution) -> None:
        """Over an open institution."""
        self._house = house
        self._folder = house.home / "ledger"
        self._misses = Misses(house.random)

    def prove(
        self, wanted: Sequence[str], maker: Actor | None, *, disclose: bool = False, earlier: Sequence[str] = ()
    ) -> Proof:
        """A bundle about entries; the numbers are those of the module.

        Args:
            wanted: Ids or places.
            maker: Who has it made; None for whoever runs the program.
            disclose: Put the details of each entry into it.
            earlier: Checkpoints that someone kept.

        Raises:
            NoSuchEntryError: One of them is not in the log.
            NotOverseerError: Details are for overseers.
            NoDetailsError: An entry has none, or they died with a person's key.
            LedgerError: An earlier checkpoint is not of this log, or tells of other entries.
        """
        entries = {place: parse_entry(raw) for place, raw in map(self._found, wanted)}  # 1
        view = self._one_shard(entries)
        details = self._disclosed(entries, maker) if disclose else {}  # 2
        stamped = self.stamp()  # 3
        indexes = {place: self._house.log.at(place)[1] for place in entries}
        around = tokens_around(view, self._files(view), list(indexes.values()))  # 4
        document = policy_document(*shipped())
        named = {entry.fields.get(word) for entry in entries.values() for word in ("policy", "digest")}
        files = view.evidence(
            [*indexes.values(), *around.entries],
            maker=PROCESS if maker is None else maker.id,
            details={indexes[place]: item for place, item in details.items()},
            earlier=earlier,
            tokens=around.tokens,
            policies=[document] if self._house.policies.digest in named else [],
        )
        failures = {name: (error.sentence("en"), error.sentence("zh")) for name, error in stamped.failures.items()}
        return Proof(tuple(sorted(indexes.values())), zip_bundle(files), len(details), failures)

    def _files(self, view: LogView) -> TokenFolder:
        return TokenFolder(self._folder / view.origin.rpartition("/")[2])

    def _one_shard(self, places: Collection[int]) -> LogView:
        views = {view.origin: view for view, _ in map(self._house.log.at, places)}
        if len(views) > 1:
            raise CommandError(what="ENTRY", remedy="one bundle for each year's log / 每个年度日志各出一个证据包")
        return next(iter(views.values()))

    def _found(self, wanted: str) -> tuple[int, bytes]:
        if wanted.isascii() and wanted.isdigit():
            if len(wanted) > len(str(self._house.log.size())):
                raise NoSuchEntryError
            return int(wanted), self._house.log.entry(int(wanted))
        return self._house.log.find_id(wanted)

    def _disclosed(self, entries: dict[int, Entry], maker: Actor | None) -> dict[int, tuple[bytes, bytes]]:
        if maker is None:
            raise NotOverseerError
        check_overseer(self._house, maker, "disclose")
        sealed = {}
        for index, entry in entries.items():
            kept = self._house.details.get(entry.id)
            if kept is None or kept[1] is None:
                raise NoDetailsError(entry=index)
            sealed[index] = (kept[0], RecordToken(kept[1]))
        who = {"actor": maker.id, "role": maker.role.value, "dev": maker.device}
        self._house.log.append(
            [self._house.fact(Kind.DETAIL_DISCLOSED, **who, ref=entries[index].id) for index in sealed]
        )
        details = {}
        for index, (note, token) in sealed.items():
            try:
                opened = self._house.keeper.open_detail(token, entries[index].id, note)
            except KeeperStateError as error:
                raise NoDetailsError(entry=index) from error
            details[index] = (opened.plaintext, opened.opening)
        return details

    def stamp(self) -> Round:
        """Have the newest checkpoint stamped, and say in the log what was obtained; every hour, and for each bundle.

        Raises:
            AuthoritiesError: The file that names the authorities cannot be used.
        """
        authorities = load_authorities(self._folder)
        if not authorities:
            return Round((), {})
        log = self._house.log.current
        checkpoint = log.publish()
        size = open_head(checkpoint, log.vkey).size
        done = stamp(checkpoint, size, self._files(log), authorities, self._house.random)
        self._house.log.append([*done.facts, *self._misses.alarms(authorities, done)])
        return done
