"""Quorum files: strong exactly if no two disjoint sets of witnesses satisfy them, by trying all sets."""

from dataclasses import dataclass
from itertools import combinations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import KeyKind, note_key, parse_quorum
from dyepack.ledger.errors import LedgerError, WeakQuorumError
from fakes.ledger_logs import VKEY

PUBLIC = [Ed25519Signer(bytes([number]) * 32).public_key for number in range(7)]


@dataclass(frozen=True)
class Plan:
    """A quorum file before it is written.

    Attributes:
        keys: For each witness, whose public key it has and which operator's name.
        groups: For each group its word (all, any, a number) and its members: numbers below 7 are witnesses, 7 and above
            are earlier groups.
        root: The member that the quorum line names.
    """

    keys: tuple[tuple[int, int], ...]
    groups: tuple[tuple[str, tuple[int, ...]], ...]
    root: int

    @property
    def text(self):
        lines = [f"log {VKEY}"]
        for number, (public, operator) in enumerate(self.keys):
            vkey = note_key(f"o{operator}.example/w", PUBLIC[public], KeyKind.COSIGNATURE).vkey
            lines.append(f"witness n{number} {vkey}")
        for number, (word, members) in enumerate(self.groups, start=7):
            lines.append(f"group n{number} {word} {' '.join(f'n{member}' for member in members)}")
        return "".join(f"{line}\n" for line in [*lines, f"quorum n{self.root}"])

    def holds(self, member, signed):
        if member < 7:
            return self.keys[member] in signed
        word, members = self.groups[member - 7]
        count = sum(self.holds(one, signed) for one in members)
        return count >= {"all": len(members), "any": 1}.get(word, 0) if not word.isdigit() else count >= int(word)

    def operators(self, member):
        """Each witness below it, by its operator; one operator may come more than once."""
        if member < 7:
            return [self.keys[member][1]]
        return [one for below in self.groups[member - 7][1] for one in self.operators(below)]

    @property
    def sets(self):
        """All sets of keys."""
        keys = sorted(set(self.keys))
        return [frozenset(some) for count in range(len(keys) + 1) for some in combinations(keys, count)]

    @property
    def strong(self):
        """What is promised, said without arithmetic."""
        publics = [public for public, _ in self.keys]
        if len(publics) != len(set(publics)):
            return False
        for word, members in self.groups:
            for left, right in combinations(members, 2):
                if word != "all" and set(self.operators(left)) & set(self.operators(right)):
                    return False
        enough = [some for some in self.sets if self.holds(self.root, some)]
        return all(left & right for left, right in combinations(enough, 2))


@st.composite
def plans(draw):
    count = draw(st.integers(1, 7))
    apart = draw(st.sampled_from([True, True, True, False]))
    operators = range(count) if apart else draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
    keys = tuple((number if apart or draw(st.integers(0, 5)) else 0, one) for number, one in enumerate(operators))
    free = list(range(count))
    groups = []
    for number in range(draw(st.integers(0, 3))):
        members = draw(st.lists(st.sampled_from(free), min_size=1, max_size=7, unique=True))
        word = draw(st.sampled_from(["all", "any", *(str(need) for need in range(1, len(members) + 1))]))
        groups.append((word, tuple(members)))
        free = [one for one in free if one not in members] + [7 + number]
    return Plan(keys, tuple(groups), draw(st.sampled_from([*range(count), *range(7, 7 + len(groups))])))


def accepted(text):
    try:
        parse_quorum(text).check_strength()
    except WeakQuorumError:
        return False
    return True


@settings(max_examples=200)
@given(plans())
@example(Plan(tuple((n, n) for n in range(4)), (("any", (0, 1)), ("any", (2, 3)), ("all", (7, 8))), 9))
@example(Plan(tuple((n, n) for n in range(4)), (("2", (0, 1, 2)), ("all", (7, 3))), 8))
@example(Plan(tuple((n, n) for n in range(7)), (("2", (0, 1, 2, 3)), ("2", (7, 4, 5, 6))), 8))
def test_a_quorum_is_strong_exactly_if_all_sets_that_satisfy_it_meet(plan):
    assert accepted(plan.text) == plan.strong


@settings(max_examples=100)
@given(plans())
def test_a_set_of_signatures_is_a_quorum_exactly_if_the_groups_say_so(plan):
    quorum = parse_quorum(plan.text)
    key = {one: note_key(f"o{one[1]}.example/w", PUBLIC[one[0]], KeyKind.COSIGNATURE) for one in plan.keys}

    for some in plan.sets:
        assert quorum.satisfied({key[one] for one in some}) == plan.holds(plan.root, some)
    assert not quorum.satisfied(())
    assert quorum.satisfied(quorum.keys)


@settings(max_examples=100)
@given(
    plans(),
    st.lists(
        st.tuples(
            st.integers(0, 900),
            st.integers(0, 30),
            st.sampled_from(
                ["", "\n", " ", "\t", "none", "all", "0", "9", "quorum none\n", "group g any\n", "²", "\ud800"]
            )
            | st.text(max_size=3),
        ),
        max_size=3,
    ),
)
def test_whatever_a_file_says_only_our_error_comes_out_and_nobody_signing_is_never_a_quorum(plan, edits):
    text = plan.text
    for at, cut, more in edits:
        text = text[: at % len(text)] + more + text[at % len(text) + cut :]
        text = text or "\n"
    try:
        quorum = parse_quorum(text)
    except LedgerError:
        return

    assert not quorum.satisfied(())
    assert quorum.satisfied(quorum.keys)
