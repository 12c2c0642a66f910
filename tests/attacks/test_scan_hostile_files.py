"""Files made to hurt the reader: each must end in one sentence of ours, quickly, and with nothing read."""

import contextlib
import io
import struct
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import msoffcrypto.format.ooxml
import pytest
from python_calamine import CalamineError

from dyepack.identifiers import (
    IdentifierError,
    find_phones,
    normalize_landline,
    normalize_phone,
    split_name,
    split_phones,
)
from dyepack.scan import LIMITS, ScanError, Table, classify_columns, read_table
from dyepack.scan.extent import judge_xlsx_part
from fakes.sheets import ods, with_part, xls, xlsx

SHEET = "xl/worksheets/sheet1.xml"
GOOD = xlsx([["姓名", "手机"], ["王小明", "13800000012"]])


class _Panic(BaseException):
    """As pyo3 raises it: no ``Exception``."""


HEAD = [["姓名", "手机"], ["王小明", "13800000012"]]


def code_of(content: bytes, name: str = "leads.xlsx") -> str:
    with pytest.raises(ScanError) as refusal:
        read_table(content, name=name)
    for language in ("en", "zh"):
        sentence = refusal.value.sentence(language)
        assert sentence
        assert "?" not in sentence
        assert "{" not in sentence
    return refusal.value.code


@pytest.mark.parametrize(
    "content", [b"", b" \r\n\t", "姓名,手机\n".encode(), b"\xef\xbb\xbf", xlsx([]), xlsx([["姓名", "手机"]])]
)
def test_a_file_without_data_is_empty(content: bytes) -> None:
    assert code_of(content) == "scan.empty-file"


def test_a_workbook_with_a_password_is_said_to_have_one() -> None:
    target = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(GOOD)).encrypt("secret", target)
    assert code_of(target.getvalue()) == "scan.encrypted"


def test_an_old_workbook_with_a_password_is_said_to_have_one() -> None:
    assert code_of(xls(HEAD, extra_records=[(0x002F, b"\0" * 6)])) == "scan.encrypted"


def test_an_open_document_with_a_password_is_said_to_have_one() -> None:
    assert code_of(ods([["a"]], manifest="<m><encryption-data/></m>")) == "scan.encrypted"


def test_an_archive_with_an_encrypted_member_is_said_to_be_encrypted() -> None:
    flagged = bytearray(GOOD)
    entry = flagged.find(b"PK\x01\x02")
    flagged[entry + 8] |= 1
    assert code_of(bytes(flagged)) == "scan.encrypted"


def test_a_zip_bomb_is_refused_by_its_directory() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * (64 << 20))
    assert len(target.getvalue()) < 100_000
    assert code_of(target.getvalue()) == "scan.bomb"


def test_a_zip_bomb_whose_directory_lies_is_refused_while_unpacking() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * (64 << 20))
    lying = bytearray(target.getvalue())
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", lying, lying.find(mark) + place, 100)
    assert code_of(bytes(lying)) == "scan.unreadable"


def test_a_dense_but_small_sheet_is_no_bomb() -> None:
    content = xlsx([["姓名", "手机"], *[["王小明", "13800000012"]] * 20_000])
    assert len(read_table(content, name="a").rows) == 20_000


def test_an_archive_with_two_members_of_one_name_is_ambiguous() -> None:
    target = io.BytesIO(GOOD)
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    assert code_of(target.getvalue()) == "scan.unreadable"


def test_a_million_rows_of_one_cell_are_too_many() -> None:
    assert code_of(b"1\n" * 1_000_000, "a.csv") == "scan.too-many-rows"
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (row, row) for row in range(1, 1_000_001))
    million = with_part(
        GOOD, SHEET, lambda xml: xml[: xml.find(b"<sheetData>") + 11] + rows + xml[xml.find(b"</sheetData>") :]
    )
    assert code_of(million) == "scan.too-many-rows"


def test_rows_up_to_the_limit_are_read() -> None:
    content = b"name,phone\n" + b"a,1\n" * LIMITS.rows
    assert len(read_table(content, name="a.csv").rows) == LIMITS.rows
    assert code_of(content + b"a,1\n", "a.csv") == "scan.too-many-rows"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'r="B2"', b'r="XFD1048576"'),
        (b'r="B2"', b"r='xfd1048576'"),
        (b'r="B2"', b'q=">" r="XFD1048576"'),
        (b'<row r="2" spans="1:2"><c r="A2"', b'<row r="1048576"><c'),
        (b'<c r="B2"', b'<!-- <c q=\' --><c r="XFD1048576"'),
        (b'<c r="B2"', b'<c q="<c " r="XFD1048576"'),
    ],
    ids=[
        "plain",
        "small letters",
        "behind a sign in quotes",
        "by its row",
        "behind a comment",
        "behind a tag in quotes",
    ],
)
def test_a_cell_in_the_far_corner_allocates_nothing(old: bytes, new: bytes) -> None:
    assert b'<row r="2"' in zipfile.ZipFile(io.BytesIO(GOOD)).read(SHEET)
    far = with_part(GOOD, SHEET, lambda xml: xml.replace(old, new))
    assert code_of(far) == "scan.too-many-rows"


def test_a_far_column_and_a_far_row_together_are_too_large() -> None:
    wide = with_part(GOOD, SHEET, lambda xml: xml.replace(b'r="B2"', b'r="ALL150000"'))
    assert code_of(wide) == "scan.too-large"


def test_a_formatted_empty_cell_in_the_far_corner_is_harmless() -> None:
    far = b'<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
    assert len(read_table(with_part(GOOD, SHEET, lambda xml: xml.replace(b"</sheetData>", far)), name="a").rows) == 1


def test_a_dimension_that_lies_is_harmless() -> None:
    lying = with_part(GOOD, SHEET, lambda xml: xml.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))
    assert len(read_table(lying, name="a").rows) == 1


def test_repeated_cells_of_an_open_document_allocate_nothing() -> None:
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="{}"/>'
    row = '<table:table-row table:number-rows-repeated="{}">{}</table:table-row>'
    assert code_of(ods(HEAD, raw_rows=row.format(1048576, cell.format(1)))) == "scan.too-many-rows"
    assert code_of(ods(HEAD, raw_rows=row.format(1, cell.format(2**31)))) == "scan.too-large"
    empty = '<table:table-cell table:number-columns-repeated="2000000000"/>'
    assert code_of(ods(HEAD, raw_rows=row.format(1, empty + cell.format(1)))) == "scan.too-large"


def test_forged_cells_and_dimensions_of_an_old_workbook_allocate_nothing() -> None:
    forged = struct.pack("<HHHd", 65535, 65535, 0, 1.0)
    assert code_of(xls(HEAD, extra_records=[(0x0203, forged)])) == "scan.unreadable"
    assert code_of(xls(HEAD, extra_records=[(0x00BD, struct.pack("<HHHIH", 1, 0, 0, 0, 65535))])) == "scan.unreadable"
    assert code_of(xls(HEAD, dimensions=struct.pack("<IIHHH", 0, 2**32 - 1, 0, 65535, 0))) == "scan.unreadable"


@pytest.mark.parametrize("raised", [CalamineError("王小明"), _Panic("王小明"), MemoryError()])
def test_an_error_or_panic_of_the_foreign_reader_becomes_ours(
    raised: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr("dyepack.scan.workbook.CalamineWorkbook", SimpleNamespace(from_filelike=fail))
    assert code_of(GOOD) == "scan.unreadable"


def test_a_person_can_still_interrupt_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dyepack.scan.workbook.CalamineWorkbook", SimpleNamespace(from_filelike=interrupt))
    with pytest.raises(KeyboardInterrupt):
        read_table(GOOD, name="a")


def test_a_sector_chain_that_bites_its_tail_ends() -> None:
    looped = bytearray(xls(HEAD))
    struct.pack_into("<I", looped, 512 + 4 * 5, 2)
    assert code_of(bytes(looped)) == "scan.unreadable"


def test_too_many_columns_and_too_long_cells_are_too_large() -> None:
    assert code_of(b"a," * 1_000 + b"a\n", "a.csv") == "scan.too-large"
    assert code_of(b"name,phone\n" + b"x" * 100_001 + b",1\n", "a.csv") == "scan.too-large"
    assert code_of(b'name,phone\n"never closed' + b"x" * 200_000, "a.csv") == "scan.too-large"


def test_a_huge_cell_of_a_workbook_is_too_large() -> None:
    huge = with_part(GOOD, "xl/sharedStrings.xml", lambda xml: xml.replace("王小明".encode(), b"x" * 100_001))
    assert code_of(huge) == "scan.too-large"


def test_deeply_nested_markup_ends_in_one_sentence_or_is_passed_over() -> None:
    deep = b"<x>" * 50_000 + b"</x>" * 50_000 + b"<sheetData>"
    table = read_table(with_part(GOOD, SHEET, lambda xml: xml.replace(b"<sheetData>", deep)), name="a")
    assert table.rows == (("王小明", "13800000012"),)


def test_entities_of_the_attacker_are_not_expanded() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "' + b"ha" * 500 + b'"><!ENTITY b "' + b"&a;" * 500 + b'">]>'
    bomb = with_part(GOOD, "xl/sharedStrings.xml", lambda xml: laughs + xml.replace("王小明".encode(), b"&b;" * 500))
    with contextlib.suppress(ScanError):
        assert all(len(cell) < 10_000 for row in read_table(bomb, name="a").rows for cell in row)
    assert code_of(with_part(GOOD, SHEET, lambda xml: laughs + xml)) == "scan.unreadable"


def test_cells_that_do_not_say_where_they_stand_are_counted() -> None:
    cells = b"<c><v>1</v></c>" * 2_000
    wide = with_part(GOOD, SHEET, lambda xml: xml.replace(b"</row></sheetData>", cells + b"</row></sheetData>"))
    assert code_of(wide) == "scan.too-large"
    for prefix in (b"", b"x:"):
        sheet = b"<sheetData><row>" + cells.replace(b"<c", b"<" + prefix + b"c") + b"</row></sheetData>"
        with pytest.raises(ScanError):
            judge_xlsx_part(sheet)


def test_markup_that_never_closes_costs_no_more_than_its_length() -> None:
    for endless in (b"<row " * 400_000, b'<c q="' * 400_000, b"<!-- " * 400_000):
        open_ended = with_part(GOOD, SHEET, lambda xml, tail=endless: xml[: xml.find(b"</sheetData>")] + tail)
        started = time.process_time()
        with contextlib.suppress(ScanError):
            read_table(open_ended, name="a")
        assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "cell", ["'" * 90_000, " " * 90_000 + "1", "1 " * 45_000, "(" * 90_000, "0" * 90_000, "一" * 90_000, "*" * 90_000]
)
def test_no_cell_buys_more_time_than_its_length(cell: str) -> None:
    started = time.process_time()
    table = Table("", ("姓名", "手机"), ((cell, cell),), 2, (2,))
    classify_columns(table)
    find_phones(cell)
    split_phones(cell)
    split_name(cell)
    with pytest.raises(IdentifierError):
        normalize_phone(cell)
    with pytest.raises(IdentifierError):
        normalize_landline(cell)
    assert time.process_time() - started < 5


def test_a_packing_method_that_spreadsheets_do_not_use_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert code_of(target.getvalue()) == "scan.unreadable"


def test_a_file_beyond_the_size_is_not_even_looked_at() -> None:
    assert code_of(b"PK\x03\x04" + bytes(LIMITS.file_bytes)) == "scan.too-large"


@pytest.mark.parametrize(
    "content",
    [
        "café,résumé\nnaïve,über\n".encode("latin-1") * 5,
        "氏名,電話\n山田太郎,13800000012\n".encode("shift-jis"),
        "姓名,電話\n陳小明,13800000012\n".encode("big5") * 3,
        "姓名,手机\n王小明,13800000012\n".encode("utf-16-le"),
        "姓名,手机\n王小明,13800000012\n".encode() * 20 + b"\xff\n",
        "name,phone\nRené Müller,13800000012\n".encode() * 5 + b"\xd6\xd0\n",
        b"\xef\xbb\xbf\xff\xff",
        b"\xff\xfea",
    ],
    ids=[
        "latin-1",
        "shift-jis",
        "big5",
        "utf-16 without mark",
        "broken utf-8",
        "broken accents",
        "broken utf-8 with mark",
        "half utf-16",
    ],
)
def test_a_wrong_encoding_is_refused_and_not_read_as_noise(content: bytes) -> None:
    assert code_of(content, "a.csv") == "scan.encoding"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n",
        b"\x1f\x8b\x08",
        b"PK\x03\x04",
        b"PK\x03\x04" + b"x" * 99,
        bytes.fromhex("d0cf11e0a1b11ae1"),
    ],
)
def test_what_is_no_table_is_unreadable(content: bytes) -> None:
    assert code_of(content) == "scan.unreadable"


def test_an_archive_of_something_else_is_unreadable() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    assert code_of(target.getvalue()) == "scan.unreadable"


def test_a_formula_in_a_text_file_is_text() -> None:
    payload = '=HYPERLINK("http://example.com")'
    assert (
        read_table(f"姓名,手机,备注\n王小明,13800000012,{payload}\n".encode(), name="a")
        .rows[0][2]
        .startswith("=HYPERLINK")
    )


def test_no_part_of_a_file_touches_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    read_table(xlsx([["姓名", "手机"], *[["王小明", "13800000012"]] * 5_000]), name="a")
    read_table(xls(HEAD), name="a")
    assert list(tmp_path.iterdir()) == []
