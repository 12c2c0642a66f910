"""Copies of a log outside its home: an auditor's mirror, and the audit of a bare folder; neither needs a home."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dyepack.app.errors import CommandError
from dyepack.gateways.log_source import LogSource
from dyepack.ledger import audit_log, mirror_log, open_checkpoint, open_head, parse_quorum, parse_vkey
from dyepack.ledger.errors import LedgerError, NoteError
from dyepack.ledger.published import CHECKPOINT, WITNESSED
from dyepack.ledger.tiles import MAX_BUNDLE_BYTES, tiles_between
from dyepack.storage.log_folder import LogFolder
from dyepack.terms.progress import Progress


def mirror(address: str, folder: Path, vkey: str, token: str | None, progress: Progress) -> dict[str, Any]:
    """Bring the copy in ``folder`` up to the log at ``address``; an interrupted run is taken up.

    Raises:
        SourceError: The log cannot be fetched.
        LedgerError: What it serves is not what it signed, or does not continue the copy.
    """
    copy = LogFolder(folder)
    try:
        own = copy.read(CHECKPOINT)
        before = 0 if own is None else open_head(own.decode("utf-8", "replace"), vkey).size
        with LogSource(address, token) as source:
            head = mirror_log(source.read, copy.read, lambda path, content: copy.write({path: content}), vkey, progress)
        for tile in tiles_between(before, head.size):
            copy.drop_narrower(tile)
    finally:
        copy.close()
    return {"origin": head.origin, "size": head.size, "root": head.root.hex(), "folder": str(folder)}


def audit_folder(
    folder: Path, vkey: str, *, policy: str | None, earlier: Sequence[str], progress: Progress
) -> dict[str, Any]:
    """Check a copy of a log from its files alone.

    Args:
        folder: Holds ``checkpoint`` and ``tile/``; nothing is written there.
        vkey: The log's key, from elsewhere.
        policy: Text of a quorum file that a checkpoint of the copy must satisfy.
        earlier: Checkpoints kept from earlier visits; all must be prefixes.
        progress: Told the entries done.

    Raises:
        CommandError: The folder is none, or the quorum file is for another log.
        NoteError: The key is no key, or a known cosignature fails.
        QuorumFileError: The quorum file is malformed or weak.
    """
    if not folder.is_dir():
        raise CommandError(what="--folder", remedy="not a folder / 不是目录")

    def read(path: str) -> bytes | None:
        return _file(folder, path)

    parse_vkey(vkey)  # a mistyped key is no broken log
    kept = list(earlier)
    witnessed: dict[str, Any] = {"witnessed": False}
    if policy is not None:
        witnessed, note = _witnessed(read, vkey, policy)
        kept += [note] if note is not None else []
    audit = audit_log(read, vkey, earlier=kept, progress=progress)
    whole = audit.whole and (policy is None or bool(witnessed["witnessed"]))
    return {
        "whole": whole,
        "origin": audit.origin,
        "size": audit.size,
        "checked": audit.checked,
        "root": audit.root.hex(),
        "earlier": audit.heads,
        "finding": None if audit.finding is None else str(audit.finding),
        **witnessed,
    }


def _witnessed(read: Any, vkey: str, policy: str) -> tuple[dict[str, Any], str | None]:
    """Whether a checkpoint of the copy has the quorum; its note, so that it is audited too."""
    quorum = parse_quorum(policy)
    quorum.check_strength()
    key = parse_vkey(vkey)
    if _house(key.name) not in {_house(log.name) for log in quorum.logs}:  # a file serves all years of a house
        raise CommandError(what="--policy", remedy="it is for another log / 该文件属于另一日志")
    stored = read(WITNESSED) or read(CHECKPOINT)
    if stored is None:
        return {"witnessed": False, "missing": list(quorum.witnesses)}, None
    try:
        seen = open_checkpoint(stored.decode(), (key,), quorum.keys)
    except (UnicodeDecodeError, LedgerError) as error:
        raise NoteError(why="the checkpoint, or a cosignature on it") from error
    signed = seen.signed_by(quorum.keys)
    facts = {
        "witnessed": quorum.satisfied(signed),
        "witnessed_size": seen.head.size,
        "missing": list(quorum.missing(signed)),
    }
    return facts, seen.note


def _house(origin: str) -> str:
    return origin.rpartition("/")[0]


def _file(folder: Path, path: str) -> bytes | None:
    target = folder / path
    try:
        if target.stat().st_size > MAX_BUNDLE_BYTES:
            return None
        return target.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CommandError(what="--folder", remedy="a file cannot be read / 有文件无法读取") from error
