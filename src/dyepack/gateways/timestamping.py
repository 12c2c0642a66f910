"""Timestamp authorities over HTTP (RFC 3161 section 3.4): send a request, bring back the bytes of the answer.

Decides nothing about the answer. Follows no redirect, takes no proxy or password from the environment, reads at most
64 KiB (a token with its chain has about 6), and gives up after 5 seconds without, or 10 with, a trickle of bytes.
"""

import time

import httpx2

from dyepack.crypto.errors import TimestampError

MAX_RESPONSE_BYTES = 65_536
SILENCE_SECONDS = 5.0
WHOLE_SECONDS = 10.0
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


def ask_authority(url: str, request: bytes) -> bytes:
    """The raw response of an authority.

    Raises:
        TimestampError: No answer in time, or not one of its kind.
    """
    started = time.monotonic()
    answer = b""
    try:
        with (
            httpx2.Client(trust_env=False, follow_redirects=False, timeout=SILENCE_SECONDS) as client,
            client.stream("POST", url, content=request, headers=_HEADERS) as response,
        ):
            if response.status_code != httpx2.codes.OK:
                raise TimestampError(why=f"status {response.status_code}")
            for piece in response.iter_raw():
                answer += piece
                if len(answer) > MAX_RESPONSE_BYTES:
                    raise TimestampError(why="an answer over 64 KiB")
                if time.monotonic() - started > WHOLE_SECONDS:
                    raise TimestampError(why="too slow an answer")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise TimestampError(why="no answer") from error
    return answer
