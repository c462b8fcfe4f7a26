"""The ladder in money: what each rung's list brought, how far below the best's, and what keeping it costs."""

from __future__ import annotations

from collections.abc import Sequence

from stepladder.bakeoff.lists import Listed, Lists, Money
from stepladder.bakeoff.result import Cost
from stepladder.money import written

# from which amount on, in units of what, and how these are called
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
        "off, on average over the dates on which the rungs were compared, and its 95 % interval. best − it: "
        "how much more the best rung's list did. exam: on the last, untouched window. cost/yr: keeping the "
        "rung."
    )


def amount(value: float) -> str:
    """Money in whole units, in millions and more where it is long."""
    return _short(value, LONG, 2)


def _span(found: Money, long: float) -> str:
    """The bounds in whole units; where they are long in thousands and more: no more is known of them."""
    steps = (*LONG, (long, 1e3, "k"))
    return "…".join(_short(each, steps, 1) for each in (found.low, found.high))


def _short(value: float, steps: Sequence[tuple[float, float, str]], digits: int) -> str:
    for least, size, unit in steps:
        if abs(value) >= least:
            shown = digits if digits > 1 or abs(value) < 10 * size else 0
            return f"{value / size:,.{shown}f}{unit}".replace("-", "−")
    return written(value).replace("-", "−")
