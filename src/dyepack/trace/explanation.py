"""The verdict in plain words, zh and en: for the desk, the command line and the case, from the verdict alone.

Every sentence about somebody says *copy*: a mark names a copy, not a deed. No sentence holds a number that the JSON
does not hold, and none calls anybody guilty.
"""

from collections.abc import Mapping, Sequence

from dyepack.trace.rounding import fact_printed, log10_printed
from dyepack.trace.verdict import Exonerating, Note, PersonVerdict, Reason, Summary, Text, Tier, Verdict


def _text(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


_INSIDE = _text(
    "泄露的名单至少出自我们发出的一份副本；尚不具备指明具体个人或小组的条件。",
    "The leaked list was made from at least one copy that we released. Whose copy is not said: the rules for naming a "
    "person or a small group are not met.",
)
_NOTHING = _text(
    "证据不足以指明任何人：没有一份副本被证明是这份名单的来源。",
    "The evidence names nobody: no copy is shown to be the source of the list.",
)
_NOT_OURS = _text(
    "这份名单看来不是我们的：其中没有任何一份副本的蜜标，也只有极少的行属于我们的记录。",
    "The list does not look like ours: no planted row of any copy stands in it, and only few of its rows belong to our "
    "records.",
)
_VOID = _text(
    "过多持有人的蜜标同时出现，说明泄露可能发生在账本之下（例如数据库或备份被窃）；副本证据作废，不指明任何人。",
    "Planted rows of too many holders stand in the list at once. The leak may lie below the ledger (a stolen database "
    "or backup), so the evidence of every copy is void and names nobody.",
)
_NOT_CLEARED = _text(
    "没有指明任何人，不等于没有人泄露。",
    "That nobody is named does not show that nobody leaked.",
)
_ASSUMPTIONS = (
    _text(
        "蜜标与标记是保密的随机选择，并在副本产生之前已写入账本。",
        "Planted rows and marks are secret random choices, fixed in the ledger before the copy existed.",
    ),
    _text(
        "每份副本只有其接收方持有；除经由该接收方外，没有途径得到其中的蜜标。",
        "Nobody but its recipient held a copy, and no way to its planted rows leads around that recipient.",
    ),
    _text(
        "蜜标号码随机抽取，他人无从得知；名单中出现的同范围其他号码已按猜测计入，只会削弱证据。",
        "The numbers of planted rows were drawn at random from a range; other numbers of that range in the lists count "
        "as guesses and weaken the evidence.",
    ),
    _text(
        "所有副本和所有看过记录的账号在看到结果之前已列入框架。",
        "All copies, and all accounts that were shown records, were in the frame before any result was seen.",
    ),
    _text(
        "标记密钥只在我们手中，没有人用它伪造这份名单。",
        "The keys of the marks were in our hands only, and nobody used them to make this list.",
    ),
)
_REFUTERS = (
    _text(
        "证明蜜标或密钥另有人知道：入侵、备份外流或密钥保管人员。",
        "Proof that somebody else knew the planted rows or the keys: a break-in, a backup, the operator of the keeper.",
    ),
    _text(
        "证明接收方的账号、设备或文件被他人使用。",
        "Proof that somebody else used the recipient's account, device or file.",
    ),
    _text(
        "同一泄露的另一份名单中出现其他副本的蜜标。",
        "Another list of the same leak with planted rows of other copies.",
    ),
    _text(
        "另一名分析员用相同的输入得不到相同的数字。",
        "A second analyst who does not get the same numbers from the same inputs.",
    ),
)
_MORE = (
    _text(
        "同一泄露的更多行或另一份名单可能改变结论。",
        "More rows, or another list of the same leak, may change this.",
    ),
)
_NEXT = {
    Tier.PERSON: (
        _text("立案，并告知该接收方，听取其答辩。", "Open a case, tell the recipient, and hear the answer."),
        _text("由另一名分析员独立复算。", "Have a second analyst reproduce the numbers."),
        _text(
            "由两人作出决定；任何措施都不得仅凭计算结果作出。",
            "Two persons decide; no measure follows from a computation alone.",
        ),
    ),
    Tier.GROUP: (
        _text("立案；对组内所有人采取相同措施。", "Open a case; measures are the same for everybody in the group."),
        _text("寻找能区分组内各人的证据。", "Look for evidence that tells its members apart."),
    ),
    Tier.INSIDE: (
        _text(
            "立案；对所有接收方采取相同的止损措施。",
            "Open a case; contain the leak in the same way with all recipients.",
        ),
        _text("寻找同一泄露的其他名单。", "Look for other lists of the same leak."),
    ),
    Tier.NONE: (
        _text("保存名单；任何名字都不得离开分析员的屏幕。", "Keep the list; no name leaves the analyst's screen."),
        _text(
            "如有同一来源的其他名单，并入本案重新分析。",
            "Add other lists of the same source to this case and run again.",
        ),
    ),
}
_NOTES = {
    "breach-below-ledger": _VOID,
    "single-holder-keys": _text(
        "标记密钥只由我们一方持有，没有第二持钥方。",
        "The keys of the marks are held by us alone; there is no second holder.",
    ),
    "shared-credential-untested": _text(
        "尚未检验账号是否被他人使用，或副本是否被他人复制。",
        "Whether somebody else used the account, or copied the copy, has not been tested.",
    ),
    "unknown-origin-list": _text(
        "至少一份名单中没有我们的完整蜜标，可能另有来源。",
        "At least one list holds no whole planted row of ours and may have another origin.",
    ),
    "groups-not-declared": _text(
        "没有申报外部持有群；后验概率不考虑他们。",
        "No outside holders were declared; the posterior does not consider them.",
    ),
    "few-items": _text("关联到记录的行很少。", "Only few rows were linked to records."),
    "overlap-high": _text(
        "另有人看过几乎相同的记录；关联的行不能区分他们，只有标记和蜜标能。",
        "Somebody else was shown nearly the same records; linked rows cannot tell them apart, only marks and planted "
        "rows can.",
    ),
}


def summary(verdict: Verdict, names: Mapping[str, str]) -> Summary:
    """The plain-words summary; ``names`` maps suspects to the name printed, ids stay where there is none."""
    tier = verdict.decision.tier
    named = _named(verdict)
    refuters = _REFUTERS if tier is not Tier.NONE else _MORE
    return Summary(
        finding=_finding(verdict, names),
        strength=_strength(verdict),
        rests_on=_rests_on(verdict, names),
        assumptions=_ASSUMPTIONS,
        refuters=refuters,
        in_favor=tuple(_speaks_for(item, names) for item in verdict.exonerating),
        next_steps=_NEXT[tier],
        release_path=verdict.release_paths if named else (),
    )


def statement(verdict: Verdict, names: Mapping[str, str]) -> Text:
    """Finding, strength, assumptions, and what would refute it, in one paragraph."""
    told = summary(verdict, names)
    return _text(
        f"结论：{told.finding.zh}强度：{told.strength.zh}假设：{''.join(t.zh for t in told.assumptions)}"
        f"下列情形可推翻结论：{''.join(t.zh for t in told.refuters)}",
        f"Finding: {told.finding.en} Strength: {told.strength.en} Assumptions: "
        f"{' '.join(t.en for t in told.assumptions)} What would refute it: {' '.join(t.en for t in told.refuters)}",
    )


def note_text(note: Note) -> Text:
    """A reservation as a sentence."""
    return _NOTES[note.code]


def one_in(alpha: float) -> Text:
    """A bound in words: "1 of 1,000 cases"; as a share where it is no whole number of cases."""
    cases = round(1.0 / alpha)
    if abs(cases * alpha - 1.0) > 1e-9:
        return _text(f"至多占全部案件的 {alpha}", f"a share of {alpha} of all cases")
    return _text(f"每 {cases:,} 个案件中至多 1 个", f"1 of {cases:,} cases")


def _named(verdict: Verdict) -> tuple[str, ...]:
    return verdict.decision.accused + (verdict.decision.group or ())


def _finding(verdict: Verdict, names: Mapping[str, str]) -> Text:
    decision = verdict.decision
    printed = [names.get(suspect, suspect) for suspect in _named(verdict)]
    zh, en = "、".join(f"「{name}」" for name in printed), _joined(printed)
    if decision.tier is Tier.PERSON:
        noun = "the copy" if len(printed) == 1 else "copies"
        return _text(f"泄露的名单出自{zh}持有的副本。", f"The leaked list was made from {noun} held by {en}.")
    if decision.tier is Tier.GROUP:
        return _text(
            f"泄露的名单至少出自下列一方持有的副本：{zh}。现有证据不能区分他们。",
            f"The leaked list was made from a copy held by at least one of {en}. The evidence does not "
            "tell them apart.",
        )
    if decision.tier is Tier.INSIDE:
        return _INSIDE
    if any(note.code == "breach-below-ledger" for note in verdict.reliability.notes):
        return _VOID
    return _NOT_OURS if decision.reason is Reason.NOT_OURS else _NOTHING


def _strength(verdict: Verdict) -> Text:
    limit = one_in(verdict.frame.alpha)
    bound = _text(
        f"若全部假设成立，这样的方法误指无辜者的情形{limit.zh}。这是方法的性质，不是某人泄露的概率。",
        f"If all assumptions hold, a method like this names an innocent in at most {limit.en}. This is a property of "
        "the method, not the probability that somebody did it.",
    )
    if verdict.decision.tier is not Tier.NONE:
        return bound
    return _text(_NOT_CLEARED.zh + bound.zh, f"{_NOT_CLEARED.en} {bound.en}")


def _rests_on(verdict: Verdict, names: Mapping[str, str]) -> tuple[Text, ...]:
    named = _named(verdict)
    told = [t for person in verdict.persons if person.actor in named for t in _weight(person, names)]
    for group in verdict.groups:
        if group.kind == "minimal":
            power = log10_printed(group.log10_e)
            told.append(_text(f"上述各方合计证据值 10^{power}。", f"All of these together: evidence 10^{power}."))
    hits, items = verdict.evidence.hits.list, verdict.evidence.items
    told.append(
        _text(
            f"名单中共有 {hits} 个完整蜜标；关联到我们记录的有 {items} 条，只用于说明和排序，不作为指明任何人的依据。",
            f"Whole planted rows in the lists: {hits}. Records of ours that were linked: {items}; they explain and "
            "rank, and count against nobody.",
        )
    )
    return tuple(told)


def _weight(person: PersonVerdict, names: Mapping[str, str]) -> list[Text]:
    name = names.get(person.actor, person.actor)
    hits, planted = person.design.hits["list"], person.design.canaries
    found = [
        _text(
            f"「{name}」：只有其副本才有的 {planted} 个蜜标中，名单里出现了 {hits} 个。",
            f"{name}: of {planted} planted rows that only this recipient's copies held, {hits} stand in the lists.",
        )
    ]
    for copy in person.design.copies:
        power = log10_printed(copy.log10_m)
        found.append(
            _text(
                f"「{name}」：副本 {copy.copy} 的标记，证据值 10^{power}。",
                f"{name}: marks of copy {copy.copy}, evidence 10^{power}.",
            )
        )
    needed = next(fact_printed(r.detail["needed"]) for r in person.requirements if r.code == "bound")
    total = log10_printed(person.log10_e)
    found.append(
        _text(
            f"「{name}」：合计证据值 10^{total}；指明一方需要 10^{needed}。",
            f"{name}: evidence in all 10^{total}; naming one party needs 10^{needed}.",
        )
    )
    return found


def _speaks_for(item: Exonerating, names: Mapping[str, str]) -> Text:
    name = names.get(item.actor, item.actor)
    facts = {key: fact_printed(value) for key, value in item.detail.items()}
    if item.code == "silent-canaries":
        return _text(
            f"对「{name}」有利：其副本的 {facts['of']} 个蜜标中有 {facts['silent']} 个没有出现"
            f"（若名单出自该副本，至少如此沉默的概率为 {facts['probability']}）。",
            f"For {name}: {facts['silent']} of {facts['of']} planted rows stayed silent (probability of so "
            f"much silence if the list was made from that copy: {facts['probability']}).",
        )
    if item.code == "items-not-exposed":
        return _text(
            f"对「{name}」有利：名单中有 {facts['items']} 条记录从未向其披露。",
            f"For {name}: {facts['items']} linked records were never shown to that party.",
        )
    return _text(
        f"对「{name}」有利：另有 {facts['suspects']} 方看过的关联记录不比其少。",
        f"For {name}: {facts['suspects']} other parties were shown at least as many of the linked records.",
    )


def _joined(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
