import pytest

from dyepack.vault.free_text import names_a_person


@pytest.mark.parametrize(
    "text",
    [
        "妈妈电话13800000012",
        "138 0000 0012",
        "13 8000 00012",
        "138(0000)0012",
        "138/0000/0012",
        "138、0000、0012",
        "138  0000  0012",
        "身份证 110101190003070019",
        "座机010-60000012",
        "写信到 zhang@example.org",
        "护照E00000012",
        "微信 zsf_8899",
        "QQ：100000012",
        "加VX wx_00012",
    ],
)
def test_what_reaches_a_person_is_found_however_it_is_written(text: str) -> None:
    assert names_a_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "去英国读研，预算约30万",
        "预算30-50万，2027年9月入学",
        "雅思6.5，托福100，GPA 3.6/4.0",
        "2026-11-24 10:30 已回访",
        "微信已加，周末方便联系",
        "加微信 2026-11-24 回访",
        "prefers WeChat contact, call after 18:30",
        "QQ群已进",
        "高二在读、英国、硕士",
        "订单号 20261124001",
        "想读 MIT 或 UCL，QS排名前50",
    ],
)
def test_ordinary_remarks_pass(text: str) -> None:
    assert not names_a_person(text)
