"""What a quorum file says, in numbers that a person can check: who is needed, and who may be away.

Members of groups are disjoint (a name is a member once), so both numbers of a group come from those of its members:

* the *fewest* witnesses that satisfy it: the ``need`` smallest of its members' fewest;
* the fewest whose absence *blocks* it: the ``n - need + 1`` smallest of its members' blocking sets.

Any ``blocking - 1`` witnesses may be away at once. Two keys of one operator are two witnesses here.
"""

from typing import Any

from dyepack.ledger.quorum import Quorum


def reading(quorum: Quorum) -> dict[str, Any]:
    """The file as a document: logs, witnesses, groups with their thresholds, and the numbers of the whole."""
    return {
        "logs": [key.name for key in quorum.logs],
        "witnesses": [
            {"name": one.name, "key": one.key.name, "kind": one.key.kind.name.lower(), "url": one.url}
            for one in quorum.witnesses.values()
        ],
        "groups": [
            {
                "name": group.name,
                "need": group.need,
                "members": list(group.members),
                "may_be_away": len(group.members) - group.need,
            }
            for group in quorum.groups.values()
        ],
        "quorum": quorum.root,
        "fewest": _fewest(quorum, quorum.root),
        "any_may_be_away": _blocking(quorum, quorum.root) - 1,
    }


def _fewest(quorum: Quorum, name: str) -> int:
    if name in quorum.witnesses:
        return 1
    group = quorum.groups[name]
    return sum(sorted(_fewest(quorum, member) for member in group.members)[: group.need])


def _blocking(quorum: Quorum, name: str) -> int:
    if name in quorum.witnesses:
        return 1
    group = quorum.groups[name]
    blocked = len(group.members) - group.need + 1
    return sum(sorted(_blocking(quorum, member) for member in group.members)[:blocked])
