"""The root of every error that Dyepack raises.

DyepackError
├── one base per stage (``LedgerError``, ``VaultError``, ``MarkError``, …)
│   └── leaves with a stable ``code`` and a sentence in two languages

Invariants:

* a sentence names the rule and the remedy and holds **no personal data**: only codes, counts, positions,
  field ids, and opaque tokens may be formatted into it;
* ``code`` is ``stage.what-is-wrong`` and never changes its meaning;
* only ``web`` maps ``outcome`` to HTTP, only ``cli`` to exit codes.
"""

from enum import StrEnum
from typing import ClassVar


class Outcome(StrEnum):
    """How a failure is told apart by a caller that does not know its code."""

    REFUSED = "refused"  # a rule said no, or a check refuted something
    BAD_INPUT = "bad-input"  # the input cannot be used as it is
    UNAVAILABLE = "unavailable"  # something that is needed does not answer now


class DyepackError(Exception):
    """Base of all errors. Leaves set ``code``, ``outcome``, ``en`` and ``zh`` (format strings over ``facts``)."""

    code: ClassVar[str] = "dyepack.error"
    outcome: ClassVar[Outcome] = Outcome.REFUSED
    en: ClassVar[str] = "Something went wrong ({detail})."
    zh: ClassVar[str] = "出错（{detail}）。"

    def __init__(self, **facts: str | int) -> None:
        """Keep the facts that fill the sentence; they hold no personal data."""
        self.facts = facts
        super().__init__(self.sentence("en"))

    def sentence(self, language: str) -> str:
        """The sentence for people, in ``"zh"`` or ``"en"``."""
        template = self.zh if language == "zh" else self.en
        return template.format_map(_Blank(self.facts))


class _Blank(dict[str, "str | int"]):
    """A missing fact shows as a question mark: an error about an error would hide the first."""

    def __missing__(self, key: str) -> str:
        return "?"
