"""Wording: both catalogs hold every text that a page uses, and none that no page uses."""

import re
from pathlib import Path

import dyepack.web
from dyepack.app.oversight import Oversight
from dyepack.ledger import Severity
from dyepack.terms.actor import Role
from dyepack.terms.errors import Outcome
from dyepack.terms.purpose import Purpose
from dyepack.vault.quota import Act
from dyepack.web.wording import LANGUAGES, Words, catalog

ROOM = Path(dyepack.web.__file__).parent
FAMILIES = {
    "role": {role.value for role in Role},
    "purpose": {purpose.value for purpose in Purpose},
    "act": {act.value for act in Act} - {Act.MISS.value},
    "failure": {outcome.value for outcome in Outcome},
    "state": {"waiting", "submitted", "half", "cooling", "ready", "collected", "void"},
    "lot": {"held", "admitting", "open"},
    "lot-next": {"held", "open", "dry-run"},
    "provenance": set(Oversight.provenances),
    "severity": {severity.value for severity in Severity},
}
OPEN_FAMILIES = {"problem", "process", "kind", "season"}


def used() -> set[str]:
    """Ids that templates and code name outright, or compose from a list in the template."""
    found: set[str] = set()
    for path in [*ROOM.rglob("*.html"), *ROOM.rglob("*.py")]:
        text = path.read_text("utf-8")
        found |= set(re.findall(r"""\bt\("([a-z][a-z0-9._-]*)"[,)]""", text))
        for path_, key in re.findall(r"""\b(item|tile)\("[^"]*", "([a-z.-]+)"\)""", text):
            found |= {key, f"{key}.what"} if path_ == "tile" else {key}
        for prefix, body in re.findall(r"""for key in \(([^)]*)\)[^\n]*\n?[^\n]*?\bt\("([a-z.]+)" \+ key\)""", text):
            found |= {body + word for word in re.findall(r'"([a-z_]+)"', prefix)}
    for prefix, words in (
        ("verdict.", ("rests_on", "assumptions", "refuters", "in_favor", "next_steps")),
        ("lots.", ("rows", "taken", "duplicates", "invalid")),
    ):
        found |= {prefix + word for word in words}
    return found


def composed() -> set[str]:
    """Ids of closed lists."""
    found = {f"{family}.{word}" for family, words in FAMILIES.items() for word in words}
    for attribute, codes in Oversight.codes().items():
        found |= {f"code.{attribute}.{code}" for code in codes}
    return found | {"code.intake_season.other"}


def test_both_catalogs_hold_the_same_ids_in_the_same_order() -> None:
    zh, en = (list(catalog(language)) for language in LANGUAGES)
    assert zh == en


def test_no_text_is_empty_and_places_agree() -> None:
    zh, en = (catalog(language) for language in LANGUAGES)
    for key in zh:
        assert all(text[key].strip() for text in (zh, en)), key
        assert set(re.findall(r"{\w+}", zh[key])) == set(re.findall(r"{\w+}", en[key])), key


def test_every_text_that_is_used_exists() -> None:
    assert (used() | composed()) - set(catalog("zh")) == set()


def test_every_text_that_exists_is_used() -> None:
    rest = set(catalog("zh")) - used() - composed()
    assert {key for key in rest if key.partition(".")[0] not in OPEN_FAMILIES} == set()


def test_a_season_is_composed_in_both_languages() -> None:
    assert Words("zh").code("intake_season", "y2027f") == "2027 秋"
    assert Words("en").code("intake_season", "y2027s") == "2027 spring"


def test_a_season_that_is_shown_can_be_typed_again() -> None:
    for language in LANGUAGES:
        for code in ("y2027s", "y2027u", "y2027f", "y2027w"):
            shown = Words(language).code("intake_season", code)
            assert Oversight.coded({"intake_season": shown}) == {"intake_season": code}
