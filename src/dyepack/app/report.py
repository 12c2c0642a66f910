"""The report of a verdict: one self-contained HTML page in zh and en, built from the verdict's document alone.

No script, nothing fetched; it prints on A4. A layperson reads the first page; the tables below it are for who checks.
"""

import json
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

PARTS = (
    ("rests_on", "依据", "What it rests on"),
    ("assumptions", "前提", "What was assumed"),
    ("refuters", "可推翻它的情形", "What would refute it"),
    ("in_favor", "对被指者有利的情形", "What speaks for those named"),
    ("next_steps", "下一步", "What happens next"),
)

_TEMPLATES = Environment(
    loader=PackageLoader("dyepack.app"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def report_files(document: dict[str, Any], pictures: dict[str, str]) -> dict[str, bytes]:
    """Files by name: the verdict as JSON, the report, the pictures."""
    page = _TEMPLATES.get_template("report.html").render(
        document=document,
        parts=PARTS,
        pictures={language: Markup(picture) for language, picture in pictures.items()},  # noqa: S704 - our own SVG, whose texts are escaped
    )
    files = {
        "verdict.json": (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode("utf-8"),
        "report.html": page.encode("utf-8"),
    }
    return files | {f"evidence.{language}.svg": picture.encode("utf-8") for language, picture in pictures.items()}
