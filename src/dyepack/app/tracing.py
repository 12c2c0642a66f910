"""Tracing a leaked list: read it, link it, read its marks, and give a verdict.

The order is what makes it evidence:

1. the policy decides; the file is read with the guards of ``scan``; 2. the case gets its frame (suspects, copies, α),
fixed and committed (``trace:case:frozen``) before anything of the list is compared; 3. ``trace:list:linked`` (L2),
against which the keeper compares and derives; 4. rows are linked, canaries and marks read; 5. hits and readings are
logged; 6. ``trace`` decides from what the case holds; 7. ``trace:verdict:reached`` (L2), the verdict kept sealed.

A file that the case has seen is not read again: the same bytes give the same verdict.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dyepack.app.analysis import LedgerAnalysis
from dyepack.app.errors import CommandError, FrameChangedError
from dyepack.app.institution import PROCESS, Institution
from dyepack.app.linking import Links, items_of, link
from dyepack.app.people import People
from dyepack.app.releasing import Releasing
from dyepack.app.report import report_files
from dyepack.crypto.digest import sha256
from dyepack.ledger import Kind, Receipt, parse_entry
from dyepack.mark import CopyKeys, LeakedTable, Manifest, Position, recover
from dyepack.mark.codeword import Carrier
from dyepack.mark.recover import Recovery
from dyepack.scan import read_tables
from dyepack.storage.mark_store import VerdictRow
from dyepack.terms.actor import Actor
from dyepack.terms.canonical import canonical_json
from dyepack.terms.chance import new_id
from dyepack.terms.evidence import CanaryHit, CopyRecovered, Exposure, LeakedRow
from dyepack.terms.ids import RecordToken
from dyepack.terms.progress import Progress
from dyepack.terms.purpose import Purpose
from dyepack.terms.time import quarters, to_iso
from dyepack.trace import Q_2026, CopyHeld, Frame, ListEvidence, Verdict, decide, evidence_svg, verdict_json
from dyepack.vault.keeper.wire import MAX_ALIASES, MAX_COPIES
from dyepack.vault.policy import Action, Ask
from dyepack.vault.request import digest_bytes, digest_text, receipts

CONTACT_FIELDS = frozenset({"phone", "guardian_phone"})
DEFAULT_ALPHA = 0.001
SMALLEST_ALPHA = 1e-12


class FramePart(msgspec.Struct):
    """The frame of a case as it is kept, sealed."""

    alpha: float
    suspects: list[str]
    records: int
    begun: int
    frozen: int
    copies: list[tuple[str, str, int, int, list[str]]]
    canary_space: int


class ListPart(msgspec.Struct):
    """The evidence of one list as it is kept, sealed: tokens and opaque ids, no value of a person."""

    sha256: str
    name: str
    rows: int
    linked: list[tuple[int, str]]
    soft: int
    hits: list[tuple[str, str, str]]
    masked: list[tuple[str, str, str]]
    recovered: list[tuple[str, str, float, float, int, int, int]]
    spent: list[tuple[bytes, int, int]]
    received: int
    strangers: int = 0


class VerdictPart(msgspec.Struct):
    """A verdict as it is kept, sealed."""

    document: dict[str, Any]
    pictures: dict[str, str]


class Tracing:
    """The acts of a trace."""

    def __init__(self, house: Institution, people: People, releasing: Releasing, analysis: LedgerAnalysis) -> None:
        """Over an open institution."""
        self._house = house
        self._people = people
        self._releasing = releasing
        self._analysis = analysis

    def trace(
        self,
        actor: Actor,
        content: bytes,
        name: str,
        case: str | None,
        alpha: float,
        progress: Progress,
    ) -> dict[str, Any]:
        """Trace one leaked list.

        Raises:
            ScanError: The file cannot be read.
            DeniedError: The policy refuses.
            FrameChangedError: The case was framed with another α.
        """
        house = self._house
        if not SMALLEST_ALPHA <= alpha < 1.0:
            raise CommandError(what="--alpha", remedy="a number from 1e-12 to below 1 / 须在 1e-12 与 1 之间")
        digest = sha256(content).hex()
        tables = read_tables(content, name=name)
        rows = [row for table in tables for row in table.rows]
        text = case or (f"leaked list {digest[:16]}" + ("" if alpha == DEFAULT_ALPHA else f" alpha {alpha!r}"))
        request = self._people.request(actor, Purpose.LEAK_TRACE, text)
        granted = house.permission.ask(request, _ask(actor, Action.TRACE, case_open=request.case_open))
        assert request.case is not None
        part = self._frozen(actor, request.case, alpha)
        frame = _frame(request.case, part)
        tag = house.keeper.label_tag("list", digest)
        kept = self._kept(request.case)
        note = None
        if digest not in {item.sha256 for item in kept}:
            fields = dict(request.fields()) | granted | {"n": items_of(rows)}
            receipt = receipts(house.log, [house.fact(Kind.LIST_LINKED, **fields)])[0]
            links = link(house, tables, receipt, progress)
            progress("marks", 0, 1)
            recovery = self._recover(rows, links, receipt, part, kept)
            progress("marks", 1, 1)
            item = _list_part(digest, name, len(rows), links, recovery, self._manifests(part), house.clock.now())
            item.strangers = house.marker.strangers(links.unknown)
            self._log_findings(actor, request.case, recovery)
            note = house.keeper.seal_note("list", request.case, msgspec.json.encode(item))
            kept.append(item)
        exposures = self._exposures(part, kept)
        verdict = decide(frame, exposures, [_evidence(item) for item in kept], [_held(copy) for copy in part.copies])
        if (
            note is not None
        ):  # kept only once it was judged: evidence that cannot be judged would close the case for good
            house.traces.add_evidence(request.case, tag, note)
        return self._reached(actor, request.case, verdict)

    def _frozen(self, actor: Actor, case: str, alpha: float) -> FramePart:
        """The frame of the case, frozen now if it was not."""
        house = self._house
        note = house.traces.frame_of(case)
        if note is None:
            fresh = self._new_frame(alpha)
            digest = digest_text(bytes.fromhex(_frame(case, fresh).digest(Q_2026.name)))
            frozen = house.fact(
                Kind.CASE_FROZEN,
                actor=actor.id,
                role=actor.role.value,
                dev=actor.device,
                case=case,
                digest=digest,
                n=len(fresh.suspects),
            )
            house.log.append([frozen])
            note = house.traces.frame(case, house.keeper.seal_note("frame", case, msgspec.json.encode(fresh)))
        part = msgspec.json.decode(house.keeper.open_note("frame", case, note), type=FramePart)
        if part.alpha != alpha:
            raise FrameChangedError(alpha=repr(part.alpha))
        return part

    def _new_frame(self, alpha: float) -> FramePart:
        house = self._house
        frozen = house.clock.now()
        manifests = self._all_manifests()
        whole = {manifest.copy for manifest in manifests}
        copies = [row for row in house.marks.copies() if row.id in whole]
        held = [
            (row.id, row.holder, row.exclusive, row.rows, list(self._releasing.path_of(row.release))) for row in copies
        ]
        looked = {
            str(entry.fields["actor"])
            for entry in (parse_entry(raw) for _, raw in self._analysis.of_kind(Kind.FIELD_REVEALED))
            if entry.kind is Kind.FIELD_REVEALED and entry.t <= frozen
        }
        tokens = {token for manifest in manifests for token in manifest.tokens}
        return FramePart(
            alpha=alpha,
            suspects=sorted({row.holder for row in copies} | looked),
            records=max(house.records.size(), len(tokens)),
            begun=parse_entry(house.log.entry(0)).t,
            frozen=frozen,
            copies=held,
            canary_space=house.marker.space(),
        )

    def _all_manifests(self) -> list[Manifest]:
        """Manifests that the ledger vouches for; a broken one is not evaluated, and the ledger says so."""
        house = self._house
        entries = (parse_entry(raw) for _, raw in self._analysis.of_kind(Kind.COPY_MARKED))
        committed = {
            str(entry.fields["ref"]): digest_bytes(str(entry.fields["digest"]))
            for entry in entries
            if entry.kind is Kind.COPY_MARKED and "digest" in entry.fields
        }
        whole, broken = house.marker.manifests(committed)
        if broken:
            failed = [
                house.fact(Kind.CHECK_FAILED, actor=PROCESS, outcome="mark.manifest-broken", ref=copy)
                for copy in broken
            ]
            house.log.append(failed)
        return whole

    def _manifests(self, part: FramePart) -> list[Manifest]:
        framed = {copy[0] for copy in part.copies}
        return [manifest for manifest in self._all_manifests() if manifest.copy in framed]

    def _recover(
        self, rows: Sequence[Sequence[str]], links: Links, receipt: Receipt, part: FramePart, kept: Sequence[ListPart]
    ) -> Recovery:
        house = self._house
        manifests = self._manifests(part)
        keys = self._keys(manifests, receipt)
        spent = frozenset(
            Position(record, Carrier(carrier), slot) for item in kept for record, carrier, slot in item.spent
        )
        return recover(
            LeakedTable(rows),
            links.certain,
            manifests,
            keys_of=lambda copy, _epoch: keys[copy],
            rules=house.marker.rules,
            register=house.marker.register(),
            spent=spent,
        )

    def _keys(self, manifests: Sequence[Manifest], receipt: Receipt) -> dict[str, CopyKeys]:
        found: dict[str, CopyKeys] = {}
        for epoch in dict.fromkeys(manifest.epoch for manifest in manifests):
            copies = [manifest.copy for manifest in manifests if manifest.epoch == epoch]
            for start in range(0, len(copies), MAX_COPIES):
                some = copies[start : start + MAX_COPIES]
                derived = self._house.keeper.derive(receipt, some, epoch)
                found |= {copy: CopyKeys(*keys) for copy, keys in zip(some, derived, strict=True)}
        return found

    def _log_findings(self, actor: Actor, case: str, recovery: Recovery) -> None:
        house = self._house
        who = {"actor": actor.id, "role": actor.role.value, "dev": actor.device, "case": case}
        facts = [house.fact(Kind.CANARY_HIT, **who, ref=hit.canary) for hit in recovery.hits]
        facts += [
            house.fact(Kind.COPY_RECOVERED, **who, ref=copy.recovered.copy, n=copy.recovered.positions)
            for copy in recovery.copies
            if copy.log10_e >= 2.0
        ]
        if facts:
            house.log.append(facts)

    def _kept(self, case: str) -> list[ListPart]:
        house = self._house
        return [
            msgspec.json.decode(house.keeper.open_note("list", case, note), type=ListPart)
            for _, note in house.traces.evidence(case)
        ]

    def _exposures(self, part: FramePart, kept: Sequence[ListPart]) -> list[Exposure]:
        """Who was shown the contact field of which records: holders by their copies, staff by their reveals.

        A record that no list of the case shows need not be known by its token: its alias stands for it.
        """
        house = self._house
        found = [
            Exposure(manifest.recipient, frozenset(manifest.tokens), (manifest.copy,))
            for manifest in self._manifests(part)
        ]
        linked = sorted({RecordToken(token) for item in kept for _, token in item.linked})
        spans = quarters(part.begun, part.frozen)
        by_alias: dict[str, RecordToken] = {}
        for start in range(0, len(linked), MAX_ALIASES):
            for token, aliases in house.keeper.aliases(linked[start : start + MAX_ALIASES], spans).items():
                by_alias |= dict.fromkeys(aliases.values(), token)
        seen: dict[str, set[RecordToken]] = {}
        for _, raw in self._analysis.of_kind(Kind.FIELD_REVEALED):
            entry = parse_entry(raw)
            actor, shown = str(entry.fields["actor"]), entry.fields.get("fields", ())
            if entry.kind is Kind.FIELD_REVEALED and entry.t <= part.frozen and CONTACT_FIELDS & set(shown):  # type: ignore[arg-type]  # a list field
                for alias in entry.fields["subj"]:  # type: ignore[union-attr]  # a list field
                    seen.setdefault(actor, set()).add(by_alias.get(alias, RecordToken(alias)))
        return found + [Exposure(actor, frozenset(records)) for actor, records in sorted(seen.items())]

    def _reached(self, actor: Actor, case: str, verdict: Verdict) -> dict[str, Any]:
        house = self._house
        names = self._people.holders()
        document = verdict_json(verdict, names)
        pictures = {
            language: evidence_svg(verdict, _labels(verdict, names, language), language) for language in ("zh", "en")
        }
        part = VerdictPart(document, pictures)
        verdict_id = new_id(house.random)
        reached = house.fact(
            Kind.VERDICT_REACHED,
            actor=actor.id,
            role=actor.role.value,
            dev=actor.device,
            case=case,
            ref=verdict_id,
            outcome=verdict.decision.tier.value,
            digest=digest_text(sha256(_stable(document))),
        )
        house.log.append([reached])
        note = house.keeper.seal_note("verdict", verdict_id, msgspec.json.encode(part))
        house.traces.add_verdict(VerdictRow(verdict_id, case, house.clock.now(), reached.id, note))
        return {
            "verdict": verdict_id,
            "entry": reached.id,
            "case": case,
            "document": document,
            "files": report_files(document, pictures),
        }

    def show(self, actor: Actor, verdict_id: str) -> dict[str, Any] | None:
        """A verdict that was reached, for a role that may see it; None if there is none."""
        house = self._house
        purpose = Purpose.SUPERVISE if actor.role.value == "owner" else Purpose.LEAK_TRACE
        row = house.traces.verdict(verdict_id)
        if row is None:
            return None
        request = self._people.request(actor, purpose, row.case)
        house.permission.ask(request, _ask(actor, Action.VERDICT, case_open=request.case_open, purpose=purpose))
        part = msgspec.json.decode(house.keeper.open_note("verdict", row.id, row.note), type=VerdictPart)
        return {
            "verdict": row.id,
            "entry": row.entry,
            "case": row.case,
            "case_name": self._people.case_name(row.case),
            "reached": to_iso(row.reached),
            "document": part.document,
            "pictures": part.pictures,
        }

    def all(self) -> list[dict[str, Any]]:
        """Verdicts that were reached, newest first."""
        return [
            {
                "verdict": row.id,
                "case": row.case,
                "case_name": self._people.case_name(row.case),
                "reached": to_iso(row.reached),
            }
            for row in self._house.traces.verdicts()
        ]


def _ask(actor: Actor, action: Action, *, case_open: bool, purpose: Purpose = Purpose.LEAK_TRACE) -> Ask:
    return Ask(
        role=actor.role, action=action, purpose=purpose, case_open=case_open, basis=True, quota=True, self_request=False
    )


def _frame(case: str, part: FramePart) -> Frame:
    return Frame(
        alpha=part.alpha,
        case=case,
        suspects=tuple(part.suspects),
        records=part.records,
        from_=part.begun,
        to=part.frozen,
        canary_space=part.canary_space,
    )


def _held(copy: tuple[str, str, int, int, list[str]]) -> CopyHeld:
    copy_id, holder, canaries, rows, path = copy
    return CopyHeld(copy_id, holder, canaries, rows, tuple(path))


def _evidence(item: ListPart) -> ListEvidence:
    linked = tuple(LeakedRow(row, RecordToken(token)) for row, token in item.linked)
    return ListEvidence(
        sha256=item.sha256,
        name=item.name,
        rows=item.rows,
        linked=linked,
        foreign=item.rows - len(linked) - item.soft,
        soft=item.soft,
        hits=tuple(CanaryHit(*hit) for hit in item.hits),
        recovered=tuple(CopyRecovered(*read) for read in item.recovered),
        masked_hits=tuple(CanaryHit(*hit) for hit in item.masked),
        strangers=item.strangers,
        received_at=item.received,
    )


def _list_part(
    digest: str,
    name: str,
    rows: int,
    links: Links,
    recovery: Recovery,
    manifests: Sequence[Manifest],
    received: int,
) -> ListPart:
    home = {canary: manifest for manifest in manifests for canary in manifest.exclusive}
    masked = {match.canary for match in recovery.masked if match.canary in home}
    masked -= {hit.canary for hit in recovery.hits}
    return ListPart(
        sha256=digest,
        name=name,
        rows=rows,
        linked=[(row, str(token)) for row, token in links.certain.items()],
        soft=links.soft,
        hits=[(hit.canary, hit.copy, hit.holder) for hit in recovery.hits],
        masked=[(canary, home[canary].copy, home[canary].recipient) for canary in sorted(masked)],
        recovered=[
            (
                read.recovered.copy,
                read.recovered.holder,
                read.recovered.log_e_text,
                read.recovered.log_e_presence,
                read.recovered.positions,
                read.recovered.lost,
                read.recovered.agreement,
            )
            for read in recovery.copies
        ],
        spent=[(position.record, int(position.carrier), position.slot) for position in sorted(recovery.spent)],
        received=received,
    )


def _labels(verdict: Verdict, names: Mapping[str, str], language: str) -> dict[str, str]:
    """Names for those whom the verdict names, numbers for all others: a picture travels further than its reader."""
    named = set(verdict.decision.accused) | set(verdict.decision.group or ())
    others = [person.actor for person in verdict.persons if person.actor not in named]
    words = ("其他持有方", "工作人员") if language == "zh" else ("another holder", "staff")
    labels = {actor: names.get(actor, actor) for actor in named}
    return labels | {actor: f"{words[actor not in names]} {at}" for at, actor in enumerate(others, start=1)}


def _stable(document: dict[str, Any]) -> bytes:
    """The bytes whose digest the ledger holds: floats as their shortest text, everything else canonical."""

    def text(value: Any) -> Any:
        if isinstance(value, float):
            return repr(value)
        if isinstance(value, dict):
            return {key: text(item) for key, item in value.items()}
        return [text(item) for item in value] if isinstance(value, list) else value

    return canonical_json(text(document))
