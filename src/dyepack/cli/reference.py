"""Two pages of ``docs/reference``, made from the code: the tree of commands, and every error with its exit code.

Nothing at run time needs this; ``docs/make_reference.py`` writes the pages and a test compares them.

* a command, argument or option that exists is on the page, in the order of ``dyepack --help``;
* an error of any room is on the page, because all modules named ``errors`` are imported first;
* the base of a room (``room.error``) is never raised bare and is left out.
"""

import importlib
import pkgutil
from collections.abc import Iterator

import typer
from typer.main import get_command

import dyepack
from dyepack.cli.console import EXIT
from dyepack.cli.main import app
from dyepack.terms.errors import DyepackError

_COMMANDS_HEAD = """# Commands (generated)

Written by `docs/make_reference.py` from the tree of commands; a test compares this page. Exit codes: 0 done, 1 refused
or refuted by a rule, 2 bad input, 3 in part, 4 not available. `--json` prints one JSON document on stdout; progress and
sentences go to stderr. `--home` may be left out where `DYEPACK_HOME` is set. `DYEPACK_LANG=zh` or `en` chooses the
language.
"""

_ERRORS_HEAD = """# Error codes (generated)

Written by `docs/make_reference.py` from the errors of all rooms; a test compares this page. A code never changes its
meaning. The last column is the exit code of the command line. Words in braces are filled in with codes, counts and
positions, never with personal data. The command line has two more of its own, both exit 2: `cli.file`, a file that you
named cannot be read or written; `cli.unsealed`, a clear copy was not asked for in words.
"""

_ERROR_TABLE = ("", "| code | sentence | 中文 | exit |", "|---|---|---|---|")


def command_page() -> str:
    """``docs/reference/commands.md``."""
    lines = [_COMMANDS_HEAD]
    for name, command in _commands(get_command(app), "dyepack"):
        lines += [f"## `{name}`", "", command.help or "", ""]
        rows = list(_parameters(command))
        if rows:
            lines += ["| word | needed | default | means |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def error_page() -> str:
    """``docs/reference/errors.md``."""
    lines = [_ERRORS_HEAD]
    room = ""
    for leaf in sorted(leaves(), key=lambda one: (one.code.partition(".")[0], one.code)):
        head = leaf.code.partition(".")[0]
        if head != room:
            lines += [*([""] if room else []), f"## {head}", *_ERROR_TABLE]
            room = head
        cells = (f"`{leaf.code}`", leaf.en, leaf.zh, str(EXIT[leaf.outcome]))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def leaves() -> list[type[DyepackError]]:
    """Every error class with a code of its own, but for the bases of rooms."""
    for module in pkgutil.walk_packages(dyepack.__path__, "dyepack."):
        if module.name.rpartition(".")[2] == "errors":
            importlib.import_module(module.name)
    return [one for one in _below(DyepackError) if "code" in vars(one) and not one.code.endswith(".error")]


def _below(parent: type[DyepackError]) -> Iterator[type[DyepackError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _below(child)


def _commands(command: typer.core.TyperCommand | object, name: str) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    if isinstance(command, typer.core.TyperGroup):
        for word, child in command.commands.items():
            yield from _commands(child, f"{name} {word}")
    elif isinstance(command, typer.core.TyperCommand):
        yield name, command


def _parameters(command: typer.core.TyperCommand) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, typer.core.TyperArgument):
            word, meaning = (parameter.name or "").upper(), parameter.help or ""
        else:
            assert isinstance(parameter, typer.core.TyperOption)
            word, meaning = ", ".join(parameter.opts), parameter.help or ""
        given = parameter.default
        default = f"`{given}`" if given not in (None, "", False, ()) and not callable(given) else ""
        yield f"| `{word}` | {'yes' if parameter.required else ''} | {default} | {meaning.replace('|', ', ')} |"
