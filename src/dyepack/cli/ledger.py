"""Commands about the ledger: status, audit, prove, tables; and verify, which needs no home."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dyepack.cli import operating, watching
from dyepack.cli.console import DONE, IN_PART, REFUSED, AsJson, Home, language, read_input, run, write_output
from dyepack.cli.words import read_again_words, say
from dyepack.ledger import verify as verifier


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    ledger = typer.Typer(
        no_args_is_help=True, help="The ledger: every look is an entry that nobody can rewrite unseen."
    )
    ledger.command("status")(status)
    ledger.command("audit")(audit)
    ledger.command("prove")(prove)
    ledger.command("tables")(tables)
    watching.add_to(ledger)
    operating.add_to(ledger)
    app.add_typer(ledger, name="ledger")
    app.command("verify")(verify)


def status(home: Home, as_json: AsJson = False) -> None:
    """Size, checkpoint and key of the log."""
    run(home, "ledger status", {}, as_json=as_json, show=lambda answer: say("ledger-status", language(), answer))


def audit(
    home: Annotated[
        Path | None,
        typer.Option("--home", envvar="DYEPACK_HOME", help="Folder of the institution; or name a --folder."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="A bare copy of a log instead of a home; needs --key.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="The log's key, origin+id+base64, from a source you trust.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="With --folder: a quorum file that a checkpoint must satisfy.")
    ] = None,
    earlier: Annotated[
        list[Path] | None, typer.Option("--earlier", help="With --folder: a checkpoint kept before; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the whole log: every entry, tile and root against the checkpoint."""
    home = None if folder is not None else home
    watching.home_or_folder(home, folder, key, as_json=as_json)
    if folder is not None and key is not None:
        watching.audit_folder(folder, key, policy, earlier or [], as_json=as_json)
    elif home is not None:
        answer = run(home, "ledger audit", {}, as_json=as_json, show=lambda told: say("ledger-audit", language(), told))
        if not answer["whole"]:
            raise typer.Exit(REFUSED)


def prove(
    entries: Annotated[list[str], typer.Argument(help="Ids of entries, or their indexes.", metavar="ENTRY...")],
    home: Home,
    out: Annotated[Path, typer.Option("--out", help="Bundle to write, a .zip file.")],
    earlier: Annotated[
        list[Path] | None, typer.Option("--earlier", help="A checkpoint that somebody kept; may come again.")
    ] = None,
    disclose: Annotated[
        bool, typer.Option("--disclose", help="With the sealed details of each entry; for overseers, and logged.")
    ] = False,
    by: Annotated[str | None, typer.Option("--actor", help="Name of the member of staff who acts.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write an evidence bundle that anybody can check offline with its own verify.py."""

    def save(answer: dict[str, Any]) -> None:
        write_output(out, answer.pop("content"))
        answer["out"] = str(out)

    kept = [read_input(path, as_json=as_json).decode("utf-8", "replace") for path in earlier or ()]
    run(
        home,
        "ledger prove",
        {"entries": entries, "earlier": kept, "disclose": disclose, "actor": by},
        as_json=as_json,
        show=lambda answer: say("ledger-prove", language(), answer),
        also=save,
    )


def tables(
    home: Home,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Drop them and write them anew from the log.")] = False,
    audit: Annotated[bool, typer.Option("--audit", help="Change nothing; compare every row with the log.")] = False,
    as_json: AsJson = False,
) -> None:
    """Refresh the analysis tables: the log once more as Parquet, for questions about many entries."""
    answer = run(
        home,
        "ledger tables",
        {"rebuild": rebuild, "audit": audit},
        as_json=as_json,
        show=lambda answer: say("ledger-tables", language(), answer),
    )
    if audit and not answer["whole"]:
        raise typer.Exit(REFUSED)


def verify(
    bundle: Annotated[Path, typer.Argument(help="Evidence bundle: a folder or a zip file.")],
    key: Annotated[
        list[str] | None, typer.Option("--key", help="A verifier key of the log from elsewhere; may come again.")
    ] = None,
    policy: Annotated[Path | None, typer.Option("--policy", help="The quorum file from elsewhere.")] = None,
) -> None:
    """Check an evidence bundle: 0 it holds, 1 refuted, 2 unusable, 3 in part."""
    words = [str(bundle), *(f"--key={one}" for one in key or ()), *([f"--policy={policy}"] if policy else [])]
    code = verifier.main(words)
    if code in {DONE, IN_PART}:
        from dyepack.app.checking import read_again

        reading = read_again(str(bundle))
        sys.stdout.write(read_again_words(reading, language()) + "\n")
        code = REFUSED if reading.refuted else code
    raise typer.Exit(code)
