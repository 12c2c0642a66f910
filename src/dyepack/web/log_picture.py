"""The last day of the log as one picture: entries by hour, and under each hour whether there was a heartbeat.

Inline SVG under ``style-src 'self'``: no script, no style attribute, nothing from outside. What it shows is also told
in its title, so nothing depends on seeing it.
"""

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from typing import Final

from dyepack.app.log_watch import Hour
from dyepack.terms.time import to_datetime
from dyepack.web.wording import Words

_WIDTH, _HEIGHT, _TOP, _BASE = 360, 132, 24, 92
_LEFT: Final = 4
_FRAME: Final = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-size="11"'
_STEP: Final = 14.67
_INK, _BAR, _GRID, _BEAT, _NONE = "#55626f", "#0f4c5c", "#d9dfe5", "#1d6b45", "#c3ccd4"


def day_svg(hours: Sequence[Hour], words: Words, offset_minutes: int) -> str:
    """Draw the hours, oldest first, labeled in the institution's own time."""
    most = max((hour.entries for hour in hours), default=0)
    total = sum(hour.entries for hour in hours)
    beats = sum(hour.beat for hour in hours)
    t = words.text
    title = t("ledger.day.title", n=f"{total:,}", beats=beats, hours=len(hours))
    parts = [
        f'<svg {_FRAME} aria-label="{escape(title)}">',
        _text(_LEFT, 13, t("ledger.day.most", n=f"{most:,}")),
        f'<line x1="{_LEFT}" y1="{_TOP}" x2="{_WIDTH - _LEFT}" y2="{_TOP}" stroke="{_GRID}" stroke-dasharray="3 3"/>',
        f'<line x1="{_LEFT}" y1="{_BASE}" x2="{_WIDTH - _LEFT}" y2="{_BASE}" stroke="{_INK}"/>',
    ]
    for place, hour in enumerate(hours):
        left = _LEFT + place * _STEP
        if hour.entries:
            height = max(2.0, (_BASE - _TOP) * hour.entries / most)
            parts.append(
                f'<rect x="{left + 2:.1f}" y="{_BASE - height:.1f}" width="{_STEP - 4:.1f}" height="{height:.1f}"'
                f' rx="1.5" fill="{_BAR}"/>'
            )
        middle = left + _STEP / 2
        filled = f'fill="{_BEAT}"' if hour.beat else f'fill="none" stroke="{_NONE}"'
        parts.append(f'<circle cx="{middle:.1f}" cy="{_BASE + 11}" r="3" {filled}/>')
        local = to_datetime(hour.begun) + timedelta(minutes=offset_minutes)
        if local.hour % 6 == 0:
            parts.append(_text(middle, _HEIGHT - 8, f"{local.hour:02d}:00", anchor="middle"))
    return "".join([*parts, "</svg>"])


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="{_INK}">{escape(text)}</text>'
