import zlib

import pytest

from dyepack.ledger.errors import WalError
from dyepack.ledger.wal import HEADER_BYTES, SEGMENT_ENTRIES, read_segment, records, segment_header, segment_name

ENTRIES = [b"first entry", b"second", b"third one"]
WHOLE = segment_header(65_536) + records(ENTRIES)


def test_the_header_is_32_bytes_of_the_drawn_form():
    head = b"dyepack-wal\0" + b"\0\1" + b"\0\0" + (65_536).to_bytes(8, "big")

    assert segment_header(65_536) == head + zlib.crc32(head).to_bytes(4, "big") + bytes(4)
    assert HEADER_BYTES == 32
    assert segment_name(65_536) == "0000000000010000.wal"


def test_a_record_is_its_length_its_sum_and_the_entry():
    assert records([b"ab"]) == b"\0\0\0\2" + zlib.crc32(b"ab").to_bytes(4, "big") + b"ab"


def test_a_whole_segment_is_read():
    segment = read_segment(WHOLE, 65_536, last=True)

    assert segment.entries == tuple(ENTRIES)
    assert segment.length == len(WHOLE)


def test_every_torn_end_of_the_last_record_is_cut_off():
    start = len(segment_header(65_536) + records(ENTRIES[:2]))

    for length in range(start, len(WHOLE)):
        segment = read_segment(WHOLE[:length], 65_536, last=True)
        assert (segment.entries, segment.length) == (tuple(ENTRIES[:2]), start)


def test_a_last_record_that_fails_its_sum_is_cut_off():
    assert read_segment(WHOLE[:-1] + b"?", 65_536, last=True).entries == tuple(ENTRIES[:2])


def test_a_hole_of_zeros_at_the_end_is_cut_off():
    assert read_segment(WHOLE + bytes(4096), 65_536, last=True).entries == tuple(ENTRIES)


@pytest.mark.parametrize("at", [HEADER_BYTES + 8, HEADER_BYTES + 5, HEADER_BYTES])
def test_a_broken_record_before_the_last_is_fatal(at):
    broken = WHOLE[:at] + bytes([WHOLE[at] ^ 1]) + WHOLE[at + 1 :]

    with pytest.raises(WalError, match="record 0"):
        read_segment(broken, 65_536, last=True)


def test_only_the_last_segment_may_be_torn():
    with pytest.raises(WalError):
        read_segment(WHOLE[:-1], 65_536, last=False)


def test_a_segment_before_the_last_is_full():
    with pytest.raises(WalError, match="number"):
        read_segment(WHOLE, 65_536, last=False)


def test_a_segment_holds_no_more_than_its_entries():
    too_many = segment_header(0) + records([b"x"] * (SEGMENT_ENTRIES + 1))

    with pytest.raises(WalError, match="number"):
        read_segment(too_many, 0, last=True)


@pytest.mark.parametrize("at", range(0, 32, 4))
def test_a_broken_header_is_fatal(at):
    with pytest.raises(WalError, match="header"):
        read_segment(WHOLE[:at] + bytes([WHOLE[at] ^ 1]) + WHOLE[at + 1 :], 65_536, last=True)
