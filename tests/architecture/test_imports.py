"""The import contracts of ``pyproject.toml`` hold, and each of them finds what it is there to find."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")
PLANTED = {
    "the story reads downwards": ("dyepack/terms/planted.py", "from dyepack.vault.catalog import CATALOG"),
    "plaintext is made in one module, behind its four doors": (
        "dyepack/vault/planted.py",
        "from dyepack.vault.unseal import unseal_part",
    ),
    "only the composition root opens the storage": (
        "dyepack/cli/planted.py",
        "from dyepack.storage.database import Database",
    ),
    "analysis and marks see tokens, never people": (
        "dyepack/trace/planted.py",
        "from dyepack.vault.record import Envelope",
    ),
    "primitives stay in one room": ("dyepack/vault/planted.py", "import hashlib"),
    "a stage decides, it does not fetch": ("dyepack/govern/planted.py", "import sqlalchemy"),
    "no two rooms hold each other up": ("dyepack/crypto/planted.py", "import dyepack.identifiers"),
}
"""By contract: a module to plant and what it imports."""


def contracts() -> list[str]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return [contract["name"] for contract in document["tool"]["importlinter"]["contracts"]]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts over the package that lies in ``folder``."""
    return subprocess.run(
        [LINT, "--config", ROOT / "pyproject.toml", "--no-logo", "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path) -> Path:
    shutil.copytree(ROOT / "src" / "dyepack", tmp_path / "dyepack", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_every_contract_is_kept(copy):
    answer = lint(copy)

    assert answer.returncode == 0, answer.stdout
    assert f"Contracts: {len(contracts())} kept, 0 broken." in answer.stdout


def test_every_contract_finds_a_planted_violation(copy):
    for path, line in {(path, line) for path, line in PLANTED.values()}:
        target = copy / path
        before = target.read_text("utf-8") if target.exists() else ""
        target.write_text(f"{before}{line}\n", "utf-8")
    (copy / "dyepack" / "identifiers" / "planted.py").write_text("import dyepack.crypto\n", "utf-8")

    answer = lint(copy)

    assert answer.returncode == 1
    assert [name for name in contracts() if f"{name} BROKEN" not in answer.stdout] == []


def test_the_planted_violations_cover_every_contract():
    assert sorted(PLANTED) == sorted(contracts())


def test_a_room_that_is_not_in_the_story_is_found(copy):
    (copy / "dyepack" / "helpers").mkdir()
    (copy / "dyepack" / "helpers" / "__init__.py").write_text("", "utf-8")

    answer = lint(copy)

    assert answer.returncode == 1
    assert "dyepack.helpers" in answer.stdout
