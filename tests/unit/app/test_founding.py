from pathlib import Path

import pytest

from dyepack.app.errors import CommandError
from dyepack.app.founding import read_lines
from dyepack.app.marking import FICTIONAL_BLOCK
from dyepack.identifiers.name_tables import mobile_prefixes


def test_the_fictional_block_belongs_to_no_operator() -> None:
    prefix = FICTIONAL_BLOCK.removeprefix("+86")
    assert prefix not in mobile_prefixes()
    assert not any(assigned.startswith(prefix) for assigned in mobile_prefixes())


def test_own_lines_are_read_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("phone,note\n# reserve\n169 0000 0001,desk\n\n+8616900000002\n", "utf-8-sig")
    assert read_lines(path) == ["+8616900000001", "+8616900000002"]


@pytest.mark.parametrize("text", ["16900000001\nnobody\n", "16900000001\n16900000001\n"])
def test_a_line_that_is_no_number_or_stands_twice_is_named_by_its_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lines.txt"
    path.write_text(text, "utf-8")
    with pytest.raises(CommandError) as refused:
        read_lines(path)
    assert "line 2" in refused.value.sentence("en")
    assert "169" not in refused.value.sentence("en")


def test_a_file_that_is_missing_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        read_lines(tmp_path / "none")
