import base64
from types import SimpleNamespace

import pytest

from dyepack.crypto.signature import Ed25519Signer, MlDsaSigner
from dyepack.ledger import Cosigner, Head, KeyKind, note_key, open_checkpoint, parse_cosignatures, sign_head
from dyepack.ledger.errors import NoteError, NoteSignatureError
from dyepack.ledger.note import sign_note

SIGNER = Ed25519Signer(bytes([7]) * 32)
LOG = note_key("log.example", SIGNER.public_key)
LOG_PQ = Cosigner.make("log.example", KeyKind.ML_DSA, MlDsaSigner(bytes([8]) * 32))
ED = Cosigner.make("w.example", KeyKind.COSIGNATURE, Ed25519Signer(bytes([9]) * 32))
PQ = Cosigner.make("w.example", KeyKind.ML_DSA, MlDsaSigner(bytes([10]) * 32))
HEAD = Head("log.example", 5, bytes(32))
NOTE = sign_head(HEAD, SIGNER)


def checkpoint(*lines):
    return NOTE + "".join(lines)


def test_a_checkpoint_carries_all_four_kinds_of_signatures_and_the_times_of_three():
    note = checkpoint(LOG_PQ.line(HEAD, 10), ED.line(HEAD, 11), PQ.line(HEAD, 12))

    opened = open_checkpoint(note, [LOG, LOG_PQ.key], [ED.key, PQ.key])

    assert opened.head == HEAD
    assert opened.times == {LOG: 0, LOG_PQ.key: 10, ED.key: 11, PQ.key: 12}
    assert opened.signed_by([ED.key]) == {ED.key}


def test_lines_of_unknown_keys_are_ignored():
    assert open_checkpoint(checkpoint(ED.line(HEAD, 11), PQ.line(HEAD, 12)), [LOG], [PQ.key]).times.keys() == {
        LOG,
        PQ.key,
    }


@pytest.mark.parametrize("cosigner", [ED, PQ, LOG_PQ])
def test_a_cosignature_of_another_tree_or_time_rejects_the_checkpoint(cosigner):
    for other in (Head("log.example", 6, bytes(32)), Head("log.example", 5, bytes([1]) * 32)):
        with pytest.raises(NoteSignatureError):
            open_checkpoint(checkpoint(cosigner.line(other, 11)), [LOG, LOG_PQ.key], [ED.key, PQ.key])


def test_a_cosignature_at_time_0_is_neither_made_nor_believed():
    with pytest.raises(NoteError):
        ED.line(HEAD, 0)
    forged = SimpleNamespace(public_key=ED.key.public_key)
    forged.sign = lambda _: Ed25519Signer(bytes([9]) * 32).sign(
        b"cosignature/v1\ntime 0\n" + NOTE.split("\n\n")[0].encode() + b"\n"
    )
    line = Cosigner(ED.key, forged).line(HEAD, 1)
    name, blob = line[2:-1].split(" ")
    data = base64.b64decode(blob)
    again = base64.b64encode(data[:4] + bytes(8) + data[12:]).decode()
    with pytest.raises(NoteSignatureError):
        open_checkpoint(checkpoint(f"— {name} {again}\n"), [LOG], [ED.key])


def test_a_checkpoint_that_only_witnesses_or_only_the_post_quantum_key_signed_is_refused():
    text = NOTE.split("\n\n")[0] + "\n\n"
    for line in (ED.line(HEAD, 11), LOG_PQ.line(HEAD, 11)):
        with pytest.raises(NoteSignatureError):
            open_checkpoint(text + line, [LOG, LOG_PQ.key], [ED.key])


def test_the_checkpoint_of_another_origin_is_refused_though_the_key_signed_it():
    other = note_key("other.example", SIGNER.public_key)
    text = "log.example\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    with pytest.raises(NoteError):
        open_checkpoint(sign_note(text, "other.example", SIGNER), [other])


def test_a_witness_answer_is_read_line_by_line_and_only_known_keys_count():
    answer = ED.line(HEAD, 11) + PQ.line(HEAD, 12)

    assert parse_cosignatures(answer, HEAD, [PQ.key]).keys() == {PQ.key}
    assert parse_cosignatures(answer, HEAD, [ED.key]) == {ED.key: ED.line(HEAD, 11)}


def test_a_witness_answer_for_another_tree_is_refused():
    with pytest.raises(NoteSignatureError):
        parse_cosignatures(ED.line(Head("log.example", 6, bytes(32)), 11), HEAD, [ED.key])


@pytest.mark.parametrize("answer", ["", "nonsense\n", "— w.example AAAA", "\n"])
def test_an_answer_that_is_no_signature_lines_is_refused(answer):
    with pytest.raises(NoteError):
        parse_cosignatures(answer, HEAD, [ED.key])


def test_a_key_without_a_time_is_no_cosigner():
    with pytest.raises(NoteError):
        Cosigner.make("w.example", KeyKind.ED25519, SIGNER)


def test_a_name_or_origin_over_255_bytes_can_not_be_cosigned():
    with pytest.raises(NoteError):
        Cosigner.make("w" * 256, KeyKind.ML_DSA, PQ.signer)
    with pytest.raises(NoteError):
        PQ.line(Head("l" * 256, 5, bytes(32)), 11)
