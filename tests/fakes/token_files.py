"""Files of tokens in a table."""

from collections.abc import Mapping


class MemoryFiles(dict[str, bytes]):
    """Satisfies ``app.stamping.Files``; never lets what stands be written again."""

    def read(self, name: str) -> bytes | None:
        return self.get(name)

    def write(self, files: Mapping[str, bytes]) -> None:
        assert not self.keys() & files.keys()
        self.update(files)
