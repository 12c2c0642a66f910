"""The commands that the read-me offers for one's own file run as they stand, in a clone, first try."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def said(tmp_path: Path) -> str:
    block = next(
        block
        for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
        if "dyepack init" in block
    )
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    environment = {**os.environ, "DYEPACK_LANG": "en"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_of_the_read_me_name_the_leaker_and_prove_a_look(said: str) -> None:
    assert "The leaked list was made from the copy held by North Campus." in said
    assert "The log is whole" in said
    assert "HOLDS" in said.splitlines()[-1]
