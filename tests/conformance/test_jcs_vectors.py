import json
from pathlib import Path

import pytest

from dyepack.terms.canonical import canonical_json

JCS = Path(__file__).parent / "vectors" / "jcs"
INPUTS = sorted(path.name.removeprefix("input_") for path in JCS.glob("input_*.json"))
BEYOND_US = {"french.json", "values.json", "structures.json", "weird.json"}  # floats and keys that are not ASCII


@pytest.mark.parametrize("name", [name for name in INPUTS if name not in BEYOND_US])
def test_a_text_within_our_limits_has_the_canonical_form_of_the_standard(name):
    value = json.loads((JCS / f"input_{name}").read_text("utf-8"))

    assert canonical_json(value) == (JCS / f"output_{name}").read_bytes()


@pytest.mark.parametrize("name", sorted(BEYOND_US))
def test_a_text_beyond_our_limits_is_refused_rather_than_written_wrongly(name):
    with pytest.raises(ValueError, match=r"canonical|ASCII"):
        canonical_json(json.loads((JCS / f"input_{name}").read_text("utf-8")))
