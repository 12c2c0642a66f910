"""What a keeper does for the vault, in memory or over a socket: the same frames, the same answers."""

import threading
from collections.abc import Iterator

import pytest

from dyepack.crypto.digest import hmac_sha256, sha256
from dyepack.crypto.errors import UnsealError
from dyepack.ledger import Kind
from dyepack.terms.ids import record_token
from dyepack.vault.errors import (
    BadFrameError,
    BadProofError,
    CeilingError,
    KeeperForkError,
    KeeperStateError,
    NoReceiptError,
    NotPermittedError,
    SpentError,
    StaleError,
    UnknownHeadError,
    WrongFieldError,
    WrongSubjectError,
)
from dyepack.vault.keeper.client import KeeperClient
from dyepack.vault.keeper.wire import LinkProbe, ListGround, LookupGround, LotGround, PlantGround
from dyepack.vault.record import DISPLAY, parse_sealed, parts_of_field
from dyepack.vault.unseal import unseal_display, unseal_part
from fakes.keeper_process import connected
from fakes.keeper_world import ACTOR, INSTITUTION, PERSON, Book, World, all_parts, an_id

PHONE = (10, 0)


@pytest.fixture(params=["memory", "socket"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with connected(request.param) as connect:
        yield World(connect=connect)


def test_keys_open_what_was_sealed(world: World) -> None:
    token, blob = world.person()
    envelopes = parse_sealed(blob)
    shown = world.keeper.open(world.viewed(token), [(token, [DISPLAY])])
    display = unseal_display(shown[token][DISPLAY], INSTITUTION, token, envelopes[DISPLAY])
    assert display.disclose().masks["phone"][0] == "138****0012"
    keys = world.keeper.open(world.revealed(token, "phone"), [(token, parts_of_field("phone"))])
    assert unseal_part(keys[token][PHONE], INSTITUTION, token, envelopes[PHONE]).disclose() == PERSON["phone"][0]


def test_a_release_opens_100_records_at_once(world: World) -> None:
    tokens = [one.token for one in world.keeper.issue([all_parts()] * 100)]
    for token in tokens[:3]:
        world.admit(token)
    with pytest.raises(KeeperStateError):
        world.keeper.open(world.released(*tokens, names=["name", "phone"]), [(token, [PHONE]) for token in tokens])
    opened = world.keeper.open(world.released(*tokens[:3], names=["phone"]), [(token, [PHONE]) for token in tokens[:3]])
    assert set(opened) == set(tokens[:3])


def test_a_refusal_comes_back_as_itself_with_its_facts(world: World) -> None:
    (token, _), (other, _) = world.person(), world.person()
    receipt = world.revealed(token, "phone")
    with pytest.raises(WrongFieldError) as refused:
        world.keeper.open(receipt, [(token, [(50, 0)])])
    assert refused.value.facts == {"field": "citizen_id"}
    with pytest.raises(WrongSubjectError):
        world.keeper.open(receipt, [(other, [PHONE])])
    with pytest.raises(NotPermittedError):
        world.keeper.open(world.viewed(token, decision="deny"), [(token, [DISPLAY])])
    for nothing in (None, object(), {}):
        with pytest.raises(NoReceiptError):
            world.keeper.open(nothing, [(token, [PHONE])])  # type: ignore[arg-type]
    assert world.keeper.open(receipt, [(token, [PHONE])])
    with pytest.raises(SpentError):
        world.keeper.open(receipt, [(token, [PHONE])])
    world.clock.pass_seconds(31)
    with pytest.raises(StaleError) as stale:
        world.keeper.open(world.book.receipt(receipt.index), [(token, [PHONE])])
    assert stale.value.facts == {"seconds": 30}


def test_the_keeper_counts_what_it_refused_by_code(world: World) -> None:
    keeper = world.keeper
    assert isinstance(keeper, KeeperClient)
    token, _ = world.person()
    for _ in range(3):
        with pytest.raises(NoReceiptError):
            keeper.open(None, [(token, [PHONE])])  # type: ignore[arg-type]
    assert keeper.refusals() == {"vault.keeper-no-receipt": 3}
    assert keeper.refusals() == {}


def test_a_receipt_opens_once_for_32_threads(world: World) -> None:
    token, _ = world.person()
    receipt = world.viewed(token)
    opened: list[object] = []

    def ask() -> None:
        try:
            opened.append(world.keeper.open(receipt, [(token, [DISPLAY])]))
        except SpentError:
            return

    threads = [threading.Thread(target=ask) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1


def test_heads_are_followed_and_a_fork_is_not(world: World) -> None:
    world.logged(Kind.PROCESS_STARTED, actor="p_jobs")
    assert (world.keeper.size(), world.keeper.standing().origin) == (2, world.book.log.origin)
    twin = Book(world.clock)
    for _ in range(2):
        twin.write(Kind.PROCESS_STARTED, actor="p_jobs")
    with pytest.raises(KeeperForkError) as fork:
        world.keeper.advance(2, (), twin.head())
    assert fork.value.facts == {"size": 2, "known": 2}
    with pytest.raises(BadProofError):
        world.keeper.advance(2, (), "no head at all")
    with pytest.raises(UnknownHeadError):
        world.keeper.open(twin.receipt(0), [(world.person()[0], [DISPLAY])])


def test_a_restart_is_another_run_and_honors_nothing_from_before(world: World) -> None:
    token, _ = world.person()
    receipt, run = world.viewed(token), world.keeper.standing().run
    world.restart()
    assert world.keeper.standing().run != run
    world.keeper.advance(world.keeper.size(), (), receipt.head)
    with pytest.raises(StaleError):
        world.keeper.open(receipt, [(token, [DISPLAY])])


def test_tags_are_the_same_for_every_ground_but_a_lot(world: World) -> None:
    ask, lot = [(10, "+8613800000012")], an_id("lot")
    release = world.logged(Kind.RELEASE_MOVED, actor=ACTOR, ref=an_id("release"), outcome="collecting")
    grounds = [LookupGround(ACTOR), ListGround(world.listed(5)), PlantGround(release)]
    tags = {world.keeper.index(ask, ground)[0] for ground in grounds}
    inside = world.keeper.index(ask * 3, LotGround(world.received(lot, 3), lot))
    assert len(tags) == len(set(inside)) == 1
    assert tags.isdisjoint(inside)
    world.keeper.count_miss(ACTOR)
    for asks in ([], [(3, "x")], [(10, "x")] * 1001):
        with pytest.raises(BadFrameError):
            world.keeper.index(asks, LookupGround(ACTOR))


def test_a_ceiling_counts_over_all_requests(world: World) -> None:
    ground = ListGround(world.listed(1))
    assert len(world.keeper.index([(10, str(number)) for number in range(8)], ground)) == 8
    with pytest.raises(CeilingError) as reached:
        world.keeper.index([(10, "x")], ground)
    assert reached.value.facts == {"what": "list index", "limit": 8}


def test_labels_notes_and_details_come_back(world: World) -> None:
    token, _ = world.person()
    assert world.keeper.label_tag("staff", "王小样") == world.keeper.label_tag("staff", "王小样")
    sealed = world.keeper.seal_note("case", "c1", "学生来电".encode())
    assert world.keeper.open_note("case", "c1", sealed).decode() == "学生来电"
    with pytest.raises(UnsealError):
        world.keeper.open_note("case", "c2", sealed)
    detail = world.keeper.seal_detail(token, an_id("entry"), b"{}")
    opened = world.keeper.open_detail(token, an_id("entry"), detail.sealed)
    assert (opened.plaintext, hmac_sha256(opened.opening, b"{}")) == (b"{}", detail.commit)


def test_states_follow_the_log_and_are_replayed(world: World) -> None:
    token, _ = world.person()
    alias = world.alias(token)
    receipt = world.logged(Kind.RECORD_ERASED, actor=ACTOR, subj=[alias])
    world.keeper.replay([receipt])
    assert world.keeper.aliases([token], [(2026, 4)]) == {}


def test_mark_keys_match_their_commitments(world: World) -> None:
    copy, epoch = an_id("copy"), an_id("epoch")
    receipt = world.logged(Kind.KEY_COMMITTED, actor=ACTOR, ref=copy, digest="A" * 43)
    keys = world.keeper.derive(receipt, [copy], epoch)
    assert world.keeper.commitments(copy, epoch) == tuple(map(sha256, keys[0]))
    assert world.keeper.derivations() == 1
    assert world.keeper.counted() == (0, 0, 0)
    for copies in ([], [copy] * 1001):
        with pytest.raises(BadFrameError):
            world.keeper.derive(receipt, copies, epoch)
    with pytest.raises(BadFrameError):
        world.keeper.commitments("no id", epoch)


# -- larger than a frame ---------------------------------------------------------------------------------------------


def test_aliases_of_more_people_than_a_frame_holds(world: World) -> None:
    tokens = [one.token for one in world.keeper.issue([[DISPLAY]] * 1200)]
    unknown = [record_token(bytes(15) + bytes([number])) for number in range(40)]
    found = world.keeper.aliases([*tokens, *unknown, *tokens], [(2026, quarter) for quarter in (1, 2, 3, 4)])
    assert set(found) == set(tokens)
    assert len({alias for some in found.values() for alias in some.values()}) == 4 * 1200
    with pytest.raises(BadFrameError):
        world.keeper.aliases(tokens[:1], [(2000 + year, 1) for year in range(41)])


def test_a_note_longer_than_a_frame_comes_back_and_no_piece_of_it_can_go(world: World) -> None:
    text = bytes(range(256)) * (10 << 10)
    sealed = world.keeper.seal_note("manifest", "one", text)
    assert world.keeper.open_note("manifest", "one", sealed) == text
    size = (1 << 19) + 16 + 28
    pieces = [sealed[at : at + size] for at in range(0, len(sealed), size)]
    assert len(pieces) == 5
    for changed in (pieces[:-1], pieces[1:], [pieces[1], pieces[0], *pieces[2:]], pieces[:1]):
        with pytest.raises(UnsealError):
            world.keeper.open_note("manifest", "one", b"".join(changed))


@pytest.mark.parametrize("length", [0, (1 << 19) - 1, 1 << 19, (1 << 19) + 1])
def test_a_note_as_long_as_a_piece_comes_back(world: World, length: int) -> None:
    sealed = world.keeper.seal_note("manifest", "one", bytes(length))
    assert world.keeper.open_note("manifest", "one", sealed) == bytes(length)


LONG = {**PERSON, "remark": ["很长的备注" * 2000]}


def test_a_list_whose_candidates_exceed_a_frame_is_linked_row_by_row(world: World) -> None:
    (token, blob), (other, other_blob) = world.person(LONG), world.person({**LONG, "name": ["李别人"]})
    rows = range(1, 61)
    receipt = world.listed(len(rows))
    probes = [LinkProbe(row, "138****0012", "王小样") for row in rows]
    found = world.keeper.link(receipt, probes, {row: [(token, blob), (other, other_blob)] for row in rows})
    assert len(blob) * 2 * len(rows) > 3 << 20
    assert found == dict.fromkeys(rows, token)
    with pytest.raises(SpentError):
        world.keeper.link(receipt, probes[:1], {1: [(token, blob)]})


def test_a_row_whose_candidates_alone_exceed_a_frame_stays_unlinked(world: World) -> None:
    token, blob = world.person(LONG)
    probes = [LinkProbe(row, "138****0012", "王小样") for row in (1, 2)]
    candidates = {1: [(token, blob)] * 40, 2: [(token, blob)]}
    assert world.keeper.link(world.listed(2), probes, candidates) == {2: token}


def test_an_admission_whose_records_exceed_a_frame_is_worked_off_each_record_once(world: World) -> None:
    people = [world.person(LONG, admitted=False) for _ in range(40)]
    subj = [world.alias(token) for token, _ in people]
    receipt = world.logged(Kind.KEY_REINDEXED, actor=ACTOR, decision="permit", subj=subj)
    assert sum(len(blob) for _, blob in people) > 1 << 20
    tags = world.keeper.reindex(receipt, people)
    assert {len(some) for some in tags.values()} == {7}
    with pytest.raises(SpentError):
        world.keeper.reindex(receipt, people[:1])
    assert world.keeper.counted()[0] == 1
