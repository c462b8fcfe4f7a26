"""Small bake-offs of toy worlds, run in this process."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from toy_projects import measured

from stepladder import questions
from stepladder.bakeoff.checks import Check
from stepladder.bakeoff.result import Result, RungResult
from stepladder.bakeoff.run import Outcome, run
from stepladder.bakeoff.runs import Setting
from stepladder.core import model, predictions
from stepladder.core.cases import everyone
from stepladder.core.checks import choices
from stepladder.core.history import History
from stepladder.core.question import Question
from stepladder.core.rung import Rung, ladder
from stepladder.core.view import View
from stepladder.project.report import exam_of
from stepladder.questions import question_toml as asking
from stepladder.questions.recommend import toy as tastes
from stepladder.questions.retention.toy import World, simulate
from stepladder.report.page import html
from stepladder.report.words import label

SETTINGS = 'question = "retention"\nhorizon = "13 weeks"\nwords = "Who <b>buys</b> & when?"\n'
HOSTILE = "<script>alert('rung')</script>"
LONG = "a title without end " * 30
REPORT = {
    "source": "orders <b>.csv", "place": "line", "rows_read": 1002, "rows_kept": 1000,
    "dropped": [{"reason": "no id", "count": 2, "sentence": f"have no customer {HOSTILE}",
                 "examples": [[17, f"secret-line {HOSTILE}"]]}],
    "changed": [], "notes": [HOSTILE], "last_day_complete": True, "last_day_sentence": "It is whole.",
    "mapping": [{"canonical": "day", "source": HOSTILE, "confidence": 0.9, "reason": "dates"}],
    "choices": {"columns": {"day": "Datum"}, "separator": ";"},
}  # fmt: skip


@pytest.fixture(scope="session")
def toy(tmp_path_factory) -> tuple[Result, View]:
    """Retention: five rungs on 1,500 customers with names, and what its page needs."""
    folder = tmp_path_factory.mktemp("retention")
    table = simulate(World(), 1500, 5)[0]
    table = table.set_column(0, "customer", _named(table["customer"]))
    tables = {"purchases": _file(folder, "purchases", table, "day")}
    return _bakeoff("retention", History(World().end, asking.parse(SETTINGS), tables), folder, 4)


@pytest.fixture(scope="session")
def lists(tmp_path_factory) -> tuple[Result, View]:
    """Recommend: three rungs on the world of tastes, its persons with names and some titles hostile."""
    folder, made = tmp_path_factory.mktemp("recommend"), tastes.tables(7)
    events, items = made["interactions"], made["items"]
    events = events.set_column(0, "person", _named(events["person"]))
    titles = [HOSTILE, LONG, None, *items["title"].to_pylist()[3:]]
    items = items.set_column(1, "title", pa.array(titles))
    tables = {
        "interactions": _file(folder, "interactions", events, "time"),
        "items": _file(folder, "items", items, None),
    }
    ask = asking.parse(f'{tastes.ASK}exclude = {{kind = ["5"]}}\n')
    end = tastes.NOW + timedelta(days=ask.horizon)
    views = tuple(questions.load("recommend").views(ask).items())
    return _bakeoff("recommend", History(end, ask, tables, views=views), folder, 3)


@pytest.fixture(scope="session", params=["toy", "lists"])
def either(request) -> tuple[Result, View]:
    """Each question's page in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def page(either) -> str:
    """The page, rendered once: drawing its pictures takes seconds, and nobody changes a text."""
    return html(*either)


def _named(ids: pa.ChunkedArray) -> pa.Array:
    return pc.binary_join_element_wise("shopper", pc.cast(ids, pa.string()), "@")


def _file(folder: Path, name: str, table: pa.Table, time: str | None) -> tuple[str, str | None]:
    pq.write_table(table, folder / f"{name}.parquet")
    return str(folder / f"{name}.parquet"), time


def _bakeoff(name: str, history: History, folder: Path, below: int) -> tuple[Result, View]:
    """A bake-off of the rungs below a height, and an idle one; and its view."""
    question = questions.load(name)
    rungs = [rung for rung in ladder(questions.folder(name)) if rung.height < below]
    (folder / "runs").mkdir()
    case = everyone(question, history).slice(0, 1).to_pylist()[0]
    asked = (Check(1, choices(question)[0].key, case, {"item": HOSTILE}),)
    setting = Setting(name, question, history, rungs, folder / "runs", folder, 1, measured, asked)
    data = {spec.name: {"fingerprint": "ab" * 32, "report": REPORT} for spec in question.TABLES}
    settings = SETTINGS if name == "retention" else tastes.ASK
    outcome = run(setting, data, settings)
    idle = RungResult("r4_our_idea", 4, HOSTILE, False, f"it raised {HOSTILE}")
    found = dataclasses.replace(
        outcome.result, id=7, rungs=(*outcome.result.rungs, idle), started="2026-01-02T03:04:05"
    )
    return found, _view(found, outcome, history, rungs, setting.answers)


def _view(
    result: Result, outcome: Outcome, history: History, rungs: list[Rung], runs: Path
) -> View:
    question, last = questions.load(result.question), outcome.replays[-1]
    exam = exam_of(question, last.holdout)
    counts = question.INTERVALS is not None  # else the page has no use for answers as of now
    return View(
        history=history,
        cutoffs=tuple(date.fromisoformat(w.now) for w in result.windows if w.role != "calibrate"),
        rung=result.proposal.rung,
        reference=result.reference,
        at_cutoff={name: scored[-1].predictions for name, scored in outcome.scored.items()},
        at_now={rung.name: _now(rung, history, question) for rung in rungs if counts},
        outcome=question.outcome(exam.known, exam.later, exam.cases),
        exam=exam,
        labels={row.rung: label(row.rung, row.title) for row in result.rungs},
        explained=partial(question.explain, exam.known, why=None),
        asked={1: HOSTILE},
        models={r.name: model.load(runs / r.name / last.now / "model") for r in rungs},
    )


def _now(rung: Rung, history: History, question: Question) -> pa.Table:
    cases = everyone(question, history)
    return predictions.check(rung.predict(rung.fit(history), history, cases), question, cases)
