"""Entering: local accounts, log-in, sessions and log-out of the desk.

Invariants:

* an attempt is counted *before* the password is tried, so racing attempts are counted too; a success is given back;
* a name that nobody has costs the same work as a wrong password, and the answer is the same sentence;
* a session is known here by the digest of its id alone; it is new at every log-in, and ends when it was idle for
  ``desk.idle_minutes`` or is twelve hours old;
* each log-in, refusal and log-out is an entry; of a series of throttled attempts the first one, so that nobody fills
  the ledger from the log-in page.
"""

import base64
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from dyepack.app.errors import LogInError, TooManyLogInsError
from dyepack.app.institution import Institution
from dyepack.app.people import People
from dyepack.crypto.digest import sha256
from dyepack.crypto.password import hash_password, password_matches
from dyepack.govern import name_key, staff_name
from dyepack.govern.errors import ActorLeftError, ActorNameError
from dyepack.ledger import Kind
from dyepack.storage.govern_store import SessionRow, StaffRow
from dyepack.terms.actor import Actor
from dyepack.terms.time import MICROSECONDS, Clock

ATTEMPTS_BY_NAME: Final = 5
ATTEMPTS_BY_ADDRESS: Final = 20
"""More than by name: a whole office may stand behind one address."""
WINDOW_SECONDS: Final = 15 * 60
LONGEST_SECONDS: Final = 12 * 3600
_TOUCH_SECONDS: Final = 30
_SECRET_BYTES: Final = 32
_PASSWORD_LIMIT: Final = 1024
_AT_ONCE: Final = 2  # Argon2id takes 64 MiB each


@dataclass(frozen=True, slots=True)
class Session:
    """A person at the desk.

    Attributes:
        digest: SHA-256 of the session's id.
        actor: Who, in the role held now, on the device of the session.
        name: For the screen.
        form_token: What every form of this session carries.
    """

    digest: bytes
    actor: Actor
    name: str
    form_token: str


class Attempt(Enum):
    """What the throttle says of an attempt."""

    FREE = "free"
    FIRST_TOO_MANY = "first-too-many"
    TOO_MANY = "too-many"


@dataclass(slots=True)
class _Count:
    at: deque[int] = field(default_factory=deque)
    told: int | None = None


class Throttle:
    """Attempts by key in a sliding window, in memory: a restart forgets them."""

    def __init__(self, clock: Clock, limit: int, *, keys: int = 10_000) -> None:
        """At most ``limit`` attempts per key and window, for at most ``keys`` keys at a time."""
        self._clock = clock
        self._limit = limit
        self._keys = keys
        self._counts: OrderedDict[bytes, _Count] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: bytes) -> Attempt:
        """Count an attempt; beyond the limit nothing is counted, and once a window it is said that it began."""
        now = self._clock.now()
        begun = now - WINDOW_SECONDS * MICROSECONDS
        with self._lock:
            count = self._counts.setdefault(key, _Count())
            self._counts.move_to_end(key)
            while len(self._counts) > self._keys:
                self._counts.popitem(last=False)
            while count.at and count.at[0] <= begun:
                count.at.popleft()
            if len(count.at) < self._limit:
                count.at.append(now)
                return Attempt.FREE
            if count.told is None or count.told <= begun:
                count.told = now
                return Attempt.FIRST_TOO_MANY
            return Attempt.TOO_MANY

    def give_back(self, key: bytes) -> None:
        """The attempt was a success: it counts no longer."""
        with self._lock:
            count = self._counts.get(key)
            if count is not None and count.at:
                count.at.pop()


class Entering:
    """Lets members of staff in and out."""

    def __init__(self, house: Institution, people: People) -> None:
        """Over an open institution."""
        self._house = house
        self._people = people
        self._names = Throttle(house.clock, ATTEMPTS_BY_NAME)
        self._addresses = Throttle(house.clock, ATTEMPTS_BY_ADDRESS)
        self._nobody = hash_password(_secret(house))
        self._working = threading.Semaphore(_AT_ONCE)

    def log_in(self, name: str, password: str, device: str, address: str) -> str:
        """Open a session; returns its id, 43 characters, which is kept nowhere.

        Raises:
            LogInError: Name or password is wrong, or the member has left.
            TooManyLogInsError: Too many failures of this name or from this address.
        """
        key, row = self._known(name)
        source = sha256(b"address:" + address.encode())
        attempts = {self._names.take(key), self._addresses.take(source)}
        if Attempt.FIRST_TOO_MANY in attempts:
            self._refuse(row, device, "throttled")
        if attempts != {Attempt.FREE}:
            raise TooManyLogInsError(minutes=WINDOW_SECONDS // 60)
        encoded = self._nobody if row is None or row.password_hash is None else row.password_hash
        with self._working:
            matches = password_matches(encoded, password[:_PASSWORD_LIMIT])
        if not matches or row is None or row.password_hash is None or not row.active:
            self._refuse(row, device, "wrong")
            raise LogInError
        self._names.give_back(key)
        self._addresses.give_back(source)
        return self._open(row, device)

    def session(self, session_id: str) -> Session | None:
        """The session of an id, if it lives; a use keeps it alive."""
        digest = sha256(session_id.encode())
        found = self._house.staff.session(digest)
        if found is None:
            return None
        now = self._house.clock.now()
        idle = self._house.settings["desk.idle_minutes"] * 60 * MICROSECONDS
        if now - found.seen >= idle or now - found.opened >= LONGEST_SECONDS * MICROSECONDS:
            self._end(digest, found, "idle")
            return None
        row = self._house.staff.by_id(found.actor)
        try:
            if row is None:
                return None
            actor = self._people.acting(row, found.device)
        except ActorLeftError:
            self._end(digest, found, "left")
            return None
        if now - found.seen >= _TOUCH_SECONDS * MICROSECONDS:
            self._house.staff.touch_session(digest, now)
        return Session(digest, actor, self._people.name_of(actor.id), found.form_token)

    def log_out(self, session_id: str) -> None:
        """End a session; an unknown one is ended already."""
        digest = sha256(session_id.encode())
        found = self._house.staff.session(digest)
        if found is not None:
            self._end(digest, found, "out")

    def _known(self, name: str) -> tuple[bytes, StaffRow | None]:
        try:
            key = name_key(staff_name(name))
        except ActorNameError:
            return b"", None
        tag = self._house.keeper.label_tag("staff", key)
        return tag, self._house.staff.by_tag(tag)

    def _open(self, row: StaffRow, device: str) -> str:
        house = self._house
        session_id, now = _secret(house), house.clock.now()
        actor = self._people.acting(row, device)
        opened = house.fact(Kind.SESSION_OPENED, actor=actor.id, role=actor.role.value, dev=device)
        house.log.append([opened])
        house.staff.open_session(
            sha256(session_id.encode()), SessionRow(row.id, device, _secret(house), opened=now, seen=now)
        )
        return session_id

    def _end(self, digest: bytes, row: SessionRow, outcome: str) -> None:
        self._house.staff.close_session(digest)
        closed = self._house.fact(Kind.SESSION_CLOSED, actor=row.actor, dev=row.device, outcome=outcome)
        self._house.log.append([closed])

    def _refuse(self, row: StaffRow | None, device: str, outcome: str) -> None:
        who = {} if row is None else {"actor": row.id}
        self._house.log.append([self._house.fact(Kind.SESSION_REFUSED, **who, dev=device, outcome=outcome)])


def _secret(house: Institution) -> str:
    return base64.urlsafe_b64encode(house.random.token_bytes(_SECRET_BYTES)).rstrip(b"=").decode()
