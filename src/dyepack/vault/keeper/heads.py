"""Heads: what the keeper knows of the log. It is the log's first witness, inside the house.

Heads are taken in growing order only, each with a consistency proof from the last, and the newest 256 are
remembered: a receipt is checked against one of them (check 3 of ``gate``). A log that was forked or rolled back
stops here, because nothing opens without it.

The *start floor*: no entry below the size that was saved before a start opens anything after it. What was spent is
remembered in memory only, and everything spent before was covered by a saved head, so nothing is honored twice. The
saved size survives a killed process; after a power loss it may lag by what was not yet on disk, and then the 30
seconds of check 5 are long over.

A log may have several keys: from an in-year key change on both count. Signatures cost far more than a proof, and many
receipts share a head: what was verified is remembered by its text, heads and quorums alike.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from dyepack.ledger import (
    Head,
    NoteKey,
    Quorum,
    Receipt,
    leaf_hash,
    open_checkpoint,
    verify_consistency,
    verify_inclusion,
)
from dyepack.terms.errors import DyepackError
from dyepack.vault.errors import BadProofError, KeeperForkError, NoQuorumError, UnknownHeadError

REMEMBERED: Final = 256


class Heads:
    """The newest heads of one log."""

    def __init__(self, keys: Sequence[NoteKey], size: int, root: bytes, quorum: Quorum | None = None) -> None:
        """Continue from the size and root that were saved last; 0 and empty for a new log.

        Args:
            keys: Ed25519 keys of the log, all of its name.
            size: Entries that were seen.
            root: Of that size.
            quorum: The keeper's own, if its operator has one.
        """
        self.size = size
        self.root = root
        self.keys = tuple(keys)
        self._quorum = quorum
        self._known: OrderedDict[str, Head] = OrderedDict()
        self._witnessed: OrderedDict[str, Head] = OrderedDict()

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self.keys[0].name

    def examine(self, old_size: int, proof: Sequence[bytes], head_text: str) -> Head:
        """Check a new head; ``take`` it afterwards.

        Raises:
            BadProofError: Not a signed head of this log, or the proof starts elsewhere.
            KeeperForkError: Shorter than what was seen, or another log.
        """
        try:
            head = open_checkpoint(head_text, self.keys).head
        except DyepackError as error:
            raise BadProofError from error
        if head.size < self.size:
            raise KeeperForkError(size=head.size, known=self.size)
        if old_size != self.size:
            raise BadProofError
        if self.size:
            try:
                verify_consistency(self.size, head.size, proof, self.root, head.root)
            except DyepackError as error:
                raise KeeperForkError(size=head.size, known=self.size) from error
        return head

    def take(self, head_text: str, head: Head) -> None:
        """Make an examined head the newest one."""
        self.size, self.root = head.size, head.root
        _remember(self._known, head_text, head)

    def check_inclusion(self, receipt: Receipt) -> None:
        """Check 3: the entry is in the log, under a head that was taken.

        Raises:
            UnknownHeadError: None of the remembered heads.
            BadProofError: The proof does not hold.
        """
        head = self._known.get(receipt.head) or self._same_tree(receipt.head)
        try:
            verify_inclusion(leaf_hash(receipt.entry), receipt.index, head.size, receipt.proof, head.root)
        except DyepackError as error:
            raise BadProofError from error

    def check_quorum(self, receipt: Receipt) -> None:
        """Check 7: the head carries the keeper's own quorum, if it has one.

        Raises:
            NoQuorumError: It does not.
        """
        if self._quorum is None or receipt.head in self._witnessed:
            return
        keys = self._quorum.keys
        try:
            checkpoint = open_checkpoint(receipt.head, self.keys, keys)
        except DyepackError as error:
            raise NoQuorumError from error
        if not self._quorum.satisfied(checkpoint.signed_by(keys)):
            raise NoQuorumError
        _remember(self._witnessed, receipt.head, checkpoint.head)

    def _same_tree(self, head_text: str) -> Head:
        """A head under more signatures than the one that was taken is still that head."""
        witnessed = self._witnessed.get(head_text)
        try:
            head = witnessed or open_checkpoint(head_text, self.keys).head
        except DyepackError as error:
            raise UnknownHeadError from error
        if head not in self._known.values():
            raise UnknownHeadError
        return head


def _remember(heads: OrderedDict[str, Head], text: str, head: Head) -> None:
    heads[text] = head
    heads.move_to_end(text)
    while len(heads) > REMEMBERED:
        heads.popitem(last=False)
