"""What a quorum file says in numbers, against all subsets of its witnesses."""

from itertools import combinations

import pytest

from dyepack.ledger import KeyKind, note_key, parse_quorum, reading
from fakes.ledger_logs import VKEY

NAMES = "abcdef"
KEYS = {name: note_key(f"{name}.example", bytes([n]) * 32, KeyKind.COSIGNATURE) for n, name in enumerate(NAMES)}
WITNESSES = "".join(f"witness {name} {key.vkey}\n" for name, key in KEYS.items())


@pytest.mark.parametrize(
    "rest",
    [
        "quorum a\n",
        "group q all a b c\nquorum q\n",
        "group q 3 a b c d\nquorum q\n",
        "group x all a b\ngroup y 3 c d e f\ngroup q all x y\nquorum q\n",
        "group x any a b\ngroup y 2 c d e\ngroup q 2 x y f\nquorum q\n",
    ],
)
def test_the_numbers_are_those_of_every_subset(rest):
    quorum = parse_quorum(f"log {VKEY}\n{WITNESSES}{rest}")
    sets = [set(some) for size in range(len(KEYS) + 1) for some in combinations(KEYS.values(), size)]
    document = reading(quorum)

    assert document["fewest"] == min(len(some) for some in sets if quorum.satisfied(some))
    blocking = min(len(some) for some in sets if not quorum.satisfied(set(KEYS.values()) - some))
    assert document["any_may_be_away"] == blocking - 1
