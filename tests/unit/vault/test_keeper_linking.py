import pytest

from dyepack.identifiers import name_key
from dyepack.vault.errors import BadFrameError
from dyepack.vault.keeper.linking import MAX_CANDIDATES
from dyepack.vault.keeper.wire import LinkProbe
from fakes.keeper_world import PERSON, World

NAME = name_key("王小样")


@pytest.fixture
def world() -> World:
    return World()


def _link(world: World, pattern: str, people: list[tuple[str, bytes]], name: str = NAME) -> dict[int, str]:
    return world.keeper.link(world.listed(1), [LinkProbe(1, pattern, name)], {1: people})


@pytest.mark.parametrize("pattern", ["138****0012", "1380***0012", "139****0034", "13800000012"])
def test_a_row_links_to_the_one_record_that_agrees(world: World, pattern: str) -> None:
    token, blob = world.person()
    other = world.person({"name": ["王小样"], "phone": ["+8613700000012"]})
    assert _link(world, pattern, [(token, blob), other]) == {1: token}


@pytest.mark.parametrize("pattern", ["137****0012", "138****0013", "1381***0012", "138****0034"])
def test_every_visible_digit_must_agree_on_one_number(world: World, pattern: str) -> None:
    assert _link(world, pattern, [world.person()]) == {}


def test_the_name_must_agree(world: World) -> None:
    assert _link(world, "138****0012", [world.person()], name_key("王小洋")) == {}


def test_a_row_that_two_records_agree_with_links_to_none(world: World) -> None:
    assert _link(world, "138****0012", [world.person(), world.person()]) == {}


def test_the_same_candidate_twice_is_one_candidate(world: World) -> None:
    token, blob = world.person()
    assert _link(world, "138****0012", [(token, blob), (token, blob)]) == {1: token}


def test_held_and_erased_records_never_agree(world: World) -> None:
    held, erased = world.person(admitted=False), world.person()
    world.erase(erased[0])
    token, blob = world.person()
    assert _link(world, "138****0012", [held, erased, (token, blob)]) == {1: token}


def test_a_guardians_number_is_not_the_persons(world: World) -> None:
    person = world.person({"name": PERSON["name"], "guardian_phone": ["+8613800000012"]})
    assert _link(world, "138****0012", [person]) == {}


def test_rows_of_a_list_may_come_in_several_calls(world: World) -> None:
    token, blob = world.person()
    receipt = world.listed(2)
    for row in (1, 2):
        probe = LinkProbe(row, "138****0012", NAME)
        assert world.keeper.link(receipt, [probe], {row: [(token, blob)]}) == {row: token}
    assert "0012" not in repr(probe)


@pytest.mark.parametrize(
    ("probes", "rows"),
    [
        ([], [1]),
        ([LinkProbe(1, "138****0012", NAME)] * 2, [1]),
        ([LinkProbe(1, "138****0012", NAME)], [2]),
        ([LinkProbe(1, "+86138****0012", NAME)], [1]),
        ([LinkProbe(1, "13*****0012", NAME)], [1]),
        ([LinkProbe(1, "138****0012", "")], [1]),
    ],
)
def test_rows_that_cannot_be_compared_are_refused(world: World, probes: list[LinkProbe], rows: list[int]) -> None:
    person = world.person()
    with pytest.raises(BadFrameError):
        world.keeper.link(world.listed(5), probes, {row: [person] for row in rows})


def test_more_candidates_than_a_call_may_hold_are_refused(world: World) -> None:
    token, blob = world.person()
    with pytest.raises(BadFrameError):
        _link(world, "138****0012", [(token, blob)] * (MAX_CANDIDATES + 1))


def test_no_rows_link_to_nothing(world: World) -> None:
    assert world.keeper.link(world.listed(5), [], {}) == {}
