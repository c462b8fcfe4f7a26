"""The business's rules, as views that every rung sees: what counts as liking, and what may be shown."""

from __future__ import annotations

from collections.abc import Mapping

from stepladder.core.ask import Ask
from stepladder.core.errors import Problem
from stepladder.core.history import History, literal, quoted
from stepladder.core.question import Rule
from stepladder.questions.recommend.settings import Settings, Value

SUPPORT = "select item, count(distinct person) as raters from interactions group by item"


def views(ask: Ask) -> dict[str, str]:
    """The SELECTs behind support, likes, seen and candidates."""
    rules = ask.settings
    liked = "" if rules.liked is None else f" where value >= {rules.liked!r}"
    none = " where 1 = 0" if rules.already_seen else ""
    return {
        "support": SUPPORT,
        "likes": f"select person, item, time, value, row from interactions{liked}",
        # not made distinct: that would read everything for every question about a few persons
        "seen": f"select person, item from interactions{none}",
        "candidates": "select support.item, support.raters from support left join items "
        f"on support.item = items.item where {' and '.join(_conditions(rules))}",
    }


def named(ask: Ask) -> tuple[Rule, ...]:
    """Which columns of the items the rules are about, and which values."""
    rules, absent = ask.settings, "[recommend] absent"
    about = [("exclude", rules.exclude), ("include", rules.include)]
    found = [
        Rule(f"[recommend] {name}", "items", column, _sought(rules, values), absent)
        for name, columns in about
        for column, values in sorted(columns.items())
    ]
    return (*found, *(Rule("[recommend] at_most", "items", one) for one in sorted(rules.at_most)))


def _sought(rules: Settings, values: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple(value for value in values if value not in rules.absent)


def steps(rules: Settings) -> list[tuple[str, str]]:
    """Each rule in words, as question.toml names it, and the condition on an item that it sets."""
    enough = f"support.raters >= {rules.min_support}"
    out = [(f"exclude by {c}", c, v) for c, v in sorted(rules.exclude.items()) if v]
    only = [(f"include by {c}", c, v) for c, v in sorted(rules.include.items())]
    return [
        (f"min_support = {rules.min_support}", enough),
        *((words, f"not coalesce({_any(c, v)}, false)") for words, c, v in out),
        *((words, f"coalesce({_any(c, v)}, false)") for words, c, v in only),
    ]


def _conditions(rules: Settings) -> list[str]:
    return [condition for _, condition in steps(rules)]


def _any(column: str, values: tuple[Value, ...]) -> str:
    """Whether an item's column has one of the values; a text may hold several, as in Comedy|Drama."""
    name = f"items.{quoted(column)}"
    tests = [
        f"strpos('|' || cast({name} as varchar) || '|', {literal(f'|{value}|')}) > 0"
        if isinstance(value, str)
        else f"try_cast({name} as double) = {float(value)!r}"
        for value in values
    ]
    return f"({' or '.join(tests or ['1 = 0'])})"


def check(history: History) -> None:
    """Raise Problem on data with nothing to recommend, and on rules that leave nothing to show."""
    found = history.sql(
        """select count(distinct person) as persons, count(distinct item) as items,
        count(distinct cast(time as date)) as days from interactions"""
    ).to_pylist()[0]
    remedy = (
        "check which columns were read (stepladder new --column person=NAME names another), "
        "or bring more history"
    )
    for count, one, why in (
        ("persons", "person", "recommending means learning from others"),
        ("items", "item", "with one item there is nothing to choose from"),
        (
            "days",
            "day",
            "what comes later is forecast from what came before, so there must be both",
        ),
    ):
        if found[count] < 2:
            raise Problem(f"all interactions are of one {one}", why, remedy)
    _check_candidates(history, found["items"])


def _check_candidates(history: History, items: int) -> None:
    rules = history.ask.settings
    if history.sql("select count(*) as n from candidates")["n"][0].as_py() >= 2:
        return
    enough = f"select count(*) as n from support where raters >= {rules.min_support}"
    supported = history.sql(enough)["n"][0].as_py()
    raise Problem(
        f"of {items:,} items {supported:,} were taken by {rules.min_support} persons or more, and fewer "
        "than two of these may be shown",
        "there must be something left to recommend",
        "lower min_support, or loosen exclude and include, in question.toml [recommend]",
    )


def removed(history: History) -> list[tuple[str, int]]:
    """What each rule took out, in words with the number of items: for the report."""
    rules = history.ask.settings
    steps: list[tuple[str, Mapping[str, object]]] = [
        (f"taken by fewer than {rules.min_support} persons", {"min_support": rules.min_support})
    ]
    steps += [(f"excluded by {c}", {"exclude": {c: v}}) for c, v in sorted(rules.exclude.items())]
    steps += [
        (f"not included by {c}", {"include": {c: v}}) for c, v in sorted(rules.include.items())
    ]
    everything = history.sql("select count(*) as n from support")["n"][0].as_py()
    found = []
    for words, only in steps:
        alone = Settings(**{"min_support": 1, **only})  # type: ignore[arg-type]
        where = " and ".join(_conditions(alone))
        query = (
            "select count(*) as n from support left join items on support.item = items.item "
            f"where {where}"
        )
        found.append((words, everything - history.sql(query)["n"][0].as_py()))
    return found
