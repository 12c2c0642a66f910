"""One picture of a verdict: evidence of each suspect against the limit, as inline SVG.

No script, no style attribute, no font or image from outside: it stands under ``style-src 'self'``. Colors are those of
Okabe and Ito; who is named is also told by a sign. Every number in its texts occurs in the JSON of the verdict.
"""

from collections.abc import Mapping
from html import escape

from dyepack.trace.rounding import fact_printed, log10_printed
from dyepack.trace.verdict import PersonVerdict, Verdict

WIDTH = 400
ROW = 62
TOP = 58
LEFT = 10
RIGHT = 390
BARS = 12
LABEL = 28
_CLIP = 4.0
_NAMED, _OTHER, _INK, _GRID = "#D55E00", "#0072B2", "#1A1A1A", "#BBBBBB"
_WORDS = {
    "zh": {
        "title": "各持有人的证据值与指明界限",
        "together": "已指明各方合计：证据值 10^{value}",
        "limit": "界限 10^{needed}",
        "bar": "证据值 10^{value} · 蜜标 {hits}/{canaries}",
        "named": "已指明",
        "none": "没有嫌疑人。",
        "desc": "横条为每个持有人的证据值（以十的幂表示），虚线为指明界限 10^{needed}。",
    },
    "en": {
        "title": "Evidence of each holder and the limit",
        "together": "the named together: evidence 10^{value}",
        "limit": "limit 10^{needed}",
        "bar": "evidence 10^{value} · planted rows {hits}/{canaries}",
        "named": "named",
        "none": "There are no suspects.",
        "desc": "Bars show the evidence of each holder as a power of ten; the dashed line is the limit 10^{needed}.",
    },
}


def evidence_svg(verdict: Verdict, names: Mapping[str, str], language: str) -> str:
    """Draw the picture.

    Args:
        verdict: What to draw; nothing else is read.
        names: Labels by suspect; a suspect without one is labelled by his opaque id.
        language: ``zh`` or ``en``.

    Returns:
        An ``<svg>`` element that scales to the width it is given.
    """
    words = _WORDS["zh" if language == "zh" else "en"]
    people = sorted(verdict.persons, key=lambda p: (-p.log10_e, p.actor))[:BARS]
    together = next((group.log10_e for group in verdict.groups if group.kind == "minimal"), None)
    height = TOP + ROW * max(1, len(people) + (together is not None)) + 10
    if not people:
        body = [_label(LEFT, TOP, words["none"])]
        return _frame(words["title"], words["none"], height, body)
    needed = _needed(people[0])
    low, high = _span(people, needed)

    def across(value: float) -> float:
        part = (min(max(value, low), high) - low) / (high - low)
        return round(LEFT + part * (RIGHT - LEFT), 1)

    bottom = height - 10
    body = [
        _line(across(0.0), TOP - 8, bottom, _GRID, ""),
        _line(across(needed), TOP - 8, bottom, _INK, ' stroke-dasharray="5 4"'),
        _label(across(needed), TOP - 14, words["limit"].format(needed=fact_printed(needed)), anchor="middle"),
    ]
    for index, person in enumerate(people):
        named = _is_named(verdict, person)
        name = _short(names.get(person.actor, person.actor))
        label = f"◆ {name}" if named else name
        body += _bar(label, _weight(person, words), TOP + ROW * index, across(0.0), across(person.log10_e), named=named)
    lines = [_told(verdict, person, names, words) for person in people]
    if together is not None:
        told = words["together"].format(value=log10_printed(together))
        body += _bar("◆ ◆", told, TOP + ROW * len(people), across(0.0), across(together), named=True)
        lines.append(told)
    desc = " ".join([words["desc"].format(needed=fact_printed(needed)), *lines])
    return _frame(words["title"], desc, height, body)


def _needed(person: PersonVerdict) -> float:
    return next(r.detail["needed"] for r in person.requirements if r.code == "bound")


def _span(people: list[PersonVerdict], needed: float) -> tuple[float, float]:
    """Ends of the axis; a very long bar is cut so that the limit stays readable."""
    values = [person.log10_e for person in people]
    low = min(0.0, max(min(values), -needed))
    return low, max(needed * 1.25, min(max(values), needed * _CLIP))


def _is_named(verdict: Verdict, person: PersonVerdict) -> bool:
    return person.actor in verdict.decision.accused + (verdict.decision.group or ())


def _told(verdict: Verdict, person: PersonVerdict, names: Mapping[str, str], words: Mapping[str, str]) -> str:
    name = names.get(person.actor, person.actor)
    sign = f"◆ {words['named']} · " if _is_named(verdict, person) else ""
    return f"{sign}{name}: {_weight(person, words)}."


def _weight(person: PersonVerdict, words: Mapping[str, str]) -> str:
    value = log10_printed(person.log10_e)
    return words["bar"].format(value=value, hits=person.design.hits["list"], canaries=person.design.canaries)


def _bar(label: str, weight: str, top: int, zero: float, end: float, *, named: bool) -> list[str]:
    start, width = min(zero, end), max(round(abs(end - zero), 1), 1.0)
    return [
        _label(LEFT, top + 10, label, weight="700" if named else "400"),
        _rect("bar named" if named else "bar", start, top + 16, width, 14, _NAMED if named else _OTHER),
        _label(LEFT, top + 43, weight, size=11),
    ]


def _label(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, weight: str = "400") -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{_INK}" '
        'stroke="#FFFFFF" stroke-width="3" paint-order="stroke">'
        f"{escape(text)}</text>"
    )


def _line(x: float, top: float, bottom: float, color: str, extra: str) -> str:
    return f'<line x1="{x}" y1="{top}" x2="{x}" y2="{bottom}" stroke="{color}" stroke-width="1.5"{extra}/>'


def _short(name: str) -> str:
    """A label that fits a phone; the description holds the whole."""
    return name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"


def _rect(kind: str, x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"/>'


def _frame(title: str, desc: str, height: int, body: list[str]) -> str:
    return "\n".join(
        [
            f'<svg class="evidence" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="100%"',
            ' role="img" aria-labelledby="evidence-title evidence-desc" font-family="system-ui, sans-serif">',
            f'<title id="evidence-title">{escape(title)}</title>',
            f'<desc id="evidence-desc">{escape(desc)}</desc>',
            _rect("paper", 0, 0, WIDTH, height, "#FFFFFF"),
            _label(LEFT, 22, title, weight="700"),
            *body,
            "</svg>",
        ]
    )
