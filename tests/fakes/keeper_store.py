"""The keeper's store in memory. It forgets nothing when the keeper is made anew over it, like a file."""

from collections.abc import Sequence
from dataclasses import replace

from dyepack.vault.keeper.ports import PersonRow, Progress, Ring, Use, WrappedKey
from dyepack.vault.record import RecordState


class FakeLogKeys:
    """Satisfies ``vault.keeper.ports.LogKeys``."""

    def __init__(self, *vkeys: str) -> None:
        self._vkeys = list(vkeys)

    def vkeys(self) -> list[str]:
        return list(self._vkeys)

    def keep(self, vkeys: Sequence[str]) -> None:
        self._vkeys = list(vkeys)


class FakeKeeperStore:
    """Satisfies ``vault.keeper.ports.KeeperStore``."""

    def __init__(self) -> None:
        self._keys: dict[tuple[Ring, str], dict[int, WrappedKey]] = {}
        self._persons: dict[bytes, PersonRow] = {}
        self._progress: dict[int, Progress] = {}
        self._uses: dict[tuple[str, str, str], Use] = {}

    def keys(self, ring: Ring, ref: str) -> list[WrappedKey]:
        return [key for _, key in sorted(self._keys.get((ring, ref), {}).items())]

    def add_key(self, ring: Ring, key: WrappedKey) -> bool:
        versions = self._keys.setdefault((ring, key.ref), {})
        if key.version in versions:
            return False
        versions[key.version] = key
        return True

    def add_persons(self, rows: Sequence[PersonRow]) -> bool:
        records = {row.record for row in rows}
        if len(records) != len(rows) or records & self._persons.keys():
            return False
        self._persons |= {row.record: row for row in rows}
        return True

    def persons(self, records: Sequence[bytes]) -> dict[bytes, PersonRow]:
        return {record: self._persons[record] for record in records if record in self._persons}

    def records(self) -> list[bytes]:
        return list(self._persons)

    def set_state(self, records: Sequence[bytes], state: RecordState, index: int) -> None:
        for record in records:
            row = self._persons.get(record)
            if row is not None and row.state_index < index:
                self._persons[record] = replace(row, state=state, state_index=index)

    def destroy(self, records: Sequence[bytes]) -> None:
        for record in records:
            self._persons.pop(record, None)

    def progress(self, log: int) -> Progress:
        return self._progress.get(log, Progress(log))

    def save(self, progress: Progress, uses: Sequence[Use]) -> None:
        self._progress[progress.log] = progress
        self._uses |= {(use.day, use.actor, use.what): use for use in uses}

    def uses(self, day: str) -> list[Use]:
        self._uses = {key: use for key, use in self._uses.items() if key[0] >= day}
        return [use for key, use in sorted(self._uses.items()) if key[0] == day]

    def close(self) -> None:
        pass
