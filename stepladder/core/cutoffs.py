"""Where replays stand: days that each leave past to learn from and an outcome to score."""

from __future__ import annotations

from datetime import date, timedelta

from stepladder.core.errors import Problem
from stepladder.core.question import Role


def cutoffs(
    asked: tuple[date, ...],
    now: date,
    first: date,
    span: timedelta,
    most: int = 7,
    mature: int = 0,
) -> list[tuple[date, Role]]:
    """Each cutoff and what it is for, earliest first. Raises Problem on what the data cannot carry.

    Where none are asked for: as many, a span apart, as leave three spans of past, `most` of them at most.
    mature: how many days of the span are beyond the horizon, where labels come late.
    """
    _refuse_far(now, first, span, mature)
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


def _refuse_far(now: date, first: date, span: timedelta, mature: int) -> None:
    """A span too long for the data, wherever the cutoffs stand."""
    days, late = (now - first).days, f" and {mature} for its labels" if mature else ""
    if days >= 4 * span.days:
        return
    most = days // 4 - mature
    allowed = (
        f"the horizon may be {most} days at most" if most > 0 else "that is too little for any"
    )
    raise Problem(
        f"a horizon of {span.days - mature} days{late} in data that span {days} days",
        f"the bake-off needs four times as long: {allowed}",
        (f"set `horizon = {most}` or less in question.toml, or " if most > 0 else "")
        + "bring more history",
    )


def _refuse(cutoffs: list[date], now: date, first: date, span: timedelta) -> None:
    if len(cutoffs) == 1:
        raise Problem(
            f"one cutoff, {cutoffs[0]}",
            "the bake-off chooses on early cutoffs and reports on a last, untouched one",
            f"give at least two, {span.days} days apart, or leave `cutoffs` out",
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
