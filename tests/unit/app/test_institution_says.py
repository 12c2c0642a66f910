from pathlib import Path

from dyepack.app.founding import found
from dyepack.app.home import create
from dyepack.app.institution import open_institution
from dyepack.crypto.chance import SystemRandom
from dyepack.ledger import Kind, parse_entry


def said(home: Path) -> list[tuple[str, int]]:
    with open_institution(home) as house:
        entries = [parse_entry(raw) for _, raw in house.log.find([Kind.SETTINGS_CHANGED.value])]
    return [(str(entry.fields["outcome"]), int(entry.fields["n"])) for entry in entries]  # type: ignore[arg-type]


def test_a_home_with_the_defaults_says_nothing_of_settings(tmp_path: Path) -> None:
    create(tmp_path / "home", "x", {}, SystemRandom())
    found(tmp_path / "home")

    assert said(tmp_path / "home") == []


def test_a_setting_weaker_than_its_default_is_said_once(tmp_path: Path) -> None:
    create(tmp_path / "home", "x", {"release.cooling_hours": 0}, SystemRandom())
    found(tmp_path / "home")

    assert said(tmp_path / "home") == said(tmp_path / "home") == [("release.cooling_hours", 0)]


def test_ceilings_that_the_keepers_operator_raised_are_said_when_they_change(tmp_path: Path) -> None:
    home = tmp_path / "home"
    create(home, "x", {}, SystemRandom())
    found(home)
    ceilings = home / "keeper" / "ceilings.toml"
    before = ceilings.read_text("utf-8")

    ceilings.write_text(
        before.replace("contact = 25", "contact = 2500").replace("enabled = true", "enabled = false"), "utf-8"
    )
    assert said(home) == said(home) == [("keeper.ceilings", 2)]

    ceilings.write_text(before, "utf-8")
    assert said(home) == [("keeper.ceilings", 2), ("keeper.ceilings", 0)]
