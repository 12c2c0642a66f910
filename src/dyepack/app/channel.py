"""How a face reaches the home: in this process if nobody holds it, else through the one who does.

1. if a desk listens, forward; 2. else take the lock; 3. if another command holds it, wait for that to end, and look
again whether a desk listens.
"""

import time
from pathlib import Path
from typing import Any

from dyepack.app.errors import UnreachableError
from dyepack.app.forward import SOCKET_NAME, forward
from dyepack.app.home import settings_of
from dyepack.storage.errors import HomeBusyError
from dyepack.terms.progress import Progress

WAIT_SECONDS = 30.0
_LOOK_SECONDS = 0.2


def call(home: Path, act: str, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do one act.

    Raises:
        DyepackError: What the act raised, or why the home cannot be reached.
    """
    settings_of(home)
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            if (home / SOCKET_NAME).exists():
                return forward(home, act, arguments, progress)
        except UnreachableError:
            pass  # a socket that a killed desk left behind, or one that is not ready yet
        try:
            return _here(home, act, arguments, progress)
        except HomeBusyError:
            if time.monotonic() >= deadline:
                raise


def _here(home: Path, act: str, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    from dyepack.app.acts import Acts
    from dyepack.app.institution import open_institution

    with open_institution(home, wait_seconds=_LOOK_SECONDS) as house:
        return Acts(house).run(act, arguments, progress)
