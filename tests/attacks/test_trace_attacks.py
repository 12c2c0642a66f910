"""Attempts to have an innocent named, or to have a leak named where nothing may be named."""

import dataclasses
import itertools
import math
from fractions import Fraction

import pytest

from dyepack.trace import (
    Q_2026,
    CopyHeld,
    EvidenceMismatchError,
    Reason,
    SuspectLeftOutError,
    Tier,
    decide,
    verdict_json,
)
from dyepack.trace.tiers import rule
from fakes.trace_worlds import OTHER_DIGEST, copy_of, frame, hits, leak, mark, shown

WHO = ("ann", "bob", "cat", "dan")
COPIES = tuple(copy_of(s) for s in WHO)
EXPOSURES = tuple(shown(s, *range(50)) for s in WHO)


def person(verdict, actor: str):
    return next(p for p in verdict.persons if p.actor == actor)


def test_r1_a_copy_with_two_holders_names_neither() -> None:
    shared = [copy_of("ann", name="shared"), copy_of("bob", name="shared"), copy_of("cat")]
    evidence = leak((1, 2), found=hits("ann", 3, copy="shared"), marks=(mark("ann", 40.0, copy="shared"),))

    verdict = decide(frame(WHO), EXPOSURES, [evidence], shared)

    assert verdict.decision.tier is Tier.NONE
    assert person(verdict, "ann").log10_d == person(verdict, "bob").log10_d == 0.0


def test_r1_who_approved_or_collected_a_copy_is_no_suspect_by_it() -> None:
    copies = tuple(CopyHeld(c.copy, c.holder, 3, 50, ("a_officer approved", "a_boss collected")) for c in COPIES)

    verdict = decide(frame(WHO), EXPOSURES, [leak((1,), found=hits("ann", 3))], copies)

    assert {p.actor for p in verdict.persons} == set(WHO)
    assert verdict.decision.accused == ("ann",)


def test_r1_an_approver_who_is_a_suspect_for_his_own_looks_inherits_no_copy() -> None:
    copies = tuple(CopyHeld(c.copy, c.holder, 3, 50, ("a_officer",)) for c in COPIES)
    exposures = (*EXPOSURES, dataclasses.replace(shown("a_officer", *range(50)), copies=()))

    verdict = decide(frame((*WHO, "a_officer")), exposures, [leak((1,), found=hits("ann", 3))], copies)

    assert person(verdict, "a_officer").log10_d == 0.0
    assert person(verdict, "a_officer").design.canaries == 0


def test_r2_a_breach_below_the_ledger_names_nobody() -> None:
    found = tuple(hit for s in ("ann", "bob", "cat") for hit in hits(s, 3))

    verdict = decide(frame(WHO), EXPOSURES, [leak((1,), found=found, marks=(mark("ann", 50.0),))], COPIES)

    assert verdict.decision.tier is Tier.NONE
    assert verdict.reliability.grade == "weak"
    assert "breach-below-ledger" in {note.code for note in verdict.reliability.notes}
    assert {p.log10_d for p in verdict.persons} == {0.0}
    assert all(p.log10_e_max < 0.0 for p in verdict.persons)


def test_r2_two_holders_hit_may_be_two_leakers() -> None:
    verdict = decide(frame(WHO), EXPOSURES, [leak((1,), found=(*hits("ann", 1), *hits("bob", 1)))], COPIES)

    assert verdict.decision.accused == ("ann", "bob")


def test_r2_a_breach_that_shows_over_several_lists_is_a_breach() -> None:
    lists = [
        leak((1,), found=hits("ann", 1)),
        leak((2,), sha256=OTHER_DIGEST, found=(*hits("bob", 1), *hits("cat", 1))),
    ]

    verdict = decide(frame(WHO), EXPOSURES, lists, COPIES)

    assert verdict.decision.tier is Tier.NONE


def test_r3_silence_never_speaks_against_anybody() -> None:
    verdict = decide(frame(WHO), EXPOSURES, [leak(tuple(range(50)))], COPIES)

    assert all(p.log10_d <= 0.0 for p in verdict.persons)


def test_m1_reporting_only_the_marks_that_agree_names_nobody_more_often() -> None:
    """Exact: three copies, each e-value 300 with chance 1/600, else what makes the mean exactly 1."""
    low = (Fraction(1) - Fraction(300, 600)) / Fraction(599, 600)
    outcomes = [(Fraction(300), Fraction(1, 600)), (low, Fraction(599, 600))]

    def mean(rule) -> Fraction:
        return sum(
            (
                math.prod(p for _, p in combo) * rule([e for e, _ in combo])
                for combo in itertools.product(outcomes, repeat=3)
            ),
            Fraction(0),
        )

    def over_all(values: list[Fraction]) -> Fraction:
        return sum(values, Fraction(0)) / len(values)

    def over_reported(values: list[Fraction]) -> Fraction:
        reported = [value for value in values if value >= 100]
        return sum(reported, Fraction(0)) / len(reported) if reported else Fraction(1)

    assert mean(over_all) == 1
    assert mean(over_reported) > 2


def test_m1_leaving_out_copies_that_speak_for_him_does_not_raise_the_evidence_of_those_left() -> None:
    copies = [*COPIES, copy_of("ann", name="second", canaries=0), copy_of("ann", name="third", canaries=0)]

    verdict = decide(frame(WHO), EXPOSURES, [leak((1,), marks=(mark("ann", math.log(15_000)),))], copies)

    assert person(verdict, "ann").log10_d == pytest.approx(
        math.log10(15_002 / 3) + person(verdict, "ann").design.log10_c
    )
    assert verdict.decision.tier is Tier.NONE


def test_the_same_list_handed_in_again_adds_nothing() -> None:
    once = leak((1, 2), marks=(mark("ann", 5.0),))

    one = decide(frame(WHO), EXPOSURES, [once], COPIES)
    many = decide(frame(WHO), EXPOSURES, [once] * 4, COPIES)

    assert one == many


def test_a_renamed_file_is_the_same_list() -> None:
    once = leak((1, 2), marks=(mark("ann", 5.0),))

    many = decide(frame(WHO), EXPOSURES, [once, dataclasses.replace(once, name="other.csv")], COPIES)

    assert person(many, "ann").design.copies[0].log10_m == pytest.approx(5.0 / math.log(10))


def test_a_second_list_of_the_case_with_the_same_canary_adds_nothing_to_it() -> None:
    lists = [leak((1,), found=hits("ann", 1)), leak((2,), sha256=OTHER_DIGEST, found=hits("ann", 1))]

    one, two = decide(frame(WHO), EXPOSURES, lists[:1], COPIES), decide(frame(WHO), EXPOSURES, lists, COPIES)

    assert person(two, "ann").design.hits == {"list": 1}
    assert person(two, "ann").log10_e < person(one, "ann").log10_e


def test_a_list_that_is_not_ours_names_nobody() -> None:
    verdict = decide(frame(WHO), EXPOSURES, [leak((1, 2), rows=2_000)], COPIES)

    assert verdict.decision.tier is Tier.NONE
    assert verdict.decision.reason is Reason.NOT_OURS


def test_a_list_of_one_victims_records_names_nobody() -> None:
    """Poisoned list: exactly what one colleague was shown, and nothing that was planted."""
    exposures = (shown("ann", *range(30)), *(shown(s, *range(30, 60)) for s in WHO[1:]))

    verdict = decide(frame(WHO), exposures, [leak(tuple(range(30)))], COPIES)

    assert person(verdict, "ann").posterior > 0.99
    assert verdict.decision.tier is Tier.NONE


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.0011])
def test_a_weaker_bound_never_names_a_person_or_a_group(alpha: float) -> None:
    verdict = decide(frame(WHO, alpha=alpha), EXPOSURES, [leak((1,), found=hits("ann", 3))], COPIES)

    assert verdict.decision.tier is Tier.INSIDE
    assert verdict.decision.accused == ()
    assert verdict.decision.group is None
    assert verdict.statistical.persons == ("ann",)


def test_forged_hits_of_an_unknown_copy_are_refused() -> None:
    with pytest.raises(EvidenceMismatchError):
        decide(frame(WHO), EXPOSURES, [leak((1,), found=hits("ann", 1, copy="made-up"))], COPIES)


def test_a_hit_cannot_be_moved_to_another_holder() -> None:
    moved = tuple(dataclasses.replace(hit, holder="bob") for hit in hits("ann", 1))

    with pytest.raises(EvidenceMismatchError):
        decide(frame(WHO), EXPOSURES, [leak((1,), found=moved)], COPIES)


def test_a_colleague_cannot_be_taken_out_of_the_frame_to_point_at_the_rest() -> None:
    with pytest.raises(SuspectLeftOutError):
        decide(frame(WHO[:3]), EXPOSURES, [leak((1,), found=hits("ann", 1))], COPIES)


def test_another_frame_after_the_result_has_another_digest() -> None:
    lists = [leak((1,), marks=(mark("ann", 8.0),))]

    strict, tuned = (decide(frame(WHO, k=k), EXPOSURES, lists, COPIES) for k in (2, 3))

    assert strict.frame.sha256 != tuned.frame.sha256


def test_rows_sorted_so_that_a_victims_stand_first_change_no_posterior() -> None:
    exposures = (shown("ann", *range(20)), shown("bob", *range(60)))
    sorted_rows, mixed_rows = tuple(range(40)), tuple(range(39, -1, -1))

    one, two = (
        decide(frame(("ann", "bob")), exposures, [leak(rows)], COPIES[:2]) for rows in (sorted_rows, mixed_rows)
    )

    assert person(one, "ann").log10_e == person(two, "ann").log10_e
    assert person(one, "ann").posterior == pytest.approx(person(two, "ann").posterior, abs=0.05)


def test_a_name_in_the_map_for_somebody_not_named_stays_out_of_the_json() -> None:
    verdict = decide(frame(WHO), EXPOSURES, [leak((1,), found=hits("ann", 1))], COPIES)

    assert "Innocent Ltd" not in str(verdict_json(verdict, {"bob": "Innocent Ltd", "ann": "A"}))


def test_a_weaker_bound_names_no_group_that_crosses_only_together() -> None:
    log_d = {"a": math.log(100), "b": math.log(100), "c": 0.0, "d": 0.0, "e": 0.0}
    ruling = rule(log_d, 0.05, Q_2026, ours=True, void=False)

    assert ruling.crossing == ()
    assert (ruling.tier, ruling.accused, ruling.group) == (Tier.INSIDE, (), ())


@pytest.mark.parametrize("guesses", [1_000, 100_000, 1_000_000])
def test_whoever_writes_part_of_the_canaries_range_into_a_list_frames_nobody(guesses: int) -> None:
    copies = tuple(copy_of(s, canaries=200) for s in WHO)
    forged = dataclasses.replace(leak((1, 2, 3), found=hits("bob", 1)), strangers=guesses)

    verdict = decide(frame(WHO), EXPOSURES, [forged], copies)

    assert verdict.decision.tier is Tier.NONE


def test_without_the_guess_rule_the_same_list_would_name_an_innocent() -> None:
    copies = tuple(copy_of(s, canaries=200) for s in WHO)
    unaware = leak((1, 2, 3), found=hits("bob", 1))

    assert decide(frame(WHO), EXPOSURES, [unaware], copies).decision.accused == ("bob",)


def test_own_lines_that_everybody_can_guess_accuse_nobody() -> None:
    copies = tuple(copy_of(s, canaries=20) for s in WHO)
    known = dataclasses.replace(frame(WHO), canary_space=20)

    verdict = decide(known, EXPOSURES, [leak((1, 2), found=hits("bob", 5))], copies)

    assert verdict.decision.tier is Tier.NONE
