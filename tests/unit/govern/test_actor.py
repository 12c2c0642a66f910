"""Names of staff, and who may act."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dyepack.govern import acting, known, name_key, new_staff, staff_name
from dyepack.govern.actor import printable_text
from dyepack.govern.errors import ActorExistsError, ActorLeftError, ActorNameError, UnknownActorError
from dyepack.terms.actor import Actor, Role


class Counting:
    def __init__(self):
        self.calls = 0

    def token_bytes(self, size: int) -> bytes:
        self.calls += 1
        return self.calls.to_bytes(size, "big")


def test_a_new_member_has_a_random_pseudonym_and_no_name_in_it():
    staff = new_staff("  王 小明 ", Role.CONSULTANT, Counting(), taken=False)
    assert staff.id == "a_" + "a" * 24 + "ae"
    assert staff.name == "王 小明"
    assert staff.role is Role.CONSULTANT
    assert staff.active


@pytest.mark.parametrize("text", ["a", "王芳", "x" * 60, "O'Brien-Smith", "Ｌｉ Na"])
def test_a_name_of_1_to_60_printing_characters_is_taken(text):
    assert 1 <= len(staff_name(text)) <= 60


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 61, "a\nb", "a\tb", "a\x00", "a\u202eb", "a\u200bb", "a\u2028b", "\ue000"]
)
def test_what_does_not_print_is_no_name(text):
    with pytest.raises(ActorNameError):
        staff_name(text)


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(ActorExistsError):
        new_staff("Li Na", Role.OWNER, Counting(), taken=True)


@pytest.mark.parametrize("other", ["li na", "LI NA", "Ｌｉ Ｎａ", " Li  Na "])
def test_capital_letters_width_and_blanks_make_no_other_name(other):
    assert name_key(staff_name(other)) == name_key(staff_name("Li Na"))


@given(st.text(max_size=80))
def test_the_normal_form_of_a_name_is_its_own_normal_form(text):
    normal = printable_text(text, 60)
    if normal is not None:
        assert printable_text(normal, 60) in {normal, None}
        assert name_key(name_key(normal)) == name_key(normal)


def test_a_member_acts_in_his_role_on_a_device():
    staff = new_staff("Li Na", Role.OWNER, Counting(), taken=False)
    assert acting(staff, "d_x") == Actor(id=staff.id, role=Role.OWNER, device="d_x")


def test_who_has_left_does_not_act_and_keeps_the_pseudonym():
    staff = new_staff("Li Na", Role.OWNER, Counting(), taken=False)
    gone = staff.left()
    assert gone.id == staff.id
    with pytest.raises(ActorLeftError):
        acting(gone, "d_x")


def test_an_unknown_name_is_an_error_that_does_not_repeat_it():
    with pytest.raises(UnknownActorError) as caught:
        known(None)
    assert caught.value.facts == {}


def test_a_known_member_is_handed_on():
    staff = new_staff("Li Na", Role.OWNER, Counting(), taken=False)
    assert known(staff) is staff
