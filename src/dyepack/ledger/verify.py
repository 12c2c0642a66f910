#!/usr/bin/env python3
"""Check an evidence bundle of a Dyepack log without Dyepack: one file, Python 3.9 or later, nothing to install.

    python verify.py BUNDLE [--key VKEY]        BUNDLE is a folder or a zip file

It reads, it never runs or trusts anything in the bundle, and it prints what it checked, step by step:

 1 manifest: every file has the stated size, SHA-256 and (where this Python can) SM3; the log signed the manifest
 2 quorum file of witnesses: there is none in this version of Dyepack, so nothing is witnessed
 3 each checkpoint is a well-formed signed note of the log, Ed25519
 4 cosignatures of witnesses: not checked by this version
 5 each entry is canonical JSON with an id, and no id comes twice
 6 leaf hash of each entry, SHA-256(0x00 || bytes)
 7 inclusion proof of each entry (RFC 6962 section 2.1.1)
 8 consistency of all checkpoints in order of size (RFC 6962 section 2.1.2)
 9 disclosed details are those the entry committed to, HMAC-SHA256
10 time bounds: there are none in this version; the time in an entry is the operator's claim
11 what was not checked

Exit code: 0 all holds, 1 refuted (the first broken file is named), 2 unusable input, 3 holds in part.

The key of the log is in the bundle (keys.txt). That it is *the log's* key the bundle cannot prove: compare it with a
copy that you got elsewhere, or give that copy with --key. Likewise use a copy of this script that you trust.
"""

from __future__ import annotations  # the types below are for readers; Python 3.9 does not evaluate them

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import stat
import sys
import zipfile
import zlib
from typing import IO, Any, Callable, Iterator, Sequence, Tuple

Point = Tuple[int, int, int, int]
Key = Tuple[str, bytes, bytes]  # name, key id, public key

MAX_FILE = 1 << 30  # bytes
MAX_FILES = 200_000
MAX_MANIFEST = 1 << 27
MAX_NOTE = 65_536
MAX_ENTRY = 4096
MAX_PROOF = 262_144


class Refuted(Exception):  # noqa: N818 - a finding, not a fault of this script
    """Something in the bundle is not what it claims to be."""


class Unusable(Exception):  # noqa: N818 - the same
    """The input cannot be read as a bundle."""


def say(text: str) -> None:
    """Print a line; names in the bundle are a stranger's, so no control character reaches the terminal."""
    plain = "".join(c if c.isprintable() else "?" for c in text)
    encoding = sys.stdout.encoding or "ascii"  # a console of another encoding must not end the check
    print(plain.encode(encoding, "replace").decode(encoding))


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
    """(name, key id, public key) of ``name+hex id+base64(0x01 || key)``."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = unbase64(encoded)
    if len(data) != 33 or data[0] != 1 or not is_name(name):
        raise Refuted("not an Ed25519 verifier key")
    if hashlib.sha256(name.encode() + b"\n" + data).digest()[:4].hex() != key_id:
        raise Refuted("the key id does not belong to the key")
    return name, bytes.fromhex(key_id), data[1:]


def open_note(data: bytes, key: Key) -> str:
    """The text of a note signed by ``key``; lines of other keys are ignored, a failing line of this key refutes."""
    name, key_id, public_key = key
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refuted("not UTF-8") from None
    if len(data) > MAX_NOTE or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise Refuted("too large, or a control character")
    head, blank, tail = note.rpartition("\n\n")
    if not blank or not head or not tail.endswith("\n"):
        raise Refuted("no signatures after a blank line")
    text, lines, signed = head + "\n", tail[:-1].split("\n"), False
    if len(lines) > 32:
        raise Refuted("over 32 signatures")
    for line in lines:
        signer, _, encoded = line[2:].partition(" ")
        blob = unbase64(encoded)
        if not line.startswith("\u2014 ") or not is_name(signer) or len(blob) < 5:
            raise Refuted("a signature line is malformed")
        if signer == name and blob[:4] == key_id:
            if not ed25519_verifies(public_key, blob[4:], text.encode()):
                raise Refuted("the log's signature fails")
            signed = True
    if not signed:
        raise Refuted("not signed by the log's key")
    return text


def open_checkpoint(data: bytes, key: Key) -> tuple[int, bytes]:
    """(size, root) of a checkpoint of the log."""
    lines = open_note(data, key).split("\n")
    if len(lines) != 4 or lines[3] or lines[0] != key[0]:
        raise Refuted("not a checkpoint of this log")
    root = unbase64(lines[2])
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1], re.ASCII) or int(lines[1]) >= 2**63 or len(root) != 32:
        raise Refuted("size or root of the checkpoint")
    return int(lines[1]), root


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


def parse_manifest(data: bytes) -> dict[str, dict[str, Any]]:
    """{path: {"sha256", "sm3", "size"}} of manifest.json."""
    try:
        manifest = json.loads(data.decode("utf-8"), object_pairs_hook=no_doubles)
    except (ValueError, RecursionError):
        raise Refuted("not JSON") from None
    files = manifest.get("files") if type(manifest) is dict and manifest.get("version") == 1 else None
    if type(files) is not dict or not all(type(item) is dict for item in files.values()):
        raise Refuted("not a manifest of version 1")
    return files


def check_files(bundle: Bundle, manifest: dict[str, dict[str, Any]]) -> bool:
    """Sizes and digests of all files; returns whether SM3 was checked."""
    try:
        hashlib.new("sm3")
        with_sm3 = True
    except ValueError:
        with_sm3 = False
    present = set(bundle.names) - {"manifest.json", "manifest.note"}
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


def step_manifest(bundle: Bundle, trusted: str | None) -> tuple[Key, bool]:
    """Step 1; returns the log's key and whether SM3 was checked."""
    lines = bundle.read("keys.txt", MAX_NOTE).split(b"\n")
    if len(lines) != 2 or lines[1]:
        raise Refuted("keys.txt: one line expected")
    vkey = lines[0].decode("utf-8", "replace")
    if trusted is not None and trusted != vkey:
        raise Refuted("keys.txt: not the key given with --key")
    key = named("keys.txt", parse_vkey, vkey)
    data = bundle.read("manifest.json", MAX_MANIFEST)
    words = named("manifest.note", open_note, bundle.read("manifest.note", MAX_NOTE), key)
    if words != f"dyepack-manifest@v1\n{hashlib.sha256(data).hexdigest()}\n{key[0]}\n":
        raise Refuted("manifest.json: not the one that manifest.note signs")
    manifest = named("manifest.json", parse_manifest, data)
    with_sm3 = check_files(bundle, manifest)
    say(f" 1 manifest: {len(manifest)} files have their size and SHA-256{' and SM3' if with_sm3 else ''};")
    say("   the manifest is signed with the key")
    say(f"   {vkey}")
    if trusted is None:
        say("   Compare this key with a copy from elsewhere: the bundle cannot prove whose key it is.")
    return key, with_sm3


def step_quorum(bundle: Bundle) -> bool:
    """Step 2; returns whether witnesses are asked for."""
    if "policy.txt" not in bundle.names:
        say(" 2 quorum file: none. Not witnessed: the log's own signature is all there is.")
        return False
    lines = [line.split() for line in bundle.read("policy.txt", MAX_NOTE).split(b"\n") if line.strip()]
    quorums = [line for line in lines if line[0] == b"quorum"]
    if len(quorums) != 1 or len(quorums[0]) != 2 or quorums[0][1] == b"none":
        raise Refuted("policy.txt: there must be exactly one quorum, and never `none`")
    if not any(line[0] == b"witness" for line in lines):
        raise Refuted("policy.txt: a quorum without witnesses")
    say(" 2 quorum file: names witnesses.")
    return True


def step_checkpoints(bundle: Bundle, key: Key) -> dict[int, tuple[bytes, str]]:
    """Step 3; returns {size: (root, name)}."""
    heads = {}
    for size, name in by_number(bundle, "checkpoints", ".note").items():
        stated, root = named(name, open_checkpoint, bundle.read(name, MAX_NOTE), key)
        if stated != size or size == 0:
            raise Refuted(f"{name}: named by another size than it states, or empty")
        heads[size] = (root, name)
    if not heads:
        raise Refuted("checkpoints/: none in the bundle")
    say(f" 3 checkpoints: {len(heads)} signed by {key[0]}, sizes {', '.join(map(str, sorted(heads)))}.")
    return heads


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
    key: Key,
    entries: dict[int, tuple[bytes, dict[str, Any], str]],
    heads: dict[int, tuple[bytes, str]],
) -> None:
    """Steps 6 and 7."""
    proofs = by_number(bundle, "proofs", ".tlog-proof")
    for index in sorted(set(proofs) ^ set(entries)):
        raise Refuted(f"{proofs.get(index) or entries[index][2]}: entry and proof do not pair")
    say(f" 6 leaf hashes: computed from the bytes of {len(entries)} entries.")
    opened = {}  # checkpoint bytes -> (size, root), so that one signature is checked once
    for index, name in sorted(proofs.items()):
        entry, stated, hashes, note = named(name, parse_proof, bundle.read(name, MAX_PROOF))
        if note not in opened:
            opened[note] = named(name, open_checkpoint, note, key)
        size, root = opened[note]
        if stated != index or entry != entries[index][0]:
            raise Refuted(f"{name}: proves another entry")
        if size not in heads or heads[size][0] != root:
            raise Refuted(f"{name}: ends in a checkpoint that is not among checkpoints/")
        if not inclusion_holds(leaf_hash(entry), index, size, hashes, root):
            raise Refuted(f"{name}: the inclusion proof does not hold")
    say(f" 7 inclusion: all {len(proofs)} proofs hold.")


def step_consistency(bundle: Bundle, heads: dict[int, tuple[bytes, str]]) -> None:
    """Step 8."""
    sizes = sorted(heads)
    wanted = {f"consistency/{old}-{new}.txt": (old, new) for old, new in zip(sizes, sizes[1:])}  # noqa: B905, RUF007 - Python 3.9
    for name in sorted(wanted):
        old, new = wanted[name]
        lines = bundle.read(name, MAX_NOTE).decode("ascii", "replace").split("\n")
        hashes = [named(name, unbase64, line) for line in lines[:-1]]
        if lines[-1] or not consistency_holds(old, new, hashes, heads[old][0], heads[new][0]):
            raise Refuted(f"{name}: the consistency proof does not hold")
    say(f" 8 consistency: {len(sizes)} checkpoints, each continues the one before.")


def step_details(bundle: Bundle, entries: dict[int, tuple[bytes, dict[str, Any], str]]) -> None:
    """Step 9."""
    texts, openings = by_number(bundle, "details", ".json"), by_number(bundle, "details", ".r")
    for index in sorted(set(texts) | set(openings)):
        name = f"details/{index}.json"
        opening = bundle.read(f"details/{index}.r", 128).decode("ascii", "replace")
        text = bundle.read(name, MAX_FILE)
        if not re.fullmatch("[0-9a-f]{64}\n", opening) or index not in entries:
            raise Refuted(f"{name}: no opening of 32 bytes, or no such entry")
        seal = base64.urlsafe_b64encode(hmac.new(bytes.fromhex(opening[:64]), text, "sha256").digest())
        if seal.decode().rstrip("=") != entries[index][1].get("commit"):
            raise Refuted(f"{name}: not the details that the entry committed to")
    say(f" 9 details: {len(texts)} disclosed, each is what its entry committed to.")


def verify(path: str, trusted: str | None = None) -> int:
    """Run all steps on a folder or zip; returns 0 or 3, raises Refuted or Unusable."""
    bundle = Bundle(path)
    key, with_sm3 = step_manifest(bundle, trusted)
    witnessed = step_quorum(bundle)
    heads = step_checkpoints(bundle, key)
    say(f" 4 cosignatures: {'not checked by this version.' if witnessed else 'none. Not witnessed.'}")
    entries = step_entries(bundle)
    step_inclusion(bundle, key, entries, heads)
    step_consistency(bundle, heads)
    step_details(bundle, entries)
    say("10 time bounds: none. The times in the entries are the operator's claim.")
    say("11 not checked: whether the entries tell the truth; whether the log is shown to everybody alike;")
    say(
        "   outside proof of time" + ("" if with_sm3 else "; SM3 (this Python has none, SHA-256 covers the same)") + "."
    )
    for index in sorted(entries):
        say(f"Entry {index} was in the log {key[0]} when it held {max(heads)} entries, by the log's own signature.")
    if witnessed:
        say("HOLDS IN PART: the log's signature, inclusion and consistency hold; cosignatures were not checked.")
        return 3
    say("HOLDS: the log's signature, inclusion and consistency. Not witnessed: no one else signed it.")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle of a Dyepack log.")
    parser.add_argument("bundle", help="folder or zip file")
    parser.add_argument("--key", help="the log's verifier key, from a source that you trust")
    options = parser.parse_args(arguments)
    try:
        return verify(options.bundle, options.key)
    except Refuted as error:
        say(f"REFUTED: {error}.")
        return 1
    except Unusable as error:
        say(f"UNUSABLE: {error}.")
        return 2


if __name__ == "__main__":  # pragma: no cover - run as a child process by its tests
    sys.exit(main())
