"""Look-up, masked list, one record, reveal, and who looked.

Purpose and case travel in forms and in the memory of the session, never in an address; an address holds a record's
token or codes of attributes at most.
"""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from dyepack.app.acts import purpose_of
from dyepack.terms.errors import DyepackError
from dyepack.vault.errors import MinorApprovalError
from dyepack.web.visit import Visit

LISTED = ("name", "phone", "wechat")


def look_up_page(visit: Visit) -> Response:
    """The form."""
    return visit.page("look_up.html", found=None)


def look_up(visit: Visit) -> Response:
    """Masked records with a number."""
    working = visit.work_on()
    try:
        found = visit.acts.looking.lookup(
            visit.actor, visit.form.text("phone"), purpose_of(working.purpose), working.case
        )
    except DyepackError as error:
        return visit.failed(error, "look_up.html", found=None)
    return visit.page("look_up.html", found=found)


def listed(visit: Visit) -> Response:
    """One page of the masked list; only the filters until somebody asks for it, for a page costs quota."""
    filters, after = _filters(visit), visit.request.query_params.get("after", "")
    facts: dict[str, Any] = {"codes": visit.oversight.codes(), "filters": filters, "columns": LISTED}
    if "show" not in visit.request.query_params:
        return visit.page("list.html", found=None, next="", **facts)
    working = visit.working()
    try:
        found = visit.acts.looking.page(visit.actor, purpose_of(working.purpose), working.case, _query(filters), after)
    except DyepackError as error:
        return visit.failed(error, "list.html", found=None, next="", **facts)
    following = "/records?" + urlencode({"show": "1", **filters, "after": found["after"]}) if found["after"] else ""
    return visit.page("list.html", found=found, next=following, **facts)


def filter_list(visit: Visit) -> Response:
    """Remember purpose and case; filter by codes, which may stand in an address."""
    visit.work_on()
    filters = {name: code for name in visit.oversight.codes() if (code := visit.form.text(name))}
    return visit.go("/records?" + urlencode({"show": "1", **visit.oversight.coded(filters)}))


def record(visit: Visit) -> Response:
    """One record, masked; the question for purpose and case if none is remembered."""
    token, working = visit.part("token"), visit.working()
    if not working.case:
        return visit.page("record_ask.html", token=token)
    try:
        found = visit.acts.looking.record(visit.actor, token, purpose_of(working.purpose), working.case)
    except DyepackError as error:
        return visit.failed(error, "record_ask.html", token=token)
    shown = found["records"][0]
    return visit.page("record.html", record=shown, entry=found["entry"], fields=_revealable(visit, shown))


def open_record(visit: Visit) -> Response:
    """Remember purpose and case, then show the record."""
    visit.work_on()
    return visit.go(f"/records/{visit.part('token')}")


def reveal(visit: Visit) -> Response:
    """One field in the clear, once; or the page that says that the request waits for a second person."""
    token, name, working = visit.part("token"), visit.form.text("field"), visit.work_on()
    try:
        shown = visit.acts.looking.reveal(
            visit.actor, token, name, purpose_of(working.purpose), working.case, visit.form.text("motive")
        )
    except MinorApprovalError as error:
        return visit.failed(error, "reveal_waits.html", token=token, field=name)
    except DyepackError as error:
        return visit.failed(error, "reveal_refused.html", token=token, field=name)
    return visit.page("revealed.html", token=token, shown=shown)


def closed(visit: Visit) -> Response:
    """Where a revealed value was."""
    return visit.page("reveal_closed.html", token=visit.part("token"))


def looks(visit: Visit) -> Response:
    """Who looked at a record."""
    token, working = visit.part("token"), visit.working()
    if not working.case:
        return visit.page("looks_ask.html", token=token)
    found = visit.acts.looking.looks(visit.actor, token, working.case)
    return visit.page("looks.html", token=token, looks=found["looks"])


def open_looks(visit: Visit) -> Response:
    """Remember the case, then show who looked."""
    visit.work_on()
    return visit.go(f"/records/{visit.part('token')}/looks")


def groups(visit: Visit) -> Response:
    """Counts of groups of at least 10."""
    attributes = list(visit.oversight.codes())
    chosen = visit.request.query_params.get("attribute", attributes[0])
    found = visit.oversight.groups(visit.actor, chosen)
    rows = sorted(found["groups"].items(), key=lambda item: (-item[1], item[0]))
    return visit.page("groups.html", attributes=attributes, chosen=chosen, groups=rows)


def _revealable(visit: Visit, shown: dict[str, Any]) -> list[str]:
    allowed = visit.oversight.fields(visit.actor.role, "reveal")
    return [name for name in allowed if name in shown["masks"]]


def _filters(visit: Visit) -> dict[str, str]:
    given = visit.request.query_params
    return visit.oversight.coded({name: given[name] for name in visit.oversight.codes() if given.get(name)})


def _query(filters: dict[str, str]) -> str:
    return ",".join(f"{name}={code}" for name, code in filters.items())
