"""Invented leaks for tests of tracing: a register of copies, who was shown what, and lists that come back."""

from dyepack.terms.evidence import CanaryHit, CopyRecovered, Exposure, LeakedRow
from dyepack.terms.ids import RecordToken
from dyepack.trace import CopyHeld, Frame, ListEvidence

DIGEST = "5f" * 32
OTHER_DIGEST = "a7" * 32


def record(number: int) -> RecordToken:
    return RecordToken(f"r1_{number:026d}")


def records(*numbers: int) -> frozenset[RecordToken]:
    return frozenset(record(number) for number in numbers)


def frame(suspects: tuple[str, ...], *, universe: int = 100, alpha: float = 0.001, k: int = 2) -> Frame:
    return Frame(alpha=alpha, case="c_1", suspects=suspects, records=universe, from_=0, to=86_400_000_000, k=k)


def copy_of(holder: str, *, canaries: int = 3, rows: int = 50, name: str = "") -> CopyHeld:
    return CopyHeld(name or f"copy-{holder}", holder, canaries, rows, (f"approved by officer for {holder}",))


def hits(holder: str, count: int, *, copy: str = "") -> tuple[CanaryHit, ...]:
    home = copy or f"copy-{holder}"
    return tuple(CanaryHit(f"canary-{home}-{i}", home, holder) for i in range(count))


def mark(holder: str, log_e: float, *, copy: str = "") -> CopyRecovered:
    return CopyRecovered(copy or f"copy-{holder}", holder, log_e, 0.0, 40, 2, 30)


def leak(
    linked: tuple[int, ...] = (),
    *,
    sha256: str = DIGEST,
    rows: int | None = None,
    found: tuple[CanaryHit, ...] = (),
    marks: tuple[CopyRecovered, ...] = (),
    masked: tuple[CanaryHit, ...] = (),
) -> ListEvidence:
    total = len(linked) + len(found) if rows is None else rows
    return ListEvidence(
        sha256=sha256,
        name="leak.xlsx",
        rows=total,
        linked=tuple(LeakedRow(i, record(number)) for i, number in enumerate(linked, 1)),
        foreign=total - len(linked) - len(found),
        hits=found,
        recovered=marks,
        masked_hits=masked,
    )


def shown(suspect: str, *numbers: int) -> Exposure:
    return Exposure(suspect, records(*numbers), (f"copy-{suspect}",))
