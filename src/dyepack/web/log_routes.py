"""The HTTP face of the log: the files of C2SP tlog-tiles below ``/ledger/<shard>/``, and receipts.

Who may read what is decided by ``app.log_face``. A token comes in the header ``Authorization: Bearer`` alone: an
address with a query is refused, whatever it holds. Errors are problem details (RFC 9457).
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from dyepack.app.log_face import LogFace, Reader
from dyepack.ledger import Part
from dyepack.terms.errors import DyepackError
from dyepack.web.edge import IMMUTABLE
from dyepack.web.errors import QueryError, status_of
from dyepack.web.visit import LANGUAGE, SESSION, Desk
from dyepack.web.wording import preferred

_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_EXTRA: Final = {401: {"WWW-Authenticate": 'Bearer realm="ledger"'}, 429: {"Retry-After": "1"}}

Work = Callable[[LogFace, Reader, Request], Response]


def log_routes(desk: Desk) -> list[BaseRoute]:
    """The addresses of this module."""
    return [
        Route("/ledger/{shard}/{path:path}", _endpoint(desk, _file), methods=["GET"], name="auditor, staff"),
        Route("/v1/receipts/{entry}", _endpoint(desk, _receipt), methods=["GET"], name="auditor, staff"),
    ]


def _endpoint(desk: Desk, work: Work) -> Any:
    def answer(request: Request) -> Response:
        try:
            if request.url.query:
                raise QueryError
            return work(desk.log_face, _reader(desk, request), request)
        except DyepackError as error:
            return _problem(error, request)

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(answer, request)

    endpoint.__doc__ = work.__doc__
    return endpoint


def _reader(desk: Desk, request: Request) -> Reader:
    shown = request.headers.get("authorization")
    address = request.client.host if request.client else ""
    if shown is not None:
        scheme, _, token = shown.partition(" ")
        return desk.log_face.reader(token.strip() if scheme.lower() == "bearer" else "", None, address)
    session_id = request.cookies.get(SESSION, "")
    return desk.log_face.reader(None, desk.entering.session(session_id) if session_id else None, address)


def _file(face: LogFace, reader: Reader, request: Request) -> Response:
    """`checkpoint`, `checkpoint.witnessed`, `tile/<L>/<N>[.p/<W>]`, and for auditors `tile/entries/<N>[.p/<W>]`."""
    found = face.file(reader, request.path_params["shard"], request.path_params["path"])
    if found.part is Part.NOTE:
        return Response(found.content, media_type=_TEXT)
    if found.part is Part.HASHES:
        cached = f"{'public' if face.public else 'private'}, {IMMUTABLE}"
        return Response(found.content, media_type=_BYTES, headers={"Cache-Control": cached})
    headers = {"Vary": "Accept-Encoding"}
    if found.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.content, media_type=_BYTES, headers={"Content-Encoding": "gzip", **headers})
    return Response(found.unpacked(), media_type=_BYTES, headers=headers)


def _receipt(face: LogFace, reader: Reader, request: Request) -> Response:
    """The receipt of an entry (C2SP tlog-proof): for who acted in it, who answers for the house, and auditors."""
    return Response(face.receipt(reader, request.path_params["entry"]), media_type=_TEXT)


def _problem(error: DyepackError, request: Request) -> Response:
    status = status_of(error)
    language = preferred(request.cookies.get(LANGUAGE, ""), request.headers.get("accept-language", "en"))
    document = {
        "type": f"urn:dyepack:error:{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.sentence(language),
    }
    return JSONResponse(document, status, _EXTRA.get(status), media_type="application/problem+json")
