"""The ledger (账本): every look is an entry that not even the owner can rewrite unseen.

A *fact* becomes an *entry* of a Merkle log (``entry``, ``merkle``, ``tiles``); the log signs *heads* (``checkpoint``,
``note``); whoever needs a key shows a *receipt* (``proof``): no receipt, no key. ``log`` is the pure core of the
sequencer, ``audit`` checks a whole log, ``bundle`` and ``verify`` are for those who trust none of this.
"""

from dyepack.ledger.alias import alias, commitment, digest_text, opens
from dyepack.ledger.audit import Audit, audit_log
from dyepack.ledger.bundle import Evidence, build_bundle, zip_bundle
from dyepack.ledger.checkpoint import Head, head_text, open_head, sign_head
from dyepack.ledger.cosignature import Checkpoint, Cosigner, open_checkpoint, parse_cosignatures
from dyepack.ledger.entry import Draft, Entry, Fact, Value, encode_entry, parse_entry, stamp_of
from dyepack.ledger.kinds import Kind, Level
from dyepack.ledger.log import MAX_BATCH, Advance, Commit, Log
from dyepack.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from dyepack.ledger.mirror import mirror_log
from dyepack.ledger.monitor import Monitored, Severity, monitor_log
from dyepack.ledger.note import KeyKind, LogSigner, NoteKey, Signer, note_key, parse_vkey
from dyepack.ledger.proof import Receipt, format_proof, parse_proof, verify_proof, verify_receipt
from dyepack.ledger.published import Part, Published, PublishedLog, part_of, published
from dyepack.ledger.quorum import Quorum, parse_quorum
from dyepack.ledger.quorum_reading import reading
from dyepack.ledger.status import Counted, LogStatus
from dyepack.ledger.tiles import decode_bundle, encode_bundle, tiles_between
from dyepack.ledger.timestamp import StoredToken, TokenTime, token_time
from dyepack.ledger.tree import Tree

__all__ = [
    "MAX_BATCH",
    "Advance",
    "Audit",
    "Checkpoint",
    "Commit",
    "Cosigner",
    "Counted",
    "Draft",
    "Entry",
    "Evidence",
    "Fact",
    "Head",
    "KeyKind",
    "Kind",
    "Level",
    "Log",
    "LogSigner",
    "LogStatus",
    "Monitored",
    "NoteKey",
    "Part",
    "Published",
    "PublishedLog",
    "Quorum",
    "Receipt",
    "Severity",
    "Signer",
    "StoredToken",
    "TokenTime",
    "Tree",
    "Value",
    "alias",
    "audit_log",
    "build_bundle",
    "commitment",
    "decode_bundle",
    "digest_text",
    "encode_bundle",
    "encode_entry",
    "format_proof",
    "head_text",
    "leaf_hash",
    "mirror_log",
    "monitor_log",
    "note_key",
    "open_checkpoint",
    "open_head",
    "opens",
    "parse_cosignatures",
    "parse_entry",
    "parse_proof",
    "parse_quorum",
    "parse_vkey",
    "part_of",
    "published",
    "reading",
    "sign_head",
    "stamp_of",
    "tiles_between",
    "token_time",
    "verify_consistency",
    "verify_inclusion",
    "verify_proof",
    "verify_receipt",
    "zip_bundle",
]
