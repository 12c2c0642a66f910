"""Attacks on the face of the log: entries without a right, by a dead token, past the checkpoint or the folder."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dyepack.app.acts import Acts
from dyepack.app.log_face import FILES_A_SECOND, RECEIPTS_A_SECOND
from dyepack.ledger import Kind, decode_bundle, open_head, parse_entry, parse_proof, verify_receipt
from dyepack.terms.progress import silent
from dyepack.web import make_app
from fakes.desk_client import Visitor
from fakes.desk_house import GROWN, cheap_passwords, furnish, opened
from fakes.ledger_logs import HandClock

NOW = 1_900_000_000_000_000  # later than the entries of the furnished home
DAY = 24 * 3600 * 1_000_000
SECRET = "A" * 43


@pytest.fixture(scope="module")
def clock() -> HandClock:
    return HandClock(NOW)


@pytest.fixture(scope="module")
def acts(tmp_path_factory: pytest.TempPathFactory, clock: HandClock) -> Iterator[Acts]:
    home: Path = tmp_path_factory.mktemp("desk") / "home"
    with cheap_passwords():
        furnish(home, limits__enabled=False)
        with opened(home, clock) as found:
            yield found


@pytest.fixture(scope="module")
def app(acts: Acts) -> Starlette:
    return make_app(acts)


@pytest.fixture(autouse=True)
def later(clock: HandClock) -> None:
    """A new second for each test, so that none meets the pace of another."""
    clock.time += 2_000_000


@pytest.fixture(scope="module")
def token(acts: Acts) -> str:
    return add(acts)


def add(acts: Acts, days: int = 30) -> str:
    return str(acts.run("ledger auditor add", {"name": "外部审计", "days": days}, silent)["token"])


def ask(app: Starlette, path: str, token: str | None = None, **headers: str) -> Any:
    client = TestClient(app, raise_server_exceptions=False)
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    return client.get(path, headers=headers)


def shard(acts: Acts) -> str:
    return str(acts.house.log.origin.rpartition("/")[2])


def published(acts: Acts) -> int:
    return open_head(acts.house.log.publish(), acts.house.log.vkey).size


def bundle(acts: Acts) -> str:
    return f"/ledger/{shard(acts)}/tile/entries/000.p/{published(acts)}"


def is_problem(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    document = answer.json()
    assert set(document) == {"type", "title", "status", "detail"}
    assert (document["type"], document["status"]) == (f"urn:dyepack:error:{code}", status)
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


# -- who may read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", [None, "", "x", SECRET, "dyepack-auditor-" + SECRET, "dyepack-auditor-" + "é" * 43])
def test_without_a_valid_token_nothing_is_read_and_nothing_is_told_apart(
    app: Starlette, acts: Acts, shown: str | None
) -> None:
    headers = {} if shown is None else {"authorization": f"Bearer {shown}".encode("latin-1")}
    client = TestClient(app, raise_server_exceptions=False)
    paths = [bundle(acts), f"/ledger/{shard(acts)}/checkpoint", f"/ledger/{shard(acts)}/tile/0/000.p/1"]
    paths += ["/ledger/1999/checkpoint", f"/ledger/{shard(acts)}/nothing", "/v1/receipts/" + "a" * 26, "/v1/receipts/x"]
    answers = [client.get(path, headers=headers) for path in paths]

    for answer in answers:
        is_problem(answer, 401, "app.token")
        assert answer.headers["www-authenticate"] == 'Bearer realm="ledger"'
    assert len({answer.content for answer in answers}) == 1


def test_an_auditor_reads_what_the_checkpoint_covers(app: Starlette, acts: Acts, token: str) -> None:
    path = bundle(acts)
    size = int(path.rpartition("/")[2])
    answer = ask(app, path, token)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert decode_bundle(answer.content, size, "") == [acts.house.log.entry(index) for index in range(size)]
    note = ask(app, f"/ledger/{shard(acts)}/checkpoint", token)
    assert (note.headers["content-type"], note.headers["cache-control"]) == ("text/plain; charset=utf-8", "no-store")
    assert note.text.splitlines()[0] == acts.house.log.origin
    hashes = ask(app, f"/ledger/{shard(acts)}/tile/0/000.p/3", token)
    assert len(hashes.content) == 96
    assert hashes.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_a_revoked_token_opens_nothing(app: Starlette, acts: Acts) -> None:
    made = acts.run("ledger auditor add", {"name": "临时", "days": 3}, silent)
    assert ask(app, bundle(acts), made["token"]).status_code == 200
    acts.run("ledger auditor revoke", {"auditor": made["auditor"]}, silent)
    acts.run("ledger auditor revoke", {"auditor": made["auditor"]}, silent)

    is_problem(ask(app, bundle(acts), made["token"]), 401, "app.token")
    left = [parse_entry(raw) for _, raw in acts.house.log.find([made["auditor"]])]
    assert [entry.kind for entry in left] == [Kind.ACTOR_ADDED, Kind.SESSION_OPENED, Kind.ACTOR_LEFT]
    states = {one["auditor"]: one["state"] for one in acts.run("ledger auditor list", {}, silent)["auditors"]}
    assert states[made["auditor"]] == "revoked"


def test_an_expired_token_opens_nothing(app: Starlette, acts: Acts, clock: HandClock) -> None:
    short = add(acts, days=1)
    path = bundle(acts)
    assert ask(app, path, short).status_code == 200
    clock.time += DAY - 1_000_000
    assert ask(app, path, short).status_code == 200
    clock.time += 1_000_000

    is_problem(ask(app, path, short), 401, "app.token")


def test_a_token_is_kept_nowhere(acts: Acts, token: str) -> None:
    acts.house.database.scrub()
    secret = token.removeprefix("dyepack-auditor-").encode()
    files = [path for path in acts.house.home.rglob("*") if path.is_file()]

    assert len(files) > 5
    assert not any(secret in path.read_bytes() or "外部审计".encode() in path.read_bytes() for path in files)


def test_a_token_in_an_address_is_refused_even_with_a_right(app: Starlette, acts: Acts, token: str) -> None:
    for query in (f"?token={token}", f"?access_token={token}", "?x"):
        is_problem(ask(app, bundle(acts) + query), 400, "web.query")
        is_problem(ask(app, bundle(acts) + query, token), 400, "web.query")


def test_a_token_opens_nothing_else_of_the_house(app: Starlette, acts: Acts, token: str) -> None:
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    client.headers["authorization"] = f"Bearer {token}"
    for path in ("/", "/records", "/look-up", "/ledger", "/staff", "/leaks", "/groups", "/lots", "/releases"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/log-in"), path
    for path in ("/ledger/audit", "/ledger/bundle", "/ledger/monitor", "/records"):
        assert client.post(path).headers.get("location", "/log-in") == "/log-in", path
    client.cookies.set("dyepack_session", token)
    assert client.get("/records").headers["location"] == "/log-in"


def test_a_bad_token_is_not_saved_by_a_session(app: Starlette, acts: Acts) -> None:
    visitor = Visitor(app).as_role("owner")

    assert visitor.get(bundle(acts)).status_code == 200
    assert visitor.get(bundle(acts), headers={"authorization": f"Bearer {SECRET}"}).status_code == 401
    assert visitor.get(bundle(acts), headers={"authorization": "Basic b3duZXI6eA=="}).status_code == 401


@pytest.mark.parametrize("role", ["front_desk", "consultant", "marketing"])
def test_staff_reads_checkpoints_and_hashes_but_no_entries(app: Starlette, acts: Acts, role: str) -> None:
    visitor = Visitor(app).as_role(role)

    assert visitor.get(f"/ledger/{shard(acts)}/checkpoint").status_code == 200
    assert visitor.get(f"/ledger/{shard(acts)}/tile/0/000.p/1").status_code == 200
    is_problem(visitor.get(bundle(acts)), 401, "app.token")
    is_problem(visitor.get(f"/ledger/{shard(acts)}/tile/entries/999"), 401, "app.token")


def test_public_tiles_hold_no_entries(tmp_path: Path) -> None:
    with cheap_passwords():
        furnish(tmp_path / "home", ledger__public_tiles=True)
        with opened(tmp_path / "home") as acts:
            app = make_app(acts)
            path = bundle(acts)
            hashes = ask(app, f"/ledger/{shard(acts)}/tile/0/000.p/1")
            assert ask(app, f"/ledger/{shard(acts)}/checkpoint").status_code == 200
            assert hashes.headers["cache-control"] == "public, max-age=31536000, immutable"
            is_problem(ask(app, path), 401, "app.token")
            is_problem(ask(app, "/v1/receipts/" + "a" * 26), 401, "app.token")
            is_problem(ask(app, f"/ledger/{shard(acts)}/tile/0/999"), 404, "app.not-published")
            said = [parse_entry(raw).fields for _, raw in acts.house.log.find(["ledger.public_tiles"])]
            assert [(fields["outcome"], fields["n"]) for fields in said] == [("ledger.public_tiles", 1)]


# -- where there is nothing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "../../keeper/root.key", "%2e%2e/%2e%2e/keeper/root.key", "..%2f..%2fsettings.toml", "keys",
        "wal/" + "0" * 16 + ".wal",
        "tile/0/../../keys/x", "tile/0/%2e%2e/%2e%2e/keys/x", "tile//0/000", "/etc/passwd", "%00",
        "checkpoint%00",
        "tile/0/x999/x999/x999/x999/x999/999", "tile/entries/x999/x999/x999/x999/x999/999.p/255",
        "tile/0/" + "9" * 5000,
        "tile/0/" + "x999/" * 900 + "999", "tile/5/999", "tile/99999999999999999999/000", "tile/0/000.p/256",
        "tile/entries/000", "tile/0/000.p/255", "tile/entries/000.p/255", "checkpoint.witnessed",
    ],
)  # fmt: skip
def test_a_path_outside_what_is_published_is_one_and_the_same_refusal(
    app: Starlette, acts: Acts, token: str, path: str
) -> None:
    answer = ask(app, f"/ledger/{shard(acts)}/{path}", token)

    if answer.url.path.startswith("/ledger/2"):
        is_problem(answer, 404, "app.not-published")
    else:  # the client walked out of the prefix itself: no such page
        assert answer.status_code in (303, 401, 404), path
    key = max((acts.house.home / "ledger" / acts.house.log.name / "keys").glob("*.ed25519")).read_bytes()
    assert key not in answer.content


def test_another_year_is_as_unknown_as_a_missing_tile(app: Starlette, acts: Acts, token: str) -> None:
    for other in ("1999", "x", "2026%2f..", ".."):
        answer = ask(app, f"/ledger/{other}/tile/0/000", token)
        assert answer.status_code == 404, other


def test_an_entry_that_no_checkpoint_covers_is_not_served(app: Starlette, acts: Acts, token: str) -> None:
    size = published(acts)
    wider = f"/ledger/{shard(acts)}/tile/entries/000.p/{size + 2}"
    ask(app, bundle(acts), token)  # its own entry is written before the answer

    is_problem(ask(app, wider, token), 404, "app.not-published")


# -- receipts --------------------------------------------------------------------------------------------------------


def looked_up(app: Starlette, acts: Acts) -> tuple[Visitor, str]:
    """Somebody who looked at a record, and the id of the entry that says so."""
    visitor = Visitor(app).as_role("consultant")
    visitor.look_up(GROWN[0].phone)
    seen = [parse_entry(raw) for _, raw in acts.house.log.find([Kind.RECORD_VIEWED.value])]
    return visitor, seen[-1].id


def test_who_acted_an_overseer_and_an_auditor_get_the_receipt(app: Starlette, acts: Acts, token: str) -> None:
    visitor, entry = looked_up(app, acts)
    answers = [
        visitor.get(f"/v1/receipts/{entry}"),
        Visitor(app).as_role("privacy_officer").get(f"/v1/receipts/{entry}"),
        ask(app, f"/v1/receipts/{entry}", token),
    ]

    for answer in answers:
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert verify_receipt(parse_proof(answer.text), acts.house.log.vkey).id == entry


@pytest.mark.parametrize("role", ["front_desk", "marketing"])
def test_the_receipt_of_another_looks_like_one_that_does_not_exist(app: Starlette, acts: Acts, role: str) -> None:
    _, entry = looked_up(app, acts)
    visitor = Visitor(app).as_role(role)
    answers = [visitor.get(f"/v1/receipts/{one}") for one in (entry, "a" * 26, "not-an-id", entry.upper())]

    for answer in answers:
        is_problem(answer, 404, "app.not-published")
    assert len({answer.content for answer in answers}) == 1


# -- what is said, and how fast --------------------------------------------------------------------------------------


def test_the_use_of_a_token_is_said_once_an_hour_and_before_the_first_entry_leaves(
    app: Starlette, acts: Acts, clock: HandClock
) -> None:
    made = acts.run("ledger auditor add", {"name": "年审", "days": 30}, silent)

    def said() -> list[Kind]:
        return [parse_entry(raw).kind for _, raw in acts.house.log.find([made["auditor"]])]

    ask(app, f"/ledger/{shard(acts)}/checkpoint", made["token"])
    assert said() == [Kind.ACTOR_ADDED]
    for _ in range(5):
        ask(app, bundle(acts), made["token"])
    ask(app, f"/ledger/{shard(acts)}/tile/entries/999", made["token"])
    assert said() == [Kind.ACTOR_ADDED, Kind.SESSION_OPENED]
    clock.time += 3600 * 1_000_000
    ask(app, bundle(acts), made["token"])
    assert said() == [Kind.ACTOR_ADDED, Kind.SESSION_OPENED, Kind.SESSION_OPENED]


def test_wrong_tokens_do_not_fill_the_ledger(app: Starlette, acts: Acts) -> None:
    before = acts.house.log.size()
    for number in range(60):
        ask(app, f"/ledger/{shard(acts)}/checkpoint", f"dyepack-auditor-{number:043d}")

    assert acts.house.log.size() - before <= 20


def test_a_reader_who_asks_too_fast_is_told_to_wait(app: Starlette, acts: Acts, token: str, clock: HandClock) -> None:
    client = TestClient(app, headers={"authorization": f"Bearer {token}"})
    path = f"/ledger/{shard(acts)}/checkpoint"
    codes = [client.get(path).status_code for _ in range(FILES_A_SECOND + 1)]

    assert codes == [200] * FILES_A_SECOND + [429]
    answer = client.get(path)
    is_problem(answer, 429, "app.pace")
    assert answer.headers["retry-after"] == "1"
    receipts = [client.get("/v1/receipts/" + "a" * 26).status_code for _ in range(RECEIPTS_A_SECOND + 1)]
    assert receipts == [404] * RECEIPTS_A_SECOND + [429]
    clock.time += 1_000_000
    assert client.get(path).status_code == 200


def test_a_foreign_host_gets_nothing_of_the_log(app: Starlette, acts: Acts, token: str) -> None:
    answer = ask(app, bundle(acts), token, host="evil.example")

    assert (answer.status_code, answer.headers["cache-control"]) == (400, "no-store")


def test_a_problem_speaks_the_readers_language(app: Starlette, acts: Acts) -> None:
    chinese = ask(app, f"/ledger/{shard(acts)}/checkpoint", **{"accept-language": "zh"}).json()["detail"]
    english = ask(app, f"/ledger/{shard(acts)}/checkpoint", **{"accept-language": "en"}).json()["detail"]

    assert re.search("[\u4e00-\u9fff]", chinese)
    assert english.startswith("This needs the token")
