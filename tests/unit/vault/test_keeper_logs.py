"""The keeper follows its log through changes of key and into the next log, and asks for its own quorum."""

import pytest

from dyepack.crypto.digest import sha256
from dyepack.crypto.signature import Ed25519Signer, MlDsaSigner
from dyepack.ledger import (
    Cosigner,
    Head,
    KeyKind,
    Kind,
    Log,
    Receipt,
    Tree,
    digest_text,
    note_key,
    open_head,
    parse_quorum,
    sign_head,
)
from dyepack.vault.errors import (
    BadProofError,
    KeeperForkError,
    KeyChangeError,
    NoQuorumError,
    StaleError,
    UnknownHeadError,
    WrongKindError,
)
from dyepack.vault.keeper.wire import ListGround, LotGround
from dyepack.vault.record import DISPLAY
from fakes.keeper_world import ACTOR, ORG, ORIGIN, Book, World, an_id

NEXT = "school.example/ledger/2027"
SHOW = [DISPLAY]


def digest(vkey: str) -> str:
    return digest_text(sha256(vkey.encode()))


def closed(world: World, vkey: str) -> Receipt:
    return world.logged(Kind.LOG_CLOSED, actor="p_log", digest=digest(vkey))


def next_book(world: World, seed: bytes = b"\x07" * 32) -> Book:
    book = Book(world.clock, seed=seed)
    book.log = Log(NEXT, ORG, Tree(lambda path: None))
    book.vkey = note_key(NEXT, book.signer.public_key).vkey
    book.head = lambda: _head(book)  # type: ignore[method-assign]
    book.receipt = lambda index: _receipt(book, index)  # type: ignore[method-assign]
    return book


def _head(book: Book) -> str:
    step = book.log.advance()
    if step is not None:
        book.proofs.append((step.old_size, step.proof, sign_head(step.head, book.signer)))
    return book.proofs[-1][2]


def _receipt(book: Book, index: int) -> Receipt:
    edge = book.log.tree.edge()
    head = sign_head(Head(NEXT, book.log.tree.size, edge.root), book.signer)
    return Receipt(book.entries[index], index, tuple(edge.inclusion(index)), head)


@pytest.fixture
def world() -> World:
    return World()


# -- another key of the same log ---------------------------------------------------------------------------------------


def rotated(world: World) -> Ed25519Signer:
    fresh = Ed25519Signer(b"\x09" * 32)
    vkey = note_key(ORIGIN, fresh.public_key).vkey
    receipt = world.logged(Kind.LOG_KEY_ROTATED, actor="p_log", digest=digest(vkey))
    world.keeper.follow_log(receipt, vkey)
    return fresh


def test_after_a_change_of_key_heads_of_both_keys_count_also_after_a_restart(world: World) -> None:
    token, _ = world.person()
    old = world.book.signer
    fresh = rotated(world)
    for signer in (fresh, old, fresh):
        world.book.signer = signer
        assert world.keeper.open(world.viewed(token), [(token, SHOW)])
        world.restart()
    assert len(world.logs.vkeys()) == 2


def test_a_key_that_no_entry_names_is_not_believed(world: World) -> None:
    token, _ = world.person()
    world.book.signer = Ed25519Signer(b"\x09" * 32)
    with pytest.raises(BadProofError):
        world.viewed(token)


def test_a_key_other_than_the_entrys_is_refused(world: World) -> None:
    mine = note_key(ORIGIN, Ed25519Signer(b"\x09" * 32).public_key).vkey
    receipt = world.logged(Kind.LOG_KEY_ROTATED, actor="p_log", digest=digest(mine))
    other = note_key(ORIGIN, Ed25519Signer(b"\x0a" * 32).public_key).vkey
    with pytest.raises(KeyChangeError):
        world.keeper.follow_log(receipt, other)
    started = world.logged(Kind.PROCESS_STARTED, actor="p_log", digest=digest(mine))
    with pytest.raises(WrongKindError):
        world.keeper.follow_log(started, mine)
    assert len(world.logs.vkeys()) == 1


@pytest.mark.parametrize("kind", [Kind.LOG_KEY_ROTATED, Kind.LOG_CLOSED])
def test_the_kind_of_the_entry_and_the_name_of_the_key_must_fit(world: World, kind: Kind) -> None:
    name = NEXT if kind is Kind.LOG_KEY_ROTATED else ORIGIN
    for vkey in (note_key(name, Ed25519Signer(b"\x09" * 32).public_key).vkey, "no key", ""):
        with pytest.raises(KeyChangeError):
            world.keeper.follow_log(world.logged(kind, actor="p_log", digest=digest(vkey)), vkey)
    post_quantum = note_key(name, MlDsaSigner(b"\x09" * 32).public_key, KeyKind.ML_DSA).vkey
    with pytest.raises(KeyChangeError):
        world.keeper.follow_log(world.logged(kind, actor="p_log", digest=digest(post_quantum)), post_quantum)


# -- the next log ------------------------------------------------------------------------------------------------------


def moved(world: World) -> Book:
    book = next_book(world)
    world.keeper.follow_log(closed(world, book.vkey), book.vkey)
    world.book = book
    world.logged(Kind.LOG_OPENED, actor="p_log")
    return book


def test_the_next_log_begins_at_nothing_and_opens_from_then_on(world: World) -> None:
    token, _ = world.person()
    moved(world)
    assert (world.keeper.size(), world.keeper.standing().origin) == (1, NEXT)
    receipt = world.viewed(token)
    assert world.keeper.open(receipt, [(token, SHOW)])
    assert world.keeper.counted() == (1, receipt.index, receipt.index)
    world.restart()
    assert world.keeper.standing().origin == NEXT
    assert world.keeper.size() == 2
    assert world.keeper.open(world.viewed(token), [(token, SHOW)])


def test_no_receipt_of_the_closed_log_opens_anything(world: World) -> None:
    token, _ = world.person()
    looked, listed = world.viewed(token), world.listed(3)
    world.keeper.index([(10, "x")], ListGround(listed))
    old = world.book
    moved(world)
    for receipt in (looked, old.receipt(looked.index)):
        with pytest.raises(UnknownHeadError):
            world.keeper.open(receipt, [(token, SHOW)])
    with pytest.raises((UnknownHeadError, StaleError)):
        world.keeper.index([(10, "x")], ListGround(listed))
    with pytest.raises(BadProofError):
        world.keeper.advance(world.keeper.size(), (), old.head())


def test_a_lot_that_was_begun_goes_on_in_the_next_log(world: World) -> None:
    lot = an_id("lot")
    ground = LotGround(world.received(lot, 5), lot)
    before = world.keeper.index([(10, "x")], ground)
    moved(world)
    assert world.keeper.index([(10, "x")], ground) == before


def test_states_of_the_next_log_come_after_those_of_this_one(world: World) -> None:
    token, _ = world.person()
    for _ in range(5):
        world.logged(Kind.PROCESS_STARTED, actor="p_jobs")
    held, _ = world.person(admitted=False)
    moved(world)
    world.admit(held)
    world.erase(token)
    assert world.keeper.open(world.viewed(held), [(held, SHOW)])
    assert set(world.keeper.aliases([token, held], [(2026, 4)])) == {held}


def test_a_log_that_goes_on_after_it_was_closed_is_not_left(world: World) -> None:
    book = next_book(world)
    receipt = closed(world, book.vkey)
    world.logged(Kind.PROCESS_STARTED, actor="p_jobs")
    with pytest.raises(KeyChangeError):
        world.keeper.follow_log(world.book.receipt(receipt.index), book.vkey)
    assert world.keeper.standing().origin == ORIGIN


def test_following_twice_changes_nothing(world: World) -> None:
    book = next_book(world)
    receipt = closed(world, book.vkey)
    world.keeper.follow_log(receipt, book.vkey)
    world.keeper.follow_log(receipt, book.vkey)
    assert world.logs.vkeys() == [Book(world.clock).vkey, book.vkey]


def test_a_second_next_log_of_the_same_name_is_a_fork(world: World) -> None:
    moved(world)
    twin = next_book(world)
    twin.write(Kind.PROCESS_STARTED, actor="p_jobs")
    with pytest.raises(KeeperForkError):
        world.keeper.advance(1, (), twin.head())


# -- the keeper's own quorum -------------------------------------------------------------------------------------------

WITNESSES = [
    Cosigner.make("first.example/w", KeyKind.COSIGNATURE, Ed25519Signer(b"\x11" * 32)),
    Cosigner.make("second.example/w", KeyKind.ML_DSA, MlDsaSigner(b"\x12" * 32)),
    Cosigner.make("third.example/w", KeyKind.COSIGNATURE, Ed25519Signer(b"\x13" * 32)),
]


def quorum_text() -> str:
    lines = [f"log {note_key(ORIGIN, Ed25519Signer(bytes(32)).public_key).vkey}"]
    lines += [f"witness w{number} {witness.key.vkey}" for number, witness in enumerate(WITNESSES)]
    return "\n".join([*lines, "group two 2 w0 w1 w2", "quorum two", ""])


def cosigned(world: World, receipt: Receipt, *witnesses: Cosigner) -> Receipt:
    head = open_head(receipt.head, world.book.vkey)
    lines = "".join(witness.line(head, 1_795_500_000) for witness in witnesses)
    return Receipt(receipt.entry, receipt.index, receipt.proof, receipt.head + lines)


@pytest.fixture
def watched() -> World:
    return World(quorum=parse_quorum(quorum_text()))


def level_two(world: World, token: str) -> dict[str, object]:
    alias = world.alias(token)
    keeper = world.keeper
    copy = an_id("copy")
    vkey = note_key(ORIGIN, Ed25519Signer(b"\x09" * 32).public_key).vkey
    return {
        "release": (world.released(token, names=["phone"]), lambda r: keeper.open(r, [(token, [(10, 0)])])),
        "reindex": (
            world.logged(Kind.KEY_REINDEXED, actor=ACTOR, decision="permit", subj=[alias]),
            lambda r: keeper.reindex(r, [(token, b"")]),
        ),
        "list": (world.listed(3), lambda r: keeper.index([(10, "x")], ListGround(r))),
        "link": (world.listed(3), lambda r: keeper.link(r, [], {})),
        "mark": (
            world.logged(Kind.KEY_COMMITTED, actor=ACTOR, ref=copy, digest="A" * 43),
            lambda r: keeper.derive(r, [copy], an_id("epoch")),
        ),
        "key": (
            world.logged(Kind.LOG_KEY_ROTATED, actor="p_log", digest=digest(vkey)),
            lambda r: keeper.follow_log(r, vkey),
        ),
        "erase": (
            world.logged(Kind.RECORD_ERASED, actor=ACTOR, subj=[alias]),
            lambda r: keeper.set_state(r, [token]),
        ),
    }


def test_nothing_of_level_2_happens_without_the_keepers_own_quorum(watched: World) -> None:
    token, _ = watched.person()
    for receipt, act in level_two(watched, token).values():
        newest = watched.book.receipt(receipt.index)
        stranger = Cosigner.make("fourth.example/w", KeyKind.COSIGNATURE, Ed25519Signer(b"\x14" * 32))
        for signed in ([], WITNESSES[:1], [WITNESSES[0], WITNESSES[0]], [WITNESSES[0], stranger]):
            with pytest.raises(NoQuorumError):
                act(cosigned(watched, newest, *signed))
        act(cosigned(watched, newest, *WITNESSES[:2]))
    assert watched.keeper.aliases([token], [(2026, 4)]) == {}


def test_an_erasure_is_not_replayed_without_a_quorum_either(watched: World) -> None:
    token, _ = watched.person()
    receipt = watched.logged(Kind.RECORD_ERASED, actor=ACTOR, subj=[watched.alias(token)])
    with pytest.raises(NoQuorumError):
        watched.keeper.replay([receipt])
    watched.keeper.replay([cosigned(watched, receipt, *WITNESSES)])
    assert watched.keeper.aliases([token], [(2026, 4)]) == {}


def test_looks_and_admissions_need_no_quorum(watched: World) -> None:
    token, _ = watched.person()
    assert watched.keeper.open(watched.viewed(token), [(token, SHOW)])


def test_every_flipped_bit_of_a_cosignature_is_found(watched: World) -> None:
    token, _ = watched.person()
    receipt = watched.released(token, names=["phone"])
    good = cosigned(watched, receipt, WITNESSES[0], WITNESSES[2])
    for place in range(len(receipt.head), len(good.head)):
        head = good.head[:place] + ("A" if good.head[place] != "A" else "B") + good.head[place + 1 :]
        with pytest.raises((NoQuorumError, UnknownHeadError)):
            watched.keeper.open(Receipt(good.entry, good.index, good.proof, head), [(token, [(10, 0)])])
    assert watched.keeper.open(good, [(token, [(10, 0)])])
