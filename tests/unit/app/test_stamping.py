"""Timestamps of outside authorities: what is kept, what is appended, and that no failure stops anything."""

import threading
import time
from pathlib import Path

import pytest
import rfc3161_client

from dyepack.app.errors import AuthoritiesError
from dyepack.app.stamping import Authority, Misses, load_authorities, stamp, tokens_around
from dyepack.crypto import timestamp
from dyepack.crypto.digest import sha256
from dyepack.crypto.errors import TimestampError, TimestampUnparsedError
from dyepack.crypto.timestamp import timestamp_request, verify_timestamp
from dyepack.ledger import Kind, StoredToken, digest_text, token_time
from dyepack.ledger.entry import draft_entry
from dyepack.ledger.errors import FolderError
from dyepack.storage.token_folder import TokenFolder
from dyepack.terms.time import to_iso
from fakes.authority import Authority as Issuer
from fakes.authority import needs_openssl
from fakes.bundles import LOG, stamped
from fakes.ledger_logs import START, CountingRandom, MemoryLog, commit, org
from fakes.token_files import MemoryFiles

VECTORS = Path(__file__).parents[2] / "conformance" / "vectors" / "rfc3161"
NOTE = (VECTORS / "checkpoint.note").read_bytes()
CHAIN = (VECTORS / "ca.pem").read_bytes()
TRAP = (VECTORS / "r_two_certs_openssl30.tsr").read_bytes()
CHECKPOINT = LOG.note(256)
FIRST = Authority("first", "http://127.0.0.1:1/", CHAIN)
SECOND = Authority("second", "http://127.0.0.1:2/", CHAIN)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("authority"))


def one_round(ask, files=None, authorities=(FIRST,), checkpoint=CHECKPOINT, size=256):
    files = MemoryFiles() if files is None else files
    return stamp(checkpoint, size, files, authorities, CountingRandom(5), ask), files


def silent(url, request):
    raise TimestampError(why="no answer")


# -- what a token proves -----------------------------------------------------------------------------------------------


def test_a_token_of_the_vectors_proves_its_time_under_its_chain():
    token = StoredToken(270_123, "fixture", NOTE, (VECTORS / "r.tsr").read_bytes(), CHAIN)

    found = token_time(token)

    assert (to_iso(found.t), found.verified) == ("2026-11-22T11:04:55Z", True)


def test_a_token_that_the_library_cannot_parse_is_stored_and_not_verified():
    with pytest.raises(TimestampUnparsedError):
        verify_timestamp(TRAP, NOTE, CHAIN)

    found = token_time(StoredToken(270_123, "fixture", NOTE, TRAP, CHAIN))

    assert (to_iso(found.t), found.verified) == ("2026-11-22T11:17:49Z", False)


@pytest.mark.parametrize(
    ("response", "note", "chain", "why"),
    [
        ((VECTORS / "r.tsr").read_bytes(), NOTE + b"\n", CHAIN, "over something else"),
        (TRAP, NOTE + b"\n", CHAIN, "no timestamp over this checkpoint"),
        (b"<html>", NOTE, CHAIN, "no timestamp over this checkpoint"),
        ((VECTORS / "r.tsr").read_bytes(), NOTE, (VECTORS / "tsa.pem").read_bytes(), "no root in the chain"),
        ((VECTORS / "r.tsr").read_bytes(), NOTE, b"", "no certificates in the chain"),
        (bytes.fromhex("30053003020102"), NOTE, CHAIN, "the authority refused"),
    ],
)
def test_a_token_that_proves_nothing_is_told_with_its_reason(response, note, chain, why):
    with pytest.raises(TimestampError) as caught:
        token_time(StoredToken(270_123, "fixture", note, response, chain))

    assert caught.value.facts["why"] == why


@needs_openssl
def test_an_answer_to_another_question_is_refused_by_its_nonce(issuer):
    first, second = timestamp_request(NOTE), timestamp_request(NOTE)
    answer = issuer.answer(first.der)

    assert first.nonce != second.nonce
    assert verify_timestamp(answer, NOTE, issuer.chain, first.nonce)
    with pytest.raises(TimestampError, match="another nonce"):
        verify_timestamp(answer, NOTE, issuer.chain, second.nonce)


@needs_openssl
@pytest.mark.parametrize(("days_ago", "days_left"), [(30, -1), (-1, 30)])
def test_a_token_made_outside_the_years_of_its_certificates_is_refused(tmp_path, days_ago, days_left):
    late = Issuer(tmp_path / "late", days_ago=days_ago, days_left=days_left)
    request = timestamp_request(NOTE)

    with pytest.raises(TimestampError, match="its signature or chain"):
        verify_timestamp(late.answer(request.der), NOTE, late.chain, request.nonce)


@needs_openssl
def test_a_good_token_over_another_kind_of_digest_is_refused(issuer):
    builder = rfc3161_client.TimestampRequestBuilder().data(NOTE)
    request = builder.hash_algorithm(rfc3161_client.HashAlgorithm.SHA512).build()

    with pytest.raises(TimestampError, match="a digest that is not SHA-256"):
        verify_timestamp(issuer.answer(request.as_bytes()), NOTE, issuer.chain)


@needs_openssl
def test_a_token_of_a_foreign_chain_is_refused(issuer, tmp_path):
    foreign = Issuer(tmp_path / "foreign")
    request = timestamp_request(NOTE)

    with pytest.raises(TimestampError, match="its signature or chain"):
        verify_timestamp(foreign.answer(request.der), NOTE, issuer.chain, request.nonce)


def test_whatever_a_strangers_bytes_make_the_library_raise_is_a_timestamp_error(monkeypatch):
    def burst(*_):
        raise RuntimeError("a certificate of no known version")

    monkeypatch.setattr(timestamp.VerifierBuilder, "build", burst)
    with pytest.raises(TimestampError, match="its signature or chain"):
        verify_timestamp((VECTORS / "r.tsr").read_bytes(), NOTE, CHAIN)
    monkeypatch.setattr(timestamp, "decode_timestamp_response", burst)
    with pytest.raises(TimestampUnparsedError):
        verify_timestamp(TRAP, NOTE, CHAIN)


# -- a round -----------------------------------------------------------------------------------------------------------


@needs_openssl
def test_a_round_keeps_the_raw_answer_with_its_checkpoint_and_chain_and_gives_one_fact(issuer):
    authority = Authority("first", "http://127.0.0.1:1/", issuer.chain)

    done, files = one_round(lambda url, request: issuer.answer(request), authorities=(authority,))

    assert set(files) == {"timestamps/256.note", "timestamps/256.first.tsr", "timestamps/256.first.pem"}
    assert files["timestamps/256.note"].decode() == LOG.note(256)
    [fact] = done.facts
    assert (fact.kind, fact.fields) == (
        Kind.TIMESTAMP_OBTAINED,
        {
            "actor": "p_log",
            "n": 256,
            "outcome": "first",
            "digest": digest_text(sha256(files["timestamps/256.first.tsr"])),
        },
    )
    draft_entry(fact, org=org())
    assert not done.failures


@needs_openssl
def test_a_second_round_over_the_same_size_asks_only_who_has_not_answered_and_stamps_the_same_bytes(issuer):
    authorities = [Authority(name, "http://127.0.0.1:1/", issuer.chain) for name in ("first", "second")]
    _, files = one_round(lambda url, request: issuer.answer(request), authorities=authorities[:1])
    asked = []

    def ask(url, request):
        asked.append(request)
        return issuer.answer(request)

    done, _ = one_round(ask, files, authorities, checkpoint=LOG.note(256) + "— other.example/w AAAAAAAA\n")

    assert len(asked) == len(done.facts) == 1
    assert files["timestamps/256.note"].decode() == LOG.note(256)
    again, _ = one_round(silent, files, authorities)
    assert not again.facts
    assert not again.failures


def test_an_unparsable_token_is_kept_and_entered_like_any_other():
    done, files = one_round(lambda url, request: TRAP, checkpoint=NOTE.decode(), size=270_123)

    assert files["timestamps/270123.first.tsr"] == TRAP
    assert [fact.fields["n"] for fact in done.facts] == [270_123]
    assert not done.failures


@pytest.mark.parametrize(
    "answer", [b"", b"<html>busy</html>", TRAP, (VECTORS / "r.tsr").read_bytes(), b"\x30" * 60_000]
)
def test_an_answer_that_proves_nothing_is_kept_apart_and_gives_no_fact(answer):
    done, files = one_round(lambda url, request: answer)

    assert files["timestamps/256.first.refused"] == answer
    assert "timestamps/256.first.tsr" not in files
    assert not done.facts
    assert set(done.failures) == {"first"}


@needs_openssl
def test_two_rounds_at_once_keep_and_enter_one_token(issuer):
    authority = Authority("first", "http://127.0.0.1:1/", issuer.chain)
    files, rounds = MemoryFiles(), []

    def ask(url, request):
        time.sleep(0.05)
        return issuer.answer(request)

    threads = [threading.Thread(target=lambda: rounds.append(one_round(ask, files, (authority,))[0])) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    [fact] = [fact for done in rounds for fact in done.facts]
    assert len(rounds) == 3
    assert fact.fields["digest"] == digest_text(sha256(files["timestamps/256.first.tsr"]))


def test_a_failing_authority_does_not_keep_the_other_from_being_asked():
    asked = []

    def ask(url, request):
        asked.append(url)
        raise TimestampError(why="no answer")

    done, _ = one_round(ask, authorities=(FIRST, SECOND))

    assert asked == [FIRST.url, SECOND.url]
    assert set(done.failures) == {"first", "second"}


def test_an_alarm_is_raised_once_at_the_third_miss_in_a_row():
    hourly = Misses(CountingRandom(6))
    failed, _ = one_round(silent)
    fine, _ = one_round(silent, authorities=())

    rounds = [failed, failed, fine, failed, failed, failed, failed]
    alarms = [len(hourly.alarms((FIRST,), done)) for done in rounds]

    assert alarms == [0, 0, 0, 0, 0, 1, 0]


def test_the_alarm_is_a_failed_check_of_the_log():
    hourly = Misses(CountingRandom(6))
    failed, _ = one_round(silent)

    [fact] = [fact for _ in range(3) for fact in hourly.alarms((FIRST,), failed)]

    assert (fact.kind, fact.fields) == (Kind.CHECK_FAILED, {"actor": "p_log", "outcome": "timestamp"})
    draft_entry(fact, org=org())


# -- what bounds an entry ----------------------------------------------------------------------------------------------


class Entries:
    def __init__(self, log):
        self._log = log

    def find(self, needles):
        return [(index, raw) for index, raw in enumerate(self._log.entries) if any(n.encode() in raw for n in needles)]


def kept(log, size, name):
    return StoredToken(size, name, log.note(size).encode(), f"token {size} {name}".encode(), b"chain")


def test_the_newest_named_token_before_and_the_first_over_an_entry_bound_it():
    log = MemoryLog(seed=4).grow(10)
    files = MemoryFiles()
    for size in (10, 21, 32):
        token = kept(log, size, "first")
        files |= token.files()
        fact = stamped(digest_text(sha256(token.response)), size, "first", log.chance)
        log.entries += commit(log.log, [fact], START + size).entries
        log.grow(10)

    around = tokens_around(Entries(log), files, [15])

    assert around.entries == (10,)
    assert [token.size for token in around.tokens] == [10, 21]
    assert tokens_around(Entries(log), files, [2]).entries == ()
    assert [token.size for token in tokens_around(Entries(log), files, [2]).tokens] == [10]
    assert tokens_around(Entries(log), files, [40]).entries == (32,)


def test_a_token_whose_file_was_exchanged_bounds_nothing():
    log = MemoryLog(seed=4).grow(10)
    token = kept(log, 10, "first")
    log.entries += commit(log.log, [stamped(digest_text(sha256(token.response)), 10, "first")], START + 10).entries
    files = MemoryFiles(token.files() | {"timestamps/10.first.tsr": b"another"})

    assert tokens_around(Entries(log), files, [2]).tokens == ()


# -- the file of authorities -------------------------------------------------------------------------------------------

ROW = '[[authority]]\nname = "first"\nurl = "https://tsa.example/"\nchain = "first.pem"\n'


def test_two_authorities_are_read_and_none_is_the_default(tmp_path):
    assert load_authorities(tmp_path) == ()
    (tmp_path / "first.pem").write_bytes(CHAIN)
    (tmp_path / "authorities.toml").write_text(ROW + ROW.replace('"first"', '"second"'))

    assert load_authorities(tmp_path) == (
        Authority("first", "https://tsa.example/", CHAIN),
        Authority("second", "https://tsa.example/", CHAIN),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[",
        "authority = 1\n",
        "authority = [1]\n",
        ROW + "more = 1\n",
        "more = 1\n" + ROW,
        ROW * 2,
        ROW + ROW.replace('"first"', '"b"') + ROW.replace('"first"', '"c"'),
        ROW.replace('"first"', '"../x"'),
        ROW.replace('"first"', '"a12345"'),
        ROW.replace("https", "file"),
        ROW.replace('"first.pem"', '"../first.pem"'),
        ROW.replace('"first.pem"', '"second.pem"'),
        ROW.replace('"first.pem"', '"authorities.toml"'),
    ],
)
def test_a_file_of_authorities_that_is_off_is_refused(tmp_path, text):
    (tmp_path / "first.pem").write_bytes(CHAIN)
    (tmp_path / "authorities.toml").write_text(text)

    with pytest.raises(AuthoritiesError):
        load_authorities(tmp_path)


# -- the folder --------------------------------------------------------------------------------------------------------


def test_the_folder_gives_back_what_was_written_for_its_account_alone(tmp_path):
    folder = TokenFolder(tmp_path)
    folder.write({"timestamps/1.note": b"note"})

    assert folder.read("timestamps/1.note") == b"note"
    assert folder.read("timestamps/2.note") is None
    assert (tmp_path / "timestamps" / "1.note").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "timestamps").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (tmp_path / "timestamps").iterdir()] == ["1.note"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "timestamps").write_bytes(b"a file")

    with pytest.raises(FolderError):
        TokenFolder(tmp_path).write({"timestamps/1.note": b"note"})
