"""A plaintext that does not slip out: every accidental way to print it shows its mask or raises.

Only a door of the vault calls ``disclose``. Python cannot wipe memory (``docs/limitations.md``).
"""

from typing import Any, Generic, NoReturn, TypeVar

T = TypeVar("T")


class Sensitive(Generic[T]):
    """A value of a person, with the mask that may be shown instead."""

    __slots__ = ("__value", "mask")

    def __init__(self, value: T, mask: str = "***") -> None:
        """Wrap ``value``; ``mask`` is what any form of printing shows."""
        self.__value = value
        self.mask = mask

    def disclose(self) -> T:
        """The plaintext. A caller of this line is a door; the architecture tests list them."""
        return self.__value

    def __repr__(self) -> str:
        return f"Sensitive({self.mask})"

    def __str__(self) -> str:
        return self.mask

    def __format__(self, spec: str) -> str:
        return format(self.mask, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and bool(self.__value == other.disclose())

    def __hash__(self) -> int:
        return hash((Sensitive, self.mask))

    def __reduce__(self) -> NoReturn:
        msg = "a sensitive value is never serialized"
        raise TypeError(msg)

    def __getstate__(self) -> Any:
        msg = "a sensitive value is never serialized"
        raise TypeError(msg)
