"""Marks: embedding, decoding, and false accusations beside two baselines. Run: ``python bench/mark.py [--quick]``.

Baselines, both over the same symbols as ours:

* symmetric Tardos score (Skoric et al. 2008), threshold for a Gaussian score at alpha/n;
* mean + 1 standard deviation of that score, as the public decoder for marked tables has it.
"""

import argparse
import hashlib
import math
import statistics
import time
from dataclasses import replace

import numpy as np

from dyepack.identifiers.name_tables import name_tables
from dyepack.mark import (
    CopyKeys,
    LeakedTable,
    MarkAsk,
    ReleaseRow,
    commitments,
    derive_keys,
    embed,
    plan_copy,
    recover,
    shipped_rules,
)
from dyepack.mark.decoder import CELLS, TEXT_DECODER, Attack, attack_theta
from dyepack.mark.profiles import NUIDA_2009_C6
from dyepack.terms.ids import decode_id, encode_id, record_token
from dyepack.terms.sensitive import Sensitive

EPOCH = encode_id(bytes(16))
KEY = bytes(range(32))
COLUMNS = ("name", "phone", "target_country", "remark")
REMARKS = (
    "客户意向去英国读研，预算约30万",
    "在读高二，家长已沟通，下周再联系",
    "预算25万左右，偏向美国",
    "#英国 #硕士 已加微信",
)


class Chance:
    """Reproducible bytes."""

    def __init__(self, seed: int) -> None:
        self._seed, self._counter = seed, 0

    def token_bytes(self, size: int) -> bytes:
        """The next bytes."""
        self._counter += 1
        return hashlib.shake_256(b"%d/%d" % (self._seed, self._counter)).digest(size)


class Keeper:
    """Hashes and keys of copies."""

    def commitments(self, copy: bytes, epoch: bytes) -> tuple[bytes, bytes]:
        """Hashes only."""
        return commitments(derive_keys(KEY, copy, epoch))

    def keys_of(self, copy: str, epoch: str) -> CopyKeys:
        """Both keys."""
        return derive_keys(KEY, decode_id(copy), decode_id(epoch))


class Lines:
    """Numbers of an unassigned prefix."""

    def __init__(self) -> None:
        self._next = 0

    def take(self) -> str:
        """The next number."""
        self._next += 1
        return f"+86169{self._next:08d}"


class Nobody:
    """Nobody has any name or number."""

    def name_in_use(self, name: str) -> bool:
        """Never."""
        return not name

    def phone_in_use(self, number: str) -> bool:
        """Never."""
        return not number


def rows_of(count: int) -> list[ReleaseRow]:
    found = []
    for k in range(count):
        cells = {"name": "测试", "phone": f"138{k:08d}", "target_country": "英国", "remark": REMARKS[k % len(REMARKS)]}
        token = record_token(hashlib.sha256(b"%d" % k).digest()[:16])
        found.append(ReleaseRow(token, {name: Sensitive(text) for name, text in cells.items()}))
    return found


def copies_of(rows: list[ReleaseRow], count: int, seed: int = 0):
    ask = MarkAsk(
        release=EPOCH,
        institution="i_" + EPOCH,
        recipient=EPOCH,
        columns=COLUMNS,
        tokens=tuple(row.token for row in rows),
        live_copies=count,
        year=2026,
    )
    lines, keeper = Lines(), Keeper()
    for k in range(count):
        plan = plan_copy(
            ask,
            epoch=EPOCH,
            pool=(),
            keys=keeper,
            lines=lines,
            in_use=Nobody(),
            names=name_tables(),
            rules=shipped_rules(),
            random=Chance(seed + k),
        )
        yield plan, keeper


def embedding(count: int) -> None:
    rows = rows_of(count)
    plan, keeper = next(copies_of(rows, 1))
    start = time.process_time()
    copy = embed(plan, keeper.keys_of(plan.copy, EPOCH), rows, shipped_rules())
    seconds = time.process_time() - start
    plain = time.process_time()
    _ = [{name: cell.disclose() for name, cell in row.cells.items()} for row in sorted(rows, key=lambda row: row.token)]
    bare = time.process_time() - plain
    slots = copy.manifest.positions
    print(f"embed      {count / seconds:>10,.0f} rows/s  ({count:,} rows, {slots:,} slots, {seconds:.2f} s of CPU;")
    print(f"           {seconds / bare:,.0f} x opening and sorting the same rows)")


def decoding(count: int, copies: int) -> None:
    rows = rows_of(count)
    plan, keeper = next(copies_of(rows, 1))
    first = embed(plan, keeper.keys_of(plan.copy, EPOCH), rows, shipped_rules())
    manifests = [first.manifest]
    for k in range(1, copies):
        name = hashlib.sha256(b"copy %d" % k).digest()[:16]
        key, bias = keeper.commitments(name, bytes(16))
        manifests.append(_renamed(first.manifest, encode_id(name), key.hex(), bias.hex()))
    cells = [[row.cells[column].disclose() for column in COLUMNS] for row in first.rows]
    known = set(plan.ask.tokens)
    links = {k: row.token for k, row in enumerate(first.rows, start=1) if row.token in known}
    start = time.process_time()
    recovery = recover(
        LeakedTable(cells), links, manifests, keys_of=keeper.keys_of, rules=shipped_rules(), register=plan.exclusive
    )
    seconds = time.process_time() - start
    best, second = recovery.copies[:2]
    held = len(recovery.copies)
    print(f"decode     {seconds:>10.2f} s of CPU ({count:,} rows against {held:,} copies that hold them all;")
    print(f"           log10 E {best.log10_e:.1f} for the leaker's copy, {second.log10_e:.1f} for the next)")


def _renamed(manifest, copy: str, key: str, bias: str):
    return replace(manifest, copy=copy, key_commit=key, bias_commit=bias, exclusive=())


def symmetric_scores(p: np.ndarray, words: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Skoric's symmetric accusation, copies x runs summed over positions."""
    one, zero = np.sqrt((1 - p) / p), np.sqrt(p / (1 - p))
    gain = np.where(shown, one, zero)[:, None, :]
    loss = np.where(shown, zero, one)[:, None, :]
    return np.where(words == shown[:, None, :], gain, -loss).sum(axis=2)


def accusations(runs: int, copies: int = 20, positions: int = 60, alpha: float = 0.01) -> None:
    chance = np.random.default_rng(7)
    print(f"innocents accused, share of {runs:,} runs ({copies} copies, {positions} positions, alpha {alpha}):")
    print(f"           {'attack':<14}{'ours':>10}{'Gaussian':>12}{'mean + 1 std':>14}")
    z = statistics.NormalDist().inv_cdf(1 - alpha / copies)
    for colluders, attack in ((1, Attack.COIN), (2, Attack.COIN), (3, Attack.MINORITY), (3, Attack.UNION)):
        biases = chance.choice(3, size=(runs, positions), p=NUIDA_2009_C6.weights)
        p = np.array(NUIDA_2009_C6.probabilities)[biases]
        words = chance.random((runs, copies, positions)) < p[:, None, :]
        theta = np.array(attack_theta(attack, colluders))
        shown = chance.random((runs, positions)) < theta[words[:, :colluders].sum(axis=1)]
        flat = (biases[:, None, :] * 4 + words * 2 + shown[:, None, :]).reshape(runs * copies, positions)
        counts = np.stack([(flat == cell).sum(axis=1) for cell in range(CELLS)], axis=1)
        log_e = np.array([evidence.log_e for evidence in TEXT_DECODER.decide(counts)]).reshape(runs, copies)
        scores = symmetric_scores(p, words, shown)
        innocent = slice(colluders, None)
        ours = (log_e[:, innocent] >= math.log(copies / alpha)).any(axis=1).mean()
        gaussian = (scores[:, innocent] >= z * math.sqrt(positions)).any(axis=1).mean()
        line = scores.mean(axis=1, keepdims=True) + scores.std(axis=1, keepdims=True)
        deviating = (scores[:, innocent] >= line).any(axis=1).mean()
        print(f"           {f'{colluders} {attack}':<14}{ours:>10.4f}{gaussian:>12.4f}{deviating:>14.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    share = 10 if parser.parse_args().quick else 1
    embedding(100_000 // share)
    decoding(2_000, 1_000 // share)
    accusations(5_000 // share)


if __name__ == "__main__":
    main()
