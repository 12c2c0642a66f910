"""Canonical JSON (RFC 8785) of the values that Dyepack writes.

ASCII keys; strings, booleans, null, integers within ±(2^53-1), lists and objects. Floats are refused: their
canonical form is a trap and nothing that is hashed here needs one. Under these limits sorted keys and orjson's
escapes *are* RFC 8785, which a property test compares with the ``rfc8785`` package.
"""

from typing import Any

import orjson

SAFE_INTEGER = 2**53 - 1


def canonical_json(value: Any) -> bytes:
    """UTF-8 bytes of the one canonical form.

    Raises:
        ValueError: A float, a key that is not ASCII text, an integer beyond ±(2^53-1), a lone surrogate.
    """
    _check(value)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:  # orjson raises a TypeError subclass for lone surrogates
        msg = "not a JSON text"
        raise ValueError(msg) from error


def _check(value: Any) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if not -SAFE_INTEGER <= value <= SAFE_INTEGER:
            msg = "integer out of range"
            raise ValueError(msg)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                msg = "keys are ASCII text"
                raise ValueError(msg)
            _check(item)
    else:
        msg = f"no canonical form for {type(value).__name__}"
        raise ValueError(msg)
