"""The shipped policies as data of the package: one file per role, the forbids in ``00-base.cedar``.

An institution lays its own ``90-*.cedar`` files beside them; they are loaded together, as one set with one digest.
"""

from collections.abc import Mapping
from importlib.resources import files


def shipped() -> tuple[Mapping[str, str], str]:
    """The policy texts by file name, and the schema."""
    folder = files(__name__)
    texts = {
        entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".cedar")
    }
    return dict(sorted(texts.items())), folder.joinpath("dyepack.cedarschema").read_text(encoding="utf-8")
