import json

import pytest

from dyepack.ledger import Fact, Kind, encode_entry, parse_entry
from dyepack.ledger.entry import draft_entry
from dyepack.ledger.errors import BadEntryError
from dyepack.terms.chance import new_id
from fakes.ledger_logs import START, CountingRandom, look, org

CHANCE = CountingRandom(1)
ID = new_id(CHANCE)


def raw_with(**changes):
    fields = json.loads(encode_entry(look(CHANCE), org=org(), t=START)) | changes
    wire = {name: value for name, value in fields.items() if value is not None}
    return json.dumps(wire, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def test_an_entry_is_read_as_it_was_written():
    fact = look(CHANCE)

    entry = parse_entry(encode_entry(fact, org=org(), t=START))

    assert (entry.id, entry.kind, entry.org, entry.t) == (fact.id, fact.kind, org(), START)
    assert dict(entry.fields) == dict(fact.fields)
    assert entry.raw == encode_entry(fact, org=org(), t=START)


def test_fields_of_an_entry_can_not_be_changed():
    entry = parse_entry(encode_entry(look(CHANCE), org=org(), t=START))

    with pytest.raises(TypeError):
        entry.fields["decision"] = "deny"


def test_the_wire_form_is_frozen():
    fact = Fact("aaaaaaaaaaaaaaaaaaaaaaaaaa", Kind.IMPORT_FINISHED, {"actor": "p_jobs", "n": 7, "ref": "b" * 25 + "a"})

    assert encode_entry(fact, org="i_" + "c" * 25 + "a", t=START) == (
        b'{"actor":"p_jobs","id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","kind":"vault:import:finished","n":7,'
        b'"org":"i_ccccccccccccccccccccccccca","ref":"bbbbbbbbbbbbbbbbbbbbbbbbba","t":1767225600000000,"v":1}'
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actor", "p_jobs"),
        ("actor", "s_" + ID),
        ("basis", "b_" + ID),
        ("approvers", ["a_" + ID]),
        ("n", 0),
        ("hi", 2**53 - 1),
        ("masks", ["name", "phone"]),
        ("commit", "A" * 43),
        ("of", ID),
        ("outcome", "keeper.another-field"),
    ],
)
def test_a_field_of_its_form_is_accepted(field, value):
    expected = tuple(value) if isinstance(value, list) else value

    assert parse_entry(raw_with(**{field: value})).fields[field] == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purpose", "13800000012"),
        ("purpose", "p13800000012"),
        ("purpose", "张三"),
        ("purpose", "Consult"),
        ("purpose", "call back"),
        ("purpose", "who@example.com"),
        ("purpose", "w" * 33),
        ("purpose", ""),
        ("purpose", 5),
        ("purpose", ["consult"]),
        ("actor", "zhangsan"),
        ("actor", "p_Jobs"),
        ("actor", "r1_" + ID),
        ("case", ID),
        ("case", "c_" + ID[:-1]),
        ("case", "c_" + ID[:-1] + "b"),
        ("reason_ref", ID + "a"),
        ("grade", "E4"),
        ("decision", "maybe"),
        ("policy", "A" * 42 + "B"),
        ("policy", "A" * 44),
        ("digest", "a+/" + "A" * 40),
        ("n", -1),
        ("n", 2**53),
        ("n", 1.0),
        ("n", True),
        ("n", "1"),
        ("t", -1),
        ("v", 2),
        ("v", True),
        ("kind", "vault:field:seen"),
        ("kind", {"a": "b"}),
        ("kind", 3),
        ("subj", []),
        ("subj", [ID, ID]),
        ("subj", "a" * 26),
        ("subj", [5]),
        ("subj", [[ID]]),
        ("fields", ["13800000012"]),
        ("fields", ["phone", "email"]),
        ("fields", ["phone", "phone"]),
        ("fields", ["phone", "wechat"]),
        ("rules", [f"base.r{number}" for number in range(17)]),
        ("approvers", [ID]),
        ("remark", "free text"),
        ("id", ID.upper()),
        ("id", ID + "\n"),
        ("org", "c_" + ID),
        ("masks", ["surname, given name"]),
        ("case", None),
        ("reason", None),
        ("id", None),
        ("v", None),
        ("kind", None),
    ],
)
def test_a_field_outside_its_form_is_refused(field, value):
    with pytest.raises(BadEntryError):
        parse_entry(raw_with(**{field: value}))


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b'":', b'" :', 1),
        lambda raw: raw + b"\n",
        lambda raw: raw.replace(b'"grade":"E1"', b'"grade":"\\u00451"'),
        lambda raw: raw.replace(b'"v":1', b'"v":1.0'),
        lambda raw: raw.replace(b'"v":1', b'"v":1,"v":1'),
        lambda raw: b'{"v":1,' + raw[1:].replace(b',"v":1', b""),
        lambda raw: raw[:-1],
        lambda raw: b"[" + raw + b"]",
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: b"",
    ],
)
def test_another_spelling_of_an_entry_is_refused(change):
    raw = encode_entry(look(CHANCE), org=org(), t=START)

    with pytest.raises(BadEntryError):
        parse_entry(change(raw))


def test_a_hundred_people_fit_one_entry_and_one_more_does_not():
    people = tuple(new_id(CHANCE) for _ in range(101))
    fact = Fact(ID, Kind.RECORD_CREATED, {"actor": "p_jobs", "subj": people[:100]})

    assert len(parse_entry(encode_entry(fact, org=org(), t=START)).fields["subj"]) == 100
    with pytest.raises(BadEntryError):
        draft_entry(Fact(ID, Kind.RECORD_CREATED, {"actor": "p_jobs", "subj": people}), org=org())


def test_an_entry_over_4096_bytes_is_neither_written_nor_read():
    people = tuple(new_id(CHANCE) for _ in range(100))
    fact = look(CHANCE, fields=("phone",)).fields | {
        "subj": people,
        "fields": tuple(f"{chr(97 + i // 26)}{chr(97 + i % 26)}_field_with_a_long_name" for i in range(60)),
        "masks": ("name",),
    }

    with pytest.raises(BadEntryError, match="4096"):
        encode_entry(Fact(ID, Kind.RECORD_VIEWED, fact), org=org(), t=START)
    with pytest.raises(BadEntryError, match="4096"):
        parse_entry(b" " * 4097)


@pytest.mark.parametrize("name", ["v", "id", "t", "org", "kind"])
def test_a_caller_can_not_stamp(name):
    fact = look(CHANCE)

    with pytest.raises(BadEntryError):
        encode_entry(Fact(fact.id, fact.kind, dict(fact.fields) | {name: 1}), org=org(), t=START)


def test_lists_in_a_fact_are_tuples():
    with pytest.raises(BadEntryError):
        encode_entry(look(CHANCE, subj=[ID]), org=org(), t=START)


def test_no_sentence_of_a_refusal_repeats_the_value():
    with pytest.raises(BadEntryError) as caught:
        draft_entry(look(CHANCE, purpose="13800000012"), org=org())

    assert "138" not in str(caught.value) + caught.value.sentence("zh")


def test_every_field_that_a_kind_requires_is_missed():
    for kind in Kind:
        with pytest.raises(BadEntryError, match=r"needs|exactly"):
            draft_entry(Fact(ID, kind, {}), org=org())
