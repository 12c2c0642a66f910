"""Caps, the institution's day, and where an actor stands."""

import pytest

from dyepack.terms.actor import Role
from dyepack.vault.quota import HOUSE_CAPS, NO_CAPS, Act, Caps, Reserved, Standing, reserve, standing
from fakes.quotas import MemoryQuotas

ACTOR = "a_" + "b" * 26
MIDNIGHT = 1_795_363_200_000_000  # 2026-11-22T16:00:00Z: midnight in China
CHINA = 480


def take(quotas, *, now=MIDNIGHT, role=Role.CONSULTANT, act=Act.REVEAL, units=1, caps=HOUSE_CAPS):
    return reserve(quotas, caps, actor=ACTOR, role=role, act=act, now=now, offset_minutes=CHINA, units=units)


def test_a_consultant_has_three_reveals_a_day():
    quotas = MemoryQuotas()
    assert [take(quotas).taken for _ in range(4)] == [True, True, True, False]


def test_an_owner_has_three_reveals_a_day():
    quotas = MemoryQuotas()
    assert [take(quotas, role=Role.OWNER).taken for _ in range(4)] == [True, True, True, False]


def test_the_day_ends_at_the_institutions_midnight():
    quotas = MemoryQuotas()
    for _ in range(3):
        take(quotas, now=MIDNIGHT - 1)

    assert not take(quotas, now=MIDNIGHT - 1).taken
    assert take(quotas, now=MIDNIGHT).taken
    assert quotas.used(ACTOR, "2026-11-22", Act.REVEAL) == 3
    assert quotas.used(ACTOR, "2026-11-23", Act.REVEAL) == 1


def test_an_act_without_cap_is_not_counted():
    quotas = MemoryQuotas()
    assert take(quotas, role=Role.PRIVACY_OFFICER) == Reserved(taken=True, cap=None)
    assert quotas.used(ACTOR, "2026-11-23", Act.REVEAL) == 0


def test_a_refusal_names_its_cap():
    quotas = MemoryQuotas()
    assert take(quotas, act=Act.LISTED, units=401) == Reserved(taken=False, cap=400)


def test_a_list_counts_each_of_its_rows():
    quotas = MemoryQuotas()
    assert [take(quotas, act=Act.LISTED, units=50).taken for _ in range(9)] == [True] * 8 + [False]


@pytest.mark.parametrize("units", [0, -1])
def test_nothing_is_not_reserved(units):
    with pytest.raises(ValueError, match="at least one"):
        take(MemoryQuotas(), units=units)


def test_a_changed_cap_replaces_one_and_keeps_the_rest():
    caps = HOUSE_CAPS.changed({(Role.CONSULTANT, Act.REVEAL): 0})
    assert caps.cap(Role.CONSULTANT, Act.REVEAL) == 0
    assert caps.cap(Role.CONSULTANT, Act.OPEN) == 80
    assert HOUSE_CAPS.cap(Role.CONSULTANT, Act.REVEAL) == 3


def test_a_cap_of_zero_means_never():
    caps = HOUSE_CAPS.changed({(Role.CONSULTANT, Act.REVEAL): 0})
    assert not take(MemoryQuotas(), caps=caps).taken


def test_a_negative_cap_is_refused():
    with pytest.raises(ValueError, match="not negative"):
        HOUSE_CAPS.changed({(Role.CONSULTANT, Act.REVEAL): -1})


def test_caps_that_allow_more_than_the_default_are_named():
    raised = (Role.CONSULTANT, Act.REVEAL)
    assert HOUSE_CAPS.changed({raised: 4}).weaker_than(HOUSE_CAPS) == (raised,)
    assert HOUSE_CAPS.changed({raised: 2}).weaker_than(HOUSE_CAPS) == ()
    assert set(NO_CAPS.weaker_than(HOUSE_CAPS)) == set(HOUSE_CAPS.by_role)
    assert Caps({}).cap(*raised) is None


@pytest.mark.parametrize(
    ("used", "cap", "expected"),
    [
        (0, 3, Standing.FREE),
        (2, 3, Standing.FREE),
        (3, 3, Standing.SPENT),
        (63, 80, Standing.FREE),
        (64, 80, Standing.WARN),
        (79, 80, Standing.WARN),
        (80, 80, Standing.SPENT),
        (0, 0, Standing.SPENT),
        (1000, None, Standing.FREE),
    ],
)
def test_an_actor_is_warned_from_80_percent_on(used, cap, expected):
    assert standing(used, cap) is expected
