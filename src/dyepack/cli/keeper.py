"""Commands about a keeper apart, under an account of its own: adopt, serve, trust."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dyepack.cli.console import AsJson, Home, fail, language, print_json
from dyepack.cli.words import say
from dyepack.terms.errors import DyepackError

Folder = Annotated[Path, typer.Option("--folder", help="Folder of the keeper, mode 0700.")]
SocketPath = Annotated[Path, typer.Option("--socket", help="Unix socket of the keeper.")]


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    keeper = typer.Typer(
        no_args_is_help=True, help="The keeper as a process of its own: whoever has the home has no key."
    )
    keeper.command("adopt")(adopt)
    keeper.command("serve")(serve)
    keeper.command("trust")(trust)
    app.add_typer(keeper, name="keeper")


def adopt(
    home: Home,
    folder: Folder,
    socket: SocketPath,
    owner: Annotated[
        str | None, typer.Option("--owner", help="Account that the folder is for; another one needs the administrator.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Move the keeper out of a home into a folder of its own; afterwards the home holds no key."""
    from dyepack.app.keeping import adopt as adopt_keeper

    try:
        answer = adopt_keeper(home, folder, socket, owner)
    except DyepackError as error:
        fail(error, as_json=as_json)
    _show("keeper-adopt", answer, as_json=as_json)


def serve(
    folder: Folder,
    socket: SocketPath,
    peer: Annotated[
        list[str] | None,
        typer.Option("--peer", help="Account that the vault runs under, repeatable; default: this account."),
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="Group that may reach the socket; other accounts than this need it.")
    ] = None,
) -> None:
    """Be the keeper of a folder until a signal ends it."""
    from dyepack.app.keeping import serve_keeper

    try:
        refused = serve_keeper(
            folder,
            socket,
            peers=peer or (),
            group=group,
            ready=lambda: _line(say("keeper-serve", language(), {"socket": str(socket)})),
        )
    except DyepackError as error:
        fail(error, as_json=False)
    if refused:
        _line(say("keeper-refused", language(), {"refused": refused}))


def trust(
    vkey: Annotated[str, typer.Argument(help="Verifier key of the log that is to be believed from now on.")],
    folder: Folder,
    as_json: AsJson = False,
) -> None:
    """After a loss: believe another log, or another key of this one, on the operator's word alone."""
    from dyepack.app.keeping import trust as trust_log

    try:
        answer = trust_log(folder, vkey)
    except DyepackError as error:
        fail(error, as_json=as_json)
    _show("keeper-trust", answer, as_json=as_json)


def _show(what: str, answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        _line(say(what, language(), answer))


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
