"""Settings of a home: ``HOME/settings.toml``, every key with its default, its meaning, and which way is weaker.

A setting weaker than its default is allowed and is said in the ledger (``app:settings:changed``).
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dyepack.app.errors import SettingError

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One key.

    Attributes:
        key: ``section.name``.
        default: Used when the file does not say.
        meaning: One English sentence; the reference is generated from it.
        low: Smallest integer allowed.
        high: Largest integer allowed.
        weaker: Whether a value guards less than the default does.
    """

    key: str
    default: Value
    meaning: str
    low: int = 0
    high: int = 0
    weaker: Callable[[Any], bool] = field(default=lambda _value: False)


SETTINGS = (
    Setting("institution.name", "", "Name of the institution, shown on the desk and in bundles."),
    Setting("institution.id", "", "Random id of the institution; made by init."),
    Setting(
        "institution.utc_offset_minutes",
        480,
        "Local time east of UTC, in minutes; a day's caps count local days.",
        -720,
        840,
    ),
    Setting(
        "house.production",
        False,
        "Refuse to open this home without a quorum file, or with the keeper in it or under the same account.",
    ),
    Setting(
        "release.cooling_hours",
        -1,
        "Hours between approval and collection of a release; -1 means 0 h up to 50 rows, 4 h up to 500, 24 h above.",
        -1,
        720,
        weaker=lambda value: value != -1,
    ),
    Setting(
        "mark.exclusive_rows",
        3,
        "Invented people that only one copy holds, per copy.",
        0,
        1_000,
        weaker=lambda value: value < 3,
    ),
    Setting(
        "mark.pool",
        200,
        "Invented people shared by copies of 200 rows and more.",
        0,
        2_000,
        weaker=lambda value: value < 200,
    ),
    Setting(
        "mark.mail_domain", "example.com", "Domain of the e-mail addresses of invented people; best one of your own."
    ),
    Setting("mark.lines", "", "A file with own telephone numbers for invented people, one a line; read at init."),
    Setting(
        "limits.enabled",
        True,
        "Daily caps of actors and ceilings of the keeper; off only for benchmarks.",
        weaker=lambda value: not value,
    ),
    Setting(
        "ledger.base",
        "",
        "What the names of logs begin with, best an address of your own such as ledger.school.example; set at init.",
    ),
    Setting(
        "keeper.socket",
        "",
        "Socket of a keeper apart, set by `dyepack keeper adopt`; empty: the keeper is in HOME/keeper.",
    ),
    Setting(
        "desk.idle_minutes",
        30,
        "A session of the desk ends after so many idle minutes.",
        1,
        720,
        weaker=lambda value: value > 30,
    ),
    Setting(
        "ledger.public_tiles",
        False,
        "Serve checkpoints and hashes of the log, never entries, to whoever reaches the desk's address; they tell how"
        " much is done when.",
        weaker=bool,
    ),
)
_BY_KEY: Mapping[str, Setting] = {setting.key: setting for setting in SETTINGS}
_NOT_BY_HAND = {"institution.id", "institution.name", "keeper.socket"}


class Settings:
    """The values of one home."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        """Checked values by key; what is absent has its default."""
        self._values = dict(values)

    def __getitem__(self, key: str) -> Any:
        return self._values.get(key, _BY_KEY[key].default)

    def with_value(self, key: str, value: Value) -> "Settings":
        """The same with another value."""
        return Settings({**self._values, key: value})

    def weaker(self) -> tuple[str, ...]:
        """Keys whose value guards less than the default."""
        return tuple(setting.key for setting in SETTINGS if setting.weaker(self[setting.key]))

    def to_toml(self) -> str:
        """The file's text: every key that differs from its default, in the order of the reference."""
        lines: list[str] = ["# Settings of this home; docs/reference/settings.md explains each key.", ""]
        section = ""
        for setting in SETTINGS:
            value = self[setting.key]
            if value == setting.default and setting.key not in self._values:
                continue
            head, name = setting.key.split(".")
            if head != section:
                lines += [f"[{head}]"] if not section else ["", f"[{head}]"]
                section = head
            lines.append(f"{name} = {_toml(value)}")
        return "\n".join(lines) + "\n"


def parse_assignments(assignments: list[str]) -> dict[str, Value]:
    """``KEY=VALUE`` texts of the command line.

    Raises:
        SettingError: Unknown key, or a value out of its range; names the key.
    """
    values: dict[str, Value] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or key not in _BY_KEY or key in _NOT_BY_HAND:
            raise SettingError(key=key if re.fullmatch(r"[a-z_.]{1,40}", key) else "?", known=", ".join(settable()))
        values[key] = _checked(_BY_KEY[key], text)
    return values


def settable() -> list[str]:
    """Keys that a person may set."""
    return [setting.key for setting in SETTINGS if setting.key not in _NOT_BY_HAND]


def load(path: Path) -> Settings:
    """Read a settings file.

    Raises:
        SettingError: Not TOML, unknown key, or a value out of its range.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(key="settings.toml", known=", ".join(settable())) from error
    values: dict[str, Value] = {}
    for head, section in document.items():
        for name, value in section.items() if isinstance(section, dict) else ():
            key = f"{head}.{name}"
            if key not in _BY_KEY:
                raise SettingError(key=key, known=", ".join(settable()))
            values[key] = _checked(_BY_KEY[key], value)
    return Settings(values)


def _checked(setting: Setting, value: object) -> Value:
    default = setting.default
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
    elif isinstance(default, int):
        number = int(value) if isinstance(value, str) and re.fullmatch(r"-?\d{1,6}", value) else value
        if isinstance(number, int) and not isinstance(number, bool) and setting.low <= number <= setting.high:
            return number
    elif isinstance(value, str) and "\n" not in value:
        return value
    raise SettingError(key=setting.key, known=_range(setting))


def _range(setting: Setting) -> str:
    if isinstance(setting.default, bool):
        return "true, false"
    return f"{setting.low}..{setting.high}" if isinstance(setting.default, int) else "text"


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def reference() -> str:
    """The Markdown table of docs/reference/settings.md."""
    lines = [
        "# Settings",
        "",
        "`HOME/settings.toml`; set at `dyepack init --set KEY=VALUE`. A value that guards less than its default is",
        "said in the ledger (`app:settings:changed`).",
        "",
    ]
    lines += ["| key | default | meaning |", "|---|---|---|"]
    lines += [f"| `{setting.key}` | `{_toml(setting.default)}` | {setting.meaning} |" for setting in SETTINGS]
    return "\n".join(lines) + "\n"
