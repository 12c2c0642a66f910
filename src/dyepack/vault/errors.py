"""Errors of the vault.

DyepackError
└── VaultError
    ├── RequestError                 what was asked cannot be understood
    │   ├── BadRequestError          bad-request
    │   ├── InvalidFieldError        invalid-field
    │   └── ProvenanceMissingError   provenance-missing
    ├── DeniedError                  denied: a rule said no
    │   ├── NoRuleError              no-rule: nobody ever decided this
    │   ├── PurposeMismatchError     purpose-mismatch
    │   ├── QuarantinedError         quarantined
    │   ├── LockedError              locked
    │   ├── ConsentMissingError      consent-missing
    │   ├── MinorApprovalError       minor-approval
    │   ├── ApprovalMissingError     approval-missing
    │   ├── SelfApprovalError        self-approval
    │   ├── EvidencePerRecordError   evidence-per-record
    │   └── QuotaError               quota
    ├── PolicyInvalidError           policy-invalid: a policy file decides nothing
    ├── NotFoundError                not-found
    ├── StateError                   state: not the step that comes next
    ├── EnvelopeError                envelope: a sealed part is not where it belongs
    ├── KeeperUnavailableError       keeper-unavailable
    │   ├── KeyFileOpenError         key-file-open
    │   ├── KeyFileBrokenError       key-file-broken
    │   ├── KeeperSchemaError        keeper-schema
    │   ├── KeeperUnreachableError   keeper-unreachable: another process, and it is away
    │   └── KeeperRandomError        keeper-random
    ├── KeeperForkError              keeper-fork: the log was forked or rolled back
    └── KeeperRefusedError           the keeper opens nothing (each is logged as ``vault:keeper:refused``)
        ├── PeerError                keeper-peer
        ├── BadFrameError            keeper-bad-frame
        ├── NoReceiptError           keeper-no-receipt
        ├── UnknownHeadError         keeper-unknown-head
        ├── BadProofError            keeper-bad-proof
        ├── WrongInstitutionError    keeper-wrong-institution
        ├── WrongKindError           keeper-wrong-kind
        ├── NotPermittedError        keeper-not-permitted
        ├── StaleError               keeper-stale
        ├── SpentError               keeper-spent
        ├── WrongSubjectError        keeper-wrong-subject
        ├── WrongFieldError          keeper-wrong-field
        ├── ApproversError           keeper-approvers
        ├── NoQuorumError            keeper-no-quorum
        ├── KeyChangeError           keeper-key-change
        ├── KeeperStateError         keeper-state
        └── CeilingError             keeper-ceiling
"""

from dyepack.terms.errors import DyepackError, Outcome


class VaultError(DyepackError):
    """Base of this room."""

    code = "vault.error"


# What was asked cannot be understood.


class RequestError(VaultError):
    """Base: the input cannot be used as it is."""

    outcome = Outcome.BAD_INPUT


class BadRequestError(RequestError):
    """A part of the request is missing or malformed."""

    code = "vault.bad-request"
    en = "The request cannot be used ({detail}). Correct it and ask again."
    zh = "请求无法处理（{detail}）。请更正后重试。"


class InvalidFieldError(RequestError):
    """A value does not have the form of its field, or there is no such field."""

    code = "vault.invalid-field"
    en = (
        "The value for field {field} does not have the form of that field, or there is no such field. Check it against "
        "the original and the field catalog."
    )
    zh = "字段 {field} 的值不符合该字段格式，或没有该字段。请对照原件和字段目录核对。"


class ProvenanceMissingError(RequestError):
    """Nobody said where the data came from."""

    code = "vault.provenance-missing"
    en = "Where this data came from is not stated. Give its provenance and its evidence; unknown origin is not used."
    zh = "未说明数据来源。请填写来源与凭据；来源不明的数据不得使用。"


# A rule said no.


class DeniedError(VaultError):
    """The policy denies this act."""

    code = "vault.denied"
    en = "Refused by rule {rule}: {why_en}"
    zh = "依规则 {rule} 拒绝：{why_zh}"


class NoRuleError(DeniedError):
    """No rule mentions this role, purpose or class."""

    code = "vault.no-rule"
    en = "No rule allows role {role} to do this for purpose {purpose}. Ask the privacy officer to decide it."
    zh = "没有规则允许角色 {role} 以目的 {purpose} 这样做。请由个人信息保护负责人决定。"


class PurposeMismatchError(DeniedError):
    """The purpose does not fit the case or the consent."""

    code = "vault.purpose-mismatch"
    en = "Purpose {purpose} does not fit this case or consent. Use the purpose that the case was opened for."
    zh = "目的 {purpose} 与案件或同意不符。请使用该案件对应的目的。"


class QuarantinedError(DeniedError):
    """The record or lot is held until its provenance is admitted."""

    code = "vault.quarantined"
    en = "This data is in quarantine until the privacy officer admits its lot. Ask for admission with the evidence."
    zh = "该数据处于隔离中，须由个人信息保护负责人放行其批次。请携凭据申请放行。"


class LockedError(DeniedError):
    """The record is kept for storage only."""

    code = "vault.locked"
    en = "This record is locked: it is kept for storage only. It can be used again when the hold is lifted."
    zh = "该记录已锁定，仅限存储。解除锁定后方可使用。"


class ConsentMissingError(DeniedError):
    """There is no consent or other legal basis for this use."""

    code = "vault.consent-missing"
    en = "There is no consent or other legal basis for purpose {purpose}. Obtain it first."
    zh = "缺少用于目的 {purpose} 的同意或其他合法性基础。请先取得。"


class MinorApprovalError(DeniedError):
    """A minor's data is opened only after a second person approved it."""

    code = "vault.minor-approval"
    en = (
        "Opening a minor's data needs an approval by the privacy officer beforehand; an unknown birth date counts as a "
        "minor. Ask for an approval of this record, field and case."
    )
    zh = (
        "查看未成年人信息须事先经个人信息保护负责人审批（出生日期不明按未成年人处理）。请就该记录、字段和案件申请审批。"
    )


class ApprovalMissingError(DeniedError):
    """Approvals are still missing."""

    code = "vault.approval-missing"
    en = "{missing} approval(s) are still missing (by: {role}). Ask for them; an edited request starts anew."
    zh = "尚缺 {missing} 个审批（角色：{role}）。请申请审批；修改请求后须重新审批。"


class SelfApprovalError(DeniedError):
    """Nobody approves his own request."""

    code = "vault.self-approval"
    en = "Nobody approves a request of his own. Another person must do it."
    zh = "任何人不得审批自己的请求，须由他人审批。"


class EvidencePerRecordError(DeniedError):
    """This kind of provenance is proven record by record; a file cannot prove it."""

    code = "vault.evidence-per-record"
    en = (
        "Provenance of kind {kind} is proven for each person and not by a file; the lot stays in quarantine. If these "
        "people are customers by contract, payment or attendance, take the file in again as kind relation."
    )
    zh = (
        "{kind} 类来源须逐人证明，不能以文件整批证明；该批次继续隔离。"
        "如系合同、缴费或到课客户，请以 relation 类重新录入。"
    )


class QuotaError(DeniedError):
    """A cap of the day is reached."""

    code = "vault.quota"
    en = "The day's cap for {what} is reached ({cap}). It opens again tomorrow, or by an approval."
    zh = "今日 {what} 次数已达上限（{cap}）。明日恢复，或经审批增加。"


class PolicyInvalidError(VaultError):
    """A policy file cannot be used, so no decision is made at all."""

    code = "vault.policy-invalid"
    outcome = Outcome.BAD_INPUT
    en = "The policy file {file} cannot be used ({problem}). Correct it; nothing is decided until it loads."
    zh = "策略文件 {file} 无法使用（{problem}）。请更正；加载成功前不作任何决定。"


class NotFoundError(VaultError):
    """No such thing, or not within this actor's scope: the two are not told apart."""

    code = "vault.not-found"
    outcome = Outcome.BAD_INPUT
    en = "There is no such {what} here, or it is not yours to see. Check the name you gave."
    zh = "此处没有该{what}，或您无权查看。请核对所给名称。"


class StateError(VaultError):
    """The object is not at the step that this act continues."""

    code = "vault.state"
    en = "This {what} is {state}; the act needs another state. Look at it again and take the step that comes next."
    zh = "该{what}当前状态为 {state}，不能执行此操作。请刷新后执行下一步。"


class EnvelopeError(VaultError):
    """A sealed part is malformed, or stands where it does not belong."""

    code = "vault.envelope"
    en = "A sealed part of a record is malformed or misplaced; nothing was opened. Restore the vault from a backup."
    zh = "记录的封存件损坏或错位，未启封。请用备份恢复保险库。"


# The keeper cannot work.


class KeeperUnavailableError(VaultError):
    """The keeper does not answer; nothing opens without it."""

    code = "vault.keeper-unavailable"
    outcome = Outcome.UNAVAILABLE
    en = "The keeper does not answer, so nothing can be opened. Start it again; no data is lost."
    zh = "守钥服务无响应，无法启封任何内容。请重新启动；数据不会丢失。"


class KeyFileOpenError(KeeperUnavailableError):
    """Other accounts could read a key."""

    code = "vault.key-file-open"
    en = "The file {name} can be read by other accounts. Set its mode to 0600 and its owner to the keeper's account."
    zh = "文件 {name} 可被其他账户读取。请将权限设为 0600，属主设为守钥服务账户。"


class KeyFileBrokenError(KeeperUnavailableError):
    """A key file is missing, too short or too long, or does not fit the keeper's database."""

    code = "vault.key-file-broken"
    en = "The key file {name} is missing, is not 32 bytes, or belongs to another keeper. Restore it from its backup."
    zh = "密钥文件 {name} 缺失、不是 32 字节，或属于另一守钥服务。请从备份恢复。"


class KeeperSchemaError(KeeperUnavailableError):
    """The keeper's database was made by another version."""

    code = "vault.keeper-schema"
    en = "The keeper's database has schema {found}, this version needs {needed}. Use the version that made it."
    zh = "守钥服务数据库结构版本为 {found}，本版本需要 {needed}。请使用创建它的版本。"


class KeeperUnreachableError(KeeperUnavailableError):
    """The keeper is a process of its own and cannot be reached, or the connection broke during the request."""

    code = "vault.keeper-unreachable"
    en = (
        "The keeper's process cannot be reached, so nothing opens and nothing is shown. Start it with "
        "`dyepack keeper serve`, check the setting keeper.socket, and ask again; no data is lost."
    )
    zh = (
        "无法连接守钥服务进程，因此不启封、不显示任何内容。"
        "请用 `dyepack keeper serve` 启动它，检查设置 keeper.socket，然后重试；数据不会丢失。"
    )


class KeeperRandomError(KeeperUnavailableError):
    """The source of randomness repeats itself."""

    code = "vault.keeper-random"
    en = "The source of randomness gave a name that exists already; no key was made. Check the machine's entropy."
    zh = "随机源给出了重复的名称，未生成密钥。请检查本机随机源。"


class KeeperForkError(VaultError):
    """The log that is shown is not a continuation of the log the keeper knows."""

    code = "vault.keeper-fork"
    en = (
        "The log shown (size {size}) does not continue the one the keeper saw (size {known}): it was forked or rolled "
        "back. Nothing opens; restore the newest ledger folder."
    )
    zh = (
        "所示日志（大小 {size}）不是守钥服务所见日志（大小 {known}）的延续：日志被分叉或回滚。"
        "一切停止启封；请恢复最新的账本目录。"
    )


# The keeper opens nothing.


class KeeperRefusedError(VaultError):
    """Base: one of the keeper's checks failed and no key was derived."""

    code = "vault.keeper-refused"
    en = "The keeper refused. Nothing was opened."
    zh = "守钥服务拒绝，未启封任何内容。"


class PeerError(KeeperRefusedError):
    """Check 1: this account may not speak to the keeper, or not ask for this operation."""

    code = "vault.keeper-peer"
    en = "The keeper does not serve this account. Its operator names accounts with `dyepack keeper serve --peer`."
    zh = "守钥服务不为该账户服务。可由其运维人员以 `dyepack keeper serve --peer` 指定账户。"


class BadFrameError(KeeperRefusedError):
    """Check 2: counts or shape of the request."""

    code = "vault.keeper-bad-frame"
    outcome = Outcome.BAD_INPUT
    en = "The request to the keeper is malformed or too large ({detail}). Split it."
    zh = "发往守钥服务的请求格式错误或过大（{detail}）。请拆分。"


class NoReceiptError(KeeperRefusedError):
    """Check 3: there is no receipt, or what it holds is not an entry."""

    code = "vault.keeper-no-receipt"
    en = "There is no valid receipt of the ledger, so nothing is opened. Log the act first."
    zh = "没有账本的有效回执，不予启封。请先记账。"


class UnknownHeadError(KeeperRefusedError):
    """Check 3: the keeper never advanced to this head, or long ago."""

    code = "vault.keeper-unknown-head"
    en = "The receipt's head is none of the last heads of the log the keeper saw. Log the act anew."
    zh = "回执所附日志头不在守钥服务最近所见之列。请重新记账。"


class BadProofError(KeeperRefusedError):
    """Check 3: the entry is not in the log where the receipt says, or the log's growth is not proved."""

    code = "vault.keeper-bad-proof"
    en = "The proof does not show that the entry is in the log. Nothing was opened; log the act anew."
    zh = "证明不能表明该条目在日志中，未启封。请重新记账。"


class WrongInstitutionError(KeeperRefusedError):
    """Check 4: the entry is another institution's."""

    code = "vault.keeper-wrong-institution"
    en = "The receipt belongs to another institution. Nothing was opened."
    zh = "回执属于另一机构，未启封。"


class WrongKindError(KeeperRefusedError):
    """Check 4: an entry of this kind does not allow this operation."""

    code = "vault.keeper-wrong-kind"
    en = "An entry of kind {kind} does not allow this operation. Log the act that is meant."
    zh = "{kind} 类条目不允许此操作。请为实际操作记账。"


class NotPermittedError(KeeperRefusedError):
    """Check 4: the entry records a refusal."""

    code = "vault.keeper-not-permitted"
    en = "The logged decision is not a permit. Nothing was opened."
    zh = "所记决定并非许可，未启封。"


class StaleError(KeeperRefusedError):
    """Check 5: the receipt is older than 30 seconds, from the future, or from before the keeper's start."""

    code = "vault.keeper-stale"
    en = "The receipt is not of the last {seconds} seconds, or the keeper started after it. Log the act anew."
    zh = "回执不在最近 {seconds} 秒内，或早于守钥服务启动。请重新记账。"


class SpentError(KeeperRefusedError):
    """Check 5: a receipt opens once."""

    code = "vault.keeper-spent"
    en = "This receipt was used already. A second look is a second entry."
    zh = "该回执已使用。再次查看须再次记账。"


class WrongSubjectError(KeeperRefusedError):
    """Check 6: the entry does not name this record."""

    code = "vault.keeper-wrong-subject"
    en = "The entry does not name this record, or names another object. Log the act for the record that is meant."
    zh = "条目未指明该记录或对象。请为实际记录记账。"


class WrongFieldError(KeeperRefusedError):
    """Check 6: the entry does not name this field."""

    code = "vault.keeper-wrong-field"
    en = "The entry does not name field {field}. Log the field that is meant."
    zh = "条目未指明字段 {field}。请为实际字段记账。"


class ApproversError(KeeperRefusedError):
    """Check 7: the second person is missing."""

    code = "vault.keeper-approvers"
    en = "The entry names no approver other than the actor. A second person must approve."
    zh = "条目没有操作人以外的审批人。须由第二人审批。"


class NoQuorumError(KeeperRefusedError):
    """Check 7: the keeper's own quorum file asks for cosignatures that the receipt does not carry."""

    code = "vault.keeper-no-quorum"
    en = (
        "The receipt's checkpoint does not carry the cosignatures that the keeper's own quorum file asks for. "
        "Wait until the witnesses have cosigned, then log the act anew."
    )
    zh = "回执所附检查点缺少守钥服务法定见证文件要求的联署。请待见证人联署后重新记账。"


class KeyChangeError(KeeperRefusedError):
    """The log does not say that this key comes next, or says it at a place where it cannot."""

    code = "vault.keeper-key-change"
    en = "The log does not name this key as its next one ({why}). Show the key that the entry's digest stands for."
    zh = "日志未将该密钥指定为后继密钥（{why}）。请出示该条目摘要所对应的密钥。"


class KeeperStateError(KeeperRefusedError):
    """Check 8: the record is held, or its key is gone."""

    code = "vault.keeper-state"
    en = "The record is held or erased; its keys do not open for this act."
    zh = "该记录处于隔离或已删除，其密钥不为此操作开启。"


class CeilingError(KeeperRefusedError):
    """Check 9: a ceiling that the keeper's operator set is reached."""

    code = "vault.keeper-ceiling"
    en = "The keeper's ceiling for {what} is reached ({limit}). It opens again later; the vault cannot lift it."
    zh = "守钥服务对 {what} 的上限已到（{limit}）。稍后恢复；保险库无法解除。"
