"""Ask one rung about every case, as of a day, and keep the answers; or the list of the best of them."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa

from stepladder.core import at_rest
from stepladder.core.cases import count
from stepladder.core.copied import copy
from stepladder.core.errors import Problem
from stepladder.core.question import glance
from stepladder.project import call_list
from stepladder.project.all_cases import answer
from stepladder.project.at_work import at_work
from stepladder.project.call_list import Said, Wanted, Written
from stepladder.project.engine import shared
from stepladder.project.export import Export
from stepladder.project.folder import Project
from stepladder.project.scratch import scratch
from stepladder.project.titles import all_titled
from stepladder.record import Stored

FILES, LISTS = (".parquet", ".csv", ".xlsx"), (".csv", ".xlsx")


def predict(
    project: Project,
    *,
    rung: str | None = None,
    as_of: date | None = None,
    to: str | Path | None = None,
    top: int | None = None,
    control: str | float | None = None,
    decimal: str | None = None,
    separator: str | None = None,
) -> Path:
    """Forecast for every case as of a day, by the decided rung; returns the file written.

    Columns: KEYS…, prediction, low, high, the question's extras, why, as_of. Parquet, CSV or a workbook,
    by the file's ending; in the latter two, which people read, also what tables call an id, such as an
    item's title. decimal, separator: of a CSV file. The fitted model is kept in models/<hash>. With
    `top` only the list of so many best, see `predict_list`. Raises Problem where nobody has decided, the
    day lies beyond the data, or the rung fails.
    """
    if top is not None or control is not None:
        return predict_list(
            project, top, rung=rung, as_of=as_of, to=to, control=control, decimal=decimal,
            separator=separator,
        ).path  # fmt: skip
    return predict_everybody(
        project, rung=rung, as_of=as_of, to=to, decimal=decimal, separator=separator
    )[0]


def predict_everybody(
    project: Project,
    *,
    rung: str | None = None,
    as_of: date | None = None,
    to: str | Path | None = None,
    decimal: str | None = None,
    separator: str | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """The file that `predict` writes, and the first look at what is in it, in lines."""
    name, day = _whom(project, rung, as_of)
    export = Export.of("predictions.parquet" if to is None else to, FILES, decimal, separator)
    _ready(project, to)
    with at_work(project.folder), scratch(shared(project.ask, project.folder)) as room:
        export.refuse(count(project.question, project.history(room).at(day)))
        found = answer(project, name, day, room)
        look = glance(project.question, at_rest.parts(found.rest), project.ask)
        if to is None:
            export = export.at(_place(project, f"{name}-{day}-{found.model[:8]}.parquet"))
        parts = at_rest.parts(found.rest)
        if export.for_people:
            past, again = project.history(room).at(day), partial(at_rest.parts, found.rest)
            parts = all_titled(project.question, past, again)
        made = export.write(found.count, (_dated(part, day) for part in parts), room)
        _kept(project, Said.of(found, made), export.to)
    return export.to, look


def predict_list(
    project: Project,
    top: int | None,
    *,
    rung: str | None = None,
    as_of: date | None = None,
    to: str | Path | None = None,
    control: str | float | None = None,
    decimal: str | None = None,
    separator: str | None = None,
) -> Written:
    """The list of those whom acting on is expected to bring most, best first, in a CSV file or a workbook.

    Columns: rank, CASE…, what is expected (after costs where prices are given), low, high, because, the
    extras. control: how many of them, or which share, are left alone: drawn by lot, sealed in the
    record, and not in the file. What was said of everybody is kept as `predict` keeps it. Raises Problem.
    """
    name, day = _whom(project, rung, as_of)
    if top is None:
        raise Problem(
            f"--control {control} without --top",
            "some of a list are left alone, and there is no list",
            f"say how long it is: --top 500 --control {control}",
        )
    export = Export.of("list.csv" if to is None else to, LISTS, decimal, separator)
    _ready(project, to)
    call_list.refuse(project, day, top, control)
    with at_work(project.folder), scratch(shared(project.ask, project.folder)) as room:
        found = answer(project, name, day, room)
        everybody, made = f"{name}-{day}-{found.model[:8]}", room / "everybody.parquet"
        dated = (_dated(part, day) for part in at_rest.parts(found.rest))
        at_rest.write(made, dated, compression="zstd")
        said = Said.of(found, made)
        if to is None:
            export = export.at(_place(project, f"{everybody}-top-{top}.csv"))
        wanted = Wanted(top, control, export)
        whole = _place(project, f"{everybody}.parquet")
        return call_list.listed(project, said, wanted, room, lambda: _kept(project, said, whole))


def _whom(project: Project, rung: str | None, as_of: date | None) -> tuple[str, date]:
    """Which rung is asked, and as of which day. Raises Problem."""
    project.record.may_write()
    name = decided(project) if rung is None else rung
    day = as_of or project.now()
    if day > project.now():
        raise Problem(
            f"as of {day}, but the data end before {project.now()}",
            "a forecast stands where the data end, or earlier",
            "leave --as-of out, or bring newer data with: stepladder refresh",
        )
    return name, day


def _ready(project: Project, to: str | Path | None) -> None:
    _refuse_own_data(project, to)
    project.check()


def _dated(table: pa.Table, day: date) -> pa.Table:
    return table.append_column("as_of", pa.array([day] * table.num_rows, pa.date32()))


def _kept(project: Project, said: Said, path: Path) -> int:
    """Put predictions in place and note them; their number in the record."""
    copy(said.made, path)
    found = said.answers
    return project.record.store_prediction(
        Stored(project.ask.question, found.rung, found.day.isoformat(), project.relative(path),
               said.sha256, found.count, found.model)
    )  # fmt: skip


def _refuse_own_data(project: Project, to: str | Path | None) -> None:
    """Nobody's input is ever written over."""
    sources = [name for t in project.ask.tables.values() for name in (t.source, t.cleaned)]
    own = {(project.folder / name).resolve() for name in sources if name}
    if to and Path(to).resolve() in own:
        raise Problem(
            f"{to} is a table of this project",
            "predictions are written beside the data, never over them",
            "choose another name for --to",
        )


def _place(project: Project, name: str) -> Path:
    return project.folder / "predictions" / name


def decided(project: Project) -> str:
    """The rung the business decided on. Raises Problem where nobody has decided."""
    decision = project.record.decision(project.ask.question)
    if decision is None:
        raise Problem(
            "nobody has decided on a rung yet",
            "predictions are made by the rung the business decided on",
            "stepladder decide RUNG --by NAME --because TEXT, or name one: stepladder predict --rung RUNG",
        )
    return decision.rung
