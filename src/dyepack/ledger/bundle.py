"""Evidence bundle (证据包): the files with which an expert checks entries of a log without us.

::

    README.txt                       what is proved, what not, how to check with other software (zh, en)
    manifest.json                    {"files": {path: {"sha256", "size", "sm3"}}, "version": 1}, canonical JSON
    manifest.note                    signed note of the log over the SHA-256 of manifest.json
    keys.txt                         the log's verifier key
    entries/<index>.json             the bytes of an entry as stored
    proofs/<index>.tlog-proof        its C2SP tlog-proof, ending in the newest checkpoint
    checkpoints/<size>.note          signed checkpoints
    consistency/<a>-<b>.txt          consistency proof between neighboring checkpoints, one base64 hash a line
    details/<index>.json and .r      disclosed details and the opening of their commitment, hexadecimal
    verify.py                        the verifier, one file of the standard library's Python
    VERSION                          what wrote it

What covers which bytes: every file but the two manifests by SHA-256 and SM3 in ``manifest.json``; that file by its
SHA-256 in ``manifest.note``; the note by the log's signature. The key in ``keys.txt`` is covered like any file; that
it *is* the log's key must come from elsewhere, as must a ``verify.py`` that one runs. Entries are covered a second
time by their proofs. So one changed bit of any file is found.

The text of a manifest note can not be taken for a head: its first line is no origin, its second no decimal size.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dyepack.crypto.digest import sha256, sm3
from dyepack.ledger.checkpoint import open_head
from dyepack.ledger.note import LogSigner, encode_base64, note_key, sign_note
from dyepack.ledger.proof import Receipt, format_proof
from dyepack.terms.canonical import canonical_json

MANIFEST_WORDS = "dyepack-manifest@v1"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_README = """{origin}

证据包 / Evidence bundle

证明什么：entries/ 中每个条目的原始字节，在日志签署 checkpoints/ 中的检查点时已在日志内，此后未被更改、删除或调换；
各检查点相互一致。依据：RFC 6962 默克尔树、Ed25519 签名、C2SP 格式。
不证明什么：条目所述事实为真；条目时间 t 为运营者自述；本包未经见证人联署，仅有日志自身的签名：若运营者持有
全部旧检查点与私钥，可重写日志。请与您早先保存的检查点比对，并从他处核对 keys.txt 中的公钥。
如何核对：python verify.py .（任何 Python 3.9 及以上，无需安装）。建议使用独立取得的 verify.py。
也可用 sha256sum 核对 manifest.json，用任何 C2SP tlog 工具核对 proofs/*.tlog-proof。

What it proves: the bytes of each entry in entries/ were in the log when it signed the checkpoints in checkpoints/,
and were not changed, dropped or moved since; the checkpoints are consistent with each other.
What it does not prove: that an entry tells the truth; its time t is the operator's claim; nothing here is witnessed:
the log's own signature is all there is, and an operator who holds the key and every earlier checkpoint could have
written the log anew. Compare with a checkpoint that you kept earlier, and keys.txt with a copy from elsewhere.
How to check: python verify.py .   (any Python from 3.9 on, nothing to install; best with a verify.py of your own)
Or with other software: the SHA-256 sums in manifest.json, and any C2SP tlog tool for proofs/*.tlog-proof.
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What goes into a bundle.

    Attributes:
        receipts: The entries with proofs, all under the newest of ``checkpoints``.
        checkpoints: Signed checkpoints or heads, sizes strictly ascending and above 0.
        consistency: For each pair of neighboring checkpoints the proof from one to the next.
        verifier: The bytes of ``dyepack/ledger/verify.py``.
        version: What writes the bundle.
        details: For the index of an entry, its disclosed details (canonical JSON) and the 32 bytes that open them.
    """

    receipts: Sequence[Receipt]
    checkpoints: Sequence[str]
    consistency: Sequence[Sequence[bytes]]
    verifier: bytes
    version: str
    details: Mapping[int, tuple[bytes, bytes]] = field(default_factory=dict)


def build_bundle(evidence: Evidence, origin: str, signer: LogSigner) -> dict[str, bytes]:
    """All files of a bundle by path; the manifest is signed with the log's key.

    Raises:
        NoteError: A checkpoint is not one of this log.
    """
    vkey = note_key(origin, signer.public_key).vkey
    heads = [open_head(note, vkey) for note in evidence.checkpoints]
    files = {
        "README.txt": _README.format(origin=origin).encode(),
        "VERSION": f"{evidence.version}\n".encode(),
        "keys.txt": f"{vkey}\n".encode(),
        "verify.py": evidence.verifier,
    }
    for receipt in evidence.receipts:
        files[f"entries/{receipt.index}.json"] = receipt.entry
        files[f"proofs/{receipt.index}.tlog-proof"] = format_proof(receipt).encode()
    for head, note in zip(heads, evidence.checkpoints, strict=True):
        files[f"checkpoints/{head.size}.note"] = note.encode()
    for older, newer, proof in zip(heads[:-1], heads[1:], evidence.consistency, strict=True):
        lines = "".join(encode_base64(item) + "\n" for item in proof)
        files[f"consistency/{older.size}-{newer.size}.txt"] = lines.encode()
    for index, (text, opening) in evidence.details.items():
        files[f"details/{index}.json"] = text
        files[f"details/{index}.r"] = f"{opening.hex()}\n".encode()
    manifest = canonical_json(
        {
            "version": 1,
            "files": {
                path: {"sha256": sha256(data).hex(), "sm3": sm3(data).hex(), "size": len(data)}
                for path, data in files.items()
            },
        }
    )
    words = f"{MANIFEST_WORDS}\n{sha256(manifest).hex()}\n{origin}\n"
    return {**files, "manifest.json": manifest, "manifest.note": sign_note(words, origin, signer).encode()}


def zip_bundle(files: Mapping[str, bytes]) -> bytes:
    """One zip; the same files give the same bytes with the same zlib."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(files):
            member = zipfile.ZipInfo(path, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            member.external_attr = 0o100600 << 16
            archive.writestr(member, files[path])
    return buffer.getvalue()
