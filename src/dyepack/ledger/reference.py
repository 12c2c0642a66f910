"""The page ``docs/reference/kinds.md``, made from the vocabulary: ``python -m dyepack.ledger.reference`` prints it."""

import sys

from dyepack.ledger.kinds import Kind, Level

_HEAD = """# Kinds of ledger entries (条目种类)

Generated from `dyepack.ledger.kinds` by `python -m dyepack.ledger.reference`; a test compares the two. The fields and
their forms are drawn in `dyepack.ledger.entry`. A kind in **bold** opens keys of records: the keeper honors it only
with a receipt. Every entry also has `v`, `id`, `t`, `org` and `kind`.
"""

_LEVELS = {
    Level.WITNESSED: "## Level 2: a synced, published checkpoint covers it, with the quorum that the home asks for",
    Level.RECEIPTED: "## Level 1: acknowledged when a signed head covers the entry; the caller gets a receipt",
    Level.WRITTEN: "## Level 0: acknowledged when the write-ahead log is synced",
}


def kinds_page() -> str:
    """The whole page, Markdown."""
    lines = [_HEAD]
    for level, title in _LEVELS.items():
        lines += [title, "", "| kind | means | must have |", "|---|---|---|"]
        for kind in Kind:
            if kind.level is level:
                name = f"**`{kind.value}`**" if kind.opens_keys else f"`{kind.value}`"
                fields = ", ".join(
                    f"`{field}` (one)" if field in kind.single else f"`{field}`" for field in sorted(kind.required)
                )
                lines.append(f"| {name} | {kind.meaning} | {fields} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":  # pragma: no cover - run as a child process by its test
    sys.stdout.write(kinds_page())
