"""How numbers are printed: one rule each, used by the schema, the sentences and the picture alike."""

import math

PLACES = 4
_UNIT = 10_000
LOG10_FLOOR = -99.0


def log10_printed(value: float) -> float:
    """Four decimals; below -99, and for no evidence at all, -99."""
    return max(LOG10_FLOOR, round(value, PLACES)) + 0.0  # + 0.0: never print -0.0


def share_printed(value: float) -> float:
    """Four decimals, kept in [0, 1]."""
    return round(min(1.0, max(0.0, float(value))), PLACES)


def ceiling_printed(value: float) -> float:
    """Four decimals, rounded up: a bound is never printed smaller than it is."""
    return min(1.0, math.ceil(value * _UNIT) / _UNIT)


def fact_printed(value: float) -> float | int:
    """Integers as they are, other numbers with four decimals."""
    return value if isinstance(value, int) else round(value, PLACES)
