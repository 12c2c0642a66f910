"""What is shown in place of a value: enough to tell two records apart, too little to call or find anyone.

One function per way of masking, one table from catalog field to function. A mask takes the *normal form*; it never
fails on a value that is not in normal form (old data, other countries) but then shows less. Its length says nothing
about the value's length. Fields of a data subject's plan (school, grade, country, ...) are shown in full by design.
"""

import re
from collections.abc import Callable

from dyepack.identifiers.characters import is_cjk
from dyepack.identifiers.errors import UnknownKindError
from dyepack.identifiers.phone import mask_phone

HIDDEN = "***"
_PROVINCE_AND_CITY = re.compile(
    r"((?:[^\W\d_]{2,8}?(?:省|自治区|特别行政区))?(?:[^\W\d_]{2,10}?(?:市|自治州|地区|盟))?)(.*)", re.DOTALL
)


def mask(kind: str, normal_form: str) -> str:
    """The mask of a value.

    Args:
        kind: Field id of the catalog, such as ``phone``.
        normal_form: What the module of that kind returned.

    Raises:
        UnknownKindError: No mask is defined for this field; nothing is shown by guess.
    """
    masker = _MASKS.get(kind)
    if masker is None:
        raise UnknownKindError(field=kind)
    return masker(normal_form) if normal_form else ""


def mask_name(name: str) -> str:
    """``王**`` or ``W***``."""
    return name[0] + ("**" if is_cjk(name[0]) else HIDDEN)


def mask_email(address: str) -> str:
    """``w***@e***.com``."""
    local, at, domain = address.rpartition("@")
    host, dot, top = domain.rpartition(".")
    if not (local and at and host and dot):
        return HIDDEN
    return f"{local[0]}{HIDDEN}@{host[0]}{HIDDEN}.{top}"


def mask_landline(number: str) -> str:
    """``010-****0012``: area code and last four."""
    area, dash, rest = number.partition("-")
    subscriber = rest.partition("-")[0]
    if not dash or len(subscriber) < 7:
        return HIDDEN
    return f"{area}-****{subscriber[-4:]}"


def mask_address(address: str) -> str:
    """Province and city, ``浙江省杭州市***``."""
    found = _PROVINCE_AND_CITY.fullmatch(address)
    return (found[1] if found else "") + HIDDEN


def _first_two(account: str) -> str:
    return account[:2] + HIDDEN if len(account) > 4 else HIDDEN


def _first_and_last_two(number: str) -> str:
    return number[0] + HIDDEN + number[-2:] if len(number) > 5 else HIDDEN


def _last_two(number: str) -> str:
    return HIDDEN + number[-2:] if len(number) > 4 else HIDDEN


def _year(day: str) -> str:
    return day[:4] if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day) else HIDDEN


def _phone(number: str) -> str:
    return mask_phone(number) if re.fullmatch(r"\+[0-9]{6,15}", number) else HIDDEN


def _in_full(value: str) -> str:
    return value


_MASKS: dict[str, Callable[[str], str]] = {
    "name": mask_name,
    "latin_name": mask_name,
    "guardian_name": mask_name,
    "birth_date": _year,
    "phone": _phone,
    "guardian_phone": _phone,
    "landline": mask_landline,
    "email": mask_email,
    "wechat": _first_two,
    "guardian_wechat": _first_two,
    "qq": _first_two,
    "address": mask_address,
    "citizen_id": _first_and_last_two,
    "passport_no": _first_and_last_two,
    "exam_candidate_no": _last_two,
    **dict.fromkeys(
        (
            "gender",
            "guardian_relation",
            "school",
            "class_group",
            "grade",
            "target_country",
            "intake_season",
            "budget_band",
            "target_program",
            "study_plan",
            "remark",
        ),
        _in_full,
    ),
}
