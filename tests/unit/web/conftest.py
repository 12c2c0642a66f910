"""One furnished home and its desk for a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from dyepack.app.acts import Acts
from dyepack.web import make_app
from fakes.desk_house import cheap_passwords, furnish, opened


@pytest.fixture(scope="module")
def acts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acts]:
    home: Path = tmp_path_factory.mktemp("desk") / "home"
    with cheap_passwords():
        furnish(home, limits__enabled=False)
        with opened(home) as found:
            yield found


@pytest.fixture(scope="module")
def app(acts: Acts) -> Starlette:
    return make_app(acts)
