import math

import pytest

from dyepack.trace import BadFrameError, Frame, Reason, SuspectLeftOutError, Tier, decide
from fakes.trace_worlds import OTHER_DIGEST, copy_of, frame, hits, leak, mark, shown

FIVE = ("ann", "bob", "cat", "dan", "eve")
COPIES = tuple(copy_of(s) for s in FIVE)
EXPOSURES = tuple(shown(s, *range(50)) for s in FIVE)


def person(verdict, actor: str):
    return next(p for p in verdict.persons if p.actor == actor)


def test_one_exclusive_canary_names_the_holder_of_its_copy() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak(tuple(range(20)), found=hits("bob", 1))], COPIES)

    assert verdict.decision.tier is Tier.PERSON
    assert verdict.decision.accused == ("bob",)
    assert verdict.decision.reason is Reason.CROSSED


def test_marks_alone_name_the_holder_of_the_copy() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak((1, 2), marks=(mark("cat", math.log(12_000)),))], COPIES)

    assert verdict.decision.accused == ("cat",)


def test_two_holders_whose_evidence_crosses_are_both_named() -> None:
    found = (*hits("bob", 2), *hits("eve", 1))

    verdict = decide(frame(FIVE), EXPOSURES, [leak((1,), found=found)], COPIES)

    assert verdict.decision.accused == ("bob", "eve")
    assert verdict.decision.group is None


def test_a_group_is_named_when_only_together_they_cross() -> None:
    marks = (mark("cat", math.log(5_600)), mark("dan", math.log(5_000)))

    verdict = decide(frame(FIVE), EXPOSURES, [leak((1,), marks=marks)], COPIES)

    assert verdict.decision.tier is Tier.GROUP
    assert verdict.decision.group == ("cat", "dan")
    assert verdict.decision.accused == ()
    assert verdict.groups[0].kind == "minimal"


def test_who_equals_the_last_member_of_a_group_is_in_it() -> None:
    marks = tuple(mark(s, math.log(5_500)) for s in ("cat", "dan", "eve"))

    verdict = decide(frame(FIVE), EXPOSURES, [leak((1,), marks=marks)], COPIES)

    assert verdict.decision.group == ("cat", "dan", "eve")


def test_a_group_of_more_than_ten_is_only_said_to_be_inside() -> None:
    many = tuple(f"s{i:02d}" for i in range(15))
    copies = [copy_of(s) for s in many]

    verdict = decide(frame(many), (), [leak(marks=tuple(mark(s, math.log(2_500)) for s in many))], copies)

    assert verdict.decision.tier is Tier.INSIDE
    assert verdict.decision.group is None
    assert verdict.groups[-1].accused


def test_nobody_is_named_when_nothing_crosses() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak(tuple(range(30)))], COPIES)

    assert verdict.decision.tier is Tier.NONE
    assert verdict.decision.reason is Reason.NOTHING_CROSSES
    assert verdict.statistical.persons == ()


def test_a_list_without_canaries_and_with_few_linked_rows_is_not_ours() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak((1, 2), rows=100)], COPIES)

    assert verdict.decision.tier is Tier.NONE
    assert verdict.decision.reason is Reason.NOT_OURS


def test_five_of_a_hundred_linked_rows_are_no_longer_not_ours() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak((1, 2, 3, 4, 5), rows=100)], COPIES)

    assert verdict.decision.reason is Reason.NOTHING_CROSSES


def test_a_masked_canary_keeps_a_list_from_being_called_not_ours() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak(rows=100, masked=hits("ann", 1))], COPIES)

    assert verdict.decision.tier is Tier.NONE
    assert verdict.decision.reason is Reason.NOTHING_CROSSES


def test_an_empty_list_is_not_ours() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak(rows=0)], COPIES)

    assert verdict.decision.reason is Reason.NOT_OURS


def test_without_any_list_the_prior_is_the_answer() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [], COPIES)

    assert verdict.decision.tier is Tier.NONE
    assert verdict.inside.posterior_outside == pytest.approx(0.3)
    assert {round(p.posterior, 12) for p in verdict.persons} == {round(1 / 5, 12)}
    assert {round(10**p.log10_e, 12) for p in verdict.persons} == {round(0.7 / 5, 12)}


def test_without_suspects_nobody_is_named_and_evidence_is_nothing() -> None:
    verdict = decide(frame(()), (), [leak((1, 2), rows=2)], ())

    assert verdict.decision.tier is Tier.NONE
    assert verdict.inside.posterior_outside == 1.0
    assert verdict.inside.log10_e == -math.inf
    assert verdict.persons == ()


def test_equal_suspects_get_equal_answers() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak(tuple(range(40)))], COPIES)

    assert len({p.log10_e for p in verdict.persons}) == 1
    assert max(p.posterior for p in verdict.persons) == pytest.approx(min(p.posterior for p in verdict.persons))


@pytest.mark.parametrize("left_out", ["holder", "looker"])
def test_nobody_is_left_out_of_the_frame(left_out: str) -> None:
    exposures = (shown("zoe", 1),) if left_out == "looker" else ()
    copies = (copy_of("zoe"),) if left_out == "holder" else ()

    with pytest.raises(SuspectLeftOutError) as caught:
        decide(frame(FIVE), exposures, [], copies)

    assert caught.value.facts == {"missing": 1}


def test_a_suspect_without_exposure_may_stand_in_the_frame() -> None:
    verdict = decide(frame((*FIVE, "zoe")), EXPOSURES, [leak((1,))], COPIES)

    assert person(verdict, "zoe").exposures == 0


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("alpha", {"alpha": 0.0}),
        ("alpha", {"alpha": 1.0}),
        ("suspects", {"suspects": ("ann", "ann")}),
        ("records", {"records": -1}),
        ("to", {"from_": 2, "to": 1}),
        ("k", {"k": -1}),
        ("g", {"g": -1}),
        ("gamma", {"gamma": 0}),
    ],
)
def test_a_frame_that_bounds_nothing_is_refused(field: str, values: dict) -> None:
    good = {"alpha": 0.001, "case": "c_1", "suspects": FIVE, "records": 10, "from_": 0, "to": 1}

    with pytest.raises(BadFrameError) as caught:
        Frame(**(good | values))

    assert caught.value.facts == {"field": field}


def test_the_digest_of_a_frame_covers_every_knob_and_no_order_of_names() -> None:
    base = {"alpha": 0.001, "case": "c_1", "suspects": FIVE, "records": 10, "from_": 0, "to": 5}
    digest = Frame(**base).digest("Q_2026")
    changes = ({"alpha": 0.01}, {"case": "c_2"}, {"suspects": FIVE[:4]}, {"records": 11}, {"from_": 1}, {"to": 6})
    knobs = ({"k": 1}, {"g": 0}, {"gamma": 3})

    others = {Frame(**(base | change)).digest("Q_2026") for change in (*changes, *knobs)}

    assert Frame(**(base | {"suspects": FIVE[::-1]})).digest("Q_2026") == digest
    assert Frame(**base).digest("Q_2027") != digest
    assert len(others | {digest}) == len(changes) + len(knobs) + 1


def test_the_curve_follows_the_lists_and_tells_when_it_crossed() -> None:
    lists = [leak((1,)), leak((2,), sha256=OTHER_DIGEST, found=hits("ann", 1))]

    verdict = decide(frame(FIVE), EXPOSURES, lists, COPIES)

    assert [point.item for point in verdict.curve] == [1, 2]
    assert verdict.curve[0].log10_e_inside < 3.0 <= verdict.curve[1].log10_e_person
    assert verdict.statistical.crossed_at is not None
    assert verdict.statistical.crossed_at.item == 2


def test_the_running_maximum_is_kept_when_a_later_list_is_silent() -> None:
    lists = [leak((1,), found=hits("ann", 1)), leak((2,), sha256=OTHER_DIGEST)]

    best = person(decide(frame(FIVE), EXPOSURES, lists, COPIES), "ann")

    assert best.log10_e < best.log10_e_max


def test_linked_rows_move_the_posterior_and_no_evidence() -> None:
    exposures = (shown("ann", *range(20)), shown("bob", *range(20, 60)))
    copies = (copy_of("ann"), copy_of("bob"))

    few, many = (decide(frame(("ann", "bob")), exposures, [leak(tuple(range(n)))], copies) for n in (1, 20))

    assert person(many, "ann").posterior > 0.9 > person(few, "ann").posterior
    assert person(many, "ann").log10_e == person(few, "ann").log10_e
    assert many.decision.tier is Tier.NONE


def test_silence_of_his_canaries_speaks_for_who_is_named_with_its_probability() -> None:
    copies = [copy_of("ann", canaries=4, rows=50), copy_of("bob")]
    exposures = (shown("ann", *range(50)), shown("bob", *range(50)))

    verdict = decide(frame(("ann", "bob")), exposures, [leak(tuple(range(25)), found=hits("ann", 1))], copies)

    silent = next(item for item in verdict.exonerating if item.code == "silent-canaries")
    assert silent.actor == "ann"
    assert silent.detail == {"silent": 3, "of": 4, "probability": pytest.approx((1 + 4) / 16)}


def test_rows_he_was_not_shown_and_rivals_speak_for_who_is_named() -> None:
    copies = [copy_of("ann"), copy_of("bob")]
    exposures = (shown("ann", *range(10)), shown("bob", *range(30)))

    verdict = decide(frame(("ann", "bob")), exposures, [leak(tuple(range(15)), found=hits("ann", 3))], copies)

    told = {item.code: item.detail for item in verdict.exonerating}
    assert told == {"items-not-exposed": {"items": 5}, "rival-equal": {"suspects": 1}}


def test_a_rival_who_was_shown_the_same_is_noted() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak(tuple(range(20)), found=hits("bob", 1))], COPIES)

    assert "overlap-high" in {note.code for note in verdict.reliability.notes}
    assert person(verdict, "bob").rival.shared == 1.0


def test_breadth_is_compared_with_who_saw_half_of_his_items() -> None:
    copies = [copy_of("ann"), copy_of("bob")]
    exposures = (shown("ann", *range(10)), shown("bob", *range(30)))

    verdict = decide(frame(("ann", "bob")), exposures, [leak(tuple(range(10)), found=hits("ann", 3))], copies)

    assert person(verdict, "ann").exposure_ratio == 3.0
    assert person(verdict, "bob").exposure_ratio == 0.3333


def test_the_grade_is_limited_while_the_keys_have_one_holder() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak((1,), found=hits("bob", 1))], COPIES)

    assert verdict.reliability.grade == "limited"
    assert {"single-holder-keys", "few-items"} <= {note.code for note in verdict.reliability.notes}


def test_the_grade_is_full_when_no_serious_reservation_stands() -> None:
    verdict = decide(frame(("ann",)), (shown("ann", 1),), [], ())

    assert verdict.reliability.grade == "full"


def test_only_the_copies_of_who_is_named_show_their_release_path() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak((1,), found=hits("bob", 1))], COPIES)

    assert [path.copy for path in verdict.release_paths] == ["copy-bob"]


def test_inputs_account_for_every_row() -> None:
    verdict = decide(frame(FIVE), EXPOSURES, [leak((1, 1, 2), rows=10)], COPIES)

    assert verdict.inputs[0].used == 2
    assert verdict.inputs[0].reasons == {"foreign": 7, "repeated": 1}
    assert verdict.inputs[0].refused == 8


def test_at_most_two_hundred_items_are_printed_and_all_are_counted() -> None:
    exposures = (shown("ann", *range(300)),)

    verdict = decide(frame(("ann",), universe=400), exposures, [leak(tuple(range(300)))], ())

    assert len(verdict.items) == 200
    assert verdict.evidence.items == 300
