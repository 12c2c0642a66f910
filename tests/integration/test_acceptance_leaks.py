"""Dirty leaks on a joined house: the right recipient or nobody, whatever was done to the copy."""

import random

import pytest

from fakes.whole import RECIPIENTS, WholeHouse, leak, strangers_list, table_of

FIELDS = "name,phone,target_country,remark"


class Released:
    """A house whose five recipients hold a copy each."""

    def __init__(self, folder, seed, **settings):
        self.list = strangers_list(seed, 420, remarks=0.6)
        self.house = WholeHouse(folder / "home", **settings)
        self.house.admit(self.house.take(self.list.csv("utf-8"))["lot"])
        self.copies = {name: table_of(self.house.release(name, FIELDS, kind="csv")) for name in RECIPIENTS}

    def decide(self, content):
        return self.house.trace(content)["decision"]


@pytest.fixture(scope="module")
def thirty(tmp_path_factory):
    released = Released(tmp_path_factory.mktemp("thirty"), 31, mark__exclusive_rows=30)
    yield released
    released.house.close()


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    released = Released(tmp_path_factory.mktemp("usual"), 32)
    yield released
    released.house.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_third_of_a_copy_in_another_format_names_its_recipient(thirty, seed):
    culprit = RECIPIENTS[seed]

    decision = thirty.decide(leak(thirty.copies[culprit], seed, share=0.3))

    assert (decision["tier"], decision["accused"]) == ("person", [culprit])


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_a_tenth_of_a_copy_names_its_recipient_or_nobody(thirty, seed):
    culprit = RECIPIENTS[seed % 5]

    decision = thirty.decide(leak(thirty.copies[culprit], seed, share=0.1))

    assert set(decision["accused"]) <= {culprit}


@pytest.mark.parametrize("seed", [7, 8])
def test_halves_of_two_copies_name_nobody_but_the_two(thirty, seed):
    guilty = random.Random(seed).sample(RECIPIENTS, 2)
    rows = {row["phone"]: row for row in thirty.copies[guilty[0]][::2]}
    rows |= {row["phone"]: row for row in thirty.copies[guilty[1]][1::2]}

    decision = thirty.decide(leak(list(rows.values()), seed))

    named = set(decision["accused"]) | set(decision["group"] or [])
    assert named
    assert named <= set(guilty)


@pytest.mark.parametrize("seed", [9, 10, 11])
def test_with_the_usual_three_rows_the_answer_is_right_or_none(usual, seed):
    culprit = RECIPIENTS[seed % 5]

    decision = usual.decide(leak(usual.copies[culprit], seed, share=0.3))

    assert (decision["tier"], decision["accused"]) in (("person", [culprit]), ("none", []))


def test_whole_copies_name_their_recipients_even_with_three_rows(usual):
    for place, culprit in enumerate(RECIPIENTS):
        assert usual.decide(leak(usual.copies[culprit], 20 + place, hide=0.0))["accused"] == [culprit]


def test_a_copy_without_its_invented_people_is_named_by_its_remarks(usual):
    culprit = RECIPIENTS[3]
    known = {person.phone for person in usual.list.people}
    real = [row for row in usual.copies[culprit] if row["phone"] in known]

    document = usual.house.trace(leak(real, 30, share=0.8, keep=("remark", "name", "phone"), hide=0.0))

    assert document["decision"]["accused"] == [culprit]
    assert all(sum(person["design"]["hits"].values()) == 0 for person in document["persons"])


def test_hidden_numbers_are_linked_whatever_the_keeper_takes_at_once(usual, monkeypatch):
    hidden = leak(usual.copies[RECIPIENTS[0]], 40, share=0.5, hide=1.0)
    whole = usual.house.trace(hidden, case="所有候选一次")["evidence"]["items"]
    monkeypatch.setattr("dyepack.app.linking.MAX_CANDIDATES", 3)
    monkeypatch.setattr("dyepack.vault.keeper.linking.MAX_CANDIDATES", 3)

    assert usual.house.trace(hidden, case="候选分批")["evidence"]["items"] == whole > 150


@pytest.mark.parametrize("width", [6, 25, 500])
def test_a_text_of_numbers_many_to_a_line_is_read_too(thirty, width):
    culprit = RECIPIENTS[1]
    numbers = [row["phone"] for row in thirty.copies[culprit]]
    random.Random(width).shuffle(numbers)
    lines = [" ".join(numbers[at : at + width]) for at in range(0, len(numbers), width)]

    decision = thirty.decide(("转发\n" + "\n".join(lines)).encode())

    assert decision["accused"] == [culprit]


def test_our_own_list_before_it_was_released_names_nobody(usual):
    own = [{"name": person.name, "phone": person.phone} for person in usual.list.people]

    decision = usual.decide(leak(own, 31))

    assert (decision["tier"], decision["reason"]) == ("none", "nothing-crosses")


def test_a_foreign_list_is_not_ours(usual):
    foreign = strangers_list(99, 200)
    known = {person.phone for person in usual.list.people}
    rows = [{"name": person.name, "phone": person.phone} for person in foreign.people if person.phone not in known]

    decision = usual.decide(leak(rows, 32))

    assert (decision["tier"], decision["reason"], decision["accused"]) == ("none", "not-ours", [])


def test_the_same_leak_again_gives_the_same_verdict(thirty):
    content = leak(thirty.copies[RECIPIENTS[0]], 33, share=0.5)

    first, second = thirty.decide(content), thirty.decide(content)

    assert first == second


def test_reordering_and_renaming_do_not_change_whom_it_names(thirty):
    culprit = RECIPIENTS[0]
    rows = random.Random(34).sample(thirty.copies[culprit], 200)

    one = thirty.decide(leak(rows, 35, keep=("name", "phone"), hide=0.0))
    other = thirty.decide(leak(rows[::-1], 36, keep=("phone", "target_country", "name"), hide=0.0))

    assert one["accused"] == other["accused"] == [culprit]
