"""Errors of the primitives.

DyepackError
└── CryptoError
    ├── UnsealError         a ciphertext, tag or associated data is not what was sealed
    ├── SignatureError      a signature does not verify
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


class UnsupportedError(CryptoError):
    """OpenSSL is too old for AES-256-GCM-SIV (needs 3.2)."""

    code = "crypto.unsupported"
    outcome = Outcome.UNAVAILABLE
    en = "This build of OpenSSL has no AES-256-GCM-SIV; install the pinned version of the cryptography package."
    zh = "当前 OpenSSL 不支持 AES-256-GCM-SIV，请安装锁定版本的 cryptography 包。"
