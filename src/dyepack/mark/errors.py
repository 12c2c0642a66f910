"""Errors of the marks.

DyepackError
└── MarkError
    ├── BadRuleError            a table of variants cannot be used
    ├── BadManifestError        bytes are not a manifest
    ├── ManifestBrokenError     a manifest is not the one that the ledger committed to
    ├── KeyUnavailableError     the keeper gives no mark key
    ├── KeyMismatchError        the keys given are not those that the plan committed to
    ├── RowsDifferError         the rows to mark are not those of the plan
    ├── LinesExhaustedError     no free number is left for a canary
    └── NamesExhaustedError     the name tables give no name that nobody bears
"""

from dyepack.terms.errors import DyepackError, Outcome


class MarkError(DyepackError):
    """Base of this room."""

    code = "mark.error"


class BadRuleError(MarkError):
    """A rule of the variant table breaks the table's grammar."""

    code = "mark.bad-rule"
    outcome = Outcome.BAD_INPUT
    en = "Rule {rule} of the variant table cannot be used ({detail}). Correct the table; ids are never reused."
    zh = "变体表第 {rule} 条规则不可用（{detail}）。请更正该表；规则编号不得重复使用。"


class BadManifestError(MarkError):
    """Bytes that are not a manifest, or not in its one canonical form."""

    code = "mark.bad-manifest"
    outcome = Outcome.BAD_INPUT
    en = "This is not a manifest of a marked copy ({detail}). Take it from the register or from a backup."
    zh = "这不是标记副本的清单（{detail}）。请从登记库或备份中取回。"


class ManifestBrokenError(MarkError):
    """A manifest whose digest differs from its ledger entry: the copy is not evaluated."""

    code = "mark.manifest-broken"
    en = "The manifest of copy {copy} is not the one in the ledger; the copy is not evaluated. Restore the register."
    zh = "副本 {copy} 的清单与账本所记不符，该副本不参与判读。请恢复登记库。"


class KeyUnavailableError(MarkError):
    """No key, no copy: there is no unmarked fallback."""

    code = "mark.key-unavailable"
    outcome = Outcome.UNAVAILABLE
    en = "The keeper gives no mark key now, so no copy is made. Start the keeper and try again."
    zh = "密钥保管方目前不提供标记密钥，因此不生成副本。请启动保管方后重试。"


class KeyMismatchError(MarkError):
    """The keys of a copy are not those whose hashes were committed before the copy existed."""

    code = "mark.key-mismatch"
    en = "The keys of copy {copy} are not those committed in the ledger; nothing was made. Request the release again."
    zh = "副本 {copy} 的密钥与账本承诺不符，未生成任何内容。请重新申请导出。"


class RowsDifferError(MarkError):
    """The rows handed over for marking are not the frozen set of the plan."""

    code = "mark.rows-differ"
    en = "The rows to mark are not the {planned} rows that were planned; nothing was made. Request the release again."
    zh = "待标记的行与计划的 {planned} 行不一致，未生成任何内容。请重新申请导出。"


class LinesExhaustedError(MarkError):
    """Every number of the canary lines is taken, or belongs to a person of the vault."""

    code = "mark.lines-exhausted"
    outcome = Outcome.UNAVAILABLE
    en = "No free number is left for a canary. Add numbers to the file of mark.lines."
    zh = "蜜标号码已用完。请在 mark.lines 文件中补充号码。"


class NamesExhaustedError(MarkError):
    """No name was found that is rare enough and borne by nobody in the vault."""

    code = "mark.names-exhausted"
    outcome = Outcome.UNAVAILABLE
    en = "No free name for a canary was found in {tries} draws. Use the full name tables."
    zh = "抽取 {tries} 次仍未得到可用的蜜标姓名。请使用完整的姓名表。"
