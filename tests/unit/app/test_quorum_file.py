import pytest

from dyepack.app.quorum_file import keep_quorum, read_quorum
from dyepack.ledger.errors import QuorumFileError, WeakQuorumError
from fakes.witnesses import quorum_of

URLS = ("http://w1", "http://w2", "http://w3")


def test_a_kept_quorum_is_read_again_and_belongs_to_its_owner(tmp_path):
    quorum = quorum_of(URLS, 2)

    keep_quorum(tmp_path, quorum)

    assert read_quorum(tmp_path) == quorum
    assert (tmp_path / "quorum.txt").stat().st_mode & 0o777 == 0o600


def test_no_file_is_no_quorum(tmp_path):
    assert read_quorum(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"\xff\n", b"quorum none\n"])
def test_a_file_that_cannot_be_used_is_refused_and_not_taken_for_none(tmp_path, content):
    (tmp_path / "quorum.txt").write_bytes(content)

    with pytest.raises(QuorumFileError):
        read_quorum(tmp_path)


def test_a_quorum_that_two_histories_could_satisfy_is_refused(tmp_path):
    (tmp_path / "quorum.txt").write_text(quorum_of(URLS, 1).text)

    with pytest.raises(WeakQuorumError):
        read_quorum(tmp_path)


def test_a_folder_in_its_place_is_refused(tmp_path):
    (tmp_path / "quorum.txt").mkdir()

    with pytest.raises(QuorumFileError):
        read_quorum(tmp_path)
