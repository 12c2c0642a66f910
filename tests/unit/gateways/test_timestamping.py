"""Asking a timestamp authority over HTTP: one on the loopback, honest, lying, flooding or slow."""

import time

import pytest

from dyepack.app.stamping import Authority, stamp
from dyepack.crypto.errors import TimestampError
from dyepack.crypto.timestamp import timestamp_request, verify_timestamp
from dyepack.gateways import timestamping
from dyepack.gateways.timestamping import ask_authority
from fakes.authority import Authority as Issuer
from fakes.authority import honest, needs_openssl, reply, serving
from fakes.bundles import LOG
from fakes.ledger_logs import CountingRandom
from fakes.token_files import MemoryFiles


@needs_openssl
def test_a_checkpoint_is_stamped_over_http(tmp_path):
    issuer = Issuer(tmp_path)
    files = MemoryFiles()
    with serving(honest(issuer)) as authority:
        done = stamp(LOG.note(600), 600, files, [Authority("first", authority.url, issuer.chain)], CountingRandom(1))

    assert [fact.fields["n"] for fact in done.facts] == [600]
    assert verify_timestamp(files["timestamps/600.first.tsr"], files["timestamps/600.note"], issuer.chain)
    assert LOG.note(600).encode() not in authority.asked[0]


def test_what_was_answered_comes_back_as_it_is():
    with serving(reply(b"\x30\x00raw")) as authority:
        assert ask_authority(authority.url, timestamp_request(b"x").der) == b"\x30\x00raw"


def test_nothing_is_taken_from_the_environment(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9/")
    with serving(reply(b"direct")) as authority:
        assert ask_authority(authority.url, b"x") == b"direct"


def why(url):
    with pytest.raises(TimestampError) as caught:
        ask_authority(url, b"request")
    return caught.value.facts["why"]


def test_a_redirect_is_not_followed():
    with serving(reply(b"elsewhere")) as other, serving(reply(b"", 302, Location=other.url)) as authority:
        assert why(authority.url) == "status 302"
        assert other.asked == []


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_refusal_is_a_failure_by_its_status(status):
    with serving(reply(b"no", status)) as authority:
        assert why(authority.url) == f"status {status}"


def test_an_answer_of_three_gigabytes_is_cut_off_at_once():
    def flood(handler, _request):
        handler.send_response(200)
        handler.send_header("Content-Length", str(3 << 30))
        handler.end_headers()
        while True:
            handler.wfile.write(bytes(1 << 16))

    with serving(flood) as authority:
        started = time.monotonic()
        assert why(authority.url) == "an answer over 64 KiB"
        assert time.monotonic() - started < 2


def test_a_bomb_is_not_unpacked():
    import gzip

    packed = gzip.compress(bytes(1 << 24))
    with serving(reply(packed, **{"Content-Encoding": "gzip"})) as authority:
        assert ask_authority(authority.url, b"x") == packed


def test_a_server_that_is_silent_is_given_up(monkeypatch):
    monkeypatch.setattr(timestamping, "SILENCE_SECONDS", 0.1)
    with serving(lambda handler, _request: time.sleep(1)) as authority:
        assert why(authority.url) == "no answer"


def test_a_server_that_trickles_is_given_up(monkeypatch):
    monkeypatch.setattr(timestamping, "WHOLE_SECONDS", 0.1)

    def trickle(handler, _request):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write(b"\x30")
            handler.wfile.flush()
            time.sleep(0.02)

    with serving(trickle) as authority:
        assert why(authority.url) == "too slow an answer"


def test_nobody_there_is_no_answer():
    assert why("http://127.0.0.1:9/") == "no answer"
    assert why("http://:80:80/") == "no answer"
