"""The log towards outside: who may read which of its files, and receipts of entries.

::

                                       nobody   anybody at the desk   an overseer   an auditor
    checkpoints, hashes                  *              yes                yes           yes
    entries                              no             no                 yes           yes
    receipt of an entry                  no         of his own acts        yes           yes

    * if ``ledger.public_tiles`` is set: they hold no entry, but their growth tells how much is done when

Invariants:

* without a right to the kind of thing asked for, the answer is the same whether the thing exists or not;
* nothing beyond the published checkpoint is served; every reader has a pace.
"""

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from dyepack.app.auditors import Auditor, Auditors
from dyepack.app.entering import Attempt, Session, Throttle
from dyepack.app.errors import NotPublishedError, PaceError, TokenError
from dyepack.app.institution import Institution
from dyepack.app.overseers import OVERSEERS
from dyepack.crypto.digest import sha256
from dyepack.ledger import Kind, Part, Published, PublishedLog, format_proof, parse_entry, part_of, published
from dyepack.ledger.errors import NoSuchEntryError
from dyepack.terms.time import MICROSECONDS, Clock

FILES_A_SECOND: Final = 100
RECEIPTS_A_SECOND: Final = 5
_FAILURES: Final = 20  # said in the log, by address and quarter of an hour
_READERS: Final = 10_000
_ENTRY: Final = re.compile(r"[a-z2-7]{26}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks.

    Attributes:
        key: Tells readers apart for their pace; nobody's is his address.
        session: Of a person at the desk.
        auditor: Whose token was shown.
    """

    key: bytes
    session: Session | None = None
    auditor: Auditor | None = None

    @property
    def reads_all(self) -> bool:
        """An auditor, or who answers for the house."""
        return self.auditor is not None or (self.session is not None and self.session.actor.role in OVERSEERS)


class Pace:
    """So many requests of one reader in one second."""

    def __init__(self, clock: Clock, limit: int) -> None:
        self._clock = clock
        self._limit = limit
        self._counts: OrderedDict[bytes, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: bytes) -> None:
        """Count one.

        Raises:
            PaceError: It is one too many.
        """
        now = self._clock.now() // MICROSECONDS
        with self._lock:
            second, used = self._counts.pop(key, (now, 0))
            used = used + 1 if second == now else 1
            self._counts[key] = (now, used)
            while len(self._counts) > _READERS:
                self._counts.popitem(last=False)
        if used > self._limit:
            raise PaceError


class LogFace:
    """What is read of the logs of one house."""

    def __init__(self, house: Institution) -> None:
        """Over an open institution."""
        self._house = house
        self.auditors = Auditors(house)
        self._files = Pace(house.clock, FILES_A_SECOND)
        self._receipts = Pace(house.clock, RECEIPTS_A_SECOND)
        self._failures = Throttle(house.clock, _FAILURES)
        self._search = threading.Lock()  # a receipt is searched for in the whole log: one at a time

    def reader(self, token: str | None, session: Session | None, address: str) -> Reader:
        """Who asks; a token that is shown counts alone.

        Raises:
            TokenError: The token opens nothing.
        """
        source = sha256(b"address:" + address.encode())
        if token is None:
            return Reader(source if session is None else session.digest, session)
        auditor = self.auditors.known(token)
        if auditor is None:
            if self._failures.take(source) is Attempt.FREE:
                self._house.log.append([self._house.fact(Kind.SESSION_REFUSED, outcome="token")])
            raise TokenError
        return Reader(auditor.token_digest, auditor=auditor)

    def file(self, reader: Reader, shard: str, path: str) -> Published:
        """A file of the log of a shard.

        Raises:
            TokenError: The reader has no right to files of this kind.
            NotPublishedError: There is no such file.
            PaceError: He asks too fast.
        """
        self._files.take(reader.key)
        part = part_of(path)
        if not self._may_read(reader, part):
            raise TokenError
        log = self._log(shard)
        if part is Part.ENTRIES and reader.auditor is not None:
            self.auditors.note_use(reader.auditor)
        found = None if log is None else published(log, path)
        if found is None:
            raise NotPublishedError
        return found

    def receipt(self, reader: Reader, entry: str) -> str:
        """The tlog-proof of an entry, by its id.

        Raises:
            TokenError: Nobody asks.
            NotPublishedError: There is no such entry, or not for him.
            PaceError: He asks too fast.
        """
        self._receipts.take(reader.key)
        if reader.session is None and reader.auditor is None:
            raise TokenError
        if not _ENTRY.fullmatch(entry):
            raise NotPublishedError
        if reader.auditor is not None:
            self.auditors.note_use(reader.auditor)
        try:
            with self._search:
                index, raw = self._house.log.find_id(entry)
        except NoSuchEntryError as error:
            raise NotPublishedError from error
        actor = parse_entry(raw).fields.get("actor")
        if not reader.reads_all and (reader.session is None or actor != reader.session.actor.id):
            raise NotPublishedError
        return format_proof(self._house.log.prove(index))

    @property
    def public(self) -> bool:
        """Whether hashes and checkpoints are for everybody."""
        return bool(self._house.settings["ledger.public_tiles"])

    def _may_read(self, reader: Reader, part: Part) -> bool:
        if part is Part.ENTRIES:
            return reader.reads_all
        return self.public or reader.session is not None or reader.auditor is not None

    def _log(self, shard: str) -> PublishedLog | None:
        """The log whose origin ends in ``shard``."""
        return self._house.log.shards().get(shard)
