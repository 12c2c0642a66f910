"""The desk (工作台): the house in a browser, for staff, in zh and en.

Server-rendered pages over the acts of ``app``: a view takes a form, calls one method, and shows what came back.
No rule about people's data stands here. Pages work without JavaScript and at 360 pixels.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dyepack.web.desk import make_app
    from dyepack.web.serve import serve_desk

__all__ = ["make_app", "serve_desk"]


def __getattr__(name: str) -> Any:
    """The desk is loaded when somebody asks for it: a witness, served from the same room, starts without."""
    if name == "make_app":
        from dyepack.web.desk import make_app

        return make_app
    if name == "serve_desk":
        from dyepack.web.serve import serve_desk

        return serve_desk
    raise AttributeError(name)
