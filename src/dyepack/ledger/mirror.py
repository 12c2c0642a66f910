"""Mirror: a third party's own copy of a log, made from what it publishes and checked file by file.

1. fetch the checkpoint; it is signed by the log and not shorter than the one that the copy holds;
2. fetch the hashes above the leaves (one in 256) and those of the last, partial tile: they give the checkpoint's root;
3. the copy's own checkpoint is a prefix of this tree;
4. fetch each tile of leaf hashes that is new: it hashes to its place in the tree; then its entries: each hashes to its
   leaf; a file that an interrupted run left is checked the same way and not fetched again;
5. write the hashes above, and last of all the checkpoint.

So nothing is written that the signed checkpoint does not cover, and a copy is as whole as its checkpoint at any time.
"""

from collections.abc import Callable

from dyepack.ledger.checkpoint import Head, open_head
from dyepack.ledger.errors import BrokenLogError, NoteError
from dyepack.ledger.merkle import leaf_hash
from dyepack.ledger.published import CHECKPOINT, WITNESSED
from dyepack.ledger.tiles import WIDTH, Tile, decode_bundle, decode_tile, encode_bundle, tiles_between
from dyepack.ledger.tree import Tree
from dyepack.terms.progress import Progress, silent

Read = Callable[[str], bytes | None]
Write = Callable[[str, bytes], object]


def mirror_log(fetch: Read, kept: Read, write: Write, log_vkey: str, progress: Progress = silent) -> Head:
    """Bring a copy up to the log's newest checkpoint; the numbers are those of the module.

    Args:
        fetch: Reads a published file of the log; None if it is not there.
        kept: Reads a file of the copy.
        write: Writes a file of the copy durably.
        log_vkey: The log's key, from a source that its operator does not control.
        progress: Told the entries done.

    Returns:
        What the copy holds now.

    Raises:
        NoteError: The checkpoint is not one of this log.
        BrokenLogError: The log does not hold what it signed, or does not continue the copy.
        TileError: A file has not the form that its place asks for.
    """
    note = _needed(fetch, CHECKPOINT)  # 1
    head = _open(note, log_vkey, CHECKPOINT)
    own_note = kept(CHECKPOINT)
    own = _open(own_note, log_vkey, "the copy's checkpoint") if own_note is not None else None
    if own is not None and own.size > head.size:
        raise BrokenLogError(place=CHECKPOINT, why="the log is shorter than this copy: its end was dropped")

    def hashes(path: str) -> bytes:
        """Full tiles of the copy stay; all others come anew and are believed only once they give the root."""
        found = kept(path) if ".p/" not in path else None
        return _needed(fetch, path) if found is None else found

    tree = Tree.load(head.size - head.size % WIDTH, hashes)  # 2
    if head.size % WIDTH:
        last = Tile(0, head.size // WIDTH, head.size % WIDTH)
        tree.append(decode_tile(hashes(last.path), last.width, last.path))
    if tree.edge().root != head.root:
        raise BrokenLogError(place=CHECKPOINT, why="its root is not that of the tiles")
    if own is not None and tree.edge(own.size).root != own.root:  # 3
        raise BrokenLogError(place=CHECKPOINT, why="the log does not continue this copy: keep both as evidence")
    done = own.size if own is not None else 0
    for tile in tiles_between(done, head.size):
        if tile.level == 0:
            _leaves(tile, tree.tile(tile), fetch, kept, write)  # 4
            progress("mirror", tile.number * WIDTH + tile.width, head.size)
        else:
            write(tile.path, tree.tile(tile))  # 5
    witnessed = fetch(WITNESSED)
    if witnessed is not None and _open(witnessed, log_vkey, WITNESSED).size <= head.size:
        write(WITNESSED, witnessed)
    write(CHECKPOINT, note)
    return head


def _leaves(tile: Tile, hashes: bytes, fetch: Read, kept: Read, write: Write) -> None:
    path = tile.bundle_path
    own = kept(path)
    entries = decode_bundle(_needed(fetch, path) if own is None else own, tile.width, path)
    if b"".join(map(leaf_hash, entries)) != hashes:
        raise BrokenLogError(place=path, why="not the entries of the checkpoint")
    if own is None:
        write(path, encode_bundle(entries))
    write(tile.path, hashes)


def _needed(fetch: Read, path: str) -> bytes:
    found = fetch(path)
    if found is None:
        raise BrokenLogError(place=path, why="missing")
    return found


def _open(note: bytes, vkey: str, place: str) -> Head:
    try:
        return open_head(note.decode(), vkey)
    except UnicodeDecodeError as error:
        raise NoteError(why=f"{place} is not UTF-8") from error
