from pathlib import Path

import pytest

from dyepack.app.founding import found
from dyepack.app.home import create
from dyepack.app.institution import open_institution
from dyepack.app.shards import Shards
from dyepack.crypto.chance import SystemRandom
from dyepack.ledger import Fact, Kind, digest_text, parse_entry
from dyepack.ledger.errors import QuorumUnavailableError, UnavailableError
from dyepack.storage.outbox import put


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


class AwayLog:
    """A log that reaches no quorum."""

    def __init__(self, log: Shards) -> None:
        self.log = log
        self.find = log.find

    def append(self, facts: list[Fact]) -> None:
        self.log.append(facts)
        raise QuorumUnavailableError(seconds=10, why="missing: w1")


def test_what_a_crash_left_in_the_outbox_does_not_keep_the_home_closed_while_witnesses_are_away(tmp_path: Path) -> None:
    create(tmp_path / "home", "x", {}, SystemRandom())
    found(tmp_path / "home")
    with open_institution(tmp_path / "home") as house:
        fact = house.fact(Kind.POLICY_CHANGED, actor="p_vault", digest=digest_text(bytes(32)))
        house.database.write(lambda connection: put(connection, [fact]))
        log, house.log = house.log, AwayLog(house.log)  # type: ignore[assignment]

        house._drain()

        house.log = log
        assert house.outbox.waiting() == []
        assert parse_entry(house.log.find_id(fact.id)[1]).kind is Kind.POLICY_CHANGED


def test_a_home_whose_log_fails_gives_its_folders_back_at_its_close(tmp_path: Path) -> None:
    create(tmp_path / "home", "x", {}, SystemRandom())
    found(tmp_path / "home")
    house = open_institution(tmp_path / "home")
    house.keeper.counted = lambda: (1, 0, 0)  # type: ignore[method-assign]
    house.log.stop(OSError("disk"))

    with pytest.raises(UnavailableError):
        house.close()

    with open_institution(tmp_path / "home", wait_seconds=1.0) as again:
        assert again.log.size()
