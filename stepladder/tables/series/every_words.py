"""Columns that say in words how often series were measured: MONTHLY, quarterly, "M"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa

from stepladder.core.periods import Every
from stepladder.tables.columns.words import tokens
from stepladder.tables.ids.ids import texts

_WORDS: dict[Every, str] = {
    "hour": "hourly hour hours h hr",
    "day": "daily day days d",
    "week": "weekly week weeks w wk",
    "month": "monthly month months m mon mth",
    "quarter": "quarterly quarter quarters q qtr",
    "year": "yearly year years annual annually y a yr",
}
WORDS: dict[str, Every] = {word: every for every, line in _WORDS.items() for word in line.split()}
_FREQUENCY = "freq frequency period periodicity interval every granularity sp"
_CALLED = frozenset(_FREQUENCY.split())
MOST = 12  # different words; more are no frequencies
ADVERBS: dict[Every, str] = {
    "hour": "hourly", "day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly",
    "year": "yearly",
}  # fmt: skip


class Said(NamedTuple):
    """A column that says how often series were measured: its name, and what each of its words means."""

    column: str
    words: Mapping[str, Every]


def said(table: pa.Table) -> Said | None:
    """The column that names frequencies, and nothing else; None where there is none.

    Single letters count only where the column is called so: an "M" may stand for anything.
    """
    for name in table.column_names:
        column = table.column(name)
        if not pa.types.is_string(column.type):
            continue
        words = [str(one) for one in texts(column).words.unique().to_pylist() if one]
        if not words or len(words) > MOST:
            continue
        means = {word: WORDS.get(word.casefold()) for word in words}
        letters = any(len(word) < 2 for word in words) and not _CALLED & {*tokens(name)}
        if all(means.values()) and not letters:
            return Said(name, {word: every for word, every in means.items() if every})
    return None
