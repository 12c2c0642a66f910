"""What ``dyepack verify`` adds to the script: other code reads checkpoints, and judges tokens under their chains."""

import pytest

from dyepack.app.checking import read_again
from dyepack.cli.words import read_again_words
from dyepack.crypto.digest import sha256
from dyepack.crypto.timestamp import timestamp_request
from dyepack.ledger import StoredToken, digest_text, verify, zip_bundle
from dyepack.ledger.errors import NotWitnessedError
from fakes.authority import Authority, needs_openssl
from fakes.bundles import LOG, bundle, cosigned, policy, resign, stamped, witnessed
from fakes.ledger_logs import START, MemoryLog, commit


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def read(tmp_path, capsys):
    """Exit code of the script, and the second reading."""

    def read(files):
        path = tmp_path / "bundle.zip"
        path.write_bytes(zip_bundle(files))
        return verify.main([str(path)]), read_again(str(path))

    return read


def token(issuer, note, size, chain=None):
    answer = issuer.answer(timestamp_request(note.encode()).der)
    return StoredToken(size, "first", note.encode(), answer, chain or issuer.chain)


def test_a_witnessed_bundle_is_read_the_same_by_other_code(read):
    code, reading = read(witnessed())

    assert (code, reading.refuted, reading.checkpoints) == (0, None, 3)


def test_a_quorum_that_is_missing_is_found_by_the_second_reading_too(read):
    forged = resign(witnessed() | {"policy.txt": policy(peers="3 north south east").encode()})
    forged = resign(forged | {"checkpoints/600.note": cosigned(LOG.note(600)).encode()})

    code, reading = read(forged)

    assert code == 1
    assert isinstance(reading.refuted, NotWitnessedError)
    assert read_again_words(reading, "en").startswith("REFUTED: The newest checkpoint has no quorum")
    assert read_again_words(reading, "zh").startswith("推翻：最新检查点")


@needs_openssl
def test_tokens_bound_an_entry_from_both_sides_only_where_an_entry_names_them(read, issuer):
    log = MemoryLog(seed=3).grow(256)
    early = token(issuer, log.note(256), 256)
    log.entries += commit(log.log, [stamped(digest_text(sha256(early.response)), 256)], START + 300).entries
    log.grow(343)
    late = token(issuer, log.note(600), 600)
    files = bundle(
        log,
        (5, 256, 520),
        checkpoints=[log.note(6), log.note(256), log.note(600)],
        details={},
        tokens=[early, late],
    )

    code, reading = read(files)

    assert (code, reading.refuted) == (0, None)
    assert [(bound.index, bound.after) for bound in reading.bounds] == [
        (5, True),
        (256, True),
        (520, False),
        (520, True),
    ]
    said = read_again_words(reading, "en")
    assert "Entry 520 was written no earlier than" in said
    assert "Entry 520 stood in the log no later than" in said
    assert "条目 520 不早于" in read_again_words(reading, "zh")


@needs_openssl
def test_a_token_under_a_foreign_chain_is_refuted_although_the_script_cannot_tell(read, issuer, tmp_path):
    foreign = Authority(tmp_path / "foreign")
    files = bundle(tokens=[token(issuer, LOG.note(600), 600, foreign.chain)])

    code, reading = read(files)

    assert code == 0
    assert "its signature or chain" in str(reading.refuted)


def test_a_token_that_only_openssl_can_judge_bounds_nothing_here(monkeypatch, read):
    said = verify.Token(sha256(LOG.note(256).encode()), START // 1_000_000)
    monkeypatch.setattr(verify, "parse_token", lambda _data: said)
    monkeypatch.setattr("dyepack.ledger.timestamp.parse_token", lambda _data: said)
    files = bundle(tokens=[StoredToken(256, "first", LOG.note(256).encode(), b"loose", b"chain")])

    code, reading = read(files)

    assert (code, reading.refuted, reading.bounds) == (0, None, [])
    assert "stored, not parsed" in read_again_words(reading, "en")
    assert "未能解析" in read_again_words(reading, "zh")
