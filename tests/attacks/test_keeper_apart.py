"""A keeper that is a process of its own: who may speak to it, what it survives, and what a thief of the home has."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dyepack.app.errors import KeeperBusyError, KeeperFolderError, KeeperTwiceError
from dyepack.app.institution import open_institution
from dyepack.app.keeping import account, adopt, forbid_inspection, serve_keeper, trust
from dyepack.crypto.signature import Ed25519Signer
from dyepack.gateways.keeper_socket import SocketServer, SocketTransport
from dyepack.ledger import KeyKind, Kind, note_key, parse_entry
from dyepack.ledger.errors import UnavailableError
from dyepack.terms.time import quarter
from dyepack.vault.errors import (
    BadFrameError,
    KeeperRefusedError,
    KeeperUnavailableError,
    KeeperUnreachableError,
    KeyFileOpenError,
    NoQuorumError,
    NoReceiptError,
    NotPermittedError,
    PeerError,
    SpentError,
    StaleError,
    UnknownHeadError,
    WrongFieldError,
    WrongSubjectError,
)
from dyepack.vault.keeper import frames
from dyepack.vault.keeper.client import KeeperClient
from dyepack.vault.keeper.frames import MAX_FRAME, VAULT_OPERATIONS, Dispatcher
from dyepack.vault.record import DISPLAY
from fakes.keeper_process import ApartWorld, KeeperProcess, apart, connected, short_folder, wait_until
from fakes.keeper_world import Book, World
from fakes.watched import Patterns, files_of
from fakes.whole import WholeHouse, dyepack, strangers_list

SHOW = [DISPLAY]
PHONE = [(10, 0)]
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator can speak as another account")


@pytest.fixture(scope="module")
def world() -> Iterator[ApartWorld]:
    with apart() as world:
        yield world


# -- a patched serve asks ----------------------------------------------------------------------------------------------


def test_it_opens_what_the_log_says_and_no_more(world: ApartWorld) -> None:
    (token, _), (other, _) = world.person(), world.person()
    revealed, viewed = world.revealed(token, "phone"), world.viewed(token)
    forged = Book(world.clock, seed=b"\x01" * 32)
    from_fork = forged.receipt(forged.write(Kind.RECORD_VIEWED, **parse_entry(viewed.entry).fields))
    for receipt, parts, who, refusal in (
        (None, PHONE, token, NoReceiptError),
        (world.viewed(token, decision="deny"), SHOW, token, NotPermittedError),
        (revealed, PHONE, other, WrongSubjectError),
        (revealed, [(50, 0)], token, WrongFieldError),
        (viewed, PHONE, token, WrongFieldError),
        (from_fork, SHOW, token, UnknownHeadError),
    ):
        with pytest.raises(refusal):
            world.keeper.open(receipt, [(who, parts)])  # type: ignore[arg-type]
    assert world.keeper.open(revealed, [(token, PHONE)])
    with pytest.raises(SpentError):
        world.keeper.open(revealed, [(token, PHONE)])


def test_yesterdays_receipt_opens_nothing() -> None:
    with apart() as world:
        token, _ = world.person()
        world.clock.pass_seconds(40)  # the log's clock runs ahead of the keeper's
        ahead = world.viewed(token)
        with pytest.raises(StaleError):
            world.keeper.open(ahead, [(token, SHOW)])


def test_a_release_without_the_keepers_quorum_opens_nothing_though_the_vault_is_content() -> None:
    log = note_key("school.example/ledger/2026", Ed25519Signer(bytes(32)).public_key).vkey
    text = f"log {log}\n"
    for number in (1, 2):
        key = note_key(f"w{number}.example/w", Ed25519Signer(bytes([number]) * 32).public_key, KeyKind.COSIGNATURE)
        text += f"witness w{number} {key.vkey}\n"
    with pytest.raises(AssertionError, match="weak-quorum"), apart(quorum_text=text + "group q any w1 w2\nquorum q\n"):
        pass
    with apart(quorum_text=text + "group q all w1 w2\nquorum q\n") as world:
        token, _ = world.person()
        with pytest.raises(NoQuorumError):
            world.keeper.open(world.released(token, names=["phone"]), [(token, PHONE)])
        assert world.keeper.open(world.viewed(token), [(token, SHOW)])


# -- who may speak -----------------------------------------------------------------------------------------------------

AS_ANOTHER = """
import socket, sys
peer = socket.socket(socket.AF_UNIX)
try:
    peer.connect(sys.argv[1])
except PermissionError:
    print("closed"); raise SystemExit
try:
    peer.sendall(bytes.fromhex(sys.argv[2]))
except BrokenPipeError:
    pass
print(peer.recv(4096))
"""


PYTHONS = (Path(sys.executable).resolve(), Path("/usr/bin/python3"), Path("/usr/local/bin/python3"))


def runs_as_nobody(program: Path) -> bool:
    try:
        done = subprocess.run([program, "-c", ""], user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", check=False)
    except OSError:
        return False
    return done.returncode == 0


def said_by_nobody(path: Path) -> str:
    asked = frames.pack(frames.AskStanding()).hex()
    program = next((path for path in PYTHONS if runs_as_nobody(path)), None)
    if program is None:
        pytest.skip("no Python here that another account may run")
    done = subprocess.run(
        [program, "-c", AS_ANOTHER, str(path), asked],
        user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@as_root
def test_another_account_does_not_even_connect(world: ApartWorld) -> None:
    world.base.chmod(0o711)
    assert stat.S_IMODE(world.process.socket.stat().st_mode) == 0o600
    assert said_by_nobody(world.process.socket) == "closed\n"


@as_root
def test_another_account_that_the_group_lets_in_is_refused_unless_it_is_named() -> None:
    with apart("--group", str(NOBODY)) as world:
        world.base.chmod(0o711)
        assert "vault.keeper-peer" in said_by_nobody(world.process.socket)
        world.process.stop()
        named = KeeperProcess(world.folder, world.process.socket, "--group", str(NOBODY), "--peer", str(NOBODY))
        try:
            assert "school.example" in said_by_nobody(named.socket)
            with pytest.raises(PeerError):  # and the keeper's own account is no longer the vault's
                world.keeper.standing()
        finally:
            named.kill()


def test_the_vault_can_tell_whether_the_keeper_is_of_its_own_account(world: ApartWorld) -> None:
    transport = SocketTransport(world.process.socket)
    assert transport.same_account()
    transport.close()


def test_an_operation_that_is_not_the_peers_is_refused_before_anything_is_done() -> None:
    world = World()
    token, _ = world.person()
    ask = frames.Open(world.viewed(token), [(token, (DISPLAY,))])
    answer = Dispatcher(world.keeper).answer(frames.pack(ask), VAULT_OPERATIONS - {"open"})
    with pytest.raises(PeerError):
        frames.unpack_answer(ask, answer)
    assert world.keeper.counted() == (0, 0, 0)


# -- frames ------------------------------------------------------------------------------------------------------------


def raw(path: Path) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(10)
    peer.connect(str(path))
    return peer


def test_giant_and_broken_frames_are_refused_and_hurt_nobody(world: ApartWorld) -> None:
    for content, code in (
        ((MAX_FRAME + 1).to_bytes(4, "big") + b"x" * 1000, b"vault.keeper-bad-frame"),
        (b"\xff\xff\xff\xff", b"vault.keeper-bad-frame"),
        (b"\0\0\0\0", b"vault.keeper-bad-frame"),
        (b"\0\0\0\x01\xc1", b"vault.keeper-bad-frame"),
        (b"\0\0\0\x05" + b"\xdd\xff\xff\xff\xff", b"vault.keeper-bad-frame"),
    ):
        with raw(world.process.socket) as peer:
            peer.sendall(content)
            assert code in peer.recv(4096)
    with raw(world.process.socket) as peer:
        peer.sendall(b"\0\0\0\x09abc")  # goes away in the middle
    assert world.keeper.standing().size


def test_a_frame_that_trickles_in_is_cut_off_and_others_are_served_meanwhile() -> None:
    with short_folder() as folder:
        path = folder / "k.sock"
        server = SocketServer(path, Dispatcher(World().keeper), {os.geteuid(): VAULT_OPERATIONS}, frame_seconds=0.3)
        slow, idle = raw(path), raw(path)
        slow.sendall(b"\0\0")
        client = KeeperClient(SocketTransport(path))
        assert client.size() == 1
        begun = time.monotonic()
        assert slow.recv(1) == b""
        assert time.monotonic() - begun < 5
        idle.sendall(frames.pack(frames.AskStanding()))  # waiting is no offense, dawdling is
        assert idle.recv(4096)
        for peer in (slow, idle):
            peer.close()
        client.close()
        server.close()


def test_more_peers_than_the_keeper_has_threads_for_are_turned_away() -> None:
    with short_folder() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("dyepack.gateways.keeper_socket.MAX_CONNECTIONS", 3)
        path = folder / "k.sock"
        server = SocketServer(path, Dispatcher(World().keeper), {os.geteuid(): VAULT_OPERATIONS})
        peers = [raw(path) for _ in range(3)]
        for peer in peers:
            peer.sendall(frames.pack(frames.AskStanding()))
            assert peer.recv(4096)
        with pytest.raises(KeeperUnreachableError):
            SocketTransport(path).exchange(frames.pack(frames.AskStanding()))
        for peer in peers:
            peer.close()
        wait_until(lambda: not server._peers)
        client = KeeperClient(SocketTransport(path))
        assert client.size() == 1
        client.close()
        server.close()


_WORLD = World()
_DISPATCHER = Dispatcher(_WORLD.keeper)


@given(st.binary(max_size=200))
def test_any_bytes_are_answered_with_a_refusal(content: bytes) -> None:
    with pytest.raises(KeeperRefusedError):
        frames.unpack_answer(frames.AskStanding(), _DISPATCHER.answer(content))


_leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20)
_values = st.recursive(
    _leaves | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(st.sampled_from(sorted(VAULT_OPERATIONS)), st.lists(_values, max_size=4))
def test_any_arguments_of_any_operation_are_answered(operation: str, arguments: list[object]) -> None:
    answer = _DISPATCHER.answer(frames.pack([operation, *arguments]))
    assert answer[4:6] in (b"\x92\x00", b"\x93\x01")
    if answer[4:6] == b"\x93\x01":
        with pytest.raises(KeeperRefusedError):
            frames.unpack_answer(frames.Refusals(), answer)


def test_what_breaks_inside_the_keeper_is_told_without_its_text() -> None:
    class Broken:
        def standing(self) -> None:
            msg = "13800000012"
            raise RuntimeError(msg)

    answer = Dispatcher(Broken()).answer(frames.pack(frames.AskStanding()))  # type: ignore[arg-type]
    assert b"13800000012" not in answer
    with pytest.raises(KeeperUnavailableError):
        frames.unpack_answer(frames.AskStanding(), answer)


def test_what_is_too_large_for_a_frame_is_refused_by_whoever_would_send_it() -> None:
    with pytest.raises(BadFrameError):
        frames.pack(frames.SealNote("case", "c", bytes(MAX_FRAME)))


# -- killed ------------------------------------------------------------------------------------------------------------


def test_a_keeper_killed_under_load_honors_nothing_twice_and_loses_nothing_acknowledged() -> None:
    with apart() as world:
        token, _ = world.person()
        receipts = [world.viewed(token) for _ in range(120)]
        opened, issued, away = [], [], threading.Event()
        lock = threading.Lock()

        def look() -> None:
            while True:
                with lock:
                    if not receipts:
                        return
                    receipt = receipts.pop()
                try:
                    world.keeper.open(receipt, [(token, SHOW)])
                    opened.append(receipt)
                    issued.extend(one.token for one in world.keeper.issue([SHOW]))
                except KeeperUnreachableError:
                    away.set()
                    return

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(opened) >= 10)
        world.process.kill()
        for thread in threads:
            thread.join()
        assert away.is_set()
        with pytest.raises(KeeperUnreachableError):
            world.keeper.open(world.book.receipt(opened[0].index), [(token, SHOW)])
        world.process.start()
        world.follow()  # the same client, over a new connection
        world.keeper.advance(world.keeper.size(), (), world.book.head())
        for receipt in opened:
            with pytest.raises(StaleError):
                world.keeper.open(world.book.receipt(receipt.index), [(token, SHOW)])
        now = quarter(world.clock.now())
        assert set(world.keeper.aliases(issued, [now])) == set(issued)
        assert world.keeper.open(world.viewed(token), [(token, SHOW)])


def test_a_head_under_way_when_the_connection_broke_is_shown_again() -> None:
    with connected("memory") as connect:
        world = World(connect=connect)
    client = world.keeper
    assert isinstance(client, KeeperClient)
    real = client.transport.exchange
    for taken in (True, False):

        def broken(frame: bytes, *, taken: bool = taken) -> bytes:
            client.transport.exchange = real  # type: ignore[method-assign]
            if taken:
                real(frame)
            raise KeeperUnreachableError

        before = client.size()
        client.transport.exchange = broken  # type: ignore[method-assign]
        world.logged(Kind.PROCESS_STARTED, actor="p_jobs")
        assert client.size() == before + 1


# -- start -------------------------------------------------------------------------------------------------------------


def refused(world: ApartWorld) -> str:
    """The code with which a keeper over this folder refuses to start; by its own code, without a process for each."""
    world.process.stop()
    with pytest.raises(KeyFileOpenError) as said:
        serve_keeper(world.folder, world.base / "never.sock")
    assert not (world.base / "never.sock").exists()
    return str(said.value.facts["name"])


@pytest.mark.parametrize(
    ("name", "mode"),
    [("root.key", 0o644), ("mark.key", 0o640), ("log.vkey", 0o666), ("keeper.db", 0o644), (".", 0o755)],
)
def test_it_refuses_to_start_where_others_could_read(world: ApartWorld, name: str, mode: int) -> None:
    path = world.folder / name
    before = path.stat().st_mode
    path.chmod(mode)
    assert refused(world) == path.name
    path.chmod(before)


def test_a_refusal_to_start_is_one_sentence(world: ApartWorld) -> None:
    world.process.stop()
    (world.folder / "root.key").chmod(0o644)
    with pytest.raises(AssertionError) as said:
        world.process.start()
    assert "[vault.key-file-open]" in str(said.value)
    assert str(said.value).strip().count("\n") == 0
    (world.folder / "root.key").chmod(0o600)
    world.process.start()


@as_root
def test_it_refuses_files_of_another_account(world: ApartWorld) -> None:
    os.chown(world.folder / "root.key", NOBODY, -1)
    assert refused(world) == "root.key"
    os.chown(world.folder / "root.key", 0, -1)
    world.process.start()


def test_two_keepers_do_not_serve_one_folder(world: ApartWorld) -> None:
    with pytest.raises(AssertionError, match="keeper-busy"):
        KeeperProcess(world.folder, world.base / "second.sock")


def test_its_memory_is_not_for_others_of_its_account() -> None:
    script = (
        "import ctypes, resource; from dyepack.app.home import guard_process; guard_process();"
        f"from dyepack.app.keeping import {forbid_inspection.__name__} as forbid; forbid();"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "0 0\n"


def test_it_ends_quietly_and_says_what_it_refused() -> None:
    with apart() as world:
        with pytest.raises(NoReceiptError):
            world.keeper.open(None, [(world.person()[0], SHOW)])  # type: ignore[arg-type]
        assert world.process.stop() == ("Refused: vault.keeper-no-receipt 1\n", "")
        assert not world.process.socket.exists()


def test_the_operator_makes_it_believe_another_log_by_hand() -> None:
    with apart() as world:
        token, _ = world.person()
        fresh = Ed25519Signer(b"\x21" * 32)
        vkey = note_key("school.example/ledger/2026b", fresh.public_key).vkey
        with pytest.raises(KeeperBusyError):
            trust(world.folder, vkey)
        world.process.stop()
        said = dyepack("keeper", "trust", "--folder", world.folder, vkey, "--json")
        assert said.document["believed"] == "school.example/ledger/2026"
        assert said.document["believes"] == "school.example/ledger/2026b"
        for bad in (world.book.vkey, "no key"):
            with pytest.raises(KeeperFolderError):
                trust(world.folder, bad)
        world.process.start()
        assert world.keeper.standing().origin == "school.example/ledger/2026b"
        assert world.keeper.size() == 0
        with pytest.raises(UnknownHeadError):
            world.keeper.open(world.book.receipt(1), [(token, SHOW)])


def test_a_stolen_log_key_is_replaced_by_hand_and_counts_no_longer() -> None:
    with apart() as world:
        world.process.stop()
        fresh = Ed25519Signer(b"\x22" * 32)
        vkey = note_key("school.example/ledger/2026", fresh.public_key).vkey
        said = trust(world.folder, vkey)
        assert (said["another_log"], said["size"]) == (False, 1)
        assert (world.folder / "log.vkey").read_text("utf-8") == f"{vkey}\n"
        world.process.start()
        with pytest.raises(KeeperRefusedError):
            world.logged(Kind.PROCESS_STARTED, actor="p_thief")
        world.book.signer = fresh
        world.book.proofs[-1] = (1, world.book.log.tree.edge().consistency(1), world.book.receipt(0).head)
        world.keeper.advance(*world.book.proofs[-1])
        assert world.keeper.size() == 2


# -- a home without its keeper -----------------------------------------------------------------------------------------


class Moved:
    """A house whose keeper was moved out and runs."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.people = strangers_list(5, 30, dirt=0)
        self.house = WholeHouse(base / "home")
        self.house.admit(self.house.take(self.people.csv("utf-8"))["lot"])
        self.house.close()
        self.socket = base / "k.sock"
        words = ("--home", base / "home", "--folder", base / "apart", "--socket", self.socket)
        self.adopted = dyepack("keeper", "adopt", *words)
        self.process = KeeperProcess(base / "apart", self.socket)

    def look(self) -> list[dict[str, object]]:
        person = next(person for person in self.people.people if person.born)
        words = {"purpose": "consult", "case": "回访", "actor": "林顾问"}
        return self.house.do("lookup", phone=person.phone, **words)["records"]


@pytest.fixture(scope="module")
def moved() -> Iterator[Moved]:
    with short_folder() as base:
        made = Moved(base)
        yield made
        made.process.kill()


def test_a_home_whose_keeper_is_apart_works_as_before_and_says_that_it_started(moved: Moved) -> None:
    assert moved.adopted.code == 0, moved.adopted.err
    assert not (moved.base / "home" / "keeper").exists()
    house = moved.house.open()
    assert len(moved.look()) == 1
    started = [parse_entry(raw).fields["ref"] for _, raw in house.log.find([Kind.KEEPER_STARTED.value])]
    assert started[-1] == house.keeper.standing().run
    moved.house.close()


def test_nothing_opens_while_the_keeper_is_away_and_all_is_well_when_it_is_back(moved: Moved) -> None:
    moved.house.open()
    moved.process.kill()
    with pytest.raises(KeeperUnreachableError):
        moved.look()
    moved.process.start()
    assert len(moved.look()) == 1
    moved.house.close()


def test_a_look_cannot_be_logged_while_the_keeper_is_away_and_the_log_stays_closed_until_it_is_opened_anew(
    moved: Moved,
) -> None:
    house = moved.house.open()
    fact = house.fact(Kind.CASE_OPENED, actor="p_vault", case="c_" + house.id.removeprefix("i_"))
    moved.process.kill()
    with pytest.raises(UnavailableError):
        house.log.append([fact])
    moved.process.start()
    with pytest.raises(UnavailableError):
        house.log.append([fact])
    moved.house.close()
    moved.house.open()
    assert len(moved.look()) == 1
    moved.house.close()


def test_a_patched_vault_that_skips_the_ledger_gets_no_key(moved: Moved, monkeypatch: pytest.MonkeyPatch) -> None:
    class Skipped:
        def append(self, facts: list[object]) -> list[None]:
            return [None for _ in facts]

    house = moved.house.open()
    token = moved.look()[0]["token"]
    monkeypatch.setattr(house.revealer, "_ledger", Skipped())
    with pytest.raises((KeeperRefusedError, AssertionError)):
        moved.house.do("reveal", token=token, field="phone", purpose="consult", case="跳过", actor="林顾问")
    with pytest.raises(NoReceiptError):
        house.keeper.open(None, [(token, PHONE)])
    moved.house.close()


def test_a_stolen_home_opens_nothing_and_holds_nobody(moved: Moved) -> None:
    stolen = moved.base / "stolen"
    shutil.copytree(moved.base / "home", stolen)
    moved.process.kill()
    said = dyepack("ledger", "status", home=stolen)
    assert (said.code, said.err.strip().count("\n")) == (4, 0)
    assert "[vault.keeper-unreachable]" in said.err
    with pytest.raises(KeeperUnreachableError):
        open_institution(stolen)
    moved.process.start()
    patterns = Patterns(moved.people.people)
    assert [path.name for path in files_of(stolen) if patterns.seen(path.read_bytes())] == []
    assert any(path.name == "vault.db" for path in files_of(stolen))


def test_keys_in_a_home_that_should_hold_none_are_refused(moved: Moved) -> None:
    (moved.base / "home" / "keeper").mkdir()
    with pytest.raises(KeeperTwiceError):
        open_institution(moved.base / "home")
    shutil.copytree(moved.base / "apart", moved.base / "home" / "keeper", dirs_exist_ok=True)
    adopt(moved.base / "home", moved.base / "apart", moved.socket)  # a move that was cut off before its last step
    assert not (moved.base / "home" / "keeper").exists()


def test_a_keeper_is_moved_to_an_empty_folder_outside_the_home_only(tmp_path: Path) -> None:
    WholeHouse(tmp_path / "home").close()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for folder in (tmp_path / "full", tmp_path / "home" / "inside"):
        with pytest.raises(KeeperFolderError):
            adopt(tmp_path / "home", folder, tmp_path / "s")
    assert (tmp_path / "home" / "keeper" / "root.key").exists()
    open_institution(tmp_path / "home").close()
    with pytest.raises(KeeperFolderError):
        serve_keeper(tmp_path / "ghost", tmp_path / "s")
    with pytest.raises(KeeperFolderError):
        account("nobody-of-this-name")


def test_other_keys_than_the_homes_are_not_taken_for_its_own(moved: Moved, tmp_path: Path) -> None:
    WholeHouse(tmp_path / "other").close()
    shutil.copytree(tmp_path / "other" / "keeper", moved.base / "home" / "keeper")
    with pytest.raises(KeeperFolderError):
        adopt(moved.base / "home", moved.base / "apart", moved.socket)
    shutil.rmtree(moved.base / "home" / "keeper")
