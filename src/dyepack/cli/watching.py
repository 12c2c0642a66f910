"""Commands for who watches the log: monitor, mirror, auditors, quorum files, and the audit of a bare folder."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dyepack.app.auditors import DAYS, MAX_DAYS
from dyepack.app.errors import CommandError
from dyepack.cli.console import REFUSED, AsJson, Bar, Home, fail, language, print_json, read_input, run
from dyepack.cli.words import say
from dyepack.ledger import parse_quorum, reading
from dyepack.ledger.errors import QuorumFileError
from dyepack.terms.errors import DyepackError

Key = Annotated[str, typer.Option("--key", help="The log's key, origin+id+base64, from a source you trust.")]
AUDITOR_ROOM: Final = "Auditors: who outside may read the entries of the log, by a token, for some days."
POLICY_ROOM: Final = "Quorum files: whose cosignatures a verifier asks for."


def add_to(ledger: typer.Typer) -> None:
    """Hang the commands below ``ledger``."""
    ledger.command("monitor")(monitor)
    ledger.command("mirror")(mirror)
    auditors = typer.Typer(no_args_is_help=True, help=AUDITOR_ROOM)
    auditors.command("add")(auditor_add)
    auditors.command("list")(auditor_list)
    auditors.command("revoke")(auditor_revoke)
    ledger.add_typer(auditors, name="auditor")
    policies = typer.Typer(no_args_is_help=True, help=POLICY_ROOM)
    policies.command("check")(policy_check)
    ledger.add_typer(policies, name="policy")


def monitor(home: Home, as_json: AsJson = False) -> None:
    """Judge the log against the keeper, the clock and the witnesses: 0 calm, 1 an incident or alarm."""
    answer = run(home, "ledger monitor", {}, as_json=as_json, show=_said("ledger-monitor"))
    if not answer["calm"]:
        raise typer.Exit(REFUSED)


def mirror(
    address: Annotated[str, typer.Argument(help="Address of the log, such as https://host/ledger/2026.")],
    folder: Annotated[Path, typer.Argument(help="Folder of the copy; made if there is none.")],
    key: Key,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="File that holds the auditor's token, nothing else.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy a log that somebody serves, each file checked against its checkpoint; again to bring the copy up."""
    from dyepack.app.log_copies import mirror as bring_up

    token = None if token_file is None else read_input(token_file, as_json=as_json).decode("ascii", "replace").strip()
    _alone("ledger-mirror", lambda bar: bring_up(address, folder, key, token, bar), as_json=as_json)


def audit_folder(folder: Path, key: str, policy: Path | None, earlier: list[Path], *, as_json: bool) -> None:
    """Check a copy of a log without its home."""
    from dyepack.app.log_copies import audit_folder as check

    quorum = None if policy is None else _text(policy, as_json=as_json)
    kept = [_text(path, as_json=as_json) for path in earlier]
    answer = _alone(
        "ledger-folder", lambda bar: check(folder, key, policy=quorum, earlier=kept, progress=bar), as_json=as_json
    )
    if not answer["whole"]:
        raise typer.Exit(REFUSED)


def auditor_add(
    name: Annotated[str, typer.Argument(help="Name of the auditor, for the list.")],
    home: Home,
    days: Annotated[int, typer.Option("--days", help=f"Days that the token is valid, 1..{MAX_DAYS}.")] = DAYS,
    as_json: AsJson = False,
) -> None:
    """Give an auditor a token; it is shown once."""
    run(home, "ledger auditor add", {"name": name, "days": days}, as_json=as_json, show=_said("auditor-add"))


def auditor_list(home: Home, as_json: AsJson = False) -> None:
    """List the auditors and whether their tokens are valid."""
    run(home, "ledger auditor list", {}, as_json=as_json, show=_said("auditor-list"))


def auditor_revoke(
    auditor: Annotated[str, typer.Argument(help="Id of the auditor.")], home: Home, as_json: AsJson = False
) -> None:
    """End the token of an auditor now."""
    run(home, "ledger auditor revoke", {"auditor": auditor}, as_json=as_json, show=_said("auditor-revoke"))


def policy_check(
    file: Annotated[Path, typer.Argument(help="A quorum file (C2SP tlog-policy).")], as_json: AsJson = False
) -> None:
    """Check a quorum file, and say who is needed and who may be away: 0 sound, 2 malformed or weak."""

    def check(_bar: Bar) -> dict[str, Any]:
        quorum = parse_quorum(_text(file, as_json=as_json))
        quorum.check_strength()
        return reading(quorum)

    _alone("policy-check", check, as_json=as_json)


def home_or_folder(home: Path | None, folder: Path | None, key: str | None, *, as_json: bool) -> None:
    """Whether exactly one of the two was named, and the key with a folder."""
    if (home is None) == (folder is None) or (folder is not None and key is None):
        remedy = "--home, or --folder with --key / --home，或 --folder 与 --key"
        fail(CommandError(what="ledger audit", remedy=remedy), as_json=as_json)


def _said(what: str) -> Callable[[dict[str, Any]], str]:
    return lambda answer: say(what, language(), answer)


def _alone(what: str, work: Callable[[Bar], dict[str, Any]], *, as_json: bool) -> dict[str, Any]:
    """Do work that needs no home, and print its answer."""
    try:
        with Bar() as bar:
            answer = work(bar)
    except DyepackError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json(answer)
    else:
        sys.stdout.write(say(what, language(), answer) + "\n")
    return answer


def _text(path: Path, *, as_json: bool) -> str:
    try:
        return read_input(path, as_json=as_json).decode("utf-8")
    except UnicodeDecodeError:
        fail(QuorumFileError(line=0, why="not UTF-8"), as_json=as_json)
