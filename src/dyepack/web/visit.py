"""A visit: one request of one person, with everything a view may use; and the doors through which requests come.

Order of a door: 1. device and session; 2. for a form: same site, then the body within its limit, then the form token;
3. the view, in a thread of its own; 4. errors become pages in the visitor's language, a form of the page is shown
again with what was wrong.

Cookies: ``dyepack_session`` (opaque, known by its digest), ``dyepack_device`` (random, long-lived: approvals from the
requester's own device can be seen in the ledger), ``dyepack_language``.
"""

import base64
import logging
import re
import threading
import traceback
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from dyepack.app.acts import Acts
from dyepack.app.entering import Entering, Session
from dyepack.app.log_face import LogFace
from dyepack.app.oversight import Oversight
from dyepack.crypto.digest import equal, hmac_sha256
from dyepack.terms.actor import Actor
from dyepack.terms.chance import new_id
from dyepack.terms.errors import DyepackError
from dyepack.web.edge import split_host
from dyepack.web.errors import FormRefusedError, NoPageError, status_of
from dyepack.web.forms import FORM_LIMIT, Form, read_form
from dyepack.web.shown import local_time
from dyepack.web.wording import LANGUAGES, Words, preferred

SESSION: Final = "dyepack_session"
DEVICE: Final = "dyepack_device"
LANGUAGE: Final = "dyepack_language"
LONG_SECONDS: Final = 400 * 24 * 3600  # what browsers keep at most
_MEMORY: Final = 10_000
_LOG = logging.getLogger("dyepack.web")

View = Callable[["Visit"], Response]


@dataclass(frozen=True, slots=True)
class Working:
    """What a person works on: remembered for the next form, in the memory of this process alone."""

    purpose: str = ""
    case: str = ""


class Desk:
    """The parts that all visits share."""

    def __init__(self, acts: Acts) -> None:
        """Over the acts of an open institution."""
        self.acts = acts
        self.entering = Entering(acts.house, acts.people)
        self.oversight = Oversight(acts)
        self.log_face = LogFace(acts.house)
        self.institution: str = acts.house.settings["institution.name"]
        self.offset: int = acts.house.settings["institution.utc_offset_minutes"]
        self._anonymous = acts.house.random.token_bytes(32)
        self._working: OrderedDict[bytes, Working] = OrderedDict()
        self._lock = threading.Lock()
        self._pages = Environment(
            loader=PackageLoader("dyepack.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def anonymous_token(self, device: str) -> str:
        """The form token of somebody who has no session yet: bound to the device's cookie."""
        mac = hmac_sha256(self._anonymous, b"log-in:" + device.encode())
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def working(self, session: Session | None) -> Working:
        """What this session works on."""
        return Working() if session is None else self._working.get(session.digest, Working())

    def work_on(self, session: Session, working: Working) -> None:
        """Remember it for the next form."""
        with self._lock:
            self._working[session.digest] = working
            self._working.move_to_end(session.digest)
            while len(self._working) > _MEMORY:
                self._working.popitem(last=False)

    def forget(self, session: Session) -> None:
        """At log-out."""
        self._working.pop(session.digest, None)

    def render(self, template: str, facts: dict[str, Any]) -> str:
        """A page as text."""
        return self._pages.get_template(template).render(facts)


@dataclass(slots=True)
class Visit:
    """One request.

    Attributes:
        desk: The shared parts.
        request: As it came.
        section: Path of the section of the desk, for navigation and for "back".
        words: Texts in the visitor's language.
        device: ``d_`` + 26.
        fresh_device: Whether the cookie must be set.
        session: The person, or None before log-in.
        form: What was sent.
    """

    desk: Desk
    request: Request
    section: str
    words: Words
    device: str
    fresh_device: bool
    session: Session | None
    form: Form = field(default_factory=Form)

    @property
    def acts(self) -> Acts:
        """The acts of the house."""
        return self.desk.acts

    @property
    def oversight(self) -> Oversight:
        """What this person may see of the house."""
        return self.desk.oversight

    @property
    def actor(self) -> Actor:
        """Who acts; a door has checked that there is somebody."""
        assert self.session is not None
        return self.session.actor

    @property
    def language(self) -> str:
        """``"zh"`` or ``"en"``."""
        return self.words.language

    @property
    def secure(self) -> bool:
        """Whether the browser speaks TLS with us, so that cookies are bound to it."""
        return self.request.url.scheme == "https"

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def working(self) -> Working:
        """Purpose and case of the form before this one."""
        return self.desk.working(self.session)

    def work_on(self) -> Working:
        """Take purpose and case from this form, and remember them."""
        working = Working(self.form.text("purpose"), self.form.text("case"))
        assert self.session is not None
        self.desk.work_on(self.session, working)
        return working

    def page(self, template: str, status: int = 200, **facts: Any) -> Response:
        """A page with everything its frame needs."""
        return HTMLResponse(self.desk.render(template, self._frame() | facts), status)

    def go(self, path: str) -> Response:
        """See another page."""
        return RedirectResponse(path, 303)

    def failed(self, error: DyepackError, template: str = "error.html", **facts: Any) -> Response:
        """A page that says in the visitor's language what was refused and how to mend it."""
        told = {"sentence": error.sentence(self.language), "code": error.code, "kind": error.outcome.value}
        return self.page(template, status_of(error), **({"failure": told} | facts))

    def _frame(self) -> dict[str, Any]:
        session, url = self.session, self.request.url
        here = url.path + (f"?{url.query}" if url.query else "")
        return {
            "t": self.words.text,
            "w": self.words.word,
            "code_word": self.words.code,
            "label": lambda name: self.oversight.label(name, self.language),
            "when": lambda text: local_time(text, self.desk.offset),
            "number": lambda value: f"{value:,}",
            "svg": Markup,
            "language": self.language,
            "institution": self.desk.institution,
            "section": self.section,
            "here": here if self.request.method == "GET" else self.section,
            "size": self.oversight.log_size(),
            "witnessed": self.oversight.log_witnessed(),
            "session": session,
            "can": {} if session is None else self.oversight.abilities(session.actor.role),
            "form_token": self.desk.anonymous_token(self.device) if session is None else session.form_token,
            "working": self.working(),
            "failure": None,
        }


def door(desk: Desk, view: View, section: str, *, limit: int = FORM_LIMIT, anybody: bool = False) -> Any:
    """An endpoint: the view behind the checks of this module."""

    async def endpoint(request: Request) -> Response:
        try:
            visit = await run_in_threadpool(_arrive, desk, request, section)
        except DyepackError as error:  # the home itself does not answer: there is no session to show a page to
            return PlainTextResponse(f"{error.sentence('zh')}\n{error.sentence('en')}\n", status_of(error))
        if visit.session is None and not anybody:
            return _kept(visit, visit.go("/log-in"))
        try:
            if request.method == "POST":
                await _take_form(visit, limit)
        except DyepackError as error:
            return _kept(visit, await run_in_threadpool(visit.failed, error))
        return _kept(visit, await run_in_threadpool(_answer, visit, view))

    endpoint.__doc__ = view.__doc__
    return endpoint


def lost(desk: Desk) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What is shown where there is no page."""

    async def answer(request: Request, _error: Exception) -> Response:
        visit = await run_in_threadpool(_arrive, desk, request, "/")
        return await run_in_threadpool(visit.failed, NoPageError())

    return answer


def _arrive(desk: Desk, request: Request, section: str) -> Visit:
    words = Words(preferred(request.cookies.get(LANGUAGE, ""), request.headers.get("accept-language", "")))
    device = request.cookies.get(DEVICE, "")
    fresh = re.fullmatch(r"d_[a-z2-7]{26}", device) is None
    if fresh:
        device = "d_" + new_id(desk.acts.house.random)
    session_id = request.cookies.get(SESSION, "")
    session = desk.entering.session(session_id) if session_id else None
    return Visit(desk, request, section, words, device, fresh, session)


async def _take_form(visit: Visit, limit: int) -> None:
    """The form, if it comes from a page of this session.

    Raises:
        FormRefusedError, FormBrokenError, TooLargeError: It does not, or cannot be read.
    """
    if not same_site(visit.request):
        raise FormRefusedError
    try:
        visit.form = await read_form(visit.request, limit)
    except ClientDisconnect as error:
        raise FormRefusedError from error
    session = visit.session
    wanted = visit.desk.anonymous_token(visit.device) if session is None else session.form_token
    if not equal(wanted.encode(), visit.form.text("form_token").encode()):
        raise FormRefusedError


def same_site(request: Request) -> bool:
    """Whether a form was sent by a page of this desk, as far as the browser says.

    A browser that says neither (an ``Origin`` of ``null`` follows from our referrer policy on plain HTTP beyond
    loopback) is held by the form token and by ``SameSite=Strict`` alone.
    """
    fetch = request.headers.get("sec-fetch-site")
    if fetch is not None:
        return fetch == "same-origin"
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return True
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and split_host(parts.netloc) == split_host(request.headers["host"])


def _answer(visit: Visit, view: View) -> Response:
    try:
        with visit.acts.refusals_logged():
            return view(visit)
    except DyepackError as error:
        return visit.failed(error)
    except Exception as error:  # noqa: BLE001 - the last line: a page with a reference, and a log without personal data
        reference = new_id(visit.acts.house.random)[:10]
        _LOG.error("unexpected %s at %s", reference, _where(error))
        return visit.page("broken.html", 500, reference=reference)


def _where(error: Exception) -> str:
    """Type and places of an error; its message and values may hold personal data and are left out."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[-8:]]
    return f"{type(error).__name__} {' > '.join(places)}"


def _kept(visit: Visit, response: Response) -> Response:
    if visit.fresh_device:
        response.set_cookie(
            DEVICE,
            visit.device,
            max_age=LONG_SECONDS,
            httponly=True,
            samesite="strict",
            secure=visit.secure,
        )
    return response


def own_path(text: str) -> str:
    """A path of this desk to go back to; anything else is the start."""
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or not text.startswith("/") or text.startswith("//") or "\\" in text:
        return "/"
    return text


def chosen_language(code: str) -> str:
    """A language by its code; the first one for anything else."""
    return code if code in LANGUAGES else LANGUAGES[0]
