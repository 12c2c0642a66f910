"""The monitor: each rule finds what it is for, and stays quiet where nothing is wrong."""

from dataclasses import replace

import pytest

from dyepack.ledger import Counted, Fact, Kind, LogStatus, Severity, digest_text, encode_entry, monitor_log, parse_entry
from dyepack.ledger.monitor import Rule, checkpoint_digest
from dyepack.ledger.status import Predecessor
from dyepack.terms.chance import new_id
from fakes.ledger_logs import ORIGIN, START, VKEY, CountingRandom, MemoryLog, look, org

SECOND = 1_000_000
HOUR = 3600 * SECOND
CHANCE = CountingRandom(5)
POLICY = digest_text(bytes(32))
OTHER = digest_text(bytes([1]) * 32)
QUIET = {Rule.NOT_WITNESSED}


def fact(kind, **fields):
    return Fact(new_id(CHANCE), kind, {"actor": "p_log", **fields})


def opened(**fields):
    return fact(Kind.LOG_OPENED, **fields)


def announced(digest=POLICY):
    return fact(Kind.POLICY_CHANGED, digest=digest)


def seen(policy=POLICY):
    return look(CHANCE, policy=policy)


def counted(n, lo, hi):
    return fact(Kind.KEEPER_COUNTED, n=n, lo=lo, hi=hi)


def beat():
    return fact(Kind.LOG_BEAT)


def served():
    return Fact(new_id(CHANCE), Kind.PROCESS_STARTED, {"actor": "p_desk"})


def entries(*facts, step=SECOND):
    """The facts as entries, one step of time apart; a number among them lets so much time go by."""
    found, t = [], START
    for item in facts:
        if isinstance(item, int):
            t += item
            continue
        found.append(parse_entry(encode_entry(item, org=org(), t=t)))
        t += step
    return found


def status(log, **changes):
    base = LogStatus(
        now=log[-1].t + 40 * SECOND,
        origin=ORIGIN,
        vkey=VKEY,
        size=len(log),
        published=len(log),
        root=bytes(32),
        checkpoint="",
    )
    return replace(base, **changes)


def judged(log, **changes):
    return monitor_log(log, status(log, **changes))


def rules(log, **changes):
    return {finding.rule for finding in judged(log, **changes).findings}


# -- 1: the keeper -------------------------------------------------------------------------------------------------


def test_as_many_honored_as_written_is_calm():
    log = entries(opened(), announced(), seen(), seen(), counted(2, 2, 3))
    result = judged(log, pending=Counted(0, 0, 0))

    assert {finding.rule for finding in result.findings} == QUIET
    assert result.calm
    assert (result.openings, result.honored) == (2, 2)


def test_one_more_honored_than_written_is_an_incident():
    log = entries(opened(), announced(), seen(), seen(), counted(3, 2, 3))
    found = judged(log).findings[0]

    assert found.rule is Rule.KEEPER_EXCESS
    assert found.rule.severity is Severity.INCIDENT
    assert (found.first, found.last, found.found, found.expected) == (2, 3, 3, 2)


def test_an_excess_is_not_hidden_by_a_shortfall_of_the_next_window():
    log = entries(opened(), announced(), seen(), seen(), counted(2, 2, 2), counted(0, 2, 3))

    assert Rule.KEEPER_EXCESS in rules(log)


def test_windows_that_overlap_are_no_reason_to_count_an_entry_twice():
    late = entries(opened(), announced(), seen(), seen(), counted(1, 3, 3), counted(1, 2, 2))
    double = entries(opened(), announced(), seen(), seen(), counted(2, 2, 3), counted(1, 2, 3))

    assert rules(late) == QUIET
    assert Rule.KEEPER_EXCESS in rules(double)


def test_what_the_keeper_did_not_count_in_the_log_yet_counts():
    log = entries(opened(), announced(), seen())

    assert rules(log, pending=Counted(1, 2, 2)) == QUIET
    assert Rule.KEEPER_EXCESS in rules(log, pending=Counted(2, 2, 2))


@pytest.mark.parametrize(("missing", "found"), [(1, False), (2, True)])
def test_fewer_honored_than_written_is_an_alarm_beyond_one_in_a_thousand(missing, found):
    log = entries(opened(), announced(), *[seen() for _ in range(1000)], counted(1000 - missing, 2, 1001), step=1)

    assert (Rule.KEEPER_SHORTFALL in rules(log)) is found


def test_openings_that_no_count_covers_are_missed_once_they_are_old():
    log = entries(opened(), announced(), seen(), seen(), step=1)

    assert Rule.KEEPER_SHORTFALL in rules(log, pending=Counted(0, 0, 0))
    assert Rule.KEEPER_SHORTFALL not in rules(log, pending=Counted(0, 0, 0), now=log[-1].t + 29 * SECOND)


def test_without_word_from_the_keeper_the_end_is_not_judged_and_that_is_said():
    result = judged(entries(opened(), announced(), seen()))

    assert {finding.rule for finding in result.findings} == QUIET
    assert "keeper" in result.unseen
    assert "did not count yet" in result.reliability("en")
    assert "守钥" in result.reliability("zh")


# -- 2: the heartbeat ----------------------------------------------------------------------------------------------


def flow(*, beats):
    """A desk that works for six hours, an entry each half hour."""
    facts = [opened(), announced(), served()]
    for number in range(12):
        facts += [HOUR // 2, beat() if beats and number % 2 == 0 else fact(Kind.CHECK_FAILED, outcome="x")]
    return entries(*facts)


def test_a_beat_each_hour_is_calm():
    assert rules(flow(beats=True)) == QUIET


def test_entries_that_flow_without_a_beat_are_one_alarm():
    found = [finding for finding in judged(flow(beats=False)).findings if finding.rule is Rule.BEAT_MISSING]

    assert len(found) == 1
    assert found[0].last == 14


def test_a_night_in_which_nothing_happens_is_no_alarm():
    assert rules(entries(opened(), announced(), served(), beat(), 9 * HOUR, beat())) == QUIET


def test_a_served_desk_that_stopped_beating_is_an_alarm():
    log = entries(opened(), announced(), served(), beat())
    late = log[-1].t + 2 * HOUR + SECOND

    assert Rule.BEAT_STOPPED in rules(log, served_since=START, now=late)
    assert Rule.BEAT_STOPPED not in rules(log, served_since=START, now=late - 2 * SECOND)
    assert Rule.BEAT_STOPPED not in rules(log, now=late)


# -- 3: the shard link ---------------------------------------------------------------------------------------------

OLD = MemoryLog(3).grow(4).note()
CLOSED = Predecessor(OLD, "ledger:log:closed")


def test_a_shard_that_names_the_final_checkpoint_before_it_is_calm():
    log = entries(opened(digest=checkpoint_digest(OLD)), announced())

    assert rules(log, predecessor=CLOSED) == QUIET


@pytest.mark.parametrize("named", [{}, {"digest": checkpoint_digest(MemoryLog(4).grow(4).note())}])
def test_a_shard_that_names_none_or_another_one_is_an_incident(named):
    assert Rule.SHARD_LINK in rules(entries(opened(**named), announced()), predecessor=CLOSED)


def test_cosignatures_that_arrive_later_do_not_break_the_link():
    assert checkpoint_digest(OLD + "— somebody AAAAAQE=\n") == checkpoint_digest(OLD)


def test_a_shard_before_that_was_not_closed_is_an_alarm():
    log = entries(opened(digest=checkpoint_digest(OLD)), announced())

    assert Rule.SHARD_UNCLOSED in rules(log, predecessor=replace(CLOSED, last_kind="vault:record:viewed"))


def test_a_log_that_does_not_begin_with_its_opening_is_an_incident():
    assert Rule.SHARD_UNOPENED in rules(entries(announced(), opened()))


# -- 4: policies ---------------------------------------------------------------------------------------------------


def test_a_decision_by_policies_that_were_not_announced_is_an_incident():
    log = entries(opened(), announced(), seen(), seen(OTHER), announced(OTHER), seen(OTHER), counted(3, 2, 5))
    found = [finding for finding in judged(log).findings if finding.rule is Rule.POLICY_UNANNOUNCED]

    assert [(one.first, one.last) for one in found] == [(3, 3)]


def test_a_decision_before_any_announcement_is_an_incident_unless_the_shard_before_made_it():
    log = entries(opened(digest=checkpoint_digest(OLD)), seen(), counted(1, 1, 1))

    assert Rule.POLICY_UNANNOUNCED in rules(log, predecessor=CLOSED)
    assert Rule.POLICY_UNANNOUNCED not in rules(log, predecessor=replace(CLOSED, policy=POLICY))


# -- 5: checkpoint and witnesses -------------------------------------------------------------------------------------


def test_a_checkpoint_that_stays_behind_is_an_alarm():
    log = entries(opened(), announced(), beat())
    late = log[2].t + 61 * SECOND

    assert Rule.CHECKPOINT_STALE in rules(log, published=2, now=late)
    assert Rule.CHECKPOINT_STALE not in rules(log, published=2, now=late - 2 * SECOND)
    assert Rule.CHECKPOINT_STALE not in rules(log, now=late)


def test_a_quorum_that_stays_behind_is_an_alarm_and_none_at_all_a_note():
    log = entries(opened(), announced(), beat())
    late = log[1].t + 601 * SECOND
    behind = judged(log, witnessed=1, now=late).findings

    assert [(one.rule, one.first, one.found) for one in behind] == [(Rule.WITNESS_STALE, 1, 2)]
    assert rules(log, witnessed=1, now=late - 2 * SECOND) == set()
    assert rules(log, witnessed=3, now=late) == set()
    assert judged(log).calm


# -- what it says ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_says_what_is_wrong_and_what_to_do_in_both_languages(rule):
    assert all(text for language in ("zh", "en") for text in rule.words[language])
    outcome = fact(Kind.CHECK_FAILED, outcome=rule.value)

    assert entries(outcome)[0].fields["outcome"] == rule.value


def test_incidents_come_first_and_the_document_holds_both_languages():
    log = entries(announced(), seen(OTHER), counted(1, 1, 1))
    document = judged(log, published=0, now=START + HOUR).to_json()

    assert [one["severity"] for one in document["findings"]] == ["incident", "incident", "alarm", "note"]
    assert set(document) == {"calm", "entries", "openings", "honored", "findings", "unseen", "reliability"}
    assert not document["calm"]
    assert set(document["findings"][0]) == {
        "rule", "severity", "first", "last", "found", "expected", "sentence", "remedy",
    }  # fmt: skip
