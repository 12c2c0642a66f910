"""Errors of the identifiers: what a written value is not.

DyepackError
└── IdentifierError
    ├── NotAPhoneError             no mainland mobile and no ``+`` number
    ├── DamagedNumberError         a spreadsheet has rounded the digits away (``1.38E+10``)
    ├── NotALandlineError          no area code with a number of 7-8 digits
    ├── NotAnEmailError
    ├── NotAWechatError
    ├── NotAQqError
    ├── NotACitizenIdError         not 18 places, unknown province or no calendar day in it
    ├── CheckDigitError            18 places of the right shape, but the check digit is another one
    ├── NotAPassportError
    ├── NotANameError
    ├── NotADateError
    └── UnknownKindError           no mask is defined for this field

No sentence holds the value: it may be a person's, only misspelled.
"""

from dyepack.terms.errors import DyepackError, Outcome


class IdentifierError(DyepackError):
    """Base of this room."""

    code = "identifiers.error"
    outcome = Outcome.BAD_INPUT


class NotAPhoneError(IdentifierError):
    """No mobile number."""

    code = "identifiers.phone"
    en = "This is not a mobile number: write 11 digits, or + and the country code."
    zh = "这不是手机号：请填写 11 位数字，境外号码以 + 和国家代码开头。"


class DamagedNumberError(IdentifierError):
    """Digits were lost before the value came to us."""

    code = "identifiers.damaged"
    en = "A spreadsheet has rounded this number and digits are lost: format the column as text and enter it again."
    zh = "该号码被表格软件按科学计数法取整，尾数已丢失：请将该列设为文本后重新填写。"


class NotALandlineError(IdentifierError):
    """No landline number."""

    code = "identifiers.landline"
    en = "This is not a landline: write the area code and 7 or 8 digits."
    zh = "这不是固定电话：请填写区号和 7 至 8 位号码。"


class NotAnEmailError(IdentifierError):
    """No e-mail address."""

    code = "identifiers.email"
    en = "This is not an e-mail address: write name@domain."
    zh = "这不是电子邮箱：请按 名称@域名 填写。"


class NotAWechatError(IdentifierError):
    """No WeChat id."""

    code = "identifiers.wechat"
    en = (
        "This is not a WeChat id: write 6 to 20 letters, digits, - or _, beginning with a letter, or the mobile number."
    )
    zh = "这不是微信号：请填写 6 至 20 位字母、数字、减号或下划线（以字母开头），或绑定的手机号。"


class NotAQqError(IdentifierError):
    """No QQ number."""

    code = "identifiers.qq"
    en = "This is not a QQ number: write 5 to 11 digits."
    zh = "这不是 QQ 号：请填写 5 至 11 位数字。"


class NotACitizenIdError(IdentifierError):
    """No resident identity number."""

    code = "identifiers.citizen-id"
    en = "This is not a resident id: write all 18 places, with a real birth date inside."
    zh = "这不是居民身份证号：请填写完整 18 位，且出生日期须真实存在。"


class CheckDigitError(IdentifierError):
    """The last place does not follow from the first 17 (GB 11643-1999)."""

    code = "identifiers.citizen-id-check-digit"
    en = "The check digit of this resident id does not fit: one of its places is mistyped; compare it with the card."
    zh = "身份证号校验位不符：其中有一位填写有误，请对照证件核对。"


class NotAPassportError(IdentifierError):
    """No passport number."""

    code = "identifiers.passport"
    en = "This is not a passport number: write its 7 to 9 letters and digits."
    zh = "这不是护照号：请填写 7 至 9 位字母和数字。"


class NotANameError(IdentifierError):
    """No name."""

    code = "identifiers.name"
    en = "This is not a name: write 1 to 64 characters without digits."
    zh = "这不是姓名：请填写 1 至 64 个字，不含数字。"


class NotADateError(IdentifierError):
    """No calendar day."""

    code = "identifiers.date"
    en = "This is not a date: write year, month and day, such as 2003-05-01."
    zh = "这不是日期：请按年月日填写，例如 2003-05-01。"


class UnknownKindError(IdentifierError):
    """A field for which nobody has said how it is masked."""

    code = "identifiers.unknown-kind"
    en = "No mask is defined for the field {field}: define one before storing it."
    zh = "字段 {field} 没有定义掩码方式：请先定义再存储。"
