#!/usr/bin/env python3
"""Write every page of ``docs/reference`` anew from the code that owns its facts.

    python docs/make_reference.py [--check]

With ``--check`` nothing is written; exit code 1 if a page is not in step.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from dyepack.app.settings import reference as settings_page
from dyepack.cli.reference import command_page, error_page
from dyepack.ledger.analysis_row import tables_page
from dyepack.ledger.reference import kinds_page
from dyepack.trace.schema import schema_markdown
from dyepack.vault.catalog import CATALOG
from dyepack.vault.policies import shipped
from dyepack.vault.policy import PolicySet
from dyepack.vault.policy_table import render
from dyepack.web.reference import http_page

FOLDER = Path(__file__).parent / "reference"


def policy_page() -> str:
    """Who may do what, asked of the shipped policies."""
    return render(PolicySet.load(*shipped()), {name: field.kind.word for name, field in CATALOG.items()})


PAGES: Mapping[str, Callable[[], str]] = {
    "analysis-tables.md": tables_page,
    "commands.md": command_page,
    "errors.md": error_page,
    "http.md": http_page,
    "kinds.md": kinds_page,
    "policy.md": policy_page,
    "settings.md": settings_page,
    "trace-schema.md": schema_markdown,
}


def main(*, check: bool) -> int:
    """Write or compare; the number of pages that were not in step."""
    stale = 0
    for name, make in PAGES.items():
        text = make()
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        sys.stdout.write(f"{'not in step' if check else 'written'}: docs/reference/{name}\n")
        if not check:
            path.write_text(text, encoding="utf-8")
    return stale if check else 0


if __name__ == "__main__":
    sys.exit(min(1, main(check="--check" in sys.argv[1:])))
