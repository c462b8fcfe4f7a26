"""Which parcels come back?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from stepladder.core import ask as core
from stepladder.core import predictions
from stepladder.core.ask import Ask
from stepladder.core.asking import beside
from stepladder.core.checks import Choice
from stepladder.core.cutoffs import cutoffs
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.question import (
    Completed,
    Doubt,
    Holdout,
    Intervals,
    Kind,
    Lookup,
    Own,
    Reference,
    Rule,
)
from stepladder.core.table import Column, TableSpec

WORDS = "Which parcels come back?"
PREDICTION = "the chance that the parcel comes back"
LOSS = "Log loss: how surprised a chance is by what came. Zero is a perfect forecast."
LOSS_IN_MONEY = None
PARCELS = TableSpec(
    "parcels",
    (
        Column("shop", "id", True, ("shop_id", "store"), "the shop that sent it"),
        Column(
            "parcel", "id", True, ("parcel_id", "parcel_no"), "the parcel's number in that shop"
        ),
        Column("day", "day", True, ("sent", "date"), "the day it was sent"),
        Column("price", "amount", True, ("amount", "value"), "what was in it was worth"),
    ),
    key=("shop", "parcel"),
    time="day",
    rest=True,
    unique=True,
)
LABELLED = TableSpec(
    "labels",
    (
        Column("shop", "id", True, ("shop_id", "store"), "the shop that sent it"),
        Column(
            "parcel", "id", True, ("parcel_id", "parcel_no"), "the parcel's number in that shop"
        ),
        Column("known", "day", True, ("known_on", "decided"), "the day it became known"),
        Column("label", "text", True, ("state", "outcome"), "kept or back"),
    ),
    key=("shop", "parcel"),
    time="known",
    unique=True,
    outcomes=True,
)
SHOPS = TableSpec(
    "shops",
    (
        Column("shop", "id", True, ("shop_id", "store"), "the shop"),
        Column("country", "text", False, ("land",), "where it is"),
    ),
    key=("shop",),
    time=None,
    unique=True,
)
TABLES = (PARCELS, LABELLED, SHOPS)
CASE = KEYS = ("shop", "parcel")
UNIT = ("shop", "parcel")
EXTRAS: dict[str, Kind] = {"surely": "share"}
INTERVALS: Intervals = "share"
LABELS: Mapping[str, float] = {"kept": 0.0, "back": 1.0}
REFERENCE = "r1_one_share"
OWN = Own("parcels", many=False, rest=True)
GAIN = "the difference between one chance for every parcel and the best rung"
DERIVED: tuple[str, ...] = ()
GLOSSARY = {"Back": "A parcel that its customer sent back."}
DEMO = None
LOOKUPS: Mapping[str, Lookup] = {}
CHECKS = (
    Choice(
        "stays", "{case} must not be said to come back", lambda rows, _: rows[0]["prediction"] < 0.5
    ),
)


class Settings(core.Settings):
    """How parcels are told apart, and when it is known what became of them.

    dear: from which price on a parcel counts as dear. mature: how many days its label takes at most.
    """

    dear: Annotated[float, Field(gt=0)] = 50.0
    mature: core.Mature = 0


def settings(history: History) -> str:
    """From which price on a parcel is dear."""
    return """
[returns]
dear = 50.0  # from this price on a parcel counts as dear
"""


def horizon(days: int, ask: core.Ask) -> int:
    """Two weeks, or a sixth of the data's span where that is less."""
    return max(min(14, days // 6), 1)


def check(history: History) -> None:
    """Refuse data in which every label is the same."""
    kinds = history.sql("select count(distinct label) as n from labels")["n"][0].as_py()
    if kinds < 2:
        raise Problem(
            "all labels are the same", "there must be both kept and back", "bring more history"
        )


def doubts(history: History) -> tuple[Doubt, ...]:
    return ()


def rules(ask: core.Ask) -> tuple[Rule, ...]:
    return ()


def views(ask: core.Ask) -> Mapping[str, str]:
    """Whether a parcel is dear, by the business's own price."""
    return {"dear": f"select shop, parcel, price >= {ask.settings.dear!r} as dear from parcels"}


def cases(ask: Ask) -> str:
    """Every parcel sent in the last six days, when no label is known yet: shop, parcel."""
    return "select shop, parcel from parcels cross join ask where day >= now - interval 6 day"


def rows(ask: Ask) -> int:
    """At most as many as a case has answers."""
    return 1


def adds_up(ask: Ask) -> bool:
    """No."""
    return False


def holdouts(history: History) -> Iterator[Holdout]:
    """Replays, earliest first; at the first moment two: of all parcels, and of dear ones alone."""
    check(history)
    span = timedelta(days=history.ask.known_after)
    first = history.sql("select min(day) as first from parcels")["first"][0].as_py()
    late = history.ask.settings.mature
    stands = cutoffs(history.ask.cutoffs, history.now, first, span, mature=late)
    for nth, (cutoff, role) in enumerate(stands):
        past, later = history.at(cutoff), history.at(cutoff + span)
        if nth == 0:
            dear = past.sql(
                f"select cases.* from ({cases(past.ask)}) as cases natural join dear where dear "
                "order by shop, parcel"
            )
            yield Holdout(past, later, "calibrate", dear, name=f"{cutoff}-dear")
        yield Holdout(past, later, role)


def complete(answers: pa.Table, reference: Reference, past: History, cases: pa.Table) -> Completed:
    """A rung's chances: nulls are the reference's, and nobody is quite sure."""
    found = predictions.complete(answers, reference(), None, KEYS)
    at = found.predictions.column_names.index("prediction")
    said = pc.min_element_wise(pc.max_element_wise(found.predictions["prediction"], 0.001), 0.999)
    return found._replace(predictions=found.predictions.set_column(at, "prediction", said))


def scale(past: History, cases: pa.Table) -> None:
    """Nothing: of one parcel there is one label."""


def outcome(past: History, later: History, cases: pa.Table) -> pa.Table:
    """The label of each parcel: shop, parcel, actual; null where it is not known yet."""
    return later.sql(
        """select cases.shop, cases.parcel, labels.label as actual from cases
        left join labels on cases.shop = labels.shop and cases.parcel = labels.parcel
        order by cases.shop, cases.parcel""",
        cases,
    )


def worth(answers: pa.Table, past: History) -> None:
    """None: nobody says what an answer brings."""


def loss(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """Log loss of every parcel whose label is known: shop, parcel, loss, weight."""
    said = predictions.sort_by([(name, "ascending") for name in KEYS])
    chance, back, _, rows = beside(said, outcome(past, later, cases), KEYS, LABELS)
    cost = -np.log(np.where(back > 0.5, chance, 1 - chance))
    units = said.select(list(UNIT)).take(pa.array(rows))
    return units.append_column("loss", pa.array(cost)).append_column(
        "weight", pa.array(np.ones(len(cost)))
    )


def explain(history: History, answers: pa.Table, why: pa.Table | None) -> pa.Table:
    """The parcel's own row."""
    return history.sql(
        """select answers.* exclude (why), [parcels.row] as why, 'a parcel worth ' || price as because
        from answers left join parcels using (shop, parcel)""",
        answers=answers,
    )


def measures(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """One footnote; it chooses nothing."""
    came = outcome(past, later, cases)
    chance, back, _, _ = beside(predictions, came, KEYS, LABELS)
    total = float(chance.sum() / max(back.sum(), 1.0))
    return pa.table(
        {"name": ["total"], "value": [total], "sentence": ["forecast for each one back"]}
    )
