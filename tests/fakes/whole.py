"""Whole homes for tests: a list of a stranger's making, a house with its staff, copies that leave, and dirty leaks.

The list is not the product's example: its columns, their order, their two-language heads and its dirt are others.
Every person is invented; numbers are ``1xx0000nnnn``, addresses stand at example.com.
"""

import csv
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from dyepack.app.acts import Acts
from dyepack.app.clock import SystemClock
from dyepack.app.founding import found
from dyepack.app.home import create
from dyepack.app.institution import Institution, open_institution
from dyepack.app.log_keys import load_keys
from dyepack.app.shards import shard_names
from dyepack.crypto.chance import SystemRandom
from dyepack.crypto.signature import Ed25519Signer
from dyepack.storage.private_file import read_key_file
from dyepack.terms.progress import Progress, silent
from fakes.sheets import xlsx

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗"
GIVEN = "安柏辰达恩帆歌涵嘉凯岚铭宁鹏琪锐诗桐薇晓妍泽舟羽昕楠墨禾甜朗倩彤峻璐瑶逸雯浩澜悦"
PREFIXES = [f"1{number}" for number in (*range(30, 40), *range(50, 54), *range(55, 60), *range(80, 90))]
HEADER = [
    "No.",
    "意向国家 Destination",
    "学员姓名 Student",
    "Grade 年级",
    "E-mail 邮箱",
    "DOB 生日",
    "沟通记录 Notes",
    "联系电话 Mobile",
]
COUNTRIES = ["英国", "美国", "澳大利亚", "加拿大", "新加坡", "日本"]
GRADES = ["高一", "高二", "高三", "大一", "大二", "大三"]
TWO_FORMS = [
    ("去{country}读研", "赴{country}读研"),
    ("家长已沟通", "已与家长沟通"),
    ("预算约{n}万", "预算{n}万左右"),
    ("{grade}在读", "在读{grade}"),
    ("{test}已报名", "已报名{test}"),
]
STAFF = {
    "林顾问": "consultant",
    "周合规": "privacy_officer",
    "王老板": "owner",
    "陈前台": "front_desk",
    "孟市场": "marketing",
}
RECIPIENTS = ["北辰留学", "南屏教育", "东篱咨询", "西岭语言", "中和学堂"]


@dataclass(frozen=True)
class Person:
    """One invented customer, as the list means it."""

    name: str
    phone: str
    email: str
    born: str
    """Empty for a few: they count as minors."""


@dataclass
class StrangersList:
    """A list of customers and how its maker wrote it."""

    people: list[Person]
    rows: list[list[str]]
    bad: int = 0
    doubles: int = 0
    remarks: list[str] = field(default_factory=list)

    def csv(self, encoding: str = "gb18030") -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=",").writerows([HEADER, *self.rows])
        return text.getvalue().encode(encoding)

    def xlsx(self) -> bytes:
        return xlsx([["2026 报名总表 (export)"], HEADER, *self.rows])


def strangers_list(seed: int, size: int, *, remarks: float = 0.0, dirt: float = 0.25) -> StrangersList:
    """``size`` rows: mostly people, some of them twice, a few rows that nobody can use.

    ``remarks`` is the share of rows whose remark holds one of the five example forms.
    """
    chance = random.Random(seed)
    doubles, bad = (size // 50, size // 100) if dirt else (0, 0)
    count = size - doubles - bad
    numbers = chance.sample(range(len(PREFIXES) * 10_000), count)
    people = []
    for place, number in enumerate(numbers):
        given = "".join(chance.sample(GIVEN, 2))
        phone = f"{PREFIXES[number // 10_000]}0000{number % 10_000:04d}"
        people.append(Person(chance.choice(SURNAMES) + given, phone, f"s{seed}.{place:05d}@example.com", _born(chance)))
    marked = set(chance.sample(range(count), round(remarks * count)))
    texts = [_remark(chance, place in marked) for place in range(count)]
    rows = [_row(chance, person, texts[place], dirt) for place, person in enumerate(people)]
    rows += [_row(chance, people[place], texts[place], dirt) for place in chance.sample(range(count), doubles)]
    rows += [
        ["", chance.choice(COUNTRIES), "", "", "", "", "", chance.choice(["1.38E+10", "", "12345"])] for _ in range(bad)
    ]
    chance.shuffle(rows)
    for place, row in enumerate(rows, start=1):
        row[0] = str(place)
    return StrangersList(people, rows, bad, doubles, texts)


def _born(chance: random.Random) -> str:
    return (
        f"{chance.randint(1999, 2006)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        if chance.random() > 0.05
        else ""
    )


def _remark(chance: random.Random, marked: bool) -> str:
    if not marked:
        return chance.choice(["", "", "晚些再联系", "already has an offer", "转自展会"])
    form = chance.choice(chance.choice(TWO_FORMS))
    return form.format(
        country=chance.choice(["英国", "美国", "加拿大", "新加坡"]),
        n=chance.choice([20, 30, 40, 50]),
        grade=chance.choice(GRADES),
        test=chance.choice(["雅思", "托福"]),
    )


def _row(chance: random.Random, person: Person, remark: str, dirt: float) -> list[str]:
    phone, name, email = person.phone, person.name, person.email
    if chance.random() < dirt:
        phone = chance.choice(
            [
                f"+86 {phone}",
                f"86-{phone[:3]}-{phone[3:7]}-{phone[7:]}",
                f"{phone[:3]} {phone[3:7]} {phone[7:]}",
                phone.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)}),
                f"{phone}.0",
                f" {phone}\u3000",
            ]
        )
        name = chance.choice([name, f" {name}", f"{name}\u3000", f"{name[0]} {name[1:]}"])
        email = chance.choice([email, email.upper(), f" {email}"])
    return ["", chance.choice(COUNTRIES), name, chance.choice(GRADES), email, person.born, remark, phone]


class WholeHouse:
    """A home, open in this process, with its staff; every act goes through ``Acts.run`` as the command line's do."""

    def __init__(self, home: Path, *, clock: Any = None, **settings: Any) -> None:
        self.home = home
        self.clock = clock
        values = {key.replace("__", "."): value for key, value in settings.items()}
        create(home, "测试机构", {"release.cooling_hours": 0, **values}, SystemRandom())
        found(home, clock=clock)
        self.open()
        for name, role in STAFF.items():
            self.do("actor add", name=name, role=role)

    def open(self) -> Institution:
        self.house = open_institution(self.home, clock=self.clock)
        self.acts = Acts(self.house)
        return self.house

    def close(self) -> None:
        self.house.close()

    def do(self, act: str, progress: Progress = silent, **arguments: Any) -> dict[str, Any]:
        return self.acts.run(act, arguments, progress)

    def take(self, content: bytes, name: str = "list.csv", progress: Progress = silent) -> dict[str, Any]:
        return self.do(
            "intake",
            progress,
            content=content,
            file=name,
            provenance="relation",
            evidence="合同台账 2026",
            actor="陈前台",
        )

    def admit(self, lot: str) -> dict[str, Any]:
        return self.do("lot admit", lot=lot, actor="周合规")

    def release(
        self, recipient: str, fields: str = "name,phone,target_country", *, kind: str = "csv", **more: Any
    ) -> bytes:
        asked = self.do(
            "release request",
            recipient=recipient,
            fields=fields,
            purpose="application",
            case=f"给{recipient}",
            actor="林顾问",
            **more,
        )
        self.do("release approve", release=asked["release"], actor="周合规")
        if asked["rows"] > 500:
            self.do("release approve", release=asked["release"], actor="王老板")
        return bytes(self.do("release collect", release=asked["release"], kind=kind, actor="林顾问")["content"])

    def trace(self, content: bytes, name: str = "leak.xlsx", **more: Any) -> dict[str, Any]:
        return self.do("trace list", content=content, file=name, **more)["document"]


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


def dyepack(*words: str | Path, home: Path | None = None, stdin: str = "", **environment: str) -> Said:
    """One command of the real command line, in a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DYEPACK_", "LC_", "LANG"))}
    if home is not None:
        environment["DYEPACK_HOME"] = str(home)
    done = subprocess.run(
        [sys.executable, "-m", "dyepack", *map(str, words)],
        input=stdin,
        env={**inherited, "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def table_of(content: bytes) -> list[dict[str, str]]:
    """The rows of a released copy, csv or xlsx, by the names in its header."""
    if content.startswith(b"PK"):
        grid = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        lines = [[str(cell) for cell in line] for line in grid]
    else:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def leak(
    rows: Sequence[dict[str, str]],
    seed: int,
    *,
    share: float = 1.0,
    keep: Sequence[str] = ("phone", "name"),
    hide: float = 0.1,
) -> bytes:
    """What turns up outside: part of the rows, shuffled, other heads, another format, some digits hidden."""
    chance = random.Random(seed)
    some = chance.sample(list(rows), round(len(rows) * share))
    heads = {"phone": "号码(可打)", "name": "客户称呼", "remark": "情况", "target_country": "去哪"}
    lines = []
    for row in some:
        cells = {name: row[name] for name in keep}
        if "phone" in cells and chance.random() < hide:
            cells["phone"] = cells["phone"][:3] + "****" + cells["phone"][7:]
        lines.append([cells[name] for name in keep])
    return xlsx([[heads[name] for name in keep], *lines])


def shard(home):
    """The folder of the newest shard of a home's ledger."""
    folder = Path(home) / "ledger"
    return folder / shard_names(folder)[-1]


def sign_as_thief(home, head):
    """The checkpoint that a thief of all keys of the newest shard would publish."""
    keys = load_keys(shard(home) / "keys", head.origin, SystemClock().now())
    return keys.sign_published(head, keys.sign(head), SystemClock().now() // 1_000_000)


def log_signer(home):
    """The key that signs the newest shard, as a thief would use it."""
    return Ed25519Signer(read_key_file(max((shard(home) / "keys").glob("*.ed25519"))))
