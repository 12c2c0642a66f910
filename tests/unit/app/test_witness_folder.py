import pytest

from dyepack.app.witness_folder import WitnessFolder
from dyepack.crypto.digest import sha256
from dyepack.ledger import KeyKind, open_checkpoint, parse_cosignatures
from dyepack.ledger.errors import KnownLogError, WitnessFolderError
from fakes.ledger_logs import ORIGIN, START, VKEY, CountingRandom, HandClock
from fakes.witnesses import KEYS, Growing

LOG = Growing().grow(20)
DIGEST = sha256(ORIGIN.encode()).hex()


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def path(tmp_path, clock):
    witness = WitnessFolder.make(tmp_path / "w", "w1.example", clock, CountingRandom())
    witness.add_log(VKEY)
    witness.close()
    return tmp_path / "w"


@pytest.fixture
def witness(path, clock):
    opened = WitnessFolder(path, clock)
    yield opened
    opened.close()


def times(witness, body):
    decision = witness.answer(body)
    return set(open_checkpoint(decision.store.note, KEYS, witness.keys).times.values()) - {0}


def test_a_witness_has_one_key_of_each_kind_and_keeps_them(path, witness, clock):
    assert [key.kind for key in witness.keys] == [KeyKind.COSIGNATURE, KeyKind.ML_DSA]
    again = WitnessFolder(path, clock)
    assert again.keys == witness.keys
    again.close()


def test_two_witnesses_have_different_keys(tmp_path, witness, clock):
    other = WitnessFolder.make(tmp_path / "v", "w1.example", clock, CountingRandom(1))
    assert not set(other.keys) & set(witness.keys)
    other.close()


def test_it_cosigns_a_known_log_and_shows_what_it_cosigned(witness):
    assert witness.checkpoint(DIGEST) is None

    decision = witness.answer(LOG.request(0, 20))

    assert parse_cosignatures(decision.body, LOG.head(20), witness.keys).keys() == set(witness.keys)
    assert open_checkpoint(witness.checkpoint(DIGEST), KEYS, witness.keys).signed_by(witness.keys)
    assert witness.checkpoint("0" * 64) is None


def test_a_log_that_is_added_while_it_is_open_is_known_at_once(tmp_path, clock):
    witness = WitnessFolder.make(tmp_path / "w", "w1.example", clock, CountingRandom())
    assert witness.answer(LOG.request(0, 20)).status == 404

    witness.add_log(VKEY)
    witness.add_log(f" {VKEY}\n")

    assert witness.answer(LOG.request(0, 20)).status == 200
    assert (tmp_path / "w" / "logs.txt").read_text().count(VKEY) == 1
    witness.close()


@pytest.mark.parametrize("vkey", ["", "nonsense", f"{VKEY}\n{VKEY}x", "#"])
def test_what_is_no_key_of_a_log_is_not_added(witness, path, vkey):
    before = (path / "logs.txt").read_text()

    with pytest.raises(KnownLogError):
        witness.add_log(vkey)

    assert (path / "logs.txt").read_text() == before


def test_a_broken_list_of_logs_stops_cosigning(witness, path):
    (path / "logs.txt").write_text("nonsense\n")

    with pytest.raises(KnownLogError):
        witness.answer(LOG.request(0, 20))


def test_the_time_of_a_cosignature_is_the_clocks_and_never_goes_back(witness, clock):
    assert times(witness, LOG.request(0, 5)) == {START // 1_000_000}
    clock.time -= 3_600_000_000
    assert times(witness, LOG.request(5, 6)) == {START // 1_000_000}
    clock.time = START + 9_000_000
    assert times(witness, LOG.request(6, 7)) == {START // 1_000_000 + 9}


def test_a_clock_at_0_does_not_make_a_cosignature_without_time(tmp_path):
    witness = WitnessFolder.make(tmp_path / "w", "w1.example", HandClock(0), CountingRandom())
    witness.add_log(VKEY)
    assert times(witness, LOG.request(0, 5)) == {1}
    witness.close()


def test_a_clock_set_back_between_two_starts_does_not_take_the_time_back(path, witness):
    times(witness, LOG.request(0, 5))
    later = WitnessFolder(path, HandClock(5_000_000))
    assert times(later, LOG.request(5, 6)) == {START // 1_000_000}
    later.close()


@pytest.mark.parametrize("file", ["ed25519.key", "mldsa44.key", "."])
def test_a_folder_that_other_accounts_can_read_is_refused(path, clock, file):
    (path / file).chmod(0o755 if file == "." else 0o640)

    with pytest.raises(WitnessFolderError):
        WitnessFolder(path, clock)


@pytest.mark.parametrize("file", ["ed25519.key", "mldsa44.key", "name", "witness.db"])
def test_a_folder_that_lacks_a_file_is_refused(path, clock, file):
    (path / file).unlink()

    with pytest.raises(WitnessFolderError):
        WitnessFolder(path, clock)


def test_a_short_seed_is_refused(path, clock):
    (path / "mldsa44.key").write_bytes(bytes(31))

    with pytest.raises(WitnessFolderError):
        WitnessFolder(path, clock)


def test_every_file_is_for_its_account_alone(path):
    assert [file.name for file in path.iterdir() if file.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("name", ["", "two words", "plus+sign", "a" * 256, "line\nbreak", "\udcff"])
def test_a_name_that_no_key_can_have_makes_no_folder(tmp_path, clock, name):
    with pytest.raises(WitnessFolderError):
        WitnessFolder.make(tmp_path / "w", name, clock, CountingRandom())

    assert not (tmp_path / "w").exists()


def test_an_existing_witness_is_not_made_anew(path, clock):
    before = {file.name: file.read_bytes() for file in path.iterdir()}

    with pytest.raises(WitnessFolderError):
        WitnessFolder.make(path, "w1.example", clock, CountingRandom(9))

    assert {file.name: file.read_bytes() for file in path.iterdir()} == before
