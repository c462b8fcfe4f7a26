"""What is known beforehand of each period: price, holiday, promotion, whatever the table `known` says.

The table has no past and no future: what it says of a period is taken as known before that period began,
at every replay. Where that was not so, as with prices that are set from day to day, leave it out: rungs would
look better than they are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.history import History, literal, quoted
from stepladder.core.periods import first_ahead_sql, number_sql
from stepladder.core.stats import Floats
from stepladder.questions.forecast.readings import KNOWN
from stepladder.questions.forecast.settings import steps

Bools = npt.NDArray[np.bool_]
OWN = {"row", *(column.name for column in KNOWN.columns)}
WORDS = 20  # of a column of words, the most common ones
WORD = """select {name}::varchar as word from known where {name} is not null
group by word order by count(*) desc, word limit {most}"""
ASKED = """select {nth} as nth, {ago} as ago, {said} from known cross join ask {where}
group by 1, 2 having ago between {last} and {first} order by 1, 2"""
SHOWN = 3


def found(history: History) -> pa.Table:
    """What is known: name of the column and, of a column of words, the word; empty where nothing is."""
    names, words = [], []
    for field in _fields(history):
        text = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        query = WORD.format(name=quoted(field.name), most=WORDS)
        for word in history.sql(query)["word"].to_pylist() if text else [None]:
            names.append(field.name)
            words.append(word)
    return pa.table({"name": pa.array(names, pa.string()), "word": pa.array(words, pa.string())})


def matrix(history: History, cases: pa.Table, columns: pa.Table, back: int) -> Floats:
    """What is known of each case: n × columns × (so many periods back, and all periods ahead).

    A number is the period's mean, a word the share of the period of which it is said, NaN what is unknown.
    What is said of a series by its name goes before what is said of all.
    """
    ahead = steps(history.ask)
    out = np.full((cases.num_rows, columns.num_rows, back + ahead), np.nan, np.float32)
    if not columns.num_rows or not cases.num_rows or KNOWN.name not in history.tables:
        return out
    there = {field.name for field in _fields(history)}
    how = {"said": _said(columns, there), "ago": _ago(history), "first": back, "last": 1 - ahead}
    everyone = history.sql(ASKED.format(nth="0", where="where known.series is null", **how))
    joined = "join cases on cases.series::varchar = known.series::varchar"
    asked = cases.select(["series"]).append_column("nth", pa.array(np.arange(cases.num_rows)))
    own = history.sql(ASKED.format(nth="nth", where=joined, **how), asked)
    for rows, at in ((everyone, slice(None)), (own, own["nth"].to_numpy())):
        period = back - rows["ago"].to_numpy()
        for i in range(columns.num_rows):
            value = rows[f"c{i}"].to_numpy(zero_copy_only=False).astype(np.float32)
            known = ~np.isnan(value)
            whose = at if isinstance(at, slice) else at[known]
            out[whose, i, period[known]] = value[known]
    return out


def refuse_gaps(history: History, cases: pa.Table) -> None:
    """Raise Problem where something that was always known of late is not known of the periods ahead."""
    columns, ahead = found(history), steps(history.ask)
    unknown: Bools = np.isnan(matrix(history, cases, columns, ahead))
    lately = np.asarray(~unknown[..., :ahead].any(axis=2))
    lacking = lately[..., None] & unknown[..., ahead:]
    if not lacking.any():
        return
    at = int(np.flatnonzero(lacking.any(axis=(0, 2)))[0])
    name, series = columns["name"][at].as_py(), np.flatnonzero(lacking[:, at].any(axis=1))
    periods = np.flatnonzero(lacking[:, at].any(axis=0))
    times = history.sql("select time from ahead order by step")["time"].to_pylist()
    every = history.ask.settings.every
    told = [str(each) for each in cases["series"].take(pa.array(series[:SHOWN])).to_pylist()]
    more = f" and {len(series) - SHOWN:,} more" if len(series) > SHOWN else ""
    raise Problem(
        f"`{name}` of the table known is not known for {len(periods)} of the {ahead} {every}s ahead, from "
        f"{times[periods[0]]} on, of {len(series):,} series: {', '.join(told)}{more}",
        f"what was known of each of the last {ahead} {every}s is known of each one up to {times[-1]}",
        f"add these rows to the source of known and have it read again, in a project with stepladder "
        f"refresh; or leave {name} out of it",
    )


def _fields(history: History) -> list[pa.Field]:
    if KNOWN.name not in history.tables:
        return []
    schema = history.sql("select * from known limit 0").schema
    fits = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_string,
            pa.types.is_large_string)  # fmt: skip
    return [f for f in schema if f.name not in OWN and any(fit(f.type) for fit in fits)]


def _said(columns: pa.Table, there: set[str]) -> str:
    rows = columns.to_pylist()
    means = [_mean(**row) if row["name"] in there else "null::double" for row in rows]
    return ", ".join(f"{mean} as c{i}" for i, mean in enumerate(means))


def _mean(name: str, word: str | None) -> str:
    value = f"known.{quoted(name)}"
    if word is not None:
        value = f"case when {value} is not null then ({value}::varchar = {literal(word)})::int end"
    return f"avg({value}::double)"


def _ago(history: History) -> str:
    every, week = history.ask.settings.every, history.ask.settings.week_starts
    return f"{first_ahead_sql('now', every, week)} - {number_sql('known.time', every, week)}"
