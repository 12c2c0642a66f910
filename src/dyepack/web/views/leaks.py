"""Leaks: a leaked list is uploaded, and its verdict read."""

from starlette.responses import Response

from dyepack.app.tracing import DEFAULT_ALPHA
from dyepack.terms.errors import DyepackError
from dyepack.terms.progress import silent
from dyepack.web.errors import FileMissingError, NoPageError
from dyepack.web.visit import Visit


def listed(visit: Visit) -> Response:
    """Verdicts, and the form for another list."""
    return visit.page("leaks.html", verdicts=visit.oversight.verdicts(visit.actor))


def trace(visit: Visit) -> Response:
    """Trace a list; the verdict has a page of its own."""
    upload = visit.form.upload
    try:
        if upload is None or not upload.content:
            raise FileMissingError
        answer = visit.acts.tracing.trace(
            visit.actor, upload.content, upload.name, visit.form.text("case") or None, DEFAULT_ALPHA, silent
        )
    except DyepackError as error:
        return visit.failed(error, "leaks.html", verdicts=visit.oversight.verdicts(visit.actor))
    return visit.go(f"/leaks/{answer['verdict']}")


def verdict(visit: Visit) -> Response:
    """One verdict: first in words, then in numbers."""
    shown = visit.oversight.verdict(visit.actor, visit.part("verdict"))
    if shown is None:
        raise NoPageError
    return visit.page("verdict.html", verdict=shown, document=shown["document"])
