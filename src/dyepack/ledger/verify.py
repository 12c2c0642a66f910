#!/usr/bin/env python3
"""Check an evidence bundle of a Dyepack log without Dyepack: one file, Python 3.9 or later, nothing to install.

    python verify.py BUNDLE [--key VKEY]... [--policy FILE]        BUNDLE is a folder or a zip file

It reads, it never runs or trusts anything in the bundle, and it prints what it checked, step by step:

 1 manifest: every file has the stated size, SHA-256 and (where this Python can) SM3; the log signed the manifest;
   custody.txt, which grows at each hand-over, begins as the manifest says
 2 quorum file of witnesses (C2SP tlog-policy): `none` and quorums that two disjoint sets satisfy are refused;
   without one the log is not witnessed
 3 each checkpoint is a well-formed signed note of the log, Ed25519, and ML-DSA-44 where the log has such a key
 4 cosignatures of every checkpoint; those of the newest are a quorum
 5 each entry is canonical JSON with an id, and no id comes twice
 6 leaf hash of each entry, SHA-256(0x00 || bytes)
 7 inclusion proof of each entry (RFC 6962 section 2.1.1)
 8 consistency of all checkpoints in order of size (RFC 6962 section 2.1.2)
 9 disclosed details are those the entry committed to, HMAC-SHA256; policies are those that entries name
10 time bounds: no later than a quorum of cosignatures over a checkpoint that covers the entry; what RFC 3161 tokens
   say, and the commands that check the tokens
11 what was not checked

ML-DSA-44 is checked where the package `cryptography` can be imported; without it such lines count as not checked.

Exit code: 0 all holds, 1 refuted (the first broken file is named), 2 unusable input, 3 holds in part.

The keys of the log and of its witnesses are in the bundle (keys.txt, policy.txt). That they are *theirs* the bundle
cannot prove: compare them with copies that you got elsewhere, or give those copies with --key and --policy. Likewise
use a copy of this script that you trust.
"""

from __future__ import annotations  # the types below are for readers; Python 3.9 does not evaluate them

import argparse
import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
import os
import re
import stat
import sys
import zipfile
import zlib
from typing import IO, Any, Callable, Iterator, NamedTuple, Sequence, Tuple

Point = Tuple[int, int, int, int]

MAX_FILE = 1 << 30  # bytes
MAX_FILES = 200_000
MAX_MANIFEST = 1 << 27
MAX_NOTE = 65_536
MAX_ENTRY = 4096
MAX_PROOF = 262_144
MAX_POLICY = 262_144
MAX_TOKEN = 1 << 20
OBTAINED = "ledger:timestamp:obtained"
SKEW = 60  # seconds by which clocks of honest people may differ
LAST_SECOND = 253_402_300_799  # of the year 9999

ED25519, COSIGNATURE, ML_DSA = 1, 4, 6
PUBLIC_BYTES = {ED25519: 32, COSIGNATURE: 32, ML_DSA: 1312}


class Key(NamedTuple):
    """A verifier key: of a log (Ed25519, ML-DSA) or of a witness (Ed25519 cosignature/v1, ML-DSA)."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """First 4 bytes of SHA-256(name || 0x0A || kind || public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]


class Checkpoint(NamedTuple):
    """A checkpoint whose signature lines were checked."""

    size: int
    root: bytes
    times: dict[Key, int]  # seconds that each known key stated; 0 for the Ed25519 key of a log, which states none
    unchecked: set[Key]  # known keys whose line this Python cannot check


class Policy(NamedTuple):
    """A quorum file."""

    logs: list[Key]
    witnesses: dict[str, Key]
    groups: dict[str, tuple[int, list[str], bool]]  # how many of which members; whether the file says `all`
    root: str


class Token(NamedTuple):
    """What an RFC 3161 response says; its signature is for other software to check."""

    imprint: bytes
    seconds: int


class Refuted(Exception):  # noqa: N818 - a finding, not a fault of this script
    """Something in the bundle is not what it claims to be."""


class Unusable(Exception):  # noqa: N818 - the same
    """The input cannot be read as a bundle."""


def say(text: str) -> None:
    """Print a line; names in the bundle are a stranger's, so no control character reaches the terminal."""
    plain = "".join(c if c.isprintable() else "?" for c in text)
    encoding = sys.stdout.encoding or "ascii"  # a console of another encoding must not end the check
    print(plain.encode(encoding, "replace").decode(encoding))


def iso(seconds: int) -> str:
    """A time in UTC."""
    moment = dt.datetime.fromtimestamp(min(seconds, LAST_SECOND), dt.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


# -- Ed25519 (RFC 8032, section 6), verification only: slow and readable ----------------------------------------------
# Strict: S < L, y < p for the key and for R, no x = 0 with sign bit, equation without cofactor.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add(a: Point, b: Point) -> Point:
    """Sum of two points in extended coordinates (X, Y, Z, T)."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    w, x, y, z = f - e, h - g, h + g, f + e
    return w * x % P, y * z % P, x * y % P, w * z % P


def multiply(scalar: int, point: Point) -> Point:
    """The multiple of a point."""
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def decompress(data: bytes) -> Point | None:
    """The point of 32 bytes, or None."""
    y = int.from_bytes(data, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_M1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


_Y = 4 * pow(5, P - 2, P) % P
_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202  # the even root
BASE = (_X, _Y, 1, _X * _Y % P)


def ed25519_verifies(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature (64 bytes) of the message verifies under the key (32 bytes)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, point = decompress(public_key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or point is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    left, right = multiply(s, BASE), add(point, multiply(k, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def mldsa_verifies(public_key: bytes, signature: bytes, message: bytes) -> bool | None:
    """Whether an ML-DSA-44 signature (2,420 bytes) verifies; None where no package can tell."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
    except ImportError:
        return None
    try:
        MLDSA44PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# -- signed notes (C2SP signed-note, tlog-checkpoint) -----------------------------------------------------------------


def unbase64(text: str) -> bytes:
    """Bytes of the one canonical spelling: decoders accept several, and a flipped bit must not hide there."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refuted("base64") from None
    if base64.b64encode(data).decode() != text:
        raise Refuted("base64 is not canonical")
    return data


def is_name(name: str) -> bool:
    """Whether a key name is allowed."""
    return bool(name) and "+" not in name and not any(c.isspace() or ord(c) < 32 for c in name)


def parse_vkey(text: str) -> Key:
    """The key of ``name+hex id+base64(kind || public key)``."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = unbase64(encoded)
    if not data or len(data) - 1 != PUBLIC_BYTES.get(data[0]) or not is_name(name):
        raise Refuted("not a verifier key")
    key = Key(name, data[0], data[1:])
    if key.id.hex() != key_id:
        raise Refuted("the key id does not belong to the key")
    return key


def split_note(data: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """(text, [(name, key id, rest)]) of a signed note; nothing about its signatures is checked yet."""
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refuted("not UTF-8") from None
    if len(data) > MAX_NOTE or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise Refuted("too large, or a control character")
    head, blank, tail = note.rpartition("\n\n")
    if not blank or not head or not tail.endswith("\n"):
        raise Refuted("no signatures after a blank line")
    lines = []
    for line in tail[:-1].split("\n"):
        signer, _, encoded = line[2:].partition(" ")
        blob = unbase64(encoded)
        if not line.startswith("\u2014 ") or not is_name(signer) or len(blob) < 5:
            raise Refuted("a signature line is malformed")
        lines.append((signer, blob[:4], blob[4:]))
    if len(lines) > 32:
        raise Refuted("over 32 signatures")
    return head + "\n", lines


def open_note(data: bytes, keys: Sequence[Key]) -> str:
    """The text of a note that one of ``keys`` (Ed25519) signed; other lines are ignored, a failing one refutes."""
    text, lines = split_note(data)
    signed = False
    for name, key_id, blob in lines:
        candidates = [key for key in keys if (key.name, key.id, key.kind) == (name, key_id, ED25519)]
        if candidates and not any(ed25519_verifies(key.public, blob, text.encode()) for key in candidates):
            raise Refuted("the log's signature fails")
        signed = signed or bool(candidates)
    if not signed:
        raise Refuted("not signed by the log's key")
    return text


def prefixed(text: str) -> bytes:
    """One byte of length, and the text."""
    data = text.encode()
    if len(data) > 255:
        raise Refuted("a name over 255 bytes")
    return bytes([len(data)]) + data


def line_holds(key: Key, blob: bytes, text: str, size: int, root: bytes) -> tuple[bool | None, int]:
    """(whether a signature line of this key over a checkpoint verifies or None if unknown, the seconds it states)."""
    if key.kind == ED25519:
        return ed25519_verifies(key.public, blob, text.encode()), 0
    seconds = int.from_bytes(blob[:8], "big")
    if not 0 < seconds < 2**63:
        return False, 0
    if key.kind == COSIGNATURE:
        return ed25519_verifies(key.public, blob[8:], f"cosignature/v1\ntime {seconds}\n{text}".encode()), seconds
    origin = text.partition("\n")[0]
    message = b"subtree/v1\n\0" + prefixed(key.name) + blob[:8] + prefixed(origin)
    return mldsa_verifies(key.public, blob[8:], message + bytes(8) + size.to_bytes(8, "big") + root), seconds


def open_checkpoint(data: bytes, logs: Sequence[Key], witnesses: Sequence[Key] = ()) -> Checkpoint:
    """A checkpoint that an Ed25519 key of the log signed; one line of any known key that fails refutes it."""
    text, signatures = split_note(data)
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or all(lines[0] != key.name for key in logs):
        raise Refuted("not a checkpoint of this log")
    root = unbase64(lines[2])
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1], re.ASCII) or int(lines[1]) >= 2**63 or len(root) != 32:
        raise Refuted("size or root of the checkpoint")
    found = Checkpoint(int(lines[1]), root, {}, set())
    for name, key_id, blob in signatures:
        candidates = [key for key in [*logs, *witnesses] if (key.name, key.id) == (name, key_id)]
        answers = [(key, *line_holds(key, blob, text, found.size, root)) for key in candidates]
        for key, holds, seconds in answers:
            if holds:
                found.times[key] = max(seconds, found.times.get(key, 0))
        if answers and not any(holds for _, holds, _ in answers):
            unknown = {key for key, holds, _ in answers if holds is None}
            if not unknown:
                raise Refuted(f"the signature of {name} fails")
            found.unchecked.update(unknown)
    if not any(key.kind == ED25519 and key in found.times for key in logs):
        raise Refuted("not signed by the log's key")
    return found


# -- quorum files (C2SP tlog-policy) ----------------------------------------------------------------------------------
#   log <vkey> [<url>]      witness <name> <vkey> [<url>]      group <name> <all | any | k> <names>      quorum <name>


def parse_policy(data: bytes) -> Policy:
    """A quorum file; refuses what is malformed, asks for nobody, or is weaker than it looks."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refuted("not UTF-8") from None
    if len(data) > MAX_POLICY or not text.endswith("\n"):
        raise Refuted("over 256 KiB, or no newline at the end")
    policy = Policy([], {}, {}, "")
    quorums: list[str] = []
    members: set[str] = set()
    for number, line in enumerate(text[:-1].split("\n"), 1):
        if any(ord(c) < 32 and c != "\t" for c in line):
            raise Refuted(f"line {number}: a control character")
        items = [item for item in line.replace("\t", " ").split(" ") if item]
        if items and not items[0].startswith("#"):
            named(f"line {number}", read_policy_line, items, policy, quorums, members)
    if len(quorums) != 1 or not policy.logs:
        raise Refuted("one quorum line and at least one log line are needed")
    policy = policy._replace(root=quorums[0])
    try:
        check_strength(policy)
    except RecursionError:
        raise Refuted("groups within groups without end") from None
    return policy


def read_policy_line(items: list[str], policy: Policy, quorums: list[str], members: set[str]) -> None:
    """Add what a line of a quorum file says."""
    word, taken = items[0], {"none", *policy.witnesses, *policy.groups}
    if word == "log" and len(items) in (2, 3):
        policy.logs.append(parse_vkey(items[1]))
        if policy.logs[-1].kind == COSIGNATURE:
            raise Refuted("a key of another kind")
    elif word == "witness" and len(items) in (3, 4) and items[1] not in taken:
        policy.witnesses[items[1]] = parse_vkey(items[2])
        if policy.witnesses[items[1]].kind == ED25519:
            raise Refuted("a key of another kind")
    elif word == "group" and len(items) > 3 and items[1] not in taken:
        names = items[3:]
        if len(set(names)) != len(names) or not set(names) <= taken - {"none"} - members:
            raise Refuted("a member that no earlier line names, or that is a member already")
        members.update(names)
        need = {"all": len(names), "any": 1}.get(items[2], 0)
        if re.fullmatch("[1-9][0-9]{0,8}", items[2], re.ASCII):
            need = int(items[2])
        if not 1 <= need <= len(names):
            raise Refuted("a threshold that is not all, any or 1 to the number of members")
        policy.groups[items[1]] = (need, names, items[2] == "all")
    elif word == "quorum" and len(items) == 2 and items[1] in taken:
        if items[1] == "none":
            raise Refuted("the quorum `none` asks for no witness")
        quorums.append(items[1])
    else:
        raise Refuted("not a log, witness, group or quorum line, or a name that is taken or unknown")


def check_strength(policy: Policy) -> None:
    """Refuse a quorum that promises less than it seems to."""
    publics = [key.public for key in policy.witnesses.values()]
    if len(set(publics)) != len(publics):
        raise Refuted("weak: one key stands twice")
    for name, (_, members, every) in policy.groups.items():
        owners = [operators(policy, member) for member in members]
        if not every and sum(map(len, owners)) != len(set().union(*owners)):
            raise Refuted(f"weak: in group {name} one operator counts more than once")
    if divides(policy, policy.root):
        raise Refuted("weak: two quorums need not share a witness, so the log could show two histories")


def operators(policy: Policy, name: str) -> set[str]:
    """Names of the keys below a name: one operator has one."""
    if name in policy.witnesses:
        return {policy.witnesses[name].name}
    return set().union(*(operators(policy, member) for member in policy.groups[name][1]))


def divides(policy: Policy, name: str) -> bool:
    """Whether two sets of witnesses without a common member both satisfy it."""
    if name in policy.witnesses:
        return False
    need, members, _ = policy.groups[name]
    return len(members) + sum(divides(policy, member) for member in members) >= 2 * need


def satisfied(policy: Policy, name: str, signed: set[Key]) -> bool:
    """Whether these keys are enough for a name of the quorum file."""
    if name in policy.witnesses:
        return policy.witnesses[name] in signed
    need, members, _ = policy.groups[name]
    return sum(satisfied(policy, member, signed) for member in members) >= need


def seers(policy: Policy, name: str, signed: set[Key]) -> str:
    """Who saw it, in the names of the quorum file: a witness, a whole group, or `3 of 4 peers`."""
    if name in policy.witnesses:
        return name
    _, members, _ = policy.groups[name]
    seen = [member for member in members if satisfied(policy, member, signed)]
    return name if len(seen) == len(members) else f"{len(seen)} of {len(members)} {name}"


def quorum_time(policy: Policy, checkpoint: Checkpoint) -> tuple[int, str] | None:
    """(the second at which the checkpoint had its quorum, who had seen it by then), or None without a quorum."""
    witnesses = set(policy.witnesses.values())
    for seconds in sorted(set(checkpoint.times.values())):
        signed = {key for key, time in checkpoint.times.items() if time <= seconds and key in witnesses}
        if satisfied(policy, policy.root, signed):
            members = policy.groups[policy.root][1] if policy.root in policy.groups else [policy.root]
            seen = [member for member in members if satisfied(policy, member, signed)]
            return seconds, listed([seers(policy, member, signed) for member in seen])
    return None


# -- Merkle proofs (RFC 6962 section 2.1; algorithms of RFC 9162 sections 2.1.3.2 and 2.1.4.2) ------------------------


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def inclusion_holds(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf stands at ``index`` in the tree of ``size`` leaves with this root."""
    if not 0 <= index < size or any(len(item) != 32 for item in [leaf, root, *proof]):
        return False
    position, last, running = index, size - 1, leaf
    for item in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            running = node_hash(item, running)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            running = node_hash(running, item)
        position, last = position >> 1, last >> 1
    return last == 0 and running == root


def consistency_holds(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the tree of ``old`` leaves is a prefix of the tree of ``new`` leaves."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if any(len(item) != 32 for item in [old_root, new_root, *proof]):
        return False
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    older = newer = path[0]
    for item in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            older, newer = node_hash(item, older), node_hash(item, newer)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            newer = node_hash(newer, item)
        position, last = position >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


# -- entries and proof files ------------------------------------------------------------------------------------------


def parse_entry(raw: bytes) -> dict[str, Any]:
    """The fields of an entry; only its canonical bytes are accepted."""
    if len(raw) > MAX_ENTRY:
        raise Refuted("over 4096 bytes")
    try:
        fields = json.loads(raw.decode("ascii"))
        again = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        raise Refuted("not JSON") from None
    if type(fields) is not dict or again != raw:
        raise Refuted("not canonical JSON of an object")
    for value in fields.values():
        items = value if type(value) is list else [value]
        number = type(value) is int and 0 <= value < 2**53
        if not items or not (number or all(type(item) is str for item in items)):
            raise Refuted("a value that is neither a string, a list of strings nor a whole number")
    if not re.fullmatch("[a-z2-7]{26}", str(fields.get("id"))) or type(fields.get("t")) is not int:
        raise Refuted("no id or no time")
    if not re.fullmatch("[a-z]+:[a-z]+:[a-z]+", str(fields.get("kind"))) or fields.get("v") != 1:
        raise Refuted("no kind, or another version")
    return fields


def parse_proof(data: bytes) -> tuple[bytes, int, list[bytes], bytes]:
    """(entry, index, hashes, checkpoint bytes) of a C2SP tlog-proof file."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refuted("not UTF-8") from None
    body, blank, note = text.partition("\n\n")
    lines = body.split("\n")
    if not blank or len(lines) < 3 or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra "):
        raise Refuted("not a tlog-proof with its entry")
    index = re.fullmatch("index (0|[1-9][0-9]{0,18})", lines[2], re.ASCII)
    if not index or len(lines) > 66:
        raise Refuted("its index, or too many hashes")
    return unbase64(lines[1][6:]), int(index.group(1)), [unbase64(line) for line in lines[3:]], note.encode()


# -- timestamp responses (RFC 3161): read only as far as digest and time; DER is tag, length, content ------------------


def der_parts(data: bytes) -> list[tuple[int, bytes]]:
    """[(tag, content)] of DER values one after the other."""
    parts, at = [], 0
    while at < len(data):
        tag, first = data[at], data[at + 1] if at + 1 < len(data) else 0x80
        more = first & 0x7F if first & 0x80 else 0
        start = at + 2 + more
        length = int.from_bytes(data[at + 2 : start], "big") if more else first
        end = start + length
        if tag & 0x1F == 0x1F or first == 0x80 or more > 4 or end > len(data):
            raise ValueError("not DER")
        parts.append((tag, data[start:end]))
        at = end
    return parts


def der_inside(part: tuple[int, bytes], tag: int) -> list[tuple[int, bytes]]:
    """The values within a value of this tag."""
    if part[0] != tag:
        raise ValueError("another DER value")
    return der_parts(part[1])


def parse_token(data: bytes) -> Token | None:
    """What a granted response over a SHA-256 digest says; None if it cannot be read."""
    try:
        (response,) = der_parts(data)
        status, content = der_inside(response, 0x30)
        if der_inside(status, 0x30)[0] not in ((2, b"\0"), (2, b"\1")):
            return None
        signed = der_inside(der_inside(der_inside(content, 0x30)[1], 0xA0)[0], 0x30)
        wrapped = der_inside(der_inside(signed[2], 0x30)[1], 0xA0)[0]
        info = der_inside(der_parts(wrapped[1])[0], 0x30)
        algorithm, digest = der_inside(info[2], 0x30)
        if der_inside(algorithm, 0x30)[0] != (6, bytes.fromhex("608648016503040201")) or digest[0] != 4:
            return None
        moment = re.fullmatch(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z", info[4][1])
        if info[4][0] != 0x18 or not moment:
            return None
        year, month, day, hour, minute, second = map(int, moment.groups()[:6])
        aware = dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.timezone.utc)
        return Token(digest[1], int(aware.timestamp()))
    except (ValueError, IndexError):
        return None


# -- the bundle as a table of files -----------------------------------------------------------------------------------


class Folder:
    """A bundle that is a folder."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.sizes: dict[str, int] = {}
        for folder, folders, names in os.walk(path):
            for name in folders + names:
                full = os.path.join(folder, name)
                mode = os.lstat(full).st_mode
                if stat.S_ISDIR(mode):
                    continue
                relative = os.path.relpath(full, path).replace(os.sep, "/")
                if not stat.S_ISREG(mode):
                    raise Unusable(f"{relative} is a link or no ordinary file")
                self.sizes[relative] = os.lstat(full).st_size

    def open(self, name: str) -> IO[bytes]:
        """A file to read from; never follows a link."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(os.path.join(self.path, *name.split("/")), flags), "rb")


class Zip:
    """A bundle that is a zip file."""

    def __init__(self, path: str) -> None:
        self.archive = zipfile.ZipFile(path)
        self.sizes: dict[str, int] = {}
        for member in self.archive.infolist():
            if member.is_dir():
                continue
            if stat.S_ISLNK(member.external_attr >> 16) or member.flag_bits & 1:
                raise Unusable(f"{member.filename} is a link or encrypted")
            if member.filename in self.sizes:
                raise Unusable(f"{member.filename} comes twice")
            self.sizes[member.filename] = member.file_size

    def open(self, name: str) -> IO[bytes]:
        """A file to read from."""
        return self.archive.open(name)


class Bundle:
    """Files by name, with every limit of this script."""

    def __init__(self, path: str) -> None:
        self.source: Folder | Zip
        try:
            self.source = Folder(path) if os.path.isdir(path) else Zip(path)
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise Unusable(f"not a folder and not a zip file ({type(error).__name__})") from None
        self.names = sorted(self.source.sizes)
        if len(self.names) > MAX_FILES:
            raise Unusable("too many files")
        for name in self.names:
            parts = name.split("/")
            if name.startswith("/") or "\\" in name or ":" in name or any(part in ("", ".", "..") for part in parts):
                raise Unusable(f"the path {name!r} leaves the bundle")
            if self.source.sizes[name] > MAX_FILE:
                raise Unusable(f"{name} is over 1 GB")

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file in pieces."""
        done = 0
        try:
            with self.source.open(name) as file:
                while True:
                    piece = file.read(1 << 20)
                    if not piece:
                        return
                    done += len(piece)
                    if done > MAX_FILE:
                        raise Unusable(f"{name} is over 1 GB")
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, KeyError):
            raise Refuted(f"{name}: cannot be read whole") from None

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a small file."""
        if name not in self.source.sizes:
            raise Refuted(f"{name}: missing")
        data = b"".join(self.chunks(name)) if self.source.sizes[name] <= limit else None
        if data is None or len(data) > limit:
            raise Refuted(f"{name}: larger than such a file can be")
        return data

    def within(self, folder: str, suffix: str) -> list[tuple[str, str]]:
        """[(stem, name)] of the files of a folder with this suffix."""
        chosen = [name for name in self.names if name.startswith(folder + "/") and name.endswith(suffix)]
        return [(name[len(folder) + 1 : len(name) - len(suffix)], name) for name in chosen]


def by_number(bundle: Bundle, folder: str, suffix: str) -> dict[int, str]:
    """{number: name} of files named by a decimal without leading zeros."""
    table = {}
    for stem, name in bundle.within(folder, suffix):
        if not re.fullmatch("0|[1-9][0-9]{0,18}", stem, re.ASCII):
            raise Refuted(f"{name}: not named by a number")
        table[int(stem)] = name
    return table


def named(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a check; a refutation names the file."""
    try:
        return function(*arguments)
    except Refuted as error:
        raise Refuted(f"{name}: {error}") from None


# -- the steps --------------------------------------------------------------------------------------------------------


def no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys come once."""
    table = dict(pairs)
    if len(table) != len(pairs):
        raise Refuted("a key comes twice")
    return table


def parse_manifest(data: bytes) -> tuple[dict[str, dict[str, Any]], str]:
    """({path: {"sha256", "sm3", "size"}}, who made the bundle and when) of manifest.json."""
    try:
        manifest = json.loads(data.decode("utf-8"), object_pairs_hook=no_doubles)
    except (ValueError, RecursionError):
        raise Refuted("not JSON") from None
    files = manifest.get("files") if type(manifest) is dict and manifest.get("version") == 1 else None
    if type(files) is not dict or not all(type(item) is dict for item in files.values()):
        raise Refuted("not a manifest of version 1")
    return files, str(manifest.get("made"))


def check_files(bundle: Bundle, manifest: dict[str, dict[str, Any]]) -> bool:
    """Sizes and digests of all files; returns whether SM3 was checked."""
    try:
        hashlib.new("sm3")
        with_sm3 = True
    except ValueError:
        with_sm3 = False
    present = set(bundle.names) - {"manifest.json", "manifest.note", "custody.txt"}
    for name in sorted(present ^ set(manifest)):
        raise Refuted(f"{name}: {'not in the manifest' if name in present else 'missing'}")
    for name in sorted(present):
        sums = {"sha256": hashlib.sha256()}
        if with_sm3:
            sums["sm3"] = hashlib.new("sm3")
        size = 0
        for piece in bundle.chunks(name):
            size += len(piece)
            for digest in sums.values():
                digest.update(piece)
        for word, digest in sums.items():
            if digest.hexdigest() != manifest[name].get(word):
                raise Refuted(f"{name}: another {word} than in the manifest")
        if size != manifest[name].get("size"):
            raise Refuted(f"{name}: another size than in the manifest")
    return with_sm3


def parse_keys(data: bytes) -> list[Key]:
    """The keys of one log, of all its years' changes and both kinds, one a line."""
    lines = data.decode("utf-8", "replace").split("\n")
    if lines.pop() or not lines or len(set(lines)) != len(lines) or len(lines) > 32:
        raise Refuted("one key a line is expected, each once")
    keys = [parse_vkey(line) for line in lines]
    if len({key.name for key in keys}) != 1 or all(key.kind != ED25519 for key in keys):
        raise Refuted("keys of one log are expected, an Ed25519 key among them")
    if any(key.kind == COSIGNATURE for key in keys):
        raise Refuted("a witness's key where keys of the log are expected")
    return keys


def step_manifest(bundle: Bundle, given: Sequence[str], policy: bytes | None) -> tuple[list[Key], bool]:
    """Step 1; returns the log's keys and whether SM3 was checked."""
    text = bundle.read("keys.txt", MAX_NOTE)
    keys = named("keys.txt", parse_keys, text)
    trusted = [named("--key", parse_vkey, vkey) for vkey in given]
    for key in trusted:
        if key not in keys:
            raise Refuted("keys.txt: without the key given with --key")
    if policy is not None:
        trusted += named("--policy", parse_policy, policy).logs
    if trusted and any(key.kind == ED25519 and key not in trusted for key in keys):
        raise Refuted("keys.txt: holds an Ed25519 key that is not among those given with --key or --policy")
    data = bundle.read("manifest.json", MAX_MANIFEST)
    digest = hashlib.sha256(data).hexdigest()
    words = named("manifest.note", open_note, bundle.read("manifest.note", MAX_NOTE), keys)
    if words != f"dyepack-manifest@v1\n{digest}\n{keys[0].name}\n":
        raise Refuted("manifest.json: not the one that manifest.note signs")
    manifest, made = named("manifest.json", parse_manifest, data)
    with_sm3 = check_files(bundle, manifest)
    say(f" 1 manifest: {len(manifest)} files have their size and SHA-256{' and SM3' if with_sm3 else ''};")
    say(f"   signed by the log {keys[0].name}; made {made}.")
    check_custody(bundle, made, digest)
    if not trusted:
        say("   Compare the keys of the log with copies from elsewhere: the bundle cannot prove whose they are.")
        for line in text.decode().splitlines():
            say(f"   {line if len(line) < 200 else line[:80] + '... (the whole line is in keys.txt)'}")
    return keys, with_sm3


def check_custody(bundle: Bundle, made: str, digest: str) -> None:
    """The first line of custody.txt is the maker's; the others are hand-overs, added by people by hand."""
    lines = bundle.read("custody.txt", MAX_MANIFEST).decode("utf-8", "replace").split("\n")
    if len(lines) < 2 or lines[0] != f"{digest} made {made}":
        raise Refuted("custody.txt: does not begin with this manifest and what it says of its making")
    later = [line for line in lines[1:] if line.strip()]
    strange = sum(not line.startswith(digest + " ") for line in later)
    say(f"   custody: {len(later)} hand-overs written down since, in people's words; nobody signed them here.")
    if strange:
        say(f"   {strange} of them do not begin with the SHA-256 of this manifest: they may be about another bundle.")


def step_quorum(bundle: Bundle, keys: list[Key], given: bytes | None) -> Policy | None:
    """Step 2; returns the quorum file, or None if there is none."""
    if "policy.txt" not in bundle.names:
        if given is not None:
            raise Refuted("policy.txt: missing, and --policy asks for witnesses")
        say(" 2 quorum file: none. Not witnessed: the log's own signature is all there is.")
        return None
    data = bundle.read("policy.txt", MAX_POLICY)
    policy: Policy = named("policy.txt", parse_policy, data)
    if given is not None and parse_policy(given)[1:] != policy[1:]:  # a log has new keys each year, its witnesses stay
        raise Refuted("policy.txt: not the quorum file given with --policy")
    if not set(policy.logs) & set(keys):
        raise Refuted("policy.txt: for another log, or for other keys of it")
    say(f" 2 quorum file: {len(policy.witnesses)} keys of witnesses, quorum `{policy.root}`.")
    if given is None:
        say("   Compare policy.txt with a copy from elsewhere: the bundle cannot prove whose keys these are.")
    return policy


def step_checkpoints(bundle: Bundle, keys: list[Key], policy: Policy | None) -> dict[int, tuple[Checkpoint, str]]:
    """Step 3; returns {size: (checkpoint, name)}."""
    witnesses = list(policy.witnesses.values()) if policy else []
    heads = {}
    for size, name in by_number(bundle, "checkpoints", ".note").items():
        found = named(name, open_checkpoint, bundle.read(name, MAX_NOTE), keys, witnesses)
        if found.size != size or size == 0:
            raise Refuted(f"{name}: named by another size than it states, or empty")
        heads[size] = (found, name)
    if not heads:
        raise Refuted("checkpoints/: none in the bundle")
    say(f" 3 checkpoints: {len(heads)} signed by {keys[0].name}, sizes {', '.join(map(str, sorted(heads)))}.")
    return heads


def step_cosignatures(policy: Policy | None, heads: dict[int, tuple[Checkpoint, str]]) -> bool:
    """Step 4; returns whether the newest checkpoint is known to have its quorum."""
    newest, name = heads[max(heads)]
    if policy is None:
        say(" 4 cosignatures: none asked for. Not witnessed.")
        return False
    enough = satisfied(policy, policy.root, set(newest.times))
    if not satisfied(policy, policy.root, set(newest.times) | newest.unchecked):
        raise Refuted(f"{name}: its cosignatures are no quorum")
    say(
        f" 4 cosignatures: the newest checkpoint, of {newest.size} entries, {'has' if enough else 'may have'} a quorum."
    )
    for witness, key in policy.witnesses.items():
        kind = "ML-DSA-44" if key.kind == ML_DSA else "Ed25519"
        said = "none"
        if key in newest.times:
            said = f"cosigned at {iso(newest.times[key])}"
        elif key in newest.unchecked:
            said = "not checked: this Python has no ML-DSA"
        say(f"   {witness} ({key.name}, {kind}): {said}")
    return enough


def step_entries(bundle: Bundle) -> dict[int, tuple[bytes, dict[str, Any], str]]:
    """Step 5; returns {index: (raw, fields, name)}."""
    entries, ids = {}, set()
    for index, name in by_number(bundle, "entries", ".json").items():
        raw = bundle.read(name, MAX_ENTRY)
        fields = named(name, parse_entry, raw)
        if fields["id"] in ids:
            raise Refuted(f"{name}: its id comes twice")
        ids.add(fields["id"])
        entries[index] = (raw, fields, name)
    if not entries:
        raise Refuted("entries/: none in the bundle")
    say(f" 5 entries: {len(entries)} well formed, ids unique.")
    return entries


def step_inclusion(
    bundle: Bundle,
    keys: list[Key],
    entries: dict[int, tuple[bytes, dict[str, Any], str]],
    heads: dict[int, tuple[Checkpoint, str]],
) -> None:
    """Steps 6 and 7."""
    proofs = by_number(bundle, "proofs", ".tlog-proof")
    for index in sorted(set(proofs) ^ set(entries)):
        raise Refuted(f"{proofs.get(index) or entries[index][2]}: entry and proof do not pair")
    say(f" 6 leaf hashes: computed from the bytes of {len(entries)} entries.")
    opened: dict[bytes, Checkpoint] = {}  # so that one signature is checked once
    for index, name in sorted(proofs.items()):
        entry, stated, hashes, note = named(name, parse_proof, bundle.read(name, MAX_PROOF))
        if note not in opened:
            opened[note] = named(name, open_checkpoint, note, keys)
        size, root = opened[note].size, opened[note].root
        if stated != index or entry != entries[index][0]:
            raise Refuted(f"{name}: proves another entry")
        if size not in heads or heads[size][0].root != root:
            raise Refuted(f"{name}: ends in a checkpoint that is not among checkpoints/")
        if not inclusion_holds(leaf_hash(entry), index, size, hashes, root):
            raise Refuted(f"{name}: the inclusion proof does not hold")
    say(f" 7 inclusion: all {len(proofs)} proofs hold.")


def step_consistency(bundle: Bundle, heads: dict[int, tuple[Checkpoint, str]]) -> None:
    """Step 8."""
    sizes = sorted(heads)
    wanted = {f"consistency/{old}-{new}.txt": (old, new) for old, new in zip(sizes, sizes[1:])}  # noqa: B905, RUF007 - Python 3.9
    for name in sorted(wanted):
        old, new = wanted[name]
        lines = bundle.read(name, MAX_NOTE).decode("ascii", "replace").split("\n")
        hashes = [named(name, unbase64, line) for line in lines[:-1]]
        if lines[-1] or not consistency_holds(old, new, hashes, heads[old][0].root, heads[new][0].root):
            raise Refuted(f"{name}: the consistency proof does not hold")
    say(f" 8 consistency: {len(sizes)} checkpoints, each continues the one before.")


def base64url(data: bytes) -> str:
    """As the fields `commit`, `policy` and `digest` of entries are written."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def step_details(bundle: Bundle, entries: dict[int, tuple[bytes, dict[str, Any], str]]) -> None:
    """Step 9."""
    texts, openings = by_number(bundle, "details", ".json"), by_number(bundle, "details", ".r")
    for index in sorted(set(texts) | set(openings)):
        name = f"details/{index}.json"
        opening = bundle.read(f"details/{index}.r", 128).decode("ascii", "replace")
        text = bundle.read(name, MAX_FILE)
        if not re.fullmatch("[0-9a-f]{64}\n", opening) or index not in entries:
            raise Refuted(f"{name}: no opening of 32 bytes, or no such entry")
        if base64url(hmac.new(bytes.fromhex(opening[:64]), text, "sha256").digest()) != entries[index][1].get("commit"):
            raise Refuted(f"{name}: not the details that the entry committed to")
    say(f" 9 details: {len(texts)} disclosed, each is what its entry committed to.")
    digests = {fields.get(word) for _, fields, _ in entries.values() for word in ("policy", "digest")}
    policies = bundle.within("policies", ".cedar")
    for stem, name in policies:
        digest = hashlib.sha256(bundle.read(name, MAX_FILE)).digest()
        if digest.hex() != stem or base64url(digest) not in digests:
            raise Refuted(f"{name}: not a set of policies that an entry names")
    say(f"   policies: {len(policies)} sets, each is one that entries name.")


def step_times(
    bundle: Bundle, keys: list[Key], policy: Policy | None, heads: dict[int, tuple[Checkpoint, str]]
) -> dict[str, tuple[int, str, Token | None]]:
    """Step 10; returns {name of a token: (size, base64url digest of the response, what it says or None)}."""
    for size, (checkpoint, _) in sorted(heads.items()):
        bound = quorum_time(policy, checkpoint) if policy else None
        if bound:
            say(f"10 time: the log had its first {size} entries no later than {iso(bound[0])}, seen by {bound[1]}.")
    stamped = {}
    for size, name in by_number(bundle, "timestamps", ".note").items():
        data = bundle.read(name, MAX_NOTE)
        found = named(name, open_checkpoint, data, keys)
        if found.size != size or size not in heads or heads[size][0].root != found.root:
            raise Refuted(f"{name}: not a checkpoint that is among checkpoints/")
        stamped[str(size)] = hashlib.sha256(data).digest()
    tokens: dict[str, tuple[int, str, Token | None]] = {}
    for stem, name in bundle.within("timestamps", ".tsr"):
        size_text = stem.partition(".")[0]
        chain = f"timestamps/{stem}.pem"
        if size_text not in stamped or chain not in bundle.names or not re.fullmatch(r"[0-9]+\.[a-z0-9-]+", stem):
            raise Refuted(f"{name}: without its checkpoint or its chain of certificates")
        data = bundle.read(name, MAX_TOKEN)
        token = parse_token(data)
        if token and token.imprint != stamped[size_text]:
            raise Refuted(f"{name}: a token over something else")
        tokens[name] = int(size_text), base64url(hashlib.sha256(data).digest()), token
        said = f"says {iso(token.seconds)} over the {size_text} entries" if token else "stored, not parsed"
        at = f" -attime {token.seconds}" if token else ""
        say(f"10 time: {name} {said}. Not checked here; in the unpacked bundle run")
        say(f"   openssl ts -verify -data timestamps/{size_text}.note -in {name} -CAfile {chain}{at}")
    if not tokens and not policy:
        say("10 time bounds: none. The times in the entries are the operator's claim.")
    return tokens


def say_results(
    origin: str,
    policy: Policy | None,
    heads: dict[int, tuple[Checkpoint, str]],
    entries: dict[int, tuple[bytes, dict[str, Any], str]],
    tokens: dict[str, tuple[int, str, Token | None]],
) -> None:
    """A sentence for each entry, with its bounds in time."""
    bounds = [(size, quorum_time(policy, heads[size][0])) for size in sorted(heads)] if policy else []
    for index in sorted(entries):
        seen = [bound for size, bound in bounds if bound and size > index]
        not_before, not_after = 0, LAST_SECOND
        if seen:
            not_after, names = min(seen)
            say(f"Entry {index} was in the log {origin} no later than {iso(not_after)}, seen by {names}.")
        else:
            say(f"Entry {index} was in the log {origin} when it held {max(heads)} entries, by the log's own signature.")
        later = [(token.seconds, name) for name, (size, _, token) in tokens.items() if token and size > index]
        if later:
            not_after = min(not_after, min(later)[0])
            say(f"  It was there no later than {iso(min(later)[0])}, if {min(later)[1]} verifies.")
        for earlier in sorted((place for place in entries if place < index), reverse=True):
            fields = entries[earlier][1]
            held = [
                (token.seconds, name)
                for name, (size, digest, token) in tokens.items()
                if token and fields["kind"] == OBTAINED and (digest, size) == (fields.get("digest"), fields.get("n"))
            ]
            if held:
                not_before = max(held)[0]
                say(f"  It was written no earlier than {iso(not_before)}, if {max(held)[1]} verifies.")
                break
        claimed = entries[index][1]["t"] // 1_000_000
        strange = (
            "" if not_before - SKEW <= claimed <= not_after + SKEW else ": OUTSIDE these bounds, it cannot be true"
        )
        say(f"  Its own time, the operator's claim, is {iso(claimed)}{strange}.")


def verify(path: str, given: Sequence[str] = (), quorum_file: bytes | None = None) -> int:
    """Run all steps on a folder or zip; returns 0 or 3, raises Refuted or Unusable."""
    bundle = Bundle(path)
    keys, with_sm3 = step_manifest(bundle, given, quorum_file)
    policy = step_quorum(bundle, keys, quorum_file)
    heads = step_checkpoints(bundle, keys, policy)
    witnessed = step_cosignatures(policy, heads)
    entries = step_entries(bundle)
    step_inclusion(bundle, keys, entries, heads)
    step_consistency(bundle, heads)
    step_details(bundle, entries)
    tokens = step_times(bundle, keys, policy, heads)
    unchecked = sorted({key.name for checkpoint, _ in heads.values() for key in checkpoint.unchecked})
    say("11 not checked: whether the entries tell the truth; whether everything that happened is in them;")
    if not witnessed:
        say("   whether the log is shown to everybody alike;")
    if unchecked:
        say(f"   ML-DSA signatures of {listed(unchecked)} (this Python lacks the package cryptography);")
    if tokens:
        say(f"   signatures of {len(tokens)} timestamp tokens (the commands are at step 10);")
    say(f"   {'' if with_sm3 else 'SM3 (this Python has none, SHA-256 covers the same); '}hand-overs in custody.txt.")
    say_results(keys[0].name, policy, heads, entries, tokens)
    if unchecked:
        say("HOLDS IN PART: the log's signature, inclusion and consistency hold; ML-DSA signatures were not checked.")
        return 3
    if witnessed:
        say("HOLDS: the log's signature, a quorum of its witnesses, inclusion and consistency.")
    else:
        say("HOLDS: the log's signature, inclusion and consistency. Not witnessed: no one else signed it.")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle of a Dyepack log.")
    parser.add_argument("bundle", help="folder or zip file")
    parser.add_argument("--key", action="append", default=[], help="a verifier key of the log, from elsewhere")
    parser.add_argument("--policy", help="the quorum file, from elsewhere")
    options = parser.parse_args(arguments)
    try:
        return verify(options.bundle, options.key, None if options.policy is None else read_policy(options.policy))
    except Refuted as error:
        say(f"REFUTED: {error}.")
        return 1
    except Unusable as error:
        say(f"UNUSABLE: {error}.")
        return 2


def read_policy(path: str) -> bytes:
    """The quorum file that somebody trusts."""
    try:
        with open(path, "rb") as file:
            return file.read(MAX_POLICY + 1)
    except OSError as error:
        raise Unusable(f"the quorum file cannot be read ({type(error).__name__})") from None


if __name__ == "__main__":  # pragma: no cover - run as a child process by its tests
    sys.exit(main())
