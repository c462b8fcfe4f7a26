"""The numerics of forecasting: against formulas worked by hand, known truths, and whatever there is."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepladder import questions
from stepladder.core.history import History
from stepladder.core.predictions import check
from stepladder.core.rung import ladder
from stepladder.questions.forecast.smoothing import damped, forecast, grid, theta
from stepladder.questions.forecast.smoothing.intermittent import dominated, phases, tsb
from stepladder.questions.forecast.smoothing.rest import Rest
from stepladder.questions.forecast.smoothing.seasons import Seasons
from stepladder.questions.question_toml import parse

NAN = np.nan


def one_by_one(y, alpha, beta, phi, level, trend):
    """Damped trend as the books have it, a value at a time: level, trend, and the errors."""
    errors = []
    for value in y:
        errors.append(value - level - phi * trend)
        level, trend = (
            level + phi * trend + alpha * errors[-1],
            phi * trend + alpha * beta * errors[-1],
        )
    return level, trend, np.array(errors)


@pytest.mark.parametrize(
    ("alpha", "beta", "phi"), [(0.3, 0.0, 0.0), (0.5, 0.2, 0.9), (1.0, 0.1, 0.98)]
)
def test_it_is_the_recursion_of_the_books_from_its_best_beginning(alpha, beta, phi):
    """No other beginning has a smaller sum of squares, its pull counted; short series beside long ones."""
    rng = np.random.default_rng(3)
    values = np.cumsum(rng.normal(0.3, 1, (4, 30)), axis=1)
    values[1, :18] = NAN
    rest = Rest.of(values)
    found = grid.smoothed(rest, grid.Settings(*(np.array([x]) for x in (alpha, beta, phi))))
    for i, n in enumerate(rest.lengths):
        y = rest.values[i, :n]

        def cost(level, trend, y=y):
            *_, errors = one_by_one(y, alpha, beta, phi, level, trend)
            return (errors**2).sum() + grid.PULL_LEVEL * level**2 + grid.PULL_TREND * trend**2

        # the cost is a parabola: three values an axis and one across give its lowest point
        at = [cost(*p) for p in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1))]
        bend = at[1] + at[2] - 2 * at[0], at[3] + at[4] - 2 * at[0], at[5] - at[1] - at[3] + at[0]
        steep = [[bend[0], bend[2]], [bend[2], bend[1]]]
        best = np.linalg.solve(steep, [(at[2] - at[1]) / 2, (at[4] - at[3]) / 2])
        level, trend, _ = one_by_one(y, alpha, beta, phi, *best)
        np.testing.assert_allclose(
            [found.level[i, 0], found.trend[i, 0]], [level, trend], atol=1e-9
        )


def test_theta_is_smoothing_that_drifts_by_half_the_slope():
    """Hyndman and Billah (2003): whatever the level, each step ahead adds half of the line's rise."""
    y = np.array([[3.0, 5, 4, 7, 6, 9, 8, 12]])
    said = forecast(y, 1, 3, (theta.forecast,))[0]
    slope = np.polyfit(np.arange(8), y[0], 1)[0]
    np.testing.assert_allclose(np.diff(said), slope / 2)


def test_a_straight_line_goes_on_and_a_constant_stays():
    line = 10 + 2.0 * np.arange(40)[None, :]
    np.testing.assert_allclose(forecast(line, 1, 3, (theta.forecast,))[0], [89, 90, 91], atol=0.7)
    ahead = forecast(line, 1, 3, (damped.forecast,))[0]
    np.testing.assert_allclose(ahead, [90, 92, 94], atol=0.7)
    for value in (0.0, 7.0, -3.0, 1e12):
        np.testing.assert_allclose(forecast(np.full((1, 30), value), 12, 5), value)


def test_a_season_is_taken_out_whole_and_noise_is_none():
    rng = np.random.default_rng(5)
    shape = np.array([0.5, 1.0, 1.0, 1.5])
    season = 100 * np.tile(shape, (200, 12)) * np.exp(rng.normal(0, 0.02, (200, 48)))
    noise = 100 * np.exp(rng.normal(0, 0.1, (200, 48)))
    np.testing.assert_allclose(Seasons.of(season, 4).factors.mean(axis=0), shape, atol=0.01)
    usual, few = (Seasons.of(noise, m).factors for m in (4, 12))
    assert np.abs(usual - 1).mean() < 0.02  # unshrunk 0.023
    assert np.abs(few - 1).mean() < 0.02  # unshrunk 0.04
    sums = Seasons.of(season - 100, 4)
    assert not sums.ratios.any()
    np.testing.assert_allclose(sums.factors.mean(axis=0), 100 * (shape - 1), atol=1)


def test_gaps_do_not_hide_a_season():
    shape = np.array([0.5, 1.0, 1.0, 1.5])
    y = 100 * np.tile(shape, (1, 12))
    y[0, [5, 6, 17, 30, 46, 47]] = NAN
    np.testing.assert_allclose(forecast(y, 4, 4)[0], 100 * shape, rtol=0.02)


def test_demand_that_is_rare_is_what_it_is_on_average():
    rng = np.random.default_rng(2)
    weekend = np.where(np.arange(350) % 7 >= 5, 0.0, 0.28)
    values = 3.0 * (rng.random((300, 350)) < weekend)
    assert dominated(values).all()
    rate, squares = tsb(values, 0.02, 0.05)
    assert rate.mean() == pytest.approx(0.6, abs=0.02)
    assert squares.mean() == pytest.approx(values.var(), rel=0.05)
    usual = phases(values, 7).mean(axis=0)
    np.testing.assert_allclose(usual, [1.286] * 5 + [0.286] * 2, atol=0.03)
    by_hand = (0.5 + 0.1 * (0 - 0.5)) * 4  # half of its periods had a demand, the next one none
    assert tsb(np.array([[4.0, 0.0]]), 0.1, 0.5)[0][0] == pytest.approx(
        by_hand + 0.1 * 0.5 * 0.9 * 4
    )
    assert not dominated(np.array([[0.0, 0, -1], [0, 0, 0], [1, 2, 0]])).any()


SIZES = st.sampled_from([1.0, 1e-9, 1e12])
VALUE = st.one_of(st.sampled_from([0.0, 1.0, -1.0, NAN]), st.floats(-5, 5), st.floats(1, 100))
SERIES = st.one_of(
    st.lists(VALUE, min_size=1, max_size=40),
    st.builds(lambda value, n: [value] * n, VALUE, st.integers(1, 40)),
    st.builds(lambda gap, value: [value] + [NAN] * gap, st.integers(0, 30), VALUE),
)


def side_by_side(rows):
    width = max(map(len, rows))
    return np.array([[NAN] * (width - len(row)) + row for row in rows])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(SERIES, SIZES), min_size=1, max_size=5), st.sampled_from([1, 4, 7, 3]))
def test_whatever_series_there_are_each_is_answered_as_if_alone(rows, season):
    rows = [[value * size for value in row] for row, size in rows]
    values = side_by_side(rows)
    said = forecast(values, season, 9)
    known = ~np.isnan(values).all(axis=1)
    assert np.isfinite(said[known]).all()
    assert np.isnan(said[~known]).all()
    size = np.nanmax(np.abs(values[known]), axis=1, initial=0, keepdims=True)
    assert (np.abs(said[known]) <= 100 * size).all()
    for i in np.flatnonzero(known):
        alone = forecast(np.array([rows[i]]), season, 9)[0]
        np.testing.assert_allclose(
            alone, said[i], rtol=1e-9, atol=1e-9 * np.nanmax(np.abs(rows[i]))
        )


HARD = {  # what every rung must answer, whatever it was made for
    "one value": [5.0],
    "two": [5.0, 7.0],
    "shorter than a season": [5.0, 7.0, 6.0, 4.0],
    "constant": [3.0] * 60,
    "zeros": [0.0] * 60,
    "one sale": [0.0] * 59 + [1.0],
    "sales that ended": [9.0, 0.0, 4.0] * 10 + [0.0] * 30,
    "huge": [1e12, 2e12, 1.5e12] * 20,
    "tiny": [1e-9, 2e-9] * 30,
    "from tiny to huge": [1e-9] * 30 + [1e12] * 30,
    "below zero": [-5.0, -7.0, -6.0] * 20,
    "both signs": [-5.0, 7.0, 0.0] * 20,
    "gaps": [5.0, NAN, NAN, 7.0, NAN, 6.0] * 10,
    "nothing lately": [5.0, 6.0] * 25 + [NAN] * 10,
    "a jump": [1.0] * 59 + [1e6],
}


@pytest.fixture(scope="module")
def hard(tmp_path_factory) -> History:
    now, path = date(2024, 3, 1), tmp_path_factory.mktemp("hard") / "series.parquet"
    rows = [
        (name, now - timedelta(days=len(row) - i), value)
        for name, row in HARD.items()
        for i, value in enumerate(row)
        if value == value  # what is not known has no row
    ]
    series, times, values = zip(*rows, strict=True)
    table = {"series": series, "time": times, "value": values, "row": range(1, len(rows) + 1)}
    pq.write_table(pa.table({name: list(each) for name, each in table.items()}), path)
    ask = 'question = "forecast"\nhorizon = 16\nseed = 1\n[forecast]\nevery = "day"\nseason = 7\n'
    question, ask = questions.load("forecast"), parse(ask)
    views = tuple(question.views(ask).items())
    return History(now, ask, {"series": (str(path), "time")}, views=views)


@pytest.mark.parametrize("rung", ladder(questions.folder("forecast")), ids=lambda rung: rung.name)
def test_every_rung_answers_the_hardest_series(hard, rung):
    """Horizon longer than the season and than some pasts; one series begins only after now."""
    question = questions.load("forecast")
    cases = pa.table({"series": [*HARD, "not yet begun"]})

    def answered(rung):
        return check(rung.predict(rung.fit(hard), hard, cases), question, cases)

    first = next(
        each for each in ladder(questions.folder("forecast")) if each.name == "r1_last_value"
    )
    done = question.complete(answered(rung), lambda: answered(first), hard, cases).predictions
    for name, row in HARD.items():
        own = done.filter(pc.equal(done["series"], name))["prediction"].to_numpy()
        assert len(own) == 16, name
        assert np.isfinite(own).all(), name
        assert (np.abs(own) <= 20 * np.nanmax(np.abs(row)) + 1).all(), name
    assert done.filter(pc.equal(done["series"], "not yet begun")).num_rows
