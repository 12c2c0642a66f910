"""Commands about releases: request, approve, collect."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dyepack.cli.console import BAD_INPUT, AsJson, By, Case, Home, PurposeWord, language, pending_output, run
from dyepack.cli.words import say

ReleaseId = Annotated[str, typer.Argument(help="Id of the release.")]


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    releases = typer.Typer(no_args_is_help=True, help="Releases: the one door for a list.")
    releases.command("request")(request)
    releases.command("approve")(approve)
    releases.command("collect")(collect)
    app.add_typer(releases, name="release")


def request(
    home: Home,
    recipient: Annotated[str, typer.Option("--recipient", help="Who gets the list.")],
    fields: Annotated[str, typer.Option("--fields", help="Catalog names, joined by commas: name,phone,target_country")],
    purpose: PurposeWord,
    case: Case,
    actor: By,
    query: Annotated[str, typer.Option("--query", help="field=value on grade, target_country, ... or lot.")] = "",
    limit: Annotated[int | None, typer.Option("--limit", help="At most so many records.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask for a list; its records are frozen now."""
    run(
        home,
        "release request",
        {
            "recipient": recipient,
            "fields": fields,
            "purpose": purpose,
            "case": case,
            "actor": actor,
            "query": query,
            "limit": limit,
        },
        as_json=as_json,
        show=lambda answer: say("release-request", language(), answer),
    )


def approve(release: ReleaseId, home: Home, actor: By, as_json: AsJson = False) -> None:
    """Approve a release as the second person; above 500 rows the owner approves too."""
    run(
        home,
        "release approve",
        {"release": release, "actor": actor},
        as_json=as_json,
        show=lambda answer: say("release-approve", language(), answer),
    )


def collect(
    release: ReleaseId,
    home: Home,
    out: Annotated[Path, typer.Option("--out", help="File to write, .xlsx or .csv.")],
    actor: By,
    unsealed: Annotated[
        bool, typer.Option("--unsealed", help="Yes, write a clear file; the entry in the ledger says so.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Collect the marked copy of an approved release, once."""
    if not unsealed:
        sys.stderr.write(say("unsealed-needed", language(), {}) + " [cli.unsealed]\n")
        raise typer.Exit(BAD_INPUT)

    with pending_output(out) as write:

        def save(answer: dict[str, Any]) -> None:
            write(answer.pop("content"))
            answer["out"] = str(out)

        run(
            home,
            "release collect",
            {"release": release, "kind": out.suffix.lower().lstrip("."), "actor": actor},
            as_json=as_json,
            show=lambda answer: say("release-collect", language(), answer),
            also=save,
        )
