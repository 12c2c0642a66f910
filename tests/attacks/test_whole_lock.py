"""No receipt, no key, on the joined product: a look whose entry is missing, stale or about something else opens none.

The attacker here has patched the vault's own code and holds the log's signing key; he does not hold the keeper.
"""

import shutil
from dataclasses import dataclass

import pytest

from dyepack.app.clock import SystemClock
from dyepack.app.institution import open_institution
from dyepack.app.sequencer import Sequencer
from dyepack.crypto.chance import SystemRandom
from dyepack.ledger import Fact, Head, Kind, Receipt, Tree, encode_entry, leaf_hash, parse_entry, sign_head
from dyepack.terms.chance import new_id
from dyepack.terms.errors import DyepackError
from dyepack.terms.ids import RecordToken
from dyepack.vault.catalog import index_number
from dyepack.vault.errors import (
    BadProofError,
    CeilingError,
    KeeperForkError,
    KeeperRefusedError,
    KeeperStateError,
    NoReceiptError,
    NotFoundError,
    NotPermittedError,
    SpentError,
    StaleError,
    UnknownHeadError,
    WrongFieldError,
    WrongKindError,
    WrongSubjectError,
)
from dyepack.vault.keeper.wire import ListGround
from dyepack.vault.record import parts_of_field
from fakes.ledger_logs import HandClock
from fakes.whole import STAFF, WholeHouse, dyepack, log_signer, shard, strangers_list

SECOND = 1_000_000
LATER = SystemClock().now() + 3_600 * SECOND  # homes are founded by the system's clock
PHONE = tuple(parts_of_field("phone"))[:1]
EMAIL = tuple(parts_of_field("email"))[:1]


@dataclass
class World:
    house: WholeHouse
    clock: HandClock
    tokens: list[RecordToken]
    held: RecordToken

    @property
    def keeper(self):
        return self.house.house.keeper

    @property
    def log(self):
        return self.house.house.log

    @property
    def honest(self) -> dict:
        """The fields of a real look."""
        found = [raw for _, raw in self.log.find([Kind.FIELD_REVEALED.value])]
        return {name: value for name, value in parse_entry(found[0]).fields.items() if name != "commit"}

    def fact(self, kind=Kind.FIELD_REVEALED, of=0, **changes) -> Fact:
        alias = self.house.house.viewer.aliases([self.tokens[of]])[self.tokens[of]]
        fields = self.honest | {"subj": (alias,), "fields": ("phone",)} | changes
        return self.house.house.fact(kind, **fields)

    def receipt(self, **changes) -> Receipt:
        return self.log.append([self.fact(**changes)])[0]

    def forged(self, *, index: int, head: str, proof=()) -> Receipt:
        fact = self.fact()
        raw = encode_entry(fact, t=self.clock.now(), org=self.house.house.id)
        return Receipt(raw, index, proof, head)


def made(home, clock) -> World:
    """A house with two grown-ups, one of whom was looked at, and a lot in quarantine."""
    house = WholeHouse(home, clock=clock)
    people = strangers_list(3, 40)
    house.admit(house.take(people.csv("utf-8"))["lot"])
    held = house.take(strangers_list(4, 10).csv("utf-8"), "second.csv")["lot"]
    words = {"purpose": "consult", "case": "咨询", "actor": "林顾问"}
    tokens = [
        house.do("lookup", phone=person.phone, **words)["records"][0]["token"]
        for person in people.people
        if person.born
    ][:2]
    house.do("reveal", token=tokens[0], field="phone", **words)
    return World(house, clock, tokens, house.house.lots.members(held, "held")[0].token)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = made(tmp_path_factory.mktemp("lock") / "home", HandClock(LATER))
    yield world
    world.house.close()


def test_an_honest_receipt_opens_the_field_that_it_names(world):
    opened = world.keeper.open(world.receipt(), [(world.tokens[0], PHONE)])

    assert list(opened[world.tokens[0]]) == list(PHONE)


@pytest.mark.parametrize("nothing", [None, object(), {}])
def test_a_door_that_skips_the_ledger_gets_no_key(world, nothing):
    with pytest.raises(NoReceiptError):
        world.keeper.open(nothing, [(world.tokens[0], PHONE)])


def test_a_patched_revealer_that_writes_no_entry_shows_nothing(world, monkeypatch):
    class Skipped:
        def append(self, facts):
            return [None for _ in facts]

    monkeypatch.setattr(world.house.house.revealer, "_ledger", Skipped())
    before = world.log.size()

    with pytest.raises((KeeperRefusedError, AssertionError)):
        world.house.do("reveal", token=world.tokens[0], field="phone", purpose="consult", case="跳过", actor="林顾问")

    kinds = [raw for _, raw in world.log.entries(before) if Kind.FIELD_REVEALED.value.encode() in raw]
    assert kinds == []


def test_a_patched_revealer_that_replays_an_old_receipt_shows_nothing(world, monkeypatch):
    old = world.receipt()
    world.keeper.open(old, [(world.tokens[0], PHONE)])
    real = world.log

    class Replaying:
        def append(self, facts):
            return [old for _ in facts]

    monkeypatch.setattr(world.house.house.revealer, "_ledger", Replaying())

    with pytest.raises(SpentError):
        world.house.do("reveal", token=world.tokens[0], field="phone", purpose="consult", case="重放", actor="林顾问")
    refused = [raw for _, raw in real.entries() if Kind.KEEPER_REFUSED.value.encode() in raw]
    assert b"keeper-spent" in refused[-1]


def test_an_entry_that_is_not_in_the_log_opens_nothing(world):
    with pytest.raises(BadProofError):
        world.keeper.open(world.forged(index=world.log.size() - 1, head=world.log.head()), [(world.tokens[0], PHONE)])


def test_a_head_that_the_keeper_never_saw_opens_nothing(world):
    """Signed by the log's own key, over the true log and one entry more, which nobody will find there."""
    size = world.log.size()
    entry = world.forged(index=size, head="").entry
    tree = Tree(lambda path: None)
    tree.append([leaf_hash(raw) for _, raw in world.log.entries()] + [leaf_hash(entry)])
    signer = log_signer(world.house.home)
    head = sign_head(Head(world.house.house.log.origin, size + 1, tree.edge().root), signer)
    receipt = Receipt(entry, size, tree.edge().inclusion(size), head)

    with pytest.raises(UnknownHeadError):
        world.keeper.open(receipt, [(world.tokens[0], PHONE)])


def test_another_person_than_the_entry_names_stays_closed(world):
    with pytest.raises(WrongSubjectError):
        world.keeper.open(world.receipt(of=0), [(world.tokens[1], PHONE)])


def test_another_field_than_the_entry_names_stays_closed(world):
    with pytest.raises(WrongFieldError):
        world.keeper.open(world.receipt(), [(world.tokens[0], EMAIL)])


def test_a_second_person_beside_the_named_one_closes_both(world):
    receipt = world.receipt()
    with pytest.raises(WrongSubjectError):
        world.keeper.open(receipt, [(world.tokens[0], PHONE), (world.tokens[1], PHONE)])


def test_a_look_at_a_mask_does_not_open_a_number(world):
    receipt = world.receipt(kind=Kind.RECORD_VIEWED, masks=("phone",), n=1)

    with pytest.raises(WrongFieldError):
        world.keeper.open(receipt, [(world.tokens[0], PHONE)])


def test_a_refusal_in_the_log_opens_nothing(world):
    with pytest.raises(NotPermittedError):
        world.keeper.open(world.receipt(decision="deny"), [(world.tokens[0], PHONE)])


def test_an_entry_of_another_kind_opens_nothing(world):
    receipt = world.receipt(kind=Kind.RECORD_ERASED, ref=new_id(SystemRandom()))

    with pytest.raises(WrongKindError):
        world.keeper.open(receipt, [(world.tokens[0], PHONE)])


def test_a_receipt_opens_once(world):
    receipt = world.receipt()
    world.keeper.open(receipt, [(world.tokens[0], PHONE)])

    with pytest.raises(SpentError):
        world.keeper.open(receipt, [(world.tokens[0], PHONE)])


def test_a_receipt_of_half_a_minute_ago_is_stale(world):
    receipt = world.receipt()
    world.clock.time += 31 * SECOND

    with pytest.raises(StaleError):
        world.keeper.open(receipt, [(world.tokens[0], PHONE)])


def test_a_clock_that_is_set_back_does_not_freshen_it(world):
    receipt = world.receipt()
    world.clock.time += 31 * SECOND
    world.keeper.issue([PHONE])  # the keeper notices the time
    world.clock.time -= 31 * SECOND

    with pytest.raises(StaleError):
        world.keeper.open(receipt, [(world.tokens[0], PHONE)])
    world.clock.time += 31 * SECOND


def test_a_record_in_quarantine_opens_for_nobody(world):
    alias = world.house.house.viewer.aliases([world.held])[world.held]

    with pytest.raises(KeeperStateError):
        world.keeper.open(world.receipt(subj=(alias,)), [(world.held, PHONE)])


def test_a_release_without_approvers_opens_nothing(world):
    receipt = world.receipt(
        kind=Kind.RELEASE_OPENED, purpose="application", ref=new_id(SystemRandom()), n=1,
        approvers=(world.house.acts.people.named("林顾问").id,),
    )  # fmt: skip

    with pytest.raises(KeeperRefusedError):
        world.keeper.open(receipt, [(world.tokens[0], PHONE)])


def test_a_list_entry_of_one_row_does_not_index_a_thousand_numbers(world):
    receipt = world.receipt(kind=Kind.LIST_LINKED, n=1, purpose="leak_trace", subj=(), fields=())
    asks = [(index_number("phone"), f"+861300000{number:04d}") for number in range(1000)]

    with pytest.raises(CeilingError):
        world.keeper.index(asks, ListGround(receipt))


def test_a_restart_of_the_keeper_honors_no_receipt_from_before(tmp_path):
    world = made(tmp_path / "home", HandClock(LATER))
    index = world.receipt().index
    world.house.close()
    world.house.open()

    with pytest.raises(StaleError):
        world.keeper.open(world.log.prove(index), [(world.tokens[0], PHONE)])
    world.house.close()


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory):
    """A home, and its copy of the day before: a look and an erasure lie between."""
    folder = tmp_path_factory.mktemp("yesterday")
    house = WholeHouse(folder / "home")
    people = strangers_list(6, 20, dirt=0)
    house.admit(house.take(people.csv("utf-8"))["lot"])
    words = {"purpose": "case", "case": "昨日", "actor": "周合规"}
    person = next(person for person in people.people if person.born)
    token = house.do("lookup", phone=person.phone, **words)["records"][0]["token"]
    house.close()
    shutil.copytree(folder / "home", folder / "old")
    house.open()
    house.do("reveal", token=token, field="phone", **words)
    house.do("erase", token=token, ground="本人请求", actor="周合规")
    house.close()
    return folder, token


def restored(yesterday, to, *names):
    """Today's home with some of its parts as they were yesterday."""
    folder, token = yesterday
    home = to / "home"
    shutil.copytree(folder / "home", home)
    for name in names:
        old = folder / "old" / name
        if old.is_dir():
            shutil.rmtree(home / name)
            shutil.copytree(old, home / name)
        else:
            shutil.copy2(old, home / name)
    return home, token


def test_yesterdays_log_under_todays_keeper_does_not_start_and_says_why(yesterday, tmp_path):
    home, _ = restored(yesterday, tmp_path, "ledger")

    said = dyepack("ledger", "audit", home=home)

    assert said.code != 0
    assert said.err.strip().count("\n") == 0
    assert "[ledger.rolled-back]" in said.err


def test_yesterdays_log_with_other_entries_after_it_does_not_start(yesterday, tmp_path):
    """Rolled back, then grown again without the keeper, past the size that the keeper knows: a fork."""
    home, _ = restored(yesterday, tmp_path, "ledger")
    with open_institution(yesterday[0] / "home") as house:
        origin, org = house.log.origin, house.id
    signer = log_signer(home)
    log = Sequencer(shard(home), signer, origin, org, SystemClock(), lambda *step: None)
    for _ in range(20):
        log.append([Fact(new_id(SystemRandom()), Kind.LOG_OPENED, {"actor": "p_log"})])
    log.close()

    with pytest.raises(KeeperForkError):
        open_institution(home)
    said = dyepack("actor", "list", home=home)
    assert said.code != 0
    assert "[vault.keeper-fork]" in said.err


@pytest.mark.parametrize("parts", [("vault.db",), ("keeper",), ("vault.db", "keeper")])
def test_an_old_backup_revives_nobody_who_was_erased(yesterday, tmp_path, parts):
    home, token = restored(yesterday, tmp_path, *parts)

    house = WholeHouse.__new__(WholeHouse)
    house.home, house.clock = home, None
    house.open()
    with pytest.raises(DyepackError) as refusal:
        house.do("reveal", token=token, field="phone", purpose="case", case="复活", actor="周合规")
    house.close()

    assert isinstance(refusal.value, NotFoundError)


def test_a_home_without_its_keeper_does_not_start(yesterday, tmp_path):
    home, _ = restored(yesterday, tmp_path)
    shutil.rmtree(home / "keeper")

    said = dyepack("actor", "list", home=home)

    assert said.code == 4
    assert "[app.keeper-missing]" in said.err


def test_a_key_file_that_others_can_read_stops_the_start(yesterday, tmp_path):
    home, _ = restored(yesterday, tmp_path)
    (home / "keeper" / "root.key").chmod(0o644)

    said = dyepack("actor", "list", home=home)

    assert said.code != 0
    assert "[vault.key-file-open]" in said.err


def test_staff_of_the_house_are_all_there(world):
    assert {member["name"] for member in world.house.do("actor list")["actors"]} == set(STAFF)
