"""Linking (关联): compare a row whose number is partly hidden with records, inside the keeper.

A leaked list shows ``138****0012`` and a name. Which record that is can only be said by opening candidates, so it is
done here: values are compared and dropped, and nothing but a token comes out. What a patched vault could learn is
bounded: one probe per row of a list whose entry stands in the log with its row count.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from dyepack.identifiers import MaskedPhone, name_key
from dyepack.terms.ids import RecordToken
from dyepack.vault.catalog import field
from dyepack.vault.errors import BadFrameError
from dyepack.vault.keeper.wire import MAX_CANDIDATES, LinkProbe
from dyepack.vault.keeper.wrapping import PersonKeys
from dyepack.vault.record import DISPLAY, build_sealed, parse_sealed
from dyepack.vault.unseal import unseal_display, unseal_part

MAX_PROBES: Final = 10_000
_PATTERN = re.compile(r"[0-9]{3}[0-9*]{4}[0-9]{4}")
_PHONE: Final = field("phone").id

Candidates = Mapping[int, Sequence[tuple[RecordToken, bytes]]]


def check_probes(probes: Sequence[LinkProbe], candidates: Candidates) -> None:
    """Frame and counts.

    Raises:
        BadFrameError: Too many, a row twice, a pattern without its first 3 and last 4 digits, no name.
    """
    rows = {probe.row for probe in probes}
    if len(probes) > MAX_PROBES or len(rows) != len(probes) or not candidates.keys() <= rows:
        raise BadFrameError(detail="rows to link")
    if sum(map(len, candidates.values())) > MAX_CANDIDATES:
        raise BadFrameError(detail="candidates to link")
    if not all(_PATTERN.fullmatch(probe.phone_pattern) and probe.name_key for probe in probes):
        raise BadFrameError(detail="a pattern to link")


def linked_parts(blob: bytes) -> bytes:
    """What of a sealed record is compared: its display part and its phones, still sealed.

    Raises:
        EnvelopeError: Not a sealed record.
    """
    envelopes = parse_sealed(blob).items()
    return build_sealed([envelope for part, envelope in envelopes if part == DISPLAY or part[0] == _PHONE])


def link_rows(
    probes: Sequence[LinkProbe], candidates: Candidates, keys: Mapping[RecordToken, PersonKeys], institution: bytes
) -> dict[int, RecordToken]:
    """Rows that agree with exactly one candidate.

    Args:
        probes: Checked by ``check_probes``.
        candidates: By row.
        keys: Of open records; candidates without keys never agree.
        institution: 16 bytes.
    """
    found: dict[int, RecordToken] = {}
    opened: dict[RecordToken, tuple[str, tuple[str, ...]]] = {}
    for probe in probes:
        agreeing: set[RecordToken] = set()
        pattern = MaskedPhone(probe.phone_pattern)
        for token, blob in candidates.get(probe.row, ()):
            if token not in keys:
                continue
            if token not in opened:
                opened[token] = _open(token, blob, keys[token], institution)
            name, phones = opened[token]
            if name == probe.name_key and any(map(pattern.matches, phones)):
                agreeing.add(token)
        if len(agreeing) == 1:
            found[probe.row] = agreeing.pop()
    return found


def _open(token: RecordToken, blob: bytes, keys: PersonKeys, institution: bytes) -> tuple[str, tuple[str, ...]]:
    """Name key and phones of one record."""
    name = ""
    phones: list[str] = []
    for part, envelope in parse_sealed(blob).items():
        key = keys.part_key(part, envelope.header.version)
        if part == DISPLAY:
            name = unseal_display(key, institution, token, envelope).disclose().fields.get("name", "")
        elif part[0] == _PHONE:
            phones.append(unseal_part(key, institution, token, envelope).disclose())
    return name_key(name), tuple(phones)
