import socket
import threading
import time
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from dyepack.gateways.witness_client import MAX_ANSWER_BYTES, WitnessClient
from dyepack.ledger.errors import WitnessAnswerError, WitnessUnreachableError
from dyepack.ledger.witness import Behind, Cosigned, Refused
from fakes.witnesses import answering, serving


@contextmanager
def client_of(answer):
    with answering(answer) as url:
        client = WitnessClient(url)
        try:
            yield client
        finally:
            client.close()


def told(status, content=b"", **headers):
    def answer(_method, _path, _body):
        return status, {name.replace("_", "-"): value for name, value in headers.items()}, content

    return answer


@pytest.mark.parametrize(
    ("status", "content", "understood"),
    [
        (200, b"lines\n", Cosigned("lines\n")),
        (409, b"7\n", Behind(7)),
        (409, b"0", Behind(0)),
        (409, b"07\n", Refused(409)),
        (409, b"9223372036854775808\n", Refused(409)),
        (409, b"-1\n", Refused(409)),
        (409, b"another root\n", Refused(409)),
        (403, b"", Refused(403)),
        (404, b"", Refused(404)),
        (422, b"", Refused(422)),
        (500, b"oops", Refused(500)),
        (201, b"lines\n", Refused(201)),
    ],
)
def test_an_answer_is_cosigned_behind_or_refused(status, content, understood):
    with client_of(told(status, content)) as client:
        assert client.add_checkpoint(0, (), "note") == understood


def test_a_redirect_is_not_followed():
    asked = []

    def answer(_method, path, _body):
        asked.append(path)
        return 307, {"location": "/elsewhere"}, b""

    with client_of(answer) as client:
        assert client.add_checkpoint(0, (), "note") == Refused(307)
        assert client.checkpoint("log.example") is None

    assert len(asked) == 2
    assert "/elsewhere" not in asked


def test_an_enormous_answer_is_cut_off():
    with client_of(told(200, b"x" * (MAX_ANSWER_BYTES + 1))) as client, pytest.raises(WitnessAnswerError):
        client.add_checkpoint(0, (), "note")


def test_an_answer_without_end_is_cut_off():
    with raw_server(b"HTTP/1.1 200 OK\r\n\r\n", [b"x" * 40_000] * 50) as url:
        client = WitnessClient(url)
        with pytest.raises(WitnessAnswerError):
            client.checkpoint("log.example")
        client.close()


def test_a_compressed_answer_is_not_unpacked():
    packed = told(200, b"\x1f\x8b\x08\x00\x00\x00\x00\x00", content_encoding="gzip")

    with client_of(packed) as client, pytest.raises(WitnessAnswerError):
        client.add_checkpoint(0, (), "note")


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["start", "head", "body"]
)
def test_who_answers_a_byte_at_a_time_is_not_waited_for(head):
    drip = b"x-header: " + b"a" * 1000
    with raw_server(head, [drip[at : at + 1] for at in range(len(drip))], pause=0.02) as url:
        client = WitnessClient(url, timeout_seconds=0.2)
        start = time.monotonic()
        with pytest.raises(WitnessUnreachableError):
            client.add_checkpoint(0, (), "note")
        assert time.monotonic() - start < 2
        client.close()


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx"])
def test_what_is_no_http_is_our_error(answer):
    with raw_server(answer, []) as url:
        client = WitnessClient(url)
        with pytest.raises(WitnessUnreachableError):
            client.add_checkpoint(0, (), "note")
        client.close()


@pytest.mark.parametrize("url", ["ftp://w.example", "nonsense", "http://[", "http://127.0.0.1:99999", "http://\x00"])
def test_what_is_no_address_is_our_error(url):
    client = WitnessClient(url)
    with pytest.raises(WitnessUnreachableError):
        client.add_checkpoint(0, (), "note")
    client.close()


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    with client_of(told(200, b"lines\n")) as client:
        assert client.add_checkpoint(0, (), "note") == Cosigned("lines\n")


def test_one_connection_serves_many_requests_and_threads():
    connections = set()

    async def say(request):
        connections.add(request.client)
        return Response("lines\n")

    with serving(Starlette(routes=[Route("/add-checkpoint", say, methods=["POST"])])) as url:
        client = WitnessClient(url)
        for _ in range(3):
            thread = threading.Thread(target=client.add_checkpoint, args=(0, (), "note"))
            thread.start()
            thread.join()
        client.close()

    assert len(connections) == 1


@contextmanager
def raw_server(head, pieces, pause=0.0):
    """A server that writes bytes, whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                try:
                    peer.recv(65_536)
                    peer.sendall(head)
                    for piece in pieces:
                        peer.sendall(piece)
                        time.sleep(pause)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(5)
