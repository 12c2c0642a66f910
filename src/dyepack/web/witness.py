"""A witness over HTTP (C2SP tlog-witness): two addresses, no decision.

::

    POST /add-checkpoint                         cosign, or say why not
    GET  /<hex SHA-256 of the origin>/checkpoint the checkpoint cosigned last

Whatever stands before it (TLS, limits of rate) may add a prefix and strip it again. Any log of C2SP tlog-checkpoint
whose key is known is served, not only ours. Nobody logs in: a request is as good as the log's signature in it.
"""

import asyncio
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dyepack.app.clock import SystemClock
from dyepack.app.witness_folder import WitnessFolder
from dyepack.ledger.errors import LedgerError
from dyepack.ledger.witness import MAX_REQUEST_BYTES
from dyepack.web.listening import listening, run_app

_BODY_SECONDS: Final = 10


def serve_witness(folder: Path, host: str, port: int) -> None:
    """Serve the witness of a folder until a signal ends it.

    Args:
        folder: Of the witness.
        host: Address or name to listen on.
        port: 0 picks a free one; it is printed.

    Raises:
        AddressError: The address cannot be listened on.
        WitnessFolderError: The folder cannot be used.
    """
    with listening(host, port) as listener:
        witness = WitnessFolder(folder, SystemClock())
        try:
            run_app(witness_app(witness), host, listener)
        finally:
            witness.close()


def witness_app(witness: WitnessFolder) -> Starlette:
    """The application over an open folder."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await _body(request)
        except TimeoutError:
            return PlainTextResponse("too slow\n", status_code=408)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        decision = await run_in_threadpool(witness.answer, body)
        return Response(decision.body, decision.status, {"content-type": decision.content_type})

    async def checkpoint(request: Request) -> Response:
        note = await run_in_threadpool(witness.checkpoint, request.path_params["digest"])
        return PlainTextResponse("none\n", status_code=404) if note is None else PlainTextResponse(note)

    async def unavailable(_request: Request, error: Exception) -> Response:
        assert isinstance(error, LedgerError)  # registered for it
        return PlainTextResponse(f"{error.sentence('en')} [{error.code}]\n", status_code=503)

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{digest}/checkpoint", checkpoint, methods=["GET"]),
        ],
        exception_handlers={LedgerError: unavailable},
    )


async def _body(request: Request) -> bytes:
    """The body, or its first bytes if there are more than any request may have."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_REQUEST_BYTES:
            break
    return bytes(body)
