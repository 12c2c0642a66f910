"""Whole pipelines, fresh keys each: how often the right recipient is named, and that an innocent never is."""

import random

import pytest

from fakes.whole import RECIPIENTS, WholeHouse, leak, strangers_list, table_of

pytestmark = pytest.mark.proof
HOMES = 5
SEEDS_PER_HOME = 4


@pytest.fixture(scope="module")
def decisions(tmp_path_factory):
    """(culprit, decision at 30 %, decision at 10 %) of 20 seeds over five homes of 5,000 rows."""
    found = []
    for number in range(HOMES):
        people = strangers_list(500 + number, 5_000)
        house = WholeHouse(tmp_path_factory.mktemp("whole") / "home", mark__exclusive_rows=30)
        house.admit(house.take(people.xlsx(), "list.xlsx")["lot"])
        copies = {name: table_of(house.release(name, "name,phone,target_country")) for name in RECIPIENTS}
        for seed in range(number * SEEDS_PER_HOME, (number + 1) * SEEDS_PER_HOME):
            culprit = random.Random(seed).choice(RECIPIENTS)
            at = [
                house.trace(leak(copies[culprit], 1000 * percent + seed, share=percent / 100))["decision"]
                for percent in (30, 10)
            ]
            found.append((culprit, *at))
        house.close()
    return found


def test_thirty_percent_names_the_right_recipient_in_20_of_20(decisions):
    assert [third["accused"] == [culprit] for culprit, third, _ in decisions] == [True] * 20


def test_ten_percent_names_the_right_recipient_in_at_least_17_of_20_and_never_another(decisions):
    assert sum(tenth["accused"] == [culprit] for culprit, _, tenth in decisions) >= 17
    assert all(set(tenth["accused"]) <= {culprit} for culprit, _, tenth in decisions)


@pytest.mark.parametrize("home", range(20))
def test_of_200_whole_pipelines_none_names_an_innocent(home, tmp_path):
    """Twenty homes of ten pipelines each: five fresh copies of a small list, one or two of them leak, dirty."""
    chance = random.Random(7_000 + home)
    house = WholeHouse(tmp_path / "home", mark__exclusive_rows=chance.choice([1, 3, 10]))
    house.admit(house.take(strangers_list(home, chance.choice([90, 240]), remarks=0.5).csv("utf-8"))["lot"])
    wrong = []
    for pipeline in range(10):
        names = [f"{name}{pipeline}" for name in RECIPIENTS]
        copies = {name: table_of(house.release(name, "name,phone,remark")) for name in names}
        guilty = chance.sample(names, chance.choice([1, 1, 2]))
        rows = {row["phone"]: row for name in guilty for row in chance.sample(copies[name], len(copies[name]) * 2 // 3)}
        keep = chance.choice([("name", "phone"), ("phone", "remark"), ("name", "phone", "remark")])
        content = leak(list(rows.values()), pipeline, share=chance.choice([0.1, 0.3, 1.0]), keep=keep)
        decision = house.trace(content)["decision"]
        if not set(decision["accused"]) <= set(guilty):
            wrong.append((pipeline, "person"))
        if decision["group"] and not set(decision["group"]) & set(guilty):
            wrong.append((pipeline, "group"))
    house.close()

    assert wrong == []
