"""The desk in a real browser: two people, one minor's number, one release, one leak, in zh and in en."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dyepack.web.wording import Words
from fakes.desk_house import GROWN, NAME_OF, PASSWORD, YOUNG

pytestmark = pytest.mark.browser

RECIPIENTS = ("云帆文书工作室", "远航咨询")
LEAKER = RECIPIENTS[0]
PHONE_WIDTH = 360


class Person:
    """Somebody at the desk in a browser of his own."""

    def __init__(self, context: BrowserContext, address: str, role: str, words: Words) -> None:
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.address = address
        self.words = words
        self.visit("/log-in")
        self.fill("log-in.name", NAME_OF[role])
        self.fill("log-in.password", PASSWORD)
        self.press("log-in.go")

    def visit(self, path: str) -> None:
        self.page.goto(self.address + path)

    def fill(self, key: str, text: str) -> None:
        self.page.get_by_label(self.words.text(key), exact=False).first.fill(text)

    def press(self, key: str, **facts: str | int) -> None:
        self.page.get_by_role("button", name=self.words.text(key, **facts), exact=True).first.click()

    def purpose(self, word: str) -> None:
        self.page.locator("select[name=purpose]").first.select_option(word)

    def look_up(self, phone: str, case: str) -> str:
        """Find a person; the token of the record."""
        self.visit("/look-up")
        self.page.locator("input[name=phone]").fill(phone)
        self.purpose("consult")
        self.page.locator("input[name=case]").fill(case)
        self.press("look-up.go")
        link = self.page.locator("article.record h3 a").first
        return str(link.get_attribute("href")).rpartition("/")[2]

    def reveal_phone(self, token: str, case: str) -> None:
        self.visit(f"/records/{token}")
        self.page.locator("select[name=field]").select_option("phone")
        self.page.locator("form[action$=reveal] input[name=case]").fill(case)
        self.page.locator("textarea[name=motive]").fill("家长来电，回电确认")
        self.press("reveal.go")


@pytest.mark.parametrize(("language", "locale"), [("zh", "zh-CN"), ("en", "en-US")])
def test_a_day_at_the_desk_ends_with_the_leaker_named(
    browser: Browser, desk: str, tmp_path: Path, language: str, locale: str
) -> None:
    words = Words(language)
    first, second = browser.new_context(locale=locale), browser.new_context(locale=locale)
    consultant = Person(first, desk, "consultant", words)
    expect(consultant.page.locator("h1")).to_contain_text(words.text("home.hello", name=NAME_OF["consultant"]))

    # a look-up shows masks, never the number
    token = consultant.look_up(YOUNG[3].phone, "三月到访")
    expect(consultant.page.locator("article.record")).to_contain_text("138****0503")
    assert YOUNG[3].phone not in consultant.page.content().replace(f'value="{YOUNG[3].phone}"', "")

    # a minor's number waits for a second person, in a second browser
    consultant.reveal_phone(token, "三月到访")
    expect(consultant.page.locator("h1")).to_have_text(words.text("reveal.waits"))
    officer = Person(second, desk, "privacy_officer", words)
    officer.visit("/approvals")
    expect(officer.page.locator("article")).to_contain_text(NAME_OF["consultant"])
    officer.press("approvals.approve")
    expect(officer.page.get_by_text(words.text("approvals.none")).first).to_be_visible()

    # then it is shown once
    consultant.reveal_phone(token, "三月到访")
    expect(consultant.page.locator(".value")).to_have_text(YOUNG[3].phone)
    consultant.reveal_phone(token, "三月到访")
    expect(consultant.page.locator("h1")).to_have_text(words.text("reveal.waits"))
    officer.visit("/approvals")
    officer.press("approvals.reject")
    expect(officer.page.locator("article")).to_have_count(0)

    # two releases are asked for, approved and collected
    copies = {}
    for recipient in RECIPIENTS:
        consultant.visit("/releases")
        consultant.page.locator("input[name=recipient]").fill(recipient)
        consultant.page.locator("form[action='/releases'] input[name=case]").fill("2027 申请季")
        consultant.press("releases.go")
        officer.visit("/approvals")
        expect(officer.page.locator("article")).to_contain_text(recipient)
        officer.press("approvals.approve")
        consultant.visit("/releases")
        consultant.page.locator("input[name=clear]").check()
        with consultant.page.expect_download() as waited:
            consultant.press("releases.collect", kind="csv")
        copies[recipient] = Path(waited.value.path()).read_bytes()

    # one leaks, shuffled and cut, and is traced
    rows = copies[LEAKER].decode("utf-8-sig").splitlines()
    leak = tmp_path / "leak.csv"
    leak.write_text("\n".join(["客户,电话", *rows[:0:-1][: len(rows) * 3 // 4]]), "utf-8")
    officer.visit("/leaks")
    officer.page.locator("input[type=file]").set_input_files(leak)
    officer.page.locator("input[name=case]").fill("网上出售的名单")
    officer.press("leaks.go")
    expect(officer.page.locator(".finding")).to_contain_text(LEAKER)
    expect(officer.page.locator(".finding")).not_to_contain_text(RECIPIENTS[1])
    expect(officer.page.locator("svg.evidence")).to_be_visible()
    expect(officer.page.locator("footer")).to_contain_text(words.text("not-witnessed"))

    # who looked at the minor's record is known by name
    officer.visit(f"/records/{token}/looks")
    officer.page.locator("input[name=case]").fill("网上出售的名单")
    officer.press("looks.go")
    expect(officer.page.locator("table")).to_contain_text(NAME_OF["consultant"])
    expect(officer.page.locator("table")).to_contain_text(words.word("kind", "vault:field:revealed"))
    assert [fault for fault in consultant.faults + officer.faults if "403" not in fault] == []
    first.close()
    second.close()


def test_a_revealed_value_is_gone_after_its_time(browser: Browser, desk: str) -> None:
    words = Words("zh")
    context = browser.new_context(locale="zh-CN")
    person = Person(context, desk, "consultant", words)
    person.page.clock.install()
    person.reveal_phone(person.look_up(GROWN[5].phone, "咨询"), "咨询")
    expect(person.page.locator(".value")).to_have_text(GROWN[5].phone)
    person.page.clock.run_for(32_000)
    expect(person.page.locator("h1")).to_have_text(words.text("reveal.hidden"))
    assert GROWN[5].phone not in person.page.content()
    context.close()


def test_the_desk_works_without_javascript(browser: Browser, desk: str) -> None:
    words = Words("en")
    context = browser.new_context(locale="en-US", java_script_enabled=False)
    person = Person(context, desk, "consultant", words)
    person.reveal_phone(person.look_up(GROWN[6].phone, "consulting"), "consulting")
    expect(person.page.locator(".value")).to_have_text(GROWN[6].phone)
    context.close()


@pytest.mark.parametrize("role", ["front_desk", "consultant", "privacy_officer", "owner", "marketing"])
def test_no_page_scrolls_sideways_on_a_phone(browser: Browser, desk: str, role: str) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": PHONE_WIDTH, "height": 740})
    person = Person(context, desk, role, Words("zh"))
    paths = [str(link.get_attribute("href")) for link in person.page.locator("nav a").all()]
    assert "/ledger" in paths
    for path in paths:
        person.visit(path)
        assert width(person) <= PHONE_WIDTH, path
    if "/records" in paths:
        person.visit("/records")
        person.page.locator("input[name=case]").fill("核对")
        person.press("list.go")
        assert width(person) <= PHONE_WIDTH, "the list"
        person.page.locator("tbody a").first.click()
        expect(person.page.locator("dl.masks")).to_be_visible()
        assert width(person) <= PHONE_WIDTH, "a record"
    if "/leaks" in paths and person.page.goto(f"{desk}/leaks") and person.page.locator("tbody a").count():
        person.page.locator("tbody a").first.click()
        expect(person.page.locator("svg.evidence")).to_be_visible()
        assert width(person) <= PHONE_WIDTH, "a verdict"
    context.close()


def width(person: Person) -> int:
    """How wide the page is, in pixels."""
    return int(person.page.evaluate("document.documentElement.scrollWidth"))
