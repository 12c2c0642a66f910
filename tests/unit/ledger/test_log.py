import pytest

from dyepack.ledger import Log, Tree, encode_entry, parse_entry, verify_consistency
from dyepack.ledger.errors import BadEntryError, RolledBackError
from dyepack.ledger.log import ID_WINDOW
from fakes.ledger_logs import ORIGIN, START, CountingRandom, commit, look, opened, org, started

CHANCE = CountingRandom(2)


def empty_log(**more):
    return Log(ORIGIN, org(), Tree(lambda _path: None), **more)


def test_facts_become_entries_in_their_order():
    facts = [look(CHANCE), started(CHANCE), opened(CHANCE)]

    done = commit(empty_log(), facts, START)

    assert [parse_entry(raw).id for raw in done.entries] == [fact.id for fact in facts]
    assert (done.first, done.answers) == (0, (0, 1, 2))


def test_a_malformed_fact_is_refused_before_it_waits():
    with pytest.raises(BadEntryError):
        empty_log().draft(look(CHANCE, purpose="free text"))


def test_a_known_id_is_answered_with_the_entry_that_stands():
    log = empty_log()
    fact = look(CHANCE)
    commit(log, [started(CHANCE), fact], START)

    again = commit(log, [fact, fact], START + 5)

    assert again.entries == ()
    assert again.answers == (1, 1)


def test_the_same_fact_twice_in_one_commit_is_one_entry():
    fact = look(CHANCE)

    assert len(commit(empty_log(), [fact, fact], START).entries) == 1


def test_time_never_goes_back():
    log = empty_log()
    commit(log, [started(CHANCE)], START + 9)

    (raw,) = commit(log, [started(CHANCE)], START).entries

    assert parse_entry(raw).t == START + 9


def test_an_id_is_forgotten_after_ten_minutes_of_log_time():
    log = empty_log()
    fact = started(CHANCE)
    commit(log, [fact], START)
    commit(log, [started(CHANCE)], START + ID_WINDOW)
    assert commit(log, [fact], START + ID_WINDOW).entries == ()

    commit(log, [started(CHANCE)], START + ID_WINDOW + 1)

    assert len(commit(log, [fact], START + ID_WINDOW + 1).entries) == 1


def test_after_a_restart_recalled_ids_are_known_however_long_it_took():
    fact = started(CHANCE)
    log = empty_log()
    log.recall(0, [encode_entry(fact, org=org(), t=START)])
    day_later = START + 144 * ID_WINDOW

    commit(log, [started(CHANCE)], day_later)

    assert commit(log, [fact], day_later + 1).answers == (0,)
    assert log.last_t == day_later


def test_only_facts_above_level_zero_want_a_head():
    assert not commit(empty_log(), [started(CHANCE)], START).wants_head
    assert commit(empty_log(), [started(CHANCE), look(CHANCE)], START).wants_head


def test_each_head_is_proved_from_the_one_before():
    log = empty_log()
    commit(log, [look(CHANCE) for _ in range(5)], START)
    first = log.advance()
    commit(log, [look(CHANCE) for _ in range(6)], START)
    second = log.advance()

    assert (first.old_size, first.proof, second.old_size) == (0, (), 5)
    verify_consistency(5, 11, second.proof, first.head.root, second.head.root)
    assert log.advance() is None


def test_a_log_shorter_than_what_its_keeper_saw_is_refused():
    with pytest.raises(RolledBackError) as caught:
        empty_log(seen=1)

    assert caught.value.facts == {"size": 0, "seen": 1}
