"""The ladder in money: what each rung's list brought, how far below the best's, and what keeping it costs."""

from __future__ import annotations

from stepladder.bakeoff.lists import Listed, Lists, Money
from stepladder.bakeoff.result import Cost


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
    """Money in whole units, in millions where it is long."""
    said = f"{value / 1e6:,.2f}M" if abs(value) >= 1e7 else f"{round(value) + 0:,}"
    return said.replace("-", "−")


def _span(found: Money, long: float) -> str:
    """The bounds in whole units, where they are long in thousands or millions: no more is known of them."""
    most = max(abs(found.low), abs(found.high))
    size, unit = (1e6, "M") if most >= 1e7 else (1e3, "k") if most >= long else (1, "")
    low, high = (f"{round(bound / size) + 0:,}{unit}" for bound in (found.low, found.high))
    return f"{low}…{high}".replace("-", "−")
