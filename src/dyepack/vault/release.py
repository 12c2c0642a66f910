"""Release (导出放行): the one door through which a list leaves, asked for by one person and approved by others.

Collecting runs these steps; the order is the proof that nobody could choose a mark afterwards:

1. the policy decides, with the valid approvals of exactly this request;
2. consents are checked again; records that are gone or no longer covered are left out and counted;
3. the marker plans the copy (canaries, id; no symbol yet);
4. ``mark:key:committed`` (L2);
5. ``vault:release:opened`` (L2) for at most 100 data subjects each, then their keys, then the values;
6. the marker embeds the marks; 7. the file is written in memory;
8. ``mark:copy:marked`` (L2), ``vault:release:collected``.

No other way returns protected fields of more than one record.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dyepack.ledger import Fact, Kind
from dyepack.terms.chance import Random, below, new_id
from dyepack.terms.ids import RecordToken
from dyepack.terms.progress import Progress
from dyepack.terms.sensitive import Sensitive
from dyepack.vault import forms
from dyepack.vault.catalog import CATALOG, field
from dyepack.vault.consent_check import has_basis, is_minor
from dyepack.vault.errors import BadRequestError, NotFoundError
from dyepack.vault.joined import Joined
from dyepack.vault.keeper.wire import MAX_OPEN
from dyepack.vault.policy import Action, Ask
from dyepack.vault.ports import (
    Lot,
    MarkAsk,
    Marker,
    Query,
    RecordRow,
    Release,
    ReleaseRow,
)
from dyepack.vault.record import DISPLAY, PartId, parse_sealed, parts_of_field
from dyepack.vault.release_file import write_file
from dyepack.vault.request import FieldValue, Request, digest_text, fact, receipts
from dyepack.vault.reveal import Viewer
from dyepack.vault.unseal import unseal_display, unseal_part

STEP = 10 * MAX_OPEN
_CHINA = "+86"


@dataclass(frozen=True, slots=True)
class Collected:
    """A copy that left."""

    content: bytes
    rows: int
    copy: str
    entry: str


class Releaser:
    """Takes requests and hands out copies."""

    def __init__(self, joined: Joined, viewer: Viewer, marker: Marker[Any, Any]) -> None:
        """Take what is needed of the ports."""
        self._releases = joined.releases
        self._records = joined.records
        self._lots = joined.lots
        self._keeper = joined.keeper
        self._ledger = joined.ledger
        self._permission = joined.permission
        self._viewer = viewer
        self._marker = marker
        self._institution = joined.institution
        self._clock = joined.clock
        self._random = joined.random

    def request(
        self, request: Request, fields: Sequence[str], holder: str, query: Query, limit: int | None, *, due: int
    ) -> Release:
        """Freeze the set of records and submit; ``due`` is when a request that nobody approved ends.

        Raises:
            BadRequestError: No field, or one twice.
            InvalidFieldError: An unknown field.
            DeniedError: The policy refuses, or nobody is left to release.
        """
        if not fields or len(set(fields)) != len(fields):
            raise BadRequestError(detail="fields: name each field once")
        tokens = self._records.tokens(query)
        if limit is not None:
            tokens = sample(tokens, limit, self._random)
        usable = [row.token for row in self._usable(request, self._records.get(tokens))]
        assert request.case is not None
        release = Release(
            id=new_id(self._random),
            state="submitted",
            requester=request.actor.id,
            case=request.case,
            purpose=request.purpose.value,
            fields=tuple(fields),
            holder=holder,
            rows=len(usable),
            left_out=len(tokens) - len(usable),
            asked=self._clock.now(),
            due=due,
            ready_at=0,
            version=1,
        )
        granted = self._permission.ask(
            request,
            _ask(request, Action.RELEASE_REQUEST, rows=len(usable), minor=True, approvals=0),
            classes={name: field(name).kind.word for name in fields},
        )
        self._releases.submit(release, usable)
        asked = request.fields() | granted | _named(release)
        self._ledger.append([fact(self._random, Kind.RELEASE_REQUESTED, asked)])
        return release

    def permit_collect(
        self, request: Request, release: Release, *, approvals: int
    ) -> tuple[list[RecordRow], dict[str, FieldValue]]:
        """The rows that may still leave, and the permit.

        Raises:
            DeniedError: The policy refuses; with too few approvals it says which are missing.
        """
        rows = self._usable(request, self._records.get(self._releases.tokens(release.id)))
        now = self._clock.now()
        lots = self._lots_of(rows)
        minor = any(is_minor(row, lots[row.lot], now) for row in rows)
        granted = self._permission.ask(
            request,
            _ask(request, Action.RELEASE_COLLECT, rows=release.rows, minor=minor, approvals=approvals),
            classes={name: field(name).kind.word for name in release.fields},
        )
        return rows, granted

    def collect(
        self,
        request: Request,
        release: Release,
        kind: str,
        approvers: Sequence[str],
        *,
        same_device: bool,
        progress: Progress,
    ) -> Collected:
        """Mark, write and hand out the copy.

        Args:
            request: Who collects.
            release: Approved, its cooling over.
            kind: ``xlsx`` or ``csv``.
            approvers: Actors of the valid approvals, distinct.
            same_device: Whether an approval came from the device that collects; the entry says so.
            progress: Called while records are opened.

        Raises:
            DeniedError: The policy refuses.
        """
        rows, granted = self.permit_collect(request, release, approvals=len(approvers))
        aliases = self._viewer.aliases([row.token for row in rows])
        rows = [row for row in rows if row.token in aliases]
        if not rows:
            raise NotFoundError(what="record")
        who = request.fields() | granted
        begun = fact(
            self._random, Kind.RELEASE_MOVED, who | {"ref": release.id, "outcome": "collecting", "n": len(rows)}
        )
        ask = MarkAsk(release.id, release.holder, release.fields, tuple(row.token for row in rows))
        plan = self._marker.plan(ask, receipts(self._ledger, [begun])[0])
        committed = fact(
            self._random,
            Kind.KEY_COMMITTED,
            request.who() | {"ref": plan.copy, "digest": digest_text(plan.digest), "n": len(rows)},
        )
        receipt = receipts(self._ledger, [committed])[0]
        opened = self._opened(who, release, rows, aliases, tuple(approvers), progress)
        copy = self._marker.embed(plan, receipt, opened)
        content = write_file(kind, release.fields, copy.rows)
        digest = self._marker.keep(plan, copy, kind, content)
        marked = {"ref": plan.copy, "digest": digest_text(digest), "n": len(copy.rows)}
        self._ledger.append([fact(self._random, Kind.COPY_MARKED, request.who() | marked)])
        outcome = "unsealed-same-device" if same_device else "unsealed"
        collected = fact(
            self._random, Kind.RELEASE_COLLECTED, who | {"ref": release.id, "n": len(copy.rows), "outcome": outcome}
        )
        self._ledger.append([collected])
        return Collected(content, len(copy.rows), plan.copy, collected.id)

    def _opened(
        self,
        who: Mapping[str, FieldValue],
        release: Release,
        rows: Sequence[RecordRow],
        aliases: Mapping[RecordToken, str],
        approvers: tuple[str, ...],
        progress: Progress,
    ) -> Iterator[ReleaseRow]:
        wanted = [part for name in release.fields for part in parts_of_field(name)]
        named = {**who, "ref": release.id, "fields": tuple(sorted(release.fields)), "approvers": approvers}
        for start in range(0, len(rows), STEP):
            progress("release", start, len(rows))
            frames = [rows[at : at + MAX_OPEN] for at in range(start, min(start + STEP, len(rows)), MAX_OPEN)]
            facts: list[Fact] = [
                fact(
                    self._random,
                    Kind.RELEASE_OPENED,
                    named | {"subj": tuple(aliases[row.token] for row in frame), "n": len(frame)},
                )
                for frame in frames
            ]
            for frame, receipt in zip(frames, receipts(self._ledger, facts), strict=True):
                envelopes = {row.token: parse_sealed(row.sealed) for row in frame}
                asks = [
                    (token, tuple(dict.fromkeys(part for part in wanted if part in parts)))
                    for token, parts in envelopes.items()
                ]
                keys = self._keeper.open(receipt, asks)
                for row in frame:
                    yield self._cells(row, release.fields, keys[row.token])
        progress("release", len(rows), len(rows))

    def _cells(self, row: RecordRow, names: Sequence[str], keys: Mapping[PartId, bytes]) -> ReleaseRow:
        envelopes = parse_sealed(row.sealed)
        display = (
            unseal_display(keys[DISPLAY], self._institution, row.token, envelopes[DISPLAY]).disclose()
            if DISPLAY in keys
            else None
        )
        cells: dict[str, Sensitive[str]] = {}
        for name in names:
            if field(name).displayed:
                text = display.fields.get(name, "") if display is not None else ""
                cells[name] = Sensitive(text, forms.mask(name, text) if text else "")
                continue
            values = [
                unseal_part(keys[part], self._institution, row.token, envelopes[part]).disclose()
                for part in parts_of_field(name)
                if part in keys
            ]
            cells[name] = Sensitive("/".join(written(name, value) for value in values), "***")
        return ReleaseRow(row.token, cells)

    def _usable(self, request: Request, rows: Sequence[RecordRow]) -> list[RecordRow]:
        lots = self._lots_of(rows)
        return [row for row in rows if row.state == "open" and has_basis(lots[row.lot], request.purpose)]

    def _lots_of(self, rows: Sequence[RecordRow]) -> dict[str, Lot | None]:
        """The lots of many records, each read once."""
        return {lot: self._lots.get(lot) for lot in {row.lot for row in rows}}


def sample(tokens: Sequence[RecordToken], count: int, random: Random) -> list[RecordToken]:
    """``count`` of the tokens, each set of them equally likely, in their order.

    Not the first ones: canaries sort among all tokens, so a copy of the lowest would show them as a block at its end.
    """
    left = list(tokens)
    taken = min(count, len(left))
    for at in range(taken):
        other = at + below(random, len(left) - at)
        left[at], left[other] = left[other], left[at]
    return sorted(left[:taken])


def written(name: str, normal: str) -> str:
    """How a value is written for people: mainland numbers without ``+86``, others without ``+``."""
    if CATALOG[name].normal != "phone":
        return normal
    return normal.removeprefix(_CHINA) if normal.startswith(_CHINA) else normal.removeprefix("+")


def _named(release: Release) -> dict[str, FieldValue]:
    return {"ref": release.id, "fields": tuple(sorted(release.fields)), "n": release.rows}


def _ask(request: Request, action: Action, *, rows: int, minor: bool, approvals: int) -> Ask:
    return Ask(
        role=request.actor.role,
        action=action,
        purpose=request.purpose,
        state="open",
        minor=minor,
        case_open=request.case_open,
        grade=request.grade,
        basis=True,
        approvals=approvals,
        quota=True,
        rows=rows,
        self_request=False,
    )
