import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dyepack.scan import ScanError, Table, classify_columns, read_table, read_tables
from fakes.sheets import ods, with_part, xls, xlsx

LINES = [["姓名", "手机", "备注"], ["王小明", "13800000012", "想去英国"], ["李芳", "13800000013", ""]]
CSV = "\n".join(",".join(line) for line in LINES).encode("gb18030")
FILES = {"xlsx": xlsx(LINES), "xls": xls(LINES), "ods": ods(LINES), "csv": CSV}
PARTS = zipfile.ZipFile(io.BytesIO(FILES["xlsx"])).namelist()
changes = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6)
quiet = settings(
    max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None
)


def read_all(content: bytes) -> None:
    """Read as intake does; only our errors may come out."""
    for table in tables_or_refusal(content):
        assert all(len(row) == len(table.header) for row in table.rows)
        assert len(table.numbers) == len(table.rows) > 0
        assert len(classify_columns(table)) == len(table.header)


def tables_or_refusal(content: bytes) -> list[Table]:
    try:
        return read_tables(content, name="list")
    except ScanError:
        return []


def mutate(content: bytes, changed: list[tuple[int, int]]) -> bytes:
    mutable = bytearray(content)
    for place, value in changed:
        mutable[place % len(mutable)] = value
    return bytes(mutable)


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_nothing_but_our_error_escapes_from_any_bytes(content: bytes) -> None:
    read_all(content)


@given(
    st.sampled_from([b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"), b"\xff\xfe", b"\xef\xbb\xbf", b"sep=;\n"]),
    st.binary(max_size=600),
)
@settings(max_examples=100, deadline=None)
def test_nothing_but_our_error_escapes_behind_any_magic(magic: bytes, rest: bytes) -> None:
    read_all(magic + rest)


@pytest.mark.parametrize("kind", sorted(FILES))
@given(changed=changes, cut=st.integers(0, 10**6))
@quiet
def test_nothing_but_our_error_escapes_from_a_mutated_file(kind: str, changed: list[tuple[int, int]], cut: int) -> None:
    mutated = mutate(FILES[kind], changed)
    read_all(mutated)
    read_all(mutated[: cut % len(mutated)])


@given(st.sampled_from(PARTS), changes)
@settings(max_examples=120, deadline=None)
def test_nothing_but_our_error_escapes_from_a_mutated_part(part: str, changed: list[tuple[int, int]]) -> None:
    read_all(with_part(FILES["xlsx"], part, lambda data: mutate(data, changed)))


cells = st.text(alphabet=st.characters(codec="gb18030", exclude_categories=["Cc", "Cs"]), max_size=12).map(str.strip)


@given(
    st.lists(st.tuples(cells, cells), min_size=1, max_size=8).filter(lambda rows: all(any(row) for row in rows)),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(",;\t|"),
)
@settings(max_examples=100, deadline=None)
def test_what_is_written_as_text_is_read_as_it_was(rows: list[tuple[str, str]], encoding: str, delimiter: str) -> None:
    lines = [("姓名", "手机"), ("王小明", "13800000012"), *rows]
    text = "".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in lines)
    table = read_table(text.encode(encoding), name="list")
    assert table.header == ("姓名", "手机")
    assert list(table.rows) == [row for row in lines[1:] if row != ("姓名", "手机")]


@given(
    st.lists(st.integers(0, 999), min_size=5, max_size=40, unique=True), st.sampled_from(["utf-8", "gb18030", "utf-16"])
)
@settings(max_examples=40, deadline=None)
def test_the_phone_column_is_found_wherever_it_stands(numbers: list[int], encoding: str) -> None:
    for place in range(3):
        lines = []
        for number in numbers:
            line = ["甲", "一段文字"]
            line.insert(place, f"138-0000-0{number:03}" if number % 2 else f"１３８０００００{number:03}")
            lines.append(",".join(line))
        table = read_table("\n".join(lines).encode(encoding), name="list")
        assert [column.index for column in classify_columns(table) if column.field == "phone"] == [place]
