"""A small bake-off of a toy world, run in this process, and a real browser to look at its page with."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, sync_playwright

from stepladder import questions
from stepladder.bakeoff.measure import Job, Measured
from stepladder.bakeoff.result import Result, RungResult
from stepladder.bakeoff.run import run
from stepladder.bakeoff.runs import Setting
from stepladder.core import ask as asking
from stepladder.core import predictions
from stepladder.core.history import History
from stepladder.core.rung import Rung, ladder
from stepladder.core.view import View
from stepladder.questions.retention.toy import World, simulate

SETTINGS = 'question = "retention"\nhorizon = "13 weeks"\nwords = "Who <b>buys</b> & when?"\n'
HOSTILE = "<script>alert('rung')</script>"
REPORT = {
    "source": "orders <b>.csv", "place": "line", "rows_read": 1002, "rows_kept": 1000,
    "dropped": [{"reason": "no id", "count": 2, "sentence": f"have no customer {HOSTILE}",
                 "examples": [[17, f"secret-line {HOSTILE}"]]}],
    "changed": [], "notes": [HOSTILE], "last_day_complete": True, "last_day_sentence": "It is whole.",
    "mapping": [{"canonical": "day", "source": HOSTILE, "confidence": 0.9, "reason": "dates"}],
    "choices": {"columns": {"day": "Datum"}, "separator": ";"},
}  # fmt: skip


def measured(job: Job, **_: object) -> Measured:
    """What a child process would have answered, without the child."""
    known = History(
        date.fromisoformat(job.now), asking.Ask.model_validate_json(job.ask), job.tables
    )
    rung, question = Rung(Path(job.rung)), questions.load(job.question)
    cases = question.cases(known)
    answer = rung.predict(rung.fit(known), known, cases)
    path = Path(job.out) / "predictions.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(predictions.check(answer, question, cases), path)
    return Measured("ok", 0.1, 0.01, cases.num_rows, 120.0, 999, predictions=path)


@pytest.fixture(scope="session")
def toy(tmp_path_factory) -> tuple[Result, View]:
    """The result of a bake-off of five rungs on 1,500 customers with names, and what its page needs."""
    folder = tmp_path_factory.mktemp("report")
    table = simulate(World(), 1500, 5)[0]
    names = pc.binary_join_element_wise("shopper", pc.cast(table["customer"], pa.string()), "@")
    pq.write_table(table.set_column(0, "customer", names), folder / "purchases.parquet")
    tables = {"purchases": (str(folder / "purchases.parquet"), "day")}
    history = History(World().end, asking.parse(SETTINGS), tables)
    question = questions.load("retention")
    rungs = [rung for rung in ladder(questions.folder("retention")) if rung.height < 4]
    (folder / "runs").mkdir()
    setting = Setting("retention", question, history, rungs, folder / "runs", folder, 1, measured)
    data = {"purchases": {"fingerprint": "ab" * 32, "report": REPORT}}
    outcome = run(setting, data, SETTINGS)
    idle = RungResult("r4_our_idea", 4, HOSTILE, False, f"it raised {HOSTILE}")
    found = dataclasses.replace(
        outcome.result, id=7, rungs=(*outcome.result.rungs, idle), started="2026-01-02T03:04:05"
    )
    return found, _view(found, outcome, history, rungs)


def _view(result: Result, outcome, history: History, rungs: list[Rung]) -> View:
    question, last = questions.load("retention"), outcome.replays[-1]
    cases = question.cases(history)
    return View(
        history=history,
        cutoffs=tuple(date.fromisoformat(w.now) for w in result.windows if w.role != "calibrate"),
        rung=result.proposal.rung,
        at_cutoff={name: scored[-1].predictions for name, scored in outcome.scored.items()},
        at_now={
            rung.name: predictions.check(
                rung.predict(rung.fit(history), history, cases), question, cases
            )
            for rung in rungs
        },
        outcome=question.outcome(last.holdout.past, last.holdout.later, last.cases),
        models={r.name: r.fit(last.holdout.past) for r in rungs if r.height == 3},
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser: the machine's own, else playwright's."""
    names = ("chromium", "chromium-browser", "google-chrome")
    own = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        # without --no-sandbox the browser refuses to start as root, as tests in containers run
        found = playwright.chromium.launch(executable_path=own, args=["--no-sandbox"])
        yield found
        found.close()
