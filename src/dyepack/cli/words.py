"""What the commands say, in zh and en. Data and small functions; nothing here decides."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dyepack.cli.log_words import LOG_SAYINGS
from dyepack.ledger.timestamp import token_path
from dyepack.terms.time import to_iso

if TYPE_CHECKING:  # the reading needs the certificates' library, which no other command does
    from dyepack.app.checking import Reading

HELP = """Dyepack (留痕): a vault for customers' personal information that can say who leaked.

A number is used, not shown. Every look is in the ledger before it happens; every list that leaves is stained; a leaked
list names the copy it came from, with a bound on ever naming an innocent.

Begin: dyepack demo, or: dyepack init --home HOME; dyepack actor add NAME --role ...; dyepack intake FILE ...

Exit codes: 0 done, 1 refused or refuted by a rule, 2 bad input, 3 in part, 4 not available.
"""

_STEPS = {
    "read": ("读取", "reading"),
    "intake": ("录入", "taking in"),
    "admit": ("放行批次", "admitting"),
    "release": ("启封并标记", "opening and marking"),
    "link": ("关联记录", "linking"),
    "marks": ("读取标记", "reading marks"),
    "audit": ("审计", "auditing"),
    "tables": ("写分析表", "writing analysis tables"),
    "tables-audit": ("核对分析表", "comparing analysis tables"),
    "monitor": ("监测", "monitoring"),
    "mirror": ("镜像", "mirroring"),
}

_PARTS = (
    ("rests_on", ("依据：", "It rests on:")),
    ("assumptions", ("前提：", "It assumes:")),
    ("refuters", ("可推翻它的情形：", "What would refute it:")),
    ("in_favor", ("对被指者有利的情形：", "What speaks for those named:")),
    ("next_steps", ("下一步：", "Next:")),
)

_CODES = {
    "no-contact": ("没有可用的联系方式", "no contact that can be used"),
    "name-missing": ("缺少姓名（已录入）", "no name (taken all the same)"),
    "damaged": (
        "号码被表格软件损坏，请用原件恢复",
        "number damaged by a spreadsheet; restore it from the original",
    ),
    "citizen-id-check-digit": ("校验位不符，请核对证件", "wrong check digit; check the document"),
    "number-in-text": ("备注中含有号码，请移到号码列", "a number stands in free text; move it to its column"),
    "phone": ("号码格式不对，未录入该格", "no phone number; the cell was left out"),
    "date": ("日期不明确，未录入该格", "no clear date; the cell was left out"),
    "email": ("邮箱格式不对，未录入该格", "no e-mail address; the cell was left out"),
    "wechat": ("微信号格式不对，未录入该格", "no WeChat id; the cell was left out"),
    "too-many-values": ("号码过多，多余的未录入", "too many values; the rest were left out"),
}


def step_name(step: str, language: str) -> str:
    """The name of a step of long work."""
    zh, en = _STEPS.get(step, (step, step))
    return zh if language == "zh" else en


def say(what: str, language: str, answer: dict[str, Any]) -> str:
    """The text of an answer."""
    return _SAYINGS[what](answer, language == "zh")


def _init(answer: dict[str, Any], zh: bool) -> str:
    weaker = ", ".join(answer["weaker_than_default"])
    lines = [f"机构主目录已建立：{answer['home']}" if zh else f"The home is ready: {answer['home']}"]
    if weaker:
        lines.append(
            f"以下设置弱于默认值，已记入账本：{weaker}"
            if zh
            else f"Weaker than the default, and said so in the ledger: {weaker}"
        )
    lines.append(
        "HOME/keeper 是钥匙：请单独备份，勿与其余文件放在一起。"
        if zh
        else "HOME/keeper holds the keys: back it up apart from the rest."
    )
    return "\n".join(lines)


def _actor_add(answer: dict[str, Any], zh: bool) -> str:
    return f"已添加：{answer['name']}（{answer['role']}）" if zh else f"Added {answer['name']} ({answer['role']})."


def _actor_list(answer: dict[str, Any], zh: bool) -> str:
    lines = [f"{actor['name']}\t{actor['role']}\t{actor['actor']}" for actor in answer["actors"]]
    return "\n".join(lines) or ("还没有人员。" if zh else "Nobody yet.")


def _intake(answer: dict[str, Any], zh: bool) -> str:
    counts = (answer["rows"], answer["taken"], answer["duplicates"], answer["invalid"])
    if zh:
        text = "共 {} 行：录入 {}，重复 {}，无效 {}。".format(*counts)
    else:
        text = "{} rows: {} taken, {} duplicates, {} invalid.".format(*counts)
    lines = [text]
    if answer["state"] == "dry-run":
        lines.append("试运行，未作任何更改。" if zh else "A dry run; nothing was changed.")
    elif answer["state"] == "held":
        lines.append(
            f"批次 {answer['lot']} 在隔离中，须由个人信息保护负责人放行：dyepack lot admit {answer['lot']} …"
            if zh
            else f"Lot {answer['lot']} is in quarantine until the privacy officer admits it: dyepack lot admit LOT ..."
        )
    if answer["columns_left_out"]:
        columns = ", ".join(map(str, answer["columns_left_out"]))
        lines.append(f"未识别、未录入的列：{columns}" if zh else f"Columns not recognized and left out: {columns}")
    tally: dict[str, list[int]] = {}
    for problem in answer["problems"]:
        tally.setdefault(problem["code"], []).append(problem["row"])
    for code, rows in sorted(tally.items()):
        zh_text, en_text = _CODES.get(code, (code, code))
        shown = ", ".join(map(str, rows[:8])) + (" …" if len(rows) > 8 else "")
        lines.append(f"  {zh_text}：{len(rows)} 行（{shown}）" if zh else f"  {en_text}: {len(rows)} (rows {shown})")
    return "\n".join(lines)


def _lot_admit(answer: dict[str, Any], zh: bool) -> str:
    admitted, duplicates = answer["admitted"], answer["duplicates"]
    if zh:
        return f"已放行 {admitted} 条；{duplicates} 条与现有记录重复，仍在隔离。"
    return f"{admitted} records are open; {duplicates} repeat existing records and stay held."


def _lookup(answer: dict[str, Any], zh: bool) -> str:
    if not answer["records"]:
        return "没有找到。" if zh else "Nobody has this number."
    lines = []
    for record in answer["records"]:
        lines.append(record["token"])
        lines += [f"  {name}: {mask}" for name, mask in record["masks"].items()]
        lines += [f"  {name}: {text}" for name, text in record["plan"].items()]
    lines.append(f"[{'账本条目' if zh else 'ledger entry'} {answer['entry']}]")
    return "\n".join(lines)


def _approve_reveal(answer: dict[str, Any], zh: bool) -> str:
    return f"已批准，一次有效，至 {answer['expires']}。" if zh else f"Approved for one look until {answer['expires']}."


def _reveal(answer: dict[str, Any], zh: bool) -> str:
    return "\n".join([*answer["values"], f"[{'账本条目' if zh else 'ledger entry'} {answer['entry']}]"])


def _erase(answer: dict[str, Any], zh: bool) -> str:
    return (
        f"已删除：个人密钥已销毁，密文不再能打开。[账本条目 {answer['entry']}]"
        if zh
        else f"Erased: the key is destroyed. [ledger entry {answer['entry']}]"
    )


def _release_request(answer: dict[str, Any], zh: bool) -> str:
    if zh:
        return f"导出申请 {answer['release']}：{answer['rows']} 条，排除 {answer['left_out']} 条；等待审批。"
    return (
        f"Release {answer['release']}: {answer['rows']} records, {answer['left_out']} left out; it waits for approval."
    )


def _release_approve(answer: dict[str, Any], zh: bool) -> str:
    missing = ", ".join(answer["missing"])
    if missing:
        return f"已批准；还需：{missing}" if zh else f"Approved; still needed: {missing}"
    ready = answer["ready_at"]
    return f"已批准；{ready} 起可领取。" if zh else f"Approved; it can be collected from {ready}."


def _release_collect(answer: dict[str, Any], zh: bool) -> str:
    if zh:
        return f"已写出 {answer['out']}：{answer['rows']} 行（含蜜标），副本 {answer['copy']}。未加密封装，账本已注明。"
    return (
        f"Wrote {answer['out']}: {answer['rows']} rows, canaries among them, copy {answer['copy']}. "
        "The file is not sealed; the ledger says so."
    )


def _unsealed_needed(_answer: dict[str, Any], zh: bool) -> str:
    return (
        "此版本只能写出明文文件：请加 --unsealed 表示知悉，账本会注明。未作任何更改。"
        if zh
        else "This version writes clear files only: add --unsealed to say that you know; the ledger says so too. "
        "Nothing was changed."
    )


def _trace_list(answer: dict[str, Any], zh: bool) -> str:
    language = "zh" if zh else "en"
    words = answer["document"]["explanation"]
    lines = [words["finding"][language], words["strength"][language]]
    for part, title in _PARTS:
        if words.get(part):
            lines.append(title[0] if zh else title[1])
            lines += [f"  - {text[language]}" for text in words[part]]
    entry = "账本条目" if zh else "ledger entry"
    lines.append(f"[{'结论' if zh else 'verdict'} {answer['verdict']}, {entry} {answer['entry']}]")
    return "\n".join(lines)


def _ledger_audit(answer: dict[str, Any], zh: bool) -> str:
    if answer["whole"]:
        seen = ("已获法定见证。", "Witnessed by a quorum.") if answer["witnessed"] else ("未经见证。", "Not witnessed.")
        return (
            f"账本完整：{answer['size']} 条，根哈希与检查点一致。{seen[0]}"
            if zh
            else f"The log is whole: {answer['size']} entries, root as in the checkpoint. {seen[1]}"
        )
    return f"账本已被改动：{answer['finding']}" if zh else f"The log was changed: {answer['finding']}"


def _ledger_prove(answer: dict[str, Any], zh: bool) -> str:
    lines = [
        f"证据包已写出：{answer['out']}。验证：dyepack verify，或包内 verify.py。"
        if zh
        else f"Bundle written: {answer['out']}. Check it with dyepack verify, or with the verify.py inside."
    ]
    if answer["disclosed"]:
        count = answer["disclosed"]
        lines.append(
            f"含 {count} 个条目的细节明文；账本已记明由谁披露。请妥善保管。"
            if zh
            else f"It holds the details of {count} entries in clear; the ledger says who disclosed them. Keep it safe."
        )
    lines += [f"{name}: {words['zh' if zh else 'en']}" for name, words in answer["not_stamped"].items()]
    return "\n".join(lines)


def read_again_words(reading: "Reading", language: str) -> str:
    """What the product's own reading of a bundle adds to what ``verify.py`` printed."""
    zh = language == "zh"
    if reading.refuted is not None:
        return f"{'推翻：' if zh else 'REFUTED: '}{reading.refuted.sentence(language)}"
    lines = [
        f"以本程序重读：{reading.checkpoints} 个检查点的全部签名成立。"
        if zh
        else f"Read again by other code: all signatures of {reading.checkpoints} checkpoints hold."
    ]
    for token, time in reading.tokens:
        path, moment = token_path(token.size, token.authority), to_iso(time.t)
        if time.verified:
            lines.append(
                f"时间戳 {path}：签名与证书链成立，时间 {moment}。请与该机构公布的证书核对。"
                if zh
                else f"Timestamp {path}: signature and chain hold, {moment}. Compare its .pem with the published one."
            )
        else:
            lines.append(
                f"时间戳 {path}：已保存，未能解析（自述时间 {moment}），请用第 10 步的 openssl 命令核对。"
                if zh
                else f"Timestamp {path}: stored, not parsed (it says {moment}); run the openssl command of step 10."
            )
    for bound in reading.bounds:
        moment = to_iso(bound.t)
        if zh:
            lines.append(f"条目 {bound.index} {'不晚于' if bound.after else '不早于'} {moment}（{bound.authority}）。")
        else:
            said = "stood in the log no later" if bound.after else "was written no earlier"
            lines.append(f"Entry {bound.index} {said} than {moment}, stamped by {bound.authority}.")
    lines.append("成立（HOLDS）：两次读取一致。" if zh else "HOLDS: both readings agree.")
    return "\n".join(lines)


def _keeper_adopt(answer: dict[str, Any], zh: bool) -> str:
    serve = f"dyepack keeper serve --folder {answer['folder']} --socket {answer['socket']}"
    if zh:
        return f"钥匙已移到 {answer['folder']}，主目录中不再有钥匙。请以其属主账户启动：{serve}"
    return f"The keys are in {answer['folder']}; the home holds none. Start the keeper as their owner: {serve}"


def _keeper_serve(answer: dict[str, Any], zh: bool) -> str:
    return f"守钥服务正在监听 {answer['socket']}" if zh else f"The keeper listens on {answer['socket']}"


def _keeper_refused(answer: dict[str, Any], zh: bool) -> str:
    counts = ", ".join(f"{code} {count}" for code, count in sorted(answer["refused"].items()))
    return f"已拒绝：{counts}" if zh else f"Refused: {counts}"


def _keeper_trust(answer: dict[str, Any], zh: bool) -> str:
    key = f"{answer['believes']} (+{answer['key']})"
    if not answer["another_log"]:
        return (
            f"该日志此后只认密钥 {key}，其旧密钥作废；已见 {answer['size']} 条，日志须由此延续。"
            if zh
            else f"Of this log only the key {key} is believed now, no older one; {answer['size']} entries were seen, "
            "and it must continue them."
        )
    return (
        f"此前相信 {answer['believed']}（已见 {answer['size']} 条），现改为相信 {key}，从头开始；"
        "旧日志的回执一概不再启封。"
        if zh
        else f"Until now {answer['believed']} was believed ({answer['size']} entries seen). Now it is {key}, from its "
        "beginning; no receipt of the old log opens anything any more."
    )


def _ledger_tables(answer: dict[str, Any], zh: bool) -> str:
    if "whole" not in answer:
        counts = (answer["covered"], answer["size"], answer["entries"], answer["files"], f"{answer['bytes']:,}")
        if zh:
            text = "分析表已含账本 {1} 条中的 {0} 条（新增 {2} 条）：{3} 个文件，{4} 字节；其余由账本直接读取。"
            return text.format(*counts)
        return (
            "The analysis tables hold {} of {} entries ({} new) in {} files, {} bytes;"
            " the others are read from the log.".format(*counts)
        )
    if answer["whole"]:
        return (
            f"分析表与账本一致：{answer['files']} 个文件，{answer['checked']} 行。"
            if zh
            else f"The analysis tables are what the log says: {answer['files']} files, {answer['checked']} rows."
        )
    return str(answer["finding"]["zh" if zh else "en"])


def _witness_init(answer: dict[str, Any], zh: bool) -> str:
    return "\n".join(
        [
            f"见证人目录已建立：{answer['folder']}" if zh else f"The witness is ready: {answer['folder']}",
            _witness_keys(answer, zh),
            "下一步：dyepack witness log add 公钥；dyepack witness serve"
            if zh
            else "Next: dyepack witness log add VKEY; dyepack witness serve",
        ]
    )


def _witness_log_add(answer: dict[str, Any], zh: bool) -> str:
    if zh:
        return f"已认识日志 {answer['origin']}。请另经电话或合同核对此公钥：\n{answer['vkey']}"
    return f"The log {answer['origin']} is known. Compare its key by telephone or contract:\n{answer['vkey']}"


def _witness_keys(answer: dict[str, Any], zh: bool) -> str:
    title = "# 请将以下各行交给机构，写入其法定见证文件：" if zh else "# For the quorum file of the institution:"
    return "\n".join([title, *answer["quorum_lines"]])


_VERDICTS = {
    "fork": (
        "日志对同一条数签署了两个不同的根：历史已被改写，二者即为证明",
        "the log signed two roots of one size: its history was rewritten, and the two heads prove it",
    ),
    "empty": (
        "日志为零条签署了非空树的根：此树头自相矛盾",
        "the log signed a root of something for no entries: the head contradicts itself",
    ),
    "inconsistent": (
        "附带的一致性证明不成立：请机构出示两者之间的一致性证明，出示不了即历史已被改写",
        "the proof that came along does not hold: ask the institution for one; if it has none, it rewrote its history",
    ),
    "shorter": (
        "比已联署的更短：日志被回退或截断，或有人重发旧检查点；请机构出示两者之间的一致性证明",
        "shorter than what was cosigned: rolled back, cut, or an old one sent again; ask for a proof between the two",
    ),
}


def _witness_evidence(answer: dict[str, Any], zh: bool) -> str:
    if not answer["evidence"]:
        return "没有留存任何请求。" if zh else "Nothing was kept."
    lines = []
    for item in answer["evidence"]:
        told_zh, told_en = _VERDICTS[item["verdict"]]
        lines.append(f"{item['number']}  {item['received']}  {item['origin']}  {item['verdict']}")
        lines.append(f"   {told_zh}。" if zh else f"   {told_en}.")
        for part, title in (("cosigned", ("已联署", "cosigned")), ("signed", ("日志签署", "signed by the log"))):
            if item[part]:
                size, root = item[part]["size"], item[part]["root"]
                lines.append(f"   {title[0]}：{size} 条  {root}" if zh else f"   {title[1]}: {size} entries  {root}")
        lines += [f"   {path}" for path in item.get("files", ())]
    return "\n".join(lines)


_SAYINGS: dict[str, Callable[[dict[str, Any], bool], str]] = {
    "init": _init,
    "actor-add": _actor_add,
    "actor-list": _actor_list,
    "intake": _intake,
    "lot-admit": _lot_admit,
    "lookup": _lookup,
    "approve-reveal": _approve_reveal,
    "reveal": _reveal,
    "erase": _erase,
    "release-request": _release_request,
    "release-approve": _release_approve,
    "release-collect": _release_collect,
    "unsealed-needed": _unsealed_needed,
    "trace-list": _trace_list,
    "ledger-audit": _ledger_audit,
    "ledger-prove": _ledger_prove,
    "keeper-adopt": _keeper_adopt,
    "keeper-serve": _keeper_serve,
    "keeper-refused": _keeper_refused,
    "keeper-trust": _keeper_trust,
    "ledger-tables": _ledger_tables,
    "witness-init": _witness_init,
    "witness-log-add": _witness_log_add,
    "witness-keys": _witness_keys,
    "witness-evidence": _witness_evidence,
    **LOG_SAYINGS,
}
