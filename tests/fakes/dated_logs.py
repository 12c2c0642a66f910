"""Logs in memory whose entries span months and kinds, for the analysis tables."""

from random import Random

from dyepack.ledger import Fact, Kind, digest_text
from dyepack.terms.chance import new_id
from fakes.ledger_logs import START, CountingRandom, MemoryLog, commit, look

DAY = 24 * 3600 * 1_000_000
ALIASES = [new_id(CountingRandom(70 + number)) for number in range(6)]


class DatedLog(MemoryLog):
    """Grows over days; the same seed gives the same log."""

    def grow_days(self, days: int, a_day: int) -> "DatedLog":
        """Add entries of several kinds on each of the next days."""
        draw = Random(len(self.entries) + self.seed)
        first = len(self.entries) // max(a_day, 1)
        for day in range(first, first + days):
            facts = [self.fact(draw) for _ in range(a_day)]
            self.entries += commit(self.log, facts, START + day * DAY + draw.randrange(DAY // 2)).entries
        self.publish()
        return self

    def fact(self, draw: Random) -> Fact:
        chance, some = self.chance, tuple(draw.sample(ALIASES, draw.randint(1, 3)))
        actor = "a_" + new_id(chance)
        match draw.randrange(4):
            case 0:
                return look(chance, subj=some[:1])
            case 1:
                viewed = look(chance, subj=some, masks=("name", "phone"), fields=None)
                return Fact(viewed.id, Kind.RECORD_VIEWED, viewed.fields)
            case 2:
                digest = digest_text(chance.token_bytes(32))
                return Fact(new_id(chance), Kind.COPY_MARKED, {"actor": actor, "ref": new_id(chance), "digest": digest})
            case _:
                return Fact(new_id(chance), Kind.RECORD_SEARCHED, {"actor": actor, "purpose": "visit", "n": 0})
