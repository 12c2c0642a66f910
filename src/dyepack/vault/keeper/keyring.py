"""The keeper's own keys: KEK, index keys, note keys. Made when first needed, wrapped at rest, plain in memory only.

Two keepers that start on one new store at the same moment agree: who comes second takes what the first one kept.
"""

import re
import threading
from collections.abc import Mapping
from typing import Final

from dyepack.crypto.aead import KEY_BYTES
from dyepack.crypto.digest import hkdf_expand, sha256
from dyepack.crypto.errors import UnsealError
from dyepack.terms.chance import Random
from dyepack.vault.errors import BadFrameError, KeyFileBrokenError
from dyepack.vault.keeper.ports import KeeperStore, Ring, WrappedKey
from dyepack.vault.keeper.wrapping import unwrap_key, wrap_key

FIRST: Final = 1
INSTITUTION_INDEX: Final = ""
_KIND = re.compile(r"[a-z][a-z_-]{0,31}")
_SEAL: Final = b"dyepack/note-seal/v1\0"
_LABEL: Final = b"dyepack/note-label/v1\0"


class Keyring:
    """Keys by ring and ref."""

    def __init__(self, store: KeeperStore, institution: bytes, root_key: bytes, random: Random) -> None:
        """Unwrap the KEKs, or make the first one. The root key is not kept.

        Raises:
            KeyFileBrokenError: The root key does not fit this store.
        """
        if len(root_key) != KEY_BYTES:
            raise KeyFileBrokenError(name="root.key")
        self._store = store
        self._institution = institution
        self._random = random
        self._lock = threading.Lock()
        self._keys: dict[tuple[Ring, str], bytes] = {}
        if not store.keys(Ring.KEK, ""):
            store.add_key(Ring.KEK, self._wrapped(root_key, Ring.KEK, "", random.token_bytes(KEY_BYTES)))
        self.keks: Mapping[int, bytes] = {
            row.version: self._unwrapped(root_key, Ring.KEK, row) for row in store.keys(Ring.KEK, "")
        }
        self.kek_version = max(self.keks)

    @property
    def kek(self) -> bytes:
        """The newest KEK."""
        return self.keks[self.kek_version]

    def index_key(self) -> bytes:
        """The institution's index key."""
        return self._own(Ring.INDEX, INSTITUTION_INDEX)

    def lot(self, lot: str) -> WrappedKey | None:
        """The row of a lot's index key, with what its entry allowed; None before the lot's first use."""
        rows = self._store.keys(Ring.INDEX, lot)
        return rows[-1] if rows else None

    def open_lot(self, lot: str, entry: bytes, rows: int) -> WrappedKey:
        """Make a lot's index key, bound to the entry that allows it."""
        made = self._wrapped(self.kek, Ring.INDEX, lot, self._random.token_bytes(KEY_BYTES), sha256(entry), rows)
        self._store.add_key(Ring.INDEX, made)
        return self._store.keys(Ring.INDEX, lot)[-1]

    def lot_key(self, row: WrappedKey) -> bytes:
        """A lot's index key."""
        known = self._keys.get((Ring.INDEX, row.ref))
        if known is None:
            known = self._keys[Ring.INDEX, row.ref] = self._unwrapped(self.kek, Ring.INDEX, row)
        return known

    def note_seal_key(self, kind: str) -> bytes:
        """What seals notes of a kind."""
        return hkdf_expand(self._note(kind), _SEAL, KEY_BYTES)

    def label_key(self, kind: str) -> bytes:
        """What tags labels of a kind."""
        return hkdf_expand(self._note(kind), _LABEL, KEY_BYTES)

    def _note(self, kind: str) -> bytes:
        if not _KIND.fullmatch(kind):
            raise BadFrameError(detail="the kind of a note")
        return self._own(Ring.NOTE, kind)

    def _own(self, ring: Ring, ref: str) -> bytes:
        known = self._keys.get((ring, ref))
        if known is None:
            with self._lock:
                if not self._store.keys(ring, ref):
                    fresh = self._random.token_bytes(KEY_BYTES)
                    self._store.add_key(ring, self._wrapped(self.kek, ring, ref, fresh))
                known = self._keys[ring, ref] = self._unwrapped(self.kek, ring, self._store.keys(ring, ref)[-1])
        return known

    def _wrapped(
        self, wrapper: bytes, ring: Ring, ref: str, key: bytes, entry_digest: bytes = b"", rows: int = 0
    ) -> WrappedKey:
        wrapped = wrap_key(wrapper, self._institution, ring, ref, FIRST, key, self._random)
        return WrappedKey(ref, FIRST, wrapped, entry_digest, rows)

    def _unwrapped(self, wrapper: bytes, ring: Ring, row: WrappedKey) -> bytes:
        try:
            return unwrap_key(wrapper, self._institution, ring, row.ref, row.version, row.wrapped)
        except UnsealError as error:
            raise KeyFileBrokenError(name="root.key") from error
