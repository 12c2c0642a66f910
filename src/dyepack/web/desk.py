"""The desk as an application: every address and the view behind it.

An address holds tokens and codes at most: what is typed about people comes by POST.
"""

from collections.abc import Collection

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dyepack.app.acts import Acts
from dyepack.web.edge import Edge
from dyepack.web.forms import FORM_LIMIT, UPLOAD_LIMIT
from dyepack.web.log_routes import log_routes
from dyepack.web.views import approvals, entrance, leaks, ledger, lots, records, releases
from dyepack.web.visit import Desk, View, door, lost


def make_app(acts: Acts, names: Collection[str] = ()) -> Starlette:
    """The desk over the acts of an open institution.

    Args:
        acts: Of the institution that this process holds.
        names: Names, beside its addresses and ``localhost``, that the desk answers to.
    """
    desk = Desk(acts)
    return Starlette(
        routes=routes(desk),
        middleware=[Middleware(Edge, names=names)],
        exception_handlers={HTTPException: lost(desk)},
    )


def routes(desk: Desk) -> list[BaseRoute]:
    """All addresses; the name of a route is who may ask, its endpoint's docstring what it gives."""

    def get(path: str, view: View, section: str, *, anybody: bool = False) -> Route:
        name = "anybody" if anybody else "staff"
        return Route(path, door(desk, view, section, anybody=anybody), methods=["GET"], name=name)

    def post(path: str, view: View, section: str, *, limit: int = FORM_LIMIT, anybody: bool = False) -> Route:
        name = "anybody" if anybody else "staff"
        return Route(path, door(desk, view, section, limit=limit, anybody=anybody), methods=["POST"], name=name)

    return [
        get("/", entrance.home, "/"),
        get("/log-in", entrance.log_in_page, "/log-in", anybody=True),
        post("/log-in", entrance.log_in, "/log-in", anybody=True),
        post("/log-out", entrance.log_out, "/", anybody=True),
        get("/language/{code}", entrance.language, "/", anybody=True),
        get("/look-up", records.look_up_page, "/look-up"),
        post("/look-up", records.look_up, "/look-up"),
        get("/records", records.listed, "/records"),
        post("/records", records.filter_list, "/records"),
        get("/records/{token}", records.record, "/records"),
        post("/records/{token}", records.open_record, "/records"),
        post("/records/{token}/reveal", records.reveal, "/records"),
        get("/records/{token}/closed", records.closed, "/records"),
        get("/records/{token}/looks", records.looks, "/records"),
        post("/records/{token}/looks", records.open_looks, "/records"),
        get("/groups", records.groups, "/groups"),
        get("/approvals", approvals.inbox, "/approvals"),
        post("/approvals/{request}", approvals.decide_reveal, "/approvals"),
        get("/releases", releases.listed, "/releases"),
        post("/releases", releases.request, "/releases"),
        post("/releases/{release}/approve", approvals.approve_release, "/approvals"),
        post("/releases/{release}/reject", approvals.reject_release, "/approvals"),
        post("/releases/{release}/collect", releases.collect, "/releases"),
        get("/lots", lots.listed, "/lots"),
        post("/lots", lots.take, "/lots", limit=UPLOAD_LIMIT),
        post("/lots/{lot}/admit", lots.admit, "/lots"),
        get("/leaks", leaks.listed, "/leaks"),
        post("/leaks", leaks.trace, "/leaks", limit=UPLOAD_LIMIT),
        get("/leaks/{verdict}", leaks.verdict, "/leaks"),
        get("/ledger", ledger.shown, "/ledger"),
        post("/ledger/audit", ledger.audit, "/ledger"),
        post("/ledger/bundle", ledger.bundle, "/ledger"),
        post("/ledger/monitor", ledger.monitor, "/ledger"),
        *log_routes(desk),
        get("/staff", entrance.staff, "/staff"),
        Mount("/static", StaticFiles(packages=[("dyepack.web", "static")])),
    ]
