"""Planning a copy: how many canaries, which pool, what is committed, and what the plan warns of."""

from dataclasses import replace

import pytest

from dyepack.crypto.digest import sha256
from dyepack.mark.codeword import commitments
from dyepack.mark.errors import RowsDifferError
from dyepack.mark.planting import TOO_SHORT, pool_order, pool_positions, positions_needed
from dyepack.terms.ids import encode_id
from fakes.marks import EPOCH, FakeMarkKeeper, people, planned, pool


@pytest.mark.parametrize(("rows", "exclusive"), [(1, 1), (49, 1), (50, 3), (400, 3)])
def test_the_default_is_three_exclusive_canaries_and_one_for_small_copies(rows, exclusive):
    assert len(planned(people(rows), FakeMarkKeeper()).exclusive) == exclusive


@pytest.mark.parametrize("wanted", [0, 7])
def test_the_setting_overrides_the_default_for_any_size(wanted):
    assert len(planned(people(10), FakeMarkKeeper(), exclusive_rows=wanted).exclusive) == wanted


@pytest.mark.parametrize(
    ("rows", "size", "positions"), [(199, 200, 0), (200, 200, 8), (1000, 200, 40), (5000, 200, 200), (10_000, 150, 150)]
)
def test_a_copy_takes_four_percent_of_its_rows_from_the_pool(rows, size, positions):
    assert pool_positions(rows, size) == positions


def test_all_copies_of_an_epoch_take_the_same_canaries_first():
    keeper, canaries = FakeMarkKeeper(), pool(20)
    small = planned(people(200), keeper, 0, pool=canaries)
    large = planned(people(300), keeper, 1, pool=canaries[::-1])

    assert small.pool == large.pool[: len(small.pool)]
    assert len(small.pool) == 8


def test_another_epoch_orders_the_pool_otherwise():
    canaries = pool(20)

    assert pool_order(EPOCH, canaries) != pool_order(encode_id(b"\x01" * 16), canaries)
    assert set(pool_order(EPOCH, canaries)) == set(canaries)


def test_a_plan_commits_to_the_hashes_of_the_keys_and_derives_none():
    keeper = FakeMarkKeeper()
    plan = planned(people(60), keeper)

    assert keeper.derived == []
    assert (plan.key_commit, plan.bias_commit) == commitments(keeper.keys_of(plan.copy, plan.epoch))


def test_the_digest_is_over_the_canonical_plan_with_its_domain():
    plan = planned(people(60), FakeMarkKeeper())

    assert plan.digest() == sha256(b"dyepack/mark/commit/v1\0" + plan.to_bytes())


def test_the_plan_holds_no_name_and_no_number():
    plan = planned(people(60), FakeMarkKeeper())
    document = plan.to_bytes().decode()

    for canary in plan.exclusive:
        assert canary.name not in document
        assert canary.phone not in document
        assert canary.phone.removeprefix("+86") not in document
        assert canary.card.hex() in document
    assert plan.exclusive[0].name not in repr(plan)


@pytest.mark.parametrize("field", ["copy", "key_commit", "bias_commit", "rules_digest", "exclusive", "pool", "epoch"])
def test_a_change_of_anything_committed_changes_the_digest(field):
    keeper, rows = FakeMarkKeeper(), people(200)
    plan, other = planned(rows, keeper, 0, pool=pool(9)), planned(rows, keeper, 1, pool=pool(9)[:5])
    value = {"rules_digest": bytes(32), "bias_commit": bytes(32), "epoch": encode_id(b"\x01" * 16)}.get(field)

    changed = replace(plan, **{field: value if value is not None else getattr(other, field)})

    assert changed.digest() != plan.digest()


def test_the_recipient_and_the_rows_are_committed():
    keeper = FakeMarkKeeper()
    plan = planned(people(60), keeper)
    ask = plan.ask

    assert replace(plan, ask=replace(ask, recipient=encode_id(b"x" * 16))).digest() != plan.digest()
    assert replace(plan, ask=replace(ask, tokens=ask.tokens[1:])).digest() != plan.digest()
    assert replace(plan, ask=replace(ask, tokens=ask.tokens[::-1])).digest() == plan.digest()


@pytest.mark.parametrize(("copies", "needed"), [(50, 53), (1000, 59)])
def test_the_positions_needed_are_those_measured(copies, needed):
    assert positions_needed(copies) == needed


def test_more_copies_need_more_positions():
    needs = [positions_needed(copies) for copies in (0, 1, 5, 50, 200, 1000, 10_000)]

    assert needs == sorted(needs)
    assert needs[0] >= 40


def test_a_copy_that_cannot_name_a_single_seller_says_so():
    keeper = FakeMarkKeeper()

    assert planned(people(30), keeper).notes == (TOO_SHORT,)
    assert planned(people(60), keeper).notes == ()


def test_a_copy_without_text_has_only_its_pool():
    rows, keeper = people(400), FakeMarkKeeper()
    plan = planned(rows, keeper, pool=pool(20))
    bare = planned(rows, keeper, pool=pool(20), columns=("name", "phone"))

    assert plan.positions_at_most == 416
    assert bare.positions_at_most == 16
    assert bare.notes == (TOO_SHORT,)


def test_a_record_that_stands_twice_in_a_release_is_refused():
    rows = people(3)

    with pytest.raises(RowsDifferError):
        planned([*rows, rows[0]], FakeMarkKeeper())
