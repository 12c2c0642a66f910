"""A process that writes a log and a database under load until it is killed, and tells what was acknowledged.

``live`` runs in a child forked from a warm server, so a life costs milliseconds to begin. What it says goes through one
pipe; a message is heard whole or not at all:

* ``("head", old size, proof, note)`` before the sequencer goes on: the listener is the log's keeper;
* ``("opened", entries, changes, waiting)`` after a start: what is there beyond what the listener knew, and how many
  facts stood in the outbox;
* ``("acked", ((id, index, entry), ...))`` after ``append``; index and entry are None for level 0;
* ``("changed", id)`` after a change and its entry.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import insert, select, text

from dyepack.app.sequencer import OnHead, Sequencer
from dyepack.ledger import Fact
from dyepack.storage import outbox
from dyepack.storage.database import Database
from dyepack.storage.tables import known
from dyepack.terms.time import MICROSECONDS
from fakes.ledger_logs import ORIGIN, SIGNER, START, CountingRandom, HandClock, look, opened, org, started

LIFE = 20 * MICROSECONDS
"""Log time of one life, so that ids are forgotten as in a log that runs."""


@dataclass
class House:
    """A log and a database of one folder, open; the outbox is drained."""

    log: Sequencer
    database: Database
    waiting_room: outbox.Outbox
    found: tuple[list[bytes], list[str], int]  # what "opened" tells

    def close(self) -> None:
        self.log.close()
        self.database.close()


def wake(folder: Path, life: int, heard: tuple[int, int, int], on_head: OnHead) -> House:
    """Start as the product does; ``heard`` is the size of the last head, and the entries and changes known."""
    seen, entries, changes = heard
    database = Database(folder / "vault.db")
    waiting_room = outbox.Outbox(database)
    clock = HandClock(START + life * LIFE)
    log = Sequencer(folder / "ledger", SIGNER, ORIGIN, org(), clock, on_head, keeper_size=seen)
    waiting = waiting_room.waiting()
    if waiting:
        log.append(waiting)
        waiting_room.done([fact.id for fact in waiting])
    newer = select(known.c.name).where(text("rowid > :last")).params(last=changes).order_by(text("rowid"))
    changed = database.read(lambda connection: list(connection.execute(newer).scalars()))
    return House(log, database, waiting_room, ([raw for _, raw in log.entries(entries)], changed, len(waiting)))


def live(mouth: Connection, folder: Path, life: int, heard: tuple[int, int, int]) -> None:
    """One life: start, and write until killed."""
    speaking = threading.Lock()

    def say(*message: object) -> None:
        with speaking:
            mouth.send(message)

    house = wake(folder, life, heard, lambda old, proof, note: say("head", old, proof, note))
    log = house.log
    say("opened", *house.found)

    def append(chance: CountingRandom, *makers: Callable[[CountingRandom], Fact]) -> None:
        facts = [make(chance) for make in makers]
        receipts = log.append(facts)
        pairs = zip(facts, receipts, strict=True)
        say("acked", [(fact.id, one and one.index, one and one.entry) for fact, one in pairs])

    def change(chance: CountingRandom) -> None:
        fact = look(chance)

        def work(connection):
            connection.execute(insert(known), [{"name": fact.id, "value": "changed"}])
            outbox.put(connection, [fact])

        house.database.write(work)
        log.append([fact])
        house.waiting_room.done([fact.id])
        say("changed", fact.id)

    def repeat(number: int, work: Callable[[CountingRandom], None]) -> None:
        chance = CountingRandom(life * 8 + number)
        while True:
            work(chance)

    loads = (
        lambda chance: append(chance, look),
        lambda chance: append(chance, started, look, started),
        lambda chance: append(chance, started),
        lambda chance: append(chance, opened, look),
        change,
        change,
    )
    threads = [threading.Thread(target=repeat, args=(number, work)) for number, work in enumerate(loads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
