"""The contracts of what the ledger takes from outside: a log's files (``Read``) and private keys (``Signer``)."""

import pytest

from dyepack.crypto.errors import SignatureError
from dyepack.crypto.signature import Ed25519Signer, MlDsaSigner, verify_ed25519, verify_mldsa
from dyepack.ledger import KeyKind, Tree, audit_log, note_key
from dyepack.storage.log_folder import LogFolder
from fakes.ledger_logs import VKEY, MemoryLog

LOG = MemoryLog().grow(600)
FILES = LOG.publish()


@pytest.fixture(params=["memory", "folder"])
def read(request, tmp_path):
    if request.param == "memory":
        yield FILES.get
        return
    folder = LogFolder(tmp_path / "log")
    folder.write(FILES)
    yield folder.read
    folder.close()


def test_every_file_is_read_as_it_was_written(read):
    assert {path: read(path) for path in FILES} == FILES


@pytest.mark.parametrize("path", ["tile/0/002", "tile/7/000", "checkpoint.witnessed"])
def test_a_file_that_is_not_there_is_none(read, path):
    assert read(path) is None


def test_the_same_tree_is_loaded_and_the_same_audit_passes(read):
    tree = Tree.load(512, read)

    assert tree.edge(512).root == LOG.log.tree.edge(512).root
    assert tree.edge(512).inclusion(77) == LOG.log.tree.edge(512).inclusion(77)
    assert audit_log(read, VKEY).whole


SIGNERS = {
    "ed25519": (Ed25519Signer, verify_ed25519, KeyKind.ED25519, 64),
    "ml-dsa": (MlDsaSigner, verify_mldsa, KeyKind.ML_DSA, 2420),
}


@pytest.fixture(params=sorted(SIGNERS))
def keys(request):
    return SIGNERS[request.param]


def test_a_seed_is_one_key_and_its_text_form_is_read_again(keys):
    make, _, kind, _ = keys
    public = make(bytes([3]) * 32).public_key

    assert public == make(bytes([3]) * 32).public_key != make(bytes([4]) * 32).public_key
    assert note_key("w.example", public, kind).public_key == public


def test_a_signature_holds_for_its_message_and_key_alone(keys):
    make, verify, _, length = keys
    signer, other = make(bytes([3]) * 32), make(bytes([4]) * 32)

    signature = signer.sign(b"message")

    verify(signer.public_key, signature, b"message")
    assert len(signature) == length
    for key, blob, message in (
        (other.public_key, signature, b"message"),
        (signer.public_key, signature, b"massage"),
        (signer.public_key, signature[:-1], b"message"),
        (signer.public_key, signature + b"\0", b"message"),
        (signer.public_key[:-1], signature, b"message"),
    ):
        with pytest.raises(SignatureError):
            verify(key, blob, message)
