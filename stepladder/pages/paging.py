"""What is asked of a listing: which rows, in which order, and from which row on, as an address says it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stepladder.core.history import quoted
from stepladder.pages.listing import ID, Listing
from stepladder.service.refused import Refused

ROWS = 50  # of a page
LONGEST = 200  # letters of what is searched for
KEYSET = "last."  # before the columns of the row that a page begins behind


NO_NAMES: Mapping[str, str] = {}


@dataclass(frozen=True)
class Order:
    """One way to sort: by which column, whether the highest come first, and in words."""

    name: str
    column: str
    down: bool
    words: str


@dataclass(frozen=True)
class Sought:
    """Which rows, in which order. last: value and case of the row that they begin behind, or end before."""

    order: Order
    begins: str = ""
    least: Mapping[str, float] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)
    equal: Mapping[str, str] = field(default_factory=dict)
    last: tuple[str, ...] = ()
    back: bool = False


def orders(listing: Listing, case: str, names: Mapping[str, str] = NO_NAMES) -> list[Order]:
    """Every order that these rows can be in; the first is the usual one. names: of columns, for people."""
    found = [Order("-prediction", "prediction", True, "highest prediction first"),
             Order("prediction", "prediction", False, "lowest prediction first")]  # fmt: skip
    for name in listing.numbers:
        if name not in ("prediction", "came", "surprise"):
            found += [
                Order(f"-{name}", name, True, f"highest {names.get(name, name)} first"),
                Order(name, name, False, f"lowest {names.get(name, name)} first"),
            ]
    if "surprise" in listing.numbers:
        found += [
            Order("surprise-size", "abs(surprise)", True, "largest surprise first"),
            Order("-surprise", "surprise", True, "came most above what was said"),
            Order("surprise", "surprise", False, "came most below what was said"),
        ]
    return [*found, Order("case", "", False, f"by {case}")]


def sought(listing: Listing, query: Mapping[str, str], case: str) -> Sought:
    """What an address asks for. Raises Refused on what is no number, and on columns that are not there."""
    there = {one.name: one for one in orders(listing, case)}
    named = query.get("sort", "") or "-prediction"
    if named not in there:
        raise Refused(422, f"sort={named[:60]}", f"these rows can be sorted by {', '.join(there)}",
                      "choose an order on the page")  # fmt: skip
    least, most, equal = dict[str, float](), dict[str, float](), dict[str, str]()
    for key, text in query.items():
        column, dot, what = key.rpartition(".")
        if not dot or key.startswith(KEYSET) or not text.strip():
            continue
        _refuse_column(listing, column, what)
        if what == "is":
            equal[column] = text.strip()[:LONGEST]
        else:
            (least if what == "from" else most)[column] = _number(key, text)
    begins = query.get("begins", "").strip()[:LONGEST]
    last = _last(listing, query)
    return Sought(there[named], begins, least, most, equal, last, "before" in query)


def _refuse_column(listing: Listing, column: str, what: str) -> None:
    numbers, texts = [f"{n}.from and {n}.to" for n in listing.numbers], listing.texts
    ranged = what in ("from", "to") and column in listing.numbers
    if not ranged and not (what == "is" and column in texts):
        raise Refused(
            422, f"a filter by {column[:60]}.{what[:20]}",
            f"these rows are filtered by {', '.join([*numbers, *(f'{n}.is' for n in texts)])}",
            "fill in the fields on the page",
        )  # fmt: skip


def _number(key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Refused(422, f"{text[:60]!r} in {key}", "a filter is a number, with a point for decimals: 1.5",
                      "go back and write a number there, or leave it empty")  # fmt: skip
    return value


def _last(listing: Listing, query: Mapping[str, str]) -> tuple[str, ...]:
    """The row that the page begins behind: its value, then its case."""
    if "after" not in query and "before" not in query:
        return ()
    value = query.get("after", query.get("before", ""))
    if value not in ("", "inf", "-inf"):  # those of whom nothing is known stand behind all others
        _number("after" if "after" in query else "before", value)
    return value, *(query.get(KEYSET + name, "") for name in listing.case)


def address(listing: Listing, row: Mapping[str, Any], back: bool) -> dict[str, str]:
    """Where the page behind a row begins, or the one before it: what the address carries."""
    value = row.get("_by")
    case = {KEYSET + name: str(row[name]) for name in listing.case}
    return {"before" if back else "after": "0" if value is None else repr(value), **case}


def page(listing: Listing, sought: Sought) -> tuple[list[dict[str, Any]], bool]:
    """The rows of a page, and whether there are more beyond it, in the direction that was asked for."""
    query, values = statement(listing, sought, ROWS + 1)
    found = listing.asked(query, values)
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    more, rows = len(rows) > ROWS, rows[:ROWS]
    return (rows[::-1] if sought.back else rows), more


def statement(listing: Listing, sought: Sought, most: int | None = None) -> tuple[str, list[Any]]:
    """The rows in SQL, in their order, and the values to bind."""
    by, values = _by(listing, sought.order), list[Any]()
    where = [*_where(sought, values), *_behind(listing, sought, by, values)]
    down = sought.order.down != sought.back
    case = ", ".join(f"{quoted(n)} {'desc' if sought.back else 'asc'}" for n in listing.case)
    order = f"{by} {'desc' if down else 'asc'}, {case}" if by else case
    those = f" where {' and '.join(where)}" if where else ""
    if most:  # found by the columns that are asked for; only then are the others read
        those = f" where rowid in (select rowid from listing{those} order by {order} limit {most})"
    return f"select *, {by or 'null'} as _by from listing{those} order by {order}", values


def _by(listing: Listing, order: Order) -> str:
    """What is sorted by; who has no value stands last, whichever way round."""
    if not order.column or order.column in listing.whole:
        return order.column and quoted(order.column)
    column = order.column if "(" in order.column else quoted(order.column)
    return f"coalesce({column}, '{'-' if order.down else ''}infinity'::double)"


def _where(sought: Sought, values: list[Any]) -> Iterator[str]:
    if sought.begins:
        values.append(sought.begins)
        yield f"starts_with({ID}, ?)"
    for sign, bounds in ((">=", sought.least), ("<=", sought.most)):
        for column, value in bounds.items():
            values.append(value)
            yield f"{quoted(column)} {sign} ?"
    for column, text in sought.equal.items():
        values.append(text)
        yield f"{quoted(column)} = ?"


def _behind(listing: Listing, sought: Sought, by: str, values: list[Any]) -> Iterator[str]:
    """Behind the last row of the page before: in the order of its value, then of its case."""
    if not sought.last:
        return
    value, *case = sought.last
    columns = ", ".join(map(quoted, listing.case))
    typed = ", ".join(f"try_cast(? as {listing.kinds[name]})" for name in listing.case)
    behind = f"({columns}) {'<' if sought.back else '>'} ({typed})"
    if not by:
        values += case
        yield behind
        return
    values += [float(value or 0)] * 3 + case
    sign = "<" if sought.order.down != sought.back else ">"
    yield f"{by} {sign}= ? and ({by} {sign} ? or ({by} = ? and {behind}))"
