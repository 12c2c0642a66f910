"""Log-in, sessions and their end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette

import dyepack.app.entering as entering
from dyepack.app.acts import Acts
from dyepack.app.clock import SystemClock
from dyepack.app.entering import ATTEMPTS_BY_ADDRESS, ATTEMPTS_BY_NAME, WINDOW_SECONDS, Attempt, Throttle
from dyepack.ledger import Entry, parse_entry
from dyepack.terms.time import MICROSECONDS
from dyepack.web import make_app
from fakes.desk_client import Visitor, code_of
from fakes.desk_house import NAME_OF, PASSWORD, YOUNG, cheap_passwords, furnish, opened

CONSULTANT = NAME_OF["consultant"]


class Hours:
    """The system's clock, which a test moves on."""

    def __init__(self) -> None:
        self.ahead = 0

    def now(self) -> int:
        return SystemClock().now() + self.ahead

    def pass_minutes(self, minutes: float) -> None:
        self.ahead += int(minutes * 60 * MICROSECONDS)


@pytest.fixture(scope="module")
def hours() -> Hours:
    return Hours()


@pytest.fixture(scope="module")
def acts(tmp_path_factory: pytest.TempPathFactory, hours: Hours) -> Iterator[Acts]:
    home = tmp_path_factory.mktemp("desk") / "home"
    with cheap_passwords():
        furnish(home)
        with opened(home, hours) as found:
            yield found


@pytest.fixture
def app(acts: Acts) -> Starlette:
    """A desk that counts attempts anew."""
    return make_app(acts)


def entries(acts: Acts, kind: str, since: int = 0) -> list[Entry]:
    return [parse_entry(raw) for index, raw in acts.house.log.find([kind]) if index >= since]


def test_log_in_and_log_out_are_entries_with_the_device(app: Starlette, acts: Acts) -> None:
    visitor = Visitor(app).as_role("consultant")
    visitor.post("/log-out")
    opened_entry, closed = entries(acts, "govern:session:opened")[-1], entries(acts, "govern:session:closed")[-1]
    assert opened_entry.fields["actor"] == closed.fields["actor"] == acts.people.named(CONSULTANT).id
    assert opened_entry.fields["dev"] == visitor.cookie("dyepack_device")
    assert closed.fields["outcome"] == "out"


def test_after_log_out_the_old_cookie_opens_nothing(app: Starlette) -> None:
    visitor = Visitor(app).as_role("consultant")
    session = visitor.cookie("dyepack_session")
    visitor.post("/log-out")
    visitor.client.cookies.set("dyepack_session", session)
    assert str(visitor.get("/").url).endswith("/log-in")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(app: Starlette, acts: Acts) -> None:
    visitor, begun = Visitor(app), acts.house.log.size()
    wrong, unknown = visitor.log_in(CONSULTANT, "not the password"), visitor.log_in("没有此人", PASSWORD)
    assert wrong.status_code == unknown.status_code == 403
    assert code_of(wrong) == code_of(unknown) == "app.log-in"
    refused = entries(acts, "govern:session:refused", begun)
    assert [entry.fields["outcome"] for entry in refused] == ["wrong", "wrong"]
    assert "actor" in refused[0].fields
    assert "actor" not in refused[1].fields


def test_an_unknown_name_costs_the_same_hash(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(entering, "password_matches", lambda encoded, _: bool(tried.append(encoded)))
    Visitor(app).log_in("没有此人")
    assert len(tried) == 1
    assert tried[0].startswith("$argon2id$")


def test_who_has_no_password_cannot_log_in(app: Starlette, acts: Acts) -> None:
    acts.run("actor add", {"name": "新人", "role": "front_desk", "password": None}, lambda *_: None)
    assert code_of(Visitor(app).log_in("新人", "")) == "app.log-in"


def test_a_session_ends_when_it_was_idle(app: Starlette, acts: Acts, hours: Hours) -> None:
    visitor = Visitor(app).as_role("consultant")
    hours.pass_minutes(29)
    assert str(visitor.get("/").url).endswith("testserver/")
    hours.pass_minutes(29)
    assert str(visitor.get("/").url).endswith("testserver/")
    hours.pass_minutes(31)
    assert str(visitor.get("/").url).endswith("/log-in")
    assert entries(acts, "govern:session:closed")[-1].fields["outcome"] == "idle"


def test_a_session_ends_after_twelve_hours_of_work(app: Starlette, hours: Hours) -> None:
    visitor = Visitor(app).as_role("consultant")
    for _ in range(35):
        hours.pass_minutes(20)
        assert str(visitor.get("/ledger").url).endswith("/ledger")
    hours.pass_minutes(21)
    assert str(visitor.get("/ledger").url).endswith("/log-in")


def test_a_log_in_makes_a_new_session_and_ends_the_old_one(app: Starlette, acts: Acts) -> None:
    visitor = Visitor(app).as_role("consultant")
    first = visitor.cookie("dyepack_session")
    token = visitor.token
    visitor.post("/log-in", name=CONSULTANT, password=PASSWORD)
    assert visitor.cookie("dyepack_session") != first
    assert visitor.token != token
    assert acts.house.staff.session(entering.sha256(first.encode())) is None


def test_the_cookies_are_closed_to_scripts_and_to_other_sites(app: Starlette) -> None:
    visitor = Visitor(app, follow_redirects=False)
    device = visitor.get("/log-in").headers["set-cookie"]
    session = visitor.post("/log-in", name=CONSULTANT, password=PASSWORD).headers["set-cookie"]
    for header in (device, session):
        assert "HttpOnly" in header
        assert "SameSite=strict" in header
        assert "Secure" not in header
    assert "Max-Age" not in session


def test_over_tls_the_cookies_are_secure(app: Starlette) -> None:
    visitor = Visitor(app, base_url="https://testserver", follow_redirects=False)
    assert "Secure" in visitor.get("/log-in").headers["set-cookie"]
    assert "Secure" in visitor.post("/log-in", name=CONSULTANT, password=PASSWORD).headers["set-cookie"]


def test_the_home_holds_no_session_id(app: Starlette, acts: Acts) -> None:
    session = Visitor(app).as_role("consultant").cookie("dyepack_session")
    assert len(session) == 43
    assert acts.house.staff.session(entering.sha256(session.encode())) is not None
    for path in acts.house.home.rglob("*"):
        if path.is_file():
            assert session.encode() not in path.read_bytes(), path.name


def test_the_sixth_attempt_at_a_name_waits_even_with_the_right_password(
    app: Starlette, acts: Acts, hours: Hours
) -> None:
    begun = acts.house.log.size()
    for _ in range(ATTEMPTS_BY_NAME):
        assert code_of(Visitor(app).log_in(CONSULTANT, "wrong wrong")) == "app.log-in"
    answers = [Visitor(app).log_in(CONSULTANT) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {429}
    refused = [entry.fields["outcome"] for entry in entries(acts, "govern:session:refused", begun)]
    assert refused == ["wrong"] * ATTEMPTS_BY_NAME + ["throttled"]
    hours.pass_minutes(WINDOW_SECONDS / 60 + 1)
    assert Visitor(app).log_in(CONSULTANT).status_code == 200


def test_an_address_that_tries_many_names_waits(app: Starlette) -> None:
    codes = [code_of(Visitor(app).log_in(f"猜测{number}")) for number in range(ATTEMPTS_BY_ADDRESS + 1)]
    assert codes.count("app.log-in") == ATTEMPTS_BY_ADDRESS
    assert codes[-1] == "app.log-in-throttled"


def test_successes_are_not_counted(app: Starlette) -> None:
    for _ in range(ATTEMPTS_BY_NAME + 2):
        assert Visitor(app).log_in(CONSULTANT).status_code == 200


def test_racing_attempts_are_counted_before_they_are_judged(acts: Acts) -> None:
    door = entering.Entering(acts.house, acts.people)

    def attempt(_: int) -> str:
        try:
            door.log_in(CONSULTANT, "wrong wrong", "d_" + "a" * 26, "192.0.2.7")
        except entering.LogInError as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(attempt, range(12)))
    assert codes.count("app.log-in") == ATTEMPTS_BY_NAME
    assert codes.count("app.log-in-throttled") == 12 - ATTEMPTS_BY_NAME


def test_the_throttle_forgets_keys_rather_than_growing(hours: Hours) -> None:
    throttle = Throttle(hours, 1, keys=3)
    assert [throttle.take(bytes([key])) for key in range(4)] == [Attempt.FREE] * 4
    assert throttle.take(bytes([0])) is Attempt.FREE
    assert throttle.take(bytes([3])) is Attempt.FIRST_TOO_MANY
    assert throttle.take(bytes([3])) is Attempt.TOO_MANY


def test_an_approval_names_the_device_of_the_approver(app: Starlette, acts: Acts) -> None:
    begun = acts.house.log.size()
    officer, asker = Visitor(app).as_role("privacy_officer"), Visitor(app).as_role("consultant")
    record = asker.look_up(YOUNG[0].phone)
    asker.post(f"/records/{record}/reveal", field="phone", purpose="consult", case="三月到访", motive="回电")
    officer.post(f"/approvals/{acts.looking.waiting()[0]['id']}", decision="approve")
    devices = {
        kind: entries(acts, f"govern:approval:{kind}", begun)[0].fields["dev"] for kind in ("requested", "granted")
    }
    assert devices == {
        "requested": asker.cookie("dyepack_device"),
        "granted": officer.cookie("dyepack_device"),
    }
    assert len(set(devices.values())) == 2
