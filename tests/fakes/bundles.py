"""Evidence bundles of a witnessed log in memory: keys of witnesses, a quorum file, cosigned checkpoints, forgers."""

from importlib import resources

from dyepack.crypto.digest import sha256, sm3
from dyepack.crypto.signature import Ed25519Signer, MlDsaSigner
from dyepack.ledger import Cosigner, Evidence, Fact, KeyKind, Kind, build_bundle, commitment, open_head
from dyepack.ledger.note import sign_note
from dyepack.terms.canonical import canonical_json
from dyepack.terms.chance import new_id
from dyepack.terms.time import MICROSECONDS
from fakes.ledger_logs import ORIGIN, SIGNER, START, VKEY, CountingRandom, MemoryLog, commit, look

VERIFIER = resources.files("dyepack.ledger").joinpath("verify.py").read_bytes()
SECONDS = START // MICROSECONDS
OPENING = bytes(range(32))
DETAILS = b'{"motive":"asked for a callback"}'

WITNESSES = [
    Cosigner.make("compliance.example/w1", KeyKind.COSIGNATURE, Ed25519Signer(bytes([21]) * 32)),
    Cosigner.make("compliance.example/w1", KeyKind.ML_DSA, MlDsaSigner(bytes([22]) * 32)),
    Cosigner.make("north.example/w", KeyKind.COSIGNATURE, Ed25519Signer(bytes([23]) * 32)),
    Cosigner.make("south.example/w", KeyKind.COSIGNATURE, Ed25519Signer(bytes([24]) * 32)),
    Cosigner.make("east.example/w", KeyKind.COSIGNATURE, Ed25519Signer(bytes([25]) * 32)),
]
COMP, COMP_PQ, PEER_A, PEER_B = WITNESSES[:4]
LOG_PQ = Cosigner.make(ORIGIN, KeyKind.ML_DSA, MlDsaSigner(bytes([26]) * 32))


def policy(compliance: str = "all comp-ed comp-pq", peers: str = "2 north south east") -> str:
    """A quorum file; with ``comp-ed`` alone it needs no ML-DSA."""
    names = ["comp-ed", "comp-pq", "north", "south", "east"]
    used = set(compliance.split() + peers.split())
    lines = [f"log {VKEY}"]
    lines += [f"witness {name} {one.key.vkey}" for name, one in zip(names, WITNESSES, strict=True) if name in used]
    lines += [f"group compliance {compliance}", f"group peers {peers}"]
    return "\n".join([*lines, "group both all compliance peers", "quorum both", ""])


POLICY = policy()
CLASSICAL = policy("all comp-ed")


def cosigned(note: str, *cosigners: Cosigner, seconds: int = SECONDS + 60) -> str:
    """A head with lines of these cosigners, a second apart."""
    head = open_head(note, VKEY)
    return note + "".join(one.line(head, seconds + number) for number, one in enumerate(cosigners))


def make_log() -> MemoryLog:
    """600 entries; entry 520 commits to DETAILS."""
    log = MemoryLog(seed=3).grow(520)
    fact = look(CountingRandom(8), commit=commitment(OPENING, DETAILS))
    log.entries += commit(log.log, [fact], START + 600).entries
    return log.grow(79)


def stamped(digest: str, size: int, authority: str = "fixture", chance: CountingRandom | None = None) -> Fact:
    """The fact that a token was obtained."""
    fields = {"actor": "p_log", "digest": digest, "n": size, "outcome": authority}
    return Fact(new_id(chance or CountingRandom(7)), Kind.TIMESTAMP_OBTAINED, fields)


LOG = make_log()


def bundle(log: MemoryLog = LOG, indexes=(5, 520), **changes) -> dict[str, bytes]:
    """The files of a bundle; not witnessed unless ``policy`` and cosigned checkpoints are given."""
    sizes = [6, 256, 600]
    content = {
        "receipts": [log.receipt(index) for index in indexes],
        "checkpoints": [log.note(size) for size in sizes],
        "consistency": [log.log.tree.edge(256).consistency(6), log.log.tree.edge(600).consistency(256)],
        "verifier": VERIFIER,
        "version": "dyepack 0",
        "made": START + 3_600 * MICROSECONDS,
        "maker": "p_vault",
        "details": {520: (DETAILS, OPENING)} if 520 in indexes else {},
    }
    return build_bundle(Evidence(**(content | changes)), ORIGIN, SIGNER)


def witnessed(newest: str | None = None, quorum: str = POLICY, **changes) -> dict[str, bytes]:
    """A bundle whose newest checkpoint carries all cosignatures, the log's ML-DSA among them."""
    newest = newest or cosigned(LOG.note(600), LOG_PQ, *WITNESSES)
    return bundle(checkpoints=[LOG.note(6), LOG.note(256), newest], policy=quorum, keys=(LOG_PQ.key,), **changes)


def resign(files: dict[str, bytes], signer=SIGNER, table=None) -> dict[str, bytes]:
    """A forger with the key: a manifest that fits whatever the files are now."""
    outside = ("manifest.json", "manifest.note", "custody.txt")
    table = table or {
        path: {"sha256": sha256(data).hex(), "sm3": sm3(data).hex(), "size": len(data)}
        for path, data in files.items()
        if path not in outside
    }
    made = "2026-01-01T01:00:00Z by p_vault"
    return sealed(files, canonical_json({"version": 1, "made": made, "files": table}), signer, made)


def sealed(files: dict[str, bytes], manifest: bytes, signer=SIGNER, made: str = "None") -> dict[str, bytes]:
    """Files with this manifest, signed."""
    digest = sha256(manifest).hex()
    note = sign_note(f"dyepack-manifest@v1\n{digest}\n{ORIGIN}\n", ORIGIN, signer)
    custody = f"{digest} made {made}\n".encode()
    return files | {"manifest.json": manifest, "manifest.note": note.encode(), "custody.txt": custody}
