"""A timestamp authority on the loopback: certificates made here, tokens by ``openssl ts``, bad habits on demand."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on the path")

_CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """Keys and certificates in a folder; answers requests through openssl."""

    folder: Path
    days_ago: int = 1
    days_left: int = 3650

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "serial").write_text("01\n")
        (self.folder / "openssl.cnf").write_text(_CONFIG.format(folder=self.folder))
        ca_key, tsa_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        ca = self._certificate("Test Root", ca_key, "Test Root", ca_key, ca=True)
        tsa = self._certificate("Test Authority", tsa_key, "Test Root", ca_key, ca=False)
        self.chain = ca.public_bytes(serialization.Encoding.PEM)
        (self.folder / "ca.pem").write_bytes(self.chain)
        (self.folder / "tsa.pem").write_bytes(tsa.public_bytes(serialization.Encoding.PEM))
        (self.folder / "tsa.key").write_bytes(
            tsa_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def _certificate(self, name: str, key: Any, issuer: str, issuer_key: Any, *, ca: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=self.days_ago))
            .not_valid_after(now + timedelta(days=self.days_left))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(usage, critical=True)
        return builder.sign(issuer_key, hashes.SHA256())

    def answer(self, request: bytes) -> bytes:
        """The response that openssl makes."""
        (self.folder / "request.tsq").write_bytes(request)
        done = subprocess.run(
            ["openssl", "ts", "-reply", "-config", "openssl.cnf", "-queryfile", "request.tsq", "-out", "response.tsr"],
            cwd=self.folder,
            capture_output=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        return (self.folder / "response.tsr").read_bytes()


@dataclass
class Loopback:
    """A running server: where it is and what it was asked."""

    url: str
    asked: list[bytes] = field(default_factory=list)


@contextmanager
def serving(behave: Any) -> Iterator[Loopback]:
    """A server on the loopback; ``behave(handler, request)`` writes the whole answer."""
    seen = Loopback("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            seen.asked.append(request)
            behave(self, request)

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(body: bytes, status: int = 200, **headers: str) -> Any:
    """A behavior: always this answer."""

    def behave(handler: BaseHTTPRequestHandler, _request: bytes) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def honest(authority: Authority) -> Any:
    """A behavior: what the authority answers."""
    return lambda handler, request: reply(authority.answer(request))(handler, request)
