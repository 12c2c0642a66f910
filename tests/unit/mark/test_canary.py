"""Invented people: rare names, own numbers, and rows that look like their neighbors."""

import pytest

from dyepack.identifiers.name_tables import NameTables, name_tables
from dyepack.mark.canary import COUNTED_CELL, CanaryKind, cells, invent, observe
from dyepack.mark.errors import LinesExhaustedError, NamesExhaustedError
from fakes.marks import CountingLines, NobodyInUse, SeededRandom

FIELDS = ("name", "latin_name", "phone", "email", "wechat", "birth_date", "grade", "remark", "school", "guardian_phone")


def invented(count=5, seed=0, in_use=None, names=None, lines=None):
    return invent(
        SeededRandom(seed),
        kind=CanaryKind.EXCLUSIVE,
        count=count,
        names=names or name_tables(),
        lines=lines or CountingLines(),
        in_use=in_use or NobodyInUse(),
    )


def rows_like(count, **cells_of_all):
    return [cells_of_all.copy() for _ in range(count)]


class Borne(NobodyInUse):
    def __init__(self, names=(), phones=()):
        self.names, self.phones = names, phones

    def name_in_use(self, name):
        return name in self.names

    def phone_in_use(self, number):
        return number in self.phones


def test_the_same_randomness_invents_the_same_people():
    assert invented(seed=3) == invented(seed=3)
    assert invented(seed=3) != invented(seed=4)


def test_people_have_different_ids_names_and_numbers():
    people = invented(40)

    assert len({person.id for person in people}) == len({person.phone for person in people}) == 40
    assert len({person.name for person in people}) > 35


def test_a_name_is_a_surname_and_one_or_two_characters():
    for person in invented(40):
        assert 2 <= len(person.name) <= 3
        assert person.name[0] in name_tables().surnames
        assert len(person.latin_name.split()) == 2
        assert person.latin_name.isascii()


def test_a_name_that_a_person_of_the_vault_bears_is_not_taken():
    usual = invented(3)
    taken = frozenset(person.name for person in usual)

    assert not taken & {person.name for person in invented(3, in_use=Borne(names=taken))}


def test_a_number_that_a_person_of_the_vault_has_is_passed_over():
    (first,) = invented(1)
    (second,) = invented(1, in_use=Borne(phones=(first.phone,)))

    assert second.phone != first.phone


def test_only_taken_numbers_are_an_error_of_ours():
    class Stuck(CountingLines):
        def take(self):
            return "+8616900000001"

    with pytest.raises(LinesExhaustedError):
        invented(1, lines=Stuck(), in_use=Borne(phones=("+8616900000001",)))


@pytest.mark.parametrize("given", [{}, {"伟": 10.0, "丽": 10.0}])
def test_tables_with_too_common_or_no_names_are_an_error_of_ours(given):
    with pytest.raises(NamesExhaustedError):
        invented(1, names=NameTables({"王": 100.0}, given, frozenset()))


def test_nothing_of_a_canary_but_its_id_is_printed():
    (person,) = invented(1)

    assert person.name not in repr(person)
    assert person.phone not in repr(person)
    assert person.latin_name not in repr(person)


def test_the_card_commits_to_everything_of_a_canary():
    first, second = invented(2)

    assert first.card != second.card
    assert first.card == invented(2)[0].card


def test_a_row_is_a_function_of_the_canary_and_of_the_copy():
    (person,) = invented(1)
    neighbors = observe(rows_like(30, name="测试甲", remark="有", grade="高二"), FIELDS)

    first = cells(person, FIELDS, neighbors, year=2026, mail_domain="example.com")

    assert first == cells(person, FIELDS, neighbors, year=2026, mail_domain="example.com")
    assert tuple(first) == FIELDS


def test_a_canary_is_an_adult_without_guardian_school_or_papers():
    neighbors = observe(rows_like(20, birth_date="2001-01-01", school="某校", guardian_phone="13800000012"), FIELDS)

    for person in invented(30):
        row = cells(person, FIELDS, neighbors, year=2026, mail_domain="example.com")
        assert 2026 - 24 <= int(row["birth_date"][:4]) + 1 <= 2026 - 19 + 1
        assert row["school"] == row["guardian_phone"] == ""


def test_values_are_imitated_only_if_many_rows_hold_them():
    rows = rows_like(COUNTED_CELL, grade="大二") + rows_like(COUNTED_CELL - 1, grade="高三")
    neighbors = observe(rows, FIELDS)

    shown = {cells(person, FIELDS, neighbors, year=2026, mail_domain="example.com")["grade"] for person in invented(30)}

    assert shown == {"大二"}


def test_a_column_that_is_empty_in_the_copy_is_empty_in_the_canary():
    neighbors = observe(rows_like(40, name="测试甲", phone="13800000012"), FIELDS)
    (person,) = invented(1)

    row = cells(person, FIELDS, neighbors, year=2026, mail_domain="example.com")

    assert {name for name, text in row.items() if text} == {"name", "phone"}


@pytest.mark.parametrize(
    ("written", "prefix"), [("13800000012", ""), ("8613800000012", "86"), ("+8613800000012", "+86")]
)
def test_a_number_is_written_as_the_copy_writes_numbers(written, prefix):
    neighbors = observe(rows_like(9, name="测试甲", phone=written), FIELDS)
    (person,) = invented(1)

    row = cells(person, FIELDS, neighbors, year=2026, mail_domain="example.com")

    assert row["phone"] == prefix + person.phone.removeprefix("+86")


def test_a_copy_of_latin_names_gets_a_latin_name():
    (person,) = invented(1)
    latin = observe(rows_like(9, name="Test Person"), FIELDS)
    han = observe(rows_like(9, name="测试甲"), FIELDS)

    assert cells(person, FIELDS, latin, year=2026, mail_domain="example.com")["name"] == person.latin_name
    assert cells(person, FIELDS, han, year=2026, mail_domain="example.com")["name"] == person.name


def test_an_address_is_on_the_domain_given():
    neighbors = observe(rows_like(9, email="a@example.org"), FIELDS)
    (person,) = invented(1)

    assert cells(person, FIELDS, neighbors, year=2026, mail_domain="example.com")["email"].endswith("@example.com")
