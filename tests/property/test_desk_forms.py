"""Whatever bytes come as a form, nothing but our own error escapes."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from dyepack.web.errors import WebError
from dyepack.web.forms import Form, read_form
from dyepack.web.wording import LANGUAGES, preferred

KINDS = st.sampled_from(
    [
        "multipart/form-data; boundary=part",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 300,
        "multipart/form-data; boundary=part; charset=utf-16",
        "multipart/form-data; charset=\x00",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-7",
    ]
)
PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                b"--part\r\n",
                b"--part--\r\n",
                b"\r\n\r\n",
                b"Content-Disposition: form-data",
                b'; name="a"',
                b'; filename="x.csv"',
                b"Content-Disposition: form-data; name*=utf-8''%ff\r\n\r\n",
                b"a=1&b=%zz&c=%ff;",
            ]
        ),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(kind=KINDS, pieces=PIECES, length=st.text(max_size=6))
def test_any_bytes_are_a_form_or_our_error(kind: str, pieces: list[bytes], length: str) -> None:
    chunks = iter(pieces)

    async def receive() -> dict[str, Any]:
        chunk = next(chunks, b"")
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    headers = [(b"content-type", kind.encode("latin-1")), (b"content-length", length.encode("utf-8", "replace"))]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    try:
        form = asyncio.run(read_form(request, 1024))
    except WebError:
        return
    assert isinstance(form, Form)


@settings(max_examples=200, deadline=None)
@given(cookie=st.text(max_size=10), accepted=st.text(max_size=60))
def test_any_header_gives_a_language(cookie: str, accepted: str) -> None:
    assert preferred(cookie, accepted) in LANGUAGES
