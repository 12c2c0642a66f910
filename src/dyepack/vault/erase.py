"""Erase (删除, crypto-shredding): the entry first, because it cannot be undone; then the person key; then the row.

A run that was killed between the steps is run again: an erased key stays erased, the row follows.
"""

from dyepack.ledger import Kind
from dyepack.terms.chance import new_id
from dyepack.terms.ids import RecordToken
from dyepack.vault.errors import BadRequestError, NotFoundError
from dyepack.vault.joined import Joined
from dyepack.vault.policy import NOTHING, Action, Ask
from dyepack.vault.request import Request, fact, receipts
from dyepack.vault.reveal import Viewer


class Eraser:
    """Destroys a record's key and what is left of it."""

    def __init__(self, joined: Joined, viewer: Viewer) -> None:
        """Take what is needed of the ports."""
        self._records = joined.records
        self._keeper = joined.keeper
        self._ledger = joined.ledger
        self._permission = joined.permission
        self._viewer = viewer
        self._clock = joined.clock
        self._random = joined.random

    def erase(self, request: Request, token: RecordToken, ground: str) -> str:
        """Erase one record; returns the entry's id.

        Raises:
            BadRequestError: No ground was typed.
            NotFoundError: No such record, or erased already.
            DeniedError: The policy refuses.
        """
        if not ground.strip():
            raise BadRequestError(detail="ground: say why")
        rows = self._records.get([token])
        if not rows:
            raise NotFoundError(what="record")
        ask = Ask(
            role=request.actor.role,
            action=Action.ERASE,
            purpose=request.purpose,
            state=rows[0].state if rows[0].state in {"open", "held", "locked"} else NOTHING,
            case_open=request.case_open,
            basis=True,
            rows=1,
            self_request=False,
        )
        granted = self._permission.ask(request, ask)
        alias = self._viewer.aliases([token]).get(token)
        subject = {"subj": (alias,)} if alias else {}
        tombstone = new_id(self._random)
        erased = fact(
            self._random, Kind.RECORD_ERASED, request.fields() | granted | subject | {"ref": tombstone, "n": 1}
        )
        if alias:
            receipt = receipts(self._ledger, [erased])[0]
            self._keeper.set_state(receipt, [token])
        note = self._keeper.seal_note("ground", tombstone, ground.encode())
        self._records.erase(token, tombstone, erased.id, note, self._clock.now())
        return erased.id
