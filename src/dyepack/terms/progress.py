"""Long work says how far it is: a callable that faces turn into a bar and that a test may ignore."""

from typing import Protocol


class Progress(Protocol):
    """Called with work done so far; cheap to call often."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """``step`` is a word of the CLI's list of steps; ``total`` may be 0 while unknown."""
        ...


def silent(step: str, done: int, total: int) -> None:
    """Nobody watches."""
