"""The edge: what holds for every answer, whatever page gave it.

* the ``Host`` of a request is the address it came in by, ``localhost`` or the name the desk was told to listen on: a
  foreign name that resolves to this machine (DNS rebinding) gets nothing;
* every answer has a strict Content-Security-Policy and its companions; nothing is ever stored but ``/static`` and
  hashes of the log, which never change;
* there is no CORS.
"""

import ipaddress
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
IMMUTABLE: Final = "max-age=31536000, immutable"
_STATIC: Final = "/static/"
_LOG: Final = "/ledger/"


class Edge:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        """``names``: what else, beside its own addresses, the desk is called."""
        self._app = app
        self._names = frozenset(name.lower() for name in names) | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the host, pass on, add the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["path"].startswith(_STATIC):
                    headers["Cache-Control"] = "max-age=3600"
                elif not (scope["path"].startswith(_LOG) and headers.get("cache-control", "").endswith(IMMUTABLE)):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        if self._mine(Headers(scope=scope).get("host", ""), scope.get("server")):
            await self._app(scope, receive, guarded)
        else:
            await PlainTextResponse("Unknown host.", status_code=400)(scope, receive, guarded)

    def _mine(self, host: str, server: tuple[str, int | None] | None) -> bool:
        name, port = split_host(host)
        if server is None or (port is not None and server[1] is not None and port != server[1]):
            return False
        return name in self._names or _same(name, server[0].lower())


def split_host(host: str) -> tuple[str, int | None]:
    """Name and port of a ``Host`` header; an unusable one has an empty name."""
    name, colon, port = host.rpartition(":")
    if not colon or name.endswith(":") or host.endswith("]"):
        name, port = host, ""
    if port and not (port.isascii() and port.isdigit() and len(port) <= 5):
        return "", None
    return name.strip("[]").lower(), int(port) if port else None


def _same(name: str, address: str) -> bool:
    if not name:
        return False
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return name == address
