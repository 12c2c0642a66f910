"""Round trips: what embed writes, recover reads, and nothing else of a row changes."""

import contextlib
import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.mark.errors import BadManifestError, BadRuleError
from dyepack.mark.folding import fold
from dyepack.mark.manifest import Manifest
from dyepack.mark.recover import LeakedTable, recover
from dyepack.mark.variant import Rules, shipped_rules
from fakes.marks import FakeMarkKeeper, links_of, marked, people, pool, shown

RULES = shipped_rules()
KEEPER = FakeMarkKeeper()
SAMPLES = sorted({text for rule in RULES.rules for pair in RULES.samples(rule)[:4] for text in pair})
CHATTER = st.text(st.sampled_from("客户今天来电咨询，。；、/ #[]0123456789万约已在去赴ABab\u200b　\n"), max_size=12)
REMARK = st.lists(st.one_of(CHATTER, st.sampled_from(SAMPLES)), max_size=4).map("".join)
PEOPLE = people(120)
COPIES = [marked(PEOPLE, KEEPER, recipient, pool=pool(30)) for recipient in range(2)]
MANIFESTS = [copy.manifest for _, copy in COPIES]
REGISTER = {canary for plan, _ in COPIES for canary in (*plan.exclusive, *plan.pool)}
LEAK = shown(COPIES[0][1])


def read(rows):
    table = LeakedTable([cells for _, cells in rows])
    links = links_of(MANIFESTS, [token for token, _ in rows])
    return recover(table, links, MANIFESTS, keys_of=KEEPER.keys_of, rules=RULES, register=REGISTER)


@given(st.lists(REMARK, min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_recover_reads_every_symbol_that_embed_wrote(remarks):
    rows = people(len(remarks), tuple(remarks))
    _, copy = marked(rows, KEEPER)
    slotted = {token: ids for token, ids in zip(copy.manifest.tokens, copy.manifest.slots, strict=True) if ids}
    cells = dict(shown(copy))

    for token, (rule,) in slotted.items():
        assert RULES.read(cells[token])[rule] in (0, 1)
    recovery = recover(
        LeakedTable(list(cells.values())),
        links_of([copy.manifest], list(cells)),
        [copy.manifest],
        keys_of=KEEPER.keys_of,
        rules=RULES,
        register=(),
    )
    assert recovery.reliability.lost == 0
    for reading in recovery.copies:
        assert reading.recovered.agreement == reading.recovered.positions == len(slotted)


@given(REMARK, st.integers(0, 1))
@settings(max_examples=150, deadline=None)
def test_writing_gives_the_symbol_and_writing_twice_changes_nothing(text, symbol):
    choice = RULES.choose({"remark": text}, lambda rule: bytes([rule]))
    if choice is not None:
        written = RULES.write(text, choice.rule, symbol)
        assert RULES.read([written])[choice.rule] == symbol
        assert RULES.write(written, choice.rule, symbol) == written
        assert written == (choice.one if symbol else choice.zero)["remark"]


@given(REMARK, st.integers(0, 1))
@settings(max_examples=150, deadline=None)
def test_no_figure_is_altered_by_any_rule(text, symbol):
    for rule in RULES.read([text]):
        written = RULES.write(text, rule, symbol)
        assert sorted(re.findall(r"\d+", written)) == sorted(re.findall(r"\d+", text))


@given(REMARK)
@settings(max_examples=150, deadline=None)
def test_reading_does_not_depend_on_the_dress_of_a_text(text):
    for dressed in (unicodedata.normalize("NFKC", text), f"  {text}\r\n", text.upper().lower(), fold(text)):
        if fold(dressed) == fold(text):
            assert RULES.read([dressed]) == RULES.read([text])


@given(st.permutations(range(len(LEAK))), st.permutations(range(4)))
@settings(max_examples=15, deadline=None)
def test_permuting_rows_and_columns_changes_no_e_value(rows, columns):
    permuted = [(LEAK[k][0], [LEAK[k][1][column] for column in columns]) for k in rows]

    assert read(permuted).copies == read(LEAK).copies
    assert read(permuted).hits == read(LEAK).hits


@given(st.lists(st.sampled_from(range(len(LEAK))), max_size=60))
@settings(max_examples=15, deadline=None)
def test_showing_rows_again_changes_no_e_value(again):
    assert read([*LEAK, *(LEAK[k] for k in again)]).copies == read(LEAK).copies


@given(st.lists(st.lists(st.text(max_size=30), max_size=5), max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_table_of_texts_can_be_read(rows):
    tokens = [MANIFESTS[0].tokens[k] for k in range(len(rows))]

    recovery = read(list(zip(tokens, rows, strict=True)))

    assert recovery.reliability.rows == len(rows)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=150, deadline=None)
def test_the_parsers_raise_nothing_but_errors_of_ours(data):
    for parse, error in ((Manifest.from_bytes, BadManifestError), (Rules.from_toml, BadRuleError)):
        with contextlib.suppress(error):
            parse(data)


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_a_manifest_that_was_changed_anywhere_is_refused_or_is_another_manifest(place, change):
    data = MANIFESTS[0].to_bytes()
    at = place % len(data)
    changed = data[:at] + change + data[at + len(change) :]
    try:
        manifest = Manifest.from_bytes(changed)
    except BadManifestError:
        return
    assert (manifest == MANIFESTS[0]) is (changed == data)
