"""The example lists: made anew they are the same, and they are as dirty as the story says."""

import importlib.util
import io
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from dyepack.identifiers import IdentifierError, normalize_citizen_id, normalize_date, normalize_phone, split_phones
from dyepack.scan import Note, Table, classify_columns, read_table, require_contact

EXAMPLES = Path(__file__).parents[3] / "examples"
NAMES = ("leads.xlsx", "leads-gb18030.csv")


@cache
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_leads", EXAMPLES / "make_leads.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_leads"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@cache
def table(name: str) -> Table:
    return read_table((EXAMPLES / name).read_bytes(), name=name)


def column(name: str, field: str) -> tuple[str, ...]:
    index = next(one.index for one in classify_columns(table(name)) if one.field == field)
    return table(name).column(index)


def code(normalize: Callable[[str], str], text: str) -> str:
    try:
        normalize(text)
    except IdentifierError as error:
        return error.code
    return "ok"


def numbers(name: str) -> list[str]:
    pieces = [piece for cell in column(name, "phone") for piece in split_phones(cell)]
    return [normalize_phone(piece) for piece in pieces if code(normalize_phone, piece) == "ok"]


def test_the_committed_lists_are_what_the_program_makes() -> None:
    made = maker().make()
    assert made["leads-gb18030.csv"] == (EXAMPLES / "leads-gb18030.csv").read_bytes()
    # members, not bytes: another zlib may pack the same sheet differently
    assert members(made["leads.xlsx"]) == members((EXAMPLES / "leads.xlsx").read_bytes())


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_made_twice_the_lists_are_the_same_bytes() -> None:
    assert maker().make() == maker().make()


def test_together_they_have_two_thousand_rows_and_say_how_to_reach_people() -> None:
    assert [len(table(name).rows) for name in NAMES] == [1200, 800]
    for name in NAMES:
        require_contact(classify_columns(table(name)))


@pytest.mark.parametrize("name", NAMES)
def test_all_columns_of_the_plan_are_recognized_in_both_orders(name: str) -> None:
    found = [one.field for one in classify_columns(table(name))]
    wanted = {
        "name",
        "phone",
        "wechat",
        "email",
        "birth_date",
        "target_country",
        "grade",
        "intake_season",
        "budget_band",
        "remark",
    }
    assert wanted <= set(found)


def test_the_dirt_is_there() -> None:
    cells = [cell for name in NAMES for cell in column(name, "phone")]
    for pattern in (
        "^[０-９]{11}$",
        r"^\+86",
        "^0086",
        r"^\d{3}-\d{4}-\d{4}$",
        r"^\d{3} \d{4} \d{4}$",
        r"\.0$",
        r"^1\.38E\+10$",
    ):
        assert any(re.search(pattern, cell) for cell in cells), pattern
    assert Note("hidden-columns", 1) in table("leads.xlsx").notes
    assert Note("title-rows-skipped", 2) in table("leads.xlsx").notes
    assert Note("merged-cells", 41) in table("leads.xlsx").notes
    assert all(column("leads.xlsx", "target_country"))


def test_each_phone_cell_is_numbers_or_was_damaged_on_purpose() -> None:
    pieces = [piece for name in NAMES for cell in column(name, "phone") for piece in split_phones(cell)]
    assert Counter(code(normalize_phone, piece) for piece in pieces)["identifiers.phone"] == 0
    assert Counter(code(normalize_phone, piece) for piece in pieces)["identifiers.damaged"] == 2


def test_exactly_one_resident_id_has_a_wrong_check_digit() -> None:
    codes = Counter(code(normalize_citizen_id, cell) for cell in column("leads.xlsx", "citizen_id") if cell)
    assert codes["identifiers.citizen-id-check-digit"] == 1
    assert set(codes) == {"ok", "identifiers.citizen-id-check-digit"}


def test_every_birth_date_is_a_day_and_most_people_are_adults() -> None:
    written = [cell for name in NAMES for cell in column(name, "birth_date") if cell]
    days = [normalize_date(cell, serial=True) for cell in written]
    assert 0.55 < len(days) / 2000 < 0.65
    assert 0.85 < sum(day < "2008-03-02" for day in days) / len(days) < 0.95


def test_people_are_told_apart_by_number_but_for_the_planted_doubles() -> None:
    planted = maker().PLANTED
    first, second = numbers("leads.xlsx"), numbers("leads-gb18030.csv")
    assert 0 < len(first) - len(set(first)) <= planted["doubles in the xlsx"] + 2
    assert (
        planted["doubles of the xlsx in the csv"] - 3
        <= len(set(first) & set(second))
        <= planted["doubles of the xlsx in the csv"] + 2
    )


def test_every_number_and_address_is_clearly_invented() -> None:
    for name in NAMES:
        assert all(re.fullmatch(r"\+861[358]\d00000\d{3}", number) for number in numbers(name))
        assert all(cell.endswith("@example.com") for cell in column(name, "email") if cell)


@pytest.mark.parametrize(
    "form",
    [
        "去英国读研",
        "赴英国读研",
        "家长已沟通",
        "已与家长沟通",
        r"预算约\d+万",
        r"预算\d+万左右",
        "高二在读",
        "在读高二",
        "^英国、(本科|硕士|预科|博士)",
        "^(本科|硕士|预科|博士)、英国",
    ],
)
def test_remarks_use_both_forms_of_each_phrase(form: str) -> None:
    remarks = [cell for name in NAMES for cell in column(name, "remark")]
    assert sum(bool(re.search(form, remark)) for remark in remarks) >= 20


def test_about_half_of_the_rows_hold_one_of_the_phrases() -> None:
    phrases = re.compile("[去赴]英国读研|家长已沟通|已与家长沟通|预算约|万左右|高二在读|在读高二|^[^，]+、[^，]+$")
    remarks = [cell for name in NAMES for cell in column(name, "remark")]
    assert 0.45 < sum(bool(phrases.search(remark)) for remark in remarks) / len(remarks) < 0.6
