"""Attacks on a witness, and in its name.

What a lying witness tries on its log is in ``tests/unit/app/test_witnessing.py`` and
``tests/unit/gateways/test_witness_client.py``; races and kills are in ``tests/e2e/test_witness_processes.py``.
"""

import pytest

from dyepack.app.witness_folder import WitnessFolder
from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import (
    Cosigner,
    Head,
    KeyKind,
    note_key,
    open_checkpoint,
    parse_quorum,
    sign_head,
)
from dyepack.ledger.errors import NoteSignatureError, WeakQuorumError
from dyepack.ledger.note import decode_base64, encode_base64
from dyepack.ledger.witness import Verdict, format_request
from fakes.ledger_logs import ORIGIN, SIGNER, START, VKEY, CountingRandom, HandClock
from fakes.witnesses import KEYS, Growing, cosigners, quorum_of

LOG = Growing().grow(60)
FORK = Growing(5).grow(60)
THIEF = Ed25519Signer(bytes([66]) * 32)


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def witness(tmp_path, clock):
    opened = WitnessFolder.make(tmp_path / "w", "w1.example", clock, CountingRandom())
    opened.add_log(VKEY)
    assert opened.answer(LOG.request(0, 40)).status == 200
    yield opened
    opened.close()


def verdicts(witness):
    return [kept.verdict for kept in witness.evidence()]


# -- by whoever holds the log ----------------------------------------------------------------------------------------


def test_a_rewritten_log_of_the_same_size_gets_no_line_and_proves_itself(witness):
    for old in (40, 0, 13):
        decision = witness.answer(FORK.request(old, 40))
        assert decision.status in {409, 422}
        assert "—" not in decision.body

    (kept,) = witness.evidence()
    assert kept.verdict is Verdict.FORK
    for head, note in ((LOG.head(40), kept.seen), (FORK.head(40), kept.request.decode().partition("\n\n")[2])):
        assert open_checkpoint(note, KEYS).head == head  # both are signed by the log: no witness need be believed


def test_a_rewritten_log_that_grew_on_is_refused_whatever_proof_it_sends(witness):
    proofs = [FORK.consistency(40, 60), LOG.consistency(40, 60), (), [bytes(32)], [bytes(32)] * 63]

    assert {witness.answer(format_request(40, proof, FORK.note(60))).status for proof in proofs} == {422}
    assert verdicts(witness) == [Verdict.INCONSISTENT]


def test_a_cut_log_is_refused_and_kept(witness):
    assert witness.answer(LOG.request(0, 30)).body == "40\n"
    assert witness.answer(LOG.request(30, 30)).body == "40\n"
    assert witness.answer(format_request(40, (), LOG.note(30))).status == 400

    assert verdicts(witness) == [Verdict.SHORTER]


def test_a_rolled_back_log_cannot_start_again_from_nothing(witness):
    for size in range(1, 41):
        assert witness.answer(FORK.request(0, size)).body == "40\n"

    assert set(verdicts(witness)) == {Verdict.SHORTER, Verdict.FORK}
    assert witness.answer(LOG.request(40, 60)).status == 200  # what it cosigned is still what the next one continues


def test_an_empty_log_with_a_root_is_refused(tmp_path, clock):
    fresh = WitnessFolder.make(tmp_path / "fresh", "w2.example", clock, CountingRandom(2))
    fresh.add_log(VKEY)
    signed = sign_head(Head(ORIGIN, 0, bytes(32)), SIGNER)

    assert fresh.answer(format_request(0, (), signed)).status == 422
    assert verdicts(fresh) == [Verdict.EMPTY]
    fresh.close()


# -- by whoever can reach the witness --------------------------------------------------------------------------------


def test_an_old_request_sent_again_changes_nothing(witness):
    witness.answer(LOG.request(40, 50))
    for _ in range(3):
        assert witness.answer(LOG.request(0, 40)).body == "50\n"
        assert witness.answer(LOG.request(40, 50)).body == "50\n"

    assert witness.answer(LOG.request(50, 60)).status == 200
    assert verdicts(witness) == [Verdict.SHORTER]  # once, and it proves nothing by itself
    assert not Verdict.SHORTER.proves


def test_a_made_up_proof_to_an_honest_checkpoint_stops_nobody_and_proves_nothing(witness):
    assert witness.answer(format_request(40, [bytes(32)], LOG.note(50))).status == 422
    assert witness.answer(LOG.request(40, 50)).status == 200

    assert [verdict.proves for verdict in verdicts(witness)] == [False]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00" * 100,
        b"old 40\n\n" + b"x" * 70_000,
        format_request(40, LOG.consistency(40, 60), LOG.note(60) + "— a AAAAAAA=\n" * 40),
        format_request(40, LOG.consistency(40, 60), LOG.note(60) + f"— a {encode_base64(bytes(60_000))}\n"),
        "old 40\n\nlog\n— \n".encode("utf-16"),
    ],
    ids=["nothing", "zeros", "huge", "40 signatures", "huge note", "another encoding"],
)
def test_garbage_and_huge_notes_are_400_and_leave_nothing(witness, body):
    assert witness.answer(body).status == 400
    assert witness.evidence() == []
    assert witness.answer(LOG.request(40, 60)).status == 200


def test_a_log_that_the_witness_does_not_know_and_a_key_it_does_not_know_get_no_line(witness):
    for name, status in (("other.example", 404), (ORIGIN, 403)):
        head = Head(name, 50, LOG.head(50).root)
        decision = witness.answer(format_request(40, LOG.consistency(40, 50), sign_head(head, THIEF)))
        assert (decision.status, "—" in decision.body) == (status, False)

    assert witness.evidence() == []


def test_the_signature_of_one_log_does_not_speak_for_another(witness):
    witness.add_log(note_key("other.example", THIEF.public_key).vkey)
    text = f"{ORIGIN}\n50\n{encode_base64(LOG.head(50).root)}\n"
    line = sign_head(Head("other.example", 50, LOG.head(50).root), THIEF).split("\n\n")[1]

    assert witness.answer(format_request(40, LOG.consistency(40, 50), f"{text}\n{line}")).status == 403


def test_lines_of_strangers_are_not_handed_on(witness):
    spam = Cosigner.make("spam.example", KeyKind.COSIGNATURE, THIEF).line(LOG.head(50), 5)
    witness.answer(format_request(40, LOG.consistency(40, 50), LOG.note(50) + spam * 20))

    assert "spam" not in witness.answer(LOG.request(50, 50)).store.note


# -- on its clock ----------------------------------------------------------------------------------------------------


def test_a_clock_that_is_set_back_does_not_date_a_checkpoint_before_an_earlier_one(witness, clock):
    clock.time = START - 86_400_000_000
    note = witness.answer(LOG.request(40, 60)).store.note

    times = {key: time for key, time in open_checkpoint(note, KEYS, witness.keys).times.items() if key in witness.keys}
    assert set(times.values()) == {START // 1_000_000}


# -- by a witness, or in its name ------------------------------------------------------------------------------------


def test_a_line_under_another_name_of_the_same_key_is_no_second_witness():
    """cosignature/v1 does not bind the name of the witness: whoever sees its line can put another name before it."""
    one = cosigners("w1.example", 40)[0]
    other = note_key("w2.example", one.key.public_key, KeyKind.COSIGNATURE)
    line = one.line(LOG.head(5), 9)
    blob = decode_base64(line.rstrip("\n").rpartition(" ")[2])
    renamed = f"— w2.example {encode_base64(other.id + blob[4:])}\n"
    assert open_checkpoint(LOG.note(5) + renamed, KEYS, [other]).signed_by([other])  # it verifies

    text = f"log {VKEY}\nwitness a {one.key.vkey}\nwitness b {other.vkey}\ngroup g all a b\nquorum g\n"
    with pytest.raises(WeakQuorumError):
        parse_quorum(text).check_strength()  # and is refused where it would count


def test_cosignatures_of_keys_outside_the_quorum_file_count_for_nothing():
    quorum = quorum_of(["http://w1", "http://w2", "http://w3"], 2)
    strangers = [cosigner for seed in (90, 92, 94) for cosigner in cosigners(f"s{seed}.example", seed)]
    note = LOG.note(5) + "".join(cosigner.line(LOG.head(5), 9) for cosigner in strangers)

    assert not quorum.satisfied(open_checkpoint(note, KEYS, quorum.keys).signed_by(quorum.keys))


def test_a_forged_line_of_a_witness_of_the_quorum_rejects_the_whole_checkpoint():
    quorum = quorum_of(["http://w1"], 1, ["w1"])
    stolen_name = cosigners("w1.example", 40)[0].key
    forged = f"— w1.example {encode_base64(stolen_name.id + bytes(7) + bytes([9]) + bytes(64))}\n"

    with pytest.raises(NoteSignatureError):
        open_checkpoint(LOG.note(5) + forged, KEYS, quorum.keys)
