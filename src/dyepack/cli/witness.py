"""Commands of a witness: for whoever cosigns the log of somebody else. They need a folder of their own, no home.

The database is loaded by these commands alone, so that the others start without it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dyepack.app.clock import SystemClock
from dyepack.cli.console import REFUSED, AsJson, fail, language, print_json, write_output
from dyepack.cli.words import say
from dyepack.crypto.chance import SystemRandom
from dyepack.ledger import Head, head_text
from dyepack.ledger.witness import Evidence
from dyepack.terms.errors import DyepackError
from dyepack.terms.time import to_iso

if TYPE_CHECKING:
    from dyepack.app.witness_folder import WitnessFolder

Folder = Annotated[
    Path,
    typer.Option("--folder", help="Folder of the witness: keys, known logs, what it cosigned.", show_default=False),
]

_HELP = """A witness: cosign the log of an institution, so that it cannot show two histories.

For the compliance department, IT audit, a peer institution, a regulator; on a machine and under an account that the
institution's administrator does not rule. A witness learns sizes and hashes, never an entry.

Begin: dyepack witness init --folder DIR --name NAME; dyepack witness log add VKEY --folder DIR;
dyepack witness serve --folder DIR; then give what dyepack witness keys prints to the institution.
"""


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    witness = typer.Typer(no_args_is_help=True, help=_HELP)
    witness.command("init")(init)
    logs = typer.Typer(no_args_is_help=True, help="The logs that the witness knows.")
    logs.command("add")(log_add)
    witness.add_typer(logs, name="log")
    witness.command("serve")(serve)
    witness.command("keys")(keys)
    witness.command("evidence")(evidence)
    app.add_typer(witness, name="witness")


def init(
    folder: Folder,
    name: Annotated[
        str, typer.Option("--name", help="Name of its keys, such as compliance.school.example/w1; no spaces, no plus.")
    ],
    as_json: AsJson = False,
) -> None:
    """Make a witness in an empty folder: two fresh keys, no log known yet.

    The keys never leave the folder. Never restore an old witness.db: a witness that forgot what it cosigned can be led
    to cosign another history. Whoever has lost it makes a new witness.
    """
    from dyepack.app.witness_folder import WitnessFolder

    with _reported(as_json=as_json):
        witness = WitnessFolder.make(folder, name, SystemClock(), SystemRandom())
        witness.close()
    _print({"folder": str(folder), **_keys(witness, "")}, "witness-init", as_json=as_json)


def log_add(
    vkey: Annotated[
        str, typer.Argument(help="Verifier key of the log, name+id+base64: dyepack ledger status shows it.")
    ],
    folder: Folder,
    as_json: AsJson = False,
) -> None:
    """Know one more log, or one more key of a log; a running witness takes it at once.

    Compare the key with the institution by another way than the one it came by: a telephone, a contract. To forget a
    key, delete its line from logs.txt in the folder.
    """
    with _reported(as_json=as_json), _opened(folder) as witness:
        key = witness.add_log(vkey)
    _print({"origin": key.name, "vkey": key.vkey}, "witness-log-add", as_json=as_json)


def serve(
    folder: Folder,
    host: Annotated[str, typer.Option("--host", help="Address to listen on; loopback unless you say otherwise.")] = (
        "127.0.0.1"
    ),
    port: Annotated[
        int, typer.Option("--port", help="Port to listen on; 0 picks a free one.", min=0, max=65535)
    ] = 8430,
) -> None:
    """Answer logs over HTTP (C2SP tlog-witness) until Ctrl-C; put a proxy with TLS before it where others reach it.

    The address that is printed, or the proxy's, is the URL for the quorum file. Keep the clock of the machine right:
    the times in cosignatures never go back, so a clock that was once ahead keeps them ahead until it is reached.
    """
    from dyepack.web.witness import serve_witness

    with _reported(as_json=False):
        serve_witness(folder, host, port)


def keys(
    folder: Folder,
    url: Annotated[str, typer.Option("--url", help="Where logs reach this witness, such as https://w1.example/.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print the public keys, and the lines for the quorum file of the institution.

    Both keys stand in one group that asks for all of them, so that this witness counts once; the institution names the
    group in its own quorum.
    """
    with _reported(as_json=as_json), _opened(folder) as witness:
        answer = _keys(witness, url)
    _print(answer, "witness-keys", as_json=as_json)


def evidence(
    folder: Folder,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write the kept requests and heads to.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the requests that were kept because they do not fit what was cosigned; exit 1 if one proves a rewriting.

    fork and empty prove it by themselves: the log signed heads that contradict each other. inconsistent and shorter
    want an explanation: ask the institution for a consistency proof between the two sizes. If it has none, its history
    was rewritten; if it has one, somebody sent an old checkpoint or a wrong proof.
    """
    with _reported(as_json=as_json), _opened(folder) as witness:
        kept = witness.evidence()
    items = [_told(one) for one in kept]
    for one, item in zip(kept, items, strict=True):
        if out is not None:
            item["files"] = _write(out, one)
    _print({"evidence": items}, "witness-evidence", as_json=as_json)
    if any(one.verdict.proves for one in kept):
        raise typer.Exit(REFUSED)


def _write(out: Path, one: Evidence) -> list[str]:
    files = {"request.txt": one.request, "signed.note": one.request.partition(b"\n\n")[2]}
    if one.seen:
        files["cosigned.note"] = one.seen.encode()
    paths = {out / f"{one.number:04d}-{one.verdict}" / name: content for name, content in files.items()}
    for path, content in paths.items():
        write_output(path, content)
    return [str(path) for path in paths]


def _told(one: Evidence) -> dict[str, Any]:
    return {
        "number": one.number,
        "received": to_iso(one.received),
        "origin": one.signed.origin,
        "verdict": one.verdict.value,
        "proves": one.verdict.proves,
        "signed": _head(one.signed),
        "cosigned": _head(one.cosigned) if one.cosigned else None,
    }


def _head(head: Head) -> dict[str, Any]:
    return {"size": head.size, "root": head_text(head).split("\n")[2]}


def _keys(witness: "WitnessFolder", url: str) -> dict[str, Any]:
    name = witness.keys[0].name
    members = [f"{name}-{end}" for end in ("ed", "pq")]
    lines = [
        " ".join(filter(None, ("witness", member, key.vkey, url)))
        for member, key in zip(members, witness.keys, strict=True)
    ]
    return {
        "name": name,
        "vkeys": [key.vkey for key in witness.keys],
        "quorum_lines": [*lines, f"group {name} all {' '.join(members)}"],
    }


def _print(answer: dict[str, Any], what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        sys.stdout.write(say(what, language(), answer) + "\n")


@contextmanager
def _opened(folder: Path) -> "Iterator[WitnessFolder]":
    from dyepack.app.witness_folder import WitnessFolder

    witness = WitnessFolder(folder, SystemClock())
    try:
        yield witness
    finally:
        witness.close()


@contextmanager
def _reported(*, as_json: bool) -> Iterator[None]:
    try:
        yield
    except DyepackError as error:
        fail(error, as_json=as_json)
