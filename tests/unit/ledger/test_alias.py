import pytest

from dyepack.ledger import alias, commitment, digest_text, opens

INSTITUTION = bytes(range(16))


def test_the_alias_of_a_person_is_frozen():
    assert alias(bytes(32), INSTITUTION, (2026, 3)) == FROZEN


def test_an_alias_lasts_a_quarter_and_belongs_to_one_institution_and_key():
    names = {
        alias(key, institution, span)
        for key in (bytes(32), bytes([1]) * 32)
        for institution in (INSTITUTION, bytes(16))
        for span in ((2026, 3), (2026, 4), (2027, 3))
    }

    assert len(names) == 12


@pytest.mark.parametrize(
    ("institution", "span"), [(bytes(15), (2026, 1)), (bytes(16), (2026, 0)), (bytes(16), (2026, 5))]
)
def test_an_alias_outside_its_domain_is_refused(institution, span):
    with pytest.raises(ValueError, match="16 bytes"):
        alias(bytes(32), institution, span)


def test_a_commitment_is_opened_by_its_details_alone():
    commit = commitment(bytes(32), b"{}")

    assert opens(commit, bytes(32), b"{}")
    assert not opens(commit, bytes(32), b"{ }")
    assert not opens(commit, bytes([1]) * 32, b"{}")
    assert not opens(commit, b"", b"{}")


def test_an_opening_has_32_bytes():
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(b"short", b"{}")


def test_a_digest_is_43_characters():
    assert digest_text(bytes(32)) == "A" * 43


FROZEN = "nxkp5arxqon6z2zd5g2oxlwcaq"  # HMAC-SHA256(key, info, 0x01), computed apart
