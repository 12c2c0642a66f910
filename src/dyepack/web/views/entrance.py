"""Log in, log out, the language, the start page and the roster."""

from starlette.responses import Response

from dyepack.app.errors import LogInError
from dyepack.web.visit import LANGUAGE, LONG_SECONDS, SESSION, Visit, chosen_language, own_path


def log_in_page(visit: Visit) -> Response:
    """The form; somebody who is in goes to the start."""
    return visit.go("/") if visit.session is not None else visit.page("log_in.html")


def log_in(visit: Visit) -> Response:
    """Open a session under a new id."""
    old = visit.request.cookies.get(SESSION, "")
    client = visit.request.client
    try:
        session_id = visit.desk.entering.log_in(
            visit.form.text("name"),
            next(iter(visit.form.all("password")), ""),
            visit.device,
            client.host if client else "",
        )
    except LogInError as error:
        return visit.failed(error, "log_in.html")
    if old:
        visit.desk.entering.log_out(old)
    response = visit.go("/")
    response.set_cookie(SESSION, session_id, httponly=True, samesite="strict", secure=visit.secure)
    return response


def log_out(visit: Visit) -> Response:
    """End the session."""
    if visit.session is not None:
        visit.desk.forget(visit.session)
    visit.desk.entering.log_out(visit.request.cookies.get(SESSION, ""))
    response = visit.go("/log-in")
    response.delete_cookie(SESSION, httponly=True, samesite="strict", secure=visit.secure)
    return response


def language(visit: Visit) -> Response:
    """Choose a language and go back to where one was."""
    response = visit.go(own_path(visit.request.query_params.get("back", "/")))
    response.set_cookie(
        LANGUAGE, chosen_language(visit.part("code")), max_age=LONG_SECONDS, httponly=True, samesite="lax"
    )
    return response


def home(visit: Visit) -> Response:
    """What I can do, what waits for me, what is left of today."""
    actor, oversight = visit.actor, visit.oversight
    releases = oversight.releases(actor)
    return visit.page(
        "home.html",
        quotas=oversight.quotas(actor),
        reveals=len(oversight.reveals(actor)),
        releases=sum(row["may_approve"] for row in releases),
        ready=[row for row in releases if row["may_collect"]],
        mine=oversight.mine(actor),
        lots=sum(row["may_admit"] for row in oversight.lots(actor)),
    )


def staff(visit: Visit) -> Response:
    """The roster, to be read."""
    return visit.page("staff.html", staff=visit.oversight.staff(visit.actor))
