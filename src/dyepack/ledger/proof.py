"""Receipts (回执): an entry, its place, its inclusion proof and a signed head, as a value and as C2SP tlog-proof.

::

    c2sp.org/tlog-proof@v1
    extra <base64 of the entry>
    index <decimal>
    <base64 hash>                one per line, the leaf's sibling first
    <blank line>
    <head or checkpoint>

A receipt is never a bare proof: what is checked is the bytes of the entry against the head that the log signed.
"""

import re
from dataclasses import dataclass

from dyepack.crypto.digest import DIGEST_BYTES
from dyepack.ledger.checkpoint import MAX_SIZE, Head, open_head
from dyepack.ledger.entry import Entry, parse_entry
from dyepack.ledger.errors import NoteError, ProofTextError
from dyepack.ledger.merkle import leaf_hash, verify_inclusion
from dyepack.ledger.note import decode_base64, encode_base64

MAX_PROOF_HASHES = 63
_FIRST = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry with the proof that the log holds it.

    Attributes:
        entry: The bytes of the entry.
        index: Its place in the log, from 0.
        proof: Hashes, the leaf's sibling first.
        head: Signed note of the log (head or checkpoint).
    """

    entry: bytes
    index: int
    proof: tuple[bytes, ...]
    head: str

    @property
    def id(self) -> str:
        """The id of the entry.

        Raises:
            BadEntryError: The bytes are not an entry.
        """
        return self.parsed.id

    @property
    def parsed(self) -> Entry:
        """The entry; says nothing about whether the proof holds.

        Raises:
            BadEntryError: The bytes are not an entry.
        """
        return parse_entry(self.entry)


def verify_receipt(receipt: Receipt, log_vkey: str) -> Entry:
    """Check signature, inclusion and schema; the caller still decides whether the entry permits what it wants.

    Raises:
        NoteError: The head is malformed or not signed by this log.
        InclusionError: The head does not cover these bytes at this index.
        BadEntryError: The bytes are not an entry.
    """
    verify_proof(receipt, log_vkey)
    return receipt.parsed


def verify_proof(receipt: Receipt, log_vkey: str) -> Head:
    """Check signature and inclusion of any bytes, whatever their schema.

    Raises:
        NoteError: The head is malformed or not signed by this log.
        InclusionError: The head does not cover these bytes at this index.
    """
    head = open_head(receipt.head, log_vkey)
    verify_inclusion(leaf_hash(receipt.entry), receipt.index, head.size, receipt.proof, head.root)
    return head


def format_proof(receipt: Receipt) -> str:
    """The tlog-proof text."""
    hashes = "".join(encode_base64(item) + "\n" for item in receipt.proof)
    return f"{_FIRST}\nextra {encode_base64(receipt.entry)}\nindex {receipt.index}\n{hashes}\n{receipt.head}"


def parse_proof(text: str) -> Receipt:
    """Read a tlog-proof text that carries its entry; checks nothing but the form.

    Raises:
        ProofTextError: Any deviation from the format.
    """
    body, blank, head = text.partition("\n\n")
    lines = body.split("\n")
    if not blank or len(lines) < 3 or lines[0] != _FIRST or not lines[1].startswith("extra "):
        raise ProofTextError(why="its first lines")
    match = _INDEX.fullmatch(lines[2])
    if match is None or int(match[1]) > MAX_SIZE:
        raise ProofTextError(why="the index")
    if len(lines) - 3 > MAX_PROOF_HASHES:
        raise ProofTextError(why="over 63 hashes")
    try:
        entry = decode_base64(lines[1].removeprefix("extra "))
        proof = tuple(map(decode_base64, lines[3:]))
    except NoteError as error:
        raise ProofTextError(why="base64") from error
    if any(len(item) != DIGEST_BYTES for item in proof):
        raise ProofTextError(why="a hash is not 32 bytes long")
    return Receipt(entry, int(match[1]), proof, head)
