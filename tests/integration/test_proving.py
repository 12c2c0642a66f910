"""Bundles out of a whole home: details for overseers alone, time from outside, and what remains after an erasure."""

import json
import zipfile
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from dyepack.app.checking import read_again
from dyepack.app.errors import NoDetailsError, NotOverseerError
from dyepack.app.forward import ForwardServer
from dyepack.ledger import Head, Kind, parse_entry, sign_head, verify
from dyepack.ledger.errors import ConsistencyError, NoSuchEntryError, NoteError
from dyepack.vault.policies import shipped
from dyepack.vault.policy import policy_document
from fakes.authority import Authority, honest, needs_openssl, reply, serving
from fakes.bundles import LOG
from fakes.whole import WholeHouse, dyepack, shard, strangers_list

PEOPLE = strangers_list(83, 12, dirt=0).people
ADULTS = [person for person in PEOPLE if person.born]
VECTORS = Path(__file__).parents[1] / "conformance" / "vectors" / "rfc3161"
MOTIVE = "学生昨天来电要求回访"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = WholeHouse(tmp_path_factory.mktemp("proving") / "home", limits__enabled=False)
    made.admit(made.take(strangers_list(83, 12, dirt=0).csv("utf-8"))["lot"])
    with closing(ForwardServer(made.home, made.acts.run)):
        yield made
    made.close()


def look(house, person):
    """(token, entry of a look with a typed motive)."""
    words = {"purpose": "consult", "case": "咨询", "actor": "林顾问"}
    token = house.do("lookup", phone=person.phone, **words)["records"][0]["token"]
    return token, house.do("reveal", token=token, field="phone", motive=MOTIVE, **words)["entry"]


def prove(house, *entries, **more):
    return house.do("ledger prove", entries=list(entries), **more)


def files_of(content):
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def entries_of(house, kind):
    return [parse_entry(raw) for _, raw in house.house.log.find([f'"kind":"{kind}"'])]


@pytest.fixture
def checked(tmp_path, capsys):
    def checked(content):
        path = tmp_path / "bundle.zip"
        path.write_bytes(content)
        code = verify.main([str(path)])
        return code, capsys.readouterr().out, read_again(str(path))

    return checked


def test_several_entries_go_into_one_bundle_by_id_or_index(house, checked):
    _, entry = look(house, ADULTS[0])

    answer = prove(house, entry, "0", "3")

    assert answer["indexes"][:2] == [0, 3]
    assert len(answer["indexes"]) == 3
    code, said, reading = checked(answer["content"])
    assert (code, reading.refuted) == (0, None)
    assert "5 entries: 3 well formed" in said
    assert b"by p_vault from a log of" in files_of(answer["content"])["custody.txt"]


@pytest.mark.parametrize("wanted", ["999999", "9" * 400, "aaaaaaaaaaaaaaaaaaaaaaaaaa", "-1", "٣"])
def test_an_entry_that_is_not_there_is_told(house, wanted):
    with pytest.raises(NoSuchEntryError):
        prove(house, wanted)


def test_a_checkpoint_that_somebody_kept_is_shown_to_be_a_prefix(house, checked):
    kept = house.house.log.publish()
    _, entry = look(house, ADULTS[0])

    answer = prove(house, entry, earlier=[kept])

    assert kept.encode() in files_of(answer["content"]).values()
    assert checked(answer["content"])[0] == 0


def test_a_checkpoint_of_another_log_or_another_history_makes_no_bundle(house):
    log = house.house.log.current
    forged = log.sign_at(2).replace(log.sign_at(2).split("\n")[2], log.sign_at(1).split("\n")[2])

    with pytest.raises(NoteError):
        prove(house, "0", earlier=[LOG.note(6)])
    with pytest.raises(NoteError):
        prove(house, "0", earlier=[forged])


def test_a_second_history_under_the_same_key_is_told_as_a_fork(house):
    log = house.house.log.current
    other = sign_head(Head(house.house.log.origin, 2, bytes(32)), log.keys.signers[0])

    with pytest.raises(ConsistencyError):
        prove(house, "0", earlier=[other])


def test_an_entry_brings_the_document_of_its_policies(house, checked):
    _, entry = look(house, ADULTS[0])

    answer = prove(house, entry)

    [name] = [name for name in files_of(answer["content"]) if name.startswith("policies/")]
    assert files_of(answer["content"])[name] == policy_document(*shipped())
    assert "policies: 1 sets" in checked(answer["content"])[1]


# -- disclosure --------------------------------------------------------------------------------------------------------


def test_an_overseer_discloses_details_and_the_log_says_so_before_they_open(house, checked):
    _, entry = look(house, ADULTS[1])

    answer = prove(house, entry, disclose=True, actor="周合规")

    files = files_of(answer["content"])
    [index] = answer["indexes"]
    assert json.loads(files[f"details/{index}.json"]) == {"motive": MOTIVE}
    assert answer["disclosed"] == 1
    assert checked(answer["content"])[0] == 0
    said = entries_of(house, Kind.DETAIL_DISCLOSED)[-1]
    assert said.fields["ref"] == entry
    assert said.fields["role"] == "privacy_officer"
    assert f"by {said.fields['actor']} from".encode() in files["custody.txt"]


def test_without_being_asked_for_no_detail_leaves(house):
    _, entry = look(house, ADULTS[1])

    assert not [name for name in files_of(prove(house, entry, actor="周合规")["content"]) if "details/" in name]


@pytest.mark.parametrize("actor", ["林顾问", "陈前台", "孟市场"])
def test_who_is_no_overseer_discloses_nothing_and_the_refusal_is_written(house, actor):
    _, entry = look(house, ADULTS[1])
    before = len(entries_of(house, Kind.USE_REFUSED)), len(entries_of(house, Kind.DETAIL_DISCLOSED))

    with pytest.raises(NotOverseerError):
        prove(house, entry, disclose=True, actor=actor)

    after = len(entries_of(house, Kind.USE_REFUSED)), len(entries_of(house, Kind.DETAIL_DISCLOSED))
    assert after == (before[0] + 1, before[1])


def test_nobody_in_particular_discloses_nothing(house):
    _, entry = look(house, ADULTS[1])

    with pytest.raises(NotOverseerError):
        prove(house, entry, disclose=True)


def test_an_entry_without_details_is_told_in_one_sentence(house):
    with pytest.raises(NoDetailsError) as caught:
        prove(house, "0", disclose=True, actor="王老板")

    assert caught.value.sentence("en").count(". ") == 1


def test_after_an_erasure_disclosure_says_so_and_the_commitment_says_nothing(house, checked):
    token, entry = look(house, ADULTS[2])
    sealed = house.house.details.get(entry)
    house.do("erase", token=token, ground="本人请求", actor="周合规")

    with pytest.raises(NoDetailsError):
        prove(house, entry, disclose=True, actor="周合规")

    house.house.details.put(entry, sealed[0], token)  # from a backup of the database
    with pytest.raises(NoDetailsError):
        prove(house, entry, disclose=True, actor="周合规")
    answer = prove(house, entry)
    assert checked(answer["content"])[0] == 0
    assert MOTIVE.encode() not in b"".join(files_of(answer["content"]).values())


# -- time --------------------------------------------------------------------------------------------------------------


def configure(house, url, chain):
    folder = house.home / "ledger"
    (folder / "first.pem").write_bytes(chain)
    (folder / "authorities.toml").write_text(
        f'[[authority]]\nname = "first"\nurl = "{url}"\nchain = "first.pem"\n', "utf-8"
    )


@pytest.fixture(name="unconfigured")
def _unconfigured(house):
    yield
    (house.home / "ledger" / "authorities.toml").unlink()


@needs_openssl
@pytest.mark.usefixtures("unconfigured")
def test_a_bundle_is_stamped_on_demand_and_its_tokens_bound_the_entry(house, checked, tmp_path):
    issuer = Authority(tmp_path / "authority")
    with serving(honest(issuer)) as authority:
        configure(house, authority.url, issuer.chain)
        _, first = look(house, ADULTS[3])
        prove(house, first)
        _, second = look(house, ADULTS[4])
        answer = prove(house, second)

    assert not answer["not_stamped"]
    index = answer["indexes"][0]
    code, said, reading = checked(answer["content"])
    assert (code, reading.refuted) == (0, None)
    assert [(bound.index, bound.after) for bound in reading.bounds if bound.index == index] == [
        (index, False),
        (index, True),
    ]
    before, after = (bound.t for bound in reading.bounds if bound.index == index)
    assert before <= after
    assert "It was written no earlier than" in said
    assert len(entries_of(house, Kind.TIMESTAMP_OBTAINED)) == 2


@pytest.mark.usefixtures("unconfigured")
def test_an_authority_that_fails_is_said_and_stops_nothing(house, checked):
    with serving(reply(b"<html>")) as authority:
        configure(house, authority.url, (VECTORS / "ca.pem").read_bytes())
        answer = prove(house, "0")

    assert set(answer["not_stamped"]) == {"first"}
    assert checked(answer["content"])[0] == 0
    assert list((shard(house.home) / "timestamps").glob("*.refused"))


# -- the command line --------------------------------------------------------------------------------------------------


def test_the_commands_disclose_and_verify_with_copies_from_elsewhere(house, tmp_path):
    _, entry = look(house, ADULTS[5])
    vkey, bundle = house.house.log.vkey, tmp_path / "bundle.zip"
    (tmp_path / "kept.note").write_text(house.house.log.publish())
    (tmp_path / "policy.txt").write_text(f"log {vkey}\nquorum none\n")
    words = ("ledger", "prove", entry, "--out", bundle, "--earlier", tmp_path / "kept.note")

    done = dyepack(*words, "--disclose", "--actor", "周合规", home=house.home, DYEPACK_LANG="en")
    good = dyepack("verify", bundle, "--key", vkey, DYEPACK_LANG="en")
    weak = dyepack("verify", bundle, "--policy", tmp_path / "policy.txt")

    assert (done.code, "details of 1 entries in clear" in done.out) == (0, True), done.err
    assert (good.code, "Read again by other code: all signatures of" in good.out) == (0, True), good.out
    assert (weak.code, "REFUTED" in weak.out) == (1, True)
    assert MOTIVE not in done.out + done.err + good.out


def test_the_command_tells_who_is_no_overseer(house, tmp_path):
    words = ("ledger", "prove", "0", "--out", tmp_path / "x.zip", "--disclose", "--actor", "林顾问")

    said = dyepack(*words, home=house.home)

    assert (said.code, "[app.not-overseer]" in said.err) == (1, True)
    assert not (tmp_path / "x.zip").exists()
