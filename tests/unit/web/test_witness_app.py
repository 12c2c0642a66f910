import asyncio

import pytest
from starlette.testclient import TestClient

from dyepack.app.witness_folder import WitnessFolder
from dyepack.crypto.digest import sha256
from dyepack.ledger import open_checkpoint
from dyepack.web.witness import witness_app
from fakes.ledger_logs import ORIGIN, VKEY, CountingRandom, HandClock
from fakes.witnesses import KEYS, Growing

LOG = Growing().grow(20)
CHECKPOINT = f"/{sha256(ORIGIN.encode()).hex()}/checkpoint"


@pytest.fixture
def folder(tmp_path):
    witness = WitnessFolder.make(tmp_path / "w", "w1.example", HandClock(), CountingRandom())
    witness.add_log(VKEY)
    yield tmp_path / "w", witness
    witness.close()


@pytest.fixture
def client(folder):
    with TestClient(witness_app(folder[1]), raise_server_exceptions=True) as opened:
        yield opened


def add(client, body):
    return client.post("/add-checkpoint", content=body)


def test_a_cosigned_checkpoint_is_answered_with_lines_and_shown_to_whoever_asks(client, folder):
    answer = add(client, LOG.request(0, 20))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.text.count("— w1.example ") == 2
    shown = client.get(CHECKPOINT)
    assert open_checkpoint(shown.text, KEYS, folder[1].keys).signed_by(folder[1].keys) == set(folder[1].keys)
    assert answer.text in shown.text


def test_a_conflict_has_the_type_of_the_specification_and_nothing_else(client):
    add(client, LOG.request(0, 9))

    answer = add(client, LOG.request(5, 20))

    assert (answer.status_code, answer.headers["content-type"], answer.content) == (409, "text/x.tlog.size", b"9\n")


def test_statuses_of_refusals_pass_through(client):
    assert add(client, b"garbage\n").status_code == 400
    assert add(client, LOG.request(0, 9).replace(ORIGIN.encode(), b"other.example/log")).status_code == 404
    assert add(client, LOG.request(0, 9).replace(b"\n9\n", b"\n8\n")).status_code == 403
    add(client, LOG.request(0, 9))
    assert add(client, Growing(5).grow(9).request(9, 9)).status_code == 422


def spoken_to(folder, pieces):
    """The status that the application gives to a body of pieces, and how many of them it took."""
    scope = {"type": "http", "method": "POST", "path": "/add-checkpoint", "headers": [], "query_string": b""}
    statuses, taken = [], []

    async def receive():
        taken.append(1)
        return await pieces(len(taken))

    async def send(message):
        statuses.append(message.get("status"))

    asyncio.run(witness_app(folder[1])(scope, receive, send))
    return statuses[0], len(taken)


def test_a_body_over_64_kib_is_refused_without_reading_on(folder):
    async def endless(_number):
        return {"type": "http.request", "body": b"x" * 40_000, "more_body": True}

    assert spoken_to(folder, endless) == (400, 2)


def test_a_body_that_never_ends_is_not_waited_for(folder, monkeypatch):
    monkeypatch.setattr("dyepack.web.witness._BODY_SECONDS", 0.05)

    async def slow(number):
        await asyncio.sleep(0 if number == 1 else 20)
        return {"type": "http.request", "body": b"old ", "more_body": True}

    assert spoken_to(folder, slow) == (408, 2)


def test_a_sender_who_goes_away_harms_nobody(folder):
    async def gone(_number):
        return {"type": "http.disconnect"}

    assert spoken_to(folder, gone) == (400, 1)


def test_what_was_never_cosigned_or_is_no_log_is_404(client):
    assert client.get(CHECKPOINT).status_code == 404
    add(client, LOG.request(0, 9))
    assert client.get(CHECKPOINT.upper().replace("CHECKPOINT", "checkpoint")).status_code == 404
    assert client.get("/").status_code == 404
    assert client.get("/add-checkpoint").status_code == 405


def test_a_witness_that_cannot_write_cosigns_nothing_and_says_503(client, folder):
    (folder[0] / "logs.txt").write_text("nonsense\n")

    answer = add(client, LOG.request(0, 9))

    assert (answer.status_code, "ledger.bad-log-key" in answer.text) == (503, True)
