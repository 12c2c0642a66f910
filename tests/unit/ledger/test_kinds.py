import subprocess
import sys
from pathlib import Path

import pytest

from dyepack.ledger import Kind, Level
from dyepack.ledger.entry import FORMS
from dyepack.ledger.reference import kinds_page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "kinds.md"


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_is_stage_object_verb(kind):
    assert [part.isalpha() and part.islower() for part in kind.value.split(":")] == [True] * 3


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_requires_only_fields_that_exist(kind):
    assert kind.required <= FORMS.keys()
    assert kind.single <= kind.required


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.opens_keys])
def test_a_kind_that_opens_keys_gives_its_caller_a_receipt_and_states_a_decision(kind):
    assert kind.level >= Level.RECEIPTED
    assert "decision" in kind.required
    assert "actor" in kind.required


def test_a_kind_is_found_by_its_wire_word():
    assert Kind("vault:field:revealed") is Kind.FIELD_REVEALED


def test_revealing_names_one_person_and_one_field():
    assert Kind.FIELD_REVEALED.single == {"subj", "fields"}


def test_levels_are_those_of_the_design():
    opens = {kind.value for kind in Kind if kind.opens_keys}

    assert opens == {
        "vault:key:reindexed",
        "vault:release:opened",
        "trace:list:linked",
        "vault:record:viewed",
        "vault:field:revealed",
    }
    assert [sum(kind.level == level for kind in Kind) for level in Level] == [13, 16, 17]


def test_the_page_of_kinds_is_in_step_with_the_vocabulary():
    assert PAGE.read_text(encoding="utf-8") == kinds_page()


def test_the_page_is_printed_by_the_module():
    done = subprocess.run([sys.executable, "-m", "dyepack.ledger.reference"], capture_output=True, timeout=60)

    assert done.stdout.decode() == kinds_page()
