"""A log that somebody serves over HTTP, read file by file (C2SP tlog-tiles).

Invariants:

* a token goes to the one address it is for: redirects are not followed, and without TLS only to this machine;
* an answer is bounded, packed or not; a server that asks for patience (429) is waited for, half a minute at most.
"""

import ipaddress
import time
from types import TracebackType
from typing import Self

import httpx2

from dyepack.ledger.errors import SourceError, SourceRefusedError
from dyepack.ledger.tiles import MAX_BUNDLE_BYTES

_SECONDS = 30.0
_PATIENCE = 60
_WAIT_SECONDS = 0.5
_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 200, 401, 403, 404, 429


class LogSource:
    """The published files below one address, such as ``https://host/ledger/2026``."""

    def __init__(self, address: str, token: str | None = None) -> None:
        """Nothing is fetched yet.

        Raises:
            SourceError: Not an http address, or a token for one without TLS beyond this machine.
        """
        try:
            self._base = httpx2.URL(address.rstrip("/") + "/")
        except (httpx2.InvalidURL, TypeError) as error:
            raise SourceError(why="the address") from error
        if self._base.scheme not in {"http", "https"} or not self._base.host or self._base.query:
            raise SourceError(why="the address")
        if token is not None and self._base.scheme == "http" and not _is_here(self._base.host):
            raise SourceError(why="a token needs https")
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._client = httpx2.Client(headers=headers, timeout=_SECONDS, follow_redirects=False, trust_env=False)

    def read(self, path: str) -> bytes | None:
        """A file by its path; None if the log does not publish it.

        Raises:
            SourceRefusedError: The token is missing, unknown, expired or revoked.
            SourceError: No answer, or none that can be used.
        """
        for _ in range(_PATIENCE):
            status, content = self._get(path)
            if status != _TOO_MANY:
                break
            time.sleep(_WAIT_SECONDS)
        if status == _NOT_FOUND:
            return None
        if status in (_UNAUTHORIZED, _FORBIDDEN):
            raise SourceRefusedError(why=str(status))
        if status != _OK:
            raise SourceError(why=str(status))
        return content

    def _get(self, path: str) -> tuple[int, bytes]:
        content = bytearray()
        try:
            with self._client.stream("GET", self._base.join(path)) as answer:
                if answer.status_code == _OK:
                    for chunk in answer.iter_bytes():
                        content += chunk
                        if len(content) > MAX_BUNDLE_BYTES:
                            raise SourceError(why="over 16 MiB")
                return answer.status_code, bytes(content)
        except httpx2.HTTPError as error:
            raise SourceError(why=type(error).__name__) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._client.close()


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
