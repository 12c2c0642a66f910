"""Monitor: whether the log tells what the keeper, the clock and the witnesses tell.

The audit asks whether the log is whole; the monitor asks whether it is *complete and alive*. Rules over the entries in
their order and over the facts of ``LogStatus``:

1. the keeper's counts against the entries that open keys. More honored than written is an incident (a key left
   without an entry); fewer, beyond one in a thousand, is an alarm (receipts that were never used, or a lost count);
2. the heartbeat: while entries flow, or the desk is served, one in every two hours;
3. the shard link: the first entry is ``ledger:log:opened``, and names the final checkpoint of the shard before it;
4. every decision names the policies that the log announced last before it;
5. the checkpoint follows the entries, and a quorum follows the checkpoint.

Windows of the keeper's counts may overlap (a receipt honored late lies below the others), so each is judged alone for
"more", and their union for "fewer". What the monitor did not see is part of its answer.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from dyepack.crypto.digest import sha256
from dyepack.ledger.alias import digest_text
from dyepack.ledger.checkpoint import head_text, parse_head
from dyepack.ledger.entry import Entry
from dyepack.ledger.errors import NoteError
from dyepack.ledger.kinds import Kind
from dyepack.ledger.note import parse_note
from dyepack.ledger.status import Counted, LogStatus, Predecessor
from dyepack.terms.time import MICROSECONDS

SHORTFALL_ONE_IN: Final = 1_000
HONOR_SECONDS: Final = 30
"""A receipt may be honored so long: younger entries are not missed yet."""
BEAT_SECONDS: Final = 2 * 3600
STALE_SECONDS: Final = 60
UNWITNESSED_SECONDS: Final = 600
CLOSED: Final = "ledger:log:closed"


class Severity(StrEnum):
    """How bad a finding is."""

    INCIDENT = "incident"  # somebody may have looked, or written, past the log
    ALARM = "alarm"  # the house does not run as it should
    NOTE = "note"


class Rule(StrEnum):
    """What was found; the value is the ``outcome`` of the ``ledger:check:failed`` that tells it."""

    severity: Severity
    words: dict[str, tuple[str, str]]

    def __new__(cls, value: str, severity: Severity, zh: tuple[str, str], en: tuple[str, str]) -> Self:
        """One rule with what it says and what to do, in both languages."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.severity = severity
        member.words = {"zh": zh, "en": en}
        return member

    # fmt: off
    KEEPER_EXCESS = (
        "keeper.excess", Severity.INCIDENT,
        ("守钥服务核销了 {found} 张回执，账本中只有 {expected} 条启钥条目：有密钥在没有条目的情况下被打开",
         "立即停用守钥服务，封存其主机与日志，按安全事件处理"),
        ("the keeper honored {found} receipts where the log holds {expected} opening entries: a key left without one",
         "stop the keeper, keep its machine and files as they are, and open an incident"))
    KEEPER_SHORTFALL = (
        "keeper.shortfall", Severity.ALARM,
        ("{expected} 条启钥条目中只有 {found} 条被守钥服务计数",
         "核对守钥服务的拒绝条目与重启记录；如无法解释，按安全事件处理"),
        ("of {expected} opening entries the keeper counted {found}",
         "compare the keeper's refusals and restarts; if they do not explain it, open an incident"))
    BEAT_MISSING = (
        "beat.missing", Severity.ALARM,
        ("账本有写入，却超过两小时没有心跳条目", "查看服务进程的记录；若当时仅用命令行、未开工作台，可忽略"),
        ("entries were written, and for over two hours no heartbeat",
         "look at the log of the service; harmless if only commands were used while no desk was served"))
    BEAT_STOPPED = (
        "beat.stopped", Severity.ALARM,
        ("工作台正在运行，但最近两小时没有心跳条目", "重启服务；若仍无心跳，检查磁盘与账本目录"),
        ("the desk is served, and there was no heartbeat for two hours",
         "restart the service; if that does not help, look at the disk and the folder of the log"))
    SHARD_UNOPENED = (
        "shard.unopened", Severity.INCIDENT,
        ("日志的第一条不是 ledger:log:opened", "与见证人保存的检查点比对：开头可能被替换"),
        ("the first entry is not ledger:log:opened",
         "compare with checkpoints that witnesses kept: the beginning may have been exchanged"))
    SHARD_LINK = (
        "shard.link", Severity.INCIDENT,
        ("日志没有以摘要指向上一年度日志的最终检查点", "与见证人核对上一日志的最终检查点；不符即为分叉"),
        ("the log does not name the final checkpoint of the one before it",
         "compare that checkpoint with the witnesses: another one means a fork"))
    SHARD_UNCLOSED = (
        "shard.unclosed", Severity.ALARM,
        ("上一日志没有以 ledger:log:closed 结束：其末尾可能丢失",
         "若为灾后接续，核对已声明的损失；否则从副本恢复上一日志"),
        ("the log before this one does not end with ledger:log:closed: its end may be lost",
         "after a loss, compare what was declared lost; else restore that log from a copy"))
    SHARD_CONTINUED = (
        "shard.continued", Severity.INCIDENT,
        ("日志在 ledger:log:closed 之后仍有条目", "停止写入，封存目录，与见证人的最终检查点比对"),
        ("there are entries after ledger:log:closed",
         "stop writing, keep the folder, compare with the final checkpoint of the witnesses"))
    POLICY_UNANNOUNCED = (
        "policy.unannounced", Severity.INCIDENT,
        ("条目所依据的策略不是此前公布的策略", "找出当时运行的程序版本与策略文件；未公布的策略不得用于决定"),
        ("an entry was decided by policies that the log had not announced",
         "find which program and policy files ran; a decision must rest on announced policies"))
    CHECKPOINT_STALE = (
        "checkpoint.stale", Severity.ALARM,
        ("有 {found} 条条目已写入一分钟以上，检查点尚未覆盖", "检查磁盘空间与服务进程，必要时重启"),
        ("{found} entries were written over a minute ago and no checkpoint covers them",
         "look at the disk and the service; restart it"))
    NOT_WITNESSED = (
        "witness.none", Severity.NOTE,
        ("未配置见证人：账本仅有自身签名", "请设立见证人；在此之前请定期将检查点交给外部人员保存"),
        ("there are no witnesses: the log's own signature is all there is",
         "set up witnesses; until then give checkpoints to somebody outside"))
    WITNESS_STALE = (
        "witness.stale", Severity.ALARM,
        ("最近 {found} 条条目超过十分钟未获法定见证", "联系未签署的见证人；高级别操作在此期间会等待或失败"),
        ("{found} entries were not seen by a quorum of witnesses for over ten minutes",
         "call the witnesses that did not sign; acts of level 2 wait or fail meanwhile"))
    # fmt: on


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        rule: Which, with its severity.
        first: Index of the first entry concerned; None if it is not about entries.
        last: Index of the last.
        found: The number that was found.
        expected: The number that was to be expected.
    """

    rule: Rule
    first: int | None = None
    last: int | None = None
    found: int = 0
    expected: int = 0

    def sentence(self, language: str) -> str:
        """What is wrong."""
        return self.rule.words[language][0].format(found=self.found, expected=self.expected)

    def remedy(self, language: str) -> str:
        """What to do."""
        return self.rule.words[language][1]

    def to_json(self) -> dict[str, Any]:
        """Numbers and both languages."""
        return {
            "rule": self.rule.value,
            "severity": self.rule.severity.value,
            "first": self.first,
            "last": self.last,
            "found": self.found,
            "expected": self.expected,
            "sentence": {one: self.sentence(one) for one in ("zh", "en")},
            "remedy": {one: self.remedy(one) for one in ("zh", "en")},
        }


_UNSEEN: Final = {
    "keeper": ("守钥服务尚未计入账本的核销", "what the keeper honored and did not count yet"),
    "predecessor": ("上一年度的日志", "the shard before this one"),
    "quorum": ("见证人的联署", "cosignatures of witnesses"),
    "served": ("工作台此刻是否在运行", "whether the desk is served now"),
    "beats": ("心跳（日志中尚无，亦未见工作台运行）", "a heartbeat (the log has none, and no desk was ever served)"),
    "truth": ("条目是否属实、日志是否完整（后者由审计检查）", "whether entries are true, and the log whole (audit)"),
}


@dataclass(frozen=True, slots=True)
class Monitored:
    """The reasoned result.

    Attributes:
        findings: In the order of the log, incidents first.
        entries: How many entries were read.
        openings: How many of them open keys.
        honored: How many receipts the keeper counted.
        unseen: Words of what could not be judged.
    """

    findings: tuple[Finding, ...]
    entries: int
    openings: int
    honored: int
    unseen: tuple[str, ...]

    @property
    def calm(self) -> bool:
        """Neither incident nor alarm."""
        return all(finding.rule.severity is Severity.NOTE for finding in self.findings)

    def reliability(self, language: str) -> str:
        """What the result rests on and what it did not see, one sentence."""
        unseen = [_UNSEEN[word][language == "en"] for word in self.unseen]
        if language == "zh":
            return f"依据 {self.entries} 条条目与守钥服务自述的计数；未见：{'；'.join(unseen)}。"
        return (
            f"It rests on {self.entries} entries and on counts that the keeper states; not seen: {'; '.join(unseen)}."
        )

    def to_json(self) -> dict[str, Any]:
        """What ``monitor --json`` prints."""
        return {
            "calm": self.calm,
            "entries": self.entries,
            "openings": self.openings,
            "honored": self.honored,
            "findings": [finding.to_json() for finding in self.findings],
            "unseen": list(self.unseen),
            "reliability": {one: self.reliability(one) for one in ("zh", "en")},
        }


def checkpoint_digest(note: str) -> str:
    """What ``ledger:log:opened`` names: SHA-256 of the signed text; cosignatures that arrive later do not change it.

    Raises:
        NoteError: Not a checkpoint.
    """
    return digest_text(sha256(head_text(parse_head(parse_note(note).text)).encode()))


def monitor_log(entries: Iterable[Entry], status: LogStatus) -> Monitored:
    """Judge a log; the numbers are those of the module.

    Args:
        entries: All entries of the log, from the first on.
        status: The facts of the same log, taken before ``entries`` was read.
    """
    watch = _Watch(status)
    for index, entry in enumerate(entries):
        watch.read(index, entry)
    return watch.result()


class _Watch:
    """How far a monitor is."""

    def __init__(self, status: LogStatus) -> None:
        self._status = status
        self._found: list[Finding] = []
        self._count = 0
        self._openings: list[int] = []  # ascending
        self._settled = 0  # entries old enough to be missed
        self._windows: list[Counted] = []
        self._policy = status.predecessor.policy if status.predecessor else None
        self._uncovered_t: int | None = None
        self._unwitnessed_t: int | None = None
        self._last_t = 0
        self._beats_due = False
        self._anchor = 0
        self._last_beat: int | None = None
        self._closed = False
        self._open: dict[Rule, int] = {}  # place of the finding that a next entry of the same kind extends

    def read(self, index: int, entry: Entry) -> None:
        self._count = index + 1
        if entry.t + HONOR_SECONDS * MICROSECONDS <= self._status.now:
            self._settled = index + 1
        if entry.kind.opens_keys:
            self._openings.append(index)
        elif entry.kind is Kind.KEEPER_COUNTED:
            n, lo, hi = (int(entry.fields[name]) for name in ("n", "lo", "hi"))  # type: ignore[arg-type]  # integers
            self._windows.append(Counted(n, lo, hi))
        self._beat(index, entry)
        self._shard(index, entry)
        self._decided(index, entry)
        if index >= self._status.published and self._uncovered_t is None:
            self._uncovered_t = entry.t
        if self._status.witnessed is not None and index >= self._status.witnessed and self._unwitnessed_t is None:
            self._unwitnessed_t = entry.t
        self._last_t = entry.t

    def _add(self, rule: Rule, index: int) -> None:
        """A finding of one entry; a run of them without an entry between that breaks it is one."""
        place = self._open.get(rule)
        if place is None:
            self._open[rule] = len(self._found)
            self._found.append(Finding(rule, index, index, 1))
        else:
            old = self._found[place]
            self._found[place] = Finding(rule, old.first, index, old.found + 1)

    def _beat(self, index: int, entry: Entry) -> None:  # 2
        served = entry.kind is Kind.PROCESS_STARTED and entry.fields["actor"] == "p_desk"
        if entry.kind is Kind.LOG_BEAT or served or entry.t - self._last_t > BEAT_SECONDS * MICROSECONDS:
            self._anchor = entry.t
            self._open.pop(Rule.BEAT_MISSING, None)
        if entry.kind is Kind.LOG_BEAT:
            self._last_beat = entry.t
        self._beats_due = self._beats_due or served or entry.kind is Kind.LOG_BEAT
        if self._beats_due and entry.t - self._anchor > BEAT_SECONDS * MICROSECONDS:
            self._add(Rule.BEAT_MISSING, index)

    def _shard(self, index: int, entry: Entry) -> None:  # 3
        before = self._status.predecessor
        if index == 0 and entry.kind is not Kind.LOG_OPENED:
            self._found.append(Finding(Rule.SHARD_UNOPENED, 0, 0))
        elif index == 0 and before is not None:
            if entry.fields.get("digest") != _named(before):
                self._found.append(Finding(Rule.SHARD_LINK, 0, 0))
            if before.last_kind != CLOSED:
                self._found.append(Finding(Rule.SHARD_UNCLOSED))
        if self._closed:
            self._add(Rule.SHARD_CONTINUED, index)
        self._closed = self._closed or entry.kind.value == CLOSED

    def _decided(self, index: int, entry: Entry) -> None:  # 4
        if entry.kind is Kind.POLICY_CHANGED:
            self._policy = str(entry.fields["digest"])
            self._open.pop(Rule.POLICY_UNANNOUNCED, None)
        elif entry.fields.get("policy", self._policy) != self._policy:
            self._add(Rule.POLICY_UNANNOUNCED, index)

    def result(self) -> Monitored:
        self._keeper()
        self._standing()
        honored = sum(window.n for window in self._windows)
        rank = list(Severity)
        return Monitored(
            findings=tuple(sorted(self._found, key=lambda one: rank.index(one.rule.severity))),
            entries=self._count,
            openings=len(self._openings),
            honored=honored,
            unseen=self._unseen(),
        )

    def _keeper(self) -> None:  # 1
        if self._status.pending is not None and self._status.pending.n:
            self._windows.append(self._status.pending)
        for window in self._windows:
            expected = self._between(window.lo, window.hi)
            if window.n > expected:
                self._found.append(Finding(Rule.KEEPER_EXCESS, window.lo, window.hi, window.n, expected))
        unions = _unions(self._windows)
        for union in unions:
            expected = self._between(union.lo, union.hi)
            alone = any(window == union for window in self._windows)
            if union.n > expected and not alone:
                self._found.append(Finding(Rule.KEEPER_EXCESS, union.lo, union.hi, union.n, expected))
        counted = self._count if self._status.pending is not None else max((one.hi for one in unions), default=-1) + 1
        last = min(counted, self._settled) - 1
        expected = self._between(0, last)
        honored = sum(union.n for union in unions)
        if (expected - honored) * SHORTFALL_ONE_IN > expected:
            self._found.append(Finding(Rule.KEEPER_SHORTFALL, 0, last, honored, expected))

    def _between(self, lo: int, hi: int) -> int:
        """Opening entries with an index from ``lo`` to ``hi``, both included."""
        return bisect_right(self._openings, hi) - bisect_left(self._openings, lo)

    def _standing(self) -> None:  # 2, 5
        status = self._status
        due = max(status.served_since or 0, self._last_beat or 0)
        if status.served_since is not None and status.now - due > BEAT_SECONDS * MICROSECONDS:
            self._found.append(Finding(Rule.BEAT_STOPPED))
        if self._uncovered_t is not None and status.now - self._uncovered_t > STALE_SECONDS * MICROSECONDS:
            self._found.append(self._behind(Rule.CHECKPOINT_STALE, status.published))
        if status.witnessed is None:
            self._found.append(Finding(Rule.NOT_WITNESSED))
        elif self._unwitnessed_t is not None and status.now - self._unwitnessed_t > UNWITNESSED_SECONDS * MICROSECONDS:
            self._found.append(self._behind(Rule.WITNESS_STALE, status.witnessed))

    def _behind(self, rule: Rule, covered: int) -> Finding:
        return Finding(rule, covered, self._count - 1, self._count - covered)

    def _unseen(self) -> tuple[str, ...]:
        status = self._status
        seen = {
            "keeper": status.pending is not None,
            "predecessor": status.predecessor is not None,
            "quorum": status.witnessed is not None,
            "served": status.served_since is not None,
            "beats": self._beats_due,
            "truth": False,
        }
        return tuple(word for word, known in seen.items() if not known)


def _unions(windows: Sequence[Counted]) -> list[Counted]:
    """Overlapping windows as one."""
    merged: list[Counted] = []
    for window in sorted(windows, key=lambda one: (one.lo, one.hi)):
        if merged and window.lo <= merged[-1].hi:
            last = merged.pop()
            merged.append(Counted(last.n + window.n, last.lo, max(last.hi, window.hi)))
        else:
            merged.append(window)
    return merged


def _named(before: Predecessor) -> str | None:
    try:
        return checkpoint_digest(before.checkpoint)
    except NoteError:
        return None
