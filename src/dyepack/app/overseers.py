"""Overseers: who answers for the house, sees the roster, audits the log, takes evidence out of it."""

from typing import Final

from dyepack.app.errors import NotOverseerError
from dyepack.app.institution import Institution
from dyepack.ledger import Kind
from dyepack.terms.actor import Actor, Role

OVERSEERS: Final = frozenset({Role.PRIVACY_OFFICER, Role.OWNER})


def check_overseer(house: Institution, actor: Actor, what: str) -> None:
    """Let overseers pass; a refusal is in the ledger.

    Raises:
        NotOverseerError: Neither privacy officer nor owner.
    """
    if actor.role not in OVERSEERS:
        refused = house.fact(
            Kind.USE_REFUSED,
            actor=actor.id,
            role=actor.role.value,
            dev=actor.device,
            decision="deny",
            rules=("app.overseers",),
            outcome=what,
        )
        house.log.append([refused])
        raise NotOverseerError
