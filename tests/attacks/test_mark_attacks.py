"""What leakers, framers and clumsy hands do to marked copies; each attack fails, or costs power and never soundness."""

import csv
import io
import math
import random
from dataclasses import replace

import numpy as np
import pytest

from dyepack.mark.decoder import TEXT_DECODER, Attack, Decoder, count
from dyepack.mark.errors import KeyMismatchError
from dyepack.mark.profiles import ALPHA_OF_THE_HOUSE, BANK_52, NUIDA_2009_C6
from dyepack.mark.recover import LeakedTable, recover
from dyepack.mark.variant import shipped_rules
from dyepack.terms.ids import decode_id
from fakes.marks import COLUMNS, FakeMarkKeeper, links_of, marked, people, pool, shown

RULES = shipped_rules()
KEEPER = FakeMarkKeeper()
RECIPIENTS = 5
PEOPLE = people(1500)
COPIES = [marked(PEOPLE, KEEPER, recipient, pool=pool(60)) for recipient in range(RECIPIENTS)]
MANIFESTS = [copy.manifest for _, copy in COPIES]
REGISTER = {canary for plan, _ in COPIES for canary in (*plan.exclusive, *plan.pool)}
THRESHOLD = math.log10(RECIPIENTS / ALPHA_OF_THE_HOUSE)


def read(rows, **given):
    arguments = {"keys_of": KEEPER.keys_of, "rules": RULES, "register": REGISTER, **given}
    table = LeakedTable([cells for _, cells in rows])
    return recover(table, links_of(MANIFESTS, [token for token, _ in rows]), MANIFESTS, **arguments)


def named(recovery):
    return {copy.recovered.copy for copy in recovery.copies if copy.log10_e >= THRESHOLD}


def only(*recipients):
    return {MANIFESTS[recipient].copy for recipient in recipients}


def sample(rows, share, seed=0):
    return random.Random(seed).sample(rows, int(len(rows) * share))


@pytest.mark.parametrize("kept", [1.0, 0.5, 0.3, 0.1])
@pytest.mark.parametrize("seller", range(3))
def test_deleting_and_shuffling_rows_still_names_the_seller(kept, seller):
    assert named(read(sample(shown(COPIES[seller][1]), kept, seed=seller))) == only(seller)


def test_altering_a_tenth_of_the_texts_still_names_the_seller():
    chance = random.Random(7)
    rows = [
        (token, [*cells[:3], RULES.write(cells[3], next(iter(RULES.read([cells[3]])), 0), chance.randrange(2))])
        if chance.random() < 0.2
        else (token, cells)
        for token, cells in shown(COPIES[1][1])
    ]

    assert named(read(rows)) == only(1)


def test_dropping_renaming_and_merging_columns_still_names_the_seller():
    remarks = [(token, [cells[3]]) for token, cells in shown(COPIES[2][1])]
    merged = [(token, ["；".join(cells)]) for token, cells in shown(COPIES[2][1])]

    assert named(read(remarks)) == only(2)
    assert named(read(merged)) == only(2)


def test_a_round_through_gb18030_and_full_width_still_names_the_seller():
    rows = shown(COPIES[0][1])
    sheet = io.StringIO()
    csv.writer(sheet).writerows([cells for _, cells in rows])
    encoded = sheet.getvalue().encode("gb18030").decode("gb18030")
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    dressed = [[f" {cell.translate(wide)}　" for cell in cells] for cells in csv.reader(io.StringIO(encoded))]
    leak = [(token, cells) for (token, _), cells in zip(rows, dressed, strict=True)]

    recovery = read(leak)

    assert named(recovery) == only(0)
    assert len(recovery.hits) == 3


def test_three_times_as_many_foreign_rows_still_names_the_seller():
    foreign = [("foreign", ["测试甲", f"1390000{k:04d}", "", "去英国读研"]) for k in range(4500)]

    assert named(read([*foreign, *shown(COPIES[3][1])])) == only(3)


def coalition(kind, first, second):
    """What two recipients make of their copies where these differ."""
    copies = [dict(shown(COPIES[k][1])) for k in (first, second)]
    chance = random.Random(f"{kind} {first} {second}")
    rows = []
    for token in sorted(copies[0].keys() | copies[1].keys()):
        versions = [copy[token] for copy in copies if token in copy]
        if len(versions) == 1:
            if kind == "union" or (kind == "coin" and chance.random() < 0.5):
                rows.append((token, versions[0]))
        elif versions[0] == versions[1] or kind == "coin":
            rows.append((token, chance.choice(versions)))
        else:
            symbol = int(kind == "union")
            rule = next(
                ids[0] for known, ids in zip(MANIFESTS[0].tokens, MANIFESTS[0].slots, strict=True) if known == token
            )
            rows.append((token, next(cells for cells in versions if RULES.read(cells)[rule] == symbol)))
    return rows


@pytest.mark.parametrize("kind", ["union", "intersection", "coin"])
@pytest.mark.parametrize(("first", "second"), [(0, 1), (2, 4)])
def test_two_who_merge_their_copies_are_named_and_nobody_else(kind, first, second):
    accused = named(read(coalition(kind, first, second)))

    assert accused
    assert accused <= only(first, second)


def test_two_who_blank_whatever_differs_are_named():
    copies = [dict(shown(COPIES[k][1])) for k in (0, 1)]
    rows = [
        (token, cells if copies[1][token] == cells else [*cells[:3], ""])
        for token, cells in copies[0].items()
        if token in copies[1]
    ]

    assert named(read(rows)) == only(0, 1)


def test_halves_of_two_copies_name_one_of_the_two_or_both():
    first, second = (shown(COPIES[k][1]) for k in (1, 3))
    accused = named(read([*first[: len(first) // 2], *second[len(second) // 2 :]]))

    assert accused
    assert accused <= only(1, 3)


def test_one_record_shown_in_both_forms_is_lost_and_not_counted_twice():
    """M2: a position that contradicts itself gives no factor; shown twice it gives one."""
    rows = shown(COPIES[0][1])
    other = dict(shown(COPIES[1][1]))
    contradicted = [*rows, *((token, other[token]) for token, _ in rows if token in other)]

    once, twice, mixed = read(rows), read([*rows, *rows]), read(contradicted)

    assert twice.copies == once.copies
    assert mixed.reliability.lost > 300
    assert mixed.reliability.read + mixed.reliability.lost == once.reliability.read
    best = next(copy for copy in mixed.copies if copy.recovered.copy == MANIFESTS[0].copy)
    assert best.log10_e < once.copies[0].log10_e


def test_a_list_that_is_sold_again_spends_nothing_twice():
    rows = shown(COPIES[2][1])
    first = read(rows)
    again = read(rows, spent=first.spent)

    assert again.copies == ()
    assert again.reliability.skipped == first.reliability.read
    assert again.spent == first.spent
    assert again.hits == first.hits


def test_a_second_list_adds_only_what_was_not_read_before():
    rows = shown(COPIES[2][1])
    half, rest = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    first = read(half)
    second = read(rows, spent=first.spent)
    text = {copy.recovered.copy: copy.log10_e_text for copy in read(rest).copies}

    assert {copy.recovered.copy: copy.log10_e_text for copy in second.copies} == text


def test_a_copy_whose_key_was_opened_is_not_evaluated_any_more():
    """M4: whoever saw the key can write that copy's codeword."""
    recovery = read(shown(COPIES[0][1]), opened=frozenset({MANIFESTS[0].copy}))

    assert MANIFESTS[0].copy not in {copy.recovered.copy for copy in recovery.copies}
    assert named(recovery) == set()


def test_another_key_of_the_same_copy_behaves_as_an_innocent():
    stranger = FakeMarkKeeper(b"\x07" * 32)
    foreign = [
        replace(manifest, key_commit=commit.hex(), bias_commit=bias.hex())
        for manifest in MANIFESTS
        for commit, bias in [stranger.commitments(decode_id(manifest.copy), decode_id(manifest.epoch))]
    ]
    rows = shown(COPIES[0][1])
    table = LeakedTable([cells for _, cells in rows])

    recovery = recover(
        table,
        links_of(MANIFESTS, [token for token, _ in rows]),
        foreign,
        keys_of=stranger.keys_of,
        rules=RULES,
        register=REGISTER,
    )

    assert len(recovery.copies) == RECIPIENTS
    assert named(recovery) == set()


def test_keys_that_do_not_fit_the_commitment_are_refused_rather_than_used():
    def forged(copy, epoch):
        return replace(KEEPER.keys_of(copy, epoch), copy_key=bytes(32))

    with pytest.raises(KeyMismatchError):
        read(shown(COPIES[0][1]), keys_of=forged)


def test_wrong_links_cost_power_and_accuse_nobody():
    rows = shown(COPIES[0][1])
    tokens = [token for token, _ in rows]
    shifted = [*tokens[1:], tokens[0]]
    table = LeakedTable([cells for _, cells in rows])
    manifests = [replace(manifest, exclusive=(), pool=()) for manifest in MANIFESTS]

    recovery = recover(table, links_of(MANIFESTS, shifted), manifests, keys_of=KEEPER.keys_of, rules=RULES, register=())

    assert named(recovery) == set()


def test_an_unmarked_leak_from_before_the_release_accuses_nobody():
    rows = [(row.token, [row.cells[name].disclose() for name in COLUMNS]) for row in PEOPLE]

    recovery = read(rows)

    assert len(recovery.copies) == RECIPIENTS
    assert named(recovery) == set()
    assert recovery.hits == ()


def test_a_canary_that_two_copies_claim_is_exclusive_to_none():
    plan, copy = COPIES[0]
    claimed = [MANIFESTS[0], replace(MANIFESTS[1], exclusive=MANIFESTS[0].exclusive), *MANIFESTS[2:]]
    rows = shown(copy)

    recovery = recover(
        LeakedTable([cells for _, cells in rows]),
        links_of(MANIFESTS, [token for token, _ in rows]),
        claimed,
        keys_of=KEEPER.keys_of,
        rules=RULES,
        register=REGISTER,
    )

    assert plan.exclusive
    assert recovery.hits == ()


def test_formulas_and_enormous_cells_are_only_text():
    token = next(t for t, ids in zip(MANIFESTS[0].tokens, MANIFESTS[0].slots, strict=True) if ids)
    hostile = [
        (token, ['=HYPERLINK("http://example.com")', "去" * 2_000_000, "1" * 100_000, "\x00\ud800", "#" * 50_000]),
        ("x", ["[" * 40_000, "预算约" * 20_000]),
    ]

    recovery = read(hostile)

    assert recovery.hits == ()
    assert recovery.reliability.rows == 2


def test_without_the_bank_a_minority_coalition_escapes():
    """Removal check: with models of interleaving alone, five sellers who show the minority are hardly ever found."""
    alone = Decoder(BANK_52)
    kept = [k for k, model in enumerate(alone.models) if model.attack is Attack.INTERLEAVE]
    alone.models, alone.table = tuple(alone.models[k] for k in kept), alone.table[:, kept]
    positions, colluders = 500, 5
    found = {TEXT_DECODER: 0, alone: 0}
    for seed in range(10):
        chance = np.random.default_rng(seed)
        biases = chance.choice(3, size=positions, p=NUIDA_2009_C6.weights).astype(np.uint8)
        p = np.array(NUIDA_2009_C6.probabilities)[biases]
        words = (chance.random((colluders, positions)) < p).astype(np.uint8)
        ones = words.sum(axis=0)
        file = np.where(ones == 0, 0, np.where(ones == colluders, 1, ones < 3)).astype(np.uint8)
        counts = np.array([count(biases.tobytes(), word.tobytes(), file.tobytes()) for word in words])
        for decoder in found:
            highest = max(evidence.log_e for evidence in decoder.decide(counts))
            found[decoder] += highest >= math.log(1000 / ALPHA_OF_THE_HOUSE)

    assert found[TEXT_DECODER] == 10
    assert found[alone] <= 2


def test_knowing_every_bias_does_not_let_a_framer_hit_another_codeword():
    """The framer writes the likelier symbol everywhere; an innocent copy agrees often, and is still not named."""
    chance = np.random.default_rng(11)
    for _ in range(40):
        biases = chance.choice(3, size=2000, p=NUIDA_2009_C6.weights).astype(np.uint8)
        p = np.array(NUIDA_2009_C6.probabilities)[biases]
        own = (chance.random(2000) < p).astype(np.uint8)
        file = (p >= 0.5).astype(np.uint8)
        (evidence,) = TEXT_DECODER.decide(np.array([count(biases.tobytes(), own.tobytes(), file.tobytes())]))
        assert evidence.log_e < math.log(RECIPIENTS / ALPHA_OF_THE_HOUSE)
