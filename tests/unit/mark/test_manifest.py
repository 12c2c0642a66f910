"""Manifests: one form, strictly read."""

import pytest

from dyepack.crypto.digest import sha256
from dyepack.mark.errors import BadManifestError, ManifestBrokenError
from dyepack.mark.manifest import Manifest
from dyepack.terms.ids import encode_id, record_token
from fakes.marks import FakeMarkKeeper, marked, people, pool

SMALL = Manifest(
    copy=encode_id(b"\x01" * 16),
    release=encode_id(b"\x02" * 16),
    institution="i_" + encode_id(b"\x03" * 16),
    epoch=encode_id(b"\x00" * 16),
    profile="NUIDA_2009_C6",
    rules="aa" * 32,
    key_commit="bb" * 32,
    bias_commit="cc" * 32,
    recipient=encode_id(b"\x04" * 16),
    columns=("name", "phone", "remark"),
    rows=4,
    tokens=(record_token(b"\x05" * 16), record_token(b"\x06" * 16)),
    slots=((3,), ()),
    pool=((encode_id(b"\x07" * 16), 1),),
    exclusive=(encode_id(b"\x08" * 16),),
)
BYTES = (
    b'{"bias_commit":"' + b"cc" * 32 + b'","columns":["name","phone","remark"],"copy":"aeaqcaibaeaqcaibaeaqcaibae",'
    b'"epoch":"aaaaaaaaaaaaaaaaaaaaaaaaaa","exclusive":["baeaqcaibaeaqcaibaeaqcaiba"],"file":"","format":"",'
    b'"institution":"i_ambqgaydambqgaydambqgaydam","key_commit":"' + b"bb" * 32 + b'",'
    b'"pool":[{"canary":"a4dqobyha4dqobyha4dqobyha4","symbol":1}],"profile":"NUIDA_2009_C6",'
    b'"recipient":"aqcaibaeaqcaibaeaqcaibaeaq","release":"aibaeaqcaibaeaqcaibaeaqcai","rows":4,"rules":"'
    + b"aa"
    * 32
    + b'",'
    b'"slots":"AQMA","tokens":["r1_aucqkbifaucqkbifaucqkbifau","r1_aydambqgaydambqgaydambqgay"],"v":1}'
)


def test_the_frozen_bytes_of_a_small_manifest():
    assert SMALL.to_bytes() == BYTES


def test_a_manifest_is_read_back_as_it_was():
    _, copy = marked(people(300), FakeMarkKeeper(), pool=pool(20))

    assert Manifest.from_bytes(copy.manifest.to_bytes()) == copy.manifest
    assert Manifest.from_bytes(BYTES) == SMALL


def test_the_digest_is_of_the_bytes():
    assert SMALL.digest() == sha256(BYTES)


def test_the_written_file_enters_the_manifest():
    done = SMALL.with_file("csv", sha256(b"file"))

    assert (done.format, done.file) == ("csv", sha256(b"file").hex())
    assert Manifest.from_bytes(done.to_bytes()) == done
    assert done.digest() != SMALL.digest()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":1,"w":1'),
        (b'"rows":4,', b""),
        (b'"rows":4', b'"rows":-4'),
        (b'"rows":4', b'"rows":true'),
        (b'"rows":4', b'"rows":4.0'),
        (b'"rows":4', b'"rows": 4'),
        (b'"slots":"AQMA"', b'"slots":"AQM="'),
        (b'"slots":"AQMA"', b'"slots":"BQMA"'),
        (b'"slots":"AQMA"', b'"slots":"??"'),
        (b'"symbol":1', b'"symbol":2'),
        (b'"symbol":1', b'"symbol":1,"x":1'),
        (b'"format":""', b'"format":"pdf"'),
        (b'"file":""', b'"file":"aa"'),
        (b'"r1_aydambqgaydambqgaydambqgay"', b'"r1_aucqkbifaucqkbifaucqkbifau"'),
        (b'"r1_aydambqgaydambqgaydambqgay"', b'"r1_aydambqgaydambqgaydambqgaz"'),
        (b'"tokens":[', b'"tokens":[[],'),
        (b"aa" * 32, b"AA" * 32),
        (b'"i_am', b'"j_am'),
        (b'"pool":[{', b'"pool":[1,{'),
        (b"NUIDA_2009_C6", b"NUIDA 2009"),
    ],
)
def test_anything_but_the_one_form_is_refused(old, new):
    assert BYTES.count(old) == 1
    with pytest.raises(BadManifestError):
        Manifest.from_bytes(BYTES.replace(old, new))


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff", b'"x"', BYTES + b"\n", BYTES[:-1], b"[" * 5000])
def test_bytes_that_are_no_manifest_are_refused(data):
    with pytest.raises(BadManifestError):
        Manifest.from_bytes(data)


def test_a_manifest_prints_neither_records_nor_the_symbols_of_the_pool():
    assert "r1_" not in repr(SMALL)
    assert SMALL.pool[0][0] not in repr(SMALL)


def test_the_manifest_that_the_ledger_committed_to_is_taken():
    assert Manifest.committed(BYTES, SMALL.digest(), SMALL.copy) == SMALL


@pytest.mark.parametrize(
    ("data", "digest", "copy"),
    [
        (BYTES.replace(b'"rows":4', b'"rows":5'), SMALL.digest(), SMALL.copy),
        (BYTES, bytes(32), SMALL.copy),
        (BYTES, SMALL.digest(), SMALL.release),
    ],
)
def test_a_manifest_that_the_ledger_did_not_commit_to_is_broken(data, digest, copy):
    with pytest.raises(ManifestBrokenError):
        Manifest.committed(data, digest, copy)
