"""Trusted timestamps (RFC 3161): the request for one, and whether a response holds under a chain of certificates.

The chain is PEM text: self-issued certificates are roots, all others lie between a root and the authority. It is
checked at the time that the token states, so an expired chain still proves what it once stamped. SHA-256 throughout.

The library reads strict DER only: a response that OpenSSL takes may be unreadable for it (``TimestampUnparsedError``).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.x509 import Certificate, ObjectIdentifier, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerifierBuilder,
    decode_timestamp_response,
)

from dyepack.crypto.errors import TimestampError, TimestampUnparsedError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHA256 = ObjectIdentifier("2.16.840.1.101.3.4.2.1")


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """What is sent to an authority.

    Attributes:
        der: The request.
        nonce: Random; the answer must repeat it.
    """

    der: bytes
    nonce: int


def timestamp_request(message: bytes) -> TimestampRequest:
    """A request over the SHA-256 of a message, which stays here; asks for the authority's certificate."""
    builder = (
        TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).cert_request(cert_request=True)
    )
    request = builder.build()
    nonce = request.nonce
    assert nonce is not None  # the builder's default
    return TimestampRequest(request.as_bytes(), nonce)


def verify_timestamp(response: bytes, message: bytes, chain: bytes, nonce: int | None = None) -> int:
    """The time that a response proves for a message, microseconds since 1970 UTC.

    Args:
        response: DER as the authority sent it.
        message: The stamped bytes.
        chain: PEM certificates that are trusted.
        nonce: What the request held; None if it is not known any more.

    Raises:
        TimestampUnparsedError: The library cannot read it; that says nothing about its worth.
        TimestampError: It is not granted, over something else, or not of this chain.
    """
    try:
        parsed = decode_timestamp_response(response)
    except Exception as error:
        raise TimestampUnparsedError(why="not strict DER") from error
    roots, between = _sorted(chain)
    builder = VerifierBuilder(roots=roots, intermediates=between, nonce=nonce)
    try:
        builder.build().verify_message(parsed, message)
    except Exception as error:
        raise TimestampError(why=_reason(error, parsed)) from error
    if parsed.tst_info.message_imprint.hash_algorithm != _SHA256:
        raise TimestampError(why="a digest that is not SHA-256")
    return (parsed.tst_info.gen_time - _EPOCH) // timedelta(microseconds=1)


def check_chain(chain: bytes) -> None:
    """Whether a text can serve as a chain.

    Raises:
        TimestampError: No certificates, or no root among them.
    """
    _sorted(chain)


def _sorted(chain: bytes) -> tuple[list[Certificate], list[Certificate]]:
    try:
        certificates = load_pem_x509_certificates(chain)
    except ValueError as error:
        raise TimestampError(why="no certificates in the chain") from error
    roots = [one for one in certificates if one.issuer == one.subject]
    if not roots:
        raise TimestampError(why="no root in the chain")
    return roots, [one for one in certificates if one not in roots]


def _reason(error: Exception, parsed: TimeStampResponse) -> str:
    text = str(error)
    if parsed.status > 1:
        return "the authority refused"
    for part, reason in (("Nonce", "another nonce"), ("messages", "over something else")):
        if part in text:
            return reason
    return "its signature or chain"
