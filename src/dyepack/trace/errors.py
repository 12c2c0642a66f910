"""Errors of tracing.

DyepackError
└── TraceError
    ├── BadFrameError           the frame itself cannot be used
    ├── SuspectLeftOutError     an account that was shown something is missing from the frame
    └── EvidenceMismatchError   evidence contradicts the register of copies or itself
"""

from dyepack.terms.errors import DyepackError, Outcome


class TraceError(DyepackError):
    """Base of this room."""

    code = "trace.error"


class BadFrameError(TraceError):
    """A number of the frame is out of range. Fact: ``field``."""

    code = "trace.bad-frame"
    outcome = Outcome.BAD_INPUT
    en = "The frame of the case cannot be used: {field} is out of range. Correct it before any result is looked at."
    zh = "案件的冻结框架不可用：{field} 超出范围。请在查看任何结果之前更正。"


class SuspectLeftOutError(TraceError):
    """Nobody is left out by hand: every account with an exposure or a copy is a suspect. Fact: ``missing``, a count."""

    code = "trace.suspect-left-out"
    en = (
        "The frame leaves out {missing} account(s) that were shown records or hold a copy. "
        "Add them: leaving somebody out voids the bound."
    )
    zh = "冻结框架遗漏了 {missing} 个看过记录或持有副本的账号。请补上：遗漏任何人都会使误指上界失效。"


class EvidenceMismatchError(TraceError):
    """Evidence that contradicts the register of copies or itself. Fact: ``detail``, a code."""

    code = "trace.evidence-mismatch"
    outcome = Outcome.BAD_INPUT
    en = (
        "The evidence contradicts the register of copies ({detail}); no verdict is given. "
        "Check the register and run again."
    )
    zh = "证据与副本登记不一致（{detail}），不出结论。请核对登记后重新运行。"
