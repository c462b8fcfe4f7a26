"""What a list of so many brings: its money case by case, and intervals that stay honest at its edge."""

import numpy as np
import pytest
from pydantic import ValidationError

from stepladder.money import Prices, written
from stepladder.money.budget import earned, lost, on_the_list


def prices(**given):
    return Prices(**{"margin": 0.25, "cost": 4.0, **given})


@pytest.mark.parametrize(
    ("given", "cases", "places"),
    [({"contacts": 500}, 4338, 500), ({"contacts": "10%"}, 4338, 434), ({"spend": 2000.0}, 4338, 500),
     ({"contacts": "10 %"}, 3, 1), ({"spend": 7.9}, 9, 1), ({"spend": 30.0, "cost": 0.1}, 4338, 300),
     ({}, 9, 9), ({"contacts": 1}, 9, 1)],
)  # fmt: skip
def test_a_budget_says_how_many_places_there_are(given, cases, places):
    assert prices(**given).places(cases) == places


@pytest.mark.parametrize(
    ("spend", "cost", "places"), [(0.3, 0.1, 3), (120.0, 0.1, 1200), (0.7, 0.7, 1)]
)
def test_spend_buys_as_many_contacts_as_it_does_on_paper(spend, cost, places):
    assert Prices(margin=0.25, cost=cost, spend=spend).places(9999) == places


@pytest.mark.parametrize(
    ("amount", "said"),
    [(-0.0, "0"), (-0.3, "-0.30"), (9.9951, "10"), (3.456, "3.46"), (0.00001234, "0.000012"),
     (1234567.8, "1,234,568"), (-40.2, "-40")],
)  # fmt: skip
def test_an_amount_is_never_rounded_to_nothing(amount, said):
    assert written(amount) == said


@pytest.mark.parametrize(
    "given", [{"contacts": 5, "spend": 90.0}, {"contacts": 0}, {"contacts": 2.5}, {"spend": 3.0},
              {"contacts": "many"}, {"contacts": [1]}, {"contacts": float("nan")},
              {"contacts": -3}, {"decisions_per_year": 0.0}],
)  # fmt: skip
def test_what_is_no_budget_is_refused(given):
    with pytest.raises(ValidationError):
        prices(**given)


def random_case(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 900))
    actual = rng.gamma(0.4, 60, n) * (rng.random(n) < 0.5) - 4
    expected = np.round(0.5 * actual + rng.normal(0, 30, n), int(rng.integers(-1, 3)))
    return expected, actual, int(rng.integers(1, n + 30))


@pytest.mark.parametrize("seed", range(40))
def test_what_cases_add_is_the_money_of_the_list(seed):
    expected, actual, places = random_case(seed)
    chosen = on_the_list(expected, places)
    assert earned(expected, actual, places).sum() == pytest.approx((chosen * actual).sum())
    assert chosen.sum() == pytest.approx(min(places, (expected > 0).sum()))
    # nobody off the list is expected to earn more than anybody on it
    assert expected[chosen == 0].max(initial=-np.inf) <= expected[chosen > 0].min(initial=np.inf)


@pytest.mark.parametrize("seed", range(40))
def test_the_loss_is_what_hindsight_would_have_earned_more(seed):
    expected, actual, places = random_case(seed)
    loss, weight = lost(expected, actual, prices(contacts=places))
    best = (on_the_list(actual, places) * actual).sum()
    got = (on_the_list(expected, places) * actual).sum()
    assert (loss * weight).sum() == pytest.approx(best - got)
    assert (loss * weight).sum() / weight.sum() * min(places, len(actual)) == pytest.approx(
        best - got
    )
    assert lost(actual, actual, prices(contacts=places))[0] == pytest.approx(np.zeros(len(actual)))


def test_the_interval_of_a_difference_covers_where_the_edge_of_the_list_moves():
    """Two rungs in a known world: the truth lies within 95 % intervals about as often as they promise."""
    rng, n, places = np.random.default_rng(11), 800, 80

    def draw(n):
        taste = rng.gamma(0.6, 1.0, n)
        actual = 0.25 * rng.poisson(3 * taste) * 30 - 4
        return np.round(taste * 20) / 20, np.round(taste + rng.normal(0, 0.5, n), 1), actual

    def difference(one, other, actual):
        k = places * len(actual) // n
        each = earned(one, actual, k) - earned(other, actual, k)
        return each * n / places

    big = draw(400_000)
    truth = difference(*big).mean()
    inside = 0
    for _ in range(300):
        each = difference(*draw(n))
        half = 1.96 * each.std(ddof=1) / np.sqrt(n)
        inside += abs(each.mean() - truth) <= half
    assert 0.90 <= inside / 300 <= 0.985
