"""Forms and uploads, read into memory and never spooled to a disk: an uploaded list is personal data in the clear.

Starlette's parser moves a file over 1 MiB to a temporary file of the system; here its limit is off and the size of
the whole body is bounded instead.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from dyepack.web.errors import FormBrokenError, TooLargeError

FORM_LIMIT: Final = 256 * 1024
UPLOAD_LIMIT: Final = 100 * 1024 * 1024
_MAX_FIELDS: Final = 200
_MB: Final = 1024 * 1024


class MemoryParser(MultiPartParser):
    """Multipart whose files stay in memory: 0 is "no limit" to ``SpooledTemporaryFile``."""

    spool_max_size = 0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as sent; the name is what the browser says, and only its ending is believed."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """Fields by name (several values of one name in order), and at most one file."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    upload: Upload | None = None

    def text(self, name: str) -> str:
        """The first value, without blanks around it; empty if there is none."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def all(self, name: str) -> list[str]:
        """All values."""
        return self.fields.get(name, [])


async def read_form(request: Request, limit: int) -> Form:
    """The form of a request.

    Raises:
        TooLargeError: More than ``limit`` bytes.
        FormBrokenError: Not a form.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLargeError(limit_mb=max(1, limit // _MB))
    stream = _bounded(request, limit)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            data = await MemoryParser(request.headers, stream, max_files=1, max_fields=_MAX_FIELDS).parse()
        elif kind == "application/x-www-form-urlencoded":
            data = await FormParser(request.headers, stream, max_fields=_MAX_FIELDS).parse()
        else:
            raise FormBrokenError
    except (MultiPartException, FormParserError, ValueError) as error:  # a charset with a null is a ValueError there
        raise FormBrokenError from error
    finally:
        await stream.aclose()
    try:
        return await _form(data)
    finally:
        await data.close()


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLargeError(limit_mb=max(1, limit // _MB))
        yield chunk


async def _form(data: FormData) -> Form:
    fields: dict[str, list[str]] = {}
    upload: Upload | None = None
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                upload = Upload(value.filename.replace("\\", "/").rpartition("/")[2][:200], await value.read())
        else:
            fields.setdefault(name, []).append(value)
    return Form(fields, upload)
