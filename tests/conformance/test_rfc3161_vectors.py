"""Tokens of other software's making: the product, the script and OpenSSL agree on what they prove."""

import subprocess
from pathlib import Path

import pytest

from dyepack.crypto.errors import TimestampError, TimestampUnparsedError
from dyepack.crypto.timestamp import verify_timestamp
from dyepack.ledger import verify
from dyepack.terms.time import MICROSECONDS
from fakes.authority import needs_openssl

VECTORS = Path(__file__).parent / "vectors" / "rfc3161"
NOTE, CHAIN = ((VECTORS / name).read_bytes() for name in ("checkpoint.note", "ca.pem"))
NONCE = 7451479286012246194


def openssl_verifies(response, seconds):
    command = ["openssl", "ts", "-verify", "-data", "checkpoint.note", "-in", response, "-CAfile", "ca.pem"]
    return subprocess.run([*command, "-attime", str(seconds)], cwd=VECTORS, capture_output=True).returncode == 0


@needs_openssl
@pytest.mark.parametrize("name", ["r.tsr", "r_two_certs_openssl30.tsr"])
def test_openssl_verifies_both_at_the_time_that_the_script_reads(name):
    token = verify.parse_token((VECTORS / name).read_bytes())

    assert openssl_verifies(name, token.seconds)
    assert not openssl_verifies(name, token.seconds - 10**9)


def test_the_product_verifies_the_strict_one_at_the_same_time_and_calls_the_other_unparsed():
    strict, loose = ((VECTORS / name).read_bytes() for name in ("r.tsr", "r_two_certs_openssl30.tsr"))

    assert verify_timestamp(strict, NOTE, CHAIN, NONCE) == verify.parse_token(strict).seconds * MICROSECONDS
    with pytest.raises(TimestampUnparsedError):
        verify_timestamp(loose, NOTE, CHAIN)


@pytest.mark.parametrize("cut", [0, 1, 10, 100, 500, -1])
def test_a_cut_response_is_unparsed_for_both(cut):
    response = (VECTORS / "r.tsr").read_bytes()[:cut]

    assert verify.parse_token(response) is None
    with pytest.raises(TimestampUnparsedError):
        verify_timestamp(response, NOTE, CHAIN)


def test_a_flip_never_ends_in_anything_but_a_timestamp_error_or_the_same_time():
    response = (VECTORS / "r.tsr").read_bytes()
    expected = verify_timestamp(response, NOTE, CHAIN)
    for at in range(len(response)):
        changed = response[:at] + bytes([response[at] ^ 1 << at % 8]) + response[at + 1 :]
        try:
            assert verify_timestamp(changed, NOTE, CHAIN) == expected
        except TimestampError:
            continue
        # what is accepted stands in fields that no signature covers; the same digest and time are proven
        assert verify.parse_token(changed) in (None, verify.parse_token(response))
