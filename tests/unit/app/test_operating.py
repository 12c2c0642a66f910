import pytest

from dyepack.app import shards as module
from dyepack.app.acts import Acts
from dyepack.app.errors import ProductionError, ShardError
from dyepack.app.institution import open_institution
from dyepack.app.keeping import adopt, trust
from dyepack.app.operating import succeed
from dyepack.crypto.digest import sha256
from dyepack.ledger import Kind, digest_text, head_text, open_checkpoint, parse_entry
from dyepack.ledger.errors import NoSuchEntryError, QuorumFileError, QuorumUnavailableError
from dyepack.storage.errors import HomeBusyError
from dyepack.terms.progress import silent
from dyepack.vault.errors import KeeperRefusedError
from dyepack.vault.record import parts_of_field
from fakes.keeper_process import KeeperProcess, short_folder
from fakes.ledger_logs import START, HandClock
from fakes.whole import WholeHouse, strangers_list
from fakes.witnesses import quorum_of

YEAR = 366 * 24 * 3600 * 1_000_000
WORDS = {"purpose": "consult", "case": "来访", "actor": "林顾问"}


@pytest.fixture
def clock():
    return HandClock(START)


@pytest.fixture
def whole(tmp_path, clock):
    house = WholeHouse(tmp_path / "home", clock=clock)
    yield house
    house.close()


@pytest.fixture
def home(tmp_path, clock):
    WholeHouse(tmp_path / "home", clock=clock).close()
    return tmp_path / "home"


def look(whole):
    people = strangers_list(6, 3)
    whole.admit(whole.take(people.csv("utf-8"))["lot"])
    person = next(person for person in people.people if person.born)
    token = whole.do("lookup", phone=person.phone, **WORDS)["records"][0]["token"]
    return token, whole.do("reveal", token=token, field="phone", **WORDS)["entry"]


def monitored(house):
    acts = Acts(house)
    return {finding.rule.value for finding in acts.log_watch.monitor().findings}


# -- pruning -----------------------------------------------------------------------------------------------------------


def test_a_pruned_year_has_no_entries_left_and_all_else_is_whole(whole, clock):
    _, old = look(whole)
    whole.acts.analysis.refresh()
    clock.time += YEAR
    whole.house.log.roll()
    clock.time += 3 * YEAR
    whole.house.log.roll()
    size = whole.house.log.shards()["2026"].size()
    folder = whole.home / "ledger" / "2026"
    checkpoint = (folder / "checkpoint").read_bytes()

    assert whole.do("ledger prune", shard="2026") == {"shard": "2026", "entries": size}

    assert not any((folder / part).exists() for part in ("tile/entries", "tile/0", "wal"))
    assert not (whole.home / "ledger" / "parquet" / "2026").exists()
    assert old.encode() not in b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert (folder / "checkpoint").read_bytes() == checkpoint
    assert all(audit.whole for audit in whole.house.log.audit(silent))
    pruned = [parse_entry(raw) for _, raw in whole.house.log.find([Kind.SHARD_PRUNED.value])]
    assert [entry.fields["n"] for entry in pruned] == [size]
    with pytest.raises(NoSuchEntryError, match="pruned after its term"):
        whole.do("ledger prove", entries=[old], earlier=[], disclose=False)
    assert [place for place, _ in whole.house.log.entries()] == list(range(whole.house.log.size()))
    with pytest.raises(ShardError):
        whole.do("ledger prune", shard="2026")  # not twice
    whole.close()
    assert all(audit.whole for audit in whole.open().log.audit(silent))


@pytest.mark.parametrize(("name", "years"), [("2026", 3), ("2026", 1), ("2027", 9), ("1999", 9), ("../keeper", 9)])
def test_what_is_too_young_or_written_or_no_shard_is_not_pruned(whole, clock, name, years):
    clock.time = START + YEAR - 1
    whole.house.log.append([whole.house.fact(Kind.LOG_BEAT, actor="p_log")])
    clock.time = START + YEAR
    whole.house.log.roll()
    clock.time = START + YEAR + years * YEAR - 1 if years < 9 else START + 9 * YEAR
    size = whole.house.log.size()

    with pytest.raises(ShardError):
        whole.do("ledger prune", shard=name)
    assert whole.house.log.size() == size


def test_entries_that_a_crash_left_of_a_pruned_year_go_at_the_next_start(whole, clock, monkeypatch):
    clock.time += YEAR
    whole.house.log.roll()
    clock.time += 4 * YEAR
    real = module._remove_entries
    monkeypatch.setattr(module, "_remove_entries", lambda *_: None)  # the process ends before it
    whole.do("ledger prune", shard="2026")
    monkeypatch.setattr(module, "_remove_entries", real)
    assert (whole.home / "ledger" / "2026" / "tile" / "entries").exists()
    whole.close()

    whole.open()
    assert not (whole.home / "ledger" / "2026" / "tile" / "entries").exists()


def test_the_monitor_does_not_miss_a_shard_that_was_pruned(whole, clock):
    clock.time += YEAR
    whole.house.log.roll()
    assert "shard.link" not in monitored(whole.house)
    clock.time += 4 * YEAR
    whole.do("ledger prune", shard="2026")
    assert "shard.link" not in monitored(whole.house)


# -- the next year's keys ----------------------------------------------------------------------------------------------


def test_keys_that_were_prepared_are_those_of_the_next_log(whole, clock):
    before, size = whole.house.log.vkeys, whole.house.log.size()
    prepared = whole.do("ledger roll", prepare=True)
    assert whole.do("ledger roll", prepare=True) == prepared
    assert (whole.house.log.vkeys, whole.house.log.size()) == (before, size)
    whole.close()
    whole.open()
    assert whole.house.log.vkeys == before  # a restart does not begin it

    clock.time += YEAR
    begun = whole.do("ledger roll", prepare=False)

    assert begun == {"origin": prepared["origin"], "vkeys": prepared["vkeys"]}
    assert begun["origin"].endswith("/2027")
    assert whole.house.keeper.standing().origin == begun["origin"]
    assert whole.do("ledger roll", prepare=True)["origin"].endswith("/2028")


# -- after a loss ------------------------------------------------------------------------------------------------------


def test_a_successor_names_the_last_known_head_and_opens_once_the_keeper_trusts_it(whole, clock):
    token, entry = look(whole)
    old = whole.house.log.prove(whole.house.log.find_id(entry)[0])
    note = whole.house.log.publish()
    lost = whole.house.log.current.keys.known
    whole.close()

    made = succeed(whole.home, note)
    with pytest.raises(ShardError, match="keeper trust"):
        whole.open()
    trust(whole.home / "keeper", made["vkey"])
    house = whole.open()

    opened = parse_entry(house.log.current.entry(0))
    assert opened.kind is Kind.LOG_OPENED
    assert opened.fields["digest"] == digest_text(sha256(head_text(open_checkpoint(note, lost).head).encode()))
    assert whole.do("reveal", token=token, field="phone", **WORDS)["value"]
    with pytest.raises(KeeperRefusedError):
        house.keeper.open(old, [(token, parts_of_field("phone")[:1])])


def test_the_monitor_does_not_compare_a_successor_with_the_shard_before_the_lost_one(whole, clock):
    clock.time += YEAR
    whole.house.log.roll()
    note = whole.house.log.publish()
    whole.close()
    trust(whole.home / "keeper", succeed(whole.home, note)["vkey"])

    assert "shard.link" not in monitored(whole.open())


def test_nobody_gives_up_an_open_log_or_one_that_did_not_sign_the_checkpoint(home, clock):
    with open_institution(home, clock=clock) as house:
        note = house.log.publish()
        with pytest.raises(HomeBusyError):
            succeed(home, note)
    shards = sorted(path.name for path in (home / "ledger").iterdir())
    for forged in (note.replace("\n", "x\n", 1), "", "nonsense"):
        with pytest.raises(ShardError, match="not signed"):
            succeed(home, forged)
    assert sorted(path.name for path in (home / "ledger").iterdir()) == shards


# -- rotation ----------------------------------------------------------------------------------------------------------


def test_a_keeper_that_missed_a_rotation_follows_at_the_next_start(whole, monkeypatch):
    real = type(whole.house.keeper).follow_log

    def die(*_):
        raise SystemExit

    monkeypatch.setattr(type(whole.house.keeper), "follow_log", die)
    with pytest.raises(SystemExit):
        whole.house.log.rotate()
    monkeypatch.setattr(type(whole.house.keeper), "follow_log", real)
    vkey = whole.house.log.vkey
    believed = whole.home / "keeper" / "log.vkey"
    assert vkey not in believed.read_text()
    whole.close()

    whole.open()
    assert vkey in believed.read_text()
    assert len(whole.house.log.find([Kind.LOG_KEY_ROTATED.value])) == 1


# -- production and the quorum -----------------------------------------------------------------------------------------


def in_production(home):
    path = home / "settings.toml"
    path.write_text(path.read_text("utf-8") + "\n[house]\nproduction = true\n", "utf-8")


def test_a_home_in_production_needs_a_quorum_file(home, clock):
    in_production(home)

    with pytest.raises(ProductionError, match=r"no quorum\.txt"):
        open_institution(home, clock=clock)


def test_a_home_in_production_needs_its_keeper_apart(home, clock):
    in_production(home)
    (home / "ledger" / "quorum.txt").write_text(quorum_of(["http://127.0.0.1:9/"] * 3, 2).text)

    with pytest.raises(ProductionError, match="keeper is inside"):
        open_institution(home, clock=clock)


def test_a_home_in_production_needs_a_keeper_of_another_account(home, clock):
    with short_folder() as folder:
        adopt(home, folder / "keeper", folder / "k.sock")
        in_production(home)
        (home / "ledger" / "quorum.txt").write_text(quorum_of(["http://127.0.0.1:9/"] * 3, 2).text)
        keeper = KeeperProcess(folder / "keeper", folder / "k.sock")
        try:
            with pytest.raises(ProductionError, match="under the account of the vault"):
                open_institution(home, clock=clock)
        finally:
            keeper.stop()


def test_a_weak_or_malformed_quorum_changes_nothing(whole):
    before = whole.house.log.size()
    for text in (quorum_of(["http://127.0.0.1:9/"] * 3, 1).text, "quorum nobody\n", "x"):
        with pytest.raises(QuorumFileError):
            whole.do("ledger quorum", text=text)
    assert whole.house.log.size() == before
    assert whole.house.log.quorum is None
    assert not (whole.home / "ledger" / "quorum.txt").exists()


def test_while_the_old_quorum_is_away_no_other_takes_its_place(home, clock, monkeypatch):
    monkeypatch.setattr("dyepack.app.publisher.QUORUM_SECONDS", 0.2)
    monkeypatch.setattr("dyepack.app.publisher.ROUND_SECONDS", 0.1)
    old = quorum_of(["http://127.0.0.1:9/"] * 3, 2).text
    path = home / "ledger" / "quorum.txt"
    path.write_text(old)

    with open_institution(home, clock=clock) as house:
        with pytest.raises(QuorumUnavailableError):
            Acts(house).run("ledger quorum", {"text": quorum_of(["http://127.0.0.1:9/"] * 3, 3).text}, silent)
        assert house.log.quorum is not None
        assert house.log.quorum.text == path.read_text() == old
