"""Every refusal of governing has a code, two sentences and no name in them."""

import inspect
import string

import pytest

from dyepack.govern import errors
from dyepack.govern.errors import GovernError

LEAVES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, GovernError) and not kind.__subclasses__()
]


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_leaf_has_a_code_of_its_own_and_both_sentences(leaf):
    assert leaf.code.startswith("govern.")
    assert [other for other in LEAVES if other.code == leaf.code] == [leaf]
    assert leaf.en != GovernError.en
    assert leaf.zh != GovernError.zh
    assert leaf.code.removeprefix("govern.") in errors.__doc__


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_sentence_takes_only_roles_states_and_counts(leaf):
    taken = {name for text in (leaf.en, leaf.zh) for _, name, _, _ in string.Formatter().parse(text) if name}
    assert taken <= {"role", "state", "event", "limit", "minutes"}
