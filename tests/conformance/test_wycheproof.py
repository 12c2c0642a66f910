import json
from pathlib import Path

import pytest

from dyepack.crypto.aead import _seal_from_parts, unseal
from dyepack.crypto.digest import hkdf_expand, hmac_sha256
from dyepack.crypto.errors import SignatureError, UnsealError
from dyepack.crypto.signature import verify_ed25519, verify_mldsa
from dyepack.ledger import verify

VECTORS = Path(__file__).parent / "vectors"


def cases(name):
    """(group, case) pairs of a file."""
    groups = json.loads((VECTORS / name).read_text())["testGroups"]
    return [pytest.param(group, case, id=f"tc{case['tcId']}") for group in groups for case in group["tests"]]


ED25519 = cases("wycheproof_ed25519_test.json")
ML_DSA = cases("wycheproof_mldsa_44_verify_test.json")
HKDF = cases("wycheproof_hkdf_sha256_test.json")
GCM_SIV = [item for item in cases("wycheproof_aes_gcm_siv_test.json") if item.values[0]["keySize"] == 256]


def test_the_file_of_signatures_holds_151_cases():
    assert len(ED25519) == 151


@pytest.mark.parametrize(("group", "case"), ED25519)
def test_ed25519_of_the_product_and_of_the_script_accept_exactly_the_valid(group, case):
    key, signature, message = (bytes.fromhex(item) for item in (group["publicKey"]["pk"], case["sig"], case["msg"]))

    assert verify.ed25519_verifies(key, signature, message) is (case["result"] == "valid")
    if case["result"] == "valid":
        verify_ed25519(key, signature, message)
    else:
        with pytest.raises(SignatureError):
            verify_ed25519(key, signature, message)


def test_the_file_of_ml_dsa_signatures_holds_180_cases():
    assert len(ML_DSA) == 180


@pytest.mark.parametrize(("group", "case"), ML_DSA)
def test_ml_dsa_without_context_of_the_product_and_of_the_script_accepts_exactly_the_valid(group, case):
    key, signature, message = (bytes.fromhex(item) for item in (group["publicKey"], case["sig"], case["msg"]))

    assert verify.mldsa_verifies(key, signature, message) is (case["result"] == "valid" and not case.get("ctx"))
    if case["result"] == "valid" and not case.get("ctx"):
        verify_mldsa(key, signature, message)
    else:
        with pytest.raises(SignatureError):
            verify_mldsa(key, signature, message)


@pytest.mark.parametrize(
    "key", [(2**255 - 19).to_bytes(32, "little"), bytes([1] + [0] * 30 + [128]), b"\x02" + bytes(31)]
)
def test_a_key_that_is_no_canonical_point_verifies_nothing(key):
    assert not verify.ed25519_verifies(key, bytes(64), b"")


@pytest.mark.parametrize(("group", "case"), HKDF)
def test_hkdf(group, case):
    secret, salt, info = (bytes.fromhex(case[name]) for name in ("ikm", "salt", "info"))
    key = hmac_sha256(salt or bytes(32), secret)

    if case["result"] == "valid":
        assert hkdf_expand(key, info, case["size"]).hex() == case["okm"]
    else:
        with pytest.raises(ValueError, match="8160"):
            hkdf_expand(key, info, case["size"])


@pytest.mark.parametrize(("group", "case"), GCM_SIV)
def test_aes_256_gcm_siv(group, case):
    names = ("key", "iv", "aad", "msg", "ct", "tag")
    key, nonce, associated, message, text, tag = (bytes.fromhex(case[name]) for name in names)

    if case["result"] == "valid":
        assert _seal_from_parts(key, nonce, message, associated) == nonce + text + tag
        assert unseal(key, nonce + text + tag, associated) == message
    else:
        with pytest.raises((UnsealError, ValueError)):
            unseal(key, nonce + text + tag, associated)


def test_there_are_cases_of_each_kind():
    assert len(HKDF) > 80
    assert len(GCM_SIV) > 40
    assert {item.values[1]["result"] for item in GCM_SIV} == {"valid", "invalid"}
