"""Releases: asked for here, approved by others, collected once as a marked copy."""

from typing import Any

from starlette.responses import Response

from dyepack.app.acts import purpose_of
from dyepack.app.errors import CommandError
from dyepack.terms.errors import DyepackError
from dyepack.terms.progress import silent
from dyepack.web.errors import ClearFileError
from dyepack.web.visit import Visit

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "zip": "application/zip",
}


def listed(visit: Visit) -> Response:
    """Own releases and those to approve, and the form for another."""
    return visit.page("releases.html", **_facts(visit))


def request(visit: Visit) -> Response:
    """Ask for a list."""
    form, working = visit.form, visit.work_on()
    filters = visit.oversight.coded({n: text for n in visit.oversight.codes() if (text := form.text(n))})
    try:
        visit.acts.releasing.request(
            visit.actor,
            form.text("recipient"),
            form.all("field"),
            purpose_of(working.purpose),
            working.case,
            ",".join(f"{name}={code}" for name, code in filters.items()),
            _limit(form.text("limit")),
        )
    except DyepackError as error:
        return visit.failed(error, "releases.html", **_facts(visit))
    return visit.go("/releases")


def collect(visit: Visit) -> Response:
    """The marked copy as a download; only with the sign that a clear file is meant."""
    if visit.form.text("clear") != "yes":
        raise ClearFileError
    kind = visit.form.text("kind")
    copy = visit.acts.releasing.collect(visit.actor, visit.part("release"), kind, silent)
    return download(copy["content"], f"list-{copy['copy'][:8]}", kind)


def download(content: bytes, name: str, ending: str) -> Response:
    """A file to be saved; its name is opaque."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return Response(content, media_type=TYPES[ending], headers=headers)


def _facts(visit: Visit) -> dict[str, Any]:
    return {
        "releases": visit.oversight.releases(visit.actor),
        "fields": visit.oversight.fields(visit.actor.role, "release_request"),
        "codes": visit.oversight.codes(),
        "kinds": visit.oversight.file_kinds,
        "form": visit.form,
    }


def _limit(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise CommandError(what="limit", remedy="a positive number / 须为正整数")
    return int(text)
