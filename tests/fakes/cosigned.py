"""A log's ML-DSA key, two witnesses, and a quorum file that asks for both: checkpoints with all four signatures."""

from dyepack.crypto.signature import Ed25519Signer, MlDsaSigner
from dyepack.ledger import Cosigner, KeyKind, open_head, parse_quorum, parse_vkey
from fakes.ledger_logs import ORIGIN, START, VKEY

NOW = START // 1_000_000
LOG_PQ = Cosigner.make(ORIGIN, KeyKind.ML_DSA, MlDsaSigner(bytes([8]) * 32))
COMPLIANCE = Cosigner.make("compliance.example/w1", KeyKind.COSIGNATURE, Ed25519Signer(bytes([9]) * 32))
PEER = Cosigner.make("peer.example/w1", KeyKind.ML_DSA, MlDsaSigner(bytes([10]) * 32))
STRANGER = Cosigner.make("stranger.example/w1", KeyKind.COSIGNATURE, Ed25519Signer(bytes([11]) * 32))
LOG_KEYS = (parse_vkey(VKEY), LOG_PQ.key)
ALL_KEYS = (*LOG_KEYS, COMPLIANCE.key, PEER.key)
POLICY = (
    f"log {VKEY}\n"
    f"witness compliance {COMPLIANCE.key.vkey} https://compliance.example/w1/\n"
    f"witness peer {PEER.key.vkey}\n"
    "group both all compliance peer\n"
    "quorum both\n"
)
QUORUM = parse_quorum(POLICY)


def cosigned(note: str, *cosigners: Cosigner) -> str:
    """The note with a line of each cosigner; without any, of the log's second key and both witnesses."""
    head = open_head(note, VKEY)
    return note + "".join(one.line(head, NOW) for one in cosigners or (LOG_PQ, COMPLIANCE, PEER))
