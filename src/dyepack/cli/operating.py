"""Commands of the log's operator: rotate, roll, quorum, prune, succeed."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dyepack.cli.console import AsJson, Home, fail, language, print_json, read_input, run
from dyepack.cli.words import say
from dyepack.terms.errors import DyepackError


def add_to(ledger: typer.Typer) -> None:
    """Hang the commands under ``dyepack ledger``."""
    ledger.command("rotate")(rotate)
    ledger.command("roll")(roll)
    ledger.command("quorum")(quorum)
    ledger.command("prune")(prune)
    ledger.command("succeed")(succeed)


def rotate(home: Home, as_json: AsJson = False) -> None:
    """Sign the log with new keys from now on; the old ones sign beside them for 30 days.

    Tell witnesses and auditors the new key within these days: dyepack witness log add VKEY.
    """
    run(home, "ledger rotate", {}, as_json=as_json, show=lambda answer: say("ledger-rotate", language(), answer))


def roll(
    home: Home,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Only make and show the keys of next year's log; nothing else changes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Close this year's log and begin the next one now; a served house does it by itself in the new year.

    The new log has a new name and new keys: witnesses must know it when it begins. --prepare shows them early, for
    dyepack witness log add VKEY.
    """
    run(
        home,
        "ledger roll",
        {"prepare": prepare},
        as_json=as_json,
        show=lambda answer: say("ledger-roll", language(), answer),
    )


def quorum(
    file: Annotated[Path, typer.Argument(help="A quorum file (C2SP tlog-policy); check it with policy check.")],
    home: Home,
    as_json: AsJson = False,
) -> None:
    """Have this log witnessed: whatever cannot be undone waits for the cosignatures that the file asks for."""
    text = read_input(file, as_json=as_json).decode("utf-8", "replace")
    run(
        home,
        "ledger quorum",
        {"text": text},
        as_json=as_json,
        show=lambda answer: say("ledger-quorum", language(), answer),
    )


def prune(
    shard: Annotated[str, typer.Argument(help="An older log, such as 2026.")], home: Home, as_json: AsJson = False
) -> None:
    """Remove the entries of an old year after their term of three years; its checkpoint and timestamps stay."""
    run(
        home,
        "ledger prune",
        {"shard": shard},
        as_json=as_json,
        show=lambda answer: say("ledger-prune", language(), answer),
    )


def succeed(
    home: Home,
    after_loss: Annotated[
        Path, typer.Option("--after-loss", help="The last checkpoint of the lost log that anybody holds.")
    ],
    as_json: AsJson = False,
) -> None:
    """After a loss: give this year's log up and begin a successor that says from where it goes on.

    Nothing opens until the keeper's operator believes the new key: dyepack keeper trust.
    """
    from dyepack.app.operating import succeed as give_up

    try:
        answer = give_up(home, read_input(after_loss, as_json=as_json).decode("utf-8", "replace"))
    except DyepackError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json(answer)
    else:
        sys.stdout.write(say("ledger-succeed", language(), answer) + "\n")
