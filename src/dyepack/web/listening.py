"""Listening: what the desk and the witness share of being a server on an address, until a signal ends it."""

import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn
from starlette.applications import Starlette

from dyepack.web.errors import AddressError

_BACKLOG: Final = 128
_GRACE_SECONDS: Final = 20
_WARNING: Final = (
    "警告：正在监听非本机地址，连接未加密（无 TLS），请仅在可信网络使用，或置于 TLS 代理之后。\n"
    "Warning: this listens beyond this machine and does not encrypt (no TLS here); use it in a trusted network only.\n"
)


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen, until the block ends or SIGINT or SIGTERM ends it.

    Raises:
        AddressError: The address cannot be listened on.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    with suppress(KeyboardInterrupt), _stopped_by_term(), _listen(host, port) as listener:
        yield listener


def run_app(app: Starlette, host: str, listener: socket.socket) -> None:
    """Tell the address and serve ``app`` until a signal ends it."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        lifespan="off",
    )
    _Server(config, lambda: _tell(host, listener)).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Tells the address only once it takes requests, and signals."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self._ready()


@contextmanager
def _stopped_by_term() -> Iterator[None]:
    """SIGTERM ends like SIGINT does: by an exception that closes everything; uvicorn raises both again at its end."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressError(port=port) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressError(port=port) from error
    return listener


def _tell(host: str, listener: socket.socket) -> None:
    address, port = listener.getsockname()[:2]
    if not ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        sys.stderr.write(_WARNING)
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"http://{shown}:{port}/\n")
    sys.stdout.flush()
