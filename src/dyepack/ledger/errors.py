"""Errors of the ledger.

DyepackError
└── LedgerError
    ├── BadEntryError        a fact or the bytes of an entry do not fit the schema
    ├── NoSuchEntryError     an index or id that the log does not hold
    ├── NoteError            a signed note, key or checkpoint text is malformed
    │   └── NoteSignatureError   a known key's signature fails, or no known key signed
    ├── MerkleError          a proof does not hold
    │   ├── InclusionError
    │   └── ConsistencyError
    ├── ProofTextError       a tlog-proof text is malformed
    ├── TileError            a tile or entry bundle is not what the tree says
    ├── QuorumFileError      a quorum file is malformed
    │   └── WeakQuorumError      it is well formed and promises less than it seems to
    ├── WitnessError         between a log and its witnesses
    │   ├── WitnessRequestError      an add-checkpoint request is malformed
    │   ├── WitnessFolderError       the folder of a witness cannot be used as it is
    │   ├── KnownLogError            a line of the list of known logs is no key of a log
    │   ├── WitnessUnreachableError  a witness did not answer in time
    │   ├── WitnessRefusedError      it answered with a refusal
    │   ├── WitnessAnswerError       it answered what no witness may answer
    │   ├── WitnessLongerError       it has cosigned a longer log than ours
    │   └── WitnessingFailedError    its lines could not be taken here
    ├── NotWitnessedError    a checkpoint lacks the quorum that was asked for
    ├── BrokenLogError       an audit found the first broken thing
    ├── SourceError          a published log cannot be fetched
    │   └── SourceRefusedError   it asks for a token, or for another one
    ├── UnavailableError     the log cannot append now; nothing may be opened or changed
    │   ├── BusyError            the queue is full
    │   ├── ClosedError          the sequencer was closed
    │   └── QuorumUnavailableError   too few witnesses answered in time
    └── FolderError          the folder of the log cannot be used as it is
        ├── LockedError          another sequencer holds it
        ├── WalError             a record before the last is broken, or entries are missing
        ├── RootMismatchError    files do not give the root of the stored checkpoint
        └── RolledBackError      the folder is older than what the keeper has seen
"""

from dyepack.terms.errors import DyepackError, Outcome


class LedgerError(DyepackError):
    """Base of this stage."""

    code = "ledger.error"


class BadEntryError(LedgerError):
    """A fact or an entry outside the schema; ``why`` names the rule and never repeats a value."""

    code = "ledger.bad-entry"
    outcome = Outcome.BAD_INPUT
    en = "An entry of the log is malformed ({why}); correct the field and append again."
    zh = "日志条目格式不符（{why}），请改正该字段后重新写入。"


class NoSuchEntryError(LedgerError):
    """The log does not hold it."""

    code = "ledger.no-entry"
    outcome = Outcome.BAD_INPUT
    en = "The log holds no such entry: a wrong id, or one of a year that was pruned after its term."
    zh = "日志中没有该条目：编号有误，或其所属年度已在期满后清除。"


class NoteError(LedgerError):
    """Malformed note, key or checkpoint."""

    code = "ledger.bad-note"
    en = "A signed note is malformed ({why}); ask its sender for the original file."
    zh = "签名文本格式不符（{why}），请向提供方索取原始文件。"


class NoteSignatureError(NoteError):
    """The note is well formed and its signature does not hold."""

    code = "ledger.bad-signature"
    en = "A signed note is not signed by the log's key ({why}); do not rely on it, compare the key with another copy."
    zh = "签名文本并非由日志密钥签署（{why}）：请勿采信，并与公布的公钥核对。"


class MerkleError(LedgerError):
    """A proof that does not hold."""

    code = "ledger.bad-proof"
    en = "A Merkle proof does not hold ({why}); the log or its copy was changed."
    zh = "默克尔证明不成立（{why}）：日志或其副本已被改动。"


class InclusionError(MerkleError):
    """The entry is not shown to be in the log."""

    code = "ledger.not-included"


class ConsistencyError(MerkleError):
    """The later log does not continue the earlier one."""

    code = "ledger.not-consistent"


class ProofTextError(LedgerError):
    """A tlog-proof text that cannot be read."""

    code = "ledger.bad-proof-text"
    outcome = Outcome.BAD_INPUT
    en = "A proof file is malformed ({why}); export it again with `dyepack ledger prove`."
    zh = "证明文件格式不符（{why}），请用 `dyepack ledger prove` 重新导出。"


class TileError(LedgerError):
    """A tile or bundle that is missing or not what the tree says."""

    code = "ledger.bad-tile"
    en = (
        "The log's file {path} is missing or broken ({why}); stop the service, move the folder tile/ away and start:"
        " it is rebuilt from the write-ahead log."
    )
    zh = "日志文件 {path} 缺失或损坏（{why}）：请停止服务，移走 tile/ 目录后重新启动，系统将由预写日志重建。"


class QuorumFileError(LedgerError):
    """A quorum file that cannot be used; ``line`` counts from 1, 0 for the file as a whole."""

    code = "ledger.bad-quorum-file"
    outcome = Outcome.BAD_INPUT
    en = "The quorum file is malformed in line {line} ({why}); correct it and run `dyepack ledger policy check` on it."
    zh = "法定见证文件第 {line} 行格式不符（{why}），请改正后用 `dyepack ledger policy check` 检查。"


class WeakQuorumError(QuorumFileError):
    """It would accept too little."""

    code = "ledger.weak-quorum"
    en = "The quorum is too weak ({why}); name more witnesses of different operators or raise the threshold."
    zh = "见证法定数过弱（{why}），请增加不同运营者的见证人或提高门槛。"


class WitnessError(LedgerError):
    """Base of what goes wrong between a log and its witnesses."""


class WitnessRequestError(WitnessError):
    """A request that no witness can read."""

    code = "ledger.bad-witness-request"
    outcome = Outcome.BAD_INPUT
    en = "A request to a witness is malformed ({why}); send it as C2SP tlog-witness says."
    zh = "发给见证人的请求格式不符（{why}），请按 C2SP tlog-witness 规范发送。"


class WitnessFolderError(WitnessError):
    """The folder of a witness cannot be used; nothing was cosigned."""

    code = "ledger.witness-folder"
    outcome = Outcome.UNAVAILABLE
    en = (
        "The folder of the witness cannot be used ({why}); nothing was cosigned. Check path, owner and rights,"
        " or make a new one with `dyepack witness init`."
    )
    zh = "见证人目录不可用（{why}），未作任何联署。请检查路径、属主与权限，或用 `dyepack witness init` 新建。"


class KnownLogError(WitnessError):
    """Not the key of a log; ``line`` counts from 1, also in a list of one."""

    code = "ledger.bad-log-key"
    outcome = Outcome.BAD_INPUT
    en = "This is no key of a log (line {line}: {why}); copy it whole from `dyepack ledger status` of its institution."
    zh = "这不是日志的公钥（第 {line} 行：{why}）；请从该机构的 `dyepack ledger status` 完整复制。"


class WitnessUnreachableError(WitnessError):
    """No answer; whether the witness took the checkpoint is not known."""

    code = "ledger.witness-unreachable"
    outcome = Outcome.UNAVAILABLE
    en = "A witness does not answer ({why}); it is asked again. Check that it runs, and its address in the quorum file."
    zh = "见证人没有应答（{why}），将继续重试。请检查法定见证文件中的地址及其是否运行。"


class WitnessRefusedError(WitnessError):
    """A status other than 200 and 409."""

    code = "ledger.witness-refused"
    en = (
        "A witness refuses this log with HTTP status {status} (403 and 404: it does not know the log or its key;"
        " 422: it has seen another history); ask its operator."
    )
    zh = "见证人以 HTTP 状态 {status} 拒绝该日志（403、404：不认识该日志或公钥；422：见过另一份历史），请联系其运营者。"


class WitnessAnswerError(WitnessError):
    """The witness is broken or lies; nothing of its answer was taken."""

    code = "ledger.witness-answer"
    en = "A witness gave an answer that does not hold ({why}); nothing of it was taken. Ask its operator."
    zh = "见证人的应答不成立（{why}），未予采用。请联系其运营者。"


class WitnessLongerError(WitnessError):
    """The alarm of a roll-back."""

    code = "ledger.witness-longer"
    en = (
        "A witness has seen {seen} entries of this log, it holds {size}: an old copy was restored, or the witness lies;"
        " find the newest copy and append nothing before."
    )
    zh = "见证人已见过该日志 {seen} 条，此处只有 {size} 条：恢复的是旧副本，或见证人说谎；找到最新副本之前请勿写入。"


class WitnessingFailedError(WitnessError):
    """Something on our side failed while an answer was taken."""

    code = "ledger.witnessing-failed"
    outcome = Outcome.UNAVAILABLE
    en = "Cosignatures of a witness could not be taken here ({why}); it is asked again. Read the log of the process."
    zh = "未能收取见证人的联署（{why}），将再次请求。请查看进程日志。"


class NotWitnessedError(LedgerError):
    """Evidence was to rest on witnesses, and they have not cosigned."""

    code = "ledger.not-witnessed"
    outcome = Outcome.UNAVAILABLE
    en = "The newest checkpoint has no quorum of its witnesses; wait for them, or take the newest one that has."
    zh = "最新检查点尚未取得见证人的法定数联署：请等待见证人，或使用已取得法定数的最新检查点。"


class BrokenLogError(LedgerError):
    """What an audit found first."""

    code = "ledger.broken"
    en = "The log is broken at {place}: {why}. Keep the folder as evidence and compare it with an older checkpoint."
    zh = "日志在 {place} 处不完整：{why}。请封存该目录作为证据，并与较早的检查点比对。"


class SourceError(LedgerError):
    """A log that somebody serves does not answer as it should; ``why`` is a status or the type of an error."""

    code = "ledger.source"
    outcome = Outcome.UNAVAILABLE
    en = "The log cannot be fetched ({why}); check the address, which ends in the shard, and run the command again."
    zh = "无法获取日志（{why}）：请核对地址（以年度结尾），然后重新运行；已取得的部分会保留。"


class SourceRefusedError(SourceError):
    """The server wants a token."""

    code = "ledger.source-refused"
    outcome = Outcome.REFUSED
    en = "The log is for auditors ({why}); ask the institution for a token and give it with --token-file."
    zh = "该日志仅供审计人员（{why}）：请向机构索取令牌，并用 --token-file 提供。"


class UnavailableError(LedgerError):
    """Nothing can be appended, so nothing is opened and nothing changes."""

    code = "ledger.unavailable"
    outcome = Outcome.UNAVAILABLE
    en = "The log cannot be written ({why}), so nothing is shown or changed; free the disk or repair the log, restart."
    zh = "日志无法写入（{why}），因此不显示也不更改任何内容；请清理磁盘或修复日志后重启。"


class BusyError(UnavailableError):
    """The queue is full."""

    code = "ledger.busy"
    en = "Too many facts wait for the log; try again in a second."
    zh = "等待写入日志的条目过多，请一秒后重试。"


class ClosedError(UnavailableError):
    """The sequencer was closed."""

    code = "ledger.closed"
    en = "The log was closed; start the service again."
    zh = "日志已关闭，请重新启动服务。"


class QuorumUnavailableError(UnavailableError):
    """Level 2 was not reached in time; the entry stands in the log."""

    code = "ledger.quorum-unavailable"
    en = (
        "Too few witnesses have cosigned the log in {seconds} s ({why}), so what needs them does not happen;"
        " see `dyepack ledger status`, reach the witnesses, try again."
    )
    zh = (
        "{seconds} 秒内联署的见证人不足（{why}），需要见证的操作未执行；"
        "请查看 `dyepack ledger status`，恢复见证人后重试。"
    )


class FolderError(LedgerError):
    """The folder cannot be used."""

    code = "ledger.folder"
    outcome = Outcome.UNAVAILABLE
    en = "The folder of the log cannot be used ({why}); check its path and rights."
    zh = "日志目录不可用（{why}），请检查路径与权限。"


class LockedError(FolderError):
    """Two sequencers would fork the log."""

    code = "ledger.locked"
    en = "Another process writes this log; stop it or send the command through it."
    zh = "另一个进程正在写入该日志，请先停止它，或经由它执行命令。"


class WalError(FolderError):
    """The write-ahead log is broken before its end."""

    code = "ledger.bad-wal"
    outcome = Outcome.REFUSED
    en = (
        "The write-ahead log is broken in {segment} ({why}); restore this file from a copy of the folder,"
        " do not cut it: what follows was acknowledged."
    )
    zh = "预写日志 {segment} 已损坏（{why}）：请从目录副本恢复该文件，不可截断，其后的内容已被确认。"


class RootMismatchError(FolderError):
    """The files give another root than the stored checkpoint."""

    code = "ledger.root-mismatch"
    outcome = Outcome.REFUSED
    en = (
        "The log's files do not give the root of its own checkpoint of {size} entries; restore the folder from a copy"
        " and audit it, or move tile/ away if only that was damaged."
    )
    zh = "日志文件算出的根与其 {size} 条检查点不符：请从副本恢复目录并审计；若仅 tile/ 受损，可移走后重启。"


class RolledBackError(FolderError):
    """The keeper has seen a longer log than this folder holds."""

    code = "ledger.rolled-back"
    outcome = Outcome.REFUSED
    en = (
        "The folder holds {size} entries, the keeper or a witness has seen {seen}: an old copy was restored;"
        " restore the newest copy, nothing can be appended to this one."
    )
    zh = "目录中有 {size} 条，守钥服务或见证人已见过 {seen} 条：恢复的是旧副本；请恢复最新副本，此目录不可再写入。"
