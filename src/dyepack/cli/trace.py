"""Commands about leaks: trace list."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dyepack.cli.console import AsJson, Home, language, read_input, run, write_output
from dyepack.cli.words import say


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the tree."""
    traces = typer.Typer(no_args_is_help=True, help="Tracing: which copy leaked, and how sure that is.")
    traces.command("list")(trace_list)
    app.add_typer(traces, name="trace")


def trace_list(
    file: Annotated[Path, typer.Argument(help="The leaked list, xlsx or csv, as dirty as it is.")],
    home: Home,
    case: Annotated[str | None, typer.Option("--case", help="The case; default: one of its own for this file.")] = None,
    actor: Annotated[
        str | None, typer.Option("--actor", help="The privacy officer who traces; default: the first one.")
    ] = None,
    alpha: Annotated[
        float, typer.Option("--alpha", help="Greatest probability of ever naming an innocent in this case.")
    ] = 0.001,
    output: Annotated[
        Path | None, typer.Option("--output", help="Folder for verdict.json, report.html and the pictures.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read a leaked list and name the copy it came from, with a bound on naming an innocent."""

    def save(answer: dict[str, Any]) -> None:
        files = answer.pop("files")
        if output is not None:
            for name, content in files.items():
                write_output(output / name, content)
        if as_json:
            document = answer.pop("document")
            kept = {"verdict": answer["verdict"], "entry": answer["entry"]}
            answer.clear()
            answer |= document | kept

    run(
        home,
        "trace list",
        {
            "content": read_input(file, as_json=as_json),
            "file": file.name,
            "case": case,
            "actor": actor,
            "alpha": alpha,
        },
        as_json=as_json,
        show=lambda answer: say("trace-list", language(), answer),
        also=save,
    )
