"""A patched vault asks the keeper for what it should not get. Each of these fails on some real product."""

import threading
from collections.abc import Iterator

import pytest

from dyepack.crypto.errors import UnsealError
from dyepack.ledger import Kind, Receipt, leaf_hash
from dyepack.vault.errors import (
    ApproversError,
    BadFrameError,
    BadProofError,
    CeilingError,
    KeeperForkError,
    KeeperRefusedError,
    KeeperStateError,
    NoReceiptError,
    NotPermittedError,
    SpentError,
    StaleError,
    UnknownHeadError,
    WrongFieldError,
    WrongInstitutionError,
    WrongKindError,
    WrongSubjectError,
)
from dyepack.vault.keeper.wire import LinkProbe, ListGround, LookupGround, LotGround
from dyepack.vault.record import DISPLAY
from fakes.keeper_world import (
    ACTOR,
    APPROVER,
    CASE,
    OTHER_ORG,
    POLICY,
    Book,
    SetClock,
    World,
    all_parts,
    an_id,
    nothing_opened,
)

PHONE = (10, 0)
SHOW = (DISPLAY,)


@pytest.fixture
def world() -> World:
    return World()


# -- no entry, or not that entry ------------------------------------------------------------------------------------


def test_without_an_entry_nothing_opens(world: World) -> None:
    token, _ = world.person()
    with nothing_opened(world), pytest.raises(NoReceiptError):
        world.keeper.open(None, [(token, SHOW)])  # type: ignore[arg-type]
    with nothing_opened(world), pytest.raises(NoReceiptError):
        world.keeper.index([(10, "+8613800000012")], ListGround(None))  # type: ignore[arg-type]


def test_bytes_in_the_log_that_are_no_entry_open_nothing(world: World) -> None:
    token, _ = world.person()
    junk = world.viewed(token).entry.replace(b'"v":1', b'"v":2')
    world.book.log.tree.append([leaf_hash(junk)])
    world.book.entries.append(junk)
    world.follow()
    with nothing_opened(world), pytest.raises(NoReceiptError):
        world.keeper.open(world.book.receipt(len(world.book.entries) - 1), [(token, SHOW)])


def test_an_entry_that_no_head_covers_opens_nothing(world: World) -> None:
    token, _ = world.person()
    index = world.book.write(Kind.RECORD_VIEWED, **_look(world, token))
    with nothing_opened(world), pytest.raises(UnknownHeadError):
        world.keeper.open(world.book.receipt(index), [(token, SHOW)])


def test_an_invented_entry_under_a_real_proof_opens_nothing(world: World) -> None:
    token, _ = world.person()
    real = world.viewed(token)
    invented = Receipt(
        real.entry.replace(b'"masks":["phone"]', b'"masks":["email"]'), real.index, real.proof, real.head
    )
    with nothing_opened(world), pytest.raises(BadProofError):
        world.keeper.open(invented, [(token, SHOW)])


def test_every_flipped_bit_of_a_receipt_is_found(world: World) -> None:
    token, _ = world.person()
    real = world.viewed(token)
    spoiled = [Receipt(entry, real.index, real.proof, real.head) for entry in _flips(real.entry)]
    for place, item in enumerate(real.proof):
        flipped = [(*real.proof[:place], other, *real.proof[place + 1 :]) for other in _flips(item)]
        spoiled += [Receipt(real.entry, real.index, proof, real.head) for proof in flipped]
    spoiled += [
        Receipt(real.entry, real.index, real.proof, head.decode("utf-8", "replace"))
        for head in _flips(real.head.encode())
    ]
    spoiled += [
        Receipt(real.entry, real.index + 1, real.proof, real.head),
        Receipt(real.entry, real.index - 1, real.proof, real.head),
        Receipt(real.entry, real.index, real.proof[:-1], real.head),
        Receipt(real.entry, real.index, (*real.proof, bytes(32)), real.head),
    ]
    with nothing_opened(world):
        for receipt in spoiled:
            with pytest.raises((BadProofError, UnknownHeadError)):
                world.keeper.open(receipt, [(token, SHOW)])
    assert world.keeper.open(real, [(token, SHOW)])


def test_another_log_with_the_same_name_opens_nothing(world: World) -> None:
    token, _ = world.person()
    forged = Book(world.clock, seed=b"\x01" * 32)
    index = forged.write(Kind.RECORD_VIEWED, **_look(world, token))
    with nothing_opened(world):
        with pytest.raises(UnknownHeadError):
            world.keeper.open(forged.receipt(index), [(token, SHOW)])
        with pytest.raises(BadProofError):
            world.keeper.advance(world.keeper.size(), (), forged.head())


def test_a_denied_entry_opens_nothing(world: World) -> None:
    token, _ = world.person()
    for decision in ("deny", "gap"):
        receipt = world.viewed(token, decision=decision)
        with nothing_opened(world), pytest.raises(NotPermittedError):
            world.keeper.open(receipt, [(token, SHOW)])


def test_an_entry_of_a_kind_that_opens_nothing_opens_nothing(world: World) -> None:
    token, _ = world.person()
    created = world.logged(Kind.RECORD_CREATED, actor=ACTOR, subj=[world.alias(token)])
    with nothing_opened(world), pytest.raises(WrongKindError):
        world.keeper.open(created, [(token, SHOW)])


def test_another_institutions_entry_opens_nothing() -> None:
    world = World(org=OTHER_ORG)
    token = world.keeper.issue([all_parts()])[0].token
    receipt = world.viewed(token)
    with nothing_opened(world), pytest.raises(WrongInstitutionError):
        world.keeper.open(receipt, [(token, SHOW)])


# -- another person, another field ----------------------------------------------------------------------------------


def test_an_entry_about_one_person_does_not_open_another(world: World) -> None:
    (token, _), (other, _) = world.person(), world.person()
    receipt = world.viewed(token)
    with nothing_opened(world):
        for asks in ([(other, SHOW)], [(token, SHOW), (other, SHOW)]):
            with pytest.raises(WrongSubjectError):
                world.keeper.open(receipt, asks)


def test_an_alias_of_another_quarter_names_nobody(world: World) -> None:
    token, _ = world.person()
    receipt = world.viewed(token, subj=[world.alias(token, (2026, 3))])
    with nothing_opened(world), pytest.raises(WrongSubjectError):
        world.keeper.open(receipt, [(token, SHOW)])


def test_a_masked_look_does_not_open_a_number(world: World) -> None:
    token, _ = world.person()
    for changes in ({}, {"fields": ["phone"]}):
        receipt = world.viewed(token, **changes)
        with nothing_opened(world), pytest.raises(WrongFieldError):
            world.keeper.open(receipt, [(token, (DISPLAY, PHONE))])


def test_a_reveal_of_one_field_does_not_open_another(world: World) -> None:
    token, _ = world.person()
    receipt = world.revealed(token, "phone")
    with nothing_opened(world):
        for parts in ([(50, 0)], [PHONE, (50, 0)], [DISPLAY], [(22, 0)]):
            with pytest.raises(WrongFieldError):
                world.keeper.open(receipt, [(token, parts)])


def test_a_part_that_no_catalog_knows_is_refused(world: World) -> None:
    token, _ = world.person()
    receipt = world.revealed(token, "phone")
    with nothing_opened(world):
        for parts in ([(10, 4)], [(1, 0)], [(999, 0)], [(0, 1)], []):
            with pytest.raises(BadFrameError):
                world.keeper.open(receipt, [(token, parts)])


# -- again, later, earlier ------------------------------------------------------------------------------------------


def test_a_receipt_opens_once(world: World) -> None:
    token, _ = world.person()
    receipt = world.viewed(token)
    assert world.keeper.open(receipt, [(token, SHOW)])
    with pytest.raises(SpentError):
        world.keeper.open(receipt, [(token, SHOW)])


def test_a_receipt_opens_once_for_64_threads(world: World) -> None:
    token, _ = world.person()
    receipt = world.viewed(token)
    opened: list[object] = []

    def ask() -> None:
        try:
            opened.append(world.keeper.open(receipt, [(token, SHOW)]))
        except SpentError:
            return

    threads = [threading.Thread(target=ask) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1


def test_yesterdays_receipt_opens_nothing(world: World) -> None:
    token, _ = world.person()
    receipt = world.viewed(token)
    world.clock.pass_seconds(31)
    with nothing_opened(world), pytest.raises(StaleError):
        world.keeper.open(receipt, [(token, SHOW)])


def test_a_receipt_of_30_seconds_ago_still_opens(world: World) -> None:
    token, _ = world.person()
    receipt = world.viewed(token)
    world.clock.pass_seconds(30)
    assert world.keeper.open(receipt, [(token, SHOW)])


def test_a_receipt_from_the_future_opens_nothing(world: World) -> None:
    token, _ = world.person()
    world.keeper = world.started(clock=SetClock(world.clock.now()))
    world.clock.pass_seconds(31)  # the log's clock runs ahead of the keeper's
    receipt = world.viewed(token)
    with nothing_opened(world), pytest.raises(StaleError):
        world.keeper.open(receipt, [(token, SHOW)])


def test_a_clock_that_is_set_back_opens_nothing_twice(world: World) -> None:
    token, _ = world.person()
    receipt = world.viewed(token)
    world.keeper.open(receipt, [(token, SHOW)])
    world.clock.pass_seconds(120)
    world.keeper.open(world.viewed(token), [(token, SHOW)])  # the first index is forgotten, the floor rises over it
    world.clock.pass_seconds(-120)
    with pytest.raises((StaleError, SpentError)):
        world.keeper.open(receipt, [(token, SHOW)])


def test_a_clock_set_back_before_a_restart_opens_nothing_twice(world: World) -> None:
    token, _ = world.person()
    receipt = world.viewed(token)
    world.keeper.open(receipt, [(token, SHOW)])
    world.restart()
    world.keeper.advance(world.keeper.size(), (), receipt.head)
    with nothing_opened(world), pytest.raises(StaleError):
        world.keeper.open(receipt, [(token, SHOW)])


def test_after_a_restart_new_entries_open(world: World) -> None:
    token, _ = world.person()
    world.restart()
    assert world.keeper.open(world.viewed(token), [(token, SHOW)])


def test_a_head_that_is_no_longer_remembered_opens_nothing(world: World) -> None:
    token, _ = world.person()
    receipt = world.viewed(token)
    for _ in range(256):
        world.logged(Kind.PROCESS_STARTED, actor="p_jobs")
    with nothing_opened(world), pytest.raises(UnknownHeadError):
        world.keeper.open(receipt, [(token, SHOW)])
    newest = world.book.receipt(receipt.index)
    assert world.keeper.open(newest, [(token, SHOW)])


# -- the log itself -------------------------------------------------------------------------------------------------


def test_a_log_that_was_rolled_back_stops_at_the_keeper(world: World) -> None:
    shorter = Book(world.clock)
    shorter.write(Kind.LOG_OPENED, actor="p_log")
    world.logged(Kind.PROCESS_STARTED, actor="p_jobs")
    world.restart()
    with pytest.raises(KeeperForkError):
        world.keeper.advance(0, (), shorter.head())


def test_a_log_that_was_rewritten_stops_at_the_keeper(world: World) -> None:
    rewritten = Book(world.clock)
    for _ in range(3):
        rewritten.write(Kind.PROCESS_STARTED, actor="p_jobs")
    edge = rewritten.log.tree.edge()
    with pytest.raises(KeeperForkError):
        world.keeper.advance(1, edge.consistency(1), rewritten.head())


def test_two_logs_of_one_size_stop_at_the_keeper(world: World) -> None:
    twin = Book(world.clock)
    twin.write(Kind.PROCESS_STARTED, actor="p_jobs")
    with pytest.raises(KeeperForkError):
        world.keeper.advance(1, (), twin.head())


def test_a_proof_from_another_size_is_refused(world: World) -> None:
    world.book.write(Kind.PROCESS_STARTED, actor="p_jobs")
    world.book.head()
    _, proof, text = world.book.proofs[-1]
    with pytest.raises(BadProofError):
        world.keeper.advance(0, proof, text)


# -- states ---------------------------------------------------------------------------------------------------------


def test_a_record_in_quarantine_opens_for_nobody(world: World) -> None:
    token, _ = world.person(admitted=False)
    with nothing_opened(world):
        for receipt, parts in (
            (world.viewed(token), SHOW),
            (world.revealed(token, "phone"), (PHONE,)),
            (world.released(token, names=["phone"]), (PHONE,)),
        ):
            with pytest.raises(KeeperStateError):
                world.keeper.open(receipt, [(token, parts)])


def test_an_admission_of_another_record_admits_nobody(world: World) -> None:
    (token, _), (other, _) = world.person(admitted=False), world.person(admitted=False)
    receipt = world.logged(Kind.RECORD_ADMITTED, actor=ACTOR, subj=[world.alias(other)])
    with pytest.raises(WrongSubjectError):
        world.keeper.set_state(receipt, [token])
    with pytest.raises(KeeperStateError):
        world.keeper.open(world.viewed(token), [(token, SHOW)])


def test_an_admission_for_the_whole_lot_without_names_admits_nobody(world: World) -> None:
    token, _ = world.person(admitted=False)
    receipt = world.logged(Kind.RECORD_ADMITTED, actor=ACTOR, ref=an_id("lot"))
    with pytest.raises(WrongSubjectError):
        world.keeper.set_state(receipt, [token])


def test_an_admission_that_was_denied_admits_nobody(world: World) -> None:
    token, _ = world.person(admitted=False)
    receipt = world.logged(Kind.RECORD_ADMITTED, actor=ACTOR, subj=[world.alias(token)], decision="deny")
    with pytest.raises(NotPermittedError):
        world.keeper.set_state(receipt, [token])


def test_an_entry_of_another_kind_changes_no_state(world: World) -> None:
    token, _ = world.person(admitted=False)
    receipt = world.viewed(token)
    with pytest.raises(WrongKindError):
        world.keeper.set_state(receipt, [token])


def test_an_erased_record_opens_for_nobody_and_has_no_alias(world: World) -> None:
    token, _ = world.person()
    alias = world.alias(token)
    detail = world.keeper.seal_detail(token, an_id("entry"), b"{}")
    world.erase(token)
    assert world.keeper.aliases([token], [(2026, 4)]) == {}
    receipt = world.viewed(subj=[alias])
    with nothing_opened(world):
        with pytest.raises(KeeperStateError):
            world.keeper.open(receipt, [(token, SHOW)])
        with pytest.raises(KeeperStateError):
            world.keeper.open_detail(token, an_id("entry"), detail.sealed)


def test_an_erasure_that_a_crash_cut_off_is_finished_with_the_old_entry(world: World) -> None:
    token, _ = world.person()
    index = world.book.write(Kind.RECORD_ERASED, actor=ACTOR, subj=[world.alias(token)])
    world.follow()
    world.clock.pass_seconds(3600)
    world.restart()
    world.logged(Kind.PROCESS_STARTED, actor="p_jobs")
    for _ in range(2):
        world.keeper.set_state(world.book.receipt(index), [token])
    assert world.keeper.aliases([token], [(2026, 4)]) == {}


# -- the second person ----------------------------------------------------------------------------------------------


def test_a_release_approved_by_its_actor_opens_nothing(world: World) -> None:
    token, _ = world.person()
    for approvers in ([ACTOR], [ACTOR, APPROVER]):
        receipt = world.released(token, names=["phone"], approvers=approvers)
        with nothing_opened(world), pytest.raises(ApproversError):
            world.keeper.open(receipt, [(token, (PHONE,))])


def test_a_release_opens_only_the_fields_it_names(world: World) -> None:
    token, _ = world.person()
    assert world.keeper.open(world.released(token, names=["phone", "name"]), [(token, (DISPLAY, PHONE))])
    with pytest.raises(WrongFieldError):
        world.keeper.open(world.released(token, names=["phone"]), [(token, (DISPLAY, PHONE))])
    with pytest.raises(WrongFieldError):
        world.keeper.open(world.released(token, names=["name"]), [(token, (PHONE,))])


# -- ceilings and oracles -------------------------------------------------------------------------------------------


def test_the_26th_number_of_a_day_does_not_open_and_tomorrow_the_next_does(world: World) -> None:
    token, _ = world.person()
    for _ in range(25):
        world.keeper.open(world.revealed(token, "phone"), [(token, (PHONE,))])
    with nothing_opened(world), pytest.raises(CeilingError):
        world.keeper.open(world.revealed(token, "email"), [(token, ((12, 0),))])
    world.clock.pass_seconds(86_400)
    assert world.keeper.open(world.revealed(token, "phone"), [(token, (PHONE,))])


def test_ceilings_survive_a_killed_keeper(world: World) -> None:
    token, _ = world.person()
    for number in range(25):
        world.keeper.open(world.revealed(token, "phone"), [(token, (PHONE,))])
        if number % 5 == 0:
            world.logged(Kind.PROCESS_STARTED, actor="p_jobs")
            world.restart()
    receipt = world.revealed(token, "phone")  # its head saves what was counted before
    world.keeper = world.started()
    world.keeper.advance(world.keeper.size(), (), receipt.head)
    with pytest.raises(CeilingError):
        world.keeper.open(world.revealed(token, "phone"), [(token, (PHONE,))])


def test_probing_ends_at_20_misses(world: World) -> None:
    for number in range(20):
        world.clock.pass_seconds(1)
        world.keeper.index([(10, f"+86138{number:08d}")], LookupGround(ACTOR))
        world.keeper.count_miss(ACTOR)
    with pytest.raises(CeilingError):
        world.keeper.index([(10, "+8613800000099")], LookupGround(ACTOR))
    assert world.keeper.index([(10, "+8613800000099")], LookupGround(APPROVER))


def test_one_call_cannot_hold_more_look_ups_than_a_day(world: World) -> None:
    asks = [(10, f"+86138{number:08d}") for number in range(201)]
    with pytest.raises(CeilingError):
        world.keeper.index(asks, LookupGround(ACTOR))


def test_many_actors_together_meet_the_institutions_rate(world: World) -> None:
    for number in range(200):
        world.keeper.index([(10, f"+86138{number:08d}")], LookupGround("a_" + an_id(f"actor {number}")))
    with pytest.raises(CeilingError):
        world.keeper.index([(10, "+8613800000999")], LookupGround("a_" + an_id("one more")))
    world.clock.pass_seconds(1)
    assert world.keeper.index([(10, "+8613800000999")], LookupGround("a_" + an_id("one more")))


def test_a_fake_lot_gives_no_tags_that_meet_the_institutions(world: World) -> None:
    lot = an_id("lot")
    ground = LotGround(world.received(lot, 10), lot)
    inside = world.keeper.index([(10, "+8613800000012")], ground)
    outside = world.keeper.index([(10, "+8613800000012")], LookupGround(ACTOR))
    other = LotGround(world.received(an_id("other lot"), 10), an_id("other lot"))
    assert len({*inside, *outside, *world.keeper.index([(10, "+8613800000012")], other)}) == 3


def test_a_fake_lot_is_bounded_by_its_logged_rows(world: World) -> None:
    lot = an_id("lot")
    ground = LotGround(world.received(lot, 2), lot)
    asks = [(10, f"+86138{number:08d}") for number in range(8)]
    assert len(world.keeper.index(asks, ground)) == 8
    with pytest.raises(CeilingError):
        world.keeper.index([(10, "+8613800000099")], ground)


def test_a_receipt_of_one_lot_does_not_index_for_another(world: World) -> None:
    receipt = world.received(an_id("lot"), 10)
    world.keeper.index([(10, "+8613800000012")], LookupGround(ACTOR))  # the institution's key exists
    for lot in (an_id("other lot"), ""):
        with pytest.raises(WrongSubjectError):
            world.keeper.index([(10, "+8613800000012")], LotGround(receipt, lot))
    again = world.received(an_id("lot"), 100_000)
    world.keeper.index([(10, "+8613800000012")], LotGround(receipt, an_id("lot")))
    with pytest.raises(WrongSubjectError):
        world.keeper.index([(10, "+8613800000012")], LotGround(again, an_id("lot")))


def test_a_lot_is_resumed_after_a_restart_with_the_same_entry(world: World) -> None:
    lot = an_id("lot")
    receipt = world.received(lot, 10)
    before = world.keeper.index([(10, "+8613800000012")], LotGround(receipt, lot))
    world.clock.pass_seconds(86_400)
    world.restart()
    assert world.keeper.index([(10, "+8613800000012")], LotGround(receipt, lot)) == before


def test_a_leaked_list_is_bounded_by_its_logged_rows(world: World) -> None:
    ground = ListGround(world.listed(2))
    asks = [(10, f"+86138{number:08d}") for number in range(16)]
    assert len(world.keeper.index(asks, ground)) == 16
    with pytest.raises(CeilingError):
        world.keeper.index(asks[:1], ground)


def test_linking_is_no_oracle_for_the_hidden_digits(world: World) -> None:
    token, blob = world.person()
    receipt = world.listed(3)
    guesses = [LinkProbe(1, "1380000**12", "王小样")]
    with pytest.raises(BadFrameError):  # the last four must be visible, as in a mask
        world.keeper.link(receipt, guesses, {1: [(token, blob)]})
    world.keeper.link(receipt, [LinkProbe(1, "1380***0012", "王小样")], {1: [(token, blob)]})
    with pytest.raises(SpentError):  # a row is probed once
        world.keeper.link(receipt, [LinkProbe(1, "1381***0012", "王小样")], {1: [(token, blob)]})
    with pytest.raises(CeilingError):  # and no more rows than were logged
        world.keeper.link(receipt, [LinkProbe(row, "1381***0012", "王小样") for row in (2, 3, 4)], {2: [(token, blob)]})


def test_a_list_that_is_an_hour_old_links_nothing(world: World) -> None:
    token, blob = world.person()
    receipt = world.listed(3)
    world.keeper.link(receipt, [LinkProbe(1, "138****0012", "王小样")], {1: [(token, blob)]})
    world.clock.pass_seconds(3601)
    with pytest.raises((StaleError, SpentError)):
        world.keeper.link(receipt, [LinkProbe(2, "138****0012", "王小样")], {2: [(token, blob)]})


# -- other operations -----------------------------------------------------------------------------------------------


def test_mark_keys_come_only_for_the_committed_copy(world: World) -> None:
    copy, other, epoch = an_id("copy"), an_id("other"), an_id("epoch")
    receipt = world.logged(Kind.KEY_COMMITTED, actor=ACTOR, ref=copy, digest=POLICY)
    for copies in ([other], [copy, other], [other, copy]):
        with pytest.raises(WrongSubjectError):
            world.keeper.derive(receipt, copies, epoch)
    assert len(world.keeper.derive(receipt, [copy], epoch)) == 1
    with pytest.raises(WrongKindError):
        world.keeper.derive(world.logged(Kind.COPY_MARKED, actor=ACTOR, ref=copy), [copy], epoch)


def test_tags_are_computed_again_only_for_named_records(world: World) -> None:
    (token, blob), (other, other_blob) = world.person(admitted=False), world.person(admitted=False)
    receipt = world.logged(Kind.KEY_REINDEXED, actor=ACTOR, decision="permit", subj=[world.alias(token)])
    with nothing_opened(world), pytest.raises(WrongSubjectError):
        world.keeper.reindex(receipt, [(token, blob), (other, other_blob)])
    with pytest.raises(UnsealError):  # nor does another record's ciphertext open under a named record
        world.keeper.reindex(receipt, [(token, other_blob)])


def test_details_of_another_entry_or_person_do_not_open(world: World) -> None:
    (token, _), (other, _) = world.person(), world.person()
    detail = world.keeper.seal_detail(token, an_id("entry"), b"{}")
    for who, entry in ((other, an_id("entry")), (token, an_id("other entry"))):
        with pytest.raises(UnsealError):
            world.keeper.open_detail(who, entry, detail.sealed)


def test_notes_do_not_open_under_another_kind_or_name(world: World) -> None:
    sealed = world.keeper.seal_note("canary", "one", b"text")
    for kind, ref in (("canary", "two"), ("manifest", "one")):
        with pytest.raises(UnsealError):
            world.keeper.open_note(kind, ref, sealed)
    assert world.keeper.label_tag("staff", "x") != world.keeper.label_tag("recipient", "x")


def test_every_refusal_has_its_own_code_and_no_personal_data() -> None:
    leaves = KeeperRefusedError.__subclasses__()
    assert len({leaf.code for leaf in leaves}) == len(leaves) == 17
    assert all(leaf.code.startswith("vault.keeper-") and leaf.zh != KeeperRefusedError.zh for leaf in leaves)


def _look(world: World, token: str) -> dict[str, object]:
    return {
        "actor": ACTOR,
        "role": "consultant",
        "dev": "d_" + an_id("device"),
        "purpose": "follow_up",
        "case": CASE,
        "subj": [world.alias(token)],
        "masks": ["phone"],
        "decision": "permit",
        "rules": ["consultant.view"],
        "policy": POLICY,
    }


def _flips(raw: bytes) -> Iterator[bytes]:
    for bit in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)
