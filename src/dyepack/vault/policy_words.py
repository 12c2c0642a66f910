"""The sentences of a refusal that no rule's ``@why`` can carry, in zh and en, each with its remedy."""

from collections.abc import Mapping, Sequence
from typing import Final

from dyepack.terms.actor import Role
from dyepack.terms.purpose import Purpose

ROLES: Final[Mapping[Role, tuple[str, str]]] = {
    Role.FRONT_DESK: ("前台", "the front desk"),
    Role.CONSULTANT: ("顾问", "a consultant"),
    Role.MARKETING: ("市场", "marketing"),
    Role.PRIVACY_OFFICER: ("个保负责人", "the privacy officer"),
    Role.OWNER: ("老板", "the owner"),
}

ACTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "search": ("查找记录", "look up a record"),
    "list": ("查看掩码列表", "see a masked list"),
    "reveal": ("查看该字段明文", "see this field in full"),
    "looks": ("查看谁看过", "see who looked"),
    "aggregate": ("查看统计", "see counts"),
    "intake": ("录入", "take in"),
    "admit": ("准入批次", "admit a lot"),
    "erase": ("删除记录", "erase a record"),
    "trace": ("溯源", "trace a leak"),
    "verdict": ("查看结论", "see a verdict"),
    "approve_reveal": ("审批查看", "approve a look"),
    "release_request": ("请求导出", "ask for a release"),
    "release_approve": ("审批该导出", "approve this release"),
    "release_collect": ("领取导出", "collect a release"),
}

PURPOSES: Final[Mapping[Purpose, str]] = {
    Purpose.INTAKE: "录入",
    Purpose.VISIT: "到访",
    Purpose.CONSULT: "咨询",
    Purpose.FOLLOW_UP: "回访",
    Purpose.APPLICATION: "申请",
    Purpose.STATISTICS: "统计",
    Purpose.SUPERVISE: "督导",
    Purpose.APPROVE: "审批",
    Purpose.CASE: "案件",
    Purpose.LEAK_TRACE: "溯源",
    Purpose.SUBJECT_REQUEST: "权利请求",
}

_SITUATIONS: Final[Mapping[str, tuple[str, str]]] = {
    "case_open": ("须关联一个未结案件。", "It needs an open case; name one."),
    "basis": ("须有合法性基础。", "It needs a legal basis for this purpose; obtain consent."),
    "quota": ("今日额度已用完。", "Today's quota is used up; try tomorrow."),
    "approvals": ("须事先审批。", "It needs approval; ask the privacy officer."),
    "motivated": ("须填写理由。请写明原因后重试。", "It needs a typed reason. Say why and try again."),
    "self_request": ("须由他人办理。", "It is your own request; ask another person who holds the role."),
    "rows": ("涉及的人数不符合规则。", "The number of people concerned does not fit the rule."),
    "gap": (
        "没有规则涉及该角色、目的或字段类别，视为不允许。请个保负责人补充规则。",
        "No rule speaks of this role, purpose or field class, so it is refused. Ask the privacy officer for a rule.",
    ),
    "broken": (
        "策略引擎未能得出结论，视为不允许。请联系管理员检查策略。",
        "The policy engine reached no decision, so it is not allowed. Have the policies checked.",
    ),
}


def situation_sentence(name: str) -> tuple[str, str]:
    """The sentence (zh, en) for a situation flag, ``"gap"`` or ``"broken"``."""
    return _SITUATIONS[name]


def refusal_sentence(role: Role, action: str, purposes: Sequence[Purpose]) -> tuple[str, str]:
    """Why a role may not do this; ``purposes`` are those for which it could."""
    role_zh, role_en = ROLES[role]
    action_zh, action_en = ACTIONS[action]
    if purposes:
        zh = f"以该目的，{role_zh}不得{action_zh}；可用目的：{'、'.join(PURPOSES[p] for p in purposes)}。"
        en = f"For this purpose {role_en} may not {action_en}. It is possible for: {', '.join(purposes)}."
        return zh, en
    zh = f"{role_zh}不得{action_zh}。请有权限的同事办理。"
    en = f"{role_en[0].upper()}{role_en[1:]} may not {action_en}. Ask a colleague whose role allows it."
    return zh, en
