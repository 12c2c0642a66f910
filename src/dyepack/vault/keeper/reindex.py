"""Reindex (重建索引): a held record's values under the institution's index, inside the keeper.

A lot in quarantine has index keys of its own, so it neither blocks nor betrays an existing record. When it is
admitted, its tags are computed again under the institution's key; the values are opened here, and tags come out.
"""

from dyepack.crypto.blind_index import blind_index
from dyepack.terms.ids import RecordToken
from dyepack.vault.catalog import field_by_id
from dyepack.vault.forms import search_keys
from dyepack.vault.keeper.wrapping import PersonKeys
from dyepack.vault.record import DISPLAY, parse_sealed
from dyepack.vault.unseal import unseal_display, unseal_part


def tags_of(
    token: RecordToken, blob: bytes, keys: PersonKeys, institution: bytes, index_key: bytes
) -> list[tuple[int, bytes]]:
    """(Index number, tag) of every searchable value of one record, in the order of its parts."""
    found: list[tuple[int, str]] = []
    for part, envelope in parse_sealed(blob).items():
        key = keys.part_key(part, envelope.header.version)
        if part == DISPLAY:
            display = unseal_display(key, institution, token, envelope).disclose()
            for name, text in display.fields.items():
                found += search_keys(name, text)
            continue
        one = field_by_id(part[0])
        if one.search:
            found += search_keys(one.name, unseal_part(key, institution, token, envelope).disclose())
    return [(number, blind_index(index_key, institution, number, text)) for number, text in found]
