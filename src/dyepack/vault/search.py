"""Search (查找): a look-up by a full value through the blind index, a masked list, and counts of groups.

A look-up that finds somebody is a look and is logged before the mask is shown; one that finds nobody is logged too
and counted, so that trying numbers ends after a few misses a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dyepack.ledger import Fact, Kind
from dyepack.terms.ids import RecordToken
from dyepack.vault import forms
from dyepack.vault.catalog import FieldClass, index_number
from dyepack.vault.consent_check import has_basis
from dyepack.vault.joined import Joined
from dyepack.vault.keeper.wire import LookupGround
from dyepack.vault.policy import Action, Ask
from dyepack.vault.ports import INSTITUTION_SPACE, Query, RecordRow
from dyepack.vault.request import Request, fact
from dyepack.vault.reveal import PAGE, MaskedRecord, Viewer

SMALLEST_GROUP = 10
"""A count below this is not told: it would point at people."""


@dataclass(frozen=True, slots=True)
class Page:
    """Masked records of one page; ``after`` continues, empty at the end."""

    records: tuple[MaskedRecord, ...]
    entry: str
    after: str


class Search:
    """Finds records without showing them."""

    def __init__(self, joined: Joined, viewer: Viewer) -> None:
        """Take what is needed of the ports."""
        self._records = joined.records
        self._lots = joined.lots
        self._keeper = joined.keeper
        self._ledger = joined.ledger
        self._permission = joined.permission
        self._viewer = viewer
        self._random = joined.random

    def lookup(self, request: Request, name: str, text: str, *, quota: bool) -> Page:
        """Masked records whose field has this value.

        Raises:
            InvalidFieldError: The text does not have the field's form, or the field has no equality index.
            DeniedError: The policy refuses.
            CeilingError: Too many look-ups or misses today.
        """
        granted = self._permission.ask(request, _ask(request, Action.SEARCH, quota=quota))
        number = index_number(name)
        normal = forms.normalize(name, text)
        key = next(key for index, key in forms.search_keys(name, normal) if index == number)
        tag = self._keeper.index([(number, key)], LookupGround(request.actor.id))[0]
        tokens = self._records.find(INSTITUTION_SPACE, [(number, tag)]).get((number, tag), [])
        rows = self._usable(request, self._records.get(tokens[:PAGE]))
        if not rows:
            self._keeper.count_miss(request.actor.id)
            missed = fact(self._random, Kind.RECORD_SEARCHED, request.fields() | granted | {"n": 0})
            return Page((), self._said(missed), "")
        views, entry = self._viewer.view(request, rows, granted)
        return Page(tuple(views), entry, "")

    def page(self, request: Request, query: Query, after: str, *, quota: bool) -> Page:
        """One page of the masked list, at most 50 records.

        Raises:
            DeniedError: The policy refuses.
        """
        granted = self._permission.ask(request, _ask(request, Action.LIST, quota=quota))
        rows = self._records.page(query, after, PAGE)
        following = rows[-1].token if len(rows) == PAGE else ""
        rows = self._usable(request, rows)
        if not rows:
            none = fact(self._random, Kind.RECORD_SEARCHED, request.fields() | granted | {"n": 0})
            return Page((), self._said(none), following)
        views, entry = self._viewer.view(request, rows, granted)
        return Page(tuple(views), entry, following)

    def one(self, request: Request, token: RecordToken, *, quota: bool) -> Page:
        """The masked view of one record.

        Raises:
            DeniedError: The policy refuses.
            NotFoundError: It is not here, was erased, or has no basis for this purpose.
        """
        rows = self._records.get([token])
        state = rows[0].state if rows else "open"
        granted = self._permission.ask(request, replace(_ask(request, Action.SEARCH, quota=quota), state=state))
        views, entry = self._viewer.view(request, self._usable(request, rows), granted)
        return Page(tuple(views), entry, "")

    def groups(self, request: Request, attribute: str) -> Mapping[str, int]:
        """Open records by the code of one attribute; groups under 10 are left out.

        Raises:
            DeniedError: The policy refuses.
        """
        counts = self._records.count(attribute)
        told = {code: number for code, number in counts.items() if number >= SMALLEST_GROUP}
        ask = _ask(request, Action.AGGREGATE, quota=True)
        granted = self._permission.ask(
            request, replace(ask, field_class=FieldClass.PLAN.word, rows=min(told.values(), default=SMALLEST_GROUP))
        )
        entry = fact(self._random, Kind.RECORD_SEARCHED, request.fields() | granted | {"n": len(told)})
        self._ledger.append([entry])
        return told

    def _said(self, entry: Fact) -> str:
        self._ledger.append([entry])
        return entry.id

    def _usable(self, request: Request, rows: list[RecordRow]) -> list[RecordRow]:
        lots = {row.lot: self._lots.get(row.lot) for row in rows}
        return [row for row in rows if row.state == "open" and has_basis(lots[row.lot], request.purpose)]


def _ask(request: Request, action: Action, *, quota: bool) -> Ask:
    return Ask(
        role=request.actor.role,
        action=action,
        purpose=request.purpose,
        state="open",
        case_open=request.case_open,
        grade=request.grade,
        basis=True,
        quota=quota,
        self_request=False,
    )
