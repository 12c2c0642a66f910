import pytest

from dyepack.app.log_keys import OVERLAP_SECONDS, add_keys, has_keys, load_keys
from dyepack.ledger import Head, KeyKind, open_checkpoint, open_head
from dyepack.ledger.errors import NoteSignatureError
from dyepack.terms.errors import DyepackError
from fakes.ledger_logs import ORIGIN, START, CountingRandom

MONTH = OVERLAP_SECONDS * 1_000_000
HEAD = Head(ORIGIN, 3, bytes(32))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "2026" / "keys"


@pytest.fixture
def random():
    return CountingRandom(8)


def test_a_log_signs_with_both_kinds_of_one_pair(folder, random):
    add_keys(folder, START, random)

    keys = load_keys(folder, ORIGIN, START)

    assert [key.kind for key in keys.keys] == [KeyKind.ED25519, KeyKind.ML_DSA]
    note = keys.sign_published(HEAD, keys.sign(HEAD), START // 1_000_000)
    assert set(open_checkpoint(note, keys.keys).times) == set(keys.keys)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_key_before_signs_for_thirty_days_and_is_known_after(folder, random):
    add_keys(folder, START, random)
    old = load_keys(folder, ORIGIN, START)
    add_keys(folder, START + 5, random)

    just = load_keys(folder, ORIGIN, START + 5 + MONTH - 1)
    later = load_keys(folder, ORIGIN, START + 5 + MONTH)

    assert just.vkey == later.vkey != old.vkey
    assert open_head(just.sign(HEAD), old.vkey) == HEAD
    with pytest.raises(NoteSignatureError):
        open_head(later.sign(HEAD), old.vkey)
    assert later.retired == (old.keys[0],)
    assert open_checkpoint(old.sign(HEAD), later.known).head == HEAD
    assert len(later.cosigners) == 1


def test_the_newest_two_of_three_keys_sign(folder, random):
    vkeys = []
    for place in range(3):
        add_keys(folder, START + place, random)
        vkeys.append(load_keys(folder, ORIGIN, START + place).vkey)

    keys = load_keys(folder, ORIGIN, START + 9)

    assert [key.vkey for key in keys.keys[:2]] == vkeys[:0:-1]
    assert [key.vkey for key in keys.retired] == vkeys[:1]


def test_a_clock_that_went_back_does_not_keep_the_new_key_from_being_the_newest(folder, random):
    add_keys(folder, START, random)
    old = load_keys(folder, ORIGIN, START).vkey

    add_keys(folder, START - 10 * MONTH, random)

    assert load_keys(folder, ORIGIN, START - 10 * MONTH).vkey != old


def test_a_pair_that_a_crash_cut_off_is_no_pair(folder, random):
    add_keys(folder, START, random)
    before = load_keys(folder, ORIGIN, START).vkey
    add_keys(folder, START + 1, random)
    (folder / f"{START + 1:016d}.ed25519").unlink()

    assert load_keys(folder, ORIGIN, START + 1).vkey == before
    (folder / f"{START:016d}.ed25519").unlink()
    assert not has_keys(folder)


@pytest.mark.parametrize("ending", ["ed25519", "ml-dsa"])
def test_a_broken_or_lost_key_file_is_said(folder, random, ending):
    add_keys(folder, START, random)
    (path,) = folder.glob(f"*.{ending}")
    path.write_bytes(b"short")
    with pytest.raises(DyepackError):
        load_keys(folder, ORIGIN, START)

    path.unlink()
    with pytest.raises(DyepackError):
        load_keys(folder, ORIGIN, START)
