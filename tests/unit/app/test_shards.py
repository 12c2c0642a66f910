import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from dyepack.app import publisher
from dyepack.app import shards as module
from dyepack.app.errors import CommandError, ShardError
from dyepack.app.institution import open_institution
from dyepack.app.keeping import trust
from dyepack.app.log_keys import load_keys
from dyepack.app.log_watch import LogWatch
from dyepack.app.shards import next_name, shard_names
from dyepack.ledger import (
    Kind,
    Severity,
    audit_log,
    digest_text,
    head_text,
    open_checkpoint,
    parse_entry,
    parse_quorum,
    verify,
)
from dyepack.ledger.errors import NoSuchEntryError, QuorumUnavailableError
from dyepack.ledger.monitor import Rule
from dyepack.terms.progress import silent
from dyepack.vault.errors import KeeperUnreachableError
from fakes.ledger_logs import START, VKEY, CountingRandom, HandClock
from fakes.whole import WholeHouse, strangers_list
from fakes.witnesses import cosigners

YEAR = 366 * 24 * 3600 * 1_000_000
START_2027 = START + YEAR


class Death(BaseException):
    """The process ends here."""


def kinds(house):
    return [parse_entry(raw).kind for _, raw in house.log.entries()]


@pytest.fixture
def home(tmp_path):
    house = WholeHouse(tmp_path / "home", clock=HandClock(START))
    house.close()
    return tmp_path / "home"


def house_at(home: Path, now: int):
    return open_institution(home, clock=HandClock(now))


def test_shards_are_named_by_year_and_ordered_by_their_number(tmp_path):
    for name in ("2027", "2026-10", "2026", "2026-2", "parquet", "x2026"):
        (tmp_path / name).mkdir()

    assert shard_names(tmp_path) == ["2026", "2026-2", "2026-10", "2027"]
    assert next_name(["2026"], START) == "2026-2"
    assert next_name(["2026", "2026-2"], START_2027) == "2027"
    assert next_name(["2027"], START) == "2027-2"  # a clock that went back begins no older year


def test_a_new_year_has_a_log_of_its_own_that_names_the_end_of_the_old_one(home):
    with house_at(home, START) as house:
        old_vkey = house.log.vkey
        before = house.log.size()
    with house_at(home, START_2027) as house:
        assert house.log.is_due()
        house.log.roll()

        assert not house.log.is_due()
        assert shard_names(home / "ledger") == ["2026", "2027"]
        assert house.log.vkey != old_vkey
        closed = parse_entry(house.log.shards()["2026"].entry(house.log.shards()["2026"].size() - 1))
        assert closed.kind is Kind.LOG_CLOSED
        assert closed.fields["digest"] == digest_text(module.sha256(house.log.vkey.encode()))
        final = open_checkpoint(house.log.shards()["2026"].checkpoint(), house.log.shards()["2026"].keys.keys).head
        opened = parse_entry(house.log.current.entry(0))
        assert opened.kind is Kind.LOG_OPENED
        assert opened.fields["digest"] == digest_text(module.sha256(head_text(final).encode()))
        assert house.log.size() > before
        assert all(audit.whole for audit in house.log.audit(silent))
        assert house.keeper.standing().origin == house.log.origin


def test_looks_of_both_years_are_found_proved_and_opened_where_they_are_due(tmp_path):
    clock = HandClock(START)
    house = WholeHouse(tmp_path / "home", clock=clock)
    people = strangers_list(6, 3)
    house.admit(house.take(people.csv("utf-8"))["lot"])
    person = next(person for person in people.people if person.born)
    words = {"purpose": "consult", "case": "来访", "actor": "林顾问"}
    token = house.do("lookup", phone=person.phone, **words)["records"][0]["token"]
    first = house.do("reveal", token=token, field="phone", **words)["entry"]
    old = house.house.log.prove(house.house.log.find_id(first)[0])
    clock.time = START_2027
    house.house.log.roll()
    second = house.do("reveal", token=token, field="phone", **words)["entry"]

    places = [place for place, raw in house.house.log.find(['"vault:field:revealed"'])]
    assert [parse_entry(house.house.log.entry(place)).id for place in places] == [first, second]
    assert {
        open_checkpoint(house.house.log.prove(place).head, view.keys.keys).head.origin
        for place in places
        for view in [house.house.log.at(place)[0]]
    } == {"dyepack.invalid/" + house.house.id + "/2026", "dyepack.invalid/" + house.house.id + "/2027"}
    with pytest.raises(CommandError):
        house.do("ledger prove", entries=[first, second])
    with pytest.raises(NoSuchEntryError):
        house.house.log.entry(house.house.log.size())
    for place in places:
        view, index = house.house.log.at(place)
        files = view.evidence([index])
        folder = tmp_path / f"bundle{place}"
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        assert verify.main([str(folder)]) in (0, 3)
    from dyepack.vault.errors import KeeperRefusedError
    from dyepack.vault.record import parts_of_field

    with pytest.raises(KeeperRefusedError):
        house.house.keeper.open(old, [(token, parts_of_field("phone")[:1])])
    house.close()


@pytest.mark.parametrize("point", ["add_keys", "_close_shard", "_closed", "_final_head"])
def test_a_change_of_shards_that_a_crash_cut_off_is_finished_at_the_next_start(home, monkeypatch, point):
    house = house_at(home, START_2027)
    target = module if point == "add_keys" else module.Shards
    real = getattr(target, point)

    def die_after(*arguments):
        real(*arguments)
        raise Death

    monkeypatch.setattr(target, point, die_after)
    with pytest.raises(Death):
        house.log.roll()
    monkeypatch.setattr(target, point, real)
    house.log.current.close()
    for view in house.log._views.values():
        view.close()
    house.keeper.close()
    house.database.close()
    house._lock.release()

    with house_at(home, START_2027) as again:
        assert shard_names(home / "ledger") == ["2026", "2027"]
        assert kinds(again).count(Kind.LOG_CLOSED) == 1
        assert kinds(again)[-1] is not Kind.LOG_CLOSED
        assert again.keeper.standing().origin == again.log.origin
        assert all(audit.whole for audit in again.log.audit(silent))


def test_a_rotated_key_signs_beside_the_old_one_for_thirty_days(home):
    with house_at(home, START) as house:
        (old_ed, _) = house.log.vkeys
        house.log.rotate()

        new_ed, also_old, *_ = house.log.vkeys
        assert (also_old, house.log.vkey) == (old_ed, new_ed)
        note = house.log.publish()
        for key in house.log.current.keys.keys:
            assert key in open_checkpoint(note, house.log.current.keys.keys).times
        rotated = [parse_entry(raw) for _, raw in house.log.find([Kind.LOG_KEY_ROTATED.value])]
        assert [entry.fields["digest"] for entry in rotated] == [digest_text(module.sha256(new_ed.encode()))]
        assert audit_log(house.log.current.read, old_ed).whole
    month = 31 * 24 * 3600 * 1_000_000
    with house_at(home, START + month) as house:
        assert house.log.vkeys[0] == new_ed
        assert old_ed not in house.log.vkeys
        house.log.append([house.fact(Kind.CHECK_FAILED, actor="p_log", outcome="drill")])
        house.log.publish()
        assert audit_log(house.log.current.read, new_ed).whole
        assert not audit_log(house.log.current.read, old_ed).whole


def test_appends_wait_for_the_change_and_lose_nothing(home):
    import threading

    with house_at(home, START_2027) as house:
        done = []

        def work():
            for _ in range(40):
                house.log.append([house.fact(Kind.CHECK_FAILED, actor="p_log", outcome="drill")])
                done.append(1)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        house.log.roll()
        for thread in threads:
            thread.join()

        assert len(done) == 120
        assert kinds(house).count(Kind.CHECK_FAILED) == 120
        old = house.log.shards()["2026"]
        assert parse_entry(old.entry(old.size() - 1)).kind is Kind.LOG_CLOSED


@pytest.mark.parametrize("fault", [QuorumUnavailableError(seconds=10, why="missing: w1"), KeeperUnreachableError()])
@pytest.mark.parametrize("point", ["_closed", "_close_shard"])
def test_a_change_whose_witnesses_or_keeper_went_away_in_its_midst_is_finished_by_the_next_try(
    home, monkeypatch, point, fault
):
    with house_at(home, START_2027) as house:
        real = getattr(module.Shards, point)

        def fail_after(*arguments):
            real(*arguments)
            raise fault

        monkeypatch.setattr(module.Shards, point, fail_after)
        with pytest.raises(type(fault)):
            house.log.roll()
        monkeypatch.setattr(module.Shards, point, real)
        assert house.log.is_due()  # so that the next hour tries again

        house.log.roll()

        assert shard_names(home / "ledger") == ["2026", "2027"]
        assert kinds(house).count(Kind.LOG_CLOSED) == 1
        assert not house.log.is_due()
        house.log.append([house.fact(Kind.CHECK_FAILED, actor="p_log", outcome="drill")])
        assert house.keeper.standing().origin == house.log.origin
        assert all(audit.whole for audit in house.log.audit(silent))


def test_a_shard_whose_keys_a_crash_kept_from_being_made_gets_them_at_the_next_start(home):
    (home / "ledger" / "2027" / "keys").mkdir(parents=True)

    with house_at(home, START_2027) as house:
        assert house.log.name == "2027"
        assert house.keeper.standing().origin == house.log.origin


def test_a_keeper_that_missed_the_new_key_learns_it_at_the_next_start(home, monkeypatch):
    path = home / "keeper" / "log.vkey"
    with house_at(home, START) as house:
        monkeypatch.setattr(type(house.keeper), "follow_log", lambda *_: None)
        house.log.rotate()
        vkey = house.log.vkey
        monkeypatch.undo()
    assert vkey not in path.read_text()

    with house_at(home, START) as house:
        assert vkey in path.read_text()
        assert kinds(house).count(Kind.LOG_KEY_ROTATED) == 1


def test_entries_of_a_pruned_shard_that_a_crash_left_are_removed_at_the_next_start(home):
    with house_at(home, START) as house:
        house.log.roll()
        pruned = home / "ledger" / "2026"
    (pruned / module.PRUNED).write_text("digest")
    assert list(pruned.glob("tile/entries/**/*"))

    with house_at(home, START) as house:
        assert list(house.log.shards()) == ["2026-2"]

    assert not list(pruned.glob("tile/entries/**/*"))
    assert not (pruned / "wal").exists()
    assert (pruned / "checkpoint").exists()


def test_another_quorum_is_waited_for_from_now_on(home, monkeypatch):
    monkeypatch.setattr(publisher, "QUORUM_SECONDS", 0.2)
    quorum = parse_quorum(f"log {VKEY}\nwitness w {cosigners()[0].key.vkey}\nquorum w\n")
    with house_at(home, START) as house:
        house.log.ask(quorum)

        assert house.log.quorum is quorum
        assert house.log.current.witnessed() is None
        with pytest.raises(QuorumUnavailableError):
            house.log.append([house.fact(Kind.POLICY_CHANGED, actor="p_vault", digest=digest_text(bytes(32)))])
        house.log.append([house.fact(Kind.CHECK_FAILED, actor="p_log", outcome="drill")])


def test_entries_of_a_shard_are_pruned_after_their_term_and_its_end_can_still_be_checked(home):
    clock = HandClock(START)
    with open_institution(home, clock=clock) as house:
        house.log.roll()
        old = house.log.shards()["2026"]
        final, keys, size = old.checkpoint(), old.keys.known, old.size()
        for name, sentence in (("2026-2", "not an older shard"), ("1999", "not an older shard"), ("2026", "3 years")):
            with pytest.raises(ShardError, match=sentence):
                house.log.prune(name)
        clock.time = START + 4 * YEAR

        assert house.log.prune("2026") == size

        assert list(house.log.shards()) == ["2026-2"]
        assert kinds(house)[-1] is Kind.SHARD_PRUNED
        shard = home / "ledger" / "2026"
        assert open_checkpoint((shard / "checkpoint").read_text(), keys).note == final
        assert not (shard / "wal").exists()
        with pytest.raises(ShardError):
            house.log.prune("2026")
    with open_institution(home, clock=clock) as house:
        assert list(house.log.shards()) == ["2026-2"]


def test_a_lost_shard_has_a_successor_that_names_its_last_known_checkpoint(home):
    with house_at(home, START) as house:
        base = house.log.origin.rpartition("/")[0]
        note = house.log.publish()
        head = open_checkpoint(note, house.log.current.keys.known).head
    shutil.rmtree(home / "ledger" / "2026" / "wal")
    with pytest.raises(ShardError):
        module.give_up(home / "ledger", base, note.replace(base, "another.example"), HandClock(), CountingRandom())

    name, vkey = module.give_up(home / "ledger", base, note, HandClock(START), CountingRandom())

    assert name == "2026-2"
    with pytest.raises(ShardError, match="keeper trust"):
        house_at(home, START)
    trust(home / "keeper", vkey)
    with house_at(home, START) as house:
        assert (house.log.name, house.log.vkey) == ("2026-2", vkey)
        opened = parse_entry(house.log.current.entry(0))
        assert (opened.kind, opened.fields["digest"]) == (
            Kind.LOG_OPENED,
            digest_text(module.sha256(head_text(head).encode())),
        )
        assert house.keeper.standing().origin == house.log.origin
    lost = load_keys(home / "ledger" / "2026" / "keys", f"{base}/2026", START)
    assert open_checkpoint((home / "ledger" / "2026" / module.LOST).read_text(), lost.known).head == head


def test_an_incident_of_the_next_shard_is_said_though_one_of_the_last_stood_further_on(home):
    with house_at(home, START) as house:
        watch = LogWatch(house)
        finding = SimpleNamespace(rule=next(rule for rule in Rule if rule.severity is Severity.INCIDENT), first=500)
        watch.monitor = lambda: SimpleNamespace(findings=(finding,))

        def said():
            return kinds(house).count(Kind.CHECK_FAILED)

        watch.hourly()
        watch.hourly()
        assert said() == 1
        house.log.roll()
        finding.first = 3
        watch.hourly()
        assert said() == 2
