"""What a clean table comes to, in figures that a shopkeeper can check against their till."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.table import TableSpec
from stepladder.tables.columns.naming import is_money

Codes = npt.NDArray[np.int64]


def totals(
    table: pa.Table, spec: TableSpec, *, orders: int | None = None, dated: bool = True
) -> dict[str, Any]:
    """Who, how many rows and days, how much money and since when: plain values, for JSON too.

    `orders` counts the different orders where a column numbers them; `dated` is False where the days
    are made up. A purchase day is a day of one customer: whoever `spec.key` begins with. What the
    table has no column for is None.
    """
    who = spec.key[0]
    ids = _codes(table.column(who))
    found: dict[str, Any] = {
        "table": spec.name,
        "flag": f"{spec.name}." if spec.within else "",
        "who": who,
        "customers": _different(ids),
        "rows": table.num_rows,
        "orders": orders,
    }
    money = _money(table, spec)
    found["value_total"] = None if money is None else round(float(money.sum()), 2)
    days = _days(table, spec) if dated else None
    return {**found, **_in_time(ids, days, money)}


def _in_time(ids: Codes, days: Codes | None, money: Any) -> dict[str, Any]:
    names = ("purchase_days", "first_day", "last_day", "best_month", "best_month_value")
    if days is None or not len(days):
        return dict.fromkeys(names)
    first, last = int(days.min()), int(days.max())
    own = _different(ids * (last - first + 1) + days - first)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    by_month = np.bincount(months - months.min(), weights=money)
    best = int(by_month.argmax())
    if len(by_month) < 2:  # one month is no best one
        month, value = None, None
    else:
        month, value = str(np.datetime64(int(months.min()) + best, "M")), float(by_month[best])
    ends = (str(np.datetime64(day, "D")) for day in (first, last))
    return dict(zip(names, (own, *ends, month, value and round(value, 2)), strict=True))


def _different(codes: Codes) -> int:
    return int(pc.count_distinct(pa.array(codes)).as_py())


def _codes(column: pa.ChunkedArray) -> Codes:
    encoded = column.combine_chunks().dictionary_encode()
    return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(), np.int64) + 1


def _money(table: pa.Table, spec: TableSpec) -> Any:
    names = [column.name for column in spec.columns if is_money(column)]
    column = table.column(names[0]) if names else None
    if column is None or column.null_count == len(column):
        return None
    return pc.fill_null(column, 0.0).to_numpy().astype(np.float64)


def _days(table: pa.Table, spec: TableSpec) -> Codes | None:
    column = table.column(spec.time) if spec.time else None
    if column is None or column.null_count:
        return None
    return np.asarray(column.cast(pa.date32()).cast(pa.int32()).to_numpy(), np.int64)
