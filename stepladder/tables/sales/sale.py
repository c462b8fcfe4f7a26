"""A table's rows as sales: what each is worth, which order it belongs to, what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.columns.find import check_columns, parts
from stepladder.tables.columns.naming import is_money
from stepladder.tables.columns.words import QUANTITY, plain
from stepladder.tables.findings import Finding
from stepladder.tables.ids.ids import Texts, texts
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows
from stepladder.tables.values import Amount

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass
class Sale:
    """The rows of a table whose rows may be sales, its amounts (which may change), and what changed."""

    rows: Rows
    spec: TableSpec
    values: dict[str, Value]
    choices: Choices
    changed: list[Finding] = field(default_factory=list)

    @cached_property
    def money(self) -> str | None:
        """The column of what a row is worth in money, if there is one."""
        found = (c.name for c in self.spec.columns if is_money(c) and c.name in self.values)
        return next(found, None)

    @property
    def worth(self) -> Floats:
        """What each row is worth in money; zero where that is not known."""
        amount = self.amount(self.money)
        return np.zeros(len(self.rows.status)) if amount is None else np.nan_to_num(amount.value)

    def amount(self, name: str | None) -> Amount | None:
        """The amounts of a column, where it is one of amounts."""
        found = self.values.get(name or "")
        return found if isinstance(found, Amount) else None

    def put(self, name: str, value: Floats) -> None:
        """Writes new amounts; where a column must have one, none is zero."""
        amount = self.amount(name)
        assert amount is not None
        required = self.spec.column(name).required
        self.values[name] = replace(amount, value=np.nan_to_num(value) if required else value)

    def beside(self, role: str) -> Texts | None:
        """What stands in the column of that role, in an order's later lines too; None without one."""
        source = self.choices.beside.get(role)
        if not source:
            return None
        check_columns(self.rows.raw.table, role, source)
        found = texts(self.rows.raw.table.column(source))
        return found if role == "order" or self.order is None else throughout(found, self.order)

    @cached_property
    def order(self) -> Ints | None:
        """A number for each row's order, the same for rows of one; None where orders have no number."""
        source = self.choices.beside.get("order")
        if not source:
            return None
        check_columns(self.rows.raw.table, "order", source)
        return order_numbers(
            texts(self.rows.raw.table.column(source)), self.values.get(self.spec.key[0])
        )

    @property
    def repeats(self) -> bool:
        """Whether an amount is the whole order's, on each of its rows."""
        return self.choices.value_per == "order" and self.order is not None

    def once(self, where: Bools, value: Floats) -> Bools:
        """Of the rows `where` holds, those whose amount counts: all, or one of equal ones in an order."""
        if not self.repeats or self.order is None:
            return where
        at = np.flatnonzero(where)
        code = numbered(np.round(value[at] * 1e4))
        first = np.unique(together(self.order[at], code), return_index=True)[1]
        found = np.zeros(len(where), bool)
        found[at[first]] = True
        return found

    def bare_rest(self, gone: Bools) -> Bools:
        """Rows without an amount of their own, in an order of which no amount is left when `gone` go."""
        amount = self.amount(self.money)
        if self.order is None or amount is None:
            return np.zeros(len(gone), bool)
        size, bare = int(self.order.max(initial=0)) + 1, np.isnan(amount.value)
        touched = np.bincount(self.order[gone], minlength=size) > 0
        stays = self.rows.kept & ~bare & ~gone & ~amount.refund
        touched &= np.bincount(self.order[stays], minlength=size) == 0
        return np.asarray(self.rows.kept & bare & ~amount.refund & touched[self.order])

    def sum(self, where: Bools) -> float:
        """What the rows are worth in all."""
        worth = self.worth
        return float(worth[self.once(where, worth)].sum())


def numbered(code: Ints | Floats) -> Ints:
    """Small numbers for large ones, the same where these are."""
    return np.asarray(pa.array(code).dictionary_encode().indices.to_numpy(), np.int64)


def together(*codes: Ints) -> Ints:
    """One number for several, -1 where one of them is."""
    whole, none = codes[0], codes[0] < 0
    for code in codes[1:]:
        none = none | (code < 0)
        whole = numbered(
            np.maximum(whole, 0) * (int(code.max(initial=0)) + 1) + np.maximum(code, 0)
        )
    return np.where(none, -1, whole)


def order_numbers(number: Texts, who: Value | None) -> Ints:
    """A number for each row's order: its number's and whose it is; rows without one stand alone."""
    code = number.code.astype(np.int64)
    if isinstance(who, Texts):
        code = together(code, who.code.astype(np.int64))
    return numbered(np.where(number.missing, -1 - np.arange(len(code)), code))


def throughout(found: Texts, order: Ints) -> Texts:
    """The same, where an order's first line only has it: its later lines have it too."""
    if not found.missing.any() or found.missing.all():
        return found
    place = np.full(int(order.max(initial=0)) + 1, -1, np.int64)
    filled = np.flatnonzero(~found.missing)[::-1]
    place[order[filled]] = filled
    source = place[order]
    at = np.where(found.missing & (source >= 0), found.at[source], found.at)
    return Texts(found.words, at.astype(np.int32), found.nothing, found.changed)


def quantity_of(columns: dict[str, str], beside: dict[str, str], table: pa.Table, name: str) -> str:
    """The source column that says how many pieces an amount is of; "" where none does."""
    factors = parts(columns.get(name, ""), table)
    known = {plain(one) for one in QUANTITY}
    own = next((one for one in factors if plain(one) in known), "")
    return own or beside.get("quantity", "")
