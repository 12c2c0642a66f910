"""Attempts to have an innocent recipient named, on a joined house; and acts that must leave an entry or not happen."""

import csv
import io
import random

import pytest
from sqlalchemy import select, update

from dyepack.ledger import Kind, parse_entry
from dyepack.ledger.errors import UnavailableError
from dyepack.storage.tables import copy as copies_table
from dyepack.storage.tables import holder
from dyepack.terms.errors import DyepackError
from fakes.whole import WholeHouse, leak, strangers_list, table_of


def house_with(folder, size, *recipients, **settings):
    house = WholeHouse(folder / "home", **settings)
    house.admit(house.take(strangers_list(5, size, dirt=0).csv("utf-8"))["lot"])
    return house, {name: table_of(house.release(name, "name,phone")) for name in recipients}


def as_csv(rows):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["name", "phone"], *([row["name"], row["phone"]] for row in rows)])
    return out.getvalue().encode("utf-8")


def test_guessing_numbers_of_the_fictional_block_names_nobody(tmp_path):
    house, copies = house_with(tmp_path, 60, "甲方", "乙方", mark__exclusive_rows=30)
    real = [row for row in copies["甲方"] if not row["phone"].startswith("169")]
    lucky = next(row for row in copies["乙方"] if row["phone"].startswith("169"))
    chance = random.Random(1)
    guesses = [{"name": "王某", "phone": f"169{chance.randrange(10**8):08d}"} for _ in range(3000)]

    decision = house.trace(as_csv([*real, *guesses, lucky]), "leak.csv")["decision"]

    assert decision["tier"] == "none"
    house.close()


def test_guessing_neighbors_of_own_lines_names_nobody(tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text("\n".join(f"1690000{number:04d}" for number in range(120)), "utf-8")
    house, copies = house_with(tmp_path, 60, "甲方", "乙方", mark__exclusive_rows=20, mark__lines=str(lines))
    mine = sorted(row["phone"] for row in copies["甲方"] if row["phone"].startswith("1690000"))
    real = [row for row in copies["甲方"] if row["phone"] not in mine]
    guesses = [{"name": "王某", "phone": str(int(mine[-1]) + step)} for step in (-3, -2, -1, 1, 2, 3)]

    decision = house.trace(as_csv([*real, *guesses]), "leak.csv")["decision"]

    assert mine
    assert decision["tier"] == "none"
    house.close()


def test_own_lines_still_name_the_one_who_leaked(tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text("\n".join(f"169{number:08d}" for number in range(7, 7 + 400 * 97, 97)), "utf-8")
    house, copies = house_with(tmp_path, 60, "甲方", "乙方", mark__exclusive_rows=20, mark__lines=str(lines))

    decision = house.trace(leak(copies["乙方"], 3, share=0.5))["decision"]

    assert decision["accused"] == ["乙方"]
    house.close()


def test_a_marked_copy_that_comes_back_makes_no_record_of_its_planted_people(tmp_path):
    house, copies = house_with(tmp_path, 40, "甲方", mark__exclusive_rows=20)

    returned = house.take(as_csv(copies["甲方"]), "returned.csv")
    admitted = house.admit(returned["lot"])
    again = table_of(house.release("乙方", "name,phone"))
    planted = {row["phone"] for row in copies["甲方"] if row["phone"].startswith("169")}

    assert (returned["taken"], admitted["admitted"]) == (60, 0)
    assert planted.isdisjoint(row["phone"] for row in again)
    house.close()


def test_a_second_list_of_a_case_is_judged_although_the_house_grew(tmp_path):
    house, copies = house_with(tmp_path, 40, "甲方", mark__exclusive_rows=20)
    first = house.trace(leak(copies["甲方"], 1, share=0.5), case="泄露一")["decision"]
    more = strangers_list(6, 200, dirt=0)
    house.admit(house.take(more.csv("utf-8"), "more.csv")["lot"])

    rows = [*copies["甲方"], *({"name": person.name, "phone": person.phone} for person in more.people)]
    second = house.trace(leak(rows, 2), case="泄露一")["decision"]

    assert first["accused"] == second["accused"] == ["甲方"]
    house.close()


def test_swapping_two_recipients_names_in_the_database_opens_neither(tmp_path):
    house, copies = house_with(tmp_path, 40, "甲方", "乙方", mark__exclusive_rows=20)

    def swap(connection):
        (one, first), (two, second) = connection.execute(select(holder.c.id, holder.c.name_note)).all()
        connection.execute(update(holder).where(holder.c.id == one).values(name_note=second))
        connection.execute(update(holder).where(holder.c.id == two).values(name_note=first))

    house.house.database.write(swap)

    with pytest.raises(DyepackError) as refused:
        house.trace(leak(copies["甲方"], 1, share=0.5))
    assert refused.value.code == "crypto.unseal"
    house.close()


def test_a_manifest_that_the_ledger_does_not_hold_is_not_evaluated_and_the_ledger_says_so(tmp_path):
    house, copies = house_with(tmp_path, 40, "甲方", "乙方", mark__exclusive_rows=20)
    guilty = house.house.cases.holder(house.house.keeper.label_tag("holder", "甲方"), "a" * 26, b"")

    def forge(connection):
        row = connection.execute(select(copies_table).where(copies_table.c.holder == guilty)).one()
        other = house.house.keeper.open_note("manifest", row.id, row.manifest_note) + b" "
        note = house.house.keeper.seal_note("manifest", row.id, other)
        connection.execute(update(copies_table).where(copies_table.c.id == row.id).values(manifest_note=note))

    house.house.database.write(forge)
    decision = house.trace(leak(copies["甲方"], 1, share=0.5))["decision"]
    failed = [parse_entry(raw) for _, raw in house.house.log.find([Kind.CHECK_FAILED.value])]

    assert decision["accused"] == []
    assert "mark.manifest-broken" in {entry.fields["outcome"] for entry in failed}
    house.close()


@pytest.mark.parametrize("act", ["actor add", "release approve"])
def test_what_the_ledger_could_not_take_did_not_happen(tmp_path, monkeypatch, act):
    house, _ = house_with(tmp_path, 30)
    ask = {"recipient": "甲方", "fields": "name,phone", "purpose": "application", "case": "x", "actor": "林顾问"}
    release = house.do("release request", **ask)["release"]

    arguments = (
        {"name": "幽灵", "role": "privacy_officer"} if act == "actor add" else {"release": release, "actor": "周合规"}
    )

    def full(_facts):
        raise UnavailableError(why="disk full")

    with monkeypatch.context() as broken:
        broken.setattr(house.house.log, "append", full)
        with pytest.raises(UnavailableError):
            house.do(act, **arguments)

    if act == "actor add":
        assert "幽灵" not in {actor["name"] for actor in house.do("actor list")["actors"]}
    else:
        assert next(row for row in house.acts.releasing.all() if row["release"] == release)["missing"]
    house.close()


def test_the_same_file_under_another_provenance_is_another_lot(tmp_path):
    house = WholeHouse(tmp_path / "home")
    content = strangers_list(8, 20, dirt=0).csv("utf-8")
    unknown = house.do("intake", content=content, file="l.csv", provenance="unknown", evidence="bought", actor="陈前台")

    known = house.take(content)

    assert known["lot"] != unknown["lot"]
    assert house.admit(known["lot"])["admitted"] == 20
    house.close()


def test_a_query_value_that_no_list_knows_is_refused_and_selects_nobody(tmp_path):
    house, _ = house_with(tmp_path, 30)
    ask = {"recipient": "甲方", "fields": "name,phone", "purpose": "application", "case": "x", "actor": "林顾问"}

    with pytest.raises(DyepackError) as refused:
        house.do("release request", **ask, query="target_country=Marss")

    assert refused.value.code == "vault.bad-request"
    house.close()


def test_a_limited_release_mixes_its_planted_rows_among_the_others(tmp_path):
    house, _ = house_with(tmp_path, 200, mark__exclusive_rows=10)

    rows = table_of(house.release("甲方", "name,phone", limit=20))
    planted = [place for place, row in enumerate(rows) if row["phone"].startswith("169")]

    assert len(rows) == 30
    assert planted != list(range(20, 30))
    house.close()
