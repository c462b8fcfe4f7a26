"""Customers to learn from: what they had done, what was forecast, and what came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import ceil
from typing import Any

import numpy as np
import pyarrow as pa

from stepladder.core.view import Example, Strip, View
from stepladder.questions.retention import deviance
from stepladder.questions.retention.example_reasons import (
    FEWEST,
    GONE,
    Known,
    bought_on,
    profile,
    reason,
    times,
)

STORY = "select customer, day, row from purchases join cases using (customer) order by day, row"
TWICE = "about two expected"
KINDS = ("biggest miss", TWICE, "highest forecast", "lapsed heavy buyer", "newcomer", "one-timer")
BETWEEN = "in between"


def pick(view: View, n: int) -> list[Example]:
    """At most n customers: some of each kind, filled up with everyday ones. Same input, same picks."""
    known = _known(view)
    picks: dict[int, str] = {}
    for kind in (*KINDS, BETWEEN):
        wanted = n - len(picks) if kind == BETWEEN else min(ceil(n / len(KINDS)), n - len(picks))
        found = (int(i) for i in _ranked(kind, known, view, n))
        for _, i in zip(range(wanted), (i for i in found if i not in picks), strict=False):
            picks[i] = kind
    return list(_examples(view, known, picks))


def _known(view: View) -> Known:
    answers = view.at_cutoff[view.rung]
    history = view.history.at(view.cutoff)
    return Known(
        *profile(history, answers["customer"], view.cutoff),
        answers["prediction"].to_numpy(zero_copy_only=False).astype(float),
        view.outcome["actual"].to_numpy(zero_copy_only=False).astype(float),
    )


def _ranked(kind: str, known: Known, view: View, n: int) -> np.ndarray:
    """Customers of a kind, the most instructive first."""
    horizon, everyone = view.history.ask.horizon, np.arange(len(known.times))
    often = known.times >= max(np.quantile(known.times, 0.95), FEWEST)
    if kind == "biggest miss":
        return _misses(known)
    if kind == TWICE:
        near = np.abs(known.forecast - 2.0)
        found = everyone[near < 0.5]
        return found[np.argsort(near[found], kind="stable")]
    if kind == "highest forecast":
        high = everyone[known.forecast > np.median(known.forecast)]
        return high[np.argsort(-known.forecast[high], kind="stable")]
    if kind == "lapsed heavy buyer":
        gone = everyone[often & (known.silent > np.maximum(horizon, GONE * known.gap))]
        return gone[np.argsort(-(known.times * known.silent)[gone], kind="stable")]
    if kind == "newcomer":
        return _spread(everyone[known.age <= horizon], n)
    if kind == "one-timer":
        return _spread(everyone[(known.times == 1) & (known.age > horizon)], n)
    usual = everyone[known.times > 1] if (known.times > 1).sum() > 2 * n else everyone
    return _spread(usual[np.argsort(known.forecast[usual], kind="stable")], 2 * n)[::-1][n // 4 :]


def _misses(known: Known) -> np.ndarray:
    """The worst surprises, in turn too few and too many forecast."""
    cost = deviance(known.came, np.maximum(known.forecast, 1e-9))
    worst = np.argsort(-cost, kind="stable")[:500]
    less = worst[known.came[worst] > known.forecast[worst]]
    over = np.argsort(-(known.forecast - known.came), kind="stable")[: len(less)]
    both = min(len(less), len(over))
    return np.column_stack([less[:both], over[:both]]).ravel()


def _spread(some: np.ndarray, n: int) -> np.ndarray:
    """Evenly spaced ones of these."""
    if not len(some):
        return some
    return some[np.unique(np.linspace(0, len(some) - 1, min(n, len(some))).astype(int))]


def _examples(view: View, known: Known, picks: dict[int, str]) -> Iterator[Example]:
    order = [*KINDS[1:], BETWEEN, KINDS[0]]
    picks = dict(sorted(picks.items(), key=lambda pick: order.index(pick[1])))
    answers = view.at_cutoff[view.rung]
    tells = answers["alive"].null_count < answers.num_rows
    chosen = answers.take(pa.array(list(picks), pa.int64()))
    came = dict(zip(chosen["customer"].to_pylist(), known.came[list(picks)], strict=True))
    stories = _told(view, chosen["customer"], chosen.to_pylist(), came, tells)
    for (i, kind), one in zip(picks.items(), stories, strict=True):
        yield replace(one, kind=kind, reason=reason(kind, known, i))


def story(view: View, customer: Any) -> Example:
    """One customer: what they did, what the shown rung said of it, and what came."""
    answers = view.at_cutoff.get(view.rung, pa.table({"customer": pa.array([], pa.int64())}))
    mine = [row for row in answers.to_pylist() if row["customer"] == customer]
    outcome = zip(
        view.outcome["customer"].to_pylist(), view.outcome["actual"].to_pylist(), strict=True
    )
    who = pa.chunked_array([pa.array([customer], view.exam.cases["customer"].type)])
    tells = any(row["alive"] is not None for row in mine)
    (told,) = _told(view, who, mine or [{"customer": customer}], dict(outcome), tells)
    days, _, silent = (int(each[0]) for each in profile(view.history, who, view.history.now))
    last = f"{bought_on(days, silent)} before {view.history.now.day} {view.history.now:%B %Y}."
    return replace(told, reason=last if days else "Bought nothing that is known.")


def _told(
    view: View,
    customers: pa.ChunkedArray,
    answers: Sequence[Mapping[str, Any]],
    came: Mapping[Any, float],
    tells: bool,
) -> Iterator[Example]:
    """These customers, each on one line of time, with what was said and what came; in their order."""
    story = view.history.sql(STORY, pa.table({"customer": customers})).to_pylist()
    start = min((row["day"] for row in story), default=view.cutoff)
    for answer in answers:
        mine = [row for row in story if row["customer"] == answer["customer"]]
        before = [row for row in mine if row["day"] < view.cutoff]
        days = sorted({row["day"] for row in mine})
        said = "prediction" in answer
        yield Example(
            key=str(answer["customer"]),
            kind="",
            reason="",
            strip=_strip(view, start, days),
            facts=_facts(answer, came[answer["customer"]], tells) if said else (),
            table="purchases",
            rows=tuple(answer.get("why") or [row["row"] for row in before[-5:]]),
        )


def _strip(view: View, start: date, days: list[date]) -> Strip:
    cutoff = view.cutoff
    return Strip(
        start,
        cutoff,
        view.history.now,
        tuple(day for day in days if day < cutoff),
        tuple(day for day in days if day >= cutoff),
    )


def _facts(answer: Mapping[str, Any], came: float, tells: bool) -> tuple[tuple[str, str], ...]:
    low, high, alive, value = (answer[name] for name in ("low", "high", "alive", "value"))
    facts = [("forecast", times(answer["prediction"]))]
    if low is not None and high is not None:
        facts.append(("between (at least 95 of 100)", f"{low:.0f} to {high:.0f}"))
    facts.append(("came", f"{came:.0f}"))
    if tells:  # a rung that gives the chance for others, but not here
        facts.append(
            (
                "still a customer, P(alive)",
                "cannot tell" if alive is None else f"{100 * alive:.0f} %",
            )
        )
    if value is not None:
        facts.append(("worth", f"{value:,.2f}"))
    return tuple(facts)
