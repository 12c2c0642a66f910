"""Ten exchanges of another implementation: its requests asked of our witness, its answers given to our client."""

import json
from pathlib import Path

import pytest

from dyepack.crypto.digest import sha256
from dyepack.crypto.signature import Ed25519Signer
from dyepack.gateways.witness_client import WitnessClient
from dyepack.ledger import Cosigner, KeyKind, parse_cosignatures, parse_vkey
from dyepack.ledger.witness import (
    Behind,
    Cosigned,
    Decision,
    Refused,
    Verdict,
    admit,
    decide,
    format_request,
    parse_logs,
    parse_request,
)
from fakes.witnesses import SECONDS, answering

RECORD = json.loads((Path(__file__).parent / "vectors" / "tlog_witness_transcript_aics-witness.json").read_text())
CALLS = RECORD["calls"]
LOGS = parse_logs(RECORD["log_vkey"])
(KEYS,) = LOGS.values()
THEIRS = parse_vkey(RECORD["witness_vkey"])
OURS = (Cosigner.make("w1.example", KeyKind.COSIGNATURE, Ed25519Signer(bytes([40]) * 32)),)


def test_our_witness_answers_each_request_as_the_specification_asks():
    seen, kept = None, []
    for call in CALLS:
        body = call["request"].encode()
        request = admit(body, LOGS)
        decision = request if isinstance(request, Decision) else decide(request, KEYS, OURS, seen, SECONDS)
        seen = decision.store or seen
        kept.append(decision.keep)

        assert decision.status == call["status"]
        if decision.status == 409:
            assert (decision.body, decision.content_type) == (call["response"], call["content_type"])
        if decision.status == 200:
            assert parse_cosignatures(decision.body, request.head, [OURS[0].key])

    assert [call["status"] for call in CALLS] == [200, 200, 409, 200, 200, 422, 409, 404, 403, 400]
    assert kept == [None, None, None, None, None, Verdict.FORK, Verdict.SHORTER, None, None, None]


def test_its_requests_are_written_as_we_write_them():
    for call in CALLS[:-1]:
        request = parse_request(call["request"].encode())

        assert format_request(request.old, request.proof, request.note) == call["request"].encode()


@pytest.mark.parametrize("call", CALLS[:-1], ids=lambda call: str(call["status"]))
def test_our_client_understands_each_answer(call):
    asked = []

    def replay(method, path, body):
        asked.append((method, path, body))
        return call["status"], {"content-type": call["content_type"]}, call["response"].encode()

    request = parse_request(call["request"].encode())
    with answering(replay) as url:
        client = WitnessClient(f"{url}/some/prefix/")
        answer = client.add_checkpoint(request.old, request.proof, request.note)
        client.close()

    assert asked == [("POST", "/some/prefix/add-checkpoint", call["request"].encode())]
    match call["status"]:
        case 200:
            assert isinstance(answer, Cosigned)
            assert parse_cosignatures(answer.lines, request.head, [THEIRS]).keys() == {THEIRS}
        case 409:
            assert answer == Behind(int(call["response"]))
        case status:
            assert answer == Refused(status)


def test_a_checkpoint_is_asked_for_by_the_digest_of_its_origin():
    def replay(_method, path, _body):
        digest = sha256(b"ledger.example/dyepack").hex()
        return (200, {}, CALLS[0]["request"].encode()) if path == f"/{digest}/checkpoint" else (404, {}, b"")

    with answering(replay) as url:
        client = WitnessClient(url)
        assert client.checkpoint("ledger.example/dyepack") == CALLS[0]["request"]
        assert client.checkpoint("other.example") is None
        client.close()
