"""Embedding: what a marked copy changes, what it leaves alone, and what it refuses."""

from dataclasses import replace

import pytest

from dyepack.mark.codeword import CopyKeys
from dyepack.mark.embed import embed
from dyepack.mark.errors import KeyMismatchError, RowsDifferError
from dyepack.mark.variant import shipped_rules
from dyepack.terms.sensitive import Sensitive
from fakes.marks import COLUMNS, EPOCH, FakeMarkKeeper, marked, people, planned, pool, shown

RULES = shipped_rules()


def test_the_rows_are_in_the_order_of_tokens_with_the_canaries_among_them():
    rows, keeper = people(300), FakeMarkKeeper()
    plan, copy = marked(rows, keeper, pool=pool(20), exclusive_rows=5)
    tokens = [row.token for row in copy.rows]
    places = [tokens.index("r1_" + canary.id) for canary in plan.exclusive]

    assert tokens == sorted(tokens)
    assert set(plan.ask.tokens) < set(tokens)
    assert len(set(places) - set(range(len(tokens) - 5, len(tokens)))) > 0


def test_of_the_pool_those_canaries_are_present_whose_symbol_is_one():
    plan, copy = marked(people(1000), FakeMarkKeeper(), pool=pool(40))
    tokens = {row.token for row in copy.rows}
    symbols = dict(copy.manifest.pool)

    assert set(symbols.values()) == {0, 1}
    for canary in plan.pool:
        assert ("r1_" + canary.id in tokens) is bool(symbols[canary.id])


def test_a_row_carries_at_most_one_slot():
    _, copy = marked(people(200), FakeMarkKeeper())

    assert {len(ids) for ids in copy.manifest.slots} == {0, 1}


def test_a_row_without_a_matching_text_is_handed_through_as_it_is():
    rows = people(40, ("没有可写的话",))
    _, copy = marked(rows, FakeMarkKeeper(), exclusive_rows=0)

    assert all(any(row is given for given in rows) for row in copy.rows)


def test_names_numbers_and_choices_stay_the_same_objects():
    rows = people(200)
    before = {row.token: row for row in rows}
    _, copy = marked(rows, FakeMarkKeeper())

    for row in copy.rows:
        if row.token in before:
            for name in ("name", "phone", "target_country"):
                assert row.cells[name] is before[row.token].cells[name]


def test_every_cell_stays_wrapped_with_its_mask():
    plan, copy = marked(people(200), FakeMarkKeeper())
    canaries = {"r1_" + canary.id for canary in plan.exclusive}

    for row in copy.rows:
        assert all(isinstance(cell, Sensitive) for cell in row.cells.values())
        assert row.cells["remark"].mask == ("***" if row.token in canaries else "*")
    assert "英国" not in repr(copy)


def test_the_slots_of_two_copies_are_the_same_and_their_texts_differ():
    rows, keeper = people(400), FakeMarkKeeper()
    (_, first), (_, second) = (marked(rows, keeper, recipient) for recipient in range(2))
    texts = [dict(shown(copy)) for copy in (first, second)]
    differing = sum(texts[0][row.token] != texts[1][row.token] for row in rows)

    assert first.manifest.slots == second.manifest.slots
    assert differing > 60


def test_records_with_several_rules_spread_over_them():
    _, copy = marked(people(300, ("去英国读研，预算约30万，家长已沟通",)), FakeMarkKeeper())
    rules = [ids[0] for ids in copy.manifest.slots]

    assert all(rules.count(rule) > 60 for rule in (1, 2, 3))


def test_embedding_twice_gives_the_same_copy():
    rows, keeper = people(60), FakeMarkKeeper()
    plan = planned(rows, keeper)
    keys = keeper.keys_of(plan.copy, EPOCH)

    first, second = embed(plan, keys, rows, RULES), embed(plan, keys, rows[::-1], RULES)

    assert shown(first) == shown(second)
    assert first.manifest == second.manifest


def test_the_manifest_repeats_what_the_plan_committed_to():
    plan, copy = marked(people(300), FakeMarkKeeper(), pool=pool(30))
    manifest = copy.manifest

    assert (manifest.copy, manifest.epoch, manifest.release) == (plan.copy, plan.epoch, plan.ask.release)
    assert (manifest.key_commit, manifest.bias_commit) == (plan.key_commit.hex(), plan.bias_commit.hex())
    assert manifest.recipient == plan.ask.recipient
    assert manifest.columns == COLUMNS
    assert manifest.rows == len(copy.rows)
    assert manifest.tokens == tuple(sorted(plan.ask.tokens))
    assert [canary for canary, _ in manifest.pool] == [canary.id for canary in plan.pool]
    assert manifest.exclusive == tuple(canary.id for canary in plan.exclusive)
    assert manifest.positions == sum(map(len, manifest.slots)) + len(plan.pool)


@pytest.mark.parametrize("wrong", ["copy_key", "bias_key"])
def test_keys_that_were_not_committed_mark_nothing(wrong):
    rows, keeper = people(10), FakeMarkKeeper()
    plan = planned(rows, keeper)
    keys: CopyKeys = replace(keeper.keys_of(plan.copy, EPOCH), **{wrong: bytes(32)})

    with pytest.raises(KeyMismatchError):
        embed(plan, keys, rows, RULES)


def test_a_table_that_was_not_committed_marks_nothing():
    rows, keeper = people(10), FakeMarkKeeper()
    plan = replace(planned(rows, keeper), rules_digest=bytes(32))

    with pytest.raises(KeyMismatchError):
        embed(plan, keeper.keys_of(plan.copy, EPOCH), rows, RULES)


@pytest.mark.parametrize("change", [lambda rows: rows[1:], lambda rows: [*rows, rows[0]], lambda rows: people(11)])
def test_other_rows_than_planned_mark_nothing(change):
    rows, keeper = people(10), FakeMarkKeeper()
    plan = planned(rows, keeper)

    with pytest.raises(RowsDifferError):
        embed(plan, keeper.keys_of(plan.copy, EPOCH), change(rows), RULES)
