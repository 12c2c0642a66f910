"""A small institution for tests of the desk: staff of the five roles, and two admitted lots.

One lot is of adults, who can be released and revealed at once; the other's people have no birth date, so they count
as minors.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from dyepack.app.acts import Acts
from dyepack.app.founding import found
from dyepack.app.home import create
from dyepack.app.institution import open_institution
from dyepack.app.settings import Value
from dyepack.crypto import password
from dyepack.crypto.chance import SystemRandom
from dyepack.terms.progress import silent
from dyepack.terms.time import Clock

PASSWORD = "correct horse 2026"
STAFF = {
    "前台小周": "front_desk",
    "顾问小林": "consultant",
    "市场小何": "marketing",
    "个保老秦": "privacy_officer",
    "老板老方": "owner",
}
NAME_OF = {role: name for name, role in STAFF.items()}
INSTITUTION = "青禾教育"
ADULTS, MINORS = 40, 20
_SURNAMES = ["欧阳", "司马", "诸葛", "上官", "慕容"]
_GIVEN = ["若兰", "子墨", "思远", "明哲", "雨桐", "嘉禾", "书瑶", "景行"]
COUNTRIES = ("英国", "美国", "澳大利亚")


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    name: str
    phone: str
    wechat: str
    email: str
    birth: str
    country: str


def people(count: int, *, first: int, born: str) -> list[Person]:
    """``count`` people with numbers ``138 0000 0nnn``."""
    found = []
    for number in range(first, first + count):
        name = _SURNAMES[number % len(_SURNAMES)] + _GIVEN[number // len(_SURNAMES) % len(_GIVEN)]
        found.append(
            Person(
                name,
                f"13800000{number:03d}",
                f"wx_lead_{number:03d}x",
                f"lead{number:03d}@example.com",
                born,
                COUNTRIES[number % 3],
            )
        )
    return found


GROWN = people(ADULTS, first=100, born="2001-02-03")
YOUNG = people(MINORS, first=500, born="")


def csv_file(rows: list[Person]) -> bytes:
    """A list as an institution keeps it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["姓名", "手机", "微信", "邮箱", "出生日期", "意向国家"])
    writer.writerows([p.name, p.phone, p.wechat, p.email, p.birth, p.country] for p in rows)
    return out.getvalue().encode("utf-8")


def furnish(home: Path, **settings: Value) -> None:
    """Make the home with staff and admitted lots."""
    values: dict[str, Value] = {"release.cooling_hours": 0, "mark.exclusive_rows": 20}
    values |= {name.replace("__", "."): value for name, value in settings.items()}
    create(home, INSTITUTION, values, SystemRandom())
    found(home)
    with opened(home) as acts:
        for name, role in STAFF.items():
            acts.run("actor add", {"name": name, "role": role, "password": PASSWORD}, silent)
        for rows in (GROWN, YOUNG):
            lot = acts.run(
                "intake",
                {
                    "content": csv_file(rows),
                    "file": "leads.csv",
                    "provenance": "relation",
                    "evidence": "contract register 2026",
                    "actor": NAME_OF["front_desk"],
                },
                silent,
            )["lot"]
            acts.run("lot admit", {"lot": lot, "actor": NAME_OF["privacy_officer"]}, silent)


@contextmanager
def cheap_passwords() -> Iterator[None]:
    """Argon2id at its lowest cost: tests log in hundreds of times, and none of them attacks a hash."""
    with patch.object(password, "_HASHER", PasswordHasher.from_parameters(CHEAPEST)):
        yield


@contextmanager
def opened(home: Path, clock: Clock | None = None) -> Iterator[Acts]:
    """The acts of a home."""
    with open_institution(home, clock=clock) as house:
        yield Acts(house)
