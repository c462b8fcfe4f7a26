"""A project of each question's toy world, as a user would make it, with two replays of the past."""

from __future__ import annotations

import importlib
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import stepladder
from stepladder import questions
from stepladder.core.rung import Rung
from stepladder.fence import child
from stepladder.fence.child import Job
from stepladder.fence.measure import Measured
from stepladder.questions import question_toml

SEED = 3
OUR_RULE = "-- Everybody says yes, and so do we.\nselect cases.*, 1.0 as prediction from cases\n"
REMEMBERS = '''"""Knows everybody by name, and what the reference would say of nobody else."""

import pyarrow as pa


def fit(history):
    import importlib

    from stepladder.core.cases import everyone

    question = importlib.import_module(f"stepladder.questions.{history.ask.question}")
    known = everyone(question, history)
    scores = pa.array([i % 7 / 7 for i in range(known.num_rows)])
    return {"known": known.append_column("prediction", scores)}


def predict(model, history, cases):
    return history.sql("select * from cases natural left join known", cases, known=model["known"])
'''


def made(name: str, folder: Path, world: str = "toy") -> stepladder.Project:
    """The project: the world's tables up to an export, a rule of one's own, and two cutoffs."""
    toy = importlib.import_module(f"stepladder.questions.{name}.{world}")
    question, ask = questions.load(name), question_toml.parse(toy.ASK)
    ahead = timedelta(days=ask.known_after)
    sources = {}
    for spec in question.TABLES:
        rows = toy.tables(SEED)[spec.name].drop_columns(["row"])
        if spec.optional and not rows.num_rows:
            continue
        if spec.time:
            end = pa.scalar(toy.NOW + ahead).cast(rows[spec.time].type)
            rows = rows.filter(pc.less(rows[spec.time], end))
        if spec.optional and not rows.num_rows:
            continue
        sources[spec.name] = str(folder / f"{spec.name}.parquet")
        pq.write_table(rows, sources[spec.name])
    project = stepladder.new(name, sources, folder / name)
    timed = any(spec.time for spec in question.TABLES)
    _ask(project, toy.ASK, [toy.NOW - ahead, toy.NOW] if timed else [])
    if question.CASE == question.KEYS:
        (project.folder / "rungs" / "r1_our_rule.sql").write_text(OUR_RULE)
        (project.folder / "rungs" / "r3_remembers.py").write_text(REMEMBERS)
    return stepladder.Project.open(project.folder)


def _ask(project: stepladder.Project, asked: str, cutoffs: list) -> None:
    """The toy's own question, with these cutoffs, of the project's tables."""
    path = project.folder / "question.toml"
    tables = path.read_text("utf-8")
    head, _, own = asked.partition("[")
    stands = ", ".join(str(cutoff) for cutoff in cutoffs)
    text = f"{head}\ncutoffs = [{stands}]\n{'[' + own if own else ''}\n"
    path.write_text(text + tables[tables.index("[tables.") :], "utf-8")


def measured(job: Job, **_: object) -> Measured:
    """What a child process would have answered, without the child."""
    question, out = questions.load(job.question), Path(job.out)
    out.mkdir(parents=True, exist_ok=True)
    rung = Rung(Path(job.rung), free="a test's own")
    child.answer(job, rung, question, child.asked_of(job, question), out, lambda: 0.0)
    cases = pq.read_metadata(job.cases).num_rows
    return Measured("ok", 0.1, 0.01, cases, 120.0, 999, predictions=out / "predictions.parquet")
