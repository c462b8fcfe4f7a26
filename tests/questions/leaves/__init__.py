"""Of which kind is a leaf?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from stepladder.core import ask as core
from stepladder.core import predictions
from stepladder.core.ask import Ask
from stepladder.core.asking import beside
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

WORDS = "Of which kind is a leaf?"
PREDICTION = "the chance that the leaf is of this kind"
LOSS = "Log loss: how surprised a chance is by what came. Zero is a perfect forecast."
LOSS_IN_MONEY = None
LEAVES = TableSpec(
    "leaves",
    (
        Column("leaf", "id", True, ("leaf_id",), "the leaf"),
        Column("length", "number", True, ("long",), "how long it is"),
        Column("width", "number", True, ("wide",), "how wide it is"),
    ),
    key=("leaf",),
    time=None,
    unique=True,
)
NAMED = TableSpec(
    "labels",
    (
        Column("leaf", "id", True, ("leaf_id",), "the leaf"),
        Column("kind", "text", True, ("species",), "of which kind it is"),
    ),
    key=("leaf",),
    time=None,
    unique=True,
    outcomes=True,
)
TABLES = (LEAVES, NAMED)
CASE = UNIT = ("leaf",)
KEYS = ("leaf", "kind")
EXTRAS: dict[str, Kind] = {}
INTERVALS: Intervals = "share"
LABELS: Mapping[str, float] = {}
REFERENCE = "r1_commonest"
OWN = Own("leaves", many=False)
GAIN = "the difference between one chance for every leaf and the best rung"
DERIVED: tuple[str, ...] = ()
GLOSSARY = {"Fold": "Every third leaf's label is left out by turns, and asked for."}
DEMO = None
LOOKUPS: Mapping[str, Lookup] = {}
Settings = core.Settings
FOLDS = 4


def settings(history: History) -> str:
    """Nothing."""
    return ""


def horizon(days: int, ask: core.Ask) -> int:
    """A day: nothing here takes time."""
    return 1


def check(history: History) -> None:
    """Refuse data in which every leaf is of one kind."""
    if history.sql("select count(distinct kind) as n from labels")["n"][0].as_py() < 2:
        raise Problem("all leaves are of one kind", "there must be several", "bring more leaves")


def doubts(history: History) -> tuple[Doubt, ...]:
    return ()


def rules(ask: core.Ask) -> tuple[Rule, ...]:
    return ()


def views(ask: core.Ask) -> Mapping[str, str]:
    """None."""
    return {}


def cases(ask: Ask) -> str:
    """Every leaf without a label: leaf."""
    return "select leaf from leaves anti join labels using (leaf)"


def rows(ask: Ask) -> int:
    """At most as many as a case has answers."""
    return 3


def adds_up(ask: Ask) -> bool:
    """No."""
    return False


def holdouts(history: History) -> Iterator[Holdout]:
    """Folds at one moment: labels are left out by turns; the last fold reports."""
    check(history)
    for fold in range(FOLDS):
        some = f"select leaf from labels where leaf % {FOLDS} = {fold} order by leaf"
        out = history.sql(some)
        role = "report" if fold == FOLDS - 1 else "choose"
        yield Holdout(history.without("labels", out), history, role, out, name=f"fold-{fold + 1}")


def complete(answers: pa.Table, reference: Reference, past: History, cases: pa.Table) -> Completed:
    """A rung's chances; a kind it left out has the reference's."""
    return predictions.complete(answers, reference(), 0.01, KEYS)


def scale(past: History, cases: pa.Table) -> None:
    """Nothing: of one leaf there is one kind."""


def outcome(past: History, later: History, cases: pa.Table) -> pa.Table:
    """Whether each leaf is of each kind: leaf, kind, actual; null where nobody said."""
    return later.sql(
        """select cases.leaf, kinds.kind, labels.kind = kinds.kind as actual
        from cases cross join (select distinct kind from labels) as kinds
        left join labels on cases.leaf = labels.leaf order by cases.leaf, kinds.kind""",
        cases,
    )


def worth(answers: pa.Table, past: History) -> None:
    """None: nobody says what an answer brings."""


def loss(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """Log loss of every leaf's true kind: leaf, loss, weight."""
    chance, right, _, rows = beside(predictions, outcome(past, later, cases), KEYS)
    true = rows[right > 0.5]
    found = predictions.select(["leaf"]).take(pa.array(true))
    found = found.append_column("loss", pa.array(-np.log(chance[right > 0.5])))
    return found.append_column("weight", pa.array(np.ones(len(true)))).sort_by("leaf")


def explain(history: History, answers: pa.Table, why: pa.Table | None) -> pa.Table:
    """The leaf's own row."""
    return history.sql(
        """select answers.* exclude (why), [leaves.row] as why, 'as long as ' || length as because
        from answers left join leaves using (leaf)""",
        answers=answers,
    )


def measures(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """One footnote; it chooses nothing."""
    chance, right, _, _ = beside(predictions, outcome(past, later, cases), KEYS)
    sure = float(chance[right > 0.5].mean())
    return pa.table({"name": ["sure"], "value": [sure], "sentence": ["chance of the true kind"]})
