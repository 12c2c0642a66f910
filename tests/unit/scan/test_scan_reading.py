import datetime as dt
from typing import Any

import pytest

from dyepack.scan import Note, ScanError, Table, read_table, read_tables
from fakes.sheets import ods, xls, xlsx

HEAD = ["姓名", "手机", "备注"]
LINES = [["王小明", "13800000012", "想去英国"], ["李芳", "13800000013", "=1+1"]]
CSV = "姓名,手机,备注\n王小明,13800000012,想去英国\n李芳,13800000013,=1+1\n"


def rows_of(table: Table) -> list[list[str]]:
    return [list(row) for row in table.rows]


@pytest.mark.parametrize(
    "content",
    [
        xlsx([HEAD, *LINES]),
        xls([HEAD, *LINES]),
        ods([HEAD, *LINES]),
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        CSV.encode("gb18030"),
        CSV.encode("utf-16"),
        b"\xfe\xff" + CSV.encode("utf-16-be"),
        CSV.replace(",", "\t").encode(),
        CSV.replace(",", ";").encode(),
        CSV.replace(",", "|").encode(),
        CSV.replace("\n", "\r\n").encode(),
        ("sep=;\n" + CSV.replace(",", ";")).encode(),
    ],
    ids=[
        "xlsx",
        "xls",
        "ods",
        "utf-8",
        "utf-8-bom",
        "gb18030",
        "utf-16-le",
        "utf-16-be",
        "tab",
        "semicolon",
        "bar",
        "crlf",
        "sep",
    ],
)
def test_one_table_in_every_format_reads_the_same(content: bytes) -> None:
    table = read_table(content, name="list")
    assert list(table.header) == HEAD
    assert rows_of(table) == LINES


@pytest.mark.parametrize("name", ["leads.xlsx", "leads.pdf", "leads"])
def test_the_bytes_and_not_the_name_say_what_a_file_is(name: str) -> None:
    assert read_table(CSV.encode(), name=name).header == tuple(HEAD)
    assert read_table(xlsx([HEAD, *LINES]), name=name + ".csv").header == tuple(HEAD)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (13800000012.0, "13800000012"),
        (13800000012, "13800000012"),
        (123456789012345.0, "123456789012345"),
        (0.5, "0.5"),
        (0.00001, "0.00001"),
        (True, "TRUE"),
        (dt.date(2003, 5, 1), "2003-05-01"),
        (dt.datetime(2003, 5, 1, 13, 30), "2003-05-01 13:30:00"),
        ("  padded  ", "padded"),
        ("007", "007"),
    ],
)
def test_a_cell_becomes_the_text_a_person_would_write(cell: Any, text: str) -> None:
    assert read_table(xlsx([["姓名", "手机", "x"], ["王小明", "13800000012", cell]]), name="a").rows[0][2] == text


def test_a_formula_is_its_cached_value_and_is_never_evaluated() -> None:
    def decorate(book: Any, sheets: list[Any]) -> None:
        sheets[0].write_formula(1, 2, "=1+1", None, 41)

    assert (
        read_table(xlsx([["姓名", "手机", "x"], ["王小明", "13800000012", ""]], decorate=decorate), name="a").rows[0][2]
        == "41"
    )


def test_a_value_merged_downwards_belongs_to_every_row() -> None:
    def decorate(book: Any, sheets: list[Any]) -> None:
        sheets[0].merge_range(1, 2, 3, 2, "英国")

    lines = [
        ["姓名", "手机", "意向国家"],
        ["王小明", "13800000012"],
        ["李芳", "13800000013"],
        ["张伟", "13800000014"],
        ["周娜", "13800000015", "日本"],
    ]
    table = read_table(xlsx(lines, decorate=decorate), name="a")
    assert table.column(2) == ("英国", "英国", "英国", "日本")
    assert Note("merged-cells") in table.notes


def test_a_value_merged_sideways_stays_where_it_is() -> None:
    def decorate(book: Any, sheets: list[Any]) -> None:
        sheets[0].merge_range(1, 2, 1, 3, "英国")

    table = read_table(xlsx([["姓名", "手机", "国家", "备注"], ["王小明", "13800000012"]], decorate=decorate), name="a")
    assert table.rows[0] == ("王小明", "13800000012", "英国", "")


def test_a_merged_title_above_the_header_is_skipped() -> None:
    def decorate(book: Any, sheets: list[Any]) -> None:
        sheets[0].merge_range(0, 0, 1, 2, "2026 客户登记表")

    table = read_table(xlsx([[], [], HEAD, *LINES], decorate=decorate), name="a")
    assert list(table.header) == HEAD
    assert table.first_row == 4
    assert Note("title-rows-skipped", 2) in table.notes


def test_a_header_of_two_rows_is_read_from_its_lower_one() -> None:
    def decorate(book: Any, sheets: list[Any]) -> None:
        sheets[0].merge_range(0, 0, 1, 0, "姓名")
        sheets[0].merge_range(0, 1, 0, 2, "基本情况")

    table = read_table(
        xlsx([[], [None, "手机", "微信"], ["王小明", "13800000012", "wxid_abc123"]], decorate=decorate), name="a"
    )
    assert table.header == ("姓名", "手机", "微信")


def test_a_hidden_column_is_read_and_named() -> None:
    def decorate(book: Any, sheets: list[Any]) -> None:
        sheets[0].set_column(1, 1, None, None, {"hidden": True})

    table = read_table(xlsx([HEAD, *LINES], decorate=decorate), name="a")
    assert table.hidden == frozenset({1})
    assert table.column(1) == ("13800000012", "13800000013")


def test_a_file_without_a_header_loses_no_row() -> None:
    table = read_table("王小明,13800000012\n李芳,13800000013\n".encode(), name="a")
    assert table.header == ("column 1", "column 2")
    assert not table.named
    assert (table.first_row, len(table.rows)) == (1, 2)


@pytest.mark.parametrize(
    "first",
    ["王小明,138****0012", "王小明,wang@example.com", "王小明,11010519491231002X", "王小明,13800000012/13900000013"],
)
def test_a_first_row_that_holds_a_finding_is_data(first: str) -> None:
    assert len(read_table(f"{first}\n李芳,13800000013\n".encode(), name="a").rows) == 2


def test_a_header_of_unknown_words_is_told_by_the_change_below_it() -> None:
    table = read_table("col_a,col_b\n王小明,13800000012\n李芳,13800000013\n".encode(), name="a")
    assert table.header == ("col_a", "col_b")


def test_empty_rows_are_not_rows_and_row_numbers_stay_those_of_the_file() -> None:
    table = read_table("姓名,手机\n\n王小明,13800000012\n,\n李芳,13800000013\n".encode(), name="a")
    assert table.numbers == (3, 5)
    assert table.first_row == 3


def test_a_header_that_is_repeated_on_every_page_is_no_row() -> None:
    table = read_table("姓名,手机\n王小明,13800000012\n姓名,手机\n李芳,13800000013\n".encode(), name="a")
    assert len(table.rows) == 2
    assert Note("header-repeated", 1) in table.notes


def test_quotes_follow_the_standard() -> None:
    table = read_table('姓名,手机,备注\n"王,小明",13800000012,"他说""好""\n下一行"\n'.encode(), name="a")
    assert table.rows[0] == ("王,小明", "13800000012", '他说"好"\n下一行')


def test_a_gb18030_file_that_begins_with_much_ascii_is_read() -> None:
    content = b"phone,note\n" + b"13800000012,ascii\n" * 12_000 + "13800000013,想去英国\n".encode("gb18030")
    assert read_table(content, name="a").rows[-1] == ("13800000013", "想去英国")


def test_a_chart_and_a_comment_do_not_disturb_the_sheet() -> None:
    def decorate(book: Any, sheets: list[Any]) -> None:
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "='sheet 1'!$B$2:$B$3"})
        sheets[0].insert_chart("F2", chart)
        sheets[0].write_comment("A2", "a comment")

    assert rows_of(read_table(xlsx([HEAD, *LINES], decorate=decorate), name="a")) == LINES


def test_one_number_a_line_is_a_table_of_one_column() -> None:
    assert read_table(b"13800000012\n13800000013\n", name="a.txt").column(0) == ("13800000012", "13800000013")


def test_short_rows_are_filled_and_long_rows_widen_the_header() -> None:
    table = read_table("姓名,手机\n王小明\n李芳,13800000013,多余\n".encode(), name="a")
    assert table.header == ("姓名", "手机", "column 3")
    assert table.rows[0] == ("王小明", "", "")


def test_every_sheet_with_rows_is_read_and_a_hidden_one_is_said() -> None:
    def decorate(book: Any, sheets: list[Any]) -> None:
        sheets[2].hide()

    content = xlsx([HEAD, *LINES], [], [HEAD, LINES[0]], decorate=decorate)
    tables = read_tables(content, name="a")
    assert [len(table.rows) for table in tables] == [2, 1]
    assert Note("hidden-sheet") in tables[1].notes
    assert Note("other-sheets", 1) in read_table(content, name="a").notes


def test_a_sheet_is_chosen_by_name_or_position() -> None:
    content = xlsx([HEAD, *LINES], [HEAD, LINES[0]])
    assert len(read_table(content, name="a", sheet="sheet 2").rows) == 1
    assert len(read_table(content, name="a", sheet="2").rows) == 1


@pytest.mark.parametrize("sheet", ["客户王小明", "3", "0", "-1", "2", ""])
def test_a_sheet_that_is_not_there_is_refused_without_its_name(sheet: str) -> None:
    with pytest.raises(ScanError) as refusal:
        read_table(xlsx([HEAD, *LINES], []), name="a", sheet=sheet)
    assert refusal.value.code == "scan.no-sheet"
    assert "王小明" not in str(refusal.value)
    assert "2" in str(refusal.value)
