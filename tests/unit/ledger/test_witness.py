import pytest

from dyepack.crypto.signature import Ed25519Signer, MlDsaSigner
from dyepack.ledger import Cosigner, Head, KeyKind, note_key, open_checkpoint, parse_cosignatures, parse_vkey, sign_head
from dyepack.ledger.errors import KnownLogError, WitnessRequestError
from dyepack.ledger.merkle import EMPTY_ROOT
from dyepack.ledger.note import encode_base64, parse_note
from dyepack.ledger.witness import (
    MAX_REQUEST_BYTES,
    SIZE_TYPE,
    Decision,
    Evidence,
    Seen,
    Verdict,
    admit,
    decide,
    format_request,
    parse_logs,
    parse_request,
    stated_time,
)
from fakes.ledger_logs import ORIGIN, SIGNER, VKEY
from fakes.witnesses import KEYS, LOGS, SECONDS, Growing, cosigners

LOG = Growing().grow(70)
FORK = Growing(5).grow(70)
OURS = cosigners()
WITNESS_KEYS = [cosigner.key for cosigner in OURS]


def seen(size, log=LOG):
    return Seen(log.head(size), log.note(size), SECONDS)


def ask(body, before=None, seconds=SECONDS):
    request = admit(body, LOGS)
    return request if isinstance(request, Decision) else decide(request, KEYS, OURS, before, seconds)


def empty(root=EMPTY_ROOT):
    return sign_head(Head(ORIGIN, 0, root), SIGNER)


# -- what is cosigned ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 1), (0, 70), (1, 2), (32, 70), (69, 70), (70, 70)])
def test_a_log_that_grows_is_cosigned_with_both_keys_and_remembered(old, new):
    note = LOG.note(new) if new else empty()
    body = format_request(old, LOG.consistency(old, new) if old else (), note)

    decision = ask(body, seen(old) if old else None)

    assert (decision.status, decision.keep) == (200, None)
    assert parse_cosignatures(decision.body, parse_request(body).head, WITNESS_KEYS).keys() == set(WITNESS_KEYS)
    assert decision.store.head == parse_request(body).head
    opened = open_checkpoint(decision.store.note, KEYS, WITNESS_KEYS)
    assert opened.signed_by(WITNESS_KEYS) == set(WITNESS_KEYS)
    assert (decision.store.seconds, set(opened.times.values())) == (SECONDS, {0, SECONDS})


def test_what_is_stored_has_no_line_of_strangers_and_no_line_twice():
    stranger = Cosigner.make("stranger.example", KeyKind.COSIGNATURE, Ed25519Signer(bytes([3]) * 32))
    lines = LOG.note(3).split("\n\n")[1]
    note = LOG.note(3) + lines + stranger.line(LOG.head(3), 5)

    stored = ask(format_request(0, (), note)).store.note

    assert stored.count("\n— ") == 1 + len(OURS)
    assert "stranger" not in stored


def test_the_line_of_the_logs_second_key_is_stored_too():
    second = Cosigner.make(ORIGIN, KeyKind.ML_DSA, MlDsaSigner(bytes([8]) * 32))
    keys = (*KEYS, second.key)
    request = admit(format_request(0, (), LOG.note(3) + second.line(LOG.head(3), 7)), {ORIGIN: keys})

    stored = decide(request, keys, OURS, None, SECONDS).store.note

    assert open_checkpoint(stored, keys).times[second.key] == 7


def test_a_line_says_its_time():
    for cosigner in OURS:
        assert stated_time(cosigner.line(LOG.head(3), SECONDS)) == SECONDS


# -- what is refused, in this order ----------------------------------------------------------------------------------


GOOD = LOG.request(32, 70)
NOTE = LOG.note(70)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage\n",
        b"\xff" + GOOD,
        GOOD + b"x" * 65_536,
        GOOD[:-1],
        GOOD.replace(b"old 32\n", b"old 032\n"),
        GOOD.replace(b"old 32\n", b"old -1\n"),
        GOOD.replace(b"old 32\n", b"old  32\n"),
        GOOD.replace(b"old 32\n", b"old 32 \n"),
        GOOD.replace(b"old 32\n", "old ٣٢\n".encode()),
        GOOD.replace(b"old 32\n", b"old 9999999999999999999\n"),
        GOOD.replace(b"old 32\n", b"old 71\n"),
        GOOD.replace(b"old 32\n", b""),
        GOOD.replace(b"old 32\n", b"old 32\r\n"),
        format_request(32, [bytes(31)], NOTE),
        format_request(32, [bytes(32)] * 64, NOTE),
        GOOD.replace(b"=\n", b"\n", 1),
        GOOD.replace(b"\n70\n", b"\n070\n"),
        GOOD.replace(b"\n70\n", b"\n70\nextension\n"),
        b"old 0\n" + NOTE.encode(),
    ],
)
def test_a_body_that_deviates_from_the_format_is_400_and_not_kept(body):
    with pytest.raises(WitnessRequestError):
        parse_request(body)
    decision = ask(body)

    assert (decision.status, decision.store, decision.keep) == (400, None, None)


def test_a_note_that_is_not_too_long_may_still_be_too_long_a_request():
    room = MAX_REQUEST_BYTES - len(NOTE.encode()) - 16
    note = f"{NOTE}— a {encode_base64(bytes(room // 4 * 3))}\n"
    assert parse_note(note).text == NOTE.partition("\n\n")[0] + "\n"

    assert parse_request(format_request(0, (), note)).note == note
    with pytest.raises(WitnessRequestError):
        parse_request(format_request(70, [bytes(32)], note))


def test_sixty_three_lines_of_proof_can_be_read():
    assert len(parse_request(format_request(32, [bytes(32)] * 63, NOTE)).proof) == 63


def test_an_unknown_origin_is_404_before_any_signature_is_checked():
    other = Ed25519Signer(bytes([9]) * 32)

    assert admit(format_request(0, (), sign_head(Head("other.example", 1, bytes(32)), other)), LOGS).status == 404


def test_a_checkpoint_that_no_known_key_signed_is_403_and_not_kept():
    stranger = Ed25519Signer(bytes([9]) * 32)
    forged = sign_head(LOG.head(70), stranger)

    decision = ask(format_request(0, (), forged))

    assert (decision.status, decision.keep) == (403, None)


def test_a_known_key_whose_signature_fails_is_403_even_beside_one_that_holds():
    wrong = LOG.note(3).split("\n\n")[1]
    for note in (NOTE + wrong, NOTE.split("\n\n")[0] + "\n\n" + wrong):
        assert ask(format_request(0, (), note)).status == 403


@pytest.mark.parametrize("old", [0, 31, 33])
def test_another_old_size_is_409_with_the_size_cosigned_last(old):
    decision = ask(LOG.request(old, 70), seen(32))

    assert (decision.status, decision.body, decision.content_type) == (409, "32\n", SIZE_TYPE)
    assert decision.store is None
    assert decision.keep is None  # it may be an honest log that is out of step


def test_an_old_size_for_a_log_that_was_never_seen_is_409_with_0():
    assert ask(LOG.request(32, 70)).body == "0\n"


@pytest.mark.parametrize(
    ("body", "before", "verdict"),
    [
        (format_request(0, (), empty(bytes(32))), None, Verdict.EMPTY),
        (format_request(0, [bytes(32)], NOTE), None, Verdict.INCONSISTENT),
        (format_request(32, LOG.consistency(32, 70)[1:], NOTE), seen(32), Verdict.INCONSISTENT),
        (format_request(32, (*LOG.consistency(32, 70), bytes(32)), NOTE), seen(32), Verdict.INCONSISTENT),
        (FORK.request(32, 70), seen(32), Verdict.INCONSISTENT),
        (LOG.request(32, 70), seen(32, FORK), Verdict.INCONSISTENT),
        (format_request(70, [bytes(32)], NOTE), seen(70), Verdict.INCONSISTENT),
        (FORK.request(70, 70), seen(70), Verdict.FORK),
    ],
)
def test_what_does_not_continue_the_log_is_422_and_kept(body, before, verdict):
    decision = ask(body, before)

    assert (decision.status, decision.keep, decision.store) == (422, verdict, None)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (FORK.request(32, 70), Verdict.FORK),
        (LOG.request(32, 64), Verdict.SHORTER),
        (FORK.request(0, 5), Verdict.SHORTER),
        (format_request(0, (), empty(bytes(32))), Verdict.EMPTY),
        (LOG.request(32, 70), None),
    ],
)
def test_a_sender_out_of_step_leaves_evidence_if_his_signed_head_does_not_fit(body, verdict):
    decision = ask(body, seen(70))

    assert (decision.status, decision.keep) == (409, verdict)


def test_only_heads_that_contradict_each_other_prove_a_rewriting():
    assert {verdict for verdict in Verdict if verdict.proves} == {Verdict.FORK, Verdict.EMPTY}


def test_evidence_shows_both_heads():
    kept = Evidence(1, 0, Verdict.FORK, FORK.request(32, 70), seen(70).note)

    assert (kept.signed, kept.cosigned) == (FORK.head(70), LOG.head(70))
    assert Evidence(1, 0, Verdict.EMPTY, format_request(0, (), empty(bytes(32))), "").cosigned is None


# -- known logs ------------------------------------------------------------------------------------------------------


def test_a_list_of_logs_is_read_with_comments_and_several_keys_of_one_log():
    second = note_key(ORIGIN, Ed25519Signer(bytes([9]) * 32).public_key)
    other = note_key("other.example", Ed25519Signer(bytes([9]) * 32).public_key)

    logs = parse_logs(f"# a comment\n\n{VKEY}\n{second.vkey}\n{other.vkey}\n{VKEY}\n")

    assert logs == {ORIGIN: (parse_vkey(VKEY), second), "other.example": (other,)}


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        WITNESS_KEYS[0].vkey,
        VKEY[:-1],
        note_key("a" * 256, SIGNER.public_key).vkey,
        encode_base64(bytes(33)),
    ],
)
def test_a_line_that_is_no_key_of_a_log_is_named(line):
    with pytest.raises(KnownLogError) as caught:
        parse_logs(f"{VKEY}\n{line}\n")

    assert caught.value.facts["line"] == 2
