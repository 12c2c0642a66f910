"""Errors of governing.

DyepackError
└── GovernError
    ├── ActorError                 who acts
    │   ├── UnknownActorError      unknown-actor
    │   ├── ActorExistsError       actor-exists
    │   ├── ActorNameError         actor-name
    │   └── ActorLeftError         actor-left
    ├── ApprovalError              four eyes
    │   ├── SelfApprovalError      self-approval
    │   ├── WrongApproverError     wrong-approver
    │   ├── SecondApprovalError    approved-already
    │   ├── ApprovalVoidError      approval-void: the request was edited
    │   ├── ApprovalExpiredError   approval-expired
    │   ├── ApprovalUsedError      approval-used
    │   └── ApprovalRequiredError  approval-required
    ├── CaseError
    │   ├── CaseTextError          case-text
    │   ├── UnknownCaseError       unknown-case
    │   └── CaseClosedError        case-closed
    └── WorkflowError
        ├── EventNotAllowedError   event-not-allowed
        ├── CoolingError           cooling
        └── WrongPersonError       wrong-person

No sentence holds a name: staff are persons too.
"""

from dyepack.terms.errors import DyepackError, Outcome


class GovernError(DyepackError):
    """Base of this room."""

    code = "govern.error"


class ActorError(GovernError):
    """Base: something about who acts."""


class UnknownActorError(ActorError):
    """Nobody of this name is on the staff."""

    code = "govern.unknown-actor"
    outcome = Outcome.BAD_INPUT
    en = "No member of staff has this name. See `dyepack actor list`, or add one with `dyepack actor add`."
    zh = "没有这个名称的操作人。请用 `dyepack actor list` 查看，或用 `dyepack actor add` 添加。"


class ActorExistsError(ActorError):
    """The name is taken, capital letters and width aside."""

    code = "govern.actor-exists"
    outcome = Outcome.BAD_INPUT
    en = "A member of staff of this name exists already. Choose another name."
    zh = "已有同名操作人。请换一个名称。"


class ActorNameError(ActorError):
    """The name is empty, too long, or holds characters that do not print."""

    code = "govern.actor-name"
    outcome = Outcome.BAD_INPUT
    en = "A name has 1 to {limit} printing characters. Correct it."
    zh = "名称须为 1 至 {limit} 个可见字符。请更正。"


class ActorLeftError(ActorError):
    """The member of staff has left."""

    code = "govern.actor-left"
    en = "This member of staff has left and cannot act or approve. Ask a colleague."
    zh = "该操作人已离职，不能操作或审批。请由同事办理。"


class ApprovalError(GovernError):
    """Base: something about the second person."""


class SelfApprovalError(ApprovalError):
    """The approver is the requester."""

    code = "govern.self-approval"
    en = "Nobody approves a request of his own. Ask another person whose role is: {role}."
    zh = "不得审批自己的请求。请由具有以下角色的另一人审批：{role}。"


class WrongApproverError(ApprovalError):
    """The role does not approve this."""

    code = "govern.wrong-approver"
    en = "Your role does not approve this request. It needs: {role}."
    zh = "您的角色无权审批该请求。需要：{role}。"


class SecondApprovalError(ApprovalError):
    """This person, or this role, has approved the request already."""

    code = "govern.approved-already"
    en = "This request has your approval already; another person must give the other. Still needed: {role}."
    zh = "您已审批过该请求，另一审批须由他人作出。尚缺：{role}。"


class ApprovalVoidError(ApprovalError):
    """The request is not the one that was approved."""

    code = "govern.approval-void"
    en = "The request was changed after it was approved, so the approval is void. Ask for approval of the new request."
    zh = "请求在审批后被修改，原审批作废。请就新请求重新申请审批。"


class ApprovalExpiredError(ApprovalError):
    """Too late."""

    code = "govern.approval-expired"
    en = "The approval has expired. Ask for it again."
    zh = "审批已过期。请重新申请。"


class ApprovalUsedError(ApprovalError):
    """An approval is for one use."""

    code = "govern.approval-used"
    en = "The approval was used already; one approval is for one use. Ask for another."
    zh = "该审批已使用，一次审批仅限一次使用。请重新申请。"


class ApprovalRequiredError(ApprovalError):
    """There is none, or not enough."""

    code = "govern.approval-required"
    en = "This needs approval first, by: {role}. Ask for it, then try again."
    zh = "须先经审批，审批角色：{role}。请申请后重试。"


class CaseError(GovernError):
    """Base: something about a case."""


class CaseTextError(CaseError):
    """The text of a case is empty, too long, or does not print."""

    code = "govern.case-text"
    outcome = Outcome.BAD_INPUT
    en = "A case has a text of 1 to {limit} printing characters. Say in a few words what it is about."
    zh = "案件须有 1 至 {limit} 个可见字符的说明。请简要填写事由。"


class UnknownCaseError(CaseError):
    """A case id that names nothing."""

    code = "govern.unknown-case"
    outcome = Outcome.BAD_INPUT
    en = "There is no case with this id. Check it, or give the case in words."
    zh = "没有该编号的案件。请核对编号，或以文字说明案件。"


class CaseClosedError(CaseError):
    """Nothing more is done under a closed case."""

    code = "govern.case-closed"
    en = "This case is closed. Open another one for what is to be done now."
    zh = "该案件已结案。请为当前事项另开案件。"


class WorkflowError(GovernError):
    """Base: a step that does not come next."""


class EventNotAllowedError(WorkflowError):
    """The machine has no such transition, or not for this role."""

    code = "govern.event-not-allowed"
    en = "In the state {state} the step {event} is not possible for the role {role}. Look at the request again."
    zh = "当前状态 {state} 下，角色 {role} 不能执行 {event}。请刷新后查看。"


class CoolingError(WorkflowError):
    """The cooling time is not over."""

    code = "govern.cooling"
    en = "The release is cooling; it can be collected in {minutes} minutes."
    zh = "该导出处于冷静期，{minutes} 分钟后方可领取。"


class WrongPersonError(WorkflowError):
    """Only the requester edits and collects his request."""

    code = "govern.wrong-person"
    en = "Only the person who asked for this release may do this. Ask for a release of your own."
    zh = "仅请求人本人可执行此操作。请自行提出导出请求。"
