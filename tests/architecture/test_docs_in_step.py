"""What the documents say is what is there: reference pages, words, links, commands, and the tests they name."""

import ast
import functools
import re
import runpy
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dyepack.app.settings import SETTINGS
from dyepack.cli.reference import leaves
from dyepack.ledger import Kind
from dyepack.terms.actor import Role

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "dyepack"
SCRIPT = runpy.run_path(str(DOCS / "make_reference.py"))
PAGES = SCRIPT["PAGES"]
TEXTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
NEVER = frozenset(word.lower() for word in re.findall(r"(\w[\w-]*)†", GLOSSARY))
COMMANDS = frozenset(re.findall(r"^## `dyepack ([a-z ]+)`$", PAGES["commands.md"](), re.MULTILINE))
COMMAND_WORDS = frozenset(word for command in COMMANDS for word in command.split())


def named(text: Path) -> str:
    return str(text.relative_to(ROOT))


# -- reference -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    page = (DOCS / "reference" / name).read_text(encoding="utf-8")

    assert page == PAGES[name](), "run: make docs"


def test_no_reference_page_is_written_by_hand() -> None:
    assert {path.name for path in (DOCS / "reference").iterdir()} == set(PAGES)


def test_the_error_page_knows_every_code_that_the_source_sets() -> None:
    written = {code for path in SOURCE.rglob("errors.py") for code in _codes(path)}
    bases = {code for code in written if code.endswith(".error")}

    assert {leaf.code for leaf in leaves()} >= written - bases


def test_an_error_has_a_sentence_in_both_languages_with_the_same_facts() -> None:
    for leaf in leaves():
        assert re.search(r"[\u4e00-\u9fff]", leaf.zh) or leaf.code == "app.command", leaf.code
        assert _facts(leaf.en, "_en") == _facts(leaf.zh, "_zh"), leaf.code


def _facts(sentence: str, language: str) -> set[str]:
    """Names in braces; a fact may come once per language (``why_en``, ``why_zh``)."""
    return {name.removesuffix(language) for name in re.findall(r"\{(\w+)\}", sentence)}


def test_codes_that_the_command_line_writes_itself_are_on_the_error_page() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (SOURCE / "cli").glob("*.py"))
    codes = set(re.findall(r"\[(cli\.[a-z-]+)\]", source))
    page = PAGES["errors.md"]()

    assert codes
    assert all(f"`{code}`" in page for code in codes)


def _codes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["code"]:
            assert isinstance(node.value, ast.Constant)
            yield node.value.value


# -- words ---------------------------------------------------------------------------------------------------------


def test_words_that_we_never_say_name_nothing_in_the_source() -> None:
    assert {"tenant", "export", "dump", "honeypot"} <= NEVER
    said = {(word, name) for path in SOURCE.rglob("*.py") for name in _names(path) for word in _words(name)}

    assert not {(word, name) for word, name in said if word in NEVER}


def test_the_search_for_forbidden_words_finds_one(tmp_path: Path) -> None:
    path = tmp_path / "fine.py"
    path.write_text("class RowDump:\n    def export_all(self, tenant_id): ...\n", encoding="utf-8")
    said = {word for name in _names(path) for word in _words(name)}

    assert {"dump", "export", "tenant"} <= said & NEVER


def test_every_object_that_a_ledger_kind_speaks_of_is_in_the_glossary() -> None:
    missing = {kind.value.split(":")[1] for kind in Kind} - _glossary_words()

    assert not missing


def test_every_command_word_is_in_the_glossary() -> None:
    assert not COMMAND_WORDS - _glossary_words()


def test_every_role_is_in_the_glossary() -> None:
    assert all(f"`{role.value}`" in GLOSSARY for role in Role)


def test_every_room_is_in_both_read_mes_and_no_other() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    for name in ("README.md", "README.zh-CN.md"):
        table = re.findall(r"^\| ((?:`\w+`[, ]*)+)\|", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert {room for cell in table for room in re.findall(r"`(\w+)`", cell)} - {"src"} == rooms, name


def _glossary_words() -> set[str]:
    return set(re.findall(r"[a-z]+", GLOSSARY.lower()))


def _names(path: Path) -> Iterator[str]:
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def _words(name: str) -> Iterator[str]:
    for piece in re.split(r"_|(?<=[a-z])(?=[A-Z])", name):
        yield piece.lower()


# -- links, commands, settings and tests that the texts name -----------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_links_lead_somewhere(text: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        found = (text.parent / path) if path else text
        assert found.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}, target


@pytest.mark.parametrize("text", [text for text in TEXTS if text.parent.name != "reference"], ids=named)
def test_commands_that_a_text_shows_exist(text: Path) -> None:
    content = text.read_text(encoding="utf-8")
    shown = re.findall(r"(?:^|[`$(])dyepack ([a-z]+)(?: ([a-z]+))?", content, re.MULTILINE)

    for first, second in shown:
        whole = first in COMMANDS or f"{first} {second}" in COMMANDS
        whole = whole or any(command.startswith(f"{first} {second} ") for command in COMMANDS)  # of three words
        group = not second and any(command.startswith(f"{first} ") for command in COMMANDS)
        assert whole or group, f"dyepack {first} {second}"


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_options_that_a_shown_command_takes_exist(text: Path) -> None:
    options = set(re.findall(r"`(--[a-z-]+)`", PAGES["commands.md"]())) | {"--version", "--help"}
    content = text.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in content.splitlines() if re.search(r"\bdyepack [a-z]+ ", line)]

    for line in lines:
        command = line[line.index("dyepack ") :].partition("#")[0]
        assert set(re.findall(r"(?<![\w-])--[a-z-]+", command)) <= options, line


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_settings_that_a_text_names_exist(text: Path) -> None:
    keys = {setting.key for setting in SETTINGS}
    sections = "|".join(sorted({key.partition(".")[0] for key in keys}))
    shown = set(re.findall(rf"(?<![\w.`/])(?:`|--set )((?:{sections})\.[a-z_]+)=", text.read_text(encoding="utf-8")))

    assert shown <= keys


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_tests_and_sources_that_a_text_names_exist(text: Path) -> None:
    content = text.read_text(encoding="utf-8")
    for path in re.findall(r"`((?:tests|src|examples|docs|bench)/[\w./-]+)`", content):
        assert (ROOT / path).exists(), path
    assert set(re.findall(r"`(test_\w+)`", content)) <= _defined_tests()


@functools.cache
def _defined_tests() -> frozenset[str]:
    files = list((ROOT / "tests").rglob("test_*.py"))
    names = {
        name
        for path in files
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    return frozenset(names | {path.stem for path in files})


def test_make_targets_that_a_text_names_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    shown = {
        word
        for text in TEXTS
        for word in re.findall(r"(?:`|^)make ([a-z]+)", text.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert shown <= targets


def test_no_text_names_a_place_of_the_machine_it_was_written_on() -> None:
    for text in TEXTS:
        assert not re.search(r"(?<![\w.~$}/])/(?:work|root|home|Users|mnt)/", text.read_text(encoding="utf-8")), text


def test_both_read_mes_show_the_same_commands() -> None:
    blocks = [
        re.findall(r"```sh\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL) for name in _READ_MES
    ]

    assert [_bare(block) for block in blocks[0]] == [_bare(block) for block in blocks[1]]


def test_every_decision_is_numbered_and_listed() -> None:
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (DOCS / "adr" / "README.md").read_text(encoding="utf-8"))
    files = sorted(path.name for path in (DOCS / "adr").glob("*.md") if path.name != "README.md")

    assert listed == files
    for number, name in enumerate(files, start=1):
        assert (DOCS / "adr" / name).read_text(encoding="utf-8").startswith(f"# {number:04d} "), name


def test_the_changelog_has_the_version_of_the_package() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


_READ_MES = ("README.md", "README.zh-CN.md")


def _bare(block: str) -> list[str]:
    return [line.partition(" # ")[0].rstrip() for line in block.splitlines()]
