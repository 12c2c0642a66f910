"""What a phone number, an e-mail address, a resident id or a name *is*, however it was written down.

Pure functions in one shape: ``normalize_x(text)`` gives the normal form or raises an error that never holds the value.
All other rooms compare normal forms only; ``mask`` is what may be shown of them.
"""

from dyepack.identifiers.calendar_date import normalize_date
from dyepack.identifiers.citizen_id import check_digit, citizen_birth_date, citizen_gender, normalize_citizen_id
from dyepack.identifiers.email import email_key, normalize_email
from dyepack.identifiers.errors import CheckDigitError, DamagedNumberError, IdentifierError
from dyepack.identifiers.landline import normalize_landline
from dyepack.identifiers.mask import mask
from dyepack.identifiers.masked_phone import MaskedPhone, masked_phone
from dyepack.identifiers.messenger import normalize_qq, normalize_wechat, wechat_key
from dyepack.identifiers.name import PersonName, looks_like_full_name, name_key, normalize_name, split_name
from dyepack.identifiers.name_tables import NameTables, name_tables
from dyepack.identifiers.passport import is_chinese_passport, normalize_passport
from dyepack.identifiers.phone import find_phones, is_phone, mask_phone, normalize_phone, split_phones

__all__ = [
    "CheckDigitError",
    "DamagedNumberError",
    "IdentifierError",
    "MaskedPhone",
    "NameTables",
    "PersonName",
    "check_digit",
    "citizen_birth_date",
    "citizen_gender",
    "email_key",
    "find_phones",
    "is_chinese_passport",
    "is_phone",
    "looks_like_full_name",
    "mask",
    "mask_phone",
    "masked_phone",
    "name_key",
    "name_tables",
    "normalize_citizen_id",
    "normalize_date",
    "normalize_email",
    "normalize_landline",
    "normalize_name",
    "normalize_passport",
    "normalize_phone",
    "normalize_qq",
    "normalize_wechat",
    "split_name",
    "split_phones",
    "wechat_key",
]
