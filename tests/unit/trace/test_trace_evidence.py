import dataclasses
import math

import pytest

from dyepack.trace import EvidenceMismatchError, bound, evidence
from dyepack.trace.profiles import Q_2026
from fakes.trace_worlds import OTHER_DIGEST, copy_of, hits, leak, mark, record

COPIES = (copy_of("ann"), copy_of("bob"))


def design(*lists, copies=COPIES):
    return evidence.design(("ann", "bob"), evidence.solely_held(copies), lists, Q_2026, 10**8)


def test_the_same_file_twice_is_one_list() -> None:
    first, again = leak((1, 2)), leak((1, 2))

    assert evidence.admit([first, again]) == (first,)


def test_a_record_is_used_once_by_the_first_list_that_shows_it() -> None:
    one, two = evidence.segments([leak((1, 2, 2)), leak((2, 3), sha256=OTHER_DIGEST)])

    assert sorted(one) == [record(1), record(2)]
    assert two == (record(3),)


def test_rows_enter_in_an_order_that_the_digest_decides_and_not_the_file() -> None:
    numbers = tuple(range(40))
    one, two = evidence.segments([leak(numbers)])[0], evidence.segments([leak(numbers, sha256=OTHER_DIGEST)])[0]

    assert sorted(one) == sorted(two)
    assert one != two
    assert list(one) != sorted(one)


def test_a_canary_counts_once_in_a_case() -> None:
    twice = design(leak(found=hits("ann", 1)), leak(found=hits("ann", 1), sha256=OTHER_DIGEST))

    assert twice["ann"].hits == 1


def test_distinct_canaries_of_two_lists_add_up() -> None:
    both = design(leak(found=hits("ann", 1)), leak(found=hits("ann", 2), sha256=OTHER_DIGEST))

    assert both["ann"].hits == 2


def test_the_background_grows_with_lists_while_the_prior_stays() -> None:
    per_list = 3 * Q_2026.list_rate_per_canary

    both = design(leak(found=hits("ann", 1)), leak(sha256=OTHER_DIGEST))

    assert both["ann"].log_c == bound.log_c(1, 2 * per_list, per_list)


def test_marks_of_one_copy_in_two_lists_multiply() -> None:
    both = design(leak(marks=(mark("ann", 2.0),)), leak(marks=(mark("ann", 3.0),), sha256=OTHER_DIGEST))

    assert both["ann"].copies == (("copy-ann", 5.0),)


def test_text_and_presence_of_a_copy_multiply() -> None:
    read = dataclasses.replace(mark("ann", 2.0), log_e_presence=0.5)

    assert design(leak(marks=(read,)))["ann"].copies == (("copy-ann", 2.5),)


def test_d_is_c_times_m() -> None:
    found = design(leak(found=hits("ann", 1), marks=(mark("ann", 2.0),)))["ann"]

    assert found.log_d == pytest.approx(found.log_c + 2.0)


def test_a_copy_that_was_not_read_counts_one_in_the_mean() -> None:
    copies = (*COPIES, copy_of("ann", canaries=0, name="second"))

    found = design(leak(marks=(mark("ann", math.log(9.0)),)), copies=copies)["ann"]

    assert math.exp(found.log_d - found.log_c) == pytest.approx((9.0 + 1.0) / 2)


def test_a_masked_canary_weighs_nothing() -> None:
    assert design(leak(masked=hits("ann", 3))) == design(leak())


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        (leak(found=hits("eve", 1)), "canary-of-unknown-copy"),
        (leak(found=hits("bob", 1, copy="copy-ann")), "canary-of-unknown-copy"),
        (leak(masked=hits("eve", 1)), "canary-of-unknown-copy"),
        (leak(found=hits("ann", 4)), "more-canaries-than-planted"),
        (leak(marks=(mark("eve", 1.0),)), "mark-of-unknown-copy"),
        (leak(marks=(mark("ann", 1.0), mark("ann", 1.0))), "copy-read-twice"),
        (leak(marks=(mark("ann", math.nan),)), "mark-without-number"),
        (leak(marks=(mark("ann", math.inf),)), "mark-without-number"),
    ],
)
def test_evidence_that_contradicts_the_register_is_refused(wrong, detail: str) -> None:
    with pytest.raises(EvidenceMismatchError) as caught:
        evidence.check([wrong], COPIES)

    assert caught.value.facts == {"detail": detail}


def test_a_canary_in_two_copies_is_refused() -> None:
    shared = dataclasses.replace(hits("bob", 1)[0], canary=hits("ann", 1)[0].canary)

    with pytest.raises(EvidenceMismatchError) as caught:
        evidence.check([leak(found=(*hits("ann", 1), shared))], COPIES)

    assert caught.value.facts == {"detail": "canary-not-exclusive"}


def test_evidence_that_fits_the_register_is_accepted() -> None:
    evidence.check([leak((1,), found=hits("ann", 3), marks=(mark("bob", -1.0),))], COPIES)
