import pytest
from sqlalchemy import insert, select

from dyepack.storage import outbox
from dyepack.storage.database import Database
from dyepack.storage.schema import upgrade
from dyepack.storage.tables import known
from fakes.ledger_logs import CountingRandom, look, started

CHANCE = CountingRandom(61)


@pytest.fixture
def database(tmp_path):
    upgrade(tmp_path / "vault.db")
    database = Database(tmp_path / "vault.db")
    yield database
    database.close()


def put(database, *facts):
    database.write(lambda connection: outbox.put(connection, facts))


def test_facts_wait_in_their_order_and_come_back_as_they_were(database):
    facts = [look(CHANCE), started(CHANCE), look(CHANCE)]
    put(database, *facts[:2])
    put(database)
    put(database, facts[2])

    assert outbox.Outbox(database).waiting() == facts


def test_what_is_done_waits_no_more_and_the_next_fact_stands_behind_the_rest(database):
    facts = [look(CHANCE) for _ in range(4)]
    box = outbox.Outbox(database)
    put(database, *facts[:3])

    box.done([facts[2].id, facts[0].id, "a" * 26])
    put(database, facts[3])

    assert box.waiting() == [facts[1], facts[3]]


def test_a_fact_of_a_change_that_fails_does_not_wait(database):
    def work(connection):
        connection.execute(insert(known), [{"name": "x", "value": "1"}])
        outbox.put(connection, [look(CHANCE)])
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write(work)

    assert outbox.Outbox(database).waiting() == []
    assert database.read(lambda connection: connection.execute(select(known)).all()) == []
