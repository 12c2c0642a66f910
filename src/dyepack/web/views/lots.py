"""Lots: a file is taken in with its provenance, and admitted by the privacy officer."""

from collections import Counter
from typing import Any, Final

from starlette.responses import Response

from dyepack.terms.errors import DyepackError
from dyepack.terms.progress import silent
from dyepack.web.errors import FileMissingError
from dyepack.web.visit import Visit

SHOWN_PROBLEMS: Final = 200


def listed(visit: Visit) -> Response:
    """Lots, and the form for another."""
    return visit.page("lots.html", **_facts(visit))


def take(visit: Visit) -> Response:
    """Take a file in; the same file again resumes its lot."""
    form = visit.form
    try:
        if form.upload is None or not form.upload.content:
            raise FileMissingError
        answer = visit.acts.taking.take(
            visit.actor,
            form.upload.content,
            form.upload.name,
            provenance=form.text("provenance"),
            evidence=form.text("evidence"),
            sheet=form.text("sheet") or None,
            dry_run=form.text("dry_run") == "yes",
            progress=silent,
        )
    except DyepackError as error:
        return visit.failed(error, "lots.html", **_facts(visit))
    problems = answer["problems"]
    tally = Counter(problem["code"] for problem in problems).most_common()
    return visit.page("lot_taken.html", answer=answer, tally=tally, problems=problems[:SHOWN_PROBLEMS])


def admit(visit: Visit) -> Response:
    """Open a lot whose provenance is proven."""
    answer = visit.acts.taking.admit(visit.actor, visit.part("lot"), silent)
    return visit.page("lot_admitted.html", answer=answer)


def _facts(visit: Visit) -> dict[str, Any]:
    return {
        "lots": visit.oversight.lots(visit.actor),
        "provenances": visit.oversight.provenances,
        "form": visit.form,
    }
