"""Reveal (查看): the one composer of masked views, and the showing of one field of one record once.

The order is always the same: facts, decision, entry, receipt, keys, plaintext. If the entry cannot be written
nothing opens; an entry whose look never happened is tolerable, the reverse is not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dyepack.ledger import Fact, Kind
from dyepack.terms.canonical import canonical_json
from dyepack.terms.ids import RecordToken
from dyepack.terms.sensitive import Sensitive
from dyepack.terms.time import quarter
from dyepack.vault import forms
from dyepack.vault.catalog import CATALOG, FieldClass, field
from dyepack.vault.consent_check import has_basis, is_minor
from dyepack.vault.errors import NotFoundError
from dyepack.vault.joined import Joined
from dyepack.vault.policy import NOTHING, Action, Ask
from dyepack.vault.ports import RecordRow
from dyepack.vault.record import DISPLAY, Display, names_of, parse_sealed, parts_of_field
from dyepack.vault.request import Request, digest_text, fact, receipts
from dyepack.vault.unseal import unseal_display, unseal_part

PAGE = 50


@dataclass(frozen=True, slots=True)
class MaskedRecord:
    """What staff see of a record.

    Attributes:
        token: Its opaque name.
        masks: Masks by field name; several values of one field are several masks.
        plan: Plan fields in full, for roles that may see them; else empty.
        minor: Whether a look needs approval first.
        lot: The lot it came with.
    """

    token: RecordToken
    masks: Mapping[str, tuple[str, ...]]
    plan: Mapping[str, str]
    minor: bool
    lot: str


@dataclass(frozen=True, slots=True)
class Revealed:
    """One field in the clear, for one person, once."""

    values: tuple[Sensitive[str], ...]
    entry: str


class Viewer:
    """Composes masked views: list, look-up and record page all come here."""

    def __init__(self, joined: Joined) -> None:
        """Take what is needed of the ports."""
        self._records = joined.records
        self._lots = joined.lots
        self._keeper = joined.keeper
        self._ledger = joined.ledger
        self._permission = joined.permission
        self._institution = joined.institution
        self._clock = joined.clock
        self._random = joined.random

    def view(
        self, request: Request, rows: Sequence[RecordRow], granted: Mapping[str, str | int | tuple[str, ...]]
    ) -> tuple[list[MaskedRecord], str]:
        """Masked views of open records, at most 50, and the entry that holds the look.

        ``granted`` is the permit of the act that found them (look-up or list).

        Raises:
            NotFoundError: None of them is here any more.
        """
        shown = [row for row in rows if row.state == "open"][:PAGE]
        aliases = self.aliases([row.token for row in shown])
        shown = [row for row in shown if row.token in aliases]
        if not shown:
            raise NotFoundError(what="record")
        plan = self._sees_plan(request)
        masks = sorted({name for row in shown for name in _names(row)})
        fields = (
            dict(request.fields())
            | dict(granted)
            | {
                "subj": tuple(aliases[row.token] for row in shown),
                "masks": tuple(masks),
                "n": len(shown),
            }
        )
        if plan:
            fields["fields"] = tuple(sorted(one.name for one in CATALOG.values() if one.kind is FieldClass.PLAN))
        receipt = receipts(self._ledger, [fact(self._random, Kind.RECORD_VIEWED, fields)])[0]
        keys = self._keeper.open(receipt, [(row.token, (DISPLAY,)) for row in shown])
        views = []
        for row in shown:
            envelope = parse_sealed(row.sealed)[DISPLAY]
            display = unseal_display(keys[row.token][DISPLAY], self._institution, row.token, envelope).disclose()
            views.append(self._masked(row, display, plan=plan))
        return views, receipt.id

    def aliases(self, tokens: Sequence[RecordToken]) -> dict[RecordToken, str]:
        """Names in the log of this quarter; erased people have none."""
        now = quarter(self._clock.now())
        return {token: found[now] for token, found in self._keeper.aliases(tokens, [now]).items()}

    def _masked(self, row: RecordRow, display: Display, *, plan: bool) -> MaskedRecord:
        masks: dict[str, tuple[str, ...]] = {}
        shown: dict[str, str] = {}
        for name in CATALOG:
            if name in display.fields:
                if field(name).kind is not FieldClass.PLAN:
                    masks[name] = (forms.mask(name, display.fields[name]),)
                elif plan:
                    shown[name] = display.fields[name]
            elif name in display.masks:
                masks[name] = tuple(mask for _, mask in sorted(display.masks[name].items()))
        minor = is_minor(row, self._lots.get(row.lot), self._clock.now())
        return MaskedRecord(row.token, masks, shown, minor, row.lot)

    def _sees_plan(self, request: Request) -> bool:
        return self._permission.allows(
            Ask(
                role=request.actor.role,
                action=Action.LIST,
                purpose=request.purpose,
                field_class=FieldClass.PLAN.word,
                state="open",
                case_open=request.case_open,
                grade=request.grade,
                basis=True,
                quota=True,
            )
        )


class Revealer:
    """Shows one field of one record, once."""

    def __init__(self, joined: Joined, viewer: Viewer) -> None:
        """Take what is needed of the ports."""
        self._viewer = viewer
        self._records = joined.records
        self._lots = joined.lots
        self._details = joined.details
        self._keeper = joined.keeper
        self._ledger = joined.ledger
        self._permission = joined.permission
        self._institution = joined.institution
        self._clock = joined.clock
        self._random = joined.random

    def record(self, token: RecordToken) -> RecordRow:
        """A record that exists.

        Raises:
            NotFoundError: It does not, or was erased.
        """
        found = self._records.get([token])
        if not found:
            raise NotFoundError(what="record")
        return found[0]

    def facts(self, request: Request, row: RecordRow, name: str) -> Ask:
        """What the policy is asked, before approvals and quota are counted.

        Raises:
            InvalidFieldError: No such field.
        """
        lot = self._lots.get(row.lot)
        return Ask(
            role=request.actor.role,
            action=Action.REVEAL,
            purpose=request.purpose,
            field=name,
            field_class=field(name).kind.word,
            state=row.state if row.state in {"open", "held", "locked"} else NOTHING,
            minor=is_minor(row, lot, self._clock.now()),
            case_open=request.case_open,
            grade=request.grade,
            basis=has_basis(lot, request.purpose),
            rows=1,
            motivated=bool(request.motive.strip()),
            self_request=False,
        )

    def reveal(
        self,
        request: Request,
        row: RecordRow,
        name: str,
        ask: Ask,
        *,
        approval: tuple[str, str] | None,
        same_device: bool,
        spend: Callable[[str], None],
    ) -> Revealed:
        """Show one field.

        The access is in the ledger before the value is returned; if it cannot be logged, nothing is shown.

        Args:
            request: Who asks, and why.
            row: The record.
            name: Which field; the others stay sealed.
            ask: The facts, approvals and quota counted.
            approval: (id, approver) of the approval used, if one was needed.
            same_device: Whether it came from the device that looks; the entry says so.
            spend: Called with the approval's id before anything opens; raises if it was used meanwhile.

        Returns:
            All values of the field, in wrappers whose ``repr`` is masked, and the entry's id.

        Raises:
            DeniedError: The policy refuses; the refusal is in the ledger.
            NotFoundError: The record has no value in this field, or was erased.
            LedgerUnavailableError: The access could not be logged.
        """
        alias = self._viewer.aliases([row.token])
        granted = self._permission.ask(request, ask, subj=list(alias.values()))
        envelopes = parse_sealed(row.sealed)
        parts = [part for part in parts_of_field(name) if part in envelopes]
        if not alias or not parts:
            raise NotFoundError(what=f"value of {name}")
        fields = dict(request.fields()) | granted | {"subj": (alias[row.token],), "fields": (name,)}
        if approval is not None:
            spend(approval[0])
            fields |= {"approval": approval[0], "approvers": (approval[1],)}
            if same_device:
                fields["outcome"] = "same-device"
        entry = fact(self._random, Kind.FIELD_REVEALED, fields)
        if request.motive:
            sealed = self._keeper.seal_detail(row.token, entry.id, canonical_json({"motive": request.motive}))
            entry = fact_with(entry, sealed.commit)
            self._details.put(entry.id, sealed.sealed, row.token)
        receipt = receipts(self._ledger, [entry])[0]
        keys = self._keeper.open(receipt, [(row.token, parts)])[row.token]
        values: list[Sensitive[str]] = []
        for part in parts:
            if part == DISPLAY:
                display = unseal_display(keys[part], self._institution, row.token, envelopes[part]).disclose()
                text = display.fields.get(name, "")
                values += [Sensitive(text, forms.mask(name, text))] if text else []
            else:
                values.append(unseal_part(keys[part], self._institution, row.token, envelopes[part]))
        return Revealed(tuple(values), receipt.id)


def fact_with(entry: Fact, commit: bytes) -> Fact:
    """The fact with the commitment to its sealed details."""
    return Fact(entry.id, entry.kind, {**entry.fields, "commit": digest_text(commit)})


def _names(row: RecordRow) -> list[str]:
    """Fields whose masks stand in the display part, told from the envelopes alone."""
    return [name for name in names_of(list(parse_sealed(row.sealed))) if field(name).kind is not FieldClass.PLAN]
