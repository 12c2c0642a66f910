"""Encodings: ours are those of RFC 8785, and what is read is what was written."""

import json
import string

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.ledger import Fact, Kind, encode_entry, parse_entry, verify
from dyepack.ledger.errors import BadEntryError
from dyepack.terms.canonical import SAFE_INTEGER, canonical_json
from dyepack.terms.ids import encode_id
from fakes.ledger_logs import START, org

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(string.printable, max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
ids = st.binary(min_size=16, max_size=16).map(encode_id)
words = st.from_regex(r"[a-z][a-z_.-]{0,31}", fullmatch=True)
catalog_names = st.lists(st.from_regex(r"[a-z][a-z_]{0,11}", fullmatch=True), min_size=1, max_size=9, unique=True)
optional = {
    "ref": ids,
    "of": ids,
    "outcome": words,
    "n": st.integers(0, SAFE_INTEGER),
    "secs": st.integers(0, SAFE_INTEGER),
    "masks": catalog_names.map(lambda names: tuple(sorted(names))),
    "rules": st.lists(words, min_size=1, max_size=16, unique=True).map(tuple),
    "subj": st.lists(ids, min_size=1, max_size=20, unique=True).map(tuple),
}
facts = st.builds(
    lambda entry_id, actor, more: Fact(entry_id, Kind.SESSION_OPENED, {"actor": "a_" + actor, **more}),
    ids,
    ids,
    st.fixed_dictionaries({}, optional=optional),
)


@settings(max_examples=150)
@given(json_values)
def test_canonical_json_is_that_of_the_reference_implementation(value):
    assert canonical_json(value) == rfc8785.dumps(value)


@settings(max_examples=40)
@given(st.sampled_from([0.5, float("nan"), SAFE_INTEGER + 1, -SAFE_INTEGER - 1, "\ud800", b"x", {"é": 1}, {1: 1}]))
def test_what_has_no_canonical_form_here_is_refused(value):
    with pytest.raises(ValueError, match=r"."):
        canonical_json([value])


@settings(max_examples=80)
@given(facts)
def test_an_entry_is_canonical_and_comes_back(fact):
    raw = encode_entry(fact, org=org(), t=START)

    assert raw == rfc8785.dumps(json.loads(raw))
    entry = parse_entry(raw)
    assert (entry.id, dict(entry.fields)) == (fact.id, dict(fact.fields))
    assert verify.parse_entry(raw)["id"] == fact.id


@settings(max_examples=100)
@given(facts, st.data())
def test_no_other_bytes_are_read_as_the_same_entry(fact, data):
    raw = encode_entry(fact, org=org(), t=START)
    at = data.draw(st.integers(0, len(raw)))
    changed = raw[:at] + data.draw(st.binary(max_size=3)) + raw[data.draw(st.integers(at, len(raw))) :]

    try:
        entry = parse_entry(changed)
    except BadEntryError:
        return
    assert entry.raw == changed
    assert rfc8785.dumps(json.loads(changed)) == changed


@settings(max_examples=60)
@given(
    st.text(string.digits, min_size=5, max_size=32)
    | st.from_regex(r"[a-z]{0,3}1[3-9][0-9]{9}", fullmatch=True)
    | st.text(st.characters(categories=("Lo",)), min_size=1, max_size=4)
)
def test_no_number_and_no_chinese_name_fits_a_word(value):
    fact = Fact("a" * 26, Kind.SESSION_REFUSED, {"outcome": value})

    with pytest.raises(BadEntryError):
        encode_entry(fact, org=org(), t=START)
