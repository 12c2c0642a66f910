"""Whatever comes from outside, only our error comes out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.ledger import (
    decode_bundle,
    encode_bundle,
    format_proof,
    open_checkpoint,
    open_head,
    parse_cosignatures,
    parse_entry,
    parse_proof,
    parse_quorum,
    parse_vkey,
    verify,
)
from dyepack.ledger.checkpoint import parse_head
from dyepack.ledger.errors import LedgerError
from dyepack.ledger.note import parse_note
from dyepack.ledger.wal import read_segment, records, segment_header
from fakes.cosigned import LOG_KEYS, POLICY, QUORUM, cosigned
from fakes.ledger_logs import VKEY, MemoryLog

LOG = MemoryLog().grow(5)
HEAD = open_head(LOG.note(), VKEY)
PROOF = format_proof(LOG.receipt(3))
texts = st.text() | st.builds(
    lambda base, at, more, cut: base[:at] + more + base[at + cut :],
    st.sampled_from([PROOF, LOG.note(), VKEY, "x\n5\nAAAA\n", cosigned(LOG.note()), POLICY]),
    st.integers(0, 900) | st.integers(3000, 4000),
    st.text(max_size=3),
    st.integers(0, 3),
)
blobs = st.binary() | st.builds(
    lambda base, at, more, cut: base[:at] + more + base[at + cut :],
    st.sampled_from([LOG.entries[0], encode_bundle(LOG.entries), segment_header(0) + records(LOG.entries)]),
    st.integers(0, 2500),
    st.binary(max_size=3),
    st.integers(0, 3),
)


def ours(function, *arguments, **more):
    try:
        function(*arguments, **more)
    except (LedgerError, verify.Refuted):
        return


@settings(max_examples=200)
@given(texts)
def test_texts(text):
    for parse in (parse_proof, parse_vkey, parse_note, parse_head, verify.parse_vkey):
        ours(parse, text)
    ours(open_head, text, VKEY)
    ours(open_checkpoint, text, LOG_KEYS, QUORUM.keys)
    ours(parse_cosignatures, text, HEAD, QUORUM.keys)
    ours(parse_quorum, text)


@settings(max_examples=200)
@given(blobs)
def test_blobs(blob):
    ours(parse_entry, blob)
    ours(decode_bundle, blob, 5, "x")
    ours(read_segment, blob, 0, last=True)
    for parse in (verify.parse_entry, verify.parse_proof, verify.parse_manifest):
        ours(parse, blob)
    ours(verify.open_note, blob, verify.parse_vkey(VKEY))


@settings(max_examples=80)
@given(texts)
def test_product_and_script_open_the_same_heads(text):
    key = verify.parse_vkey(VKEY)
    try:
        head = open_head(text, VKEY)
    except LedgerError:
        with pytest.raises(verify.Refuted):
            verify.open_checkpoint(text.encode("utf-8", "surrogatepass"), key)
    else:
        assert verify.open_checkpoint(text.encode(), key) == (head.size, head.root)
