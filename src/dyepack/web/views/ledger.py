"""The ledger: what it shows to everybody, its audit and monitor, and evidence of one entry to take away."""

from typing import Any

from starlette.responses import Response

from dyepack.terms.errors import DyepackError
from dyepack.web.log_picture import day_svg
from dyepack.web.views.releases import download
from dyepack.web.visit import Visit


def shown(visit: Visit) -> Response:
    """Where the log stands: sizes, checkpoint, key, the last day."""
    return visit.page("ledger.html", **_facts(visit))


def audit(visit: Visit) -> Response:
    """Check the whole log."""
    outcome = visit.oversight.audit(visit.actor)
    return visit.page("ledger.html", **_facts(visit, audit=outcome))


def monitor(visit: Visit) -> Response:
    """Judge the log against the keeper, the clock and the witnesses."""
    visit.oversight.monitor(visit.actor)
    return visit.page("ledger.html", **_facts(visit))


def bundle(visit: Visit) -> Response:
    """Evidence of one entry, checked offline with the ``verify.py`` inside."""
    entry = visit.form.text("entry")
    try:
        content = visit.oversight.bundle(visit.actor, entry)
    except DyepackError as error:
        return visit.failed(error, "ledger.html", **_facts(visit))
    return download(content, f"evidence-{entry[:8]}", "zip")


def _facts(visit: Visit, *, audit: dict[str, Any] | None = None) -> dict[str, Any]:
    oversight = visit.oversight
    day = oversight.log_day()
    return {
        "ledger": oversight.ledger(),
        "watched": oversight.watched(visit.actor),
        "picture": day_svg(day, visit.words, visit.desk.offset),
        "day": day,
        "audit": audit,
    }
