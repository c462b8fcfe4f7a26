"""More stored answers than are judged: the bake-off's own lots are drawn, from a file or a folder at rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow.parquet as pq
import pytest

from stepladder.core import at_rest
from stepladder.core.cases import drawn, share
from stepladder.money import Prices
from stepladder.watch import judgement, stored
from stepladder.watch.realised import realised

from .conftest import RUNGS

SAMPLE = 300


def test_some_are_judged_by_the_bakeoffs_lots_and_say_what_all_would(project, tmp_path):
    fewer = replace(project, ask=project.ask.model_copy(update={"sample": SAMPLE}))
    whole, found = (realised(each, each.history()) for each in (project, fewer))
    assert len(found.windows) == len(whole.windows) > 0
    for one, other in zip(found.windows, whole.windows, strict=True):
        assert (one.everybody, other.everybody) == (other.cases, 0)
        assert 0.8 * SAMPLE < one.cases < 1.2 * SAMPLE
        assert one.loss_low < other.loss < one.loss_high
        assert one.gain_low < other.gain < one.gain_high
    assert found.verdict == whole.verdict
    assert found.bakeoff == whole.bakeoff  # these answers are as many as they were judged on

    history, question = fewer.history(), fewer.question
    said = stored.first_said(fewer, RUNGS[1], history.now)[0]
    as_of = date.fromisoformat(said.as_of)
    past = history.at(as_of)
    mine, everybody = stored.read(fewer, said, past)
    lots = drawn(question, past, share(question, past))[0]
    assert mine["customer"].to_pylist() == lots["customer"].to_pylist()
    assert mine.schema == stored.read(project, said, project.history().at(as_of))[0].schema

    rows, folder = pq.read_table(fewer.folder / said.path), fewer.folder / "published" / "day"
    folder.mkdir()
    for nth in range(3):  # as a cluster writes them, each row in one of the files
        pq.write_table(rows.slice(nth * 400, 400), folder / f"part-{nth}.parquet")
    spread = replace(said, path="published/day", sha256=at_rest.digest(folder))
    assert stored.read(fewer, spread, past)[0].equals(mine)
    (folder / "part-1.parquet").unlink()
    with pytest.raises(Exception, match="altered"):
        stored.read(fewer, spread, past)

    prices = Prices(margin=0.3, cost=2.0, contacts=100)
    settings = history.ask.settings.model_copy(update={"prices": prices})
    dear = replace(history, ask=history.ask.model_copy(update={"settings": settings}))
    at = judgement.window(question, dear, as_of, mine, everybody)
    assert at.past.ask.settings.prices.contacts == round(100 * mine.num_rows / everybody)
