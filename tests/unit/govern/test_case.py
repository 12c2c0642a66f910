"""Cases: what was typed, what it becomes, and which purposes it covers."""

import pytest

from dyepack.govern import (
    CaseKind,
    Grade,
    case_key,
    case_text,
    close,
    investigation,
    is_case_id,
    known_case,
    typed_case,
)
from dyepack.govern.errors import CaseClosedError, CaseTextError, UnknownCaseError
from dyepack.terms.purpose import Purpose


class Fixed:
    def token_bytes(self, size: int) -> bytes:
        return b"\x07" * size


ACTOR = "a_" + "b" * 26


def test_a_typed_text_becomes_an_opaque_row_of_the_weakest_grade():
    case = typed_case(ACTOR, 5, Fixed())
    assert is_case_id(case.id)
    assert case.kind is CaseKind.TYPED
    assert case.grade is Grade.BY_ACTOR
    assert case.grade == "E3"
    assert (case.opened_by, case.opened, case.open) == (ACTOR, 5, True)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_typed_case_allows_every_purpose(purpose):
    assert typed_case(ACTOR, 5, Fixed()).covers(purpose)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_an_investigation_allows_only_what_finds_a_leak(purpose):
    case = investigation(ACTOR, Grade.BY_SYSTEM, 5, Fixed())
    expected = purpose in {Purpose.CASE, Purpose.LEAK_TRACE, Purpose.SUPERVISE, Purpose.APPROVE}
    assert case.allows(purpose) is expected
    assert case.covers(purpose) is expected


def test_a_closed_case_covers_nothing_though_its_kind_would():
    case = close(typed_case(ACTOR, 5, Fixed()), 9)
    assert case.closed == 9
    assert case.allows(Purpose.CONSULT)
    assert not case.covers(Purpose.CONSULT)


def test_a_case_closed_at_the_beginning_of_time_is_closed():
    assert not close(typed_case(ACTOR, 0, Fixed()), 0).open


def test_a_case_is_closed_once():
    with pytest.raises(CaseClosedError):
        close(close(typed_case(ACTOR, 5, Fixed()), 9), 10)


@pytest.mark.parametrize("text", ["", " ", "x" * 201, "a\nb", "\x1b[2J"])
def test_a_text_that_does_not_print_is_no_case(text):
    with pytest.raises(CaseTextError):
        case_text(text)


def test_two_spellings_are_one_case():
    assert case_key(" Ｔ-1042 ") == case_key("t-1042")
    assert case_key("t-1042") != case_key("t-1043")
    assert case_text("T-1042 王女士回访") == "T-1042 王女士回访"


@pytest.mark.parametrize("text", ["T-1042", "c_", "c_" + "A" * 26, "a" * 26, "c_" + "b" * 26, "a_" + "a" * 26])
def test_what_is_not_the_id_of_a_case_is_text(text):
    assert not is_case_id(text)


def test_an_id_that_names_no_case_is_an_error():
    with pytest.raises(UnknownCaseError):
        known_case(None)
    case = typed_case(ACTOR, 5, Fixed())
    assert known_case(case) is case
