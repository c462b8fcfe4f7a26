"""What should each person be shown next?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pyarrow as pa

from stepladder.core.ask import Ask
from stepladder.core.cutoffs import cutoffs
from stepladder.core.history import History
from stepladder.core.question import (
    Completed,
    Demo,
    Doubt,
    Holdout,
    Intervals,
    Kind,
    Lookup,
    Own,
    Reference,
    Rule,
)
from stepladder.questions.recommend import because, lists, lookups, ratings, replays, truth
from stepladder.questions.recommend import rules as business_rules
from stepladder.questions.recommend.checks import CHECKS as CHECKS
from stepladder.questions.recommend.interactions import INTERACTIONS, ITEMS
from stepladder.questions.recommend.settings import Settings as Settings

WORDS = "What should each person be shown next?"
PREDICTION = (
    "how strongly the rung recommends the item to the person; only the order within a list counts"
)
LOSS = (
    "Distance from a perfect list (1 − NDCG): how far the list of a person is from a perfect one, "
    "which would show first what they "
    "went on to take. A hit at the top of the list counts more than one further down; 0 is a perfect "
    "list, 1 a list without a single hit. All items compete, also those nobody could foresee."
)
LOSS_IN_MONEY = None
TABLES = (INTERACTIONS, ITEMS)
CASE = ("person",)
KEYS = ("person", "item")
UNIT = ("person",)
EXTRAS: dict[str, Kind] = {"place": "number"}
INTERVALS: Intervals = None
LABELS: Mapping[str, float] = {}
REFERENCE = "r1_bestsellers"
OWN = Own("interactions", refuse=lookups.refuse_unknown)
GAIN = "the difference between one list of bestsellers for everybody and the best rung"
DERIVED = ("support",)
LOOKUPS: Mapping[str, Lookup] = {"for": lookups.own, "item": lookups.item, "radio": lookups.radio}
GLOSSARY = {
    "Mark of a list (NDCG)": "A mark between 0 and 1 for a list in order: 1 if all that the person "
    "went on to take stands "
    "at the top, 0 if nothing of it is in the list (normalised discounted cumulative gain).",
    "Bestsellers": "What most people took before the cutoff: the list everybody gets who is not known "
    "any better.",
    "Minimum support": "An item is shown only if a certain number of people have taken it: what one "
    "person praised may be a gem or an accident, and nobody can tell.",
    "Late-comer": "Somebody first met after the cutoff, who is asked about again once their first few "
    "rows are known, without learning anything anew.",
    "Also bought": "Of the people who took this, many took that as well: counted in SQL.",
    "Near items (neighbours)": "Two items are near if the same people took both; a list is what lies "
    "nearest to "
    "all that a person has.",
    "Items explain items (EASE)": "One weight for every pair of items, worked out by a formula so "
    "that each person's items "
    "are best explained by their other items.",
    "Matching tastes (ALS)": "Alternating least squares: every person and every item gets a few "
    "dozen figures of taste, "
    "found by turns, such that persons match the items they took.",
    "Coverage": "The share of all items that appear in at least one list.",
}
DEMO = Demo(
    "../data/online_retail.parquet",
    {"person": "CustomerID", "item": "StockCode", "time": "InvoiceDate", "title": "Description"},
    {},
    "UCI Online Retail: the invoices of a British shop for gifts, December 2010 to December 2011 "
    "(Chen, 2015, UCI Machine Learning Repository, CC BY 4.0)",
    """
[recommend]
k = 10
min_support = 5
exclude = {title = ["POSTAGE", "DOTCOM POSTAGE", "CARRIAGE", "Manual", "Bank Charges", "Discount"]}
""",
)
MOST_CUTOFFS = 4  # every rung learns anew at each
MANY = 10_000_000  # interactions, beyond which one less will do: each says more, and costs more


def settings(history: History) -> str:
    """How long a list is, and the business's rules."""
    return """
[recommend]
k = 10  # how many items a list has
# the business's rules, the same for every rung:
min_support = 5  # an item is shown only if so many persons have taken it
already_seen = false  # whether a person may be shown what they have already
# liked = 4.0  # the least value (stars, say) that counts as liking
# exclude = {category = ["Postage"]}  # by any column of the items; include = … the other way round
# at_most = {category = 3}  # so many of one kind in a list
# absent = ["Christmas"]  # values of exclude and include that no item need have today
"""


def horizon(days: int, ask: Ask) -> int:
    """Four weeks, or a sixth of the data's span where that is less."""
    return max(min(28, days // 6), 1)


def check(history: History) -> None:
    """Refuse data, and rules, with which nobody could be shown anything."""
    business_rules.check(history)


def doubts(history: History) -> tuple[Doubt, ...]:
    """That ratings count as liking, whatever they say, where `liked` does not say from which one on."""
    return ratings.doubts(history)


def rules(ask: Ask) -> tuple[Rule, ...]:
    """What is excluded, included and thinned out, by columns of the items."""
    return business_rules.named(ask)


def views(ask: Ask) -> Mapping[str, str]:
    """support, likes, seen and candidates: what the rules make of the interactions."""
    return business_rules.views(ask)


def cases(ask: Ask) -> str:
    """Everyone who was there before now."""
    return "select distinct person from interactions"


def rows(ask: Ask) -> int:
    """One for each item that a rung may list."""
    return int(ask.settings.list_length)


def adds_up(ask: Ask) -> bool:
    """No: every person has a list of their own."""
    return False


def holdouts(history: History) -> Iterator[Holdout]:
    """Replays of the past, earliest first: a sample of those known, a stranger, and late-comers."""
    span = timedelta(days=history.ask.horizon)
    found = history.sql(
        "select cast(min(time) as date) as first, count(*) as n from interactions"
    ).to_pylist()[0]
    most = MOST_CUTOFFS - (found["n"] > MANY)
    stands = cutoffs(history.ask.cutoffs, history.now, found["first"], span, most)
    for cutoff, role in stands:
        yield replays.holdout(history.at(cutoff), history.at(cutoff + span), role)


def complete(answers: pa.Table, reference: Reference, past: History, cases: pa.Table) -> Completed:
    """A rung's lists, filled up with bestsellers, held to the rules and cut to k."""
    return lists.complete(answers, reference, past, cases)


def scale(past: History, cases: pa.Table) -> None:
    """Nothing: a list has no interval."""


def outcome(past: History, later: History, cases: pa.Table) -> pa.Table:
    """What each went on to take: person, item, actual (1, or of a stranger how many took it)."""
    return truth.outcome(past, later, cases)


def worth(answers: pa.Table, past: History) -> None:
    """None: lists are of items, and nobody is ranked."""


def loss(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """1 − NDCG@k of everyone who took anything in the window; the others say nothing and are left out."""
    return truth.loss(predictions, past, later, cases)


def explain(history: History, answers: pa.Table, why: pa.Table | None) -> pa.Table:
    """Because you took …: at most five of the person's own rows for each item, and its title."""
    return because.explain(history, answers, why)


def measures(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """Footnotes in lay words; they choose nothing."""
    return truth.measures(predictions, past, later, cases)
