"""The buy-till-you-die models: published figures, independent formulas, limits, a study in small."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.integrate import quad
from scipy.special import gammaln, hyp2f1

from stepladder.core.ask import Ask
from stepladder.core.errors import CannotStand, Problem
from stepladder.core.history import History
from stepladder.questions.retention import r3_bg_nbd, r3_pareto_nbd
from stepladder.questions.retention.btyd import (
    bg_likelihood,
    bg_nbd,
    gamma_gamma,
    pareto_likelihood,
    pareto_nbd,
    split_lifetime,
    told_apart,
)
from stepladder.questions.retention.btyd.assumptions import warnings
from stepladder.questions.retention.btyd.bg_likelihood import Rates
from stepladder.questions.retention.btyd.counts import Counts
from stepladder.questions.retention.btyd.grouping import group
from stepladder.questions.retention.btyd.summary import Summary, summary
from stepladder.questions.retention.btyd.worlds import bg_world, pareto_world, whole_days

HERE = Path(__file__).parent
MODELS = {"Pareto/NBD": pareto_nbd, "BG/NBD": bg_nbd}


def history(now: date = date(1997, 10, 1), horizon: int = 91) -> History:
    """The published one-tenth sample of CDNOW, one row per purchase day."""
    ask = Ask.model_construct(question="retention", horizon=horizon, seed=1)
    return History(now, ask, {"purchases": (str(HERE / "cdnow_sample.parquet"), "day")})


@pytest.fixture(scope="module")
def cdnow() -> Summary:
    return summary(history())


def seen(known: Summary) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return known.x, known.t_x, known.T


def test_published_figures(cdnow: Summary) -> None:
    """Fader & Hardie's notes on CDNOW, weeks 1-39; beta, printed 11.668, is known to 6.2 only."""
    assert (len(cdnow.x), cdnow.x.sum(), (cdnow.x > 0).sum()) == (2357, 2457, 946)
    fitted = pareto_nbd.fit(*seen(cdnow))
    found = [fitted[name] for name in ("r", "alpha", "s", "beta", "log_likelihood")]
    digits = [5e-5, 5e-4, 5e-5, 1e-3, 1e-2]
    assert np.all(np.abs(np.subtract(found, [0.5533, 10.578, 0.6062, 11.668, -9594.97])) < digits)
    assert np.all(np.abs(fitted["se"] - [0.0476, 0.843, 0.187, 6.21]) < [5e-5, 5e-4, 5e-4, 5e-3])
    fitted = bg_nbd.fit(*seen(cdnow))
    found = [fitted[name] for name in ("r", "alpha", "a", "b", "log_likelihood")]
    digits = [5e-4, 5e-4, 5e-4, 5e-4, 5e-3]
    assert np.all(np.abs(np.subtract(found, [0.243, 4.414, 0.793, 2.426, -9582.43])) < digits)


def test_published_spending(cdnow: Summary) -> None:
    """The published p, q, v lie 7e-6 of log-likelihood below the top: a thousandth of an error."""
    fitted = gamma_gamma.fit(cdnow.valued, cdnow.value)
    found = [fitted[name] for name in gamma_gamma.NAMES]
    assert np.all(np.abs(np.subtract(found, [6.249, 3.745, 15.448])) < 3e-3 * fitted["se"])
    enter = cdnow.value > 0
    evaluate = gamma_gamma._likelihood(
        cdnow.valued[enter], cdnow.value[enter], np.ones(enter.sum())
    )
    published = evaluate(np.log([6.249, 3.745, 15.448 / 3.745]))[0]
    assert 0.0 <= fitted["log_likelihood"] - published < 1e-5
    shrunk = gamma_gamma.expected_value(fitted, [0, 1, 20], [np.nan, 100.0, 100.0])
    assert shrunk[0] == pytest.approx(fitted["p"] * fitted["v"] / (fitted["q"] - 1))
    assert shrunk[0] < shrunk[1] < shrunk[2] < 100.0


def test_heavy_buyers_stay_finite() -> None:
    model = {"r": 0.5143, "alpha": 2.8845, "s": 0.2856, "beta": 14.1087}
    x = [221, 254, 161, 204]
    t_x = [103.42857, 97.14286, 94.71429, 98.57143]
    T = [103.57143, 97.28571, 98.0, 99.42857]
    alive, expected = pareto_nbd.alive(model, x, t_x, T), pareto_nbd.expected(model, x, t_x, T, 52)
    by_hand = [direct(model, *row)[1] for row in zip(x, t_x, T, strict=True)]
    assert alive == pytest.approx(by_hand, rel=1e-8)
    assert np.isfinite(pareto_nbd.log_likelihood(model, x, t_x, T))
    assert np.all((expected > 50) & (expected < 130))


def direct(model: dict[str, float], x: float, t_x: float, T: float) -> tuple[float, float]:
    """Log-likelihood and P(alive) by adaptive quadrature of the textbook integral."""
    r, alpha, s, beta = (model[name] for name in pareto_nbd.NAMES)

    def log_f(tau: float, dead: float) -> float:
        own = -(r + x) * np.log1p(tau / alpha) - x * np.log(alpha)
        return own - (s + dead) * np.log1p(tau / beta) + dead * np.log(s / beta)

    alive, top = log_f(T, 0.0), max(log_f(t_x, 1.0), log_f(T, 0.0))
    points = t_x + (T - t_x) * np.logspace(-9, 0, 13)
    parts = [
        quad(
            lambda tau: np.exp(log_f(tau, 1.0) - top),
            a,
            b,
            epsabs=0,
            epsrel=1e-10,
            limit=200,
            full_output=1,
        )[0]
        for a, b in zip([t_x, *points[:-1]], points, strict=True)
        if b > a
    ]
    total = np.exp(alive - top) + sum(parts)
    return gammaln(r + x) - gammaln(r) + top + np.log(total), np.exp(alive - top) / total


def test_likelihood_agrees_with_adaptive_quadrature() -> None:
    """Random customers under random parameters, four decades wide."""
    rng = np.random.default_rng(7)
    for _ in range(60):
        r, s = 10.0 ** rng.uniform(-2, 2, 2)
        model = {
            "r": r,
            "alpha": r * 10.0 ** rng.uniform(-0.5, 3),
            "s": s,
            "beta": s * 10.0 ** rng.uniform(-0.5, 3),
        }
        T = np.rint(rng.uniform(7, 3000)) / 7
        t_x = np.rint(T * 7 * rng.random() ** rng.choice([0.1, 1, 3])) / 7
        x = float(min(rng.geometric(0.03), t_x * 7))
        height, alive = direct(model, x, t_x, T)
        assert pareto_nbd.log_likelihood(model, [x], [t_x], [T]) == pytest.approx(
            height, abs=2e-8, rel=1e-11
        )
        assert pareto_nbd.alive(model, [x], [t_x], [T])[0] == pytest.approx(
            alive, rel=1e-7, abs=1e-12
        )


def test_expected_purchases_agree_with_the_papers(cdnow: Summary) -> None:
    """Fader, Hardie & Lee (2005), equation 10; Schmittlein et al. (1987), equation 22."""
    x, t_x, T = seen(cdnow)
    r, alpha, a, b = 0.243, 4.414, 0.793, 2.426
    for t in (1.0, 13.0, 52.0):
        last = t / (alpha + T + t)
        rest = ((alpha + T) / (alpha + T + t)) ** (r + x) * hyp2f1(
            r + x, b + x, a + b + x - 1, last
        )
        gone = np.where(x > 0, a / (b + np.maximum(x, 1) - 1), 0.0) * (
            (alpha + T) / (alpha + t_x)
        ) ** (r + x)
        paper = (a + b + x - 1) / (a - 1) * (1 - rest) / (1 + gone)
        model: dict[str, Any] = {"r": r, "alpha": alpha, "a": a, "b": b}
        assert bg_nbd.expected(model, x, t_x, T, t) == pytest.approx(paper, rel=1e-9)
        r2, alpha2, s, beta = 0.5533, 10.578, 0.6062, 11.668
        model = {"r": r2, "alpha": alpha2, "s": s, "beta": beta}
        stay = (beta + T) / (s - 1) * (1 - ((beta + T) / (beta + T + t)) ** (s - 1))
        paper = pareto_nbd.alive(model, x, t_x, T) * (r2 + x) / (alpha2 + T) * stay
        assert pareto_nbd.expected(model, x, t_x, T, t) == pytest.approx(paper, rel=1e-12)


def test_derivatives() -> None:
    """Gradient and Hessian are the slopes of what they claim to be slopes of."""
    rng = np.random.default_rng(3)
    T = np.floor(rng.uniform(1, 60, 300) * 7) / 7
    g = group(*pareto_world(rng, 0.6, 6.0, 0.7, 12.0, T), T)

    def bg(place: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        m, u, odds, f = np.exp(place)
        return bg_likelihood.evaluate(Rates(m, u, odds / (1 + odds), 1 / (1 + odds), f), g)

    def pareto(place: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        return pareto_likelihood.evaluate(np.exp(place), g.x, g.t_x, g.T, g.weight)

    bought = g.x > 0
    spend = gamma_gamma._likelihood(
        g.x[bought], rng.gamma(3.0, 9.0, bought.sum()), g.weight[bought]
    )
    check(pareto, [-2.3, 0.7, -2.7, -0.1])
    check(pareto, [-2.3, -9.0, -2.7, -9.0])
    check(bg, [-2.0, 0.4, -0.9, -0.3])
    check(lambda place: split_lifetime.evaluate(place, g), [-2.0, 0.4, 0.5])
    check(lambda place: told_apart._staying(place, g), [-2.0, 0.4])
    check(spend, [1.0, 0.8, 1.2])


def check(evaluate: Callable[..., Any], place: list[float], step: float = 1e-4) -> None:
    _, gradient, hessian = evaluate(np.array(place))
    for i, row in enumerate(np.eye(len(place)) * step):
        after, before = evaluate(place + row), evaluate(place - row)
        assert (after[0] - before[0]) / (2 * step) == pytest.approx(gradient[i], abs=1e-5, rel=1e-6)
        assert (after[1] - before[1]) / (2 * step) == pytest.approx(hessian[i], abs=1e-5, rel=1e-6)


def study() -> ModuleType:
    path = HERE.parents[1] / "benchmarks" / "convergence.py"
    spec = importlib.util.spec_from_file_location("convergence", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_fit_ends_at_a_top_or_names_the_limit() -> None:
    """benchmarks/convergence.py in small."""
    convergence = study()
    for name, truth, history_of in convergence.draws(sets=40, customers=3000, seed=2):
        out = convergence.verdict(name, truth, history_of)
        assert out["end"].startswith("top"), (name, truth, out)
        assert out["above"] > 0.0


def no_dropout(
    rng: np.random.Generator, T: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray]:
    rate = rng.gamma(1.0, 0.1, len(T)) * (rng.random(len(T)) < share)
    x = rng.poisson(rate * T).astype(float)
    return x, whole_days(x, T * rng.random(len(T)) ** (1 / np.maximum(x, 1)), T)


def test_limits_are_named_and_usable() -> None:
    """Worlds in which a parameter has no finite value: named, standard error unknown, finite answers."""
    T = np.floor(np.random.default_rng(16).uniform(20, 52, 4000) * 7) / 7

    def rng(seed: int) -> np.random.Generator:
        return np.random.default_rng(seed)

    worlds = [
        (pareto_nbd, pareto_world(rng(4), 1e6, 1e7, 0.6, 12.0, T), "one purchase rate"),
        (pareto_nbd, pareto_world(rng(1), 0.7, 7.0, 1e6, 3e7, T), "exponential lifetime"),
        (pareto_nbd, no_dropout(rng(1), T, 0.5), "leave at once or never"),
        (bg_nbd, bg_world(rng(2), 1.5, 7.0, 3e5, 7e5, T), "one dropout probability"),
        (bg_nbd, no_dropout(rng(1), T, 1.0), "NBD"),
    ]
    for model, (x, t_x), name in worlds:
        fitted = model.fit(x, t_x, T)
        assert fitted["limit"] == name
        assert fitted["converged"]
        assert "not known" in fitted["sentence"]
        assert np.isnan(fitted["se"]).sum() == 2
        numbers = [model.alive(fitted, x, t_x, T), model.expected(fitted, x, t_x, T, 13.0)]
        assert all(np.isfinite(n).all() and (n >= 0).all() for n in numbers)
        total = model.expected_total(fitted, T, 0.0)
        assert total == pytest.approx(x.sum(), rel=0.1)


def test_limit_is_the_end_of_the_road() -> None:
    """With s and beta a million times larger nothing changes any more, nor at s = 1 exactly."""
    x, t_x, T = [0.0, 3.0, 9.0], [0.0, 5.0, 20.0], [10.0, 30.0, 40.0]
    limit = {
        "purchase_rate": 0.1,
        "purchase_spread": 2.0,
        "dropout_rate": 0.05,
        "dropout_spread": 0.0,
    }
    near = {"r": 0.5, "alpha": 5.0, "s": 1e7, "beta": 2e8}
    assert pareto_nbd.expected(limit, x, t_x, T, 13.0) == pytest.approx(
        pareto_nbd.expected(near, x, t_x, T, 13.0), rel=1e-5
    )
    one, beside = ({"r": 0.5, "alpha": 5.0, "s": s, "beta": 9.0} for s in (1.0, 1.0 + 1e-9))
    assert pareto_nbd.expected(one, x, t_x, T, 13.0) == pytest.approx(
        pareto_nbd.expected(beside, x, t_x, T, 13.0), rel=1e-7
    )


def test_grouping_and_order_change_nothing(cdnow: Summary) -> None:
    rng = np.random.default_rng(5)
    shuffled = rng.permutation(len(cdnow.x))
    for model in MODELS.values():
        fitted = model.fit(*seen(cdnow))
        again = model.fit(*(column[shuffled] for column in seen(cdnow)))
        assert all(np.array_equal(fitted[key], again[key], equal_nan=key == "se") for key in fitted)
        g = group(*seen(cdnow))
        weighted = model.fit(g.x, g.t_x, g.T, g.weight)
        assert weighted["log_likelihood"] == fitted["log_likelihood"]
        whole = model.expected(fitted, *seen(cdnow), 13.0)
        alone = [
            model.expected(fitted, *([c[i]] for c in seen(cdnow)), 13.0)[0] for i in (0, 7, 99)
        ]
        assert alone == pytest.approx(whole[[0, 7, 99]], rel=1e-12)


def test_impossible_and_hopeless_histories() -> None:
    for model in MODELS.values():
        with pytest.raises(CannotStand, match="bought once"):
            model.fit([0, 0], [0, 0], [5, 9])
        with pytest.raises(Problem, match="customer number 2"):
            model.fit([1, 2], [3, 9], [5, 8])
    with pytest.raises(CannotStand):
        gamma_gamma.fit([0, 1], [np.nan, 0.0])


@pytest.mark.parametrize("rung", [r3_pareto_nbd, r3_bg_nbd])
def test_rungs_answer_known_cases_and_strangers(rung: ModuleType) -> None:
    past = history()
    model = rung.fit(past)
    cases = pa.table({"customer": pa.array([18, -5, 4], pa.int32())})
    out = rung.predict(model, past, cases)
    assert out.column_names == ["customer", "prediction", "alive", "value", "segment"]
    assert out["customer"].to_pylist() == [18, -5, 4]
    assert [row is None for row in out["prediction"].to_pylist()] == [False, True, False]
    alone = rung.predict(model, past, cases.slice(2, 1))
    assert alone.to_pylist() == out.slice(2, 1).to_pylist()
    everybody = past.sql("select distinct customer from purchases")
    total = sum(rung.predict(model, past, everybody)["prediction"].to_pylist())
    later = history(date(1997, 12, 31)).sql(
        "select count(*) from purchases where day >= '1997-10-01'"
    )
    assert total == pytest.approx(later[0][0].as_py(), rel=0.15)


def test_warnings_name_what_the_data_break() -> None:
    rng = np.random.default_rng(9)
    n = 3000
    T = np.where(rng.random(n) < 0.5, 78.0, np.floor(rng.uniform(1, 78, n) * 7) / 7)
    x = rng.poisson(4.0, n).astype(float)
    value = np.where(x > 0, np.exp(rng.normal(3.0 + 0.4 * np.log(np.maximum(x, 1)), 0.5)), np.nan)
    known = Summary(pa.array(np.arange(n)), x, np.minimum(x, T), T, x, value)
    fine = {"sentence": "", "converged": True, "spend_p": 6.0, "spend_q": 0.9, "spend_sentence": ""}
    said = warnings(fine, counted(known), known).split("\n")
    assert len(said) == 3
    assert "mean is not determined" in said[0]
    assert "who buy twice as often spend 26% more per purchase" in said[1]
    assert "in the middle of their lives" in said[2]
    calm = Summary(
        known.customer, x, np.minimum(x, T), rng.permutation(np.linspace(40, 52, n)), x, value * 0
    )
    said = warnings({"sentence": "", "converged": True}, counted(calm), calm)
    assert said.startswith("Too few")


def counted(known: Summary) -> Counts:
    return Counts(known.x, known.t_x, known.T, np.ones(len(known.x)), np.empty((3, 0)))


def test_spend_that_has_nothing_to_do_with_frequency_raises_no_warning() -> None:
    """Widely varying, independent spend: the mean of few purchases is noisier, not smaller."""
    rng, n, alarms = np.random.default_rng(5), 1000, 0
    for _ in range(30):
        x = 1.0 + rng.negative_binomial(0.8, 0.25, n)
        value = rng.gamma(x) / (x * rng.gamma(3.0, 1 / 15.0, n))
        known = Summary(pa.array(np.arange(n)), x, np.minimum(x, 50.0), np.full(n, 52.0), x, value)
        fitted = {"sentence": "", "converged": True, "spend_p": 1.0, "spend_q": 3.0}
        alarms += "per purchase" in warnings(
            {**fitted, "spend_sentence": ""}, counted(known), known
        )
    assert alarms <= 1
