from pathlib import Path

import pytest

from dyepack.app.errors import SettingError
from dyepack.app.settings import SETTINGS, Settings, load, parse_assignments, reference, settable


def test_every_setting_has_its_default() -> None:
    settings = Settings({})
    assert [settings[one.key] for one in SETTINGS] == [one.default for one in SETTINGS]


def test_a_default_home_is_weaker_in_nothing() -> None:
    assert Settings({}).weaker() == ()


@pytest.mark.parametrize(
    "assignment", ["release.cooling_hours=0", "mark.exclusive_rows=2", "limits.enabled=false", "desk.idle_minutes=60"]
)
def test_a_setting_that_guards_less_says_so(assignment: str) -> None:
    assert Settings(parse_assignments([assignment])).weaker() == (assignment.partition("=")[0],)


def test_more_canaries_are_not_weaker() -> None:
    assert Settings(parse_assignments(["mark.exclusive_rows=30"])).weaker() == ()


@pytest.mark.parametrize(
    "assignment",
    [
        "release.cooling_hours=soon",
        "release.cooling_hours=-2",
        "mark.exclusive_rows=1001",
        "mark.exclusive_rows",
        "limits.enabled=maybe",
        "institution.id=i_x",
        "nothing.here=1",
    ],
)
def test_what_no_setting_allows_is_refused_by_its_key(assignment: str) -> None:
    with pytest.raises(SettingError) as refused:
        parse_assignments([assignment])
    assert refused.value.code == "app.setting"


def test_a_written_file_reads_back_the_same(tmp_path: Path) -> None:
    settings = Settings({"institution.name": '名 "x" \\', "release.cooling_hours": 0, "limits.enabled": False})
    path = tmp_path / "settings.toml"
    path.write_text(settings.to_toml(), "utf-8")
    assert {one.key: load(path)[one.key] for one in SETTINGS} == {one.key: settings[one.key] for one in SETTINGS}


@pytest.mark.parametrize("text", ["[release\n", "[release]\nunknown = 1\n", "[mark]\npool = true\n"])
def test_a_broken_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingError):
        load(path)


def test_the_reference_names_every_key() -> None:
    assert all(f"`{one.key}`" in reference() for one in SETTINGS)
    assert "institution.id" not in settable()
