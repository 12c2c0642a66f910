"""Errors of the primitives.

DyepackError
└── CryptoError
    ├── UnsealError         a ciphertext, tag or associated data is not what was sealed
    ├── SignatureError      a signature does not verify
    ├── TimestampError      a timestamp does not prove what it should
    │   └── TimestampUnparsedError   the library cannot read it
    └── UnsupportedError    the installed library lacks a primitive that we need
"""

from dyepack.terms.errors import DyepackError, Outcome


class CryptoError(DyepackError):
    """Base of this room."""

    code = "crypto.error"


class UnsealError(CryptoError):
    """Authentication failed: wrong key, changed bytes, or bytes moved to another place."""

    code = "crypto.unseal"
    en = "A sealed value was changed or moved; nothing was opened. Restore it from a backup of the vault."
    zh = "封存内容被改动或移位，未启封。请用保险库备份恢复。"


class SignatureError(CryptoError):
    """A signature does not verify under this key."""

    code = "crypto.signature"
    en = "A signature does not verify."
    zh = "签名验证不通过。"


class TimestampError(CryptoError):
    """A response of a timestamp authority does not hold."""

    code = "crypto.timestamp"
    en = "A timestamp was not obtained or does not hold ({why}); compare the chain of certificates, ask again."
    zh = "未取得时间戳，或时间戳不成立（{why}）：请核对证书链，并重新申请。"


class TimestampUnparsedError(TimestampError):
    """The response may be good for other software."""

    code = "crypto.timestamp-unparsed"
    en = "A timestamp is stored but cannot be parsed here ({why}); check it with `openssl ts -verify`."
    zh = "时间戳已保存，但此处无法解析（{why}）：请用 `openssl ts -verify` 核对。"


class UnsupportedError(CryptoError):
    """OpenSSL is too old for AES-256-GCM-SIV (needs 3.2)."""

    code = "crypto.unsupported"
    outcome = Outcome.UNAVAILABLE
    en = "This build of OpenSSL has no AES-256-GCM-SIV; install the pinned version of the cryptography package."
    zh = "当前 OpenSSL 不支持 AES-256-GCM-SIV，请安装锁定版本的 cryptography 包。"
