import pytest

from dyepack.crypto.signature import Ed25519Signer, MlDsaSigner
from dyepack.ledger import KeyKind, note_key, parse_quorum
from dyepack.ledger.errors import QuorumFileError, WeakQuorumError

LOG = note_key("log.example", Ed25519Signer(bytes(32)).public_key)


def witness(name, seed=None, kind=KeyKind.COSIGNATURE):
    signer = (MlDsaSigner if kind is KeyKind.ML_DSA else Ed25519Signer)(bytes([seed or ord(name[0])]) * 32)
    return note_key(f"{name}.example/w", signer.public_key, kind)


KEYS = {name: witness(name) for name in "abcde"}


def policy(*lines):
    return "".join(f"{line}\n" for line in (f"log {LOG.vkey}", *lines))


def witnesses(names="abc"):
    return [f"witness {name} {KEYS[name].vkey} https://{name}.example/" for name in names]


def of(*names):
    return {KEYS[name] for name in names}


def test_two_of_three_are_a_quorum_and_one_is_not():
    quorum = parse_quorum(policy(*witnesses(), "group g 2 a b c", "quorum g"))
    quorum.check_strength()

    assert quorum.satisfied(of("a", "c"))
    assert not quorum.satisfied(of("b"))
    assert not quorum.satisfied(())
    assert quorum.missing(of("b")) == ("a", "c")
    assert quorum.witnesses["a"].url == "https://a.example/"
    assert quorum.logs == (LOG,)


def test_groups_of_groups_are_weighed_by_their_members():
    quorum = parse_quorum(
        policy(
            *witnesses("abcde"),
            "group house all a b",
            "group peers 2 c d e",
            "group both all house peers",
            "quorum both",
        )
    )
    quorum.check_strength()

    assert quorum.satisfied(of("a", "b", "c", "e"))
    assert not quorum.satisfied(of("a", "b", "e"))
    assert not quorum.satisfied(of("a", "c", "d", "e"))


def test_comments_tabs_and_empty_lines_say_nothing():
    text = policy("# the compliance department", "", f"witness\ta  {KEYS['a'].vkey}", "quorum a")

    assert parse_quorum(text).satisfied(of("a"))


def test_both_keys_of_one_operator_may_be_asked_for_together():
    lines = [*witnesses("ab"), f"witness apq {witness('a', 9, KeyKind.ML_DSA).vkey}"]

    parse_quorum(policy(*lines, "group op all a apq", "group g all op b", "quorum g")).check_strength()


@pytest.mark.parametrize(
    "lines",
    [
        [*witnesses("ab"), f"witness apq {witness('a', 9, KeyKind.ML_DSA).vkey}", "group g 2 a apq b", "quorum g"],
        [*witnesses("ab"), f"witness a2 {KEYS['a'].vkey}", "group g 3 a a2 b", "quorum g"],
        [*witnesses("ab"), "group g any a b", "quorum g"],
        [*witnesses("abcd"), "group g 2 a b c d", "quorum g"],
        [*witnesses("abcd"), "group x any a b", "group y any c d", "group g all x y", "quorum g"],
    ],
    ids=["one operator twice", "one key twice", "any of two", "half", "two halves"],
)
def test_a_quorum_that_two_histories_could_both_have_is_weak(lines):
    with pytest.raises(WeakQuorumError):
        parse_quorum(policy(*lines)).check_strength()


def test_a_quorum_of_nobody_is_refused_when_it_is_read():
    with pytest.raises(WeakQuorumError) as caught:
        parse_quorum(policy(*witnesses(), "quorum none"))

    assert caught.value.facts["line"] == 5


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ([*witnesses(), "group g 2 a b c"], 0),
        ([*witnesses(), "group g", "quorum a"], 5),
        ([*witnesses(), "group g 0 a b", "quorum g"], 5),
        ([*witnesses(), "group g 4 a b c", "quorum g"], 5),
        ([*witnesses(), "group g ² a b c", "quorum g"], 5),
        ([*witnesses(), "group g 2 a b d", "quorum g"], 5),
        ([*witnesses(), "group g 2 a a b", "quorum g"], 5),
        ([*witnesses(), "group g all a", "group h all a", "quorum g"], 6),
        ([*witnesses(), "group a all b", "quorum a"], 5),
        ([*witnesses("aa"), "quorum a"], 3),
        ([f"witness none {KEYS['a'].vkey}", "quorum a"], 2),
        ([f"witness a {KEYS['a'].vkey} https://a.example/\r", "quorum a"], 2),
        ([*witnesses(), "group none all a b", "quorum a"], 5),
        ([*witnesses(), "quorum a", "quorum b"], 6),
        ([*witnesses(), "quorum d"], 5),
        ([f"witness a {LOG.vkey}", "quorum a"], 2),
        (["witness a nonsense", "quorum a"], 2),
        ([*witnesses("a"), "wittness b", "quorum a"], 3),
        ([f"log {KEYS['a'].vkey}", *witnesses("a"), "quorum a"], 2),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(lines, number):
    with pytest.raises(QuorumFileError) as caught:
        parse_quorum(policy(*lines))

    assert caught.value.facts["line"] == number


def test_a_file_without_its_last_newline_or_without_a_log_is_refused():
    for text in (policy(*witnesses("a"), "quorum a")[:-1], "".join(f"{x}\n" for x in [*witnesses("a"), "quorum a"])):
        with pytest.raises(QuorumFileError):
            parse_quorum(text)


def test_the_witnesses_stay_when_the_log_of_the_next_year_has_other_keys():
    text = policy("# who", *witnesses(), "group g 2 a b c", "quorum g")
    next_log = note_key("log.example/2027", Ed25519Signer(bytes([1] * 32)).public_key)

    moved = parse_quorum(text).with_logs([next_log])

    assert moved.logs == (next_log,)
    assert parse_quorum(moved.text) == moved
    assert moved.text.replace(next_log.vkey, LOG.vkey) == text


def test_a_file_over_256_kib_is_refused_before_it_is_read():
    text = policy(*witnesses("a"), "quorum a")

    assert parse_quorum(text + "#" * (262_143 - len(text)) + "\n").satisfied(of("a"))
    with pytest.raises(QuorumFileError, match="256 KiB"):
        parse_quorum(text + "#" * (262_144 - len(text)) + "\n")
