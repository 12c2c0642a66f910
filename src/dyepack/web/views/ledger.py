"""The ledger: what it shows to everybody, its audit, and evidence of one entry to take away."""

from starlette.responses import Response

from dyepack.terms.errors import DyepackError
from dyepack.web.views.releases import download
from dyepack.web.visit import Visit


def shown(visit: Visit) -> Response:
    """Size, key and checkpoint."""
    return visit.page("ledger.html", ledger=visit.oversight.ledger(), audit=None)


def audit(visit: Visit) -> Response:
    """Check the whole log."""
    outcome = visit.oversight.audit(visit.actor)
    return visit.page("ledger.html", ledger=visit.oversight.ledger(), audit=outcome)


def bundle(visit: Visit) -> Response:
    """Evidence of one entry, checked offline with the ``verify.py`` inside."""
    entry = visit.form.text("entry")
    try:
        content = visit.oversight.bundle(visit.actor, entry)
    except DyepackError as error:
        return visit.failed(error, "ledger.html", ledger=visit.oversight.ledger(), audit=None)
    return download(content, f"evidence-{entry[:8]}", "zip")
