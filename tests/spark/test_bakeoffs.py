"""A whole bake-off on Spark finds what it finds on DuckDB: cases, losses, proposal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import toy_projects

from stepladder.bakeoff.on_spark import measure_on_spark
from stepladder.bakeoff.run import run
from stepladder.bakeoff.runs import Setting
from stepladder.core.rung import ladder
from stepladder.questions import folder
from stepladder.questions.question_toml import asked

from .worlds import alike

# the reference, in SQL, and what answers in Python by SQL and by Spark's stream
RUNGS = {
    "retention": {"r1_same_for_all", "r3_bg_nbd"},
}


@pytest.mark.parametrize("name", sorted(RUNGS))
def test_a_whole_bakeoff_finds_the_same(toys, tmp_path, name):
    toy = toys[name]
    both = toy.at(toy.later)
    rungs = [rung for rung in ladder(folder(name)) if rung.name in RUNGS[name]]
    assert len(rungs) == len(RUNGS[name])
    last = [str(holdout.past.now) for holdout in toy.question.holdouts(both.duckdb)][-2:]
    ask = asked({**toy.ask.model_dump(exclude_unset=True), "sample": 1000, "cutoffs": last})

    def outcome(history, measure, at: Path):
        at.mkdir()
        known = replace(history, ask=ask)
        return run(Setting(name, toy.question, known, rungs, at, at, 1, measure), {}, "")

    here = outcome(both.duckdb, toy_projects.measured, tmp_path / "duckdb")
    there = outcome(both.spark, measure_on_spark, tmp_path / "spark")
    assert there.result.proposal.rung == here.result.proposal.rung
    assert [each.everybody for each in there.replays] == [each.everybody for each in here.replays]
    for one, other in zip(here.replays, there.replays, strict=True):
        assert one.cases.equals(other.cases)
    assert here.scored.keys() == there.scored.keys() == RUNGS[name]
    for rung, scored in here.scored.items():
        for one, other in zip(scored, there.scored[rung], strict=True):
            alike(one.loss, other.loss, ordered=True)
    assert not [path for path in (tmp_path / "spark").rglob("known_*") if path.is_file()]
