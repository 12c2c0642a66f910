"""Embedding: a planned copy gets its symbols. Satisfies ``vault.ports.Marker`` by shape.

Runs after ``mark:key:committed`` is in the log, on plaintext rows in memory; it does no input or output, logs nothing
and keeps nothing. It is a door: it opens ``Sensitive`` cells, and hands every cell back wrapped.

Steps:

1. the keys and the rows are checked against the plan;
2. each row gets at most one variant slot, chosen by an order that no symbol influences, and its symbol is written;
3. canaries get cells that look like their neighbors; of the pool those whose symbol is 1 enter;
4. all rows are put in the order of the release, by token; a canary's id sorts like one.

Invariants: a cell outside the text fields is the same object as before; slots exist or not regardless of the symbols.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dyepack.crypto.digest import sha256
from dyepack.mark.canary import Canary, cells, observe
from dyepack.mark.codeword import Carrier, CopyKeys, Position, commitments, symbols
from dyepack.mark.errors import KeyMismatchError, RowsDifferError
from dyepack.mark.manifest import Manifest
from dyepack.mark.planting import MarkPlan
from dyepack.mark.ports import ReleaseRow
from dyepack.mark.profiles import NUIDA_2009_C6
from dyepack.mark.variant import Choice, Rules
from dyepack.terms.ids import TOKEN_PREFIX, RecordToken, record_bytes
from dyepack.terms.sensitive import Sensitive

CANARY_MASK: Final = "***"


@dataclass(frozen=True, slots=True)
class MarkedCopy:
    """What the release writes to a file.

    Attributes:
        rows: In file order, canaries among them.
        manifest: Complete but for the file's format and digest (``Manifest.with_file``).
    """

    rows: tuple[ReleaseRow, ...] = field(repr=False)
    manifest: Manifest


def embed(plan: MarkPlan, keys: CopyKeys, rows: Iterable[ReleaseRow], rules: Rules) -> MarkedCopy:
    """Mark a copy.

    Args:
        plan: The committed plan.
        keys: The copy's, from the keeper's operation ``derive``.
        rows: Exactly the records of the plan, any order.
        rules: The variant table of the plan.

    Raises:
        KeyMismatchError: The keys or the table are not those the plan committed to.
        RowsDifferError: Other rows than planned.
    """
    # 1. check
    if commitments(keys) != (plan.key_commit, plan.bias_commit) or rules.digest != plan.rules_digest:
        raise KeyMismatchError(copy=plan.copy)
    given = sorted(rows, key=lambda row: row.token)
    if [row.token for row in given] != sorted(plan.ask.tokens):
        raise RowsDifferError(planned=len(plan.ask.tokens))
    clear = [{name: cell.disclose() for name, cell in row.cells.items()} for row in given]
    # 2. variants
    seed = plan.epoch.encode("ascii")
    choices = [_choose(row.token, texts, rules, seed) for row, texts in zip(given, clear, strict=True)]
    slots = tuple((choice.rule,) if choice else () for choice in choices)
    shown = iter(symbols(keys, text_positions([row.token for row in given], slots)))
    marked = [_written(row, choice, next(shown) if choice else 0) for row, choice in zip(given, choices, strict=True)]
    # 3. canaries
    pool_symbols = symbols(keys, pool_positions_of(canary.raw for canary in plan.pool))
    present = [canary for canary, symbol in zip(plan.pool, pool_symbols, strict=True) if symbol]
    neighbors = observe(clear, plan.ask.columns)
    for canary in (*plan.exclusive, *present):
        row = cells(canary, plan.ask.columns, neighbors, year=plan.ask.year, mail_domain=plan.ask.mail_domain)
        marked.append(_canary_row(canary, row))
    # 4. order
    marked.sort(key=lambda row: row.token)
    manifest = Manifest(
        copy=plan.copy,
        release=plan.ask.release,
        institution=plan.ask.institution,
        epoch=plan.epoch,
        profile=NUIDA_2009_C6.name,
        rules=plan.rules_digest.hex(),
        key_commit=plan.key_commit.hex(),
        bias_commit=plan.bias_commit.hex(),
        recipient=plan.ask.recipient,
        columns=plan.ask.columns,
        rows=len(marked),
        tokens=tuple(row.token for row in given),
        slots=slots,
        pool=tuple((canary.id, symbol) for canary, symbol in zip(plan.pool, pool_symbols, strict=True)),
        exclusive=tuple(canary.id for canary in plan.exclusive),
    )
    return MarkedCopy(tuple(marked), manifest)


def text_positions(tokens: Sequence[RecordToken], slots: Sequence[tuple[int, ...]]) -> list[Position]:
    """The positions of written slots, in file order."""
    return [
        Position(record_bytes(token), Carrier.TEXT_VARIANT, rule)
        for token, ids in zip(tokens, slots, strict=True)
        for rule in ids
    ]


def pool_positions_of(canaries: Iterable[bytes]) -> list[Position]:
    """The positions of pool canaries, given by the 16 bytes of their ids."""
    return [Position(raw, Carrier.POOL_CANARY, 0) for raw in canaries]


def _choose(token: RecordToken, texts: Mapping[str, str], rules: Rules, seed: bytes) -> Choice | None:
    """One slot a row. The order of rules differs from record to record, so that no single rule carries the code."""
    start = seed + token.encode("ascii")
    return rules.choose(texts, lambda rule: sha256(start + bytes((rule,))))


def _written(row: ReleaseRow, choice: Choice | None, symbol: int) -> ReleaseRow:
    if choice is None:
        return row
    new = choice.one if symbol else choice.zero
    changed = {
        name: Sensitive(text, row.cells[name].mask) for name, text in new.items() if text != row.cells[name].disclose()
    }
    return ReleaseRow(row.token, {**row.cells, **changed}) if changed else row


def _canary_row(canary: Canary, row: Mapping[str, str]) -> ReleaseRow:
    token = RecordToken(TOKEN_PREFIX + canary.id)
    return ReleaseRow(token, {name: Sensitive(text, CANARY_MASK) for name, text in row.items()})
