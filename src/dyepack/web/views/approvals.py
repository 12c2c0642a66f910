"""What waits for a second person: looks at minors' data, and releases."""

from starlette.responses import Response

from dyepack.web.visit import Visit


def inbox(visit: Visit) -> Response:
    """Everything that this person may decide."""
    return visit.page(
        "approvals.html",
        reveals=visit.oversight.reveals(visit.actor),
        releases=visit.oversight.releases_waiting(visit.actor),
    )


def decide_reveal(visit: Visit) -> Response:
    """Approve or reject one look."""
    visit.oversight.decide_reveal(visit.actor, visit.part("request"), agreed=visit.form.text("decision") == "approve")
    return visit.go("/approvals")


def approve_release(visit: Visit) -> Response:
    """One of the approvals that a release needs."""
    visit.acts.releasing.approve(visit.actor, visit.part("release"))
    return visit.go(_back(visit))


def reject_release(visit: Visit) -> Response:
    """End a release."""
    visit.acts.releasing.reject(visit.actor, visit.part("release"))
    return visit.go(_back(visit))


def _back(visit: Visit) -> str:
    return "/releases" if visit.form.text("from") == "releases" else "/approvals"
