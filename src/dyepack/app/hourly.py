"""Every hour (每小时): what a served house does by itself, so that its log tells of a silence.

1. the heartbeat is written; 2. a log of another year is begun; 3. the newest checkpoint is stamped by the timestamp
authorities, if there are any; 4. the keeper's count is written and the log judged, and a new incident said once;
5. the analysis tables are brought up to date.

A step that fails is said in the log (``ledger:check:failed``, with the step's name) and does not keep the others.
"""

import threading
from collections.abc import Callable
from typing import Final, Self

from dyepack.app.acts import Acts
from dyepack.ledger import Kind
from dyepack.ledger.errors import LedgerError

PERIOD_SECONDS: Final = 3600.0


class Hourly:
    """The loop; use it in a ``with`` statement while the house is served."""

    def __init__(self, acts: Acts, *, period_seconds: float = PERIOD_SECONDS) -> None:
        """Over the acts of an open institution; the first round is at once."""
        self._acts = acts
        self._period = period_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dyepack-hourly", daemon=True)

    def __enter__(self) -> Self:
        self._acts.house.served_since = self._acts.house.clock.now()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._acts.house.served_since = None

    def _run(self) -> None:
        while True:
            self.round()
            if self._ended.wait(self._period):
                return

    def round(self) -> None:
        """One round; the numbers are those of the module's docstring."""
        for name, step in self._steps():
            if self._ended.is_set():
                return
            try:
                step()
            except Exception:  # noqa: BLE001 - whatever it was, the next hour comes
                self._say(name)

    def _steps(self) -> list[tuple[str, Callable[[], object]]]:
        acts, house = self._acts, self._acts.house
        return [
            ("beat", lambda: house.log.append([house.fact(Kind.LOG_BEAT, actor="p_log")])),  # 1
            ("shard", lambda: house.log.roll() if house.log.is_due() else None),  # 2
            ("timestamp", acts.proving.stamp),  # 3
            ("monitor", acts.log_watch.hourly),  # 4
            ("tables", acts.analysis.refresh),  # 5
        ]

    def _say(self, step: str) -> None:
        house = self._acts.house
        try:
            house.log.append([house.fact(Kind.CHECK_FAILED, actor="p_log", outcome=step)])
        except LedgerError:
            return  # the log itself is the trouble: whoever uses the house is told so
