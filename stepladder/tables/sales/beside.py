"""Columns beside the question's own that say what a row is worth: an order's number, a status …"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.table import TableSpec
from stepladder.tables.amounts.texts import read_amounts
from stepladder.tables.columns.find import check_columns, parts
from stepladder.tables.columns.naming import is_money
from stepladder.tables.columns.words import BESIDE, NOT_BESIDE, QUANTITY, plain, tokens
from stepladder.tables.findings import Mapped
from stepladder.tables.ids.ids import texts
from stepladder.tables.ids.spelling import one_spelling
from stepladder.tables.sales.flags import flags
from stepladder.tables.sales.status_words import RETURN, UNKNOWN, UNSOLD, said_of_sale

ROLES = tuple(BESIDE)
_LOOKED_AT = 200_000  # rows: enough to tell what a column holds
_OTHER_MONEY = frozenset(
    ["converted", "base", "presentment", "settlement", "shop", "store", "local"]
)


def about_sales(spec: TableSpec) -> bool:
    """Whether a table's rows are things that happen, which may be undone; not features, nor names."""
    return spec.time is not None and not spec.rest and not spec.unique


def find_beside(
    table: pa.Table,
    spec: TableSpec,
    mapping: Sequence[Mapped],
    overrides: Mapping[str, str],
) -> tuple[Mapped, ...]:
    """Which free columns say what a row is worth; `overrides` are taken as they are, "" for none."""
    for role, source in overrides.items():
        if source:
            check_columns(table, role, source)
    found = {r: Mapped(r, source, 1.0, "you chose it") for r, source in overrides.items()}
    if not about_sales(spec):
        return tuple(found.values())
    seen = table.slice(0, _LOOKED_AT)
    used = {part for one in mapping for part in parts(one.source, table)} | {*overrides.values()}
    own = {one.canonical for one in mapping}  # an item of the question's own needs none beside
    for role in (role for role in ROLES if role not in overrides and role not in own):
        free = [name for name in table.column_names if name not in used]
        best = _best(role, free, seen, spec, mapping)
        if best:
            found[role] = best
            used.add(best.source)
    return tuple(found[role] for role in ROLES if role in found)


def _best(
    role: str, free: list[str], seen: pa.Table, spec: TableSpec, mapping: Sequence[Mapped]
) -> Mapped | None:
    amount = next(
        (one.source for one in mapping if spec.column(one.canonical).kind == "amount"), ""
    )
    if role == "quantity":  # it may be a factor of the amount
        free = [*(p for p in amount.split("*") if plain(p) in map(plain, QUANTITY)), *free]
    named = {name: _named(role, name) for name in free}
    fits = {n: sure and sure - _of_other_money(role, n, amount) for n, sure in named.items()}
    for name in sorted((name for name in free if fits[name] > 0), key=lambda name: -fits[name]):
        if name in seen.column_names and _holds(role, name, seen, mapping, spec):
            return Mapped(role, name, round(min(fits[name], 1.0), 2), f"named {name!r}")
    return None


def _named(role: str, name: str) -> float:
    """How well a name fits a role: the earlier it stands among the role's names, the better."""
    words, known = tokens(name), BESIDE[role]
    if role == "refunded" and re.search(_LEFT, name.lower()):
        return 0.0
    if plain(name) in (plains := ["".join(one) for one in known]):
        return 1.0 - 0.1 * plains.index(plain(name)) / len(known)
    if NOT_BESIDE[role].intersection(words):
        return 0.0
    inside = [one for one in known if set(one) <= set(words) and (len(one) > 1 or role in _ALONE)]
    return 0.7 if inside else 0.0


# "Order Total Amount (- Refund)" is what is left when it has been taken off.
_LEFT = r"([\s(][-−–]\s*|\b(less|minus|net|after|before|without|excl\w*)\W+(of\W+)?)(refund|return)"
_TYPES = frozenset(["type", "art", "tipo", "vorgangsart", "buchungsart"])
_OF_ORDERS = frozenset(
    ["orderstatus", "orderstate", "currentstate", "paymentstatus", "financialstatus"]
)
_AMOUNTS_BACK = frozenset("".join(one) for one in BESIDE["refunded"])
_ALONE = ("status", "currency", "refunded")  # of these one word within a name is telling


def _of_other_money(role: str, name: str, amount: str) -> float:
    """What a name loses where it is of another amount than the one taken (converted, base …)."""
    if role not in ("currency", "refunded"):
        return 0.0
    mine, theirs = set(tokens(name)), set(tokens(amount))
    return 0.25 * len((mine ^ theirs) & _OTHER_MONEY) - 0.05 * len(mine & theirs)


def _holds(
    role: str, name: str, seen: pa.Table, mapping: Sequence[Mapped], spec: TableSpec
) -> bool:
    """Whether a column holds what its name promises."""
    column = seen.column(name)
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return False
    read = texts(column)
    words = read.words.filter(pa.array(~read.nothing))
    if not len(words):
        return False
    if role in ("status", "payment"):
        money = any(is_money(spec.column(one.canonical)) for one in mapping)
        return _is_status(words.to_pylist() if len(words) <= 60 else [], name, money)
    if role in ("undone", "test"):
        if plain(name) in _AMOUNTS_BACK and not _any(words, r"[^\d.,]"):
            return False  # how much came back, not whether
        return flags(name, words) is not None
    if role == "currency":
        short = bool(pc.max(pc.utf8_length(words)).as_py() <= 20)
        return len(words) <= 200 and short and not _any(words, r"\d")
    if role in ("refunded", "quantity"):
        share = max(float(read_amounts(words, mark).found.mean()) for mark in ".,")
        money = any(is_money(spec.column(one.canonical)) for one in mapping)
        return share > 0.9 and (role == "quantity" or money)
    return role != "order" or _numbers_orders(read.code, seen, mapping, spec, name)


def _is_status(words: Sequence[str], name: str, money: bool) -> bool:
    """Whether some of few words are those of sales, undone ones or most of them.

    A type may be of anything. What is called the status of an order is one in words unknown too.
    """
    said, own = [said_of_sale(word) for word in words], tokens(name)
    undone = UNSOLD in said or RETURN in said
    known = bool(said) and said.count(UNKNOWN) * 2 <= len(said)
    if _TYPES.intersection(own):
        return undone and known and "new" not in map(plain, words)
    return undone or known or (money and len(said) > 1 and plain(name) in _OF_ORDERS)


def _numbers_orders(
    code: np.ndarray, seen: pa.Table, mapping: Sequence[Mapped], spec: TableSpec, name: str
) -> bool:
    """Whether a number is hardly ever shared by two whom the table is about."""
    who = next((one.source for one in mapping if one.canonical == spec.key[0]), "")
    if who not in seen.column_names:
        return False
    filled = ~texts(seen.column(name)).missing
    person = one_spelling(seen.column(who), ".")
    there = filled & ~person.missing
    pairs = np.unique(np.stack([code[there], person.code[there]]), axis=1)
    orders, of = np.unique(pairs[0], return_counts=True)
    if plain(name) == "name" and _any(texts(seen.column(name)).words, r"^[^#]"):
        return False  # somebody's own name
    return len(orders) > 0 and bool((of > 1).mean() <= 0.05)


def _any(words: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(words, pattern)).as_py())
