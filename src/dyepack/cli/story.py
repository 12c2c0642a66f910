"""The demo: the whole story on invented people, told on the terminal with progress.

1. intake of two dirty lists; 2. a day of work of twelve people in five roles; 3. three releases to three recipients;
4. one copy leaks, dirty; 5. the trace of it; 6. an attempt to rewrite the log, and its discovery. Everything runs
through the product's own acts; only the leaking and the rewriting are played here.
"""

import csv
import io
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from dyepack.app.acts import Acts
from dyepack.app.errors import CommandError
from dyepack.app.founding import found
from dyepack.app.home import SETTINGS_FILE, create, settings_of
from dyepack.app.institution import open_institution
from dyepack.app.rewriting import Rewrite, rewrite_without
from dyepack.cli.story_words import PEOPLE, RECIPIENTS, WORDS
from dyepack.cli.words import step_name
from dyepack.crypto.chance import SystemRandom
from dyepack.terms.actor import CLI_DEVICE
from dyepack.terms.chance import Random, below
from dyepack.terms.errors import DyepackError

DEMO_NAME = "留痕演示 Dyepack demo"
PASSWORD = "dyepack-demo"  # noqa: S105 - invented people of a demo that listens on loopback
EXCLUSIVE_ROWS = 20
LEAKED_SHARE = 0.4
_FOLLOW_UP = "回访 follow-up"
_EXAMPLES = ("leads.xlsx", "leads-gb18030.csv")


class Teller:
    """Speaks to the terminal in one language."""

    def __init__(self, language: str) -> None:
        """``language`` is ``"zh"`` or ``"en"``."""
        self.language = language
        self.console = Console(highlight=False, soft_wrap=True)
        self._bar = Console(stderr=True)
        self._chapter = 0

    def chapter(self, key: str) -> None:
        """Begin a part of the story."""
        self._chapter += 1
        self.console.print(f"\n[bold cyan]{self._chapter}. {self._text(key)}[/]")

    def say(self, key: str, **facts: Any) -> None:
        """One sentence."""
        self.console.print("   " + self._text(key).format(**facts))

    def quote(self, text: str) -> None:
        """What the product itself said."""
        self.console.print(f"   [dim]» {text}[/]", markup=True)

    def progress(self, step: str, done: int, total: int) -> None:
        """Progress of long work, on stderr."""
        if self._bar.is_terminal and total:
            self._bar.print(f"   {step_name(step, self.language)} {done}/{total}", end="\r")
            if done >= total:
                self._bar.print(" " * 60, end="\r")

    def _text(self, key: str) -> str:
        zh, en = WORDS[key]
        return zh if self.language == "zh" else en


def tell(home: Path, language: str) -> None:
    """Make the demo home anew and tell the story; the files that leave it lie beside it.

    Raises:
        HomeExistsError: The folder holds something that is no demo.
    """
    started = time.process_time()
    teller = Teller(language)
    random = SystemRandom()
    files = home.with_name(home.name + "-files")
    _clear(home)
    teller.console.print(f"[bold]{DEMO_NAME}[/]")
    values = {"release.cooling_hours": 0, "mark.exclusive_rows": EXCLUSIVE_ROWS}
    create(home, DEMO_NAME, values, random)
    found(home)
    files.mkdir(parents=True, exist_ok=True)
    with open_institution(home) as house:
        acts = Acts(house)
        teller.chapter("house")
        teller.say("weaker", rows=EXCLUSIVE_ROWS)
        for name, role in PEOPLE:
            acts.run("actor add", {"name": name, "role": role, "password": PASSWORD}, teller.progress)
        teller.say("people", people=len(PEOPLE))
        _intake(acts, teller)
        phones = _day(acts, teller, random)
        copies = _release(acts, teller, files)
        leak = files / "leak.csv"
        holder = RECIPIENTS[1]
        _leak(teller, copies[holder], leak, random)
        _trace(acts, teller, leak, holder, files)
        _rewrite(acts, teller, files)
        teller.say("counted", entries=house.log.size(), looks=phones)
    teller.say("done", seconds=round(time.process_time() - started), files=files)
    teller.say("logins", password=PASSWORD)
    for name, role in PEOPLE:
        teller.console.print(f"     {name}  [dim]{role}[/]")
    teller.say("try", leak=leak)


def _clear(home: Path) -> None:
    if (home / SETTINGS_FILE).is_file() and settings_of(home)["institution.name"] == DEMO_NAME:
        shutil.rmtree(home)  # any other folder that is not empty is refused by ``create``


def example(name: str) -> bytes:
    """A file of ``examples/``, from the source tree or from the installed package."""
    for folder in (Path(__file__).parents[3] / "examples", Path(__file__).parents[1] / "examples"):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    raise CommandError(what="examples", remedy="the example lists are missing; reinstall / 示例名单缺失，请重新安装")


def _of(role: str) -> list[str]:
    return [name for name, held in PEOPLE if held == role]


def _intake(acts: Acts, teller: Teller) -> None:
    teller.chapter("intake")
    uploader, officer = _of("consultant")[0], _of("privacy_officer")[0]
    for name in _EXAMPLES:
        answer = acts.run(
            "intake",
            {
                "content": example(name),
                "file": name,
                "provenance": "relation",
                "evidence": "contracts 2026 / 合同台账 2026",
                "actor": uploader,
            },
            teller.progress,
        )
        codes = sorted({problem["code"] for problem in answer["problems"]})
        teller.say("taken", file=name, **{key: answer[key] for key in ("rows", "taken", "duplicates", "invalid")})
        teller.say("problems", codes=", ".join(codes))
        with _refused(teller):
            acts.run("lot admit", {"lot": answer["lot"], "actor": uploader}, teller.progress)
        admitted = acts.run("lot admit", {"lot": answer["lot"], "actor": officer}, teller.progress)
        teller.say("admitted", officer=officer, admitted=admitted["admitted"], duplicates=admitted["duplicates"])


def _day(acts: Acts, teller: Teller, random: Random) -> int:
    teller.chapter("day")
    phones = _phones()
    looks = 0
    for name in _of("front_desk"):
        for _ in range(6):
            found_ = _lookup(acts, name, phones[below(random, len(phones))], "visit", "今日到访 walk-in")
            looks += len(found_)
    teller.say("front_desk", people=len(_of("front_desk")))
    officer = _of("privacy_officer")[0]
    shown = False
    for name in _of("consultant"):
        for _ in range(8):
            for record in _lookup(acts, name, phones[below(random, len(phones))], "follow_up", _FOLLOW_UP):
                looks += 1
                if not shown:
                    teller.say("masked", name=name)
                    teller.quote("  ".join(f"{key}: {mask}" for key, mask in record["masks"].items()))
                    _reveal(acts, teller, name, officer, record)
                    shown = True
    for name in _of("marketing"):
        with _refused(teller):
            _lookup(acts, name, phones[0], "consult", _FOLLOW_UP)
    groups = acts.looking.groups(acts.people.actor(_of("marketing")[0], CLI_DEVICE), "target_country")
    teller.say("marketing", groups=", ".join(f"{code} {count}" for code, count in sorted(groups["groups"].items())[:5]))
    return looks


def _reveal(acts: Acts, teller: Teller, name: str, officer: str, record: dict[str, Any]) -> None:
    arguments = {"token": record["token"], "field": "phone", "case": _FOLLOW_UP}
    if record["minor"]:
        with _refused(teller):
            acts.run("reveal", {**arguments, "purpose": "follow_up", "actor": name}, teller.progress)
        acts.run("approve reveal", {**arguments, "requester": name, "actor": officer}, teller.progress)
        teller.say("approved", officer=officer, name=name)
    answer = acts.run("reveal", {**arguments, "purpose": "follow_up", "actor": name}, teller.progress)
    teller.say("revealed", name=name, entry=answer["entry"])


def _lookup(acts: Acts, name: str, phone: str, purpose: str, case: str) -> list[dict[str, Any]]:
    answer = acts.run("lookup", {"phone": phone, "purpose": purpose, "case": case, "actor": name}, _quiet)
    return list(answer["records"])


def _phones() -> list[str]:
    """Numbers as customers would say them at the desk: from the csv, whole ones only."""
    rows = csv.reader(io.StringIO(example(_EXAMPLES[1]).decode("gb18030")))
    cells = ("".join(filter(str.isdigit, cell)) for row in rows for cell in row)
    return [digits for digits in cells if len(digits) == 11 and digits.startswith("1")]


def _release(acts: Acts, teller: Teller, files: Path) -> dict[str, Path]:
    teller.chapter("release")
    asker, officer, owner = _of("consultant")[1], _of("privacy_officer")[0], _of("owner")[0]
    copies: dict[str, Path] = {}
    for number, recipient in enumerate(RECIPIENTS):
        asked = acts.run(
            "release request",
            {
                "recipient": recipient,
                "fields": "name,phone,target_country,remark",
                "purpose": "application",
                "case": "申请季 application season",
                "actor": asker,
            },
            teller.progress,
        )
        if number == 0:
            with _refused(teller):
                acts.run("release approve", {"release": asked["release"], "actor": asker}, teller.progress)
        for approver in (officer, owner):
            acts.run("release approve", {"release": asked["release"], "actor": approver}, teller.progress)
        kind = "csv" if number else "xlsx"
        got = acts.run("release collect", {"release": asked["release"], "kind": kind, "actor": asker}, teller.progress)
        copies[recipient] = files / f"copy-{number + 1}.{kind}"
        copies[recipient].write_bytes(got["content"])
        teller.say("collected", recipient=recipient, rows=got["rows"], people=asked["rows"], planted=EXCLUSIVE_ROWS)
    return copies


def _leak(teller: Teller, copy: Path, leak: Path, random: Random) -> None:
    """A recipient's copy is sold: 40 % of its rows, shuffled, two columns renamed, some digits hidden."""
    teller.chapter("leak")
    rows = list(csv.DictReader(io.StringIO(copy.read_bytes().decode("utf-8-sig"))))
    kept = _shuffled(rows, random)[: int(len(rows) * LEAKED_SHARE)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["客户", "号码"])
    for number, row in enumerate(kept):
        phone = row["phone"]
        if number % 7 == 0:
            phone = f"{phone[:3]}****{phone[7:]}"
        elif number % 5 == 0:
            phone = f"+86 {phone[:3]} {phone[3:7]} {phone[7:]}"
        writer.writerow([row["name"], phone])
    leak.write_bytes(out.getvalue().encode("gb18030"))
    teller.say("leaked", rows=len(kept), file=leak)


def _shuffled(rows: Sequence[dict[str, str]], random: Random) -> list[dict[str, str]]:
    left = list(rows)
    for at in range(len(left) - 1, 0, -1):
        other = below(random, at + 1)
        left[at], left[other] = left[other], left[at]
    return left


def _trace(acts: Acts, teller: Teller, leak: Path, holder: str, files: Path) -> None:
    teller.chapter("trace")
    answer = acts.run(
        "trace list",
        {"content": leak.read_bytes(), "file": leak.name, "actor": _of("privacy_officer")[0]},
        teller.progress,
    )
    for name, content in answer["files"].items():
        (files / name).write_bytes(content)
    document = answer["document"]
    words = document["explanation"]
    teller.say("finding", finding=words["finding"][teller.language])
    teller.say("finding", finding=words["strength"][teller.language])
    for text in words["rests_on"]:
        teller.quote(text[teller.language])
    if document["decision"]["accused"] != [holder]:
        raise CommandError(what="demo", remedy="the trace did not name the recipient that leaked / 溯源未指明泄露方")
    teller.say("report", file=files / "report.html")


def _rewrite(acts: Acts, teller: Teller, files: Path) -> None:
    """The owner of the machine removes the entry of a look and signs the log anew."""
    teller.chapter("rewrite")
    outcome: Rewrite = rewrite_without(acts.house)
    teller.say("kept", size=outcome.kept_size)
    teller.say("clumsy", finding=outcome.clumsy.sentence(teller.language))
    teller.say("skilled")
    teller.say("skilled_found", finding=outcome.skilled.sentence(teller.language))
    teller.say("keeper_found", finding=outcome.keeper.sentence(teller.language))
    entry, content = outcome.entry, outcome.bundle
    (files / "evidence.zip").write_bytes(content)
    teller.say("bundle", entry=entry, file=files / "evidence.zip")


@contextmanager
def _refused(teller: Teller) -> Iterator[None]:
    """A step that a rule refuses; what the product said is part of the story."""
    try:
        yield
    except DyepackError as error:
        teller.quote(f"{error.sentence(teller.language)} [{error.code}]")
    else:
        raise CommandError(what="demo", remedy="a step that must be refused was not / 应被拒绝的步骤未被拒绝")


def _quiet(step: str, done: int, total: int) -> None:
    del step, done, total
