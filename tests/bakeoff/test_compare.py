"""The comparison and the choice on losses made up so that the right answer is known."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from stepladder.bakeoff.choose import Candidate, propose
from stepladder.bakeoff.compare import Losses, compare
from stepladder.bakeoff.parties import losses_of
from stepladder.bakeoff.settle import widened
from stepladder.core.errors import Problem

REFERENCE = "r1_same"
RUNGS = (REFERENCE, "r2_table", "r3_model")
LADDER = [Candidate(name, int(name[1]), 100.0 * int(name[1])) for name in RUNGS]


def losses(tables, units=None, weights=None, rungs=RUNGS) -> Losses:
    """One table (cases × rungs, loss per unit of weight) per cutoff; the last reports."""
    units = units or [np.arange(len(table)) for table in tables]
    weights = weights or [np.ones(len(table)) for table in tables]
    return Losses(
        rungs=rungs,
        cutoffs=tuple(f"2020-{i + 1:02}-01" for i in range(len(tables))),
        roles=(*("choose" for _ in tables[1:]), "report"),
        units=tuple(pa.array(u) for u in units),
        weights=tuple(weights),
        losses=tuple(np.asarray(t) * w[:, None] for t, w in zip(tables, weights, strict=True)),
    )


def constant(row, n=200):
    return np.tile(np.array(row, float), (n, 1))


def noisy(row, seed, n=400, common=1.0, own=0.1):
    """Losses with much noise that all rungs share, and a little of each rung's own."""
    rng = np.random.default_rng(seed)
    return np.array(row) + rng.normal(0, common, (n, 1)) + rng.normal(0, own, (n, len(row)))


def half_width(estimate):
    return (estimate.worse_high - estimate.worse_low) / 2


def choice(found, margin=0.10, ladder=LADDER, **given):
    return propose(found, ladder, REFERENCE, margin=margin, **given)


def test_a_share_is_of_what_there_is_to_gain():
    found = compare(losses([constant((2, 1.05, 1))] * 2), REFERENCE, seed=1)
    assert found.best == "r3_model"
    assert found.beats_reference
    for estimates in (found.choose, found.report, *found.by_cutoff):
        assert [estimates[name].worse for name in RUNGS] == pytest.approx([1, 0.05, 0])
        assert estimates["r2_table"].worse_low == pytest.approx(0.05)
        assert estimates["r2_table"].worse_high == pytest.approx(0.05)
        assert estimates["r2_table"].loss == pytest.approx(1.05)
    assert found.above_best["r2_table"] == pytest.approx((0.05, 0.05, 0.05))


def test_early_cutoffs_choose_pooled_by_weight_and_the_last_reports_with_the_best_held_fixed():
    tables = [constant((4, 2, 1), 100), constant((2, 1.5, 1), 300), constant((2, 0.5, 1))]
    weights = [np.full(100, 3.0), np.ones(300), np.ones(200)]
    found = compare(losses(tables, weights=weights), REFERENCE, seed=1)
    assert found.choose["r2_table"].loss == pytest.approx((300 * 2 + 300 * 1.5) / 600)
    assert found.choose["r2_table"].worse == pytest.approx(0.75 / 2)
    assert found.best == "r3_model"  # though r2_table does better where it is not asked
    assert found.report["r2_table"].worse == pytest.approx(-0.5)
    assert [at["r2_table"].worse for at in found.by_cutoff] == pytest.approx([1 / 3, 0.5, -0.5])


def test_differences_are_paired_so_noise_that_all_share_does_not_blur_them():
    made = losses([noisy((20, 10.5, 10), 1, common=5.0)] * 2)
    found = compare(made, REFERENCE, seed=1)
    middle = found.choose["r2_table"]
    assert middle.loss_high - middle.loss_low > 0.8
    assert half_width(middle) == pytest.approx(1.96 * 0.1 * 2**0.5 / 400**0.5 / 10, rel=0.15)


def test_the_interval_covers_as_often_as_it_promises():
    outside = 0
    for seed in range(120):
        made = losses([noisy((2, 1.1, 1), seed, n=150, own=0.3)] * 2)
        outside += compare(made, REFERENCE, seed=1).choose["r2_table"].worse_high < 0.1
    assert outside <= 8  # 2.5 % of 120 are 3


def test_a_units_rows_stay_together_over_cutoffs():
    one, other = noisy((2, 1.1, 1), 1), noisy((2, 1.1, 1), 2)
    alone = compare(losses([one, one]), REFERENCE, seed=1).choose["r2_table"]
    same = compare(losses([one, one, one]), REFERENCE, seed=1).choose["r2_table"]
    strangers = [np.arange(400), np.arange(400, 800), np.arange(400)]
    apart = compare(losses([one, other, one], strangers), REFERENCE, seed=1).choose["r2_table"]
    assert half_width(same) == pytest.approx(half_width(alone), rel=1e-9)
    assert half_width(apart) == pytest.approx(half_width(alone) / 2**0.5, rel=0.1)


def test_five_cutoffs_or_more_add_the_variance_between_them():
    shares = [0.0, 0.3, 0.1, 0.25, 0.05]
    tables = [noisy((2, 1 + share, 1), i, own=0.02) for i, share in enumerate([*shares, 0.1])]
    four = compare(losses([*tables[:4], tables[-1]]), REFERENCE, seed=1).choose["r2_table"]
    five = compare(losses(tables), REFERENCE, seed=1).choose["r2_table"]
    assert half_width(four) < 0.005
    assert half_width(five) == pytest.approx(2.776 * np.std(shares, ddof=1) / 5**0.5, rel=0.1)
    assert five.worse == pytest.approx(np.mean(shares), abs=0.005)
    money = compare(losses(tables), REFERENCE, seed=1).above_best["r2_table"]
    assert money.high - money.estimate == pytest.approx(half_width(five), rel=0.1)  # the gain is 1


def test_strokes_are_a_hundred_draws_as_wide_as_the_interval_and_count_what_is_kept():
    """Known truth: worse by 0.2 on average, so that half of the strokes lie at 0.2 or less."""
    shares = [0.15, 0.25, 0.1, 0.3, 0.2]
    tables = [noisy((2, 1 + share, 1), i, own=0.02) for i, share in enumerate([*shares, 0.2])]
    made = compare(losses(tables), REFERENCE, seed=1)
    found, above = made.choose["r2_table"], made.above_best["r2_table"]
    far = (found.worse_draws[2], found.worse_draws[97])  # at 2.5 % and 97.5 %
    assert far == pytest.approx((found.worse_low, found.worse_high), abs=1e-5)
    assert far[1] - far[0] > 0.15  # stretched: within cutoffs it is known to a hundredth
    ends = (found.above_draws[2], found.above_draws[97])
    assert ends == pytest.approx((above.low, above.high), abs=1e-5)
    assert len(found.worse_draws) == len(found.above_draws) == 100
    assert list(found.worse_draws) == sorted(found.worse_draws)
    assert sum(draw <= 0.2 for draw in found.worse_draws) == pytest.approx(50, abs=8)
    assert set(made.choose["r3_model"].worse_draws) == {0.0}
    assert made.report["r2_table"].worse_draws == ()  # nothing is chosen by these
    settled = widened(made, "r2_table", [(0.01, 0.04)]).choose["r2_table"]
    far = (settled.worse_draws[2], settled.worse_draws[97])
    assert far == pytest.approx((settled.worse_low, settled.worse_high), abs=1e-5)
    assert far[1] > found.worse_high + 0.1


def test_a_draw_without_a_gain_keeps_none_of_it():
    made = [noisy((1.01, 1.0, 0.999), seed, n=200) for seed in (5, 5)]
    found = compare(losses(made), REFERENCE, seed=1)
    assert found.best == "r3_model"
    lost = sum(
        draw < 0 for draw in found.choose[REFERENCE].above_draws
    )  # the best loses more than it
    kept = sum(draw <= 0.999 for draw in found.choose["r2_table"].worse_draws)
    assert 0 < lost < 50
    assert kept <= 100 - lost


def test_the_same_seed_gives_the_same_bounds():
    made = losses([noisy((2, 1.1, 1), 1)] * 2)
    assert compare(made, REFERENCE, seed=1) == compare(made, REFERENCE, seed=1)
    assert compare(made, REFERENCE, seed=1) != compare(made, REFERENCE, seed=2)


def test_the_lowest_rung_surely_inside_the_margin_is_proposed():
    near = compare(losses([noisy((2, 1.05, 1), 1, own=0.1)] * 2), REFERENCE, seed=1)
    assert choice(near).rung == "r2_table"
    assert choice(near).good_enough == ("r2_table", "r3_model")
    # inside by the estimate, not surely: too few customers
    unsure = compare(losses([noisy((2, 1.05, 1), 3, n=100, own=0.3)] * 2), REFERENCE, seed=1)
    assert unsure.choose["r2_table"].worse < 0.1 < unsure.choose["r2_table"].worse_high
    assert choice(unsure).rung == "r3_model"
    assert "it does best" in choice(unsure).sentence


def test_where_the_best_does_not_surely_beat_the_reference_the_reference_is_proposed():
    found = compare(losses([noisy((1.001, 1.0, 1.0005), 1, own=0.2)] * 2), REFERENCE, seed=1)
    assert not found.beats_reference
    assert choice(found).rung == REFERENCE
    assert "no rung surely beats it" in choice(found).sentence


def test_where_there_is_nothing_to_gain_every_share_is_defined():
    found = compare(losses([constant((1, 1, 1))] * 2), REFERENCE, seed=1)
    assert choice(found).rung == REFERENCE
    assert [found.choose[name].worse for name in RUNGS] == [0, 0, 0]


def test_among_equals_height_decides_then_money_then_loss_then_name():
    names = (REFERENCE, "r2_b", "r2_a", "r2_c")
    found = compare(losses([constant((2, 1.01, 1.02, 1))] * 2, rungs=names), REFERENCE, seed=1)

    def first(*money):
        some = [Candidate(n, int(n[1]), m) for n, m in zip(names, (0.0, *money), strict=True)]
        return choice(found, ladder=some)

    assert first(400, 300, 500).rung == "r2_a"  # cheapest, though it loses most
    assert first(400, 300, 500).tied == ()
    seconds = first(400.2, 399.8, 400.1)  # machine seconds jitter: a tie, the loss decides
    assert (seconds.rung, seconds.tied) == ("r2_c", ("r2_b", "r2_a"))
    assert "tie" in seconds.sentence
    same = compare(losses([constant((2, 1, 1, 1))] * 2, rungs=names), REFERENCE, seed=1)
    some = [Candidate(name, int(name[1]), 1.0) for name in reversed(names)]
    assert choice(same, ladder=some).rung == "r2_a"


def test_a_margin_in_money_is_judged_by_the_upper_bound_of_the_difference():
    found = compare(losses([noisy((2, 1.05, 1), 1, own=0.1)] * 2), REFERENCE, seed=1)
    above, _, bound = found.above_best["r2_table"]
    assert above == pytest.approx(0.05, abs=0.02)
    assert bound - above == pytest.approx(1.96 * 0.1 * 2**0.5 / 400**0.5, rel=0.15)
    assert choice(found, margin=0.0001, allowed_loss=bound + 1e-9).rung == "r2_table"
    assert choice(found, margin=0.9, allowed_loss=bound - 1e-9).rung == "r3_model"


def test_a_proposal_outside_the_margin_at_any_cutoff_is_called_unstable_by_name():
    tables = [constant((2, 1.0, 1)), constant((2, 1.15, 1)), constant((2, 1.12, 1))]
    made = losses(tables)
    found = compare(made, REFERENCE, seed=1)
    said = choice(found, cutoffs=made.cutoffs)
    assert said.rung == "r2_table"
    assert not said.stable
    assert said.sentence.endswith(
        "Not stable over time: at 2020-02-01 and 2020-03-01 it was outside the margin or no better "
        "than r1_same."
    )
    calm = compare(losses([tables[0]] * 3), REFERENCE, seed=1)
    assert choice(calm, cutoffs=made.cutoffs).stable


def test_row_order_and_the_kind_of_id_change_nothing():
    table = noisy((2, 1.1, 1), 1)
    found = compare(losses([table] * 2), REFERENCE, seed=1)
    as_text = losses([table] * 2, [np.arange(400).astype(str)] * 2)
    assert compare(as_text, REFERENCE, seed=1) == found
    turned = replace(as_text, losses=tuple(t[::-1] for t in as_text.losses))
    shares = compare(turned, REFERENCE, seed=1).choose["r2_table"]
    assert shares.worse == pytest.approx(found.choose["r2_table"].worse)
    assert half_width(shares) == pytest.approx(half_width(found.choose["r2_table"]), rel=0.1)


def test_a_gain_that_comes_and_goes_is_not_sure():
    """Six seasons, half of them losses: more customers cannot make that a sure gain."""
    gains = [0.5, -0.3, -0.2, 0.4, -0.25, 0.1]
    tables = [
        noisy((1 + gain, 1.0, 1.0), i, n=2000, own=0.02) for i, gain in enumerate([*gains, 0])
    ]
    assert not compare(losses(tables), REFERENCE, seed=1).beats_reference


def test_one_cutoff_without_a_gain_does_not_make_the_others_agree():
    """Shares of +20 % and -13 % by turns; where next to nothing is won, a share says nothing."""
    gains, shares = [0.3, 0.3, 0.004, 0.3, 0.3], [0.2, -0.13, 0.2, -0.13, 0.2]
    rungs = [(1 + g, 1 + g * share, 1.0) for g, share in zip(gains, shares, strict=True)]
    tables = [noisy(means, i, n=4000, own=0.02) for i, means in enumerate([*rungs, (1.3, 1, 1)])]
    found = compare(losses(tables), REFERENCE, seed=1).choose["r2_table"]
    assert found.worse_high > 0.15


def test_a_best_that_fails_its_exam_is_called_unstable():
    made = losses([noisy((2, 1.8, 1), 1), noisy((2, 1.8, 1), 2), noisy((1, 1.2, 1.3), 3)])
    found = compare(made, REFERENCE, seed=1)
    said = choice(found, cutoffs=made.cutoffs)
    assert said.rung == "r3_model"
    assert not said.stable
    assert "no better than r1_same" in said.sentence
    assert found.report["r3_model"].worse == 1.0


def test_losses_are_joined_by_key_whatever_order_they_come_in():
    """Of a unit with several rows too, and with weights that differ."""
    replays = [SimpleNamespace(name="a", holdout=SimpleNamespace(role="choose"))]
    question, rng = SimpleNamespace(UNIT=("shop", "day")), np.random.default_rng(4)
    first = pa.table({"shop": [*"aabbc"], "day": [1, 1, 1, 2, 1], "loss": [5.0, 4.0, 3.0, 2.0, 1.0],
                      "weight": [1.0, 2.0, 3.0, 3.0, 0.0]})  # fmt: skip
    found = {REFERENCE: first, "r2_table": first.set_column(2, "loss", [[1.0, 2.0, 3.0, 4.0, 5.0]])}

    def scored(tables):
        return {name: [SimpleNamespace(loss=table)] for name, table in tables.items()}

    expected = losses_of(question, replays, scored(found)).losses[0]
    assert expected[:, 1].tolist() == [1.0, 4.0, 9.0, 12.0, 0.0]
    for _ in range(5):
        mixed = {**found, "r2_table": found["r2_table"].take(pa.array(rng.permutation(5)))}
        assert (losses_of(question, replays, scored(mixed)).losses[0] == expected).all()
    other = first.set_column(3, "weight", [[2.0, 1.0, 3.0, 3.0, 1.0]])
    for wrong in (other, first.slice(1)):
        with pytest.raises(Problem, match="loss of r2_table is of other cases, or weighs them"):
            losses_of(question, replays, scored({**found, "r2_table": wrong}))


@pytest.mark.parametrize("lower", [1.0, 3.0])  # losses around 0, and below it
def test_losses_may_be_below_zero(lower):
    tables = [noisy([1.0, 0.0, 0.05], seed) - lower for seed in (1, 2)]
    found = compare(losses(tables), REFERENCE, 1)
    above = compare(losses([table + 100 for table in tables]), REFERENCE, 1)
    assert found.choose["r3_model"].worse == pytest.approx(above.choose["r3_model"].worse)
    assert found.choose["r3_model"].worse_high == pytest.approx(above.choose["r3_model"].worse_high)
    assert choice(found).rung == choice(above).rung == "r2_table"
    unsure = compare(
        losses([noisy([0.0, -0.002, 0.0], seed) - lower for seed in (1, 2)]), REFERENCE, 1
    )
    assert not unsure.beats_reference
    assert "of loss per case" in choice(unsure).sentence
    assert "%" not in choice(unsure).sentence
