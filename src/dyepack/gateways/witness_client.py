"""A witness over HTTP (C2SP tlog-witness): any witness that speaks it, not only ours.

Satisfies ``ledger.witness.WitnessPort``. What comes back is checked for its form alone; whether the lines hold is for
whoever knows the keys.

Invariants:

* an exchange ends within 2 seconds as a whole, however slowly the other side speaks (hence asyncio inside: the
  timeouts of a blocking client hold for each read alone);
* no more than 64 KiB of an answer are read, never decompressed; no redirect is followed; no proxy of the environment
  is used.
"""

import asyncio
import re
import threading
from collections.abc import Sequence

import httpx2

from dyepack.crypto.digest import sha256
from dyepack.ledger.checkpoint import MAX_SIZE
from dyepack.ledger.errors import WitnessAnswerError, WitnessUnreachableError
from dyepack.ledger.witness import Behind, Cosigned, Refused, WitnessAnswer, format_request

TIMEOUT_SECONDS = 2.0
MAX_ANSWER_BYTES = 65_536
_IDLE_SECONDS = 2.0  # less than what servers keep an idle connection for, so that none is used as it closes
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?", re.ASCII)
_OK, _NOT_FOUND, _CONFLICT = 200, 404, 409


class WitnessClient:
    """One witness by its submission prefix. Callers may be many threads; one exchange runs at a time."""

    def __init__(self, url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Open nothing yet; ``url`` is the prefix before ``/add-checkpoint``."""
        self._url = url.rstrip("/")
        self._timeout = timeout_seconds
        self._lock = threading.Lock()
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._http: httpx2.AsyncClient | None = None

    def add_checkpoint(self, old: int, proof: Sequence[bytes], note: str) -> WitnessAnswer:
        """Ask for cosignatures; see ``WitnessPort``."""
        status, text = self._exchange("POST", "add-checkpoint", format_request(old, proof, note))
        if status == _OK:
            return Cosigned(text)
        size = _SIZE.fullmatch(text)
        if status == _CONFLICT and size and int(size[1]) <= MAX_SIZE:
            return Behind(int(size[1]))
        return Refused(status)

    def checkpoint(self, origin: str) -> str | None:
        """The checkpoint that it cosigned last; see ``WitnessPort``."""
        status, text = self._exchange("GET", f"{sha256(origin.encode()).hex()}/checkpoint", None)
        return text if status == _OK else None

    def close(self) -> None:
        """Let go of the connection; harmless when done twice."""
        with self._lock:
            if self._http is not None:
                self._runner.run(self._http.aclose())
                self._http = None
            self._runner.close()

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, str]:
        with self._lock:
            try:
                return self._runner.run(self._within(method, f"{self._url}/{path}", body))
            except TimeoutError as error:
                raise WitnessUnreachableError(why=f"no answer within {self._timeout:g} s") from error
            except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, ExceptionGroup) as error:
                raise WitnessUnreachableError(why=type(error).__name__) from error

    async def _within(self, method: str, url: str, body: bytes | None) -> tuple[int, str]:
        if self._http is None:
            self._http = httpx2.AsyncClient(
                timeout=self._timeout,
                trust_env=False,
                follow_redirects=False,
                limits=httpx2.Limits(keepalive_expiry=_IDLE_SECONDS),
                headers={"accept": "text/plain", "accept-encoding": "identity", "user-agent": "dyepack"},
            )
        async with asyncio.timeout(self._timeout), self._http.stream(method, url, content=body) as answer:
            content = bytearray()
            async for piece in answer.aiter_raw():
                content += piece
                if len(content) > MAX_ANSWER_BYTES:
                    raise WitnessAnswerError(why="over 64 KiB")
        try:
            return answer.status_code, content.decode()
        except UnicodeDecodeError as error:
            raise WitnessAnswerError(why="not UTF-8") from error
