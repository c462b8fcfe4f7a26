"""Where replays stand: days that each leave past to learn from and an outcome to score."""

from __future__ import annotations

from datetime import date, timedelta

from stepladder.core.errors import Problem
from stepladder.core.question import Role


def cutoffs(
    asked: tuple[date, ...], now: date, first: date, span: timedelta, most: int = 7
) -> list[tuple[date, Role]]:
    """Each cutoff and what it is for, earliest first. Raises Problem on what the data cannot carry.

    Where none are asked for: as many, a horizon apart, as leave three horizons of past, `most` of them
    at most.
    """
    chosen = list(asked) or _default_cutoffs(now, first, span, most)
    _refuse(chosen, now, first, span)
    roles: list[tuple[date, Role]] = [(cutoff, "choose") for cutoff in chosen[:-1]]
    return [*roles, (chosen[-1], "report")]


def _default_cutoffs(now: date, first: date, span: timedelta, most: int) -> list[date]:
    """The last reports; those before it with three horizons of past choose."""
    found = [now - i * span for i in range(1, most + 1) if now - i * span - first >= 3 * span]
    if len(found) < 2 and now - 2 * span - first >= 2 * span:
        found = [now - span, now - 2 * span]
    return sorted(found)


def _refuse(cutoffs: list[date], now: date, first: date, span: timedelta) -> None:
    days = (now - first).days
    if len(cutoffs) == 1:
        raise Problem(
            f"one cutoff, {cutoffs[0]}",
            "the bake-off chooses on early cutoffs and reports on a last, untouched one",
            f"give at least two, {span.days} days apart, or leave `cutoffs` out",
        )
    if not cutoffs:
        raise Problem(
            f"a horizon of {span.days} days in data that span {days} days",
            f"the bake-off needs four horizons: the horizon may be {days // 4} days at most",
            f"set `horizon = {max(days // 6, 1)}` in question.toml, or bring more history",
        )
    if cutoffs != sorted(set(cutoffs)) or any(c + span > cutoffs[-1] for c in cutoffs[:-1]):
        raise Problem(
            f"the cutoffs {', '.join(map(str, cutoffs))} with a horizon of {span.days} days",
            "cutoffs are in order, and each outcome ends on or before the last cutoff",
            "move the early cutoffs back, or shorten the horizon",
        )
    if cutoffs[-1] + span > now or cutoffs[0] - first < 2 * span:
        raise Problem(
            f"the cutoffs {cutoffs[0]} … {cutoffs[-1]} in data from {first} up to {now}",
            f"the first needs {2 * span.days} days before it, the last {span.days} days after it",
            f"choose cutoffs between {first + 2 * span} and {now - span}",
        )
