"""Codes of intake seasons: written in many ways, filtered by one code."""

import pytest

from dyepack.vault.codes import code_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2027秋", "y2027f"),
        ("2027年春季入学", "y2027s"),
        ("2027 Spring", "y2027s"),
        ("2027/夏", "y2027u"),
        ("2027", "y2027f"),
        ("y2027w", "y2027w"),
        ("明年", "other"),
    ],
)
def test_a_season_has_one_code(text: str, code: str) -> None:
    assert code_of("intake_season", text) == code
