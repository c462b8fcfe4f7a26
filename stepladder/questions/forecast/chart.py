"""The page of forecast: all series at once, the best, the middle and the worst, and where it is worth it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from stepladder.core.view import Example, Expected, Section, View
from stepladder.questions.forecast import at_once, fans, levels, together
from stepladder.questions.forecast.figures import figure
from stepladder.questions.forecast.missed import missed
from stepladder.questions.forecast.settings import counted, steps

COUNTED = ""  # series may be in units of their own
ANSWER = "forecast"
MENDED = "{n} forecasts were below what can be; they were raised."
NOW = True
PEOPLE = False


def meaning(view: View) -> str:
    """How many series need more than repeating what was, and what all of them come to."""
    found, every = missed(view), view.history.ask.settings.every
    names, ahead = view.history.ask.settings.levels, steps(view.history.ask)
    answers = levels.bottom(view.at_now[view.rung], names)
    n = round(len(answers["series"].unique()) * view.now_times)
    since = f"{view.history.now.day} {view.history.now:%B %Y}"
    are = "1 series is forecast, for" if n == 1 else f"{n:,} series are forecast, each for"
    said = (
        f"{are} the {counted(ahead, every)} from {since} on. {together.told(view)}",
        at_once.told(view, found), fans.held(view),
    )  # fmt: skip
    return "\n".join(each.strip() for each in said if each)


def expected(view: View) -> list[Expected]:
    """What all series come to together, where they add up."""
    return together.expected(view)


def scored(view: View) -> str:
    """Who is marked."""
    return "Series of which nothing came in the window are not marked."


def about_examples(view: View) -> str:
    """How examples are read."""
    usual = view.labels[view.reference]
    return (
        "Series at the exam: those missed by most, and everyday ones. “Off” is in units of how far the "
        f"series usually moves; beside it what “{usual}” would have been off."
    )


def sections(view: View) -> list[Section]:
    """All together, all at once, then some of them drawn."""
    found = missed(view)
    return [*together.sections(view), *at_once.sections(view, found), *fans.sections(view, found)]


def examples(view: View, n: int) -> list[Example]:
    """The biggest misses first, then series spread evenly over all sizes of error; the same every time."""
    found, by = missed(view), f"off by “{view.labels[view.reference]}”"
    if not found.names:
        return []
    worst = list(np.argsort(-found.off, kind="stable")[: n // 2])
    order = np.argsort(found.mine, kind="stable")
    even = [int(i) for i in order[np.linspace(0, len(order) - 1, n).astype(int)] if i not in worst]
    picked = [(int(i), "biggest miss") for i in worst] + [
        (i, "everyday") for i in dict.fromkeys(even)
    ]
    why = _reasons(view, [found.names[i] for i, _ in picked[:n]])
    return [
        Example(
            found.names[i], kind, why.get(found.names[i], ("", ()))[0], None,
            (("usual size", figure(found.level[i])), ("off", f"{found.mine[i]:.2f}"),
             (by, f"{found.usual[i]:.2f}"), ("off in units", figure(found.off[i]))),
            "series", why.get(found.names[i], ("", ()))[1],
        )
        for i, kind in picked[:n]
    ]  # fmt: skip


def story(view: View, case: Mapping[str, Any]) -> Example:
    """One series: its past, what was said of it with its range, what came."""
    name = str(case["series"])
    course = fans.course(view, name)
    why = _reasons(view, [name]) if course.said else {}
    reason, rows = why.get(name, ("", ()))
    return Example(name, "", reason, None, (), "series", rows, course=course)


def _reasons(view: View, names: list[str]) -> dict[str, tuple[str, tuple[int, ...]]]:
    """For each series what its first period ahead is made of: words, and rows of the data."""
    said = view.at_cutoff[view.rung]
    first = view.exam.known.sql("select min(time) as time from ahead")["time"][0].as_py()
    rows = view.exam.known.sql(
        "select * from said where time = (select min(time) from ahead) order by series", said=said
    )
    told = view.explained(rows)
    keys = [str(name) for name in told["series"].to_pylist()]
    return {
        key: (f"For {first.day} {first:%B %Y}: {because}." if because else "", tuple(why or ()))
        for key, because, why in zip(
            keys, told["because"].to_pylist(), told["why"].to_pylist(), strict=True
        )
        if key in names
    }
