"""Commands about the house: init, actor, serve, demo."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dyepack.app.home import create
from dyepack.app.settings import parse_assignments
from dyepack.cli.console import AsJson, Home, fail, language, print_json, run
from dyepack.cli.words import say
from dyepack.crypto.chance import SystemRandom
from dyepack.terms.errors import DyepackError


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    app.command("init")(init)
    actors = typer.Typer(no_args_is_help=True, help="Members of staff: who may act.")
    actors.command("add")(actor_add)
    actors.command("list")(actor_list)
    app.add_typer(actors, name="actor")
    app.command("serve")(serve)
    app.command("demo")(demo)


def init(
    home: Home,
    institution: Annotated[str, typer.Option("--institution", help="Name of the institution.")] = "",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE, repeatable; docs/reference/settings.md lists the keys."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the home of an institution in an empty folder."""
    from dyepack.app.founding import check_lines, found

    try:
        values = parse_assignments(setting or [])
        check_lines(values)
        settings = create(home, institution, values, SystemRandom())
        found(home)
    except DyepackError as error:
        fail(error, as_json=as_json)
    answer: dict[str, Any] = {
        "home": str(home),
        "institution": settings["institution.id"],
        "weaker_than_default": list(settings.weaker()),
    }
    if as_json:
        print_json(answer)
    else:
        sys.stdout.write(say("init", language(), answer) + "\n")


def actor_add(
    name: Annotated[str, typer.Argument(help="Name, unique in the institution.")],
    home: Home,
    role: Annotated[str, typer.Option("--role", help="front_desk|consultant|marketing|privacy_officer|owner")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read a password for the desk from stdin.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a member of staff."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    run(
        home,
        "actor add",
        {"name": name, "role": role, "password": password},
        as_json=as_json,
        show=lambda answer: say("actor-add", language(), answer),
    )


def actor_list(home: Home, as_json: AsJson = False) -> None:
    """List the members of staff."""
    run(home, "actor list", {}, as_json=as_json, show=lambda answer: say("actor-list", language(), answer))


def serve(
    home: Home,
    host: Annotated[str, typer.Option("--host", help="Address to listen on; loopback unless you say otherwise.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", help="Port to listen on.", min=0, max=65535)] = 8420,
) -> None:
    """Serve the desk for the browser; commands of this home are forwarded to it meanwhile."""
    from dyepack.web import serve_desk

    try:
        serve_desk(home, host, port)
    except DyepackError as error:
        fail(error, as_json=False)


def demo(
    home: Annotated[Path, typer.Option("--home", help="Folder for the demo; made anew each time.")] = Path("demo"),
    once: Annotated[bool, typer.Option("--once", help="End after the story instead of serving the desk.")] = False,
    port: Annotated[int, typer.Option("--port", help="Port of the desk afterwards.", min=0, max=65535)] = 8420,
) -> None:
    """Tell the whole story on invented people: intake, a day of work, three releases, a leak, its trace."""
    from dyepack.cli.story import tell

    try:
        tell(home, language())
        if not once:
            from dyepack.web import serve_desk

            serve_desk(home, "127.0.0.1", port)
    except DyepackError as error:
        fail(error, as_json=False)
