"""The page ``docs/reference/http.md``, made from the routes. Nothing at run time needs this."""

from typing import cast

from starlette.routing import Route

from dyepack.web.desk import routes
from dyepack.web.visit import Desk

_HEAD = """# Addresses (generated)

Written by `docs/make_reference.py` from the routes of `dyepack serve`; a test compares this page. `anybody` needs no
session, `staff` a session of the desk, `auditor` a token in the header `Authorization: Bearer`. No address takes a
personal value; what is typed about people comes by POST with the form token of the session.

Below `/ledger/<shard>/` stand the files of a log as [C2SP tlog-tiles](../guides/watch-the-log.md) names them; `<shard>`
is the last part of the log's origin. Errors there are problem details (RFC 9457): `type` is `urn:dyepack:error:<code>`,
with `title`, `status` and `detail`. 401 `app.token`, 404 `app.not-published`, 429 `app.pace`, 400 `web.query`.

| | nobody | staff | privacy officer, owner | auditor |
|---|---|---|---|---|
| `checkpoint`, `checkpoint.witnessed`, `tile/<L>/…` | only with `ledger.public_tiles` | yes | yes | yes |
| `tile/entries/…` | no | no | yes | yes |
| `/v1/receipts/<entry>` | no | of own acts | yes | yes |

| file | type | cache |
|---|---|---|
| checkpoints, receipts | `text/plain; charset=utf-8` | `no-store` |
| `tile/<L>/…`, any width up to the stored one | `application/octet-stream` | `immutable`, a year |
| `tile/entries/…`, full ones with `Content-Encoding: gzip` where accepted | `application/octet-stream` | `no-store` |

| method | address | who | gives |
|---|---|---|---|
"""


def http_page() -> str:
    """The whole page."""
    rows = []
    for route in routes(cast("Desk", None)):  # building routes touches nothing of the desk
        if isinstance(route, Route):
            method = "POST" if "POST" in (route.methods or ()) else "GET"
            told = (route.endpoint.__doc__ or "").partition("\n")[0].replace("|", "\\|")
            rows.append(f"| {method} | `{route.path}` | {route.name} | {told} |")
    return _HEAD + "\n".join(rows) + "\n"
