"""Quorum files (法定见证文件; C2SP tlog-policy): whose cosignatures a verifier asks for.

::

    # comment
    log <vkey> [<url>]
    witness <name> <vkey> [<url>]           <name> is this file's own; the key's name is in the vkey
    group <name> <all | any | k> <names>    of witnesses and groups of earlier lines
    quorum <name>                           exactly once; ``none`` is refused

Lines end in a newline, items are parted by spaces or tabs; a name is a member of at most one group.

A quorum is *weak*, and refused (``check_strength``), if two sets of witnesses without a common member both satisfy
it: the log could then show two histories, each with a quorum. With k of n, and d of the n members themselves so
divisible, two such sets exist exactly if n + d >= 2 k (members are disjoint, since a name is a member only once).
It is weak, too, if one operator (one key name) counts more than once in a threshold, or one key stands twice.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from dyepack.ledger.errors import NoteError, QuorumFileError, WeakQuorumError
from dyepack.ledger.note import KeyKind, NoteKey, parse_vkey

MAX_FILE_BYTES = 262_144
NONE = "none"


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """One witness key of a quorum file.

    Attributes:
        name: The file's name for it.
        key: Of kind 0x04 or 0x06.
        url: Where it listens (the prefix before ``/add-checkpoint``); empty if the file does not say.
    """

    name: str
    key: NoteKey
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """``need`` of ``members``, which are names of witnesses and groups."""

    name: str
    need: int
    members: tuple[str, ...]
    every: bool


@dataclass(frozen=True, slots=True)
class Quorum:
    """A parsed quorum file.

    Attributes:
        text: The file as read.
        logs: Keys of the logs that it is for.
        witnesses: By the file's names.
        groups: By name.
        root: The name that must be satisfied.
    """

    text: str
    logs: tuple[NoteKey, ...]
    witnesses: Mapping[str, PolicyWitness]
    groups: Mapping[str, Group]
    root: str

    @property
    def keys(self) -> frozenset[NoteKey]:
        """All keys of witnesses."""
        return frozenset(witness.key for witness in self.witnesses.values())

    def satisfied(self, signed: Collection[NoteKey]) -> bool:
        """Whether cosignatures of these keys are a quorum."""
        return self._holds(self.root, frozenset(signed))

    def missing(self, signed: Collection[NoteKey]) -> tuple[str, ...]:
        """The file's names of witnesses that have not cosigned, in its order."""
        return tuple(name for name, witness in self.witnesses.items() if witness.key not in signed)

    def with_logs(self, keys: Iterable[NoteKey]) -> "Quorum":
        """The same for the Ed25519 keys of another log: a log has new keys every year, its witnesses stay."""
        logs = tuple(key for key in keys if key.kind is KeyKind.ED25519)
        lines = [line for line in self.text.splitlines(keepends=True) if line.split()[:1] != ["log"]]
        text = "".join([*(f"log {key.vkey}\n" for key in logs), *lines])
        return replace(self, text=text, logs=logs)

    def _holds(self, name: str, signed: frozenset[NoteKey]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name].key in signed
        group = self.groups[name]
        return sum(self._holds(member, signed) for member in group.members) >= group.need

    def check_strength(self) -> None:
        """Whether the quorum keeps what it seems to promise.

        Raises:
            WeakQuorumError: See the module.
        """
        keys = [witness.key.public_key for witness in self.witnesses.values()]
        if len(set(keys)) != len(keys):
            raise WeakQuorumError(line=0, why="one key stands twice")
        for group in self.groups.values():
            operators = [self._operators(member) for member in group.members]
            if not group.every and sum(map(len, operators)) != len(frozenset().union(*operators)):
                raise WeakQuorumError(line=0, why=f"in group {group.name} one operator counts more than once")
        if self._divides(self.root):
            raise WeakQuorumError(line=0, why="two quorums need not share a witness")

    def _operators(self, name: str) -> frozenset[str]:
        if name in self.witnesses:
            return frozenset((self.witnesses[name].key.name,))
        return frozenset().union(*map(self._operators, self.groups[name].members))

    def _divides(self, name: str) -> bool:
        """Whether two disjoint sets of witnesses satisfy it."""
        if name in self.witnesses:
            return False
        group = self.groups[name]
        return len(group.members) + sum(map(self._divides, group.members)) >= 2 * group.need


def parse_quorum(text: str) -> Quorum:
    """Read a quorum file.

    Raises:
        QuorumFileError: Malformed; names the line.
        WeakQuorumError: ``quorum none``.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FILE_BYTES:
        raise QuorumFileError(line=0, why="over 256 KiB")
    if not text.endswith("\n"):
        raise QuorumFileError(line=text.count("\n") + 1, why="no newline at the end")
    reader = _Reader()
    for number, line in enumerate(text[:-1].split("\n"), start=1):
        reader.read(number, line)
    return reader.result(text)


class _Reader:
    """What was read so far."""

    def __init__(self) -> None:
        self.logs: list[NoteKey] = []
        self.witnesses: dict[str, PolicyWitness] = {}
        self.groups: dict[str, Group] = {}
        self.root: str | None = None
        self._members: set[str] = set()

    def read(self, number: int, line: str) -> None:
        if any(ord(character) < 32 and character != "\t" for character in line):
            raise QuorumFileError(line=number, why="a control character")
        items = [item for item in line.replace("\t", " ").split(" ") if item]
        if not items or items[0].startswith("#"):
            return
        try:
            match items:
                case ["log", vkey] | ["log", vkey, _]:
                    self.logs.append(self._key(vkey, log=True))
                case ["witness", name, vkey, *url] if len(url) <= 1:
                    self._new(name)
                    self.witnesses[name] = PolicyWitness(name, self._key(vkey, log=False), url[0] if url else "")
                case ["group", name, need, *members] if members:
                    self._new(name)
                    self.groups[name] = self._group(name, need, members)
                case ["quorum", name]:
                    self._quorum(name)
                case _:
                    self._refuse("not a log, witness, group or quorum line")
        except QuorumFileError as error:
            raise type(error)(line=number, why=error.facts["why"]) from error
        except NoteError as error:
            raise QuorumFileError(line=number, why=error.facts["why"]) from error

    @staticmethod
    def _refuse(why: str) -> NoReturn:
        raise QuorumFileError(line=0, why=why)

    def _key(self, vkey: str, *, log: bool) -> NoteKey:
        key = parse_vkey(vkey)
        if key.kind is (KeyKind.COSIGNATURE if log else KeyKind.ED25519):
            self._refuse("a key of another kind")
        return key

    def _new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            self._refuse("a name that is taken")

    def _group(self, name: str, need: str, members: list[str]) -> Group:
        for member in members:
            if member not in self.witnesses and member not in self.groups:
                self._refuse("a member that no earlier line names")
            if member in self._members:
                self._refuse("a member twice")
            self._members.add(member)
        if need in {"all", "any"}:
            count = len(members) if need == "all" else 1
        elif need.isascii() and need.isdigit() and need[0] != "0" and int(need[:9]) <= len(members):
            count = int(need)
        else:
            self._refuse("a threshold that is not all, any or 1 to the number of members")
        return Group(name, count, tuple(members), every=need == "all")

    def _quorum(self, name: str) -> None:
        if self.root is not None:
            self._refuse("a second quorum line")
        if name == NONE:
            raise WeakQuorumError(line=0, why="it asks for no witness")
        if name not in self.witnesses and name not in self.groups:
            self._refuse("a name that no earlier line has")
        self.root = name

    def result(self, text: str) -> Quorum:
        if self.root is None:
            self._refuse("no quorum line")
        if not self.logs:
            self._refuse("no log line")
        return Quorum(text, tuple(self.logs), self.witnesses, self.groups, self.root)
