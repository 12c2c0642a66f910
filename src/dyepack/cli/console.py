"""What all commands share: the language, progress on stderr, one JSON document on stdout, exit codes."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dyepack.app.channel import call
from dyepack.cli.words import step_name
from dyepack.terms.errors import DyepackError, Outcome

DONE, REFUSED, BAD_INPUT, IN_PART, NOT_AVAILABLE = range(5)
EXIT = {Outcome.REFUSED: REFUSED, Outcome.BAD_INPUT: BAD_INPUT, Outcome.UNAVAILABLE: NOT_AVAILABLE}

Home = Annotated[
    Path, typer.Option("--home", envvar="DYEPACK_HOME", help="Folder of the institution.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; progress stays on stderr.")]
By = Annotated[str, typer.Option("--actor", help="Name of the member of staff who acts.")]
Case = Annotated[str, typer.Option("--case", help="The case: an id, or a few words; unknown words open a case.")]
PurposeWord = Annotated[str, typer.Option("--purpose", help="Legal purpose, such as visit, consult, application.")]


def language() -> str:
    """``"zh"`` or ``"en"``: DYEPACK_LANG, else the locale."""
    for name in ("DYEPACK_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def fail(error: DyepackError, *, as_json: bool) -> NoReturn:
    """Say what is wrong in one sentence and end with the code of its kind."""
    sentence = error.sentence(language())
    if as_json:
        print_json({"error": error.code, "sentence": sentence})
    sys.stderr.write(f"{sentence} [{error.code}]\n")
    raise typer.Exit(EXIT[error.outcome])


def read_input(path: Path, *, as_json: bool) -> bytes:
    """The bytes of a file that a person named."""
    try:
        return path.read_bytes()
    except OSError as error:
        zh, en = "文件无法读取", "The file cannot be read"
        sentence = f"{zh if language() == 'zh' else en}: {os.strerror(error.errno or 0)}"
        if as_json:
            print_json({"error": "cli.file", "sentence": sentence})
        sys.stderr.write(sentence + " [cli.file]\n")
        raise typer.Exit(BAD_INPUT) from error


def write_output(path: Path, content: bytes) -> None:
    """Write a file that a person named, readable by his account alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        _cannot_write(error)


@contextmanager
def pending_output(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Open a file beside ``path`` before the act; what is given is written there and takes the name at the end.

    An act that hands something out once must not find out afterwards that nobody can receive it.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        _cannot_write(error)

    def write(content: bytes) -> None:
        try:
            with os.fdopen(os.dup(handle), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            _cannot_write(error)

    try:
        yield write
    finally:
        os.close(handle)
        part.unlink(missing_ok=True)


def _cannot_write(error: OSError) -> NoReturn:
    sys.stderr.write(f"{'文件无法写入' if language() == 'zh' else 'The file cannot be written'}: ")
    sys.stderr.write(f"{os.strerror(error.errno or 0)} [cli.file]\n")
    raise typer.Exit(BAD_INPUT) from error


def print_json(document: dict[str, Any]) -> None:
    """One document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def run(
    home: Path,
    act: str,
    arguments: dict[str, Any],
    *,
    as_json: bool,
    show: Callable[[dict[str, Any]], str],
    also: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Do one act and print its answer; ``also`` takes bytes out of the answer before it is printed."""
    try:
        with Bar() as bar:
            answer = call(home, act, arguments, bar)
    except DyepackError as error:
        fail(error, as_json=as_json)
    if also is not None:
        also(answer)
    if as_json:
        print_json(answer)
    else:
        sys.stdout.write(show(answer) + "\n")
    return answer


class Bar:
    """A progress bar on stderr; silent where stderr is no terminal, but for a line per finished tenth."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._task: Any = None
        self._step = ""
        self._told = -1

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._progress.stop()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Told how far a step is."""
        name = step_name(step, language())
        if not self._console.is_terminal:
            tenth = done * 10 // total if total else 0
            if total > 1 and (step != self._step or tenth != self._told):
                sys.stderr.write(f"{name} {done}/{total}\n")
                sys.stderr.flush()
            self._step, self._told = step, tenth
            return
        if step != self._step:
            self._step = step
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task = self._progress.add_task(name, total=total or None)
        self._progress.update(self._task, completed=done, total=total or None)
