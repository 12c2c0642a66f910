"""Whatever comes from outside, only our error comes out."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.crypto.errors import TimestampError
from dyepack.crypto.timestamp import verify_timestamp
from dyepack.ledger import (
    Head,
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
    sign_head,
    verify,
)
from dyepack.ledger.checkpoint import parse_head
from dyepack.ledger.errors import LedgerError
from dyepack.ledger.note import parse_note
from dyepack.ledger.wal import read_segment, records, segment_header
from dyepack.ledger.witness import admit, format_request, parse_logs, parse_request
from fakes.cosigned import LOG_KEYS, POLICY, QUORUM, cosigned
from fakes.cosigned import PEER as PEER_A
from fakes.ledger_logs import ORIGIN, SIGNER, VKEY, MemoryLog

LOG = MemoryLog().grow(5)
HEAD = open_head(LOG.note(), VKEY)
VECTORS = Path(__file__).parents[1] / "conformance" / "vectors" / "rfc3161"
TOKEN, CHAIN = ((VECTORS / name).read_bytes() for name in ("r.tsr", "ca.pem"))
KEYS = [verify.parse_vkey(VKEY)]
PEER = verify.parse_vkey(PEER_A.key.vkey)
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
    st.sampled_from([LOG.entries[0], encode_bundle(LOG.entries), segment_header(0) + records(LOG.entries), TOKEN]),
    st.integers(0, 2500),
    st.binary(max_size=3),
    st.integers(0, 3),
)


def ours(function, *arguments, **more):
    try:
        function(*arguments, **more)
    except (LedgerError, TimestampError, verify.Refuted):
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
    for parse in (
        verify.parse_entry,
        verify.parse_proof,
        verify.parse_manifest,
        verify.parse_keys,
        verify.parse_policy,
    ):
        ours(parse, blob)
    ours(verify.open_note, blob, KEYS)
    ours(verify.open_checkpoint, blob, KEYS, [PEER])
    assert verify.parse_token(blob) is None or TOKEN[60:70] in blob
    ours(verify_timestamp, blob, b"x", CHAIN)


requests = st.binary() | st.builds(
    lambda base, at, more, cut: base[:at] + more + base[at + cut :],
    st.sampled_from([format_request(3, LOG.log.tree.edge().consistency(3), LOG.note()), b"old 0\n\n"]),
    st.integers(0, 420),
    st.binary(max_size=3),
    st.integers(0, 3),
)


@settings(max_examples=300)
@given(requests)
def test_what_a_witness_can_read_of_a_request_is_written_the_same_way_again(body):
    try:
        request = parse_request(body)
    except LedgerError:
        assert admit(body, {}).status == 400
        return
    assert format_request(request.old, request.proof, request.note) == body


@settings(max_examples=200)
@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_every_request_that_a_log_can_mean_is_read_as_meant(old, proof):
    note = sign_head(Head(ORIGIN, 2**63 - 1, bytes(32)), SIGNER)
    request = parse_request(format_request(old, proof, note))

    assert (request.old, request.proof, request.note) == (old, tuple(proof), note)


@settings(max_examples=200)
@given(texts)
def test_a_list_of_known_logs_is_read_or_refused_with_our_error(text):
    ours(parse_logs, text)


@settings(max_examples=80)
@given(texts)
def test_product_and_script_open_the_same_checkpoints_and_take_the_same_quorum_files(text):
    raw = text.encode("utf-8", "surrogatepass")
    try:
        opened = open_checkpoint(text, [parse_vkey(VKEY)], [PEER_A.key])
    except LedgerError:
        with pytest.raises(verify.Refuted):
            verify.open_checkpoint(raw, KEYS, [PEER])
    else:
        found = verify.open_checkpoint(raw, KEYS, [PEER])
        assert (found.size, found.root, len(found.times)) == (opened.head.size, opened.head.root, len(opened.times))
    try:
        parse_quorum(text).check_strength()
    except LedgerError:
        with pytest.raises(verify.Refuted):
            verify.parse_policy(raw)
    else:
        assert verify.parse_policy(raw)
