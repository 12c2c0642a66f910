"""What happens to who rewrites the log: played on copies, for the demo and for drills.

Nothing here touches the home's own log. Two rewriters: a *clumsy* one edits an entry in its file; a *skilled* one
holds the log's own key, leaves an entry out, computes every tile anew and signs. The first is found by any audit; the
second only by somebody who kept an earlier checkpoint, which is what the keeper and witnesses do.
"""

from dataclasses import dataclass

from dyepack.app.institution import Institution
from dyepack.app.log_keys import LogKeys
from dyepack.ledger import (
    Head,
    Kind,
    Tree,
    audit_log,
    encode_bundle,
    leaf_hash,
    open_head,
    parse_entry,
    tiles_between,
    zip_bundle,
)
from dyepack.ledger.tiles import WIDTH, Tile
from dyepack.terms.errors import DyepackError


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Outcome of both attempts.

    Attributes:
        kept_size: Size of the checkpoint that somebody kept.
        clumsy: What an audit found in the edited entry.
        skilled: What the holder of the earlier checkpoint found.
        keeper: What the keeper answered to the rewritten head.
        entry: The entry that was to vanish.
        bundle: Its evidence bundle, from the true log.
    """

    kept_size: int
    clumsy: DyepackError
    skilled: DyepackError
    keeper: DyepackError
    entry: str
    bundle: bytes


def rewrite_without(house: Institution) -> Rewrite:
    """Try to make the last reveal vanish; there must be one."""
    kept = house.log.publish()
    size = open_head(kept, house.log.vkey).size
    found = house.log.current.find([Kind.FIELD_REVEALED.value])
    index, raw = found[-1]
    target = parse_entry(raw).id
    entries = [entry for _, entry in house.log.current.entries(0, size)]
    clumsy = _edited(house, entries, index)
    files = _log_files(entries[:index] + entries[index + 1 :], house.log.current.keys)
    alone = audit_log(files.get, house.log.vkey)
    compared = audit_log(files.get, house.log.vkey, earlier=[kept])
    assert alone.whole
    assert compared.finding is not None
    assert clumsy is not None
    return Rewrite(
        kept_size=size,
        clumsy=clumsy,
        skilled=compared.finding,
        keeper=_shown_to_keeper(house, files["checkpoint"]),
        entry=target,
        bundle=zip_bundle(house.log.current.evidence([index], maker="p_vault")),
    )


def _edited(house: Institution, entries: list[bytes], index: int) -> DyepackError | None:
    """Flip one bit of the entry in its stored bundle, and pack the bundle anew as it was."""
    first = index - index % WIDTH
    bundle = entries[first : first + WIDTH]
    middle = len(entries[index]) // 2
    bundle[index - first] = entries[index][:middle] + bytes([entries[index][middle] ^ 1]) + entries[index][middle + 1 :]
    path = Tile(0, index // WIDTH, len(bundle)).bundle_path
    files = {path: encode_bundle(bundle)}
    log = house.log.current
    return audit_log(lambda asked: files.get(asked) or log.read(asked), log.vkeys).finding


def _log_files(entries: list[bytes], keys: LogKeys) -> dict[str, bytes]:
    tree = Tree(lambda _path: None)
    tree.append([leaf_hash(entry) for entry in entries])
    files: dict[str, bytes] = {}
    for tile in tiles_between(0, tree.size):
        files[tile.path] = tree.tile(tile)
        if tile.level == 0:
            start = tile.number * WIDTH
            files[tile.bundle_path] = encode_bundle(entries[start : start + tile.width])
    files["checkpoint"] = keys.sign(Head(keys.origin, tree.size, tree.edge().root)).encode("utf-8")
    return files


def _shown_to_keeper(house: Institution, checkpoint: bytes) -> DyepackError:
    try:
        house.keeper.advance(house.keeper.size(), (), checkpoint.decode("utf-8"))
    except DyepackError as error:
        return error
    msg = "the keeper took a rewritten head"
    raise AssertionError(msg)
