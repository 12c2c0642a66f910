import base64
import json
from pathlib import Path

import pytest

from dyepack.ledger import verify, verify_consistency, verify_inclusion
from dyepack.ledger.errors import MerkleError

VECTORS = Path(__file__).parent / "vectors"
INCLUSION = json.loads((VECTORS / "rfc6962_inclusion_transparency-dev-merkle.json").read_text())
CONSISTENCY = json.loads((VECTORS / "rfc6962_consistency_transparency-dev-merkle.json").read_text())


def blob(text):
    return base64.b64decode(text or "")


def proof_of(case):
    return [blob(item) for item in case["proof"] or ()]


def test_the_files_hold_98_cases_each_92_of_them_to_be_refused():
    assert [len(INCLUSION), len(CONSISTENCY)] == [98, 98]
    assert [sum(case["wantErr"] for case in cases) for cases in (INCLUSION, CONSISTENCY)] == [92, 92]


@pytest.mark.parametrize("case", INCLUSION, ids=lambda case: case["file"])
def test_inclusion(case):
    arguments = (blob(case["leafHash"]), case["leafIdx"], case["treeSize"], proof_of(case), blob(case["root"]))

    assert verify.inclusion_holds(*arguments) is not case["wantErr"]
    if case["wantErr"]:
        with pytest.raises(MerkleError):
            verify_inclusion(*arguments)
    else:
        verify_inclusion(*arguments)


@pytest.mark.parametrize("case", CONSISTENCY, ids=lambda case: case["file"])
def test_consistency(case):
    arguments = (case["size1"], case["size2"], proof_of(case), blob(case["root1"]), blob(case["root2"]))

    assert verify.consistency_holds(*arguments) is not case["wantErr"]
    if case["wantErr"]:
        with pytest.raises(MerkleError):
            verify_consistency(*arguments)
    else:
        verify_consistency(*arguments)
