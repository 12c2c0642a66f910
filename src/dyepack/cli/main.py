"""The tree of commands."""

import sys

import typer

from dyepack import __version__
from dyepack.app.home import guard_process
from dyepack.cli import house, keeper, ledger, records, releases, trace, witness
from dyepack.cli.words import HELP

app = typer.Typer(
    name="dyepack",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"dyepack {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    del version


for room in (house, records, releases, trace, ledger, keeper, witness):
    room.add_to(app)


def main() -> None:
    """Run the command line."""
    guard_process()
    app()
