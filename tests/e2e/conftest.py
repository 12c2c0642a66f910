"""A desk on loopback and a Chromium that visits it."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from dyepack.web import make_app
from fakes.desk_house import cheap_passwords, furnish, opened


def chromium() -> str:
    """The browser of the system; without it these tests are skipped, but never in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = "no Chromium is installed: the desk was not tried in a browser"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless browser for a module."""
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a desk over a furnished home, for all tests of a module."""
    home: Path = tmp_path_factory.mktemp("desk") / "home"
    with cheap_passwords():
        yield from _served(home)


def _served(home: Path) -> Iterator[str]:
    furnish(home, limits__enabled=False)
    with opened(home) as acts:
        server = uvicorn.Server(
            uvicorn.Config(
                make_app(acts), host="127.0.0.1", port=0, access_log=False, log_level="error", lifespan="off"
            )
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < deadline, "the desk did not start"
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(10)
