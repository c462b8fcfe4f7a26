"""The ladder in money: what each rung's list brought, how far below the best's, and what keeping it costs."""

from __future__ import annotations

from collections.abc import Sequence

from stepladder.bakeoff.lists import Listed, Lists, Money
from stepladder.bakeoff.result import Cost
from stepladder.money import written

Step = tuple[float, float, str]  # from which amount on, in units of what, and how these are called
LONG = ((1e12, 1e12, "tn"), (1e9, 1e9, "bn"), (1e6, 1e6, "M"))


def headings(lists: Lists) -> list[str]:
    """The columns after the rung's name."""
    rough = " rough" if any(one.rough for one in lists.rungs) else ""
    return ["brought", f"95 %{rough}", f"best − it (95 %{rough})", "exam", "cost/yr"]


def cells(mine: Listed, cost: Cost) -> list[str]:
    """A rung's figures, in the order of the headings."""
    brought, exam = mine.brought.choose, mine.brought.report
    mark = "~" if mine.rough else ""
    return [
        amount(brought.amount),
        f"{mark}{_span(brought, 1e4)}",
        _less(mine.below_best, mark),
        amount(exam.amount),
        f"{cost.money_per_year:,.0f}",
    ]


def _less(found: Money, mark: str) -> str:
    """How much less than the best, and how sure; nothing to be sure of where both answers are one."""
    if found.amount == found.low == found.high == 0:
        return "–"
    return f"{amount(found.amount)} ({mark}{_span(found, 1e5)})"


def caption(lists: Lists) -> str:
    """What the columns are."""
    unit, size = f", in {lists.currency}" if lists.currency else "", f"{round(lists.usual):,}"
    return (
        f"brought: what a list of {size} brought{unit}, per decision, the cost of contacts taken "
        "off, on average over the dates on which the rungs were compared, and where 95 of 100 such "
        "lists lie. best − it: how much more the best rung's list did. exam: on the last, untouched window. "
        "cost/yr: keeping the rung."
    )


def amount(value: float) -> str:
    """Money in whole units, in millions and more where it is long."""
    return _short(value, _step(abs(value), LONG), 2)


def _span(found: Money, long: float) -> str:
    """The bounds in whole units; both in thousands and more where one is long: no more is known of them."""
    step = _step(max(abs(found.low), abs(found.high)), (*LONG, (long, 1e3, "k")))
    return "…".join(_short(each, step, 1) for each in (found.low, found.high))


def _step(most: float, steps: Sequence[tuple[float, float, str]]) -> Step | None:
    return next((step for step in steps if most >= step[0]), None)


def _short(value: float, step: Step | None, digits: int) -> str:
    said = written(value)
    if step:
        _, size, sign = step
        shown = digits if digits > 1 or (size > 1e3 and abs(value) < 10 * size) else 0
        said = f"{value / size + 0.0:,.{shown}f}{sign}"
    return said.replace("-", "−")
