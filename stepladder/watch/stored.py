"""What was really said at the time: each day's first stored predictions, if they are intact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from stepladder.core import at_rest, predictions
from stepladder.core.ask import Ask
from stepladder.core.cases import count, lot, share
from stepladder.core.errors import Problem
from stepladder.core.history import History, quoted
from stepladder.core.question import Question
from stepladder.project.all_cases import as_typed_now
from stepladder.project.folder import Project
from stepladder.questions import question_toml
from stepladder.record import Stored


def first_said(project: Project, rung: str, now: date) -> list[Stored]:
    """The rung's first stored predictions of each day up to now, the latest day first.

    Those published nightly; made by hand only where nothing was ever published.
    """
    every = [s for s in project.record.predictions(project.ask.question) if s.bakeoff is None]
    mine = [s for s in every if s.rung == rung and date.fromisoformat(s.as_of) <= now]
    published = [s for s in mine if s.published]
    first: dict[str, Stored] = {}
    for stored in published or mine:
        first.setdefault(stored.as_of, stored)
    return [first[as_of] for as_of in sorted(first, reverse=True)]


def learnt(said: list[Stored]) -> str:
    """As of which day the model behind the latest predictions was fitted, as far as they tell."""
    if not said:
        return ""
    return min(s.as_of for s in said if s.model_hash == said[0].model_hash)


def disjoint(said: list[Stored], horizon: int, now: date) -> Iterator[Stored]:
    """Those whose outcome is known by now and overlaps with no other's, the latest first."""
    upto = now
    for stored in said:
        as_of = date.fromisoformat(stored.as_of)
        if (upto - as_of).days >= horizon:
            upto = as_of
            yield stored


def read(project: Project, stored: Stored, past: History) -> tuple[pa.Table, int]:
    """The predictions in standard form; of more than `sample` of them those that lots are drawn for.

    Lots are the bake-off's. Returns also how many cases there were, where these are some of them; else 0.
    Raises Problem where the file is gone, altered or no such file.
    """
    rest, question = project.folder / stored.path, project.question
    if not (rest.is_file() or rest.is_dir()):
        raise _lost(stored, "is gone", "put it back from a copy")
    if at_rest.digest(rest) != stored.sha256:
        raise _lost(stored, "was altered after it was stored", "put back the file as it was")
    try:
        _refuse_without(question, at_rest.kinds(rest).names, stored.path)
        some = share(question, past) if at_rest.count(rest) > past.ask.sample else 1.0
        table = at_rest.whole(rest) if some >= 1 else _drawn(project, rest, some)
    except pa.ArrowInvalid:
        raise _lost(stored, "is not Parquet", "store predictions as Parquet") from None
    said = standard(question, as_typed_now(project, table), stored.path)
    return said, count(question, past) if some < 1 else 0


def _drawn(project: Project, rest: Path, some: float) -> pa.Table:
    """A share of what is at rest, drawn by the same lots as in the bake-off; the others are never held."""
    question = project.question
    wanted = {*question.KEYS, *predictions.columns(question)}
    columns = ", ".join(quoted(name) for name in at_rest.kinds(rest).names if name in wanted)
    limit = {"memory_limit": f"{int(project.ask.memory_mb * 0.7)}MB"}
    with duckdb.connect(config=limit) as con:
        return con.sql(
            f"select {columns} from {at_rest.said(rest)} where {lot(question.UNIT, some)}"
        ).to_arrow_table()


def same_question(project: Project, stored: Stored) -> None:
    """Raises Problem where the release that said this was asked something else."""
    release = project.folder / "releases" / f"{stored.model_hash}.json"
    if not release.is_file():  # it is gone, or this was made by hand
        return
    then = _asked(question_toml.asked(json.loads(release.read_bytes())["ask"]))
    now = _asked(project.ask)
    for name in now:
        if then.get(name) != now[name]:
            raise Problem(
                f"the predictions as of {stored.as_of} were made with another {name}",
                f"only answers to the same question can be compared; it is now: {now[name]}",
                "decide and ship anew after a change of the question; later days will be judged",
            )


def _asked(ask: Ask) -> dict[str, Any]:
    """What was asked; sections such as prices judge answers and do not make them."""
    own = ask.settings.model_dump(exclude=set(ask.settings.sections()))
    return {"horizon": ask.horizon, **own}


def standard(question: Question, table: pa.Table, name: str) -> pa.Table:
    """The columns of the contract, in its types; others are ignored."""
    _refuse_without(question, table.column_names, name)
    out = {key: table[key] for key in question.KEYS}
    for column, kind in predictions.columns(question).items():
        there = column in table.column_names
        out[column] = table[column].cast(kind) if there else pa.nulls(table.num_rows, kind)
    return pa.table(out)


def _refuse_without(question: Question, there: list[str], name: str) -> None:
    for needed in (*question.KEYS, "prediction"):
        if needed not in there:
            raise Problem(
                f"the predictions {name} have no column {needed!r}",
                f"predictions have {', '.join(question.KEYS)} and prediction",
                "store them as stepladder predict writes them",
            )


def _lost(stored: Stored, what: str, remedy: str) -> Problem:
    return Problem(
        f"the predictions as of {stored.as_of} cannot be judged: {stored.path} {what}",
        "only what was really said at the time can be held against what came",
        f"{remedy}; the other days are judged without it",
    )
