"""A home whose log three witnesses in processes of their own cosign; level 2 waits for two of them."""

import shutil
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from dyepack.app import publisher
from dyepack.app.acts import Acts
from dyepack.app.clock import SystemClock
from dyepack.app.institution import open_institution
from dyepack.app.log_keys import load_keys
from dyepack.app.shards import shard_names
from dyepack.app.witness_folder import WitnessFolder
from dyepack.gateways.witness_client import WitnessClient
from dyepack.ledger import Head, Kind, digest_text, open_checkpoint, parse_entry, sign_head, verify
from dyepack.ledger.errors import QuorumUnavailableError, RolledBackError
from dyepack.ledger.witness import Behind, Refused
from dyepack.terms.progress import silent
from dyepack.vault.errors import KeeperRefusedError
from fakes.whole import WholeHouse, strangers_list
from fakes.witness_process import WitnessProcess, three_witnesses, two_of_three
from fakes.witnesses import until

WORDS = {"purpose": "consult", "case": "来访", "actor": "林顾问"}


@dataclass
class World:
    """A home with records, open under the quorum."""

    house: WholeHouse
    witnesses: list[WitnessProcess]
    people: list

    @property
    def log(self):
        return self.house.house.log

    def token(self, place):
        return self.house.do("lookup", phone=self.people[place].phone, **WORDS)["records"][0]["token"]

    def erase(self, token):
        return self.house.do("erase", token=token, ground="本人请求", actor="周合规")["entry"]

    def drill(self):
        fact = self.house.house.fact(Kind.CHECK_FAILED, actor="p_log", outcome="drill")
        self.log.append([fact])

    def reopen(self):
        self.house.close()
        self.house.open()


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory):
    with three_witnesses(tmp_path_factory.mktemp("witnesses")) as found:
        yield found


@pytest.fixture
def world(tmp_path, witnesses, monkeypatch):
    house = WholeHouse(tmp_path / "home")
    people = strangers_list(61, 8, dirt=0)
    house.admit(house.take(people.csv("utf-8"))["lot"])
    for witness in witnesses:
        witness.know(house.house.log.vkey)
    house.do("ledger quorum", text=two_of_three(house.house.log.vkey, witnesses))
    monkeypatch.setattr(publisher, "QUORUM_SECONDS", 6.0)
    found = World(house, witnesses, [person for person in people.people if person.born])
    yield found
    publisher.QUORUM_SECONDS = 0.1
    house.close()
    away = [witness for witness in witnesses if not witness.runs]
    for witness in away:
        witness.begin()
    for witness in away:
        witness.await_address()


def signers_of(note, log):
    names = open_checkpoint(note, log.current.keys.known, log.quorum.keys).signed_by(log.quorum.keys)
    return {key.name for key in names}


def unpack(bundle: bytes, folder: Path) -> Path:
    zipfile.ZipFile(BytesIO(bundle)).extractall(folder)
    return folder


def test_an_erasure_waits_for_the_quorum_and_its_bundle_says_who_saw_it(world, tmp_path, capsys):
    entry = world.erase(world.token(0))
    place, raw = world.log.find_id(entry)

    assert parse_entry(raw).kind is Kind.RECORD_ERASED
    assert world.log.current.witnessed().head.size > place
    receipt = world.log.prove(place)
    assert len(signers_of(receipt.head, world.log)) >= 2
    status = world.house.do("ledger status")
    assert status["witnessed"] is True
    assert all(audit.whole for audit in world.log.audit(silent))
    content = world.house.do("ledger prove", entries=[entry])["content"]
    folder = unpack(content, tmp_path / "bundle")
    assert verify.main([str(folder)]) in (0, 3)
    assert f"Entry {place} was in the log" in (said := capsys.readouterr().out)
    assert "seen by" in said


def test_without_two_witnesses_looks_go_on_and_an_erasure_waits_for_their_return(world, monkeypatch):
    one, two = world.token(0), world.token(1)
    for witness in world.witnesses[:2]:
        witness.kill()
    monkeypatch.setattr(publisher, "QUORUM_SECONDS", 0.5)

    size = world.log.size()
    world.drill()
    assert world.house.do("reveal", token=one, field="phone", **WORDS)["entry"]
    with pytest.raises(QuorumUnavailableError) as refused:
        world.house.house.log.append(
            [world.house.house.fact(Kind.POLICY_CHANGED, actor="p_vault", digest=digest_text(bytes(32)))]
        )
    assert "audit-ed" in refused.value.facts["why"]
    assert world.log.size() > size
    world.log.publish()
    assert world.house.do("ledger status")["witnessed"] is False

    monkeypatch.setattr(publisher, "QUORUM_SECONDS", 8.0)
    world.witnesses[0].begin()
    world.witnesses[0].await_address()
    entry = world.erase(two)
    place, _ = world.log.find_id(entry)
    assert signers_of(world.log.prove(place).head, world.log) == {"audit.example/w1", "peer.example/w1"}
    assert world.house.do("ledger status")["witnessed"] is True


def test_a_fact_that_was_refused_is_answered_by_the_entry_that_stands_when_they_are_back(world, monkeypatch):
    for witness in world.witnesses[1:]:
        witness.kill()
    monkeypatch.setattr(publisher, "QUORUM_SECONDS", 0.3)
    fact = world.house.house.fact(Kind.POLICY_CHANGED, actor="p_vault", digest=digest_text(bytes(32)))
    with pytest.raises(QuorumUnavailableError):
        world.log.append([fact])
    size = world.log.size()
    monkeypatch.setattr(publisher, "QUORUM_SECONDS", 8.0)
    world.witnesses[2].begin()
    world.witnesses[2].await_address()

    (receipt,) = world.log.append([fact])

    assert world.log.size() == size
    assert len(signers_of(receipt.head, world.log)) == 2


def test_yesterdays_folder_is_refused_and_nothing_is_appended(world, tmp_path):
    world.house.close()
    yesterday = shutil.copytree(world.house.home, tmp_path / "yesterday")
    world.house.open()
    world.erase(world.token(0))
    world.house.close()
    before = {path.name: path.read_bytes() for path in yesterday.rglob("*.wal")}

    with pytest.raises(RolledBackError) as refused:
        open_institution(yesterday)

    assert "an old copy was restored" in refused.value.sentence("en")
    assert {path.name: path.read_bytes() for path in yesterday.rglob("*.wal")} == before
    world.house.open()


def test_a_fork_that_is_shown_to_a_witness_is_kept_as_evidence(world):
    log = world.log.current
    log.await_quorum()
    size = log.witnessed().head.size
    until(lambda: world.witnesses[0].url in {status.url for status in log.witness_status() if status.size == size})
    forged = sign_head(Head(log.origin, size, bytes(32)), *log.keys.signers)

    client = WitnessClient(world.witnesses[0].url)
    answer = client.add_checkpoint(size, (), forged)
    client.close()

    assert isinstance(answer, Behind | Refused)
    folder = WitnessFolder(world.witnesses[0].folder, SystemClock())
    kept = [one for one in folder.evidence() if one.signed.origin == log.origin]
    folder.close()
    assert [(one.verdict.value, one.verdict.proves, one.signed.size) for one in kept] == [("fork", True, size)]


def test_a_keeper_with_its_own_quorum_opens_nothing_below_it(world, monkeypatch):
    one, two = world.token(0), world.token(1)
    world.house.close()
    shutil.copy(world.house.home / "ledger" / "quorum.txt", world.house.home / "keeper" / "quorum.txt")
    world.house.open()
    assert world.erase(one)

    world.house.close()
    (world.house.home / "ledger" / "quorum.txt").unlink()  # the operator of the log asks for nobody any more
    world.house.open()
    with pytest.raises(KeeperRefusedError):
        world.erase(two)


def test_an_erasure_that_the_keeper_missed_is_followed_under_its_quorum(world, tmp_path):
    world.house.close()
    shutil.copy(world.house.home / "ledger" / "quorum.txt", world.house.home / "keeper" / "quorum.txt")
    backup = shutil.copytree(world.house.home / "keeper", tmp_path / "keeper")
    world.house.open()
    world.erase(world.token(0))
    world.house.close()
    shutil.rmtree(world.house.home / "keeper")
    shutil.copytree(backup, world.house.home / "keeper")

    world.house.open()

    assert world.house.house.keeper.size() >= world.log.size() - 1


def test_a_roll_without_witnesses_leaves_the_shard_as_it_is(world, monkeypatch):
    for witness in world.witnesses[:2]:
        witness.kill()
    monkeypatch.setattr(publisher, "QUORUM_SECONDS", 0.3)
    names = shard_names(world.house.home / "ledger")
    world.drill()

    with pytest.raises(QuorumUnavailableError):
        world.log.roll()

    assert shard_names(world.house.home / "ledger") == names
    world.drill()
    assert Acts(world.house.house).run("ledger status", {}, silent)["size"] == world.log.size()


def test_a_key_of_a_rotation_without_witnesses_is_learned_by_the_keeper_at_the_next_start(world, monkeypatch):
    for witness in world.witnesses[:2]:
        witness.kill()
    monkeypatch.setattr(publisher, "QUORUM_SECONDS", 0.3)
    world.log.rotate()
    vkey = world.log.vkey
    world.drill()
    path = world.house.home / "keeper" / "log.vkey"
    assert vkey not in path.read_text()

    monkeypatch.setattr(publisher, "QUORUM_SECONDS", 8.0)
    for witness in world.witnesses[:2]:
        witness.begin()
    for witness in world.witnesses[:2]:
        witness.await_address()
    for witness in world.witnesses:
        witness.know(vkey)
    world.reopen()

    assert vkey in path.read_text()
    keys = load_keys(world.house.home / "ledger" / world.log.name / "keys", world.log.origin, SystemClock().now())
    assert len(keys.signers) == 2
