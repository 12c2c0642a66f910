"""Operating the log (运维): the acts of its operator, who is neither staff nor auditor.

Each stands in the log as what it is. ``succeed`` is for a home that cannot be opened any more: it works on its files.
"""

from pathlib import Path
from typing import Any

from dyepack.app.clock import SystemClock
from dyepack.app.home import LOCK_FILE, Lock, settings_of
from dyepack.app.institution import PROCESS, Institution, log_base
from dyepack.app.quorum_file import keep_quorum, parsed_quorum
from dyepack.app.shards import give_up
from dyepack.crypto.chance import SystemRandom
from dyepack.crypto.digest import sha256
from dyepack.ledger import Kind, digest_text


class Operating:
    """Acts on the log of an open home."""

    def __init__(self, house: Institution) -> None:
        """Over an open institution."""
        self._house = house

    def rotate(self) -> dict[str, Any]:
        """Sign with another key from now on; the one before signs beside it for 30 days."""
        self._house.log.rotate()
        return {"origin": self._house.log.origin, "vkeys": list(self._house.log.vkeys)}

    def roll(self, *, prepare: bool) -> dict[str, Any]:
        """Close the newest shard and begin the next one, before its year is over; or only make its keys."""
        if prepare:
            keys = self._house.log.prepare()
            return {"origin": keys.origin, "vkeys": [key.vkey for key in keys.keys], "prepared": True}
        self._house.log.roll()
        return {"origin": self._house.log.origin, "vkeys": list(self._house.log.vkeys)}

    def quorum(self, text: str) -> dict[str, Any]:
        """Have level 2 wait for other witnesses: said under the old quorum first, then under the new one.

        Raises:
            QuorumFileError: Malformed or weak; nothing was changed.
            QuorumUnavailableError: The old quorum does not answer; nothing was changed.
        """
        house = self._house
        quorum = parsed_quorum(text)
        changed = house.fact(Kind.QUORUM_CHANGED, actor=PROCESS, digest=digest_text(sha256(quorum.text.encode())))
        house.log.append([changed])
        keep_quorum(house.home / "ledger", quorum)
        house.log.ask(quorum)
        house.say_quorum()
        return {"witnesses": list(quorum.witnesses), "digest": changed.fields["digest"]}

    def prune(self, name: str) -> dict[str, Any]:
        """Remove the entries of an old shard whose term is over.

        Raises:
            ShardError: Not such a shard.
        """
        return {"shard": name, "entries": self._house.log.prune(name)}


def succeed(home: Path, checkpoint: str) -> dict[str, Any]:
    """After a loss: give the newest shard up, and make a successor that names its last known checkpoint.

    Raises:
        HomeBusyError: The home is open.
        ShardError: The checkpoint is not of the newest shard.
    """
    settings = settings_of(home)
    lock = Lock.take(home, 1.0, LOCK_FILE)
    try:
        name, vkey = give_up(home / "ledger", log_base(settings), checkpoint, SystemClock(), SystemRandom())
    finally:
        lock.release()
    return {"shard": name, "vkey": vkey}
