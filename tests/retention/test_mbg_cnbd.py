"""Regular buyers: published figures, the paper's own formulas, a simulated truth, and the edges."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.special import betaln, gammaln, hyp2f1

from stepladder.core.cases import everyone
from stepladder.core.errors import CannotStand
from stepladder.core.history import History
from stepladder.questions import retention
from stepladder.questions.question_toml import parse
from stepladder.questions.retention import deviance, r3_mbg_cnbd, toy
from stepladder.questions.retention.btyd import bg_nbd, mbg_cnbd, mbg_likelihood, pareto_nbd
from stepladder.questions.retention.btyd.gaps import log_gaps
from stepladder.questions.retention.btyd.grouping import group
from stepladder.questions.retention.btyd.summary import summary
from stepladder.questions.retention.btyd.told_apart import NOBODY

TRUTH = {"k": 3, "r": 2.0, "alpha": 1.5, "a": 0.3, "b": 3.0}  # mean gap: some two weeks
HORIZON = 13.0
SAMPLE = str(Path(__file__).parent / "cdnow_sample.parquet")


class Seen(NamedTuple):
    """Customers of a simulated world: their histories, what came after, and who was there still."""

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    log_gaps: float
    came: np.ndarray
    there: np.ndarray


def world(truth: dict[str, float], customers: int, seed: int) -> Seen:
    """Step by step as the model says, in whole days as purchases are: two on one day are one."""
    rng = np.random.default_rng(seed)
    T = rng.integers(26 * 7, 52 * 7, customers)
    rate = rng.gamma(truth["r"], 1 / truth["alpha"], customers) / 7
    leaving = rng.beta(truth["a"], truth["b"], customers)
    clock, last = rng.random(customers), np.zeros(customers, int)
    x, t_x, came, there, logs = (np.zeros(customers) for _ in range(5))
    on = np.arange(customers)
    while len(on):
        on = on[rng.random(len(on)) > leaving[on]]
        clock[on] += rng.gamma(truth["k"], 1 / rate[on])
        there[on[clock[on] > T[on]]] = 1
        on = on[clock[on] < T[on] + 1 + HORIZON * 7]
        day = np.floor(clock[on]).astype(int)
        new, before = day > last[on], day <= T[on]
        old, later = on[new & before], on[new & ~before]
        logs[old] += np.log((day[new & before] - last[old]) / 7)
        x[old] += 1
        t_x[old] = day[new & before] / 7
        came[later] += 1
        last[on] = day
    return Seen(x, t_x, T / 7, float(logs.sum()), came, there)


@pytest.fixture(scope="module")
def regular() -> Seen:
    return world(TRUTH, 4000, 1)


def test_published_figures():
    """CDNOW, weeks 1-39, as printed for MBG/NBD, which is k = 1; Batislam et al. (2007) on what to expect."""
    ask = parse('question = "retention"\nhorizon = 91')
    past = History(toy.date(1997, 10, 1), ask, {"purchases": (SAMPLE, "day")})
    known = summary(past)
    fitted = mbg_cnbd.fit(known.x, known.t_x, known.T, log_gaps(past))
    found = [fitted[name] for name in ("k", "r", "alpha", "a", "b")]
    assert np.all(np.abs(np.subtract(found, [1, 0.525, 6.183, 0.891, 1.614])) < 5e-4)
    r, alpha, a, b = found[1:]
    for t in (13.0, 32.0, 78.0):
        rest = (alpha / (alpha + t)) ** r * hyp2f1(r, b + 1, a + b, t / (alpha + t))
        paper = b / (a - 1) * (1 - rest)
        assert mbg_cnbd.expected_total(fitted, [0.0], t) == pytest.approx(paper, rel=1e-9)


def paper(k, truth, x, t_x, T, logs) -> float:
    """The log-likelihood of one customer as Reutterer, Platzer & Schröder (2021) write it."""
    r, alpha, a, b = (truth[name] for name in ("r", "alpha", "a", "b"))
    left = a / (b + x) * ((alpha + T) / (alpha + t_x)) ** (r + k * x)
    steps = [
        np.exp(gammaln(r + k * x + j) - gammaln(r + k * x) - gammaln(j + 1))
        * ((T - t_x) / (alpha + T)) ** j
        for j in range(k)
    ]
    own = (k - 1) * logs - x * gammaln(k) + betaln(a, b + x + 1) - betaln(a, b)
    own += gammaln(r + k * x) - gammaln(r) + r * np.log(alpha) - (r + k * x) * np.log(alpha + T)
    return own + np.log(left + sum(steps)), sum(steps) / (left + sum(steps))


def test_likelihood_and_who_is_there_are_the_papers(regular):
    for k in (1, 2, 5):
        model = {**TRUTH, "k": k}
        for x, t_x, T in ((0, 0.0, 30.0), (1, 2.0, 40.0), (17, 33.0, 33.0), (9, 20.0, 41.0)):
            height, there = paper(k, model, x, t_x, T, -1.5)
            got = mbg_cnbd.log_likelihood(model, [x], [t_x], [T], -1.5)
            assert got == pytest.approx(height, rel=1e-10)
            assert mbg_cnbd.alive(model, [x], [t_x], [T]) == pytest.approx(there, rel=1e-10)


def test_what_is_to_come_adds_up_over_all_that_may_have_been():
    """Of a newcomer, the mean of how often people buy, each count with its chance (the paper's)."""
    from scipy.stats import nbinom  # here: every worker reads this file, and this takes a second

    k, r, alpha, a, b = TRUTH.values()
    n, t = np.arange(200), 20.0
    steps = nbinom(r, alpha / (alpha + t))
    stayed = np.exp(betaln(a, b + n + 1) - betaln(a, b))  # after the first purchase and n more
    left = np.exp(betaln(a + 1, b + n) - betaln(a, b))
    chance = stayed * (steps.cdf(k * n + k - 1) - steps.cdf(k * n - 1))
    chance += left * (1 - steps.cdf(k * n - 1))
    assert chance.sum() == pytest.approx(1)
    assert mbg_cnbd.expected_total(TRUTH, [0.0], t) == pytest.approx(chance @ n, rel=1e-9)
    assert mbg_cnbd.expected(TRUTH, [0], [0], [0], t) == pytest.approx(chance @ n, rel=1e-9)


def test_derivatives(regular):
    g = group(regular.x[:300], regular.t_x[:300], regular.T[:300])
    place, step = np.array([0.4, -0.6, -2.0, -0.9]), 1e-4
    for k in (1, 4):

        def evaluate(at, k=k):
            return mbg_likelihood.evaluate(k, bg_nbd.rates_at(at), g)

        _, gradient, hessian = evaluate(place)
        for i, row in enumerate(np.eye(4) * step):
            after, before = evaluate(place + row), evaluate(place - row)
            slope = (after[0] - before[0]) / (2 * step)
            assert slope == pytest.approx(gradient[i], abs=1e-4, rel=1e-6)
            bend = (after[1] - before[1]) / (2 * step)
            assert bend == pytest.approx(hessian[i], abs=1e-4, rel=1e-6)


def test_it_recovers_the_truth_and_forecasts_regular_buyers_better(regular):
    seen = regular[:3]
    fitted = mbg_cnbd.fit(*seen, regular.log_gaps)
    assert fitted["k"] == TRUTH["k"]
    off = np.subtract([fitted[n] for n in bg_nbd.NAMES], [TRUTH[n] for n in bg_nbd.NAMES])
    assert np.all(np.abs(off) < 3 * fitted["se"])
    mean, alive = mbg_cnbd.outlook(fitted, *seen, HORIZON)
    assert mean.sum() == pytest.approx(regular.came.sum(), rel=0.03)
    assert alive.sum() == pytest.approx(regular.there.sum(), rel=0.03)
    late = (alive > 0.2) & (alive < 0.8)
    assert alive[late].sum() == pytest.approx(regular.there[late].sum(), rel=0.15)
    assert mean[late].sum() == pytest.approx(regular.came[late].sum(), rel=0.15)
    floor = 0.01 * regular.came.mean()  # nobody is surer than that

    def loss(mean):
        return deviance(regular.came, np.maximum(mean, floor)).mean()

    for other in (bg_nbd, pareto_nbd):
        theirs = other.expected(other.fit(*seen), *seen, HORIZON)
        assert loss(mean) < 0.9 * loss(theirs)


@pytest.mark.parametrize("k", [3, 11])
def test_alone_a_customer_gets_the_same_to_the_last_bit(regular, k):
    model = {**TRUTH, "k": k}
    whole = mbg_cnbd.outlook(model, *regular[:3], HORIZON)
    for i in range(0, 4000, 400):
        alone = mbg_cnbd.outlook(model, *(column[i : i + 1] for column in regular[:3]), HORIZON)
        assert [float(part[i]) for part in whole] == [float(part[0]) for part in alone]


def shop(folder: Path, stay: float) -> History:
    """People who buy every two weeks, a day or two more or less; all of them stay, or some leave."""
    rng, rows = np.random.default_rng(5), []
    for who in range(150):
        day, end = int(rng.integers(0, 28)), 365 if rng.random() < stay else rng.integers(30, 300)
        while day < end:
            rows.append((who, toy.World.start + timedelta(days=day), 10.0))
            day += int(rng.integers(12, 17))
    twice = [(who, day, 1.0) for who, day, _ in rows[::3]]
    back = [(who, day + timedelta(days=1), -4.0) for who, day, _ in rows[::5]]
    columns = zip(*rows, *twice, *back, strict=True)
    table = pa.table(dict(zip(("customer", "day", "value"), map(list, columns), strict=True)))
    pq.write_table(table, folder / "p.parquet")
    ask = parse('question = "retention"\nhorizon = 28')
    end = toy.World.start + timedelta(days=365)
    return History(end, ask, {"purchases": (str(folder / "p.parquet"), "day")})


def test_days_first_so_that_no_gap_is_nothing(tmp_path):
    """Neither a second purchase on a day nor a day of returns makes a gap shorter."""
    past = shop(tmp_path, 0.5)
    model = r3_mbg_cnbd.fit(past)
    assert log_gaps(past) / summary(past).x.sum() == pytest.approx(np.log(2), abs=0.02)
    assert model["k"] == mbg_cnbd.MOST
    answers = r3_mbg_cnbd.predict(model, past, everyone(retention, past))
    alive, known = np.array(answers["alive"].to_pylist()), summary(past)
    late = 7 * (known.T - known.t_x) > 16  # days, since which they would have bought again
    assert 40 < late.sum() < 110
    assert alive[~late].min() > 0.9
    assert alive[7 * (known.T - known.t_x) > 35].max() < 0.1


def test_where_nobody_has_left_nobody_is_said_to_be_there_for_certain(tmp_path):
    past = shop(tmp_path, 1.0)
    model = r3_mbg_cnbd.fit(past)
    assert "nobody leaves" in model["warnings"]
    assert NOBODY in model["warnings"]
    answers = r3_mbg_cnbd.predict(model, past, everyone(retention, past))
    assert answers["alive"].null_count == len(answers) == 150
    assert np.mean(answers["prediction"].to_pylist()) == pytest.approx(2.0, abs=0.05)


def test_who_never_came_back_teaches_nothing():
    with pytest.raises(CannotStand, match="bought once"):
        mbg_cnbd.fit([0, 0], [0, 0], [5, 9], 0.0)
