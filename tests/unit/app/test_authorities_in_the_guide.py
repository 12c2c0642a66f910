import re
from pathlib import Path

from dyepack.app.stamping import load_authorities

ROOT = Path(__file__).parents[3]


def test_the_file_that_the_quickstart_shows_is_read(tmp_path):
    text = (ROOT / "docs" / "guides" / "quickstart.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    chain = ROOT / "tests" / "conformance" / "vectors" / "rfc3161" / "ca.pem"
    (tmp_path / "first.pem").write_bytes(chain.read_bytes())
    (tmp_path / "authorities.toml").write_text(shown)

    assert [(one.name, one.url) for one in load_authorities(tmp_path)] == [("first", "https://tsa.example/")]
