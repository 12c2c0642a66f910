"""Uploads stay in memory, and within their limit."""

import asyncio
import tempfile
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from starlette.applications import Starlette
from starlette.formparsers import MultiPartParser
from starlette.requests import Request

from dyepack.web.errors import FormBrokenError, TooLargeError
from dyepack.web.forms import Form, MemoryParser, read_form
from fakes.desk_client import Visitor, code_of

BIG = b"x" * (3 * 1024 * 1024)
BOUNDARY = b"--part\r\n"


def body(content: bytes) -> bytes:
    head = b'Content-Disposition: form-data; name="file"; filename="C:\\\\lists\\\\leads.csv"\r\n\r\n'
    text = BOUNDARY + b'Content-Disposition: form-data; name="case"\r\n\r\n' + "三月".encode() + b"\r\n"
    return text + BOUNDARY + head + content + b"\r\n--part--\r\n"


def request(payload: bytes, kind: str = "multipart/form-data; boundary=part", length: int | None = None) -> Request:
    chunks = iter([payload[at : at + 65536] for at in range(0, len(payload), 65536)] or [b""])

    async def receive() -> dict[str, Any]:
        chunk = next(chunks, b"")
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    headers = [(b"content-type", kind.encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def read(made: Request, limit: int = 10 * 1024 * 1024) -> Form:
    return asyncio.run(read_form(made, limit))


@pytest.fixture
def no_temporary_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object, **__: object) -> NoReturn:
        msg = "an upload reached the disk"
        raise AssertionError(msg)

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    return


@pytest.mark.usefixtures("no_temporary_files")
def test_a_large_upload_stays_in_memory() -> None:
    form = read(request(body(BIG)))
    assert form.upload is not None
    assert form.upload.content == BIG
    assert form.upload.name == "leads.csv"
    assert form.text("case") == "三月"


@pytest.mark.usefixtures("no_temporary_files")
def test_the_stock_parser_would_have_written_it_to_the_disk() -> None:
    made = request(body(BIG))
    with pytest.raises(AssertionError, match="reached the disk"):
        asyncio.run(MultiPartParser(made.headers, made.stream()).parse())
    assert MemoryParser.spool_max_size == 0


@pytest.mark.usefixtures("no_temporary_files")
def test_the_desk_reads_a_leak_in_memory(app: Starlette) -> None:
    officer = Visitor(app).as_role("privacy_officer")
    answer = officer.post("/leaks", files={"file": ("leak.txt", BIG)}, case="大文件")
    assert answer.status_code == 422
    assert code_of(answer).startswith("scan.")


@pytest.mark.parametrize("declared", [True, False])
def test_more_than_the_limit_is_refused_whatever_is_declared(declared: bool) -> None:
    payload = body(BIG)
    with pytest.raises(TooLargeError):
        read(request(payload, length=len(payload) if declared else None), limit=1024 * 1024)


def test_a_form_page_takes_no_upload(app: Starlette) -> None:
    consultant = Visitor(app).as_role("consultant")
    answer = consultant.post("/look-up", files={"file": ("x", b"x" * 400_000)}, phone="1", purpose="consult", case="c")
    assert answer.status_code == 413
    assert code_of(answer) == "web.too-large"


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "multipart/form-data"])
def test_what_is_no_form_is_refused(kind: str) -> None:
    with pytest.raises(FormBrokenError):
        read(request(b'{"case": "x"}', kind))
