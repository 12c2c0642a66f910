from dataclasses import replace

import pytest

from dyepack.ledger import Receipt, format_proof, leaf_hash, parse_entry, parse_proof, verify_receipt
from dyepack.ledger.errors import BadEntryError, InclusionError, NoteError, ProofTextError
from fakes.ledger_logs import VKEY, MemoryLog

LOG = MemoryLog().grow(20)
RECEIPT = LOG.receipt(13)
TEXT = format_proof(RECEIPT)


def test_a_receipt_gives_its_entry():
    assert verify_receipt(RECEIPT, VKEY) == parse_entry(LOG.entries[13])
    assert RECEIPT.id == RECEIPT.parsed.id


def test_a_proof_is_read_as_it_was_written():
    assert parse_proof(TEXT) == RECEIPT
    assert TEXT.startswith("c2sp.org/tlog-proof@v1\nextra ")


def test_the_only_entry_of_a_log_needs_no_hashes():
    receipt = MemoryLog().grow(1).receipt(0)

    assert parse_proof(format_proof(receipt)) == receipt
    assert verify_receipt(receipt, VKEY).raw == receipt.entry


@pytest.mark.parametrize(
    "receipt",
    [
        replace(RECEIPT, entry=LOG.entries[12]),
        replace(RECEIPT, index=12),
        replace(RECEIPT, index=20),
        replace(RECEIPT, index=-1),
        replace(RECEIPT, proof=RECEIPT.proof[:-1]),
        replace(RECEIPT, proof=(*RECEIPT.proof, bytes(32))),
        replace(RECEIPT, proof=RECEIPT.proof[::-1]),
        replace(RECEIPT, head=LOG.note(19)),
    ],
)
def test_a_receipt_of_something_else_is_refused(receipt):
    with pytest.raises(InclusionError):
        verify_receipt(receipt, VKEY)


def test_a_receipt_under_another_key_is_refused():
    with pytest.raises(NoteError):
        verify_receipt(replace(RECEIPT, head=RECEIPT.head.replace("— s", "— t")), VKEY)


def test_included_bytes_that_are_no_entry_are_refused():
    log = MemoryLog()
    log.entries = [b"bytes"]
    log.log.tree.append([leaf_hash(b"bytes")])

    with pytest.raises(BadEntryError):
        verify_receipt(log.receipt(0), VKEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT.replace("@v1", "@v2"),
        TEXT.replace("extra ", "Extra "),
        TEXT.replace("index 13", "index 013"),
        TEXT.replace("index 13", "index -13"),
        TEXT.replace("index 13", f"index {2**63}"),
        TEXT.replace("index 13\n", ""),
        TEXT.replace("extra ", "extra  "),
        TEXT.replace("index 13\n", "index 13\nAAAA\n"),
        TEXT.replace("index 13\n", "index 13\n" + "A" * 43 + "=\n" * 1 + ("A" * 43 + "=\n") * 63),
        TEXT.replace("\n\n", "\n"),
        TEXT.replace("index 13\n", "index 13\n" + "A" * 42 + "B=\n"),
    ],
)
def test_a_malformed_proof_is_refused(text):
    with pytest.raises(ProofTextError):
        parse_proof(text)


def test_a_receipt_is_a_value():
    assert Receipt(RECEIPT.entry, RECEIPT.index, RECEIPT.proof, RECEIPT.head) == RECEIPT
