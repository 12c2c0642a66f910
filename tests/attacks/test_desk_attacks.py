"""Attacks on the desk from outside and from inside, each of which must fail."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from dyepack.app.acts import Acts
from dyepack.ledger import Kind, parse_entry
from dyepack.terms.progress import silent
from dyepack.web import make_app
from fakes.desk_client import Visitor, code_of
from fakes.desk_house import GROWN, NAME_OF, YOUNG, cheap_passwords, furnish, opened

LOOK = {"phone": GROWN[0].phone, "purpose": "consult", "case": "核对"}


@pytest.fixture(scope="module")
def acts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acts]:
    home: Path = tmp_path_factory.mktemp("desk") / "home"
    with cheap_passwords():
        furnish(home, limits__enabled=False)
        with opened(home) as found:
            yield found


@pytest.fixture(scope="module")
def app(acts: Acts) -> Starlette:
    return make_app(acts)


def refusals(acts: Acts) -> int:
    return len(acts.house.log.find([Kind.USE_REFUSED.value]))


# -- forms of other sites ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "A" * 43])
def test_a_form_without_the_token_changes_nothing(app: Starlette, acts: Acts, token: str) -> None:
    visitor = Visitor(app).as_role("consultant")
    before = acts.house.log.size()
    answer = visitor.client.post("/look-up", data={"form_token": token, **LOOK})
    assert answer.status_code == 403
    assert code_of(answer) == "web.form-refused"
    assert acts.house.log.size() == before


def test_the_token_of_another_session_is_not_accepted(app: Starlette) -> None:
    mine, others = Visitor(app).as_role("consultant"), Visitor(app).as_role("front_desk")
    answer = mine.client.post("/look-up", data={"form_token": others.token, **LOOK})
    assert code_of(answer) == "web.form-refused"


def test_the_log_in_token_of_another_device_is_not_accepted(app: Starlette) -> None:
    mine, others = Visitor(app), Visitor(app)
    mine.get("/log-in")
    others.get("/log-in")
    answer = mine.client.post("/log-in", data={"form_token": others.token, "name": "x", "password": "y"})
    assert code_of(answer) == "web.form-refused"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "http://testserver:8000"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "file://testserver"},
    ],
)
def test_a_form_sent_by_another_site_is_refused_even_with_the_token(app: Starlette, headers: dict[str, str]) -> None:
    visitor = Visitor(app).as_role("consultant")
    assert code_of(visitor.post("/look-up", headers=headers, **LOOK)) == "web.form-refused"


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "same-origin", "origin": "null"}, {"origin": "http://testserver"}, {}]
)
def test_the_desks_own_form_is_taken(app: Starlette, headers: dict[str, str]) -> None:
    visitor = Visitor(app).as_role("consultant")
    assert visitor.post("/look-up", headers=headers, **LOOK).status_code == 200


def test_acts_are_no_addresses(app: Starlette) -> None:
    visitor = Visitor(app).as_role("privacy_officer")
    for path in ("/log-out", f"/records/r1_{'a' * 26}/reveal", f"/releases/{'a' * 26}/approve", "/ledger/audit"):
        assert visitor.client.get(path).status_code in {404, 405}, path


# -- names and addresses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "testserver:8420", "testserver.evil.example", ""])
def test_a_foreign_host_gets_nothing(app: Starlette, host: str) -> None:
    answer = Visitor(app).client.get("/log-in", headers={"host": host})
    assert answer.status_code == 400
    assert answer.text == "Unknown host."
    assert "content-security-policy" in answer.headers


def test_localhost_and_a_configured_name_are_the_desks_own(acts: Acts) -> None:
    visitor = Visitor(make_app(acts, names=["desk.internal"]))
    for host in ("localhost", "desk.internal", "DESK.internal:80"):
        assert visitor.client.get("/log-in", headers={"host": host}).status_code == 200, host


def test_the_language_link_leads_nowhere_else(app: Starlette) -> None:
    visitor = Visitor(app, follow_redirects=False)
    for back in ("//evil.example", "https://evil.example/", "/\\evil.example"):
        assert visitor.client.get("/language/en", params={"back": back}).headers["location"] == "/"


def test_static_files_do_not_lead_out_of_their_folder(app: Starlette) -> None:
    visitor = Visitor(app)
    for path in ("/static/../desk.py", "/static/%2e%2e/desk.py", "/static/..%2fdesk.py"):
        assert visitor.client.get(path).status_code == 404, path


# -- sessions ----------------------------------------------------------------------------------------------------------


def test_a_session_id_that_an_attacker_set_is_never_adopted(app: Starlette) -> None:
    visitor = Visitor(app)
    visitor.client.cookies.set("dyepack_session", "chosen-by-the-attacker")
    visitor.as_role("consultant")
    values = {cookie.value for cookie in visitor.client.cookies.jar if cookie.name == "dyepack_session"}
    other = Visitor(app)
    other.client.cookies.set("dyepack_session", "chosen-by-the-attacker")
    assert len(values - {"chosen-by-the-attacker"}) == 1
    assert str(other.get("/").url).endswith("/log-in")


def test_the_digest_from_a_stolen_database_opens_no_session(app: Starlette) -> None:
    visitor = Visitor(app).as_role("consultant")
    from dyepack.crypto.digest import sha256

    thief = Visitor(app)
    thief.client.cookies.set("dyepack_session", sha256(visitor.cookie("dyepack_session").encode()).hex())
    assert str(thief.get("/").url).endswith("/log-in")


# -- people inside -----------------------------------------------------------------------------------------------------


def test_nobody_approves_his_own_look_even_by_hand_made_forms(app: Starlette, acts: Acts) -> None:
    asker = Visitor(app).as_role("privacy_officer")
    record = asker.look_up(YOUNG[2].phone, "case", "自查")
    asker.post(f"/records/{record}/reveal", field="phone", purpose="case", case="自查", motive="查看")
    request = next(row for row in acts.looking.waiting() if row["token"] == record)
    before = refusals(acts)
    answer = asker.post(f"/approvals/{request['id']}", decision="approve")
    assert answer.status_code == 403
    assert code_of(answer) == "vault.self-approval"
    assert refusals(acts) == before + 1
    again = asker.post(f"/records/{record}/reveal", field="phone", purpose="case", case="自查", motive="查看")
    assert YOUNG[2].phone not in again.text


def test_an_approval_for_one_field_opens_no_other(app: Starlette, acts: Acts) -> None:
    asker, officer = Visitor(app).as_role("consultant"), Visitor(app).as_role("privacy_officer")
    record = asker.look_up(YOUNG[3].phone)
    wanted = {"purpose": "consult", "case": "三月到访", "motive": "回电"}
    asker.post(f"/records/{record}/reveal", field="phone", **wanted)
    request = next(row for row in acts.looking.waiting() if row["token"] == record)
    officer.post(f"/approvals/{request['id']}", decision="approve")
    answer = asker.post(f"/records/{record}/reveal", field="wechat", **wanted)
    assert code_of(answer) == "vault.minor-approval"
    assert YOUNG[3].wechat not in answer.text


def test_another_person_cannot_collect_a_release(app: Starlette, acts: Acts) -> None:
    acts.run("actor add", {"name": "顾问小许", "role": "consultant", "password": "another pass 2026"}, silent)
    asker, officer, other = Visitor(app).as_role("consultant"), Visitor(app).as_role("privacy_officer"), Visitor(app)
    other.log_in("顾问小许", "another pass 2026")
    asker.post("/releases", recipient="乙方", field=["phone"], purpose="application", case="申请季")
    release = re.search(r'action="/releases/([a-z2-7]{26})/approve"', officer.get("/approvals").text)
    assert release
    assert release[1] not in other.get("/releases").text
    officer.post(f"/releases/{release[1]}/approve")
    answer = other.post(f"/releases/{release[1]}/collect", kind="csv", clear="yes")
    assert answer.status_code == 403
    assert GROWN[0].phone not in answer.text


@pytest.mark.parametrize(
    ("role", "path", "fields"),
    [
        ("front_desk", "/records/{record}/reveal", {"field": "phone", "purpose": "visit", "case": "c", "motive": "m"}),
        ("front_desk", "/records/{record}/looks", {"purpose": "visit", "case": "c"}),
        ("front_desk", "/ledger/audit", {}),
        ("front_desk", "/ledger/bundle", {"entry": "a" * 26}),
        ("front_desk", "/releases", {"recipient": "x", "field": "phone", "purpose": "visit", "case": "c"}),
        ("marketing", "/look-up", {"phone": GROWN[0].phone, "purpose": "consult", "case": "c"}),
        ("owner", "/records/{record}/reveal", {"field": "phone", "purpose": "supervise", "case": "c", "motive": ""}),
        ("consultant", "/records/{record}/reveal", {"field": "name", "purpose": "consult", "case": "c", "motive": "m"}),
    ],
)
def test_a_hand_made_form_gets_no_further_than_the_policy(
    app: Starlette, acts: Acts, role: str, path: str, fields: dict[str, str]
) -> None:
    record = Visitor(app).as_role("consultant").look_up(GROWN[0].phone)
    visitor = Visitor(app).as_role(role)
    before = refusals(acts)
    answer = visitor.post(path.format(record=record), **fields)
    assert answer.status_code == 403, answer.text
    assert GROWN[0].phone not in answer.text
    assert GROWN[0].name not in answer.text
    assert refusals(acts) == before + 1


def test_a_leak_is_traced_by_the_privacy_officer_alone(app: Starlette) -> None:
    for role in ("front_desk", "consultant", "marketing", "owner"):
        answer = Visitor(app).as_role(role).post("/leaks", files={"file": ("a.csv", b"name,phone\na,1\n")}, case="c")
        assert answer.status_code == 403, role


def test_a_case_that_is_a_script_is_shown_as_text(app: Starlette) -> None:
    visitor = Visitor(app).as_role("consultant")
    answer = visitor.post("/look-up", phone=GROWN[0].phone, purpose="consult", case='"><script>alert(1)</script>')
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_a_wrong_number_is_not_echoed(app: Starlette) -> None:
    visitor = Visitor(app).as_role("consultant")
    answer = visitor.post("/look-up", phone="138000001009999", purpose="consult", case="核对")
    assert answer.status_code == 422
    assert "138000001009999" not in answer.text


def test_no_answer_names_the_server_software(app: Starlette) -> None:
    headers = Visitor(app).get("/log-in").headers
    assert "server" not in headers
    assert "x-powered-by" not in headers


def test_a_member_who_left_is_out_at_once(app: Starlette, acts: Acts) -> None:
    acts.run("actor add", {"name": "临时工", "role": "front_desk", "password": "temporary pass 26"}, silent)
    visitor = Visitor(app)
    visitor.log_in("临时工", "temporary pass 26")
    assert "临时工" in visitor.get("/").text
    from sqlalchemy import update

    from dyepack.storage.tables import staff

    gone = update(staff).where(staff.c.id == acts.people.named("临时工").id).values(active=False)
    acts.house.database.write(lambda connection: connection.execute(gone))
    assert str(visitor.get("/").url).endswith("/log-in")
    closed = parse_entry(acts.house.log.find([Kind.SESSION_CLOSED.value])[-1][1])
    assert closed.fields["outcome"] == "left"
    assert code_of(visitor.log_in("临时工", "temporary pass 26")) == "app.log-in"


def test_the_names_of_the_roster_are_for_overseers(app: Starlette) -> None:
    answer = Visitor(app).as_role("consultant").get("/staff")
    assert answer.status_code == 403
    assert NAME_OF["owner"] not in answer.text
