"""What the commands about the log say, in zh and en. Data and small functions; nothing here decides."""

from collections.abc import Callable, Mapping
from typing import Any, Final

_SEVERITIES: Final = {"incident": ("事件", "INCIDENT"), "alarm": ("警报", "ALARM"), "note": ("提示", "note")}
_STATES: Final = {"valid": ("有效", "valid"), "expired": ("已过期", "expired"), "revoked": ("已撤销", "revoked")}


def _status(answer: dict[str, Any], zh: bool) -> str:
    lines = [
        answer["origin"],
        f"{answer['size']} {'条' if zh else 'entries'}, {_witnessed(answer, zh)}",
        f"{'检查点' if zh else 'checkpoint'}: {answer['published']}{_age(answer, zh)}",
    ]
    lines += [_witness(one, zh) for one in answer.get("witnesses", ())]
    told = (
        ("keeper", "守钥服务已见：{} 条", "the keeper has seen {} entries"),
        ("wal_segments", "预写日志：{} 段", "write-ahead log: {} segments"),
    )
    lines += [(in_zh if zh else in_en).format(answer[name]) for name, in_zh, in_en in told if name in answer]
    counts = ", ".join(f"{kind} {count}" for kind, count in sorted(answer["today"].items()))
    lines.append(f"{'今日' if zh else 'today'}: {counts or ('无' if zh else 'nothing')}")
    return "\n".join([*lines, *answer["vkeys"], answer["checkpoint"]])


def _witnessed(answer: dict[str, Any], zh: bool) -> str:
    if "witnessed_size" not in answer:
        return "未经见证（未设见证人）" if zh else "not witnessed (no quorum file names witnesses)"
    if answer["witnessed"]:
        return "已获法定见证" if zh else "witnessed"
    since = answer.get("witnessed_at", "–")
    if zh:
        return f"自 {since} 起未经见证（见证至 {answer['witnessed_size']} 条）"
    return f"not witnessed since {since} (witnessed up to {answer['witnessed_size']})"


def _witness(one: dict[str, Any], zh: bool) -> str:
    if one["size"] is None:
        return f"  {one['name']}: {'从未签署' if zh else 'never cosigned'}"
    return f"  {one['name']}: {one['size']} {'条' if zh else 'entries'}, {one['at']}"


def _age(answer: dict[str, Any], zh: bool) -> str:
    if "checkpoint_age_seconds" not in answer:
        return ""
    seconds = answer["checkpoint_age_seconds"]
    return f"（{seconds} 秒前）" if zh else f" ({seconds} s ago)"


def _monitor(answer: dict[str, Any], zh: bool) -> str:
    language = "zh" if zh else "en"
    lines = []
    for finding in answer["findings"]:
        word = _SEVERITIES[finding["severity"]][not zh]
        place = ""
        if finding["first"] is not None:
            place = f" [{finding['first']}-{finding['last']}]"
        lines.append(f"{word} {finding['rule']}{place}: {finding['sentence'][language]}")
        lines.append(f"  {'处理：' if zh else 'do: '}{finding['remedy'][language]}")
    if answer["calm"]:
        lines.append("未发现事件或警报。" if zh else "Neither incident nor alarm.")
    lines.append(answer["reliability"][language])
    return "\n".join(lines)


def _auditor_add(answer: dict[str, Any], zh: bool) -> str:
    if zh:
        return (
            f"审计令牌（仅显示这一次，有效至 {answer['expires']}）：\n{answer['token']}\n"
            f"编号 {answer['auditor']}；撤销：dyepack ledger auditor revoke {answer['auditor']}"
        )
    return (
        f"The auditor's token, shown this once, valid until {answer['expires']}:\n{answer['token']}\n"
        f"Its id is {answer['auditor']}; end it with: dyepack ledger auditor revoke {answer['auditor']}"
    )


def _auditor_list(answer: dict[str, Any], zh: bool) -> str:
    lines = [
        f"{one['auditor']}\t{one['name']}\t{_STATES[one['state']][not zh]}\t{one['expires']}"
        for one in answer["auditors"]
    ]
    return "\n".join(lines) or ("还没有审计人员。" if zh else "Nobody yet.")


def _auditor_revoke(answer: dict[str, Any], zh: bool) -> str:
    return f"已撤销：{answer['auditor']}" if zh else f"Revoked: {answer['auditor']}"


def _mirror(answer: dict[str, Any], zh: bool) -> str:
    if zh:
        return f"副本已更新至 {answer['size']} 条，逐文件与检查点核对无误：{answer['folder']}"
    return f"The copy holds {answer['size']} entries, each file checked against the checkpoint: {answer['folder']}"


def _policy_check(answer: dict[str, Any], zh: bool) -> str:
    named = {group["name"]: group for group in answer["groups"]}
    lines = [f"{'日志' if zh else 'log'}: {name}" for name in answer["logs"]]
    lines.append(("需要：" if zh else "needed: ") + _needed(answer["quorum"], named, zh))
    names = ["名称" if zh else "group", *(group["name"] for group in answer["groups"])]
    needs = ["需要" if zh else "need", *(str(group["need"]) for group in answer["groups"])]
    away = ["可缺席" if zh else "may be away", *(str(group["may_be_away"]) for group in answer["groups"])]
    members = ["成员" if zh else "of", *(", ".join(group["members"]) for group in answer["groups"])]
    if answer["groups"]:
        lines += _table([names, needs, away, members])
    if zh:
        lines.append(
            f"共 {len(answer['witnesses'])} 把见证密钥；至少需 {answer['fewest']} 把签署；"
            f"任意 {answer['any_may_be_away']} 把同时缺席仍可成立。"
        )
    else:
        lines.append(
            f"{len(answer['witnesses'])} witness keys; at least {answer['fewest']} must sign; "
            f"any {answer['any_may_be_away']} may be away at once."
        )
    return "\n".join(lines)


def _needed(name: str, named: Mapping[str, dict[str, Any]], zh: bool) -> str:
    """``any 2 of comp, it, peer``, groups in parentheses."""
    if name not in named:
        return name
    group = named[name]
    parts = [f"({_needed(member, named, zh)})" if member in named else member for member in group["members"]]
    if not group["may_be_away"]:
        return ("全部：" if zh else "all of ") + ", ".join(parts)
    return (f"任意 {group['need']} 个：" if zh else f"any {group['need']} of ") + ", ".join(parts)


def _table(columns: list[list[str]]) -> list[str]:
    widths = [max(map(_width, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return [
        "  " + "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    """Cells of a terminal: Chinese characters take two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _folder(answer: dict[str, Any], zh: bool) -> str:
    if answer["finding"] is not None:
        return f"账本已被改动：{answer['finding']}" if zh else f"The log was changed: {answer['finding']}"
    lines = [
        f"账本完整：{answer['size']} 条，根哈希与检查点一致；与 {answer['earlier']} 个较早检查点一致。"
        if zh
        else f"The log is whole: {answer['size']} entries, root as in the checkpoint; {answer['earlier']} earlier"
        " checkpoints are prefixes."
    ]
    if answer["witnessed"]:
        lines.append(f"法定见证至 {answer['witnessed_size']} 条。" if zh else f"Witnessed: {answer['witnessed_size']}.")
    elif "missing" in answer:
        missing = ", ".join(answer["missing"])
        lines.append(f"未达法定见证，缺：{missing}" if zh else f"No quorum of witnesses; missing: {missing}")
    else:
        lines.append("未经见证。" if zh else "Not witnessed.")
    return "\n".join(lines)


def _rotate(answer: dict[str, Any], zh: bool) -> str:
    title = (
        "现用公钥（旧公钥并行 30 天，请告知见证人与审计人员）："
        if zh
        else ("Keys that sign now (the old ones for 30 days more; tell witnesses and auditors):")
    )
    return "\n".join([title, *answer["vkeys"]])


def _roll(answer: dict[str, Any], zh: bool) -> str:
    if answer.get("prepared"):
        title = (
            f"下一年度日志 {answer['origin']} 的公钥，尚未启用，请先告知见证人："
            if zh
            else f"Keys of the next log {answer['origin']}, not begun yet; tell witnesses first:"
        )
        return "\n".join([title, *answer["vkeys"]])
    title = (
        f"新的年度日志 {answer['origin']}，请告知见证人与审计人员："
        if zh
        else (f"The log goes on as {answer['origin']}; tell witnesses and auditors:")
    )
    return "\n".join([title, *answer["vkeys"]])


def _quorum(answer: dict[str, Any], zh: bool) -> str:
    names = ", ".join(answer["witnesses"])
    return f"此后须经见证：{names}" if zh else f"From now on the log is witnessed by: {names}"


def _prune(answer: dict[str, Any], zh: bool) -> str:
    shard, entries = answer["shard"], answer["entries"]
    if zh:
        return f"年度日志 {shard} 的 {entries} 条已清除，末次检查点与时间戳保留。"
    return f"{entries} entries of the log {shard} were removed; its last checkpoint and timestamps stay."


def _succeed(answer: dict[str, Any], zh: bool) -> str:
    trust = f"dyepack keeper trust --folder KEEPER '{answer['vkey']}'"
    if zh:
        return f"后继日志 {answer['shard']} 已建立。请守钥服务的运营者核对公钥后执行：\n{trust}"
    return f"The successor {answer['shard']} is ready. The keeper's operator compares its key and runs:\n{trust}"


LOG_SAYINGS: Final[Mapping[str, Callable[[dict[str, Any], bool], str]]] = {
    "ledger-rotate": _rotate,
    "ledger-roll": _roll,
    "ledger-quorum": _quorum,
    "ledger-prune": _prune,
    "ledger-succeed": _succeed,
    "ledger-status": _status,
    "ledger-monitor": _monitor,
    "ledger-mirror": _mirror,
    "ledger-folder": _folder,
    "auditor-add": _auditor_add,
    "auditor-list": _auditor_list,
    "auditor-revoke": _auditor_revoke,
    "policy-check": _policy_check,
}
