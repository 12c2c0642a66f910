"""Errors of the composition root.

DyepackError
└── AppError
    ├── SettingError        a setting is unknown or out of range
    ├── CommandError        a command's words are off
    ├── AuthoritiesError    the file of timestamp authorities cannot be used
    ├── NoDetailsError      an entry has no details that could be disclosed
    ├── ProductionError     a home in production lacks a quorum file or a keeper apart
    ├── ShardError          a shard cannot be pruned, or given up
    ├── KeyFileMissingError the keeper's files are gone
    ├── KeeperTwiceError    a home with a keeper of its own, and one apart
    ├── KeeperBusyError     another process works on the keeper's folder
    ├── KeeperFolderError   the keeper's folder or socket cannot be used
    ├── NotForwardedError   a running desk could not take the command
    │   └── UnreachableError  nobody listens
    ├── FrameChangedError   a case was framed otherwise
    ├── NotOverseerError    only who oversees the house may see this
    ├── TokenError          the log is asked for without a token that opens it
    ├── NotPublishedError   the log publishes nothing there
    ├── PaceError           the log is asked for too fast
    ├── NoAuditorError      no auditor has this id
    └── LogInError          nobody was let in
        └── TooManyLogInsError  too many attempts
"""

from collections.abc import Iterable

from dyepack.terms.errors import DyepackError, Outcome


class AppError(DyepackError):
    """Base of this room."""

    code = "app.error"


class SettingError(AppError):
    """A setting is unknown or out of its range."""

    code = "app.setting"
    outcome = Outcome.BAD_INPUT
    en = "The setting {key} is unknown or its value is not allowed; allowed: {known}. Nothing was changed."
    zh = "设置项 {key} 不存在或取值不允许；允许：{known}。未作任何更改。"


class CommandError(AppError):
    """A command's words are off."""

    code = "app.command"
    outcome = Outcome.BAD_INPUT
    en = "{what}: {remedy}"
    zh = "{what}：{remedy}"

    @classmethod
    def one_of(cls, what: str, allowed: Iterable[str]) -> "CommandError":
        """A word that is none of the allowed ones; the word itself is not repeated."""
        return cls(what=what, remedy="one of / 须为其一: " + ", ".join(allowed))


class AuthoritiesError(AppError):
    """HOME/ledger/authorities.toml is broken."""

    code = "app.authorities"
    outcome = Outcome.BAD_INPUT
    en = "The file of timestamp authorities cannot be used ({why}); correct HOME/ledger/authorities.toml or remove it."
    zh = "时间戳机构文件不可用（{why}）：请改正或移走 HOME/ledger/authorities.toml。"


class NoDetailsError(AppError):
    """Nothing can be disclosed of this entry, now or ever again."""

    code = "app.no-details"
    en = (
        "Entry {entry} has no details to disclose: none were typed, or the person was erased and their key with them;"
        " its commitment alone says nothing. Prove it without --disclose."
    )
    zh = "条目 {entry} 没有可披露的细节：当时未填写，或该个人已删除、密钥已毁；仅凭承诺值无从得知。请去掉 --disclose。"


class ProductionError(AppError):
    """A home in production lacks what production asks for."""

    code = "app.production"
    outcome = Outcome.REFUSED
    en = "This home is in production (house.production) and cannot be opened: {why}. See docs/guides/operations.md."
    zh = "该主目录处于生产模式（house.production），无法打开：{why_zh}。见 docs/guides/operations.zh-CN.md。"


class ShardError(AppError):
    """A shard cannot be pruned, or given up."""

    code = "app.shard"
    outcome = Outcome.BAD_INPUT
    en = "The shard {name} stays as it is: {why}."
    zh = "年度日志 {name} 保持不变：{why_zh}。"


class KeyFileMissingError(AppError):
    """The keeper's folder is not complete."""

    code = "app.keeper-missing"
    outcome = Outcome.UNAVAILABLE
    en = "The keeper's folder lacks {file}; without it nothing opens. Restore HOME/keeper from its own backup."
    zh = "守钥目录缺少 {file}，没有它无法启封任何内容。请用守钥目录自己的备份恢复。"


class KeeperTwiceError(AppError):
    """The setting names a keeper apart, and the home holds keys all the same."""

    code = "app.keeper-twice"
    outcome = Outcome.UNAVAILABLE
    en = (
        "The setting keeper.socket names a keeper apart, but HOME/keeper still holds keys. Finish moving them with "
        "`dyepack keeper adopt`, or take HOME/keeper away."
    )
    zh = (
        "设置 keeper.socket 指向独立的守钥服务，但 HOME/keeper 仍有密钥。"
        "请用 `dyepack keeper adopt` 完成迁移，或移走 HOME/keeper。"
    )


class KeeperBusyError(AppError):
    """Another process holds the keeper's folder."""

    code = "app.keeper-busy"
    outcome = Outcome.UNAVAILABLE
    en = "Another process works on this keeper's folder. Stop it first; nothing was changed."
    zh = "另一进程正在使用该守钥目录。请先停止它；未作任何更改。"


class KeeperFolderError(AppError):
    """The folder of a keeper apart, its socket, or an account cannot be used as named."""

    code = "app.keeper-folder"
    outcome = Outcome.BAD_INPUT
    en = "This cannot be a keeper's: {what} ({reason}). Nothing was changed; correct it and try again."
    zh = "无法用于守钥服务：{what}（{reason}）。未作任何更改；请更正后重试。"


class NotForwardedError(AppError):
    """A desk is running and did not take the command."""

    code = "app.not-forwarded"
    outcome = Outcome.UNAVAILABLE
    en = "Another Dyepack process holds this home and did not take the command; stop it or try again."
    zh = "另一个 Dyepack 进程占用此主目录且未接受命令，请停止该进程或稍后重试。"


class UnreachableError(NotForwardedError):
    """Nobody listens on the socket; nothing was sent."""


class FrameChangedError(AppError):
    """The frame of a case is fixed before its first result; changing it needs another case."""

    code = "trace.frame-changed"
    outcome = Outcome.BAD_INPUT
    en = "This case was framed with alpha {alpha}; a frame stays as it is. Use that alpha or another case."
    zh = "该案件已按 alpha {alpha} 冻结框架；得出结果后不得更改。请使用该 alpha，或另立案件。"


class NotOverseerError(AppError):
    """A page about the whole house, asked for by somebody who does not answer for it."""

    code = "app.not-overseer"
    en = "Only the privacy officer and the owner may do this (rule app.overseers). Ask one of them."
    zh = "仅个人信息保护负责人和老板可执行此操作（规则 app.overseers）。请向其提出。"


class TokenError(AppError):
    """No token, an unknown one, or one that expired or was revoked: which of these is not said."""

    code = "app.token"
    en = "This needs the token of an auditor that is valid now. Ask the institution for one."
    zh = "此处需要有效的审计令牌。请向机构索取。"


class NotPublishedError(AppError):
    """There is nothing at this address, or not for who asks; the two look the same."""

    code = "app.not-published"
    outcome = Outcome.BAD_INPUT
    en = "The log publishes nothing at this address. Read its checkpoint and ask for what that covers."
    zh = "日志在此地址没有发布内容。请先读取检查点，再请求其覆盖的内容。"


class PaceError(AppError):
    """More requests a second than one reader may make."""

    code = "app.pace"
    outcome = Outcome.UNAVAILABLE
    en = "Too many requests. Wait a second and go on."
    zh = "请求过于频繁。请等待一秒后继续。"


class NoAuditorError(AppError):
    """A revocation that would revoke nothing."""

    code = "app.no-auditor"
    outcome = Outcome.BAD_INPUT
    en = "No auditor has this id. `dyepack ledger auditor list` shows them."
    zh = "没有该编号的审计人员。请用 `dyepack ledger auditor list` 查看。"


class LogInError(AppError):
    """Name or password is wrong; which of the two is not said."""

    code = "app.log-in"
    en = "The name or the password is wrong. Type both again; whoever has no password gets one from the administrator."
    zh = "姓名或密码不正确。请重新输入；没有密码者请向管理员索取。"


class TooManyLogInsError(LogInError):
    """The name or the address has failed too often."""

    code = "app.log-in-throttled"
    en = "Too many log-ins have failed. Wait {minutes} minutes and try again."
    zh = "登录失败次数过多。请等待 {minutes} 分钟后重试。"
