import pytest

from dyepack.crypto.signature import Ed25519Signer, MlDsaSigner
from dyepack.ledger import (
    Cosigner,
    Head,
    KeyKind,
    audit_log,
    encode_bundle,
    encode_entry,
    leaf_hash,
    note_key,
    parse_quorum,
    tiles_between,
)
from fakes.ledger_logs import ORIGIN, START, VKEY, CountingRandom, MemoryLog, look, org

LOG = MemoryLog().grow(600)
FILES = LOG.publish()
CHANCE = CountingRandom(4)
HEAD = Head(ORIGIN, 600, LOG.log.tree.edge().root)
LOG_PQ = Cosigner.make(ORIGIN, KeyKind.ML_DSA, MlDsaSigner(bytes([8]) * 32))
WITNESSES = [
    Cosigner.make(f"w{number}.example", KeyKind.COSIGNATURE, Ed25519Signer(bytes([number]) * 32))
    for number in range(1, 4)
]
QUORUM = parse_quorum(
    f"log {VKEY}\n"
    + "".join(f"witness w{number} {one.key.vkey}\n" for number, one in enumerate(WITNESSES, 1))
    + "group two 2 w1 w2 w3\nquorum two\n"
)


def audit(files, **more):
    return audit_log(files.get, VKEY, **more)


def log_of(entries):
    """A log whose files are in step and whose entries are anything."""
    log = MemoryLog()
    log.entries = entries
    log.log.tree.append(map(leaf_hash, entries))
    return log.publish()


def test_a_whole_log_passes():
    result = audit(FILES, earlier=[LOG.note(1), LOG.note(256), LOG.note(523), LOG.note()])

    assert result.whole
    assert result.finding is None
    assert (result.origin, result.size, result.checked, result.heads) == (ORIGIN, 600, 600, 4)
    assert result.root == LOG.log.tree.edge().root
    assert (result.first_t, result.last_t) == (START, START)
    assert "not witnessed" in result.reliability


def test_an_empty_log_passes():
    result = audit(MemoryLog().publish())

    assert result.whole
    assert result.first_t is None


def test_progress_is_told():
    steps = []

    audit(FILES, progress=lambda step, done, total: steps.append((step, done, total)))

    assert steps == [("audit", 256, 600), ("audit", 512, 600), ("audit", 600, 600)]


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_missing_file_is_named(path):
    result = audit({name: data for name, data in FILES.items() if name != path})

    assert not result.whole
    assert result.finding.facts == {"place": path, "why": "missing"}


@pytest.mark.parametrize("path", [path for path in sorted(FILES) if "entries" not in path])
def test_a_changed_file_is_named(path):
    result = audit(FILES | {path: FILES[path][:-20] + b"?" + FILES[path][-19:]})

    assert result.finding.facts["place"] == path


def test_a_changed_entry_is_named_by_its_tile():
    entries = [*LOG.entries[:256]]
    entries[7] = encode_entry(look(CHANCE), org=org(), t=START)

    result = audit(FILES | {"tile/entries/000": encode_bundle(entries)})

    assert result.finding.facts["place"] == "tile/0/000"
    assert result.checked == 256


def test_a_damaged_bundle_is_named():
    result = audit(FILES | {"tile/entries/001": FILES["tile/entries/001"][:-1]})

    assert result.finding.facts["place"] == "tile/entries/001"
    assert result.checked == 256


def test_a_checkpoint_of_another_key_is_refused():
    other = note_key(ORIGIN, Ed25519Signer(bytes([9]) * 32).public_key).vkey

    assert audit_log(FILES.get, other).finding.facts["place"] == "checkpoint"


def test_a_checkpoint_that_is_no_text_is_refused():
    assert audit(FILES | {"checkpoint": b"\xff"}).finding.facts == {"place": "checkpoint", "why": "not UTF-8"}


def test_a_checkpoint_with_another_root_is_refused():
    other = MemoryLog(seed=1).grow(600)

    result = audit(FILES | {"checkpoint": other.note().encode()})

    assert result.finding.facts == {"place": "checkpoint", "why": "its root is not that of the entries"}


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"{}", "v is missing"),
        (encode_entry(look(CHANCE), org=org(1), t=START), "another institution"),
        (LOG.entries[0], "an id a second time"),
        (encode_entry(look(CHANCE), org=org(), t=START - 1), "time goes back"),
    ],
)
def test_an_entry_that_the_log_should_not_hold_is_named(bad, why):
    result = audit(log_of([*LOG.entries[:3], bad]))

    assert result.finding.facts == {"place": "entry 3", "why": why}
    assert "entry 3" in result.finding.sentence("zh")


def test_entries_of_other_software_are_hashed_only_on_request():
    files = log_of([b"anything"])

    assert audit(files, parse=False).whole
    assert not audit(files).whole


def test_a_tile_lost_after_it_was_read_is_found_when_an_old_head_needs_it():
    log = MemoryLog(seed=5).grow(256 * 67)
    files = log.publish()
    reads = []

    def read(path):
        reads.append(path)
        return None if reads.count(path) > 1 else files.get(path)

    result = audit_log(read, VKEY, earlier=[log.note(3)], parse=False)

    assert result.finding.facts == {"place": "tile/0/000", "why": "missing"}


def test_all_files_of_a_log_are_read():
    reads = []

    audit_log(lambda path: reads.append(path) or FILES.get(path), VKEY)

    tiles = list(tiles_between(0, 600))
    assert set(reads) == {"checkpoint", *(tile.path for tile in tiles)} | {
        tile.bundle_path for tile in tiles if tile.level == 0
    }


def cosigned(*lines):
    return FILES | {"checkpoint": "".join((LOG.note(), *lines)).encode()}


def test_a_quorum_of_cosignatures_makes_the_log_witnessed_from_the_second_that_completes_it():
    lines = [one.line(HEAD, seconds) for one, seconds in zip(WITNESSES, (50, 20, 30), strict=True)]

    result = audit(cosigned(*lines), quorum=QUORUM)

    assert result.whole
    assert result.witnesses == {"w1": 50, "w2": 20, "w3": 30}
    assert result.witnessed == 30
    assert "a quorum of witnesses (w1, w2, w3) that was complete at 1970-01-01T00:00:30" in result.reliability
    assert "not witnessed" not in result.reliability


def test_too_few_cosignatures_are_said_to_be_no_quorum():
    result = audit(cosigned(WITNESSES[1].line(HEAD, 20)), quorum=QUORUM)

    assert result.whole
    assert result.witnessed is None
    assert "the cosignatures of w2 are no quorum, so it is not witnessed" in result.reliability


def test_cosignatures_count_for_nobody_who_brings_no_quorum_file():
    result = audit(cosigned(*(one.line(HEAD, 20) for one in WITNESSES)))

    assert result.witnesses == {}
    assert "not witnessed" in result.reliability


def test_a_cosignature_of_another_tree_is_a_broken_checkpoint():
    other = WITNESSES[0].line(Head(ORIGIN, 600, bytes(32)), 20)

    result = audit(cosigned(other), quorum=QUORUM)

    assert result.finding.facts == {"place": "checkpoint", "why": "a signature of w1.example fails"}


def test_a_quorum_file_for_another_log_is_refused():
    other = note_key("other.example", LOG_PQ.key.public_key[:32]).vkey

    result = audit(FILES, quorum=parse_quorum(QUORUM.text.replace(VKEY, other)))

    assert result.finding.facts == {"place": "the quorum file", "why": "it is for another log"}


def test_both_keys_of_a_log_are_checked_if_both_are_known():
    vkeys = [VKEY, LOG_PQ.key.vkey]
    forged = LOG_PQ.line(Head(ORIGIN, 600, bytes(32)), 9)

    both = audit_log(cosigned(LOG_PQ.line(HEAD, 9)).get, vkeys)

    assert both.log_keys == {KeyKind.ED25519, KeyKind.ML_DSA}
    assert "Ed25519 and ML-DSA-44 keys" in both.reliability
    assert audit_log(cosigned().get, vkeys).log_keys == {KeyKind.ED25519}
    assert audit_log(cosigned(forged).get, VKEY).whole
    assert audit_log(cosigned(forged).get, vkeys).finding.facts["place"] == "checkpoint"


def test_what_is_wrong_between_bundles_is_named_too():
    late = encode_entry(look(CHANCE), org=org(), t=START - 1)
    again = LOG.entries[3]
    foreign = encode_entry(look(CHANCE), org=org(1), t=START)

    for bad, why in ((late, "time goes back"), (again, "an id a second time"), (foreign, "another institution")):
        result = audit(log_of([*LOG.entries[:256], bad]))
        assert result.finding.facts == {"place": "entry 256", "why": why}


def test_words_with_digits_pass_among_others():
    entries = [*LOG.entries[:3], encode_entry(look(CHANCE, role="role2"), org=org(), t=START), LOG.entries[4]]

    assert audit(log_of(entries)).whole


def test_a_checkpoint_without_the_post_quantum_signature_that_the_log_makes_is_broken():
    log = MemoryLog(seed=21).grow(5)
    files = log.publish()

    result = audit_log(files.get, [VKEY, LOG_PQ.key.vkey])

    assert audit_log(files.get, VKEY).whole
    assert result.finding.facts == {"place": "checkpoint", "why": "a signature of the log is missing"}
