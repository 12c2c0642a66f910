"""WeChat ids and QQ numbers: names of accounts that people give in place of a number.

Both are only recognizable beside a word that announces them; here is checked what such a word announces.
"""

import re

from dyepack.identifiers.characters import fold
from dyepack.identifiers.errors import IdentifierError, NotAQqError, NotAWechatError
from dyepack.identifiers.phone import normalize_phone

_LABEL = re.compile(r"(?:微信号?|wechat|weixin|wx|vx|qq号?|扣扣)\s*[:：]\s*", re.IGNORECASE)
_WECHAT = re.compile(r"wxid_[A-Za-z0-9]{6,20}|[A-Za-z][-_A-Za-z0-9]{5,19}")
_QQ = re.compile(r"([1-9][0-9]{4,10})(?:\.0)?")


def normalize_wechat(text: str) -> str:
    """The WeChat id as its owner writes it; a mobile number, by which WeChat also finds people, as its 11 digits.

    Raises:
        NotAWechatError: Neither an id nor a mainland mobile number.
    """
    bare = _LABEL.sub("", fold(text).strip(), count=1).strip()
    if _WECHAT.fullmatch(bare):
        return bare
    try:
        number = normalize_phone(bare)
    except IdentifierError:
        raise NotAWechatError from None
    if not number.startswith("+86"):
        raise NotAWechatError
    return number.removeprefix("+86")


def wechat_key(normal_form: str) -> str:
    """The form by which ids are compared: case does not matter to WeChat."""
    return normal_form.lower()


def normalize_qq(text: str) -> str:
    """The QQ number as 5-11 digits.

    Raises:
        NotAQqError: Not such a number.
    """
    shape = _QQ.fullmatch(_LABEL.sub("", fold(text).strip(), count=1).replace(" ", ""))
    if shape is None:
        raise NotAQqError
    return shape[1]
