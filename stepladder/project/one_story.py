"""What a bake-off knows of one case, for a page of its own: its story, its answers, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepladder.bakeoff.result import Result, Window
from stepladder.core import model
from stepladder.core.cases import among
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.question import Holdout
from stepladder.core.view import Chart, Exam, Example, View
from stepladder.project.folder import Project
from stepladder.project.report import as_it_was, chart_of, explained_by, shown_rung
from stepladder.report.words import label


@dataclass(frozen=True)
class Stories:
    """The past of a bake-off, laid out once, so that one case after another can be told from it."""

    project: Project  # with the settings of the bake-off
    result: Result
    shown: str
    history: History

    @staticmethod
    def of(project: Project, result: Result) -> Stories:
        """Of a project's bake-off. Raises Problem where its data are gone."""
        then = as_it_was(project, result)
        history = then.history().at(date.fromisoformat(result.now))
        return Stories(then, result, shown_rung(project, result), history)

    @property
    def chart(self) -> Chart:
        """The question's own words and pictures."""
        return chart_of(self.result.question)

    @property
    def last(self) -> Window:
        """The exam."""
        return self.result.windows[-1]

    @cached_property
    def labels(self) -> dict[str, str]:
        """Rungs by their names in words."""
        return {row.rung: label(row.rung, row.title) for row in self.result.rungs}

    @cached_property
    def ran(self) -> list[str]:
        """The rungs that answered, from the foot of the ladder up."""
        return [row.rung for row in self.result.rungs if row.status == "ok"]

    @cached_property
    def holdouts(self) -> Mapping[str, Holdout]:
        """The replays by name."""
        return {each.name: each for each in self.project.question.holdouts(self.history)}

    @cached_property
    def models(self) -> Mapping[str, Model]:
        """What the shown rung learnt at the exam, where it was kept."""
        home = self._folder / self.shown / "model"
        return {self.shown: model.load(home)} if home.is_dir() else {}

    def known(self, window: str) -> History:
        """What was known at a replay, newcomers' first rows laid over."""
        holdout = self.holdouts[window]
        new = holdout.newcomers
        return holdout.past.plus(**new.rows) if new else holdout.past

    def came(self, window: str, cases: pa.Table) -> pa.Table:
        """What came of these cases after a replay: KEYS…, actual."""
        return self.project.question.outcome(self.known(window), self.holdouts[window].later, cases)

    def is_known(self, case: pa.Table) -> bool:
        """Whether somebody is in the data."""
        return among(self.project.question, self.history, case) is not None

    def said(self, rung: str, case: pa.Table) -> pa.Table:
        """What a rung said of a case at the exam: no row where it was not asked about it."""
        path = self._folder / rung / f"{self.last.called}.parquet"
        return rows_of(path, case) if path.is_file() else pa.table({})

    def view(self, case: pa.Table) -> View:
        """All that a page may show, of this case alone."""
        last = self.last.called
        known, later = self.known(last), self.holdouts[last].later
        said = {rung: self.said(rung, case) for rung in self.ran}
        said = {rung: table for rung, table in said.items() if table.num_columns}
        shown = self.shown if self.shown in said else next(iter(said), self.shown)
        exam = Exam(known, later, case)
        return View(
            history=self.history,
            cutoffs=(date.fromisoformat(self.last.now),),
            rung=shown,
            reference=self.result.reference,
            at_cutoff=said,
            at_now={},
            outcome=self.came(last, case),
            exam=exam,
            labels=self.labels,
            explained=explained_by(self.project, self.result, shown, exam, self.models.get(shown)),
            mask=False,
        )

    def story(self, view: View, case: pa.Table) -> Example | None:
        """The case told as the question tells it; None where it tells none."""
        told = getattr(self.chart, "story", None)
        return told(view, case.to_pylist()[0]) if told else None

    @property
    def _folder(self) -> Path:
        return self.project.folder / "bakeoffs" / str(self.result.id)


def rows_of(path: Path, case: pa.Table) -> pa.Table:
    """A case's rows of a file of answers, in their order; all others are passed by."""
    mine: pc.Expression | None = None
    for name in case.column_names:
        one = pc.field(name) == pa.scalar(case[name][0].as_py(), case[name].type)
        mine = one if mine is None else mine & one
    return pq.read_table(path, filters=mine)
