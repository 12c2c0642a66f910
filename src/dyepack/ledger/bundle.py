"""Evidence bundle (证据包): the files with which an expert checks entries of a log without us.

::

    README.txt                       what is proved, what not, how to check with other software (zh, en)
    manifest.json                    {"files": {path: {"sha256", "size", "sm3"}}, "made", "version": 1}, canonical JSON
    manifest.note                    signed note of the log over the SHA-256 of manifest.json
    custody.txt                      <SHA-256 of manifest.json> and who made it when; a line more at each hand-over
    keys.txt                         verifier keys of the log, one a line: Ed25519, ML-DSA, old and new
    policy.txt                       the quorum file; absent if the log is not witnessed
    entries/<index>.json             the bytes of an entry as stored
    proofs/<index>.tlog-proof        its C2SP tlog-proof, ending in the newest checkpoint
    checkpoints/<size>.note          signed and cosigned checkpoints
    consistency/<a>-<b>.txt          consistency proof between neighboring checkpoints, one base64 hash a line
    timestamps/                      tokens over checkpoints, with their chains (see ``timestamp``)
    details/<index>.json and .r      disclosed details and the opening of their commitment, hexadecimal
    policies/<sha256>.cedar          sets of policies that entries name by digest: canonical JSON of schema and texts
    verify.py                        the verifier, one file of the standard library's Python
    VERSION                          what wrote it

What covers which bytes: every file but the two manifests and custody.txt by SHA-256 and SM3 in ``manifest.json``; that
file by its SHA-256 in ``manifest.note``; the note by the log's signature. The first line of custody.txt repeats what
the manifest says of its making; what people write below it nobody signs. The keys in ``keys.txt`` and ``policy.txt``
are covered like any file; that they *are* the log's and the witnesses' must come from elsewhere, as must a
``verify.py`` that one runs. Entries are covered a second time by their proofs. So one changed bit of any file is found.

The text of a manifest note can not be taken for a head: its first line is no origin, its second no decimal size.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field

from dyepack.crypto.digest import sha256, sm3
from dyepack.ledger.cosignature import open_checkpoint
from dyepack.ledger.errors import NotWitnessedError
from dyepack.ledger.note import LogSigner, NoteKey, encode_base64, note_key, sign_note
from dyepack.ledger.proof import Receipt, format_proof
from dyepack.ledger.quorum import parse_quorum
from dyepack.ledger.timestamp import StoredToken
from dyepack.terms.canonical import canonical_json
from dyepack.terms.time import to_iso

MANIFEST_WORDS = "dyepack-manifest@v1"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNWITNESSED = (
    "本包未经见证人联署，仅有日志自身的签名：若运营者持有全部旧检查点与私钥，可重写日志。请与您早先保存的检查点比对。",
    """nothing here is witnessed: the log's own signature is all there is, and an operator who holds the key and every
earlier checkpoint could have written the log anew. Compare with a checkpoint that you kept earlier.""",
)
_WITNESSED = (
    """最新检查点经 policy.txt 所列见证人法定数联署：若其中诚实者足够，运营者无法向他人出示另一段历史。
见证人的公钥须从他处核对（--policy）。""",
    """the newest checkpoint is cosigned by a quorum of the witnesses in policy.txt: with enough honest ones among them,
nobody was shown another history. That these are the witnesses' keys must come from elsewhere (--policy).""",
)
_README = """{origin}

证据包 / Evidence bundle

证明什么：entries/ 中每个条目的原始字节，在日志签署 checkpoints/ 中的检查点时已在日志内，此后未被更改、删除或调换；
各检查点相互一致。依据：RFC 6962 默克尔树、Ed25519 与 ML-DSA-44 签名、C2SP 格式、RFC 3161 时间戳。
不证明什么：条目所述事实为真；条目时间 t 为运营者自述，外部时间界限见 verify.py 第 10 步；
{witnessed_zh}
如何核对：python verify.py .（任何 Python 3.9 及以上，无需安装）。建议使用独立取得的 verify.py，
并用 --key、--policy 给出从他处取得的日志公钥与法定见证文件。
也可用 sha256sum 核对 manifest.json，用任何 C2SP tlog 工具核对 proofs/*.tlog-proof，用 openssl ts 核对 timestamps/。
移交：在 custody.txt 末尾添加一行：manifest.json 的 SHA-256、时间、由谁交给谁。该文件不在清单之内。

What it proves: the bytes of each entry in entries/ were in the log when it signed the checkpoints in checkpoints/,
and were not changed, dropped or moved since; the checkpoints are consistent with each other.
What it does not prove: that an entry tells the truth. Its time t is the operator's claim; bounds from outside are
printed by verify.py at step 10. Witnesses: {witnessed_en}
How to check: python verify.py .   (any Python from 3.9 on, nothing to install; best with a verify.py of your own, and
with the log's key and quorum file from elsewhere: --key, --policy)
Or with other software: the SHA-256 sums in manifest.json, any C2SP tlog tool for proofs/*.tlog-proof, openssl ts for
timestamps/.
Hand-over: add a line to custody.txt: the SHA-256 of manifest.json, the time, who gave it to whom. That file is
outside the manifest.
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What goes into a bundle.

    Attributes:
        receipts: The entries with proofs, all at the size of the newest of ``checkpoints``.
        checkpoints: Signed checkpoints or heads, sizes strictly ascending and above 0; the newest with cosignatures
            that satisfy ``policy``.
        consistency: For each pair of neighboring checkpoints the proof from one to the next.
        verifier: The bytes of ``dyepack/ledger/verify.py``.
        version: What writes the bundle.
        made: When, microseconds since 1970 UTC by the operator's clock.
        maker: Who has it made: a pseudonym or a process.
        details: For the index of an entry, its disclosed details (canonical JSON) and the 32 bytes that open them.
        keys: Other keys of the log than the one that signs the manifest: ML-DSA, or from before a rotation.
        policy: The quorum file, or None if the log is not witnessed.
        tokens: Timestamps over some of ``checkpoints``.
        policies: Documents of policies that entries name by their SHA-256.
    """

    receipts: Sequence[Receipt]
    checkpoints: Sequence[str]
    consistency: Sequence[Sequence[bytes]]
    verifier: bytes
    version: str
    _: KW_ONLY
    made: int
    maker: str
    details: Mapping[int, tuple[bytes, bytes]] = field(default_factory=dict)
    keys: Sequence[NoteKey] = ()
    policy: str | None = None
    tokens: Sequence[StoredToken] = ()
    policies: Sequence[bytes] = ()


def build_bundle(evidence: Evidence, origin: str, signer: LogSigner) -> dict[str, bytes]:
    """All files of a bundle by path; the manifest is signed with the log's key.

    Raises:
        NoteError: A checkpoint is not one of this log.
        QuorumFileError: The quorum file is malformed or weak.
        NotWitnessedError: The newest checkpoint lacks the quorum.
    """
    keys = [note_key(origin, signer.public_key), *evidence.keys]
    quorum = None if evidence.policy is None else parse_quorum(evidence.policy)
    witnesses = quorum.keys if quorum else frozenset()
    checkpoints = [open_checkpoint(note, keys, witnesses) for note in evidence.checkpoints]
    heads = [checkpoint.head for checkpoint in checkpoints]
    if quorum:
        quorum.check_strength()
        if not quorum.satisfied(checkpoints[-1].signed_by(witnesses)):
            raise NotWitnessedError
    words = _WITNESSED if quorum else _UNWITNESSED
    files = {
        "README.txt": _README.format(origin=origin, witnessed_zh=words[0], witnessed_en=words[1]).encode(),
        "VERSION": f"{evidence.version}\n".encode(),
        "keys.txt": "".join(f"{key.vkey}\n" for key in keys).encode(),
        "verify.py": evidence.verifier,
    }
    if quorum:
        files["policy.txt"] = quorum.text.encode()
    for receipt in evidence.receipts:
        files[f"entries/{receipt.index}.json"] = receipt.entry
        files[f"proofs/{receipt.index}.tlog-proof"] = format_proof(
            Receipt(receipt.entry, receipt.index, receipt.proof, evidence.checkpoints[-1])
        ).encode()
    for head, note in zip(heads, evidence.checkpoints, strict=True):
        files[f"checkpoints/{head.size}.note"] = note.encode()
    for older, newer, proof in zip(heads[:-1], heads[1:], evidence.consistency, strict=True):
        lines = "".join(encode_base64(item) + "\n" for item in proof)
        files[f"consistency/{older.size}-{newer.size}.txt"] = lines.encode()
    for index, (text, opening) in evidence.details.items():
        files[f"details/{index}.json"] = text
        files[f"details/{index}.r"] = f"{opening.hex()}\n".encode()
    for token in evidence.tokens:
        files |= token.files()
    files |= {f"policies/{sha256(text).hex()}.cedar": text for text in evidence.policies}
    made = f"{to_iso(evidence.made)} by {evidence.maker} from a log of {heads[-1].size} entries"
    return _signed(files, made, origin, signer)


def _signed(files: Mapping[str, bytes], made: str, origin: str, signer: LogSigner) -> dict[str, bytes]:
    manifest = canonical_json(
        {
            "version": 1,
            "made": made,
            "files": {
                path: {"sha256": sha256(data).hex(), "sm3": sm3(data).hex(), "size": len(data)}
                for path, data in files.items()
            },
        }
    )
    digest = sha256(manifest).hex()
    return {
        **files,
        "manifest.json": manifest,
        "manifest.note": sign_note(f"{MANIFEST_WORDS}\n{digest}\n{origin}\n", origin, signer).encode(),
        "custody.txt": f"{digest} made {made}\n".encode(),
    }


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
