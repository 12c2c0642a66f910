"""Zip archives of strangers (xlsx and ods are such): unpacked in memory, under guard, and packed anew.

1. The directory is judged before anything is unpacked: members, encryption, declared sizes, their ratio.
2. Members are unpacked in slices and counted, so a directory that lies gains nothing.
3. The reader gets a *new* archive of what was checked, uncompressed. It never sees the stranger's directory, which two
   programs may read in two ways.

Pictures, macros and attachments are left behind: nobody reads them here.
"""

import io
import zipfile
from collections.abc import Mapping

from dyepack.scan.errors import BombError, EncryptedError, ScanError, UnreadableError
from dyepack.scan.limits import LIMITS

_SLICE = 1 << 20
_MEBIBYTE = 1 << 20
_ENCRYPTED_FLAG = 0x1
_LEFT_BEHIND = (
    "xl/media/",
    "xl/embeddings/",
    "xl/drawings/",
    "xl/charts/",
    "xl/vbaProject",
    "Pictures/",
    "Thumbnails/",
    "Object ",
)
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # others may ask for gigabytes of dictionary
_EPOCH = (1980, 1, 1, 0, 0, 0)


def unpack(content: bytes) -> dict[str, bytes]:
    """The members that a table reader may need, by name.

    Raises:
        BombError: Declared or real size beyond the limits.
        EncryptedError: A member is encrypted.
        UnreadableError: Damaged, ambiguous, or packed in a way spreadsheets do not use.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _judge_directory(members, len(content))
            return _read_members(archive, members, len(content))
    except ScanError:
        raise
    except Exception as error:  # the standard library raises a dozen types on damaged archives
        raise UnreadableError from error


def pack(parts: Mapping[str, bytes]) -> bytes:
    """A plain archive of the parts, uncompressed, without times."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    return target.getvalue()


def _judge_directory(members: list[zipfile.ZipInfo], packed: int) -> None:
    if len(members) > LIMITS.members or len({member.filename for member in members}) != len(members):
        raise UnreadableError
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise EncryptedError
    if any(member.compress_type not in _METHODS for member in members):
        raise UnreadableError
    _judge_size(sum(member.file_size for member in members), packed)


def _judge_size(unpacked: int, packed: int) -> None:
    dense = unpacked > LIMITS.ratio_from_bytes and unpacked > LIMITS.ratio * packed
    if dense or unpacked > LIMITS.unpacked_bytes:
        raise BombError(ratio=LIMITS.ratio, mebibytes=LIMITS.unpacked_bytes // _MEBIBYTE)


def _read_members(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], packed: int) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    total = 0
    for member in members:
        if member.is_dir() or member.filename.startswith(_LEFT_BEHIND):
            continue
        slices: list[bytes] = []
        with archive.open(member) as stream:
            while piece := stream.read(_SLICE):
                total += len(piece)
                _judge_size(total, packed)
                slices.append(piece)
        parts[member.filename] = b"".join(slices)
    return parts
