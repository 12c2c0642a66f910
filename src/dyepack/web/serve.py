"""Serving: one process holds the home, shows the desk, and takes the commands of the command line meanwhile.

1. bind, so that a taken port is told at once; 2. open the institution; 3. take forwarded commands; 4. say in the ledger
that the process started; 5. print the address and serve until SIGINT or SIGTERM; 6. close in the reverse order.
"""

from pathlib import Path

from dyepack.app.acts import Acts
from dyepack.app.forward import ForwardServer
from dyepack.app.hourly import Hourly
from dyepack.app.institution import open_institution
from dyepack.ledger import Kind
from dyepack.web.desk import make_app
from dyepack.web.listening import listening, run_app


def serve_desk(home: Path, host: str, port: int) -> None:
    """Serve the desk of a home until a signal ends it.

    Args:
        home: The institution's folder.
        host: Address or name to listen on.
        port: 0 picks a free one; it is printed.

    Raises:
        AddressError: The address cannot be listened on.
        DyepackError: The home cannot be opened.
    """
    with (
        listening(host, port) as listener,
        open_institution(home) as house,
    ):
        acts = Acts(house)
        forwarded = ForwardServer(home, acts.run)
        try:
            house.log.append([house.fact(Kind.PROCESS_STARTED, actor="p_desk")])
            with Hourly(acts):
                run_app(make_app(acts, names=[host]), host, listener)
        finally:
            forwarded.close()
