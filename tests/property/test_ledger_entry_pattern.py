"""The patterns of entries accept exactly what ``parse_entry`` accepts, alone and in company."""

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dyepack.ledger import Fact, Kind, digest_text, encode_entry, entry_pattern, parse_entry
from dyepack.ledger.entry import FORMS, STAMPED
from dyepack.ledger.entry_pattern import read_stamps
from dyepack.ledger.errors import BadEntryError
from dyepack.terms.canonical import SAFE_INTEGER
from dyepack.terms.chance import new_id
from fakes.ledger_logs import START, CountingRandom, look, org

LOOK = encode_entry(look(CountingRandom(3)), org=org(), t=START)
WORDS = re.compile(rb'[a-z_.]+|"|,|:|\[|\]|[0-9]+')


CHANCE = CountingRandom(6)
IDS = [new_id(CHANCE) for _ in range(9)]
DIGESTS = [digest_text(CHANCE.token_bytes(32)) for _ in range(3)]
PLAIN = ["a", "follow_up", "role.consultant.contact", "z" * 32, "a-b", "r2", "a1b2c3d4"]
SAMPLES = {
    **dict.fromkeys(("role", "purpose", "reason", "outcome", "rules"), PLAIN),
    **dict.fromkeys(("policy", "digest", "commit"), DIGESTS),
    **{name: ["phone", "name", "a_b", "m" * 32] for name in ("fields", "masks")},
    **dict.fromkeys(("id", "of", "ref", "approval", "reason_ref", "subj"), IDS),
    **{name: [prefix + IDS[0]] for name, prefix in (("org", "i_"), ("case", "c_"), ("basis", "b_"), ("dev", "d_"))},
    "actor": ["a_" + IDS[1], "s_" + IDS[2], "p_log"],
    "approvers": ["a_" + IDS[1], "a_" + IDS[2]],
    "grade": ["E0", "E3"],
    "decision": ["permit", "deny", "gap"],
}


def _values(name):
    form = FORMS[name]
    if form.type is int:
        return st.sampled_from([0, 1, 9 * 10**15 - 1, 9 * 10**15, SAFE_INTEGER])
    items = st.sampled_from(SAMPLES[name])
    if form.type is str:
        return items
    lists = st.lists(items, min_size=1, max_size=3, unique=True)
    return lists.map(lambda some: tuple(sorted(some))) if form.ascending else lists.map(tuple)


@st.composite
def valid_entries(draw):
    """Any kind, with what it must have and some of what it may have."""
    kind = draw(st.sampled_from(Kind))
    more = draw(st.sets(st.sampled_from(sorted(FORMS.keys() - set(STAMPED))), max_size=6))
    fields = {name: draw(_values(name)) for name in sorted(kind.required | more)}
    fields |= {name: fields[name][:1] for name in kind.single}
    entry_id = draw(_values("id"))
    return encode_entry(Fact(entry_id, kind, fields), org=draw(_values("org")), t=draw(st.integers(0, SAFE_INTEGER)))


@st.composite
def changed_entries(draw):
    """A valid entry with a piece of it doubled, dropped, swapped or replaced."""
    raw = draw(valid_entries())
    pieces = WORDS.findall(raw) if draw(st.booleans()) else [raw[:1], raw[1:-1], raw[-1:]]
    at = draw(st.integers(0, len(pieces) - 1))
    other = draw(st.sampled_from(pieces) | st.binary(max_size=3) | st.sampled_from(HOSTILE))
    change = draw(st.sampled_from(["drop", "double", "replace", "insert"]))
    middle = {"drop": [], "double": [pieces[at]] * 2, "replace": [other], "insert": [pieces[at], other]}[change]
    return b"".join([*pieces[:at], *middle, *pieces[at + 1 :]])


HOSTILE = [
    b"\n", b" ", b"\\u0061", b"1e0", b"-0", b"01", b"9007199254740991", b"9007199254740992", b"null", b"true", b"[]",
    b'""', b'"x":1,', b"\xc3\xa9", b"\x00", b"\xff", b"12345", b"a1b2c3d4e", b"a1b2c3d4e5", b"\r", b"v",
]  # fmt: skip


def accepted(raw):
    try:
        return parse_entry(raw)
    except BadEntryError:
        return None


@settings(max_examples=80)
@given(valid_entries())
@example(LOOK)
def test_a_valid_entry_gives_its_stamp(raw):
    entry = parse_entry(raw)

    assert read_stamps([raw]) == ([entry.id.encode()], {entry.org.encode()}, [entry.t])


@settings(max_examples=200)
@given(changed_entries() | st.binary(max_size=40))
@example(LOOK + b"\n")
@example(LOOK + b"\n" + LOOK)
@example(LOOK.replace(b'"fields":["phone"]', b'"fields":["phone","name"]'))
@example(LOOK.replace(b'"rules":["role.consultant.contact"', b'"rules":["base.open"'))
@example(LOOK.replace(b'"grade":"E1",', b""))
def test_a_changed_entry_is_accepted_exactly_if_it_parses(raw):
    entry = accepted(raw)

    if entry is None:
        with pytest.raises(BadEntryError):
            read_stamps([raw])
    else:
        assert read_stamps([raw]) == ([entry.id.encode()], {entry.org.encode()}, [entry.t])


@settings(max_examples=80)
@given(st.lists(valid_entries() | changed_entries() | st.just(LOOK), min_size=1, max_size=6))
@example([LOOK + b"\n" + LOOK, b""])
@example([b"", LOOK + b"\n" + LOOK])
@example([LOOK, LOOK[:-1], LOOK])
def test_entries_in_company_are_accepted_exactly_if_each_parses(entries):
    parsed = [accepted(raw) for raw in entries]

    if None in parsed:
        with pytest.raises(BadEntryError):
            read_stamps(entries)
    else:
        stamps = read_stamps(entries)
        assert sorted(stamps.ids) == sorted(entry.id.encode() for entry in parsed)
        assert stamps.orgs == {entry.org.encode() for entry in parsed}
        assert stamps.times == [entry.t for entry in parsed]


@pytest.mark.parametrize(
    ("name", "items"),
    [("subj", 100), ("subj", 101), ("rules", 16), ("rules", 17), ("masks", 64), ("masks", 65), ("approvers", 16)],
)
def test_a_list_as_long_as_allowed_and_one_longer(name, items):
    chance = CountingRandom(5)
    some = {
        "subj": [look(chance).id for _ in range(items)],
        "rules": [f"r.{chr(97 + number)}" for number in range(items)],
        "masks": [f"m{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(items)],
        "approvers": ["a_" + look(chance).id for _ in range(items)],
    }[name]
    wire = json.loads(LOOK) | {"kind": Kind.RECORD_VIEWED.value, "masks": ["phone"], name: some}
    raw = json.dumps(wire, sort_keys=True, separators=(",", ":")).encode()

    if accepted(raw) is None:
        with pytest.raises(BadEntryError):
            read_stamps([raw])
    else:
        assert len(read_stamps([raw]).ids) == 1


@pytest.mark.parametrize("room", [0, 1])
def test_an_entry_of_4096_bytes_is_the_longest(room):
    wire = json.loads(LOOK) | {"subj": [look(CountingRandom(9)).id], "masks": ["m" * 32]}
    fields = [f"f{chr(97 + number // 26)}{chr(97 + number % 26)}" + "x" * 29 for number in range(64)]
    wire |= {"kind": Kind.RECORD_VIEWED.value, "masks": sorted(fields), "subj": [wire["subj"][0]]}
    chance = CountingRandom(8)
    while len(_dumps(wire)) + 29 <= 4096 + room:
        wire["subj"].append(look(chance).id)
    wire["outcome"] = "a"
    wire["n"] = 1
    while len(_dumps(wire)) > 4096 + room:
        wire["subj"].pop()
    missing = 4096 + room - len(_dumps(wire))
    wire["purpose"] += "z" * min(missing, 32 - len(wire["purpose"]))
    raw = _dumps(wire)

    assert len(raw) == 4096 + room
    assert (accepted(raw) is None) is bool(room)
    if room:
        with pytest.raises(BadEntryError):
            read_stamps([raw])
    else:
        assert read_stamps([raw]).times == [START]


def _dumps(wire):
    return json.dumps(wire, sort_keys=True, separators=(",", ":")).encode()


def test_ordinary_entries_do_not_take_the_slow_way(monkeypatch):
    def slow(raw):
        raise AssertionError(raw)

    monkeypatch.setattr(entry_pattern, "parse_entry", slow)

    assert len(read_stamps([LOOK, LOOK]).ids) == 2
