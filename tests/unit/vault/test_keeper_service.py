import pytest

from dyepack.crypto.digest import hmac_sha256, sha256
from dyepack.crypto.errors import UnsealError
from dyepack.ledger import Kind
from dyepack.terms.ids import decode_id, record_bytes, record_token
from dyepack.vault import forms
from dyepack.vault.errors import (
    BadFrameError,
    KeeperRandomError,
    KeeperStateError,
    KeyFileBrokenError,
    StaleError,
)
from dyepack.vault.keeper.ceilings import DEFAULT_CEILINGS
from dyepack.vault.keeper.ports import Ring
from dyepack.vault.keeper.wire import ListGround, LookupGround, LotGround, PlantGround
from dyepack.vault.record import DISPLAY, parse_sealed, parts_of_field
from dyepack.vault.unseal import unseal_display, unseal_part
from fakes.keeper_store import FakeKeeperStore
from fakes.keeper_world import (
    ACTOR,
    INSTITUTION,
    MARK_KEY,
    PERSON,
    ROOT_KEY,
    CountedRandom,
    StuckRandom,
    World,
    all_parts,
    an_id,
    mark_keys,
)


@pytest.fixture
def world() -> World:
    return World()


def test_a_masked_look_opens_the_display_part(world: World) -> None:
    token, blob = world.person()
    keys = world.keeper.open(world.viewed(token), [(token, [DISPLAY])])
    display = unseal_display(keys[token][DISPLAY], INSTITUTION, token, parse_sealed(blob)[DISPLAY])
    assert display.disclose().masks["phone"][0] == "138****0012"


def test_a_reveal_opens_all_values_of_its_field(world: World) -> None:
    token, blob = world.person()
    keys = world.keeper.open(world.revealed(token, "phone"), [(token, parts_of_field("phone"))])
    envelopes = parse_sealed(blob)
    values = [unseal_part(keys[token][10, slot], INSTITUTION, token, envelopes[10, slot]) for slot in (0, 1)]
    assert [value.disclose() for value in values] == PERSON["phone"]


def test_a_release_opens_what_it_names_of_100_records(world: World) -> None:
    people = [world.person() for _ in range(100)]
    tokens = [token for token, _ in people]
    receipt = world.released(*tokens, names=["name", "phone"])
    keys = world.keeper.open(receipt, [(token, [DISPLAY, (10, 0)]) for token in tokens])
    token, blob = people[99]
    assert unseal_part(keys[token][10, 0], INSTITUTION, token, parse_sealed(blob)[10, 0]).disclose() == "+8613800000012"


def test_a_reveal_of_a_name_opens_the_display_part_alone(world: World) -> None:
    token, _ = world.person()
    assert world.keeper.open(world.revealed(token, "name"), [(token, [DISPLAY])])


def test_more_than_100_records_are_refused(world: World) -> None:
    token, _ = world.person()
    many = [(record_token(number.to_bytes(16, "big")), [DISPLAY]) for number in range(101)]
    receipt = world.viewed(token)
    for asks in (many, [], [(token, [DISPLAY])] * 2, [("r1_x", [DISPLAY])]):
        with pytest.raises(BadFrameError):
            world.keeper.open(receipt, asks)


def test_issued_records_are_held_and_named_in_this_quarter(world: World) -> None:
    issued = world.keeper.issue([all_parts(), [DISPLAY]])
    assert [set(one.keys) for one in issued] == [set(all_parts()), {DISPLAY}]
    assert issued[0].alias == world.alias(issued[0].token)
    assert len({one.alias for one in issued}) == 2
    with pytest.raises(KeeperStateError):
        world.keeper.open(world.viewed(issued[0].token), [(issued[0].token, [DISPLAY])])


def test_issue_has_its_limits(world: World) -> None:
    assert world.keeper.issue([]) == []
    for asks in ([[DISPLAY]] * 1001, [[]], [[(1, 0)]]):
        with pytest.raises(BadFrameError):
            world.keeper.issue(asks)


def test_part_keys_of_version_1_never_repeat_even_with_stuck_keys(world: World) -> None:
    class StuckButForNames(CountedRandom):
        def token_bytes(self, size: int) -> bytes:
            return super().token_bytes(size) if size == 16 else b"\x5a" * size

    keeper = world.started(random=StuckButForNames("names"))
    issued = keeper.issue([all_parts()] * 50)
    keys = [key for one in issued for key in one.keys.values()]
    assert len(set(keys)) == len(keys) == 50 * len(all_parts())
    wrapped = world.store.persons([record_bytes(one.token) for one in issued]).values()
    assert len({row.wrapped[8:20] for row in wrapped}) == 50


def test_a_source_that_repeats_names_makes_no_second_record(world: World) -> None:
    keeper = world.started(random=StuckRandom())
    with pytest.raises(KeeperRandomError):
        keeper.issue([[DISPLAY]] * 2)
    keeper.issue([[DISPLAY]])
    with pytest.raises(KeeperRandomError):
        keeper.issue([[DISPLAY]])


def test_aliases_differ_by_quarter_and_person(world: World) -> None:
    (token, _), (other, _) = world.person(), world.person()
    unknown = record_token(bytes(16))
    found = world.keeper.aliases([token, other, unknown, token], [(2026, 3), (2026, 4)])
    assert set(found) == {token, other}
    assert len({alias for some in found.values() for alias in some.values()}) == 4
    assert world.keeper.aliases([], [(2026, 4)]) == {}


def test_tags_computed_again_are_those_of_a_look_up(world: World) -> None:
    token, blob = world.person(admitted=False)
    receipt = world.logged(Kind.KEY_REINDEXED, actor=ACTOR, decision="permit", subj=[world.alias(token)])
    tags = world.keeper.reindex(receipt, [(token, blob)])[token]
    asks = [ask for name, texts in PERSON.items() for text in texts for ask in forms.search_keys(name, text)]
    expected = world.keeper.index(asks, LookupGround(ACTOR))
    assert sorted(tags) == sorted(zip([number for number, _ in asks], expected, strict=True))
    assert len(tags) == 7


def test_the_same_value_has_one_tag_for_look_up_list_and_canary(world: World) -> None:
    ask = [(10, "+8613800000012")]
    release = world.logged(Kind.RELEASE_MOVED, actor=ACTOR, ref=an_id("release"), outcome="collecting")
    grounds = [LookupGround(ACTOR), ListGround(world.listed(5)), PlantGround(release)]
    assert len({world.keeper.index(ask, ground)[0] for ground in grounds}) == 1


def test_an_index_that_does_not_exist_is_refused(world: World) -> None:
    for asks in ([], [(3, "1999-01-01")], [(10, "x")] * 1001):
        with pytest.raises(BadFrameError):
            world.keeper.index(asks, LookupGround(ACTOR))
    with pytest.raises(BadFrameError):
        world.keeper.index([(10, "x")], LookupGround("nobody"))


def test_a_lot_needs_a_fresh_entry_at_first(world: World) -> None:
    receipt = world.received(an_id("lot"), 5)
    world.clock.pass_seconds(31)
    with pytest.raises(StaleError):
        world.keeper.index([(10, "x")], LotGround(receipt, an_id("lot")))


def test_switched_off_ceilings_stop_nobody() -> None:
    world = World(ceilings=DEFAULT_CEILINGS.unlimited_for_benchmarks())
    for number in range(300):
        world.keeper.index([(10, str(number))], LookupGround(ACTOR))
        world.keeper.count_miss(ACTOR)


def test_labels_are_equal_within_a_kind_and_after_a_restart(world: World) -> None:
    tag = world.keeper.label_tag("staff", "王小样")
    world.restart()
    assert world.keeper.label_tag("staff", "王小样") == tag
    assert len(tag) == 16
    assert world.keeper.label_tag("staff", "王小洋") != tag
    with pytest.raises(BadFrameError):
        world.keeper.label_tag("Staff!", "x")


def test_notes_come_back_and_show_nothing(world: World) -> None:
    sealed = world.keeper.seal_note("case", "c1", "学生来电".encode())
    assert "学生来电".encode() not in sealed
    assert len(sealed) == len(world.keeper.seal_note("case", "c1", b"x"))
    world.restart()
    assert world.keeper.open_note("case", "c1", sealed).decode() == "学生来电"


def test_details_carry_the_opening_of_their_commitment(world: World) -> None:
    token, _ = world.person()
    detail = world.keeper.seal_detail(token, an_id("entry"), b'{"motive":"x"}')
    opened = world.keeper.open_detail(token, an_id("entry"), detail.sealed)
    assert opened.plaintext == b'{"motive":"x"}'
    assert hmac_sha256(opened.opening, opened.plaintext) == detail.commit


def test_mark_keys_match_their_commitments_and_are_counted(world: World) -> None:
    copies, epoch = [an_id("copy"), an_id("other")], an_id("epoch")
    receipt = world.logged(Kind.KEY_COMMITTED, actor=ACTOR, ref=copies[0], digest="A" * 43)
    embedded = world.keeper.derive(receipt, copies[:1], epoch)
    read = world.keeper.derive(world.listed(5), copies, epoch)
    assert read[0] == embedded[0]
    assert world.keeper.commitments(copies[0], epoch) == tuple(map(sha256, read[0]))
    assert world.keeper.derivations() == 3
    world.keeper.counted()
    world.restart()
    assert world.keeper.derivations() == 3
    with pytest.raises(BadFrameError):
        world.keeper.commitments("copy", epoch)
    with pytest.raises(BadFrameError):
        world.keeper.derive(receipt, [], epoch)


def test_honored_receipts_are_counted_over_restarts(world: World) -> None:
    token, _ = world.person()
    receipts = [world.viewed(token), world.revealed(token, "phone")]
    world.keeper.open(receipts[0], [(token, [DISPLAY])])
    world.keeper.open(receipts[1], [(token, [(10, 0)])])
    world.logged(Kind.PROCESS_STARTED, actor="p_jobs")
    world.restart()
    assert world.keeper.counted() == (2, receipts[0].index, receipts[1].index)
    assert world.keeper.counted() == (0, 0, 0)


def test_a_list_that_is_worked_off_counts_once(world: World) -> None:
    receipt = world.listed(5)
    for _ in range(3):
        world.keeper.index([(10, "x")], ListGround(receipt))
    assert world.keeper.counted() == (1, receipt.index, receipt.index)


def test_the_keeper_knows_how_long_the_log_was(world: World) -> None:
    world.logged(Kind.PROCESS_STARTED, actor="p_jobs")
    world.restart()
    assert world.keeper.size() == 2


def test_the_same_head_may_be_shown_again(world: World) -> None:
    text = world.book.proofs[-1][2]
    world.keeper.advance(1, (), text)
    assert world.keeper.size() == 1


def test_another_root_key_opens_no_keeper(world: World) -> None:
    with pytest.raises(KeyFileBrokenError):
        world.started(root_key=bytes(32))
    for wrong in ({"root_key": bytes(31)}, {"mark_key": bytes(33)}):
        with pytest.raises(KeyFileBrokenError):
            world.started(**wrong)


def test_a_person_key_moved_to_another_record_never_opens(world: World) -> None:
    (token, _), (other, _) = world.person(), world.person()
    store = world.store
    assert isinstance(store, FakeKeeperStore)
    rows = store.persons([record_bytes(token), record_bytes(other)])
    store.destroy([record_bytes(token)])
    moved = rows[record_bytes(other)]
    store.add_persons([type(moved)(record_bytes(token), moved.state, 1, -1, moved.wrapped)])
    with pytest.raises(UnsealError):
        world.keeper.aliases([token], [(2026, 4)])


def test_what_rests_in_the_store_holds_no_key_in_clear(world: World) -> None:
    token, _ = world.person()
    key = world.keeper.open(world.viewed(token), [(token, [DISPLAY])])[token][DISPLAY]
    world.keeper.label_tag("staff", "x")
    kek = world.store.keys(Ring.KEK, "")[0].wrapped
    row = world.store.persons([record_bytes(token)])[record_bytes(token)]
    for secret in (ROOT_KEY, MARK_KEY, key):
        assert secret not in kek + row.wrapped
    assert len(row.wrapped) == 100


def test_closing_saves_what_was_counted(world: World) -> None:
    token, _ = world.person()
    world.keeper.open(world.viewed(token), [(token, [DISPLAY])])
    world.keeper.close()
    world.restart()
    assert world.keeper.counted()[0] == 1


def test_the_mark_derivation_is_the_one_that_was_handed_in() -> None:
    world = World()
    copy, epoch = an_id("copy"), an_id("epoch")
    other = world.started(derive=lambda key, one, two: (key + one, key + two))
    assert other.commitments(copy, epoch) != world.keeper.commitments(copy, epoch)
    assert world.keeper.commitments(copy, epoch) == tuple(
        map(sha256, mark_keys(MARK_KEY, decode_id(copy), decode_id(epoch)))
    )


def test_a_keeper_of_another_institution_opens_nothing_of_this_one(world: World) -> None:
    with pytest.raises(KeyFileBrokenError):
        world.started(institution="i_" + an_id("another"))
