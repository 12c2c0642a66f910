"""A small log and a keeper that follows it, so that a test can say what the ledger holds and try to open."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import Fact, Head, Kind, Log, Quorum, Receipt, Tree, note_key, sign_head
from dyepack.mark.codeword import derive_keys
from dyepack.terms.ids import RecordToken, decode_id, encode_id
from dyepack.terms.time import Quarter, quarter
from dyepack.vault.keeper.ceilings import DEFAULT_CEILINGS, CeilingTable
from dyepack.vault.keeper.ports import KeeperStore
from dyepack.vault.keeper.service import KeeperService
from dyepack.vault.keeper.wire import Keeper
from dyepack.vault.record import PartId
from dyepack.vault.seal import Values, parts_needed, seal_record
from fakes.keeper_store import FakeKeeperStore, FakeLogKeys

NOON = 1_795_500_000_000_000
SECOND = 1_000_000
ORG = "i_" + encode_id(b"institution-0001")
OTHER_ORG = "i_" + encode_id(b"institution-0002")
INSTITUTION = decode_id(ORG[2:])
ORIGIN = "school.example/ledger/2026"
ROOT_KEY = bytes(range(32))
MARK_KEY = bytes(range(32))
POLICY = "A" * 43
PERSON: Values = {
    "name": ["王小样"],
    "phone": ["+8613800000012", "+8613900000034"],
    "email": ["Xiao.Yang@example.com"],
    "citizen_id": ["110101190001010009"],
    "target_country": ["uk"],
}


def an_id(text: str) -> str:
    return encode_id(hashlib.sha256(text.encode()).digest()[:16])


ACTOR = "a_" + an_id("actor")
APPROVER = "a_" + an_id("approver")
DEVICE = "d_" + an_id("device")
CASE = "c_" + an_id("case")


class SetClock:
    """Satisfies ``terms.time.Clock``; a test moves it."""

    def __init__(self, now: int = NOON) -> None:
        self.micros = now

    def now(self) -> int:
        return self.micros

    def pass_seconds(self, seconds: float) -> None:
        self.micros += int(seconds * SECOND)


class CountedRandom:
    """Satisfies ``terms.chance.Random``; every draw differs, every run is the same."""

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._drawn = 0

    def token_bytes(self, size: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(f"{self._seed}/{self._drawn}".encode()).digest(size)


class StuckRandom:
    """A source that always gives the same bytes."""

    def token_bytes(self, size: int) -> bytes:
        return b"\x5a" * size


def mark_keys(mark_key: bytes, copy: bytes, epoch: bytes) -> tuple[bytes, bytes]:
    keys = derive_keys(mark_key, copy, epoch)
    return keys.copy_key, keys.bias_key


class Book:
    """A log of one institution that anybody may append to: a vault that wants to cheat can write what it likes."""

    def __init__(self, clock: SetClock, *, org: str = ORG, seed: bytes = bytes(32)) -> None:
        self.clock = clock
        self.signer = Ed25519Signer(seed)
        self.vkey = note_key(ORIGIN, self.signer.public_key).vkey
        self.log = Log(ORIGIN, org, Tree(lambda path: None))
        self.entries: list[bytes] = []
        self.proofs: list[tuple[int, tuple[bytes, ...], str]] = []
        self._ids = 0

    def write(self, kind: Kind, **fields: str | int | Sequence[str]) -> int:
        """Append one entry now; its index. No head covers it yet."""
        self._ids += 1
        given = {
            name: tuple(value) if isinstance(value, list | tuple) else value
            for name, value in fields.items()
            if value is not None
        }
        draft = self.log.draft(Fact(an_id(f"entry {self._ids} {id(self)}"), kind, given))
        done = self.log.commit([draft], self.clock.now())
        self.entries += done.entries
        return done.answers[0]

    def head(self) -> str:
        """A signed head of everything so far; remembered with its proof from the head before."""
        step = self.log.advance()
        if step is not None:
            self.proofs.append((step.old_size, step.proof, sign_head(step.head, self.signer)))
        return self.proofs[-1][2]

    def receipt(self, index: int) -> Receipt:
        """The receipt of an entry under the newest head."""
        edge = self.log.tree.edge()
        head = sign_head(Head(ORIGIN, self.log.tree.size, edge.root), self.signer)
        return Receipt(self.entries[index], index, tuple(edge.inclusion(index)), head)


class World:
    """Log, keeper, clock and a few people."""

    def __init__(
        self,
        *,
        store: KeeperStore | None = None,
        clock: SetClock | None = None,
        ceilings: CeilingTable = DEFAULT_CEILINGS,
        org: str = ORG,
        quorum: Quorum | None = None,
        connect: Callable[[Keeper], Keeper] = lambda keeper: keeper,
    ) -> None:
        self.clock = clock or SetClock()
        self.random = CountedRandom()
        self.store = store or FakeKeeperStore()
        self.book = Book(self.clock, org=org)
        self.ceilings = ceilings
        self.quorum = quorum
        self.logs = FakeLogKeys(self.book.vkey)
        self._connect = connect
        self.keeper = self.started()
        self.book.write(Kind.LOG_OPENED, actor="p_log")
        self.follow()

    def started(self, **changes: object) -> Keeper:
        """A keeper over the same store, as after a restart, reached as this world reaches it."""
        given: dict[str, object] = {
            "logs": self.logs,
            "quorum": self.quorum,
            "institution": ORG,
            "root_key": ROOT_KEY,
            "mark_key": MARK_KEY,
            "clock": self.clock,
            "random": self.random,
            "derive": mark_keys,
            "ceilings": self.ceilings,
        }
        return self._connect(KeeperService(self.store, **(given | changes)))  # type: ignore[arg-type]

    def restart(self) -> None:
        self.keeper = self.started()

    def follow(self) -> None:
        """Show the keeper the newest head."""
        before = len(self.book.proofs)
        self.book.head()
        for old_size, proof, text in self.book.proofs[before:]:
            self.keeper.advance(old_size, proof, text)

    def logged(self, kind: Kind, **fields: str | int | Sequence[str]) -> Receipt:
        """Append, advance, and hold the receipt."""
        index = self.book.write(kind, **fields)
        self.follow()
        return self.book.receipt(index)

    def person(self, values: Values = PERSON, *, admitted: bool = True) -> tuple[RecordToken, bytes]:
        """A sealed record; open unless told otherwise."""
        issued = self.keeper.issue([parts_needed(values)])[0]
        blob = seal_record(issued.keys, INSTITUTION, issued.token, values, self.random)
        if admitted:
            self.admit(issued.token)
        return issued.token, blob

    def admit(self, token: RecordToken) -> None:
        self.keeper.set_state(self.logged(Kind.RECORD_ADMITTED, actor=ACTOR, subj=[self.alias(token)]), [token])

    def erase(self, token: RecordToken) -> None:
        self.keeper.set_state(self.logged(Kind.RECORD_ERASED, actor=ACTOR, subj=[self.alias(token)]), [token])

    def alias(self, token: RecordToken, span: Quarter | None = None) -> str:
        now = span or quarter(self.clock.now())
        return self.keeper.aliases([token], [now])[token][now]

    def viewed(self, *tokens: RecordToken, **changes: object) -> Receipt:
        return self.logged(Kind.RECORD_VIEWED, **(self._look(tokens) | {"masks": ["phone"]} | changes))

    def revealed(self, token: RecordToken, name: str, **changes: object) -> Receipt:
        more = {"case": CASE, "reason": "asked", "grade": "E3", "fields": [name]}
        return self.logged(Kind.FIELD_REVEALED, **(self._look([token]) | more | changes))

    def released(self, *tokens: RecordToken, names: Sequence[str], **changes: object) -> Receipt:
        fields = {
            "actor": ACTOR,
            "role": "consultant",
            "dev": DEVICE,
            "purpose": "application",
            "case": CASE,
            "subj": [self.alias(token) for token in tokens],
            "fields": sorted(names),
            "decision": "permit",
            "ref": an_id("release"),
            "approvers": [APPROVER],
        }
        return self.logged(Kind.RELEASE_OPENED, **(fields | changes))

    def listed(self, rows: int, **changes: object) -> Receipt:
        fields = {"actor": ACTOR, "purpose": "leak_trace", "case": CASE, "decision": "permit", "n": rows}
        return self.logged(Kind.LIST_LINKED, **(fields | changes))

    def received(self, lot: str, rows: int, **changes: object) -> Receipt:
        return self.logged(Kind.LOT_RECEIVED, **({"actor": ACTOR, "ref": lot, "n": rows} | changes))

    def _look(self, tokens: Sequence[RecordToken]) -> dict[str, object]:
        return {
            "actor": ACTOR,
            "role": "consultant",
            "dev": DEVICE,
            "purpose": "follow_up",
            "subj": [self.alias(token) for token in tokens],
            "decision": "permit",
            "rules": ["consultant.view"],
            "policy": POLICY,
        }


def all_parts(values: Values = PERSON) -> tuple[PartId, ...]:
    return parts_needed(values)


@contextmanager
def nothing_opened(world: World) -> Iterator[None]:
    """Whatever happens inside, no receipt is honored."""
    world.keeper.counted()
    yield
    assert world.keeper.counted() == (0, 0, 0)
