"""The suite every estimator passes: nothing but the evidence moves the result."""

import dataclasses
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.trace import Frame, Verdict, decide, verdict_json
from fakes.trace_worlds import DIGEST, OTHER_DIGEST, copy_of, frame, hits, leak, mark, shown

WHO = ("ann", "bob", "cat", "dan")
World = tuple[Frame, tuple, tuple, tuple]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    exposures = tuple(
        shown(s, *draw(st.frozensets(st.integers(0, 39), max_size=30))) for s in WHO if draw(st.booleans())
    )
    copies = tuple(copy_of(s, canaries=draw(st.integers(0, 3)), rows=30) for s in WHO[:3])
    lists = []
    for digest in (DIGEST, OTHER_DIGEST)[: draw(st.integers(0, 2))]:
        found = tuple(hit for c in copies for hit in hits(c.holder, draw(st.integers(0, c.canaries)) // 2))
        marks = tuple(mark(s, draw(st.floats(-4.0, 12.0))) for s in WHO[:2])
        rows = tuple(draw(st.lists(st.integers(0, 39), max_size=20)))
        lists.append(leak(rows, sha256=digest, found=found, marks=marks, rows=len(rows) + len(found) + 5))
    return frame(WHO, universe=40), exposures, tuple(lists), copies


def printed(world: World) -> bytes:
    return json.dumps(verdict_json(decide(*world), {"ann": "A"}), ensure_ascii=False).encode()


def numbers(verdict: Verdict) -> dict[str, tuple[float, float]]:
    return {p.actor: (p.log10_e, p.posterior) for p in verdict.persons}


@settings(max_examples=25)
@given(worlds())
def test_the_same_input_gives_the_same_bytes(world: World) -> None:
    assert printed(world) == printed(world)


@settings(max_examples=25)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_in_which_suspects_copies_and_exposures_are_given_changes_nothing(world: World, dice) -> None:
    given_frame, exposures, lists, copies = world
    mixed = [list(given_frame.suspects), list(exposures), list(copies)]
    for pile in mixed:
        dice.shuffle(pile)
    other = (dataclasses.replace(given_frame, suspects=tuple(mixed[0])), tuple(mixed[1]), lists, tuple(mixed[2]))

    assert printed(other) == printed(world)


@settings(max_examples=25)
@given(worlds())
def test_renaming_suspects_renames_the_result(world: World) -> None:
    given_frame, exposures, lists, copies = world
    new = dict(zip(WHO, ("zed", "yan", "xia", "wei"), strict=True))

    def renamed(item):
        return dataclasses.replace(item, holder=new[item.holder])

    other = decide(
        dataclasses.replace(given_frame, suspects=tuple(new[s] for s in WHO)),
        [dataclasses.replace(e, suspect=new[e.suspect]) for e in exposures],
        [
            dataclasses.replace(
                item, hits=tuple(map(renamed, item.hits)), recovered=tuple(map(renamed, item.recovered))
            )
            for item in lists
        ],
        [renamed(c) for c in copies],
    )
    verdict = decide(*world)

    assert set(other.decision.accused) == {new[s] for s in verdict.decision.accused}
    assert set(other.decision.group or ()) == {new[s] for s in verdict.decision.group or ()}
    found = numbers(other)
    for actor, (log10_e, posterior) in numbers(verdict).items():
        assert found[new[actor]] == (pytest.approx(log10_e), pytest.approx(posterior, abs=1e-12))


@settings(max_examples=25)
@given(worlds())
def test_duplicate_evidence_changes_nothing(world: World) -> None:
    given_frame, exposures, lists, copies = world
    doubled = tuple(
        dataclasses.replace(item, hits=item.hits + item.hits, masked_hits=item.masked_hits * 2) for item in lists
    )

    assert printed((given_frame, (*exposures, *exposures), (*doubled, *lists), copies)) == printed(world)


@settings(max_examples=25)
@given(worlds())
def test_linked_rows_move_no_evidence(world: World) -> None:
    given_frame, exposures, lists, copies = world
    bare = tuple(dataclasses.replace(item, linked=()) for item in lists)

    with_rows, without = decide(*world), decide(given_frame, exposures, bare, copies)

    assert [p.log10_e for p in sorted(with_rows.persons, key=lambda p: p.actor)] == [
        p.log10_e for p in sorted(without.persons, key=lambda p: p.actor)
    ]
    assert with_rows.decision.accused == without.decision.accused


@settings(max_examples=25)
@given(worlds())
def test_an_account_that_was_shown_nothing_changes_only_the_number_of_suspects(world: World) -> None:
    given_frame, exposures, lists, copies = world
    more = dataclasses.replace(given_frame, suspects=(*WHO, "zoe"))

    fewer, extended = numbers(decide(*world)), numbers(decide(more, exposures, lists, copies))

    for actor, (log10_e, _) in fewer.items():
        assert extended[actor][0] == pytest.approx(log10_e + math.log10(4 / 5))


@settings(max_examples=25)
@given(worlds())
def test_a_list_of_rows_that_nobody_was_shown_makes_outside_likelier(world: World) -> None:
    given_frame, exposures, lists, copies = world
    given_frame = dataclasses.replace(given_frame, records=60)
    foreign = leak(tuple(range(40, 50)), sha256="c3" * 32)
    # canaries are left out: their silence in one more list would speak too
    bare = tuple(dataclasses.replace(copy, canaries=0) for copy in copies)
    silent = tuple(dataclasses.replace(item, hits=()) for item in lists)

    before, after = (decide(given_frame, exposures, chosen, bare) for chosen in (silent, (*silent, foreign)))

    assert after.inside.posterior_outside >= before.inside.posterior_outside


@settings(max_examples=25)
@given(worlds())
def test_a_verdict_names_only_whom_the_theorem_names(world: World) -> None:
    verdict = decide(*world)

    assert set(verdict.decision.accused) <= set(verdict.statistical.persons)
    assert not (verdict.decision.accused and verdict.decision.group)
    assert math.fsum(p.posterior for p in verdict.persons) <= 2.0
    assert 0.0 <= verdict.inside.posterior_outside <= 1.0
