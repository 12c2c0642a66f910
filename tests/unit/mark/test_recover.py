"""Recovery from a file: symbols, presence, hits, masked numbers, and the reliability note."""

import math

import pytest

from dyepack.mark.codeword import Carrier, Position
from dyepack.mark.recover import FEWEST_POSITIONS, STRIPPED_SLOTS, LeakedTable, recover
from dyepack.mark.variant import shipped_rules
from dyepack.terms.ids import decode_id
from fakes.marks import FakeMarkKeeper, links_of, marked, people, pool, shown

RULES = shipped_rules()
KEEPER = FakeMarkKeeper()
PEOPLE = people(400)
COPIES = [marked(PEOPLE, KEEPER, recipient, pool=pool(40)) for recipient in range(3)]
MANIFESTS = [copy.manifest for _, copy in COPIES]
REGISTER = {canary for plan, _ in COPIES for canary in (*plan.exclusive, *plan.pool)}


def read(rows, **given):
    """Recovery of rows of (token, cells) with perfect links."""
    arguments = {"keys_of": KEEPER.keys_of, "rules": RULES, "register": REGISTER, **given}
    table = LeakedTable([cells for _, cells in rows])
    return recover(
        table, links_of(MANIFESTS, [token for token, _ in rows]), given.pop("manifests", MANIFESTS), **arguments
    )


def log10_e(recovery):
    return {copy.recovered.copy: copy.log10_e for copy in recovery.copies}


def test_a_whole_copy_agrees_with_itself_in_every_position():
    recovery = read(shown(COPIES[1][1]))
    best = recovery.copies[0].recovered

    assert (best.copy, best.holder) == (MANIFESTS[1].copy, MANIFESTS[1].recipient)
    assert best.agreement == best.positions == MANIFESTS[1].positions
    assert best.lost == 0
    assert recovery.copies[0].log10_e > 20
    assert all(copy.log10_e < 0 for copy in recovery.copies[1:])


def test_the_figures_of_a_copy_add_up():
    best = read(shown(COPIES[0][1])).copies[0]

    assert best.log10_e_text == pytest.approx(best.recovered.log_e_text / math.log(10), abs=1e-4)
    assert best.log10_e == pytest.approx(best.log10_e_text + best.log10_e_presence, abs=2e-4)
    assert best.model.coalition == 1


def test_copies_come_by_evidence_downwards():
    values = [copy.log10_e for copy in read(shown(COPIES[2][1])).copies]

    assert values == sorted(values, reverse=True)


def test_exclusive_canaries_with_their_full_number_are_hits_of_their_copy():
    plan, copy = COPIES[1]
    hits = read(shown(copy)).hits

    assert {hit.canary for hit in hits} == {canary.id for canary in plan.exclusive}
    assert {(hit.copy, hit.holder) for hit in hits} == {(plan.copy, plan.ask.recipient)}


def test_a_canary_that_stands_twice_in_a_file_is_one_hit():
    rows = shown(COPIES[1][1])

    assert read([*rows, *rows]).hits == read(rows).hits


def test_a_number_is_found_in_any_cell_and_in_any_dress():
    plan, _ = COPIES[0]
    number = plan.exclusive[0].phone.removeprefix("+86")
    dresses = [f"联系 {number} 谢谢", f"+86 {number[:3]}-{number[3:7]}-{number[7:]}", f"{number}.0"]

    for dress in dresses:
        assert [hit.canary for hit in read([("x", ["", dress])]).hits] == [plan.exclusive[0].id]


def test_a_masked_number_is_listed_and_weighs_nothing():
    plan, _ = COPIES[0]
    number = plan.exclusive[0].phone.removeprefix("+86")
    recovery = read([("x", [f"{number[:3]}****{number[-4:]}"])])

    assert recovery.hits == ()
    assert recovery.copies == ()
    assert plan.exclusive[0].id in {match.canary for match in recovery.masked}
    assert recovery.masked[0].row == 1


def test_a_pool_canary_that_a_masked_number_would_fit_is_lost():
    plan, copy = COPIES[0]
    canary = next(canary for canary in plan.pool if dict(copy.manifest.pool)[canary.id])
    number = canary.phone.removeprefix("+86")
    masked = [
        (token, [cell.replace(number, f"{number[:3]}****{number[-4:]}") for cell in cells])
        for token, cells in shown(copy)
    ]
    best = read(masked).copies[0].recovered

    assert best.copy == plan.copy
    assert best.lost >= 1
    assert best.positions + best.lost == copy.manifest.positions


def test_a_file_without_one_full_number_says_nothing_of_presence():
    rows = [(token, [cells[0], "", *cells[2:]]) for token, cells in shown(COPIES[0][1])]
    best = read(rows).copies[0].recovered

    assert best.log_e_presence == 0.0
    assert best.lost == len(MANIFESTS[0].pool)


def test_found_pool_canaries_are_listed():
    symbols = dict(MANIFESTS[0].pool)

    assert set(read(shown(COPIES[0][1])).pool_found) == {canary for canary, symbol in symbols.items() if symbol}


def test_a_list_of_strangers_is_evaluated_by_its_pool_alone_and_accuses_nobody():
    recovery = read([("x", ["测试甲", f"1380000{k:04d}", "", "去英国读研"]) for k in range(50)])

    assert recovery.hits == ()
    assert all(copy.recovered.log_e_text == 0.0 for copy in recovery.copies)
    assert max(copy.log10_e for copy in recovery.copies) < 1


def test_copies_with_too_few_positions_are_not_evaluated_and_their_keys_not_asked_for():
    keeper = FakeMarkKeeper()
    slotted = {token for token, ids in zip(MANIFESTS[0].tokens, MANIFESTS[0].slots, strict=True) if ids}
    rows = [(token, ["", "", *cells[2:]]) for token, cells in shown(COPIES[0][1]) if token in slotted]

    few = read(rows[: FEWEST_POSITIONS - 1], keys_of=keeper.keys_of)
    enough = read(rows[:FEWEST_POSITIONS], keys_of=keeper.keys_of)

    assert few.copies == ()
    assert few.spent == frozenset()
    assert len(enough.copies) == len(keeper.derived) == 3


def test_an_empty_file_gives_nothing():
    recovery = read([])

    assert (recovery.copies, recovery.hits, recovery.masked, recovery.spent) == ((), (), (), frozenset())
    assert recovery.reliability.rows == 0


def test_links_to_rows_that_do_not_exist_are_ignored():
    table = LeakedTable([["a"]])
    links = {0: MANIFESTS[0].tokens[0], 2: MANIFESTS[0].tokens[1]}

    recovery = recover(table, links, MANIFESTS, keys_of=KEEPER.keys_of, rules=RULES, register=REGISTER)

    assert recovery.reliability.linked == 0


def test_the_positions_used_are_returned_as_spent():
    recovery = read(shown(COPIES[0][1]))
    text = {position for position in recovery.spent if position.carrier == Carrier.TEXT_VARIANT}
    canaries = {position.record for position in recovery.spent if position.carrier == Carrier.POOL_CANARY}

    assert len(text) == sum(map(len, MANIFESTS[0].slots))
    assert canaries == {decode_id(canary) for canary, _ in MANIFESTS[0].pool}
    assert all(isinstance(position, Position) for position in recovery.spent)


def test_the_note_counts_rows_links_and_slots():
    rows = shown(COPIES[0][1])
    note = read(rows).reliability

    assert (note.rows, note.linked) == (len(rows), len(PEOPLE))
    assert note.slots == note.read == sum(map(len, MANIFESTS[0].slots))
    assert (note.lost, note.skipped, note.stripped_rules) == (0, 0, ())


def test_a_rule_whose_forms_were_made_uniform_is_reported():
    rule = next(r for r in {i for ids in MANIFESTS[0].slots for i in ids} if r == 53)
    rows = [(token, [RULES.write(cell, rule, 1) for cell in cells]) for token, cells in shown(COPIES[0][1])]
    slots = sum(rule in ids for ids in MANIFESTS[0].slots)

    assert slots >= STRIPPED_SLOTS
    assert read(rows).reliability.stripped_rules == (rule,)


def test_the_text_may_stand_in_another_column_of_the_file():
    rows = [(token, [" / ".join(cells)]) for token, cells in shown(COPIES[2][1])]
    moved = [(token, ["", cells[3], cells[1]]) for token, cells in shown(COPIES[2][1])]

    assert read(moved).copies[0].recovered.copy == MANIFESTS[2].copy
    assert read(rows).copies[0].recovered.copy == MANIFESTS[2].copy
    assert read(moved).copies[0].recovered.lost == 0
