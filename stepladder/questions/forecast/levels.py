"""What series add up to: "Berlin / tea" to "Berlin", and that to the total.

The parts of a series' name are its path down a tree, one for each level. Where the names cross, as every
shop sells every article, the tree is the one that the order of the levels makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core import outcomes, predictions
from stepladder.core.asking import beside
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.questions.forecast.asked import EVERYONE, everyone
from stepladder.questions.forecast.settings import TOTAL
from stepladder.tables.series.by import BETWEEN

Ints = np.ndarray


class Tree(NamedTuple):
    """Upper series, the total first, then level by level; and the path of each bottom series down to it."""

    bottom: pa.Table  # series
    names: pa.Array
    level: pa.Array  # of each name
    path: Ints  # level × bottom: which name it adds up to there

    @staticmethod
    def of(bottom: pa.Table, levels: Sequence[str]) -> Tree:
        """What these series, whose names fit, add up to."""
        parts = [name.split(BETWEEN) for name in bottom["series"].to_pylist()]
        names, of_level, path = [TOTAL], [TOTAL], [np.zeros(len(parts), np.int64)]
        for depth, level in enumerate(levels[:-1], 1):
            above = np.array([BETWEEN.join(each[:depth]) for each in parts], object)
            found, at = np.unique(above, return_inverse=True)
            path.append(at.ravel() + len(names))
            names += found.tolist()
            of_level += [level] * len(found)
        return Tree(bottom, pa.array(names), pa.array(of_level), np.array(path))

    @property
    def adds(self) -> Any:
        """A sparse matrix, upper × bottom: 1 where a series counts."""
        from scipy.sparse import csr_matrix

        depth, many = self.path.shape
        places = (self.path.ravel(), np.tile(np.arange(many), depth))
        return csr_matrix((np.ones(depth * many), places), (len(self.names), many))

    def added(self, rows: pa.Table, column: str) -> pa.Table:
        """What a column of the bottom's rows adds up to: series, time, level, and it.

        Null where one of those that count is not known.
        """
        rows = rows.filter(pc.is_valid(rows["time"]))
        times = rows["time"].combine_chunks().dictionary_encode()
        values = np.full((self.bottom.num_rows, len(times.dictionary)), np.nan)
        at = predictions.places(rows, self.bottom, ["series"]).to_numpy(zero_copy_only=False)
        values[at, times.indices.to_numpy()] = rows[column].to_numpy(zero_copy_only=False)
        sums = self.sums(values).ravel()
        which = pa.array(np.repeat(np.arange(len(self.names)), values.shape[1]))
        when = pa.array(np.tile(np.arange(values.shape[1]), len(self.names)))
        return pa.table({
            "series": self.names.take(which).cast(rows.schema.field("series").type),
            "time": times.dictionary.take(when),
            "level": self.level.take(which),
            column: pa.array(sums, mask=np.isnan(sums)),
        })  # fmt: skip

    def without_upper(self, cases: pa.Table) -> pa.Table:
        """The named without those that are upper series of others."""
        return cases.filter(pc.invert(pc.is_in(cases["series"], self.names.cast(_kind(cases)))))

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Rows of the bottom added up to rows of the upper series."""
        return np.asarray(self.adds @ values)


def above(past: History, cases: pa.Table) -> Tree | None:
    """What all series add up to; None where no levels are set, or only some of the series are asked about.

    How many there are was worked out for the moment: whoever brings rows of their own is alone.
    """
    if not (levels := past.ask.settings.levels) or not _named(cases):
        return None
    asked = past.once("asked", lambda: past.sql("select asked from usual")["asked"][0].as_py())
    if asked != cases.num_rows:
        return None
    if not past.once("everyone", lambda: everyone(past))["series"].equals(cases["series"]):
        return None
    tree: Tree = past.once("tree", lambda: Tree.of(cases.select(["series"]), levels))
    return tree


def among(past: History, cases: pa.Table) -> Tree | None:
    """What those of the named that are bottom series add up to; None where nothing adds up.

    Named may be whoever stands in a file of answers, upper series too: these are left out.
    """
    levels = past.ask.settings.levels
    if not levels or not _named(cases):
        return None
    return Tree.of(cases.filter(_fits(cases, levels)).select(["series"]), levels)


def with_sums(came: pa.Table, tree: Tree) -> pa.Table:
    """What came, and what it adds up to: series, time, actual, level, summed."""
    known = came.filter(pc.is_valid(predictions.places(came, tree.bottom, ["series"])))
    sums = tree.added(known, "actual")
    both = pa.concat_tables([came, sums], promote_options="permissive")
    return both.append_column(outcomes.SUMMED, pc.is_valid(both["level"]))


def misses(said: pa.Table, came: pa.Table) -> Iterator[tuple[str, float, str, str]]:
    """How far forecasts of upper series are off, level by level: name, value, sentence, title."""
    sums = outcomes.sums(came)
    for level in sums["level"].unique().to_pylist() if sums.num_rows else ():
        both = beside(said, sums.filter(pc.equal(sums["level"], level)), ["series", "time"])
        if len(both.rows):
            off = np.abs(both.predicted - both.actual).sum() / max(np.abs(both.actual).sum(), 1e-12)
            of = "all series together" if level == TOTAL else f"each {level} by itself"
            said_so = f"of what came is the forecast off, period by period, for {of}"
            title = "Off, all together" if level == TOTAL else f"Off, by {level}"
            yield f"{level} off", float(off), said_so, title


def bottom(answers: pa.Table, levels: Sequence[str]) -> pa.Table:
    """Answers about series themselves, without those that add up others."""
    if not levels:
        return answers
    return answers.filter(pc.invert(pc.is_in(answers["level"], pa.array([TOTAL, *levels[:-1]]))))


def check(history: History) -> None:
    """Raise Problem where the names of series have not one part for each level."""
    levels = history.ask.settings.levels
    if not levels:
        return
    series = history.sql(EVERYONE)
    if not _named(series):
        return
    wrong = series.filter(pc.invert(_fits(series, levels)))["series"]
    if len(wrong):
        raise _unfit(levels, series.num_rows, wrong)


def _named(cases: pa.Table) -> bool:
    """Whether ids are words; among whole numbers there is no place for a total."""
    kind = _kind(cases)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _kind(cases: pa.Table) -> pa.DataType:
    return cases.schema.field("series").type


def _fits(cases: pa.Table, levels: Sequence[str]) -> pa.ChunkedArray:
    between = pc.count_substring(cases["series"], BETWEEN)
    as_total = pc.or_(
        pc.equal(cases["series"], TOTAL), pc.starts_with(cases["series"], TOTAL + BETWEEN)
    )
    return pc.and_(pc.equal(between, len(levels) - 1), pc.invert(as_total))


def _unfit(levels: Sequence[str], many: int, wrong: pa.ChunkedArray) -> Problem:
    shown = ", ".join(repr(name) for name in wrong.slice(0, 3).to_pylist())
    return Problem(
        f"{len(wrong):,} of {many:,} series have names that do not fit levels = {list(levels)}: {shown}",
        f"a name has a part for each level, as in {BETWEEN.join(levels)!r}, and none begins with "
        f"{TOTAL!r}, which is what all are added up to",
        "leave rows that are totals out of the source; in a project, name the levels as they are in "
        "question.toml, or set levels = [] there: then nothing is added up",
    )
