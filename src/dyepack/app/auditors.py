"""Auditors: people outside who may read the entries of the log for some days, each by a token of his own.

Invariants:

* a token has 256 random bits, is shown once, and is kept as its SHA-256;
* adding and revoking one is an entry; so is its use, once an hour, before the first thing it opens in that hour;
* a token opens the log and receipts, nothing else of the house.
"""

import base64
import threading
from dataclasses import dataclass
from typing import Any, Final

from dyepack.app.errors import CommandError, NoAuditorError
from dyepack.app.institution import Institution
from dyepack.crypto.digest import sha256
from dyepack.govern import staff_name
from dyepack.ledger import Kind
from dyepack.storage.auditor_store import AuditorRow, AuditorStore
from dyepack.terms.chance import new_id
from dyepack.terms.time import MICROSECONDS, to_iso

ROLE: Final = "auditor"
MAX_DAYS: Final = 366
DAYS: Final = 30
PREFIX: Final = "dyepack-auditor-"  # so that a search for leaked secrets finds it
_TOKEN_BYTES: Final = 32
_TOKEN_LENGTH: Final = len(PREFIX) + 43
_DAY: Final = 24 * 3600 * MICROSECONDS
_HOUR: Final = 3600 * MICROSECONDS


@dataclass(frozen=True, slots=True)
class Auditor:
    """Somebody whose token is valid now."""

    id: str
    token_digest: bytes


class Auditors:
    """Who has a token."""

    def __init__(self, house: Institution) -> None:
        """Over an open institution."""
        self._house = house
        self._store = AuditorStore(house.database)
        self._lock = threading.Lock()

    def add(self, name: str, days: int) -> dict[str, Any]:
        """Give somebody a token; it stands in the answer and nowhere else.

        Raises:
            ActorNameError: Not a name.
            CommandError: Not 1..366 days.
        """
        if not 1 <= days <= MAX_DAYS:
            raise CommandError(what="--days", remedy=f"1..{MAX_DAYS}")
        house = self._house
        text, auditor, now = staff_name(name), new_id(house.random), house.clock.now()
        secret = base64.urlsafe_b64encode(house.random.token_bytes(_TOKEN_BYTES)).rstrip(b"=").decode()
        token = PREFIX + secret
        note = house.keeper.seal_note(ROLE, auditor, text.encode())
        row = AuditorRow(auditor, note, sha256(token.encode()), added=now, expires=now + days * _DAY)
        house.log.append([house.fact(Kind.ACTOR_ADDED, actor="p_cli", ref=auditor, role=ROLE, secs=days * 86_400)])
        self._store.add(row)
        return {"auditor": auditor, "name": text, "expires": to_iso(row.expires), "token": token}

    def all(self) -> list[dict[str, Any]]:
        """All that were ever added, oldest first."""
        now = self._house.clock.now()
        return [
            {
                "auditor": row.id,
                "name": self._house.keeper.open_note(ROLE, row.id, row.name_note).decode(),
                "expires": to_iso(row.expires),
                "state": "revoked" if row.revoked is not None else "valid" if now < row.expires else "expired",
            }
            for row in self._store.all()
        ]

    def revoke(self, auditor: str) -> dict[str, Any]:
        """End a token now; harmless when done twice.

        Raises:
            NoAuditorError: Nobody has this id.
        """
        house = self._house
        row = next((one for one in self._store.all() if one.id == auditor), None)
        if row is None:
            raise NoAuditorError
        if row.revoked is None:
            self._store.revoke(auditor, house.clock.now())
            house.log.append([house.fact(Kind.ACTOR_LEFT, actor="p_cli", ref=auditor, role=ROLE)])
        return {"auditor": auditor, "state": "revoked"}

    def known(self, token: str) -> Auditor | None:
        """Who shows this token; None if it opens nothing now."""
        if len(token) != _TOKEN_LENGTH or not token.isascii():
            return None
        row = self._store.by_digest(sha256(token.encode()))
        if row is None or row.revoked is not None or self._house.clock.now() >= row.expires:
            return None
        return Auditor(row.id, row.token_digest)

    def note_use(self, auditor: Auditor) -> None:
        """Say in the log that a token is used, once an hour."""
        house = self._house
        hour = house.clock.now() // _HOUR
        with self._lock:
            row = self._store.by_digest(auditor.token_digest)
            if row is not None and row.noted < hour:
                opened = house.fact(Kind.SESSION_OPENED, actor="p_auditor", role=ROLE, ref=auditor.id)
                house.log.append([opened])
                self._store.note(auditor.id, hour)
