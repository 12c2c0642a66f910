"""Stand-ins for what the marks need from outside, and small invented copies to mark."""

import hashlib

from dyepack.identifiers.name_tables import name_tables
from dyepack.mark import (
    CopyKeys,
    Manifest,
    MarkAsk,
    MarkedCopy,
    MarkPlan,
    ReleaseRow,
    commitments,
    derive_keys,
    embed,
    invent,
    plan_copy,
    shipped_rules,
)
from dyepack.mark.canary import Canary, CanaryKind
from dyepack.terms.ids import RecordToken, decode_id, encode_id, record_token
from dyepack.terms.sensitive import Sensitive

EPOCH = encode_id(bytes(16))
COLUMNS = ("name", "phone", "target_country", "remark")
INSTITUTION = "i_" + encode_id(b"i" * 16)
REMARKS = (
    "客户意向去英国读研，预算约30万",
    "在读高二，家长已沟通",
    "预算25万左右，再联系",
    "#英国 #硕士 已加微信",
    "英国、硕士",
    "已回访，对美国感兴趣",
    "雅思已报名，材料待补",
    "没有可写的话",
)


class SeededRandom:
    """Satisfies ``terms.chance.Random``; the same seed gives the same bytes."""

    def __init__(self, seed: int | str = 0) -> None:
        self._seed = str(seed).encode()
        self._counter = 0

    def token_bytes(self, size: int) -> bytes:
        out = b""
        while len(out) < size:
            out += hashlib.sha256(self._seed + b"/%d" % self._counter).digest()
            self._counter += 1
        return out[:size]


class FakeMarkKeeper:
    """Holds an institution's mark key; satisfies ``KeyCommitments`` and ``MarkKeys``, and counts derivations."""

    def __init__(self, institution_key: bytes = bytes(range(32))) -> None:
        self._key = institution_key
        self.derived: list[bytes] = []

    def commitments(self, copy: bytes, epoch: bytes) -> tuple[bytes, bytes]:
        return commitments(derive_keys(self._key, copy, epoch))

    def derive(self, copy: bytes, epoch: bytes) -> CopyKeys:
        self.derived.append(copy)
        return derive_keys(self._key, copy, epoch)

    def keys_of(self, copy: str, epoch: str) -> CopyKeys:
        return self.derive(decode_id(copy), decode_id(epoch))


class CountingLines:
    """Numbers of the unassigned prefix 169, one after the other."""

    def __init__(self, start: int = 0) -> None:
        self._next = start

    def take(self) -> str:
        self._next += 1
        return f"+86169{self._next:08d}"


class NobodyInUse:
    """A vault without people."""

    def name_in_use(self, name: str) -> bool:
        return False

    def phone_in_use(self, number: str) -> bool:
        return False


def people(count: int, remarks: tuple[str, ...] = REMARKS) -> list[ReleaseRow]:
    """Invented records with the columns ``COLUMNS``."""
    rows = []
    for k in range(count):
        token = record_token(hashlib.sha256(b"person %d" % k).digest()[:16])
        cells = {
            "name": f"测试{chr(0x4E00 + k % 500)}",
            "phone": f"138{k:08d}",
            "target_country": ("英国", "美国", "")[k % 3],
            "remark": remarks[k % len(remarks)],
        }
        rows.append(ReleaseRow(token, {name: Sensitive(text, "*") for name, text in cells.items()}))
    return rows


def pool(count: int) -> tuple[Canary, ...]:
    """Pool canaries of one epoch."""
    return invent(
        SeededRandom("pool"),
        kind=CanaryKind.POOL,
        count=count,
        names=name_tables(),
        lines=CountingLines(50_000_000),
        in_use=NobodyInUse(),
    )


def ask_for(rows: list[ReleaseRow], recipient: int = 0, columns: tuple[str, ...] = COLUMNS) -> MarkAsk:
    """A release of these rows to one recipient."""
    return MarkAsk(
        release=encode_id(b"r" * 15 + bytes([recipient])),
        institution=INSTITUTION,
        recipient=encode_id(b"h" * 15 + bytes([recipient])),
        columns=columns,
        tokens=tuple(row.token for row in rows),
        live_copies=5,
        year=2026,
    )


def planned(rows: list[ReleaseRow], keeper: FakeMarkKeeper, recipient: int = 0, **given: object) -> MarkPlan:
    """A plan with the fakes of this module."""
    arguments = {
        "epoch": EPOCH,
        "pool": (),
        "keys": keeper,
        "lines": CountingLines(recipient * 1000),
        "in_use": NobodyInUse(),
        "names": name_tables(),
        "rules": shipped_rules(),
        "random": SeededRandom(f"copy {recipient}"),
        **given,
    }
    columns = arguments.pop("columns", COLUMNS)
    return plan_copy(ask_for(rows, recipient, columns), **arguments)


def marked(
    rows: list[ReleaseRow], keeper: FakeMarkKeeper, recipient: int = 0, **given: object
) -> tuple[MarkPlan, MarkedCopy]:
    """A plan and its copy."""
    plan = planned(rows, keeper, recipient, **given)
    return plan, embed(plan, keeper.keys_of(plan.copy, plan.epoch), rows, shipped_rules())


def shown(copy: MarkedCopy, columns: tuple[str, ...] = COLUMNS) -> list[tuple[RecordToken, list[str]]]:
    """Token and cells of every row of a copy in the order of the file: what a recipient sees, and whose it is."""
    return [
        (row.token, [row.cells[name].disclose() if name in row.cells else "" for name in columns]) for row in copy.rows
    ]


def links_of(manifests: list[Manifest], tokens: list[RecordToken]) -> dict[int, RecordToken]:
    """Perfect linkage: rows of canaries are linked to nobody."""
    known = {token for manifest in manifests for token in manifest.tokens}
    return {row: token for row, token in enumerate(tokens, start=1) if token in known}
