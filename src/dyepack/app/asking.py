"""Asking: joins a log, its publisher and the witnesses; and judges a witness that has seen more than the log holds.

A size alone is a witness's claim, and a witness may lie: only a checkpoint that the log's own key signed stops the
log. At the start (step 5 of ``storage.log_folder``) every witness is asked what it cosigned last: more entries, or
others, than the folder holds mean that an old copy was restored, or that the history was rewritten.
"""

from dyepack.app.log_view import LogView
from dyepack.app.publisher import Publisher
from dyepack.app.sequencer import Sequencer
from dyepack.app.witnessing import Witnessing, connect
from dyepack.ledger import Head, open_checkpoint
from dyepack.ledger.errors import RolledBackError, RootMismatchError


def ask_witnesses(log: Sequencer, publisher: Publisher) -> Witnessing:
    """Whoever asks the witnesses of a log that was just opened.

    Raises:
        RolledBackError: A witness cosigned more entries than the folder holds.
        RootMismatchError: It cosigned other entries.
    """
    assert publisher.quorum is not None  # nobody is asked otherwise
    quorum = publisher.quorum

    def longer(url: str, _size: int) -> None:
        for proof in (status.proof for status in asking.status() if status.url == url and status.proof):
            try:
                _judge(log, open_checkpoint(proof, quorum.logs).head)
            except (RolledBackError, RootMismatchError) as error:
                log.stop(error)

    asking = Witnessing(quorum, connect(quorum), log.consistency, publisher.cosigned, longer)
    try:
        _compare(log, asking)
    except BaseException:
        asking.close()
        raise
    return asking


def _compare(log: LogView, asking: Witnessing) -> None:
    for head in asking.held(log.origin).values():
        _judge(log, head)


def _judge(log: LogView, head: Head) -> None:
    """Whether the log holds what a head that it signed says."""
    if head.size > log.size():
        raise RolledBackError(size=log.size(), seen=head.size)
    if head != log.head_at(head.size):
        raise RootMismatchError(size=head.size)
