"""What a list brought, in a world whose truth is known, and what is proposed when money is the measure."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from pydantic import TypeAdapter

from stepladder.bakeoff.choose import Candidate, propose
from stepladder.bakeoff.compare import Losses, compare
from stepladder.bakeoff.lists import Lists, lists
from stepladder.bakeoff.parties import Party
from stepladder.core.question import Worth
from stepladder.money import decisions, of_some, prices
from stepladder.money.budget import lost
from stepladder.questions.question_toml import parse

REFERENCE, KNOWS, NEAR = "r1_same", "r4_knows", "r2_near"
KEPT = {REFERENCE: 100.0, NEAR: 300.0, KNOWS: 900.0}
QUESTION = SimpleNamespace(
    KEYS=("who",), UNIT=("who",), REFERENCE=REFERENCE,
    worth=lambda answers, past: Worth(answers["prediction"].to_numpy(), "came", "money"),
)  # fmt: skip


def ask_of(budget: str, cost: float = 4.0):
    text = f'question = "retention"\nhorizon = 56\n[prices]\nmargin = 0.25\ncost = {cost}\ncurrency = "GBP"\n'
    return parse(f"{text}{budget}\n")


def world(seed: int, n: int, blur: float):
    """What each customer brings, and what three rungs say of it: nothing, nearly all, and all there is."""
    rng = np.random.default_rng(seed)
    taste = rng.gamma(0.8, 120.0, n) + 20.0
    came = taste * rng.gamma(2.0, 0.5, n)
    return came, {REFERENCE: np.full(n, taste.mean()), NEAR: taste * np.exp(rng.normal(0, blur, n)),
                  KNOWS: taste}  # fmt: skip


def made(budget: str, n: int = 2000, blur: float = 0.3, some: int = 0, cost: float = 4.0):
    """Two moments that choose and the exam: replays, and every rung's scored answers."""
    ask, replays, scored = ask_of(budget, cost), [], {name: [] for name in KEPT}
    for i, role in enumerate(("choose", "choose", "report")):
        came, said = world(i, n, blur)
        who = pa.array(np.arange(n))
        replays.append(SimpleNamespace(
            name=str(i), known=SimpleNamespace(ask=ask), everybody=len(who), times=1.0,
            holdout=SimpleNamespace(role=role, past=SimpleNamespace(ask=ask)),
            cases=pa.table({"who": who}), came=pa.table({"who": who, "came": came})))  # fmt: skip
        for name, prediction in said.items():
            # in an order of each rung's own
            order = np.random.default_rng(len(name)).permutation(n)[: some or n]
            order = np.arange(n)[: some or n] if some else order
            scored[name].append(SimpleNamespace(
                predictions=pa.table({"who": who, "prediction": prediction}).take(order)))  # fmt: skip
    return ask, replays, scored


def compared(ask, replays, scored):
    """The rungs' losses, as the question would reckon them."""
    price, per = prices(ask), []
    for i, replay in enumerate(replays):
        actual = replay.came["came"].to_numpy() * price.margin - price.cost
        columns = []
        for answers in scored.values():
            table = answers[i].predictions.sort_by("who")
            loss, weight = lost(
                table["prediction"].to_numpy() * price.margin - price.cost, actual, price
            )
            columns.append(loss * weight)
        per.append((pa.array(replay.cases["who"].to_numpy()), weight, np.column_stack(columns)))
    units, weights, losses = zip(*per, strict=True)
    roles = tuple(replay.holdout.role for replay in replays)
    names = tuple(replay.name for replay in replays)
    return compare(Losses(tuple(scored), names, roles, units, weights, losses), REFERENCE, 1)


@cache
def found(budget: str, **given):
    ask, replays, scored = made(budget, **given)
    comparison = compared(ask, replays, scored)
    return (
        ask,
        comparison,
        lists(QUESTION, replays, [Party(scored, tuple(scored))], comparison),
        replays,
    )


def chosen(ask, comparison, money, kept=KEPT):
    candidates = [Candidate(name, int(name[1]), kept[name]) for name in kept]
    year = decisions(ask, money.cases)
    allowed = {name: (kept[comparison.best] - own) / year for name, own in kept.items()}
    return propose(comparison, candidates, REFERENCE, margin=0.1, allowed_loss=allowed, year=year,
                   people="customers", money=money)  # fmt: skip


def test_a_list_brought_what_those_on_it_earned_and_chance_what_a_place_is_worth():
    _, comparison, money, _ = found("contacts = 200")
    each = []
    for i in range(3):
        came, said = world(i, 2000, 0.3)
        earned = came * 0.25 - 4.0
        top = np.argsort(-said[KNOWS])[:200]
        each.append((earned[top].sum(), 200 * earned.mean(), np.sort(earned)[-200:].sum()))
    mine = money.of(KNOWS)
    assert (money.places, money.cases, mine.contacts, mine.rough) == (200, 2000, 200, False)
    for got, at in ((mine.brought, 0), (money.at_random, 1), (money.hindsight, 2)):
        assert got.choose.amount == pytest.approx(np.mean([one[at] for one in each[:2]]))
        assert got.report.amount == pytest.approx(each[2][at])
        assert [one.amount for one in got.cutoffs] == pytest.approx([one[at] for one in each])
    same = money.of(REFERENCE).brought.choose  # who says the same of everybody picks at random
    assert same.amount == pytest.approx(money.at_random.choose.amount)
    for one in money.rungs:
        less = money.of(comparison.best).brought.choose.amount - one.brought.choose.amount
        assert one.below_best.amount == pytest.approx(less, abs=1e-6)
        assert one.below_best.low <= one.below_best.amount <= one.below_best.high


def test_the_intervals_hold_the_truth_of_a_world_that_is_known():
    _, _, money, _ = found("contacts = 200", blur=0.6)
    came, said = world(9, 400_000, 0.6)
    earned = came * 0.25 - 4.0
    truth = {name: earned[np.argsort(-said[name])[:40_000]].sum() / 200 for name in (KNOWS, NEAR)}
    for name, amount in truth.items():
        brought = money.of(name).brought.choose
        assert brought.low < amount < brought.high
    less = money.of(NEAR).below_best
    assert less.low < truth[KNOWS] - truth[NEAR] < less.high
    # the difference is far surer than either: both lists met the same customers
    assert less.high - less.low < 0.8 * (brought.high - brought.low)


def test_a_lower_rung_is_good_enough_where_it_surely_costs_no_more_than_it_saves():
    ask, comparison, money, _ = found("contacts = 200", blur=0.1)
    bound = comparison.above_best[NEAR].high * 200  # a decision a year
    for kept, rung in ((300 + bound * 1.01, NEAR), (300 + bound * 0.99, KNOWS)):
        assert chosen(ask, comparison, money, {**KEPT, KNOWS: kept}).rung == rung
    monthly, comparison, money, _ = found("contacts = 200\ndecisions_per_year = 12", blur=0.1)
    assert chosen(monthly, comparison, money, {**KEPT, KNOWS: 300 + bound * 11.9}).rung == KNOWS
    assert chosen(monthly, comparison, money, {**KEPT, KNOWS: 300 + bound * 12.1}).rung == NEAR


def test_the_proposal_says_in_money_what_is_given_up_and_saved_whatever_is_proposed():
    ask, comparison, money, _ = found("contacts = 200", blur=0.3)
    less = money.of(NEAR).below_best
    said = chosen(ask, comparison, money).sentence
    assert said.startswith("We propose r4_knows")
    brings = (
        f"brings {less.amount:,.0f} GBP less per decision ({less.low:,.0f} to {less.high:,.0f})"
    )
    assert f"The best of the lower ones, r2_near, {brings}, and saves 600 GBP a year." in said
    said = chosen(ask, comparison, money, {**KEPT, KNOWS: 3000.0}).sentence
    saves = "saves 2,700 GBP a year, which makes up for it"
    assert f"against the best rung, r4_knows, {brings}, and {saves}" in said
    assert "%" not in said
    assert said.count("a year") == 1  # nothing is stretched to a year that is done once
    ask, comparison, money, _ = found("contacts = 200\ndecisions_per_year = 4", blur=0.3)
    assert (
        f", {4 * less.amount:,.0f} GBP a year, and saves" in chosen(ask, comparison, money).sentence
    )


@pytest.mark.parametrize(
    ("budget", "words"),
    [("", ("everybody is worth a contact", "2,000 of 2,000 customers", "Give a budget (contacts or spend")),
     ("contacts = 9000", ("everybody is worth a contact", "the one given has a place for all 2,000"))],
)  # fmt: skip
def test_where_prices_act_on_everybody_it_says_so_and_not_that_more_data_would_tell(budget, words):
    ask, comparison, money, _ = found(budget, blur=0.02)
    said = chosen(ask, comparison, money)
    assert (said.rung, said.undecided, money.binding) == (REFERENCE, True, False)
    for word in words:
        assert word in said.sentence, said.sentence
    assert "more" not in said.sentence.replace("any more", "")


@pytest.mark.parametrize("budget", ["contacts = 50", ""])
def test_where_nobody_pays_it_says_so_and_nothing_has_a_minus(budget):
    ask, comparison, money, _ = found(f"{budget}\ndecisions_per_year = 2", cost=1e9)
    said = chosen(ask, comparison, money).sentence
    assert "nobody is worth a contact, whatever the rung" in said
    assert "look at margin and cost" in said.lower()
    assert not money.telling
    for one in (money.hindsight, *(each.brought for each in money.rungs)):
        assert "-" not in str(one)


def test_a_list_shorter_than_its_budget_still_tells_rungs_apart():
    """All say the same of nearly everybody, that they do not pay; those few who might are the list."""
    ask, comparison, money, _ = found("contacts = 500", cost=120.0)
    assert comparison.alike > 0.95 * comparison.cases
    assert 0 < money.of(KNOWS).contacts < 50
    undecided = replace(comparison, beats_reference=False)
    assert "as right as each other" not in chosen(ask, undecided, money).sentence


def test_with_few_contacts_intervals_are_rough_and_all_of_it_survives_the_record():
    for budget, size, rough in (("contacts = 50", 50, True), ('contacts = "10 %"', 200, False),
                                ("spend = 2000", 500, False)):  # fmt: skip
        ask, comparison, money, _ = found(budget, n=2000)
        assert (money.places, money.of(NEAR).rough) == (size, rough)
        assert ("(roughly " in chosen(ask, comparison, money).sentence) is rough
        assert TypeAdapter(Lists).validate_python(json.loads(json.dumps(asdict(money)))) == money


def test_a_budget_shrinks_with_those_who_are_asked_about():
    """Of a tenth of the customers, drawn for a person, a list has a tenth of the places."""
    ask, replays, scored = made("contacts = 400")
    assert prices(of_some(ask, 200, 2000)).places(200) == 40
    _, _, few = made("contacts = 400", some=200)
    comparison = compared(ask, replays, scored)
    both = [Party(scored, (REFERENCE, KNOWS)), Party(few, (NEAR,))]
    money = lists(QUESTION, replays, both, comparison)
    assert (money.of(KNOWS).rough, money.of(NEAR).rough, money.of(NEAR).contacts) == (
        False,
        True,
        400,
    )
    came, said = world(2, 2000, 0.3)
    top = np.argsort(-said[NEAR][:200])[:40]
    assert money.of(NEAR).brought.report.amount == pytest.approx(10 * (came[top] * 0.25 - 4).sum())
