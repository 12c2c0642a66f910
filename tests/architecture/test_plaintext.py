"""Where plaintext is opened: every caller of ``disclose`` is known, and a release touches no disk."""

import ast
import tempfile
from pathlib import Path

import pytest
import xlsxwriter

from dyepack.terms.sensitive import Sensitive
from dyepack.vault.ports import ReleaseRow
from dyepack.vault.release_file import write_file

SOURCE = Path(__file__).parents[2] / "src" / "dyepack"
DOORS = {
    "terms.sensitive.Sensitive.__eq__",  # compares, shows nothing
    "vault.reveal.Viewer.view",  # display part, of which masks are composed
    "vault.reveal.Revealer.reveal",  # name fields, wrapped again
    "app.looking.Looking.reveal",  # the value that one person sees once
    "vault.release.Releaser._cells",  # several values of a field joined, wrapped again
    "mark.embed.embed",  # text that carries marks
    "mark.embed._written",  # compared with what it was
    "vault.release_file._plain",  # the cells of the copy
    "vault.keeper.linking._open",  # compared inside the keeper
    "vault.keeper.reindex.tags_of",  # tags come out
}


class _Callers(ast.NodeVisitor):
    def __init__(self, module: str) -> None:
        self.place = [module]
        self.found: set[str] = set()

    def _enter(self, node: ast.AST) -> None:
        self.place.append(node.name)
        self.generic_visit(node)
        self.place.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _enter

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == "disclose":
            self.found.add(".".join(self.place))
        self.generic_visit(node)


def callers(folder: Path) -> set[str]:
    found = set()
    for path in folder.rglob("*.py"):
        visitor = _Callers(".".join(path.relative_to(folder).with_suffix("").parts))
        visitor.visit(ast.parse(path.read_text("utf-8")))
        found |= visitor.found
    return found


def test_only_the_known_places_take_a_value_out_of_its_wrapper():
    assert callers(SOURCE) == DOORS


def test_a_new_caller_is_found(tmp_path):
    (tmp_path / "leaky.py").write_text("class Page:\n    def show(self, value):\n        print(value.disclose())\n")

    assert callers(tmp_path) == {"leaky.Page.show"}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_release_creates_no_temporary_file(kind, tmp_path, monkeypatch):
    made = []
    for name in ("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile"):
        monkeypatch.setattr(tempfile, name, lambda *args, name=name, **more: made.append(name))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows = [ReleaseRow(None, {"phone": Sensitive(f"1300000{number:04d}", "***")}) for number in range(3000)]

    content = write_file(kind, ("phone",), rows)

    assert len(content) > 3000
    assert made == []
    assert list(tmp_path.iterdir()) == []


def test_the_writer_would_use_temporary_files_if_it_were_not_told_otherwise(tmp_path, monkeypatch):
    """The other side of the rule above: what ``in_memory`` is for."""
    made = []
    real = tempfile.mkstemp
    monkeypatch.setattr(tempfile, "mkstemp", lambda *args, **more: made.append(1) or real(*args, **more))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with xlsxwriter.Workbook(str(tmp_path / "list.xlsx"), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number in range(100):
            sheet.write_string(number, 0, "x")

    assert made
