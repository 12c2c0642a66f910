"""One contract for whoever asks a witness: the fake, and the client with one of ours over loopback."""

from collections.abc import Iterator

import pytest

from dyepack.app.witness_folder import WitnessFolder
from dyepack.gateways.witness_client import WitnessClient
from dyepack.ledger import open_checkpoint, parse_cosignatures
from dyepack.ledger.errors import WitnessUnreachableError
from dyepack.ledger.witness import Behind, Cosigned, Refused, WitnessPort
from dyepack.web.witness import witness_app
from fakes.ledger_logs import ORIGIN, VKEY, CountingRandom, HandClock
from fakes.witnesses import KEYS, FakeWitness, Growing, serving

LOG = Growing().grow(40)
FORK = Growing(5).grow(40)


@pytest.fixture(params=["fake", "real"])
def witness(request: pytest.FixtureRequest, tmp_path) -> Iterator[tuple[WitnessPort, list]]:
    if request.param == "fake":
        fake = FakeWitness()
        yield fake, [cosigner.key for cosigner in fake.cosigners]
        return
    folder = WitnessFolder.make(tmp_path / "w", "w1.example", HandClock(), CountingRandom())
    folder.add_log(VKEY)
    with serving(witness_app(folder)) as url:
        client = WitnessClient(url)
        yield client, list(folder.keys)
        client.close()
        client.close()
    folder.close()


def add(port, log, old, new):
    return port.add_checkpoint(old, log.consistency(old, new), log.note(new))


def test_a_growing_log_gets_lines_of_both_keys_each_time(witness):
    port, keys = witness
    for old, new in ((0, 3), (3, 9), (9, 9), (9, 40)):
        answer = add(port, LOG, old, new)
        assert isinstance(answer, Cosigned)
        assert parse_cosignatures(answer.lines, LOG.head(new), keys).keys() == set(keys)


def test_who_is_out_of_step_hears_the_size(witness):
    port, _ = witness
    assert add(port, LOG, 5, 9) == Behind(0)
    add(port, LOG, 0, 9)
    assert add(port, LOG, 5, 40) == Behind(9)
    assert add(port, LOG, 3, 5) == Behind(9)


def test_another_history_is_refused(witness):
    port, _ = witness
    add(port, LOG, 0, 9)
    assert add(port, FORK, 9, 9) == Refused(422)
    assert add(port, FORK, 9, 40) == Refused(422)
    assert isinstance(add(port, LOG, 9, 40), Cosigned)


def test_the_last_cosigned_checkpoint_is_shown(witness):
    port, keys = witness
    assert port.checkpoint(ORIGIN) is None
    add(port, LOG, 0, 9)
    opened = open_checkpoint(port.checkpoint(ORIGIN), KEYS, keys)
    assert (opened.head, opened.signed_by(keys)) == (LOG.head(9), set(keys))
    assert port.checkpoint("other.example") is None


def test_a_witness_that_is_down_is_unreachable():
    fake = FakeWitness()
    fake.down = True
    client = WitnessClient("http://127.0.0.1:1")
    for port in (fake, client):
        with pytest.raises(WitnessUnreachableError):
            add(port, LOG, 0, 9)
        with pytest.raises(WitnessUnreachableError):
            port.checkpoint(ORIGIN)
    client.close()
