"""Commands about records: intake, lot, lookup, approve, reveal, erase."""

from pathlib import Path
from typing import Annotated

import typer

from dyepack.cli.console import IN_PART, AsJson, By, Case, Home, PurposeWord, language, read_input, run
from dyepack.cli.words import say


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    app.command("intake")(intake)
    lots = typer.Typer(no_args_is_help=True, help="Lots: files that were taken in together.")
    lots.command("admit")(lot_admit)
    app.add_typer(lots, name="lot")
    app.command("lookup")(lookup)
    approvals = typer.Typer(no_args_is_help=True, help="Approvals of a second person.")
    approvals.command("reveal")(approve_reveal)
    app.add_typer(approvals, name="approve")
    app.command("reveal")(reveal)
    app.command("erase")(erase)


def intake(
    file: Annotated[Path, typer.Argument(help="xlsx, xls, ods, csv or tsv; UTF-8, GB18030 or UTF-16.")],
    home: Home,
    provenance: Annotated[
        str,
        typer.Option(
            "--provenance",
            help="Where it came from: relation|own_phone|inbound_call|web_otp|referral|partner|paper|unknown",
        ),
    ],
    evidence: Annotated[str, typer.Option("--evidence", help="Reference to the proof, such as a contract register.")],
    actor: By,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Name or number of the sheet.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a list in: sealed at once, held in quarantine until its provenance is admitted."""
    answer = run(
        home,
        "intake",
        {
            "content": read_input(file, as_json=as_json),
            "file": file.name,
            "provenance": provenance,
            "evidence": evidence,
            "actor": actor,
            "sheet": sheet,
            "dry_run": dry_run,
        },
        as_json=as_json,
        show=lambda answer: say("intake", language(), answer),
    )
    if answer["rows"] and not answer["taken"] + answer["duplicates"]:
        raise typer.Exit(IN_PART)


def lot_admit(
    lot: Annotated[str, typer.Argument(help="Id of the lot.")], home: Home, actor: By, as_json: AsJson = False
) -> None:
    """Let a lot out of quarantine once its provenance is proven."""
    run(
        home,
        "lot admit",
        {"lot": lot, "actor": actor},
        as_json=as_json,
        show=lambda answer: say("lot-admit", language(), answer),
    )


def lookup(
    phone: Annotated[str, typer.Option("--phone", help="The number, however it is written.")],
    home: Home,
    purpose: PurposeWord,
    case: Case,
    actor: By,
    as_json: AsJson = False,
) -> None:
    """Find the record of a number; shows masks."""
    run(
        home,
        "lookup",
        {"phone": phone, "purpose": purpose, "case": case, "actor": actor},
        as_json=as_json,
        show=lambda answer: say("lookup", language(), answer),
    )


def approve_reveal(
    token: Annotated[str, typer.Argument(help="Token of the record.")],
    field: Annotated[str, typer.Argument(help="The one field.")],
    home: Home,
    requester: Annotated[str, typer.Option("--for", help="Name of the member of staff who may look, once.")],
    case: Case,
    actor: By,
    as_json: AsJson = False,
) -> None:
    """Approve one look of one person at one field under one case; good for 15 minutes."""
    run(
        home,
        "approve reveal",
        {"token": token, "field": field, "requester": requester, "case": case, "actor": actor},
        as_json=as_json,
        show=lambda answer: say("approve-reveal", language(), answer),
    )


def reveal(
    token: Annotated[str, typer.Argument(help="Token of the record.")],
    field: Annotated[str, typer.Argument(help="The one field, such as phone.")],
    home: Home,
    purpose: PurposeWord,
    case: Case,
    actor: By,
    motive: Annotated[
        str | None, typer.Option("--motive", help="Why, in your words; sealed. Default: the text of the case.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show one field of one record in the clear, once; it is in the ledger before you see it."""
    run(
        home,
        "reveal",
        {"token": token, "field": field, "purpose": purpose, "case": case, "actor": actor, "motive": motive},
        as_json=as_json,
        show=lambda answer: say("reveal", language(), answer),
    )


def erase(
    token: Annotated[str, typer.Argument(help="Token of the record.")],
    home: Home,
    ground: Annotated[str, typer.Option("--ground", help="Why; kept sealed beside the tombstone.")],
    actor: By,
    as_json: AsJson = False,
) -> None:
    """Erase a person by destroying the key; it cannot be undone."""
    run(
        home,
        "erase",
        {"token": token, "ground": ground, "actor": actor},
        as_json=as_json,
        show=lambda answer: say("erase", language(), answer),
    )
