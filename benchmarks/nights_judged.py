"""One night's tables held to the checks, and which outcome is right for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepladder import questions
from stepladder.core.ask import Ask
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.watch.batch import check_batch
from stepladder.watch.findings import Finding

try:
    from stepladder.nightly.reconcile.held_against import held_against
except ImportError:  # what the newest rows alone show
    held_against = None

OF_ALL, OF_A_DAY, OF_EXCLUDED = 0.02, 0.5, 0.05
RULE = f"""\
a night should stop where the tables it would answer from are wrong enough for wrong answers:
{OF_ALL:.0%} or more of the rows that it should hold are missing or say something else, or as many are
there that should not be; or {OF_A_DAY:.0%} of the newest day's; or {OF_EXCLUDED:.0%} of the items that a
rule keeps out would be shown. Else it should tell, where 1 in 1,000 rows, or {OF_ALL:.0%} of the items, are
not as they should be; with less it should not stop. A delivery that merely lacks some or all of tonight's
rows should be told: what is answered is right as of the rows there are."""


@dataclass(frozen=True)
class Night:
    """What was read on the last good night, and what is read tonight: table -> clean Parquet file."""

    ask: Ask
    before: Mapping[str, Path]
    now: Mapping[str, Path]


def checks(night: Night) -> list[Finding]:
    """Everything that the night's run looks at before anything is learnt."""
    question = questions.load(night.ask.question)
    tables = {spec.name: (str(night.now[spec.name]), spec.time) for spec in question.TABLES}
    views = tuple(question.views(night.ask).items())
    history = History(after(night.now, question), night.ask, tables, views=views)
    known = held_against(question, night.ask, night.before, night.now) if held_against else []
    return [*known, *check_batch(history, after(night.before, question))]


def outcome(night: Night) -> tuple[str, list[str]]:
    """stop, tell or silent, and what is said; a refusal stops as well."""
    try:
        found = checks(night)
    except Problem as problem:
        return "stop", [problem.given]
    said = [f"{each.given} ({each.allowed})" for each in found]
    if any(each.severity == "stop" for each in found):
        return "stop", [s for s, each in zip(said, found, strict=True) if each.severity == "stop"]
    return ("tell" if found else "silent"), said


def after(tables: Mapping[str, Path], question: object) -> date:
    """The day after the last one in the data, as a project's now is."""
    spec = next(spec for spec in question.TABLES if spec.time)
    last = pc.max(pq.read_table(tables[spec.name], columns=[spec.time])[spec.time])
    return last.cast(pa.date32()).as_py() + timedelta(days=1)


def kept(tables: Mapping[str, pa.Table], room: Path, name: str) -> dict[str, Path]:
    """The tables as files."""
    paths = {table: room / f"{table}-{name}.parquet" for table in tables}
    for table, path in paths.items():
        pq.write_table(tables[table], path)
    return paths


def right(ask: Ask, good: Mapping[str, pa.Table], bad: Mapping[str, pa.Table]) -> str:
    """stop, tell or pass: what is right, by RULE, of the tables as they should be and as they are."""
    main = next(name for name in good if name != "items")
    lacking, extra = _differing(good[main], bad[main])
    newest = _newest(good[main])
    wrong = max(lacking, extra) / good[main].num_rows
    day = max(_differing(good[main].filter(newest), bad[main].filter(_on(good, bad, main)))) / max(
        pc.sum(newest).as_py(), 1
    )
    if wrong >= OF_ALL or day >= OF_A_DAY or shown(ask, good, bad) >= OF_EXCLUDED:
        return "stop"
    items = 0.0
    if "items" in good:
        items = max(_differing(good["items"], bad["items"])) / good["items"].num_rows
    return "tell" if wrong >= 0.001 or items >= OF_ALL else "pass"


def _on(good: Mapping[str, pa.Table], bad: Mapping[str, pa.Table], main: str) -> pa.Array:
    return pa.array(days(bad[main]) >= days(good[main]).max(initial=0))


def _newest(table: pa.Table) -> pa.Array:
    found = days(table)
    return pa.array(found == found.max(initial=0))


def time_of(table: pa.Table) -> str:
    """The column with the time."""
    return "day" if "day" in table.column_names else "time"


def days(table: pa.Table) -> np.ndarray:
    """The day of each row, as a number."""
    return table[time_of(table)].cast(pa.date32()).cast(pa.int32()).to_numpy()


def _differing(good: pa.Table, bad: pa.Table) -> tuple[int, int]:
    """Rows that are missing, and rows that should not be there; times of day are not looked at."""
    columns = [name for name in good.column_names if name != "row"]
    plain = {True: "cast(cast({} as date) as varchar)", False: "cast({} as varchar)"}
    one, other = (
        ", ".join(
            plain[name in ("day", "time")].format(f'"{name}"') if name in t.column_names else "null"
            for name in columns
        )
        for t in (good, bad)
    )
    with duckdb.connect() as con:
        con.register("good", good)
        con.register("bad", bad)
        count = "select count(*) from (select {} from {} except all select {} from {})"
        lacking = con.execute(count.format(one, "good", other, "bad")).fetchone()[0]
        extra = con.execute(count.format(other, "bad", one, "good")).fetchone()[0]
    return lacking, extra


def shown(ask: Ask, good: Mapping[str, pa.Table], bad: Mapping[str, pa.Table]) -> float:
    """The share of items kept out by a rule that would be shown."""
    exclude = getattr(ask.settings, "exclude", {})
    if not exclude:
        return 0.0
    out = _kept_out(exclude, good)
    sold = set(map(str, bad["interactions"]["item"].to_pylist()))
    out &= set(map(str, good["interactions"]["item"].to_pylist()))
    return len((out & sold) - _kept_out(exclude, bad)) / max(len(out), 1)


def _kept_out(exclude: Mapping[str, tuple], tables: Mapping[str, pa.Table]) -> set[str]:
    items, found = tables["items"], set()
    for column, values in exclude.items():
        if column in items.column_names:
            pairs = zip(items["item"].to_pylist(), items[column].to_pylist(), strict=True)
            found |= {str(item) for item, value in pairs if value in values}
    return found
