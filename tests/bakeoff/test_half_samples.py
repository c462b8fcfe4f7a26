"""A rung is proposed only if it would be with others to learn from: fits on halves, and what they widen."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy_projects
from test_compare import LADDER, REFERENCE, losses, noisy

from stepladder.bakeoff.choose import propose
from stepladder.bakeoff.compare import compare
from stepladder.bakeoff.half_samples import PAIRS, Apart, Halves, halved
from stepladder.bakeoff.replay import prepare
from stepladder.bakeoff.runs import Ran, Setting
from stepladder.bakeoff.settle import settled
from stepladder.core.history import History
from stepladder.core.rung import Rung
from stepladder.fence.measure import Measured
from stepladder.questions import question_toml, retention
from stepladder.questions.retention import toy

ACCIDENT = """-- Everybody buys as often as an accident of who was learnt from has it.
create table model_accident as select 0.1 + sum(customer) % 97 / 30.0 as n from purchases;
select customer, n as prediction from cases cross join model_accident
"""
NOTHING = """-- Everybody buys as often as all did, reckoned whenever it is asked.
select customer, n as prediction from cases
  cross join (select count(*) / 2000.0 as n from purchases) as everyone
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A few hundred customers, with two cutoffs that choose."""
    folder = tmp_path_factory.mktemp("world")
    path = folder / "purchases.parquet"
    pq.write_table(toy.simulate(toy.World(), 400, 5)[0], path)
    ask = question_toml.parse(toy.ASK)
    history = History(toy.NOW + timedelta(days=91), ask, {"purchases": (str(path), "day")})
    return history, prepare(retention, history, folder / "known")


def apart(world, folder, measure=toy_projects.measured, **texts):
    """How far the halves of the first pairs are apart, for rungs of these texts, learnt in this process."""
    history, replays = world
    folder.mkdir()
    rungs = []
    for name, text in texts.items():
        (folder / f"{name}.sql").write_text(text)
        rungs.append(Rung(folder / f"{name}.sql"))
    setting = Setting("retention", retention, history, rungs, folder, folder, 1, measure)
    usual = [
        pa.table({
            "customer": replay.cases["customer"], "prediction": np.full(len(replay.cases), 0.7),
            **{name: pa.nulls(len(replay.cases), pa.float64()) for name in ("low", "high", "alive", "value")},
        })
        for replay in replays
    ]  # fmt: skip
    ran = [Ran(rung, "ok", [None] * len(replays)) for rung in rungs]
    halves = Halves(setting, replays, ran, usual, lambda *_: None)
    found = [halves.apart(list(texts), pair) for pair in range(2)]
    return {name: [one[name] and one[name].distance for one in found] for name in texts}


def test_halves_are_complementary_and_of_the_same_units_at_every_cutoff(world):
    _, replays = world
    sides: dict[tuple[int, int], list[set[int]]] = {}
    for pair in range(PAIRS):
        for replay in replays:
            who = []
            for side in (0, 1):
                half = halved(replay.files.tables, ("customer",), pair, side)
                known = replace(replay.known, only=tuple(half.items()))
                rows = known.sql("select customer from purchases")
                who.append(set(rows["customer"].to_pylist()))
                sides.setdefault((pair, side), []).append(who[-1])
            assert not who[0] & who[1]
            assert who[0] | who[1] == set(replay.cases["customer"].to_pylist())
            assert min(map(len, who)) > 0.4 * len(replay.cases)
    for at in sides.values():  # whoever is in a half stays there
        assert all(earlier <= later for earlier, later in pairwise(at))
    assert len({frozenset(at[-1]) for at in sides.values()}) == 2 * PAIRS
    assert halved(replays[0].files.tables, ("shop",), 0, 0) == {}


def test_a_rung_that_an_accident_decides_is_further_apart_than_one_that_learns_from_all(
    world, tmp_path
):
    same = (toy_projects.questions.folder("retention") / f"{retention.REFERENCE}.sql").read_text()
    found = apart(world, tmp_path / "a", r2_accident=ACCIDENT, r1_all=same, r2_nothing=NOTHING)
    accident, everyone = (np.mean(np.square(found[name])) for name in ("r2_accident", "r1_all"))
    assert accident > 10 * everyone > 0
    assert found["r2_nothing"] == [0.0, 0.0]

    def late(*_, **__):
        return Measured("stopped: out of its time box of 1 s")

    said = apart(world, tmp_path / "b", late, r2_accident=ACCIDENT)
    assert said == {"r2_accident": [None, None]}


def made(cutoffs=1):
    return compare(losses([noisy((2, 1.05, 1), 1)] * (cutoffs + 1)), REFERENCE, seed=1)


def settle(found, by_rung, means=None, **given):
    """What is proposed where halves are so far apart, and which fits that took."""
    asked = []

    def apart(names, pair):
        asked.extend((name, pair) for name in names)
        far = {name: by_rung.get(name, [0.0] * PAIRS)[pair] for name in names}
        return {n: None if d is None else Apart(d, (means or {}).get(n)) for n, d in far.items()}

    choose = partial(propose, candidates=LADDER, reference=REFERENCE, margin=0.1, **given)
    return settled(found, choose, apart, "customers"), asked


def test_where_fits_differ_much_the_proposal_moves_up():
    found = made()
    calm, asked = settle(found, {"r2_table": [0.001, -0.001, 0.001, 0.001]})
    assert calm.proposal.rung == "r2_table"
    assert len(asked) == 4  # two pairs of two rungs: more would change nothing
    assert "also holds how it would do with other customers" in calm.notes[0]
    noise, asked = settle(found, {"r2_table": [0.3, -0.3, 0.3, -0.3]})
    assert noise.proposal.rung == "r3_model"
    assert len(asked) == 4
    assert "might well not be" in noise.notes[0]
    best, _ = settle(found, {"r3_model": [0.3, -0.3, 0.3, -0.3]})
    assert best.proposal.rung == "r3_model"  # it is the difference that counts
    both, _ = settle(found, {n: [0.02, -0.02, 0.01, 0.02] for n in ("r2_table", "r3_model")})
    assert both.proposal.rung == "r2_table"
    money, _ = settle(found, {"r2_table": [0.3, -0.3, 0.3, -0.3]}, allowed_loss={"r2_table": 0.09})
    assert money.proposal.rung == "r3_model"
    for one in (calm, noise, best, both, money):
        assert one.comparison.beats_reference == found.beats_reference
        assert one.comparison.choose["r3_model"] == found.choose["r3_model"]


def test_a_best_that_falls_behind_on_halves_is_not_preferred_for_being_unsure():
    unsure = {"r3_model": [0.3, -0.3, 0.3, -0.3], "r2_table": [0.01, -0.01, 0.01, 0.01]}
    found = made()
    ahead, _ = settle(found, unsure, {"r3_model": 1.05, "r2_table": 1.1})
    assert ahead.proposal.rung == "r3_model"
    behind, _ = settle(found, unsure, {"r3_model": 1.15, "r2_table": 1.1})
    assert behind.proposal.rung == "r2_table"
    assert "lost more than r2_table on average" in behind.notes[0]
    wide, was = (one.choose["r2_table"] for one in (behind.comparison, found))
    assert wide.worse_high > was.worse_high  # its own fits count still
    both, _ = settle(
        found, {**unsure, "r2_table": unsure["r3_model"][::-1]}, {"r3_model": 1.15, "r2_table": 1.1}
    )
    assert both.proposal.rung == "r3_model"


def test_an_interval_is_wider_by_what_four_pairs_of_halves_say():
    found, d = (
        made(),
        np.array([0.034, -0.036, 0.037, -0.035]),
    )  # neither plainly in nor plainly out
    wide, asked = settle(found, {"r2_table": list(d)})
    assert len(asked) == 2 * PAIRS
    within = found.variance["r2_table"][0].within
    times = (1 + (2.776 / 1.96) ** 2 * np.mean((d / 2) ** 2) / within) ** 0.5
    was, now = found.choose["r2_table"], wide.comparison.choose["r2_table"]
    assert now.worse_high - now.worse == pytest.approx(
        times * (was.worse_high - was.worse), rel=1e-3
    )
    assert now.worse == was.worse


def test_nothing_is_learnt_anew_where_the_best_or_the_reference_is_proposed():
    best = compare(losses([noisy((2, 1.5, 1), 1)] * 2), REFERENCE, seed=1)
    kept = compare(losses([noisy((1.001, 1.0, 1.0005), 1, own=0.2)] * 2), REFERENCE, seed=1)
    for found, rung in ((best, "r3_model"), (kept, REFERENCE)):
        said, asked = settle(found, {})
        assert (said.proposal.rung, asked, said.notes) == (rung, [], ())
        assert said.comparison is found


def test_what_cannot_be_learnt_from_a_half_is_said():
    said, _ = settle(made(), {"r3_model": [None] * PAIRS})
    assert said.proposal.rung == "r2_table"
    assert "could not be learnt from half" in said.notes[0]


def test_as_many_more_as_the_sentence_names_would_show_the_gain_four_times_in_five():
    said, seed = "", 0
    while "four times in five" not in said:  # a world whose gain is likely, and not sure
        seed += 1
        found = compare(losses([noisy((1.1, 1, 1), seed, n=60, own=0.3)] * 2), REFERENCE, seed=1)
        said = propose(found, LADDER, REFERENCE, margin=0.1, people="customers").sentence
    more = int(re.search(r"some ([\d,]+) customers more", said)[1].replace(",", ""))
    gain = found.above_best[REFERENCE].estimate
    shown = 0
    for seed in range(40):
        table = noisy((1 + gain, 1, 9), 1000 + seed, n=60 + more, own=0.3)
        shown += compare(losses([table] * 2), REFERENCE, seed=1).beats_reference
    assert shown >= 26  # 32 are four in five
    swings = [
        noisy((1 + g, 1, 1), i, n=900, own=0.02)
        for i, g in enumerate([0.5, -0.3, -0.2, 0.4, -0.2, 0, 0])
    ]
    found = compare(losses(swings), REFERENCE, seed=1)
    said = propose(found, LADDER, REFERENCE, margin=0.1).sentence
    assert "hardly show it" in said  # windows that disagree are not made to agree by more customers
