import pytest

from dyepack.identifiers import (
    IdentifierError,
    email_key,
    normalize_date,
    normalize_email,
    normalize_qq,
    normalize_wechat,
    wechat_key,
)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" Wang.Li@Example.COM ", "Wang.Li@example.com"),
        ("wang＠example.com", "wang@example.com"),
        ("mailto:wang@example.com", "wang@example.com"),
        ("<wang@mail.example.org>", "wang@mail.example.org"),
    ],
)
def test_an_address_keeps_its_local_part_and_folds_its_domain(written: str, normal: str) -> None:
    assert normalize_email(written) == normal


def test_addresses_are_compared_without_case() -> None:
    assert email_key("Wang@example.com") == email_key("wang@example.com")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "wang",
        "@example.com",
        "wang@",
        "wang@example",
        "a..b@example.com",
        "a b@example.com",
        "x" * 65 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(IdentifierError):
        normalize_email(written)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("wxid_abc123def", "wxid_abc123def"),
        ("微信：Li_Ming88", "Li_Ming88"),
        ("13800000012", "13800000012"),
        ("+86 138-0000-0012", "13800000012"),
    ],
)
def test_a_wechat_id_is_an_id_or_the_mobile_number(written: str, normal: str) -> None:
    assert normalize_wechat(written) == normal


def test_wechat_ids_are_compared_without_case() -> None:
    assert wechat_key("Li_Ming88") == "li_ming88"


@pytest.mark.parametrize("written", ["", "同手机", "abc", "1abcdef", "+447700900123", "a" * 21])
def test_what_is_no_wechat_id_is_refused(written: str) -> None:
    with pytest.raises(IdentifierError):
        normalize_wechat(written)


@pytest.mark.parametrize(
    ("written", "normal"), [("10001", "10001"), ("QQ：123456789", "123456789"), ("123456789.0", "123456789")]
)
def test_a_qq_number_is_digits(written: str, normal: str) -> None:
    assert normalize_qq(written) == normal


@pytest.mark.parametrize("written", ["", "1234", "012345", "123456789012", "abc"])
def test_what_is_no_qq_number_is_refused(written: str) -> None:
    with pytest.raises(IdentifierError):
        normalize_qq(written)


@pytest.mark.parametrize(
    "written",
    ["2003-05-01", "2003/5/1", "2003.5.1", "2003年5月1日", "20030501", "2003-05-01 00:00:00", "２００３－０５－０１"],
)
def test_a_day_has_one_normal_form(written: str) -> None:
    assert normalize_date(written) == "2003-05-01"


@pytest.mark.parametrize("written", ["", "1/5/2003", "2003-02-30", "2003年5月", "03-05-01", "1850-01-01", "2003-5/1"])
def test_what_means_no_single_day_is_refused(written: str) -> None:
    with pytest.raises(IdentifierError):
        normalize_date(written)


@pytest.mark.parametrize("written", ["37742", "37742.0", "37742.5"])
def test_a_serial_number_is_a_day_only_where_days_are_expected(written: str) -> None:
    assert normalize_date(written, serial=True) == "2003-05-01"
    with pytest.raises(IdentifierError):
        normalize_date(written)


def test_serial_numbers_around_the_day_that_never_was() -> None:
    assert normalize_date("1", serial=True) == "1900-01-01"
    assert normalize_date("59", serial=True) == "1900-02-28"
    assert normalize_date("61", serial=True) == "1900-03-01"
    with pytest.raises(IdentifierError):
        normalize_date("60", serial=True)
