"""Pages: what every answer carries, who sees what, and in which words."""

import logging
import re

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from dyepack.app.acts import Acts
from dyepack.ledger import Kind, parse_entry
from dyepack.terms.errors import DyepackError, Outcome
from dyepack.web.errors import status_of
from dyepack.web.shown import local_time
from dyepack.web.visit import own_path
from fakes.desk_client import Visitor, code_of
from fakes.desk_house import GROWN, NAME_OF, YOUNG, csv_file, people

ROLES = tuple(NAME_OF)
STRICT = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def pages(app: Starlette, token: str) -> list[str]:
    """Every address that answers GET, with a real record in its place."""
    places = {"{token}": token, "{verdict}": "a" * 26, "{code}": "zh"}
    found = []
    for route in app.routes:
        if isinstance(route, Route) and "GET" in (route.methods or ()):
            path = route.path
            for place, value in places.items():
                path = path.replace(place, value)
            found.append(path)
    assert len(found) >= 15
    return found


@pytest.fixture(scope="module")
def token(app: Starlette) -> str:
    return Visitor(app).as_role("consultant").look_up(GROWN[0].phone)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_answer_carries_the_strict_headers(app: Starlette, token: str, role: str | None) -> None:
    visitor = Visitor(app, follow_redirects=False)
    if role is not None:
        visitor.client.follow_redirects = True
        visitor.as_role(role)
    for path in pages(app, token):
        answer = visitor.get(path)
        assert answer.status_code < 500, path
        assert answer.headers["content-security-policy"] == STRICT, path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["referrer-policy"] == "no-referrer", path
        assert answer.headers["cache-control"] == "no-store", path
        assert "access-control-allow-origin" not in answer.headers, path
        assert re.search(r"<[^>]+ (style|on[a-z]+)=", answer.text) is None, path


def test_only_static_files_are_stored(app: Starlette) -> None:
    answer = Visitor(app).get("/static/desk.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "max-age=3600"
    assert answer.headers["content-security-policy"] == STRICT


def test_without_a_session_every_page_leads_to_the_log_in(app: Starlette, token: str) -> None:
    visitor = Visitor(app, follow_redirects=False)
    for path in pages(app, token):
        if path == "/log-in" or path.startswith("/language/"):
            continue
        answer = visitor.get(path)
        if path.startswith(("/ledger/", "/v1/")):  # no pages: programs ask there
            assert answer.status_code == 401, path
        else:
            assert (answer.status_code, answer.headers.get("location")) == (303, "/log-in"), path


@pytest.mark.parametrize("role", ROLES)
def test_no_page_shows_a_value_that_is_masked(app: Starlette, acts: Acts, token: str, role: str) -> None:
    visitor = Visitor(app).as_role(role)
    purposes = acts.people.named(NAME_OF[role])
    assert purposes.role == role
    purpose = {"front_desk": "visit", "consultant": "consult", "marketing": "statistics"}.get(role, "supervise")
    visitor.post("/look-up", phone=GROWN[0].phone, purpose=purpose, case="核对")
    visitor.post(f"/records/{token}", purpose=purpose, case="核对")
    looked = [visitor.get(path).text for path in pages(app, token)]
    looked.append(visitor.get("/records?show=1").text)
    looked.append(visitor.get(f"/records/{token}/looks").text)
    for person in [*GROWN, *YOUNG]:
        for value in (person.name, person.phone, person.wechat, person.email):
            assert not any(value in text for text in looked), role


def test_a_role_is_offered_only_what_its_policy_permits(app: Starlette) -> None:
    marketing = Visitor(app).as_role("marketing").get("/").text
    desk = Visitor(app).as_role("front_desk").get("/").text
    owner = Visitor(app).as_role("owner").get("/").text
    assert 'href="/groups"' in marketing
    assert 'href="/look-up"' not in marketing
    assert 'href="/look-up"' in desk
    assert 'href="/releases"' not in desk
    assert 'href="/staff"' not in desk
    assert 'href="/staff"' in owner
    assert 'href="/leaks"' in owner
    assert 'action="/leaks"' not in owner


def test_purpose_and_case_are_remembered_but_never_in_an_address(app: Starlette) -> None:
    visitor = Visitor(app).as_role("consultant")
    answer = visitor.post("/look-up", phone=GROWN[1].phone, purpose="follow_up", case="回访三月")
    assert 'value="follow_up" selected' in answer.text
    assert 'value="回访三月"' in answer.text
    answer = visitor.post("/records", purpose="follow_up", case="回访三月", target_country="uk")
    assert str(answer.url) == "http://testserver/records?show=1&target_country=uk"
    again = Visitor(app).as_role("consultant").get("/look-up")
    assert "回访三月" not in again.text


def test_what_is_typed_as_a_filter_becomes_a_code(app: Starlette) -> None:
    visitor = Visitor(app).as_role("consultant")
    answer = visitor.post("/records", purpose="consult", case="核对", intake_season=GROWN[2].phone)
    assert str(answer.url).endswith("?show=1&intake_season=other")


def test_a_list_is_filtered_by_code_and_paged_by_token(app: Starlette) -> None:
    visitor = Visitor(app).as_role("consultant")
    visitor.post("/records", purpose="consult", case="核对")
    answer = visitor.get("/records?show=1")
    assert answer.text.count("<tr>") == 51
    following = re.search(r'href="(/records\?show=1&amp;after=r1_[a-z2-7]{26})"', answer.text)
    assert following
    assert visitor.get(following[1].replace("&amp;", "&")).text.count("<tr>") == 11
    uk = visitor.get("/records?show=1&target_country=uk").text
    assert uk.count("<tr>") == sum(person.country == "英国" for person in [*GROWN, *YOUNG]) + 1


def test_a_revealed_value_is_shown_once_with_its_entry(app: Starlette, acts: Acts) -> None:
    visitor = Visitor(app).as_role("consultant")
    record = visitor.look_up(GROWN[3].phone)
    answer = visitor.post(
        f"/records/{record}/reveal", field="phone", purpose="consult", case="三月到访", motive="回电确认"
    )
    assert answer.status_code == 200
    assert GROWN[3].phone in answer.text
    entry = re.search(r"<code>([a-z2-7]{26})</code>", answer.text)
    assert entry
    kept = parse_entry(acts.house.log.entry(acts.house.log.find_id(entry[1])[0]))
    assert kept.kind is Kind.FIELD_REVEALED
    assert kept.fields["fields"] == ("phone",)
    assert GROWN[3].phone not in visitor.get(f"/records/{record}/closed").text


def test_a_minors_value_waits_and_is_shown_once_after_approval(app: Starlette) -> None:
    asker, officer = Visitor(app).as_role("consultant"), Visitor(app).as_role("privacy_officer")
    record = asker.look_up(YOUNG[0].phone)
    wanted = {"field": "phone", "purpose": "consult", "case": "三月到访", "motive": "回电确认"}
    answer = asker.post(f"/records/{record}/reveal", **wanted)
    assert answer.status_code == 403
    assert code_of(answer) == "vault.minor-approval"
    request = re.search(r'action="(/approvals/[a-z2-7]{26})"', officer.get("/approvals").text)
    assert request
    officer.post(request[1], decision="approve")
    assert "已批准" in asker.get("/").text
    assert YOUNG[0].phone in asker.post(f"/records/{record}/reveal", **wanted).text
    assert YOUNG[0].phone not in asker.post(f"/records/{record}/reveal", **wanted).text


def test_a_rejected_look_waits_no_longer(app: Starlette) -> None:
    asker, officer = Visitor(app).as_role("consultant"), Visitor(app).as_role("privacy_officer")
    record = asker.look_up(YOUNG[1].phone)
    wanted = {"field": "wechat", "purpose": "consult", "case": "换个案件", "motive": "加微信"}
    asker.post(f"/records/{record}/reveal", **wanted)
    page = officer.get("/approvals").text
    request = re.search(r'action="(/approvals/[a-z2-7]{26})"', page[page.index("换个案件") :])
    assert request
    officer.post(request[1], decision="reject")
    assert "换个案件" not in officer.get("/approvals").text
    assert code_of(officer.post(request[1], decision="approve")) == "vault.not-found"


def test_a_release_is_asked_approved_and_collected_as_a_clear_file_only_knowingly(app: Starlette) -> None:
    asker, officer = Visitor(app).as_role("consultant"), Visitor(app).as_role("privacy_officer")
    asker.post("/releases", recipient="海棠教育", field=["name", "phone"], purpose="application", case="申请季")
    page = officer.get("/approvals").text
    release = re.search(r'action="/releases/([a-z2-7]{26})/approve"', page)
    assert release
    assert "海棠教育" in page
    assert officer.post(f"/releases/{release[1]}/approve").status_code == 200
    refused = asker.post(f"/releases/{release[1]}/collect", kind="xlsx")
    assert refused.status_code == 422
    assert code_of(refused) == "web.clear-file"
    copy = asker.post(f"/releases/{release[1]}/collect", kind="xlsx", clear="yes")
    assert copy.content[:2] == b"PK"
    assert copy.headers["content-disposition"].startswith("attachment; filename=")
    assert "海棠" not in copy.headers["content-disposition"]
    again = asker.post(f"/releases/{release[1]}/collect", kind="xlsx", clear="yes")
    assert again.status_code == 409


def test_a_lot_is_taken_in_with_its_counts_and_admitted_by_another(app: Starlette) -> None:
    desk, officer = Visitor(app).as_role("front_desk"), Visitor(app).as_role("privacy_officer")
    content = csv_file(people(5, first=900, born="2002-05-06")) + "坏号,1.38E+10,,,,\n".encode()
    fields = {"provenance": "relation", "evidence": "合同登记册 2026"}
    answer = desk.post("/lots", files={"file": ("leads.csv", content)}, **fields)
    assert re.findall(r"<dd>(\d+)</dd>", answer.text)[:4] == ["6", "5", "0", "1"]
    assert "1.38E+10" not in answer.text
    lot = re.search(r'action="/lots/([a-z2-7]{26})/admit"', officer.get("/lots").text)
    assert lot
    assert "/admit" not in desk.get("/lots").text
    assert "已放行" in officer.post(f"/lots/{lot[1]}/admit").text


def test_an_upload_without_a_file_says_so_and_keeps_what_was_typed(app: Starlette) -> None:
    desk = Visitor(app).as_role("front_desk")
    answer = desk.post("/lots", files={"file": ("", b"")}, provenance="paper", evidence="登记表 17 号")
    assert answer.status_code == 422
    assert code_of(answer) == "web.file-missing"
    assert "登记表 17 号" in answer.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_leak_is_traced_to_a_page_that_says_what_it_rests_on(app: Starlette, language: str) -> None:
    asker = Visitor(app).as_role("consultant")
    officer = Visitor(app, language).as_role("privacy_officer")
    for name in ("甲机构", "乙机构"):
        asker.post("/releases", recipient=name, field=["name", "phone"], purpose="application", case="申请季")
        release = re.search(r'action="/releases/([a-z2-7]{26})/approve"', officer.get("/approvals").text)
        assert release
        officer.post(f"/releases/{release[1]}/approve")
        copy = asker.post(f"/releases/{release[1]}/collect", kind="csv", clear="yes").content
    page = officer.post("/leaks", files={"file": ("leak.csv", copy)}, case=f"泄露 {language}")
    finding = re.search(r'<section class="finding person">(.*?)</section>', page.text, re.DOTALL)
    assert finding
    assert "乙机构" in finding[1]
    assert "甲机构" not in page.text
    assert '<svg class="evidence"' in page.text
    assert "10^" in page.text
    words = ("可推翻它的情形", "未经见证") if language == "zh" else ("What would refute it", "Not witnessed")
    assert all(word in page.text for word in words)
    owner = Visitor(app, language).as_role("owner")
    assert "乙机构" in owner.get(str(page.url).removeprefix("http://testserver")).text


def test_the_ledger_page_shows_the_checkpoint_and_audits_for_overseers(app: Starlette, acts: Acts) -> None:
    desk, officer = Visitor(app).as_role("front_desk"), Visitor(app).as_role("privacy_officer")
    assert acts.house.log.origin in desk.get("/ledger").text
    assert "/ledger/audit" not in desk.get("/ledger").text
    assert "账本完整" in officer.post("/ledger/audit").text
    entry = parse_entry(acts.house.log.entry(0)).id
    bundle = officer.post("/ledger/bundle", entry=entry)
    assert bundle.content[:2] == b"PK"
    assert bundle.headers["content-type"] == "application/zip"
    assert officer.post("/ledger/bundle", entry="a" * 26).status_code == 404


def test_counts_leave_out_groups_under_ten(app: Starlette) -> None:
    page = Visitor(app).as_role("marketing").get("/groups?attribute=target_country").text
    assert "英国" in page
    assert all(int(count) >= 10 for count in re.findall(r'class="num">(\d+)<', page))


def test_an_unknown_attribute_is_no_query(app: Starlette) -> None:
    answer = Visitor(app).as_role("marketing").get("/groups?attribute=phone")
    assert answer.status_code == 422
    assert code_of(answer) == "app.command"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("", "zh"), ("fr", "zh"), ("en-US,en;q=0.9", "en"), ("fr,en;q=0.5,zh;q=0.8", "zh"), ("en;q=x,zh", "zh")],
)
def test_the_language_follows_the_browser_and_is_zh_otherwise(app: Starlette, accepted: str, expected: str) -> None:
    page = Visitor(app, accepted).get("/log-in").text
    assert ('lang="zh-CN"' if expected == "zh" else '<html lang="en">') in page


def test_a_chosen_language_is_remembered(app: Starlette) -> None:
    visitor = Visitor(app, "zh")
    answer = visitor.get("/language/en?back=/log-in")
    assert str(answer.url).endswith("/log-in")
    assert '<html lang="en">' in answer.text
    assert '<html lang="en">' in visitor.get("/log-in").text


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", ""])
def test_going_back_never_leaves_the_desk(path: str) -> None:
    assert own_path(path) == "/"


def test_an_address_without_a_page_is_told_in_words(app: Starlette) -> None:
    answer = Visitor(app, "en").as_role("owner").get("/nothing")
    assert answer.status_code == 404
    assert code_of(answer) == "web.no-page"


@pytest.mark.parametrize(
    ("code", "outcome", "status"),
    [
        ("x.rule", Outcome.REFUSED, 403),
        ("x.input", Outcome.BAD_INPUT, 422),
        ("x.down", Outcome.UNAVAILABLE, 503),
        ("vault.not-found", Outcome.BAD_INPUT, 404),
        ("vault.state", Outcome.REFUSED, 409),
    ],
)
def test_the_status_follows_the_outcome(code: str, outcome: Outcome, status: int) -> None:
    error = type("SomeError", (DyepackError,), {"code": code, "outcome": outcome})()
    assert status_of(error) == status


def test_an_unexpected_error_shows_a_reference_and_logs_nothing_personal(
    app: Starlette, acts: Acts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        msg = f"no index for {GROWN[0].phone}"
        raise KeyError(msg)

    visitor = Visitor(app).as_role("consultant")
    monkeypatch.setattr(acts.looking, "lookup", broken)
    with caplog.at_level(logging.DEBUG):
        answer = visitor.post("/look-up", phone=GROWN[0].phone, purpose="consult", case="核对")
    reference = re.search(r"<code>([a-z2-7]{10})</code>", answer.text)
    assert answer.status_code == 500
    assert reference
    assert reference[1] in caplog.text
    assert "KeyError" in caplog.text
    assert "test_desk_pages.py" in caplog.text
    assert GROWN[0].phone not in caplog.text
    assert GROWN[0].phone not in answer.text


def test_times_are_shown_in_the_institutions_hours() -> None:
    assert local_time("2026-11-22T20:40:01Z", 480) == "2026-11-23 04:40"
    assert local_time(None, 480) == ""
