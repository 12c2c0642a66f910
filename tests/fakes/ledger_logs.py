"""Facts, a counting source of chance, a clock by hand, and whole small logs in memory."""

import hashlib
from dataclasses import dataclass, field

from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import (
    Fact,
    Head,
    Kind,
    Log,
    Receipt,
    Tree,
    digest_text,
    encode_bundle,
    note_key,
    sign_head,
    tiles_between,
)
from dyepack.terms.chance import new_id

ORIGIN = "school.example/ledger/2026"
SIGNER = Ed25519Signer(bytes([7]) * 32)
VKEY = note_key(ORIGIN, SIGNER.public_key).vkey
START = 1_767_225_600_000_000


class CountingRandom:
    """Different bytes each time, the same in each run."""

    def __init__(self, seed: int = 0) -> None:
        self.count = seed << 32

    def token_bytes(self, size: int) -> bytes:
        self.count += 1
        return hashlib.shake_256(self.count.to_bytes(8, "big")).digest(size)


class HandClock:
    """A clock that moves when told to."""

    def __init__(self, now: int = START) -> None:
        self.time = now

    def now(self) -> int:
        return self.time


def org(seed: int = 99) -> str:
    """An institution."""
    return "i_" + new_id(CountingRandom(seed))


def look(chance: CountingRandom, **changes) -> Fact:
    """A revealed phone; a change to None removes the field."""
    fields = {
        "actor": "a_" + new_id(chance),
        "role": "consultant",
        "dev": "d_" + new_id(chance),
        "purpose": "follow_up",
        "case": "c_" + new_id(chance),
        "reason": "call.missed",
        "grade": "E1",
        "subj": (new_id(chance),),
        "fields": ("phone",),
        "decision": "permit",
        "rules": ("role.consultant.contact", "base.open"),
        "policy": digest_text(chance.token_bytes(32)),
    }
    fields = {name: value for name, value in (fields | changes).items() if value is not None}
    return Fact(new_id(chance), Kind.FIELD_REVEALED, fields)


def started(chance: CountingRandom) -> Fact:
    """A fact of level 0."""
    return Fact(new_id(chance), Kind.PROCESS_STARTED, {"actor": "p_log"})


def opened(chance: CountingRandom) -> Fact:
    """A fact of level 2."""
    return Fact(new_id(chance), Kind.LOG_OPENED, {"actor": "p_log"})


def commit(log: Log, facts, now: int):
    """Draft and commit facts."""
    return log.commit([log.draft(fact) for fact in facts], now)


@dataclass
class MemoryLog:
    """A log whose files are a table."""

    seed: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    entries: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = CountingRandom(self.seed)
        self.log = Log(ORIGIN, org(), Tree(self.files.get))

    def grow(self, count: int) -> "MemoryLog":
        facts = [look(self.chance) for _ in range(count)]
        self.entries += commit(self.log, facts, START + len(self.entries)).entries
        return self

    def note(self, size: int | None = None) -> str:
        """The signed head at a size."""
        edge = self.log.tree.edge(size)
        return sign_head(Head(ORIGIN, edge.size, edge.root), SIGNER)

    def receipt(self, index: int, size: int | None = None) -> Receipt:
        """A receipt of one entry."""
        return Receipt(self.entries[index], index, self.log.tree.edge(size).inclusion(index), self.note(size))

    def publish(self) -> dict[str, bytes]:
        """Write all files."""
        for tile in tiles_between(0, len(self.entries)):
            self.files[tile.path] = self.log.tree.tile(tile)
            if tile.level == 0:
                start = tile.number * 256
                self.files[tile.bundle_path] = encode_bundle(self.entries[start : start + tile.width])
        self.files["checkpoint"] = self.note().encode()
        return self.files
