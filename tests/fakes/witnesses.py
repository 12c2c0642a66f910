"""Witnesses in memory, a log that can fork, and servers on loopback: ours, and ones that answer what they are told."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dyepack.crypto.signature import Ed25519Signer, MlDsaSigner
from dyepack.ledger import Cosigner, Head, KeyKind, Quorum, parse_quorum, parse_vkey
from dyepack.ledger.errors import WitnessUnreachableError
from dyepack.ledger.witness import (
    Behind,
    Cosigned,
    Decision,
    Refused,
    Seen,
    Verdict,
    WitnessAnswer,
    admit,
    decide,
    format_request,
)
from fakes.ledger_logs import ORIGIN, VKEY, MemoryLog

KEYS = (parse_vkey(VKEY),)
LOGS = {ORIGIN: KEYS}
SECONDS = 1_767_225_600


def cosigners(name: str = "w1.example", seed: int = 40) -> tuple[Cosigner, Cosigner]:
    """Both keys of a witness."""
    return (
        Cosigner.make(name, KeyKind.COSIGNATURE, Ed25519Signer(bytes([seed]) * 32)),
        Cosigner.make(name, KeyKind.ML_DSA, MlDsaSigner(bytes([seed + 1]) * 32)),
    )


def quorum_of(urls: Sequence[str], need: int, names: Sequence[str] = ("w1", "w2", "w3")) -> Quorum:
    """A quorum file of witnesses with both keys each; seeds 40, 50, ..."""
    lines = [f"log {VKEY}"]
    for place, (name, url) in enumerate(zip(names, urls, strict=False)):
        ed, pq = cosigners(f"{name}.example", 40 + 10 * place)
        lines += [f"witness {name}-ed {ed.key.vkey} {url}", f"witness {name}-pq {pq.key.vkey} {url}"]
        lines.append(f"group {name} all {name}-ed {name}-pq")
    members = " ".join(name for name, _ in zip(names, urls, strict=False))
    return parse_quorum("\n".join([*lines, f"group q {need} {members}", "quorum q", ""]))


class Growing(MemoryLog):
    """A log whose checkpoints and proofs of all sizes can be asked for; another seed is another history."""

    def head(self, size: int) -> Head:
        edge = self.log.tree.edge(size)
        return Head(ORIGIN, edge.size, edge.root)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        return self.log.tree.edge(new).consistency(old)

    def request(self, old: int, size: int) -> bytes:
        return format_request(old, self.consistency(old, size), self.note(size))


class FakeWitness:
    """Satisfies ``ledger.witness.WitnessPort`` without a network."""

    def __init__(self, name: str = "w1.example", seed: int = 40) -> None:
        self.cosigners = cosigners(name, seed)
        self.seen: Seen | None = None
        self.kept: list[Verdict] = []
        self.asked: list[int] = []
        self.down = False
        self.gate = threading.Event()
        self.gate.set()
        self.closed = False

    def answer(self, body: bytes) -> Decision:
        request = admit(body, LOGS)
        if isinstance(request, Decision):
            return request
        decision = decide(request, KEYS, self.cosigners, self.seen, SECONDS + len(self.asked))
        self.seen = decision.store or self.seen
        if decision.keep:
            self.kept.append(decision.keep)
        return decision

    def add_checkpoint(self, old: int, proof: Sequence[bytes], note: str) -> WitnessAnswer:
        self.asked.append(old)
        self.gate.wait(10)
        if self.down:
            raise WitnessUnreachableError(why="down")
        decision = self.answer(format_request(old, proof, note))
        if decision.status == 200:
            return Cosigned(decision.body)
        return Behind(int(decision.body)) if decision.status == 409 else Refused(decision.status)

    def checkpoint(self, origin: str) -> str | None:
        if self.down:
            raise WitnessUnreachableError(why="down")
        return self.seen.note if self.seen and origin == self.seen.head.origin else None

    def close(self) -> None:
        self.closed = True


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """The address of an application that runs in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            until(lambda: server.started)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


Answer = Callable[[str, str, bytes], tuple[int, dict[str, str], bytes]]
"""``answer(method, path, body)``: status, headers, body."""


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """The address of a server that says whatever it is told to."""

    async def say(request: Request) -> Response:
        status, headers, content = answer(request.method, request.url.path, await request.body())
        return Response(content, status, headers)

    with serving(Starlette(routes=[Route("/{path:path}", say, methods=["GET", "POST"])])) as url:
        yield url


def until(happened: Callable[[], object], seconds: float = 20) -> None:
    """Wait for what other threads or processes do."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)
