"""A loss of one's own: the example of its page, from the bake-off to the watch, and all that is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import toy_projects
from markupsafe import Markup

import stepladder
from stepladder.core import own_loss
from stepladder.core.cases import everyone
from stepladder.core.errors import Problem
from stepladder.nightly.production import Production
from stepladder.project import bakeoff
from stepladder.project.again import run_again
from stepladder.project.folder import Project
from stepladder.project.report import write_report
from stepladder.release.release import Release
from stepladder.release.ship import ship
from stepladder.report import drawing
from stepladder.watch import judgement
from stepladder.watch.page import write_page
from stepladder.watch.realised import realised
from stepladder.watch.watch import watch

from .conftest import RUNGS

PAGE = Path(__file__).parents[2] / "docs" / "a-loss-of-your-own.md"
(EXAMPLE,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.S)
SENTENCE = EXAMPLE.splitlines()[0].removeprefix("-- ")
ONE = "-- Everybody costs one.\n"


@pytest.fixture
def two_rungs(monkeypatch):
    """Two rungs, asked in this process: seconds instead of a minute."""
    whole = Project.ladder.fget
    two = property(lambda self: [r for r in whole(self) if r.name in RUNGS])
    monkeypatch.setattr(Project, "ladder", two)
    monkeypatch.setattr(bakeoff, "runner", lambda ask: toy_projects.measured)
    monkeypatch.setattr(
        drawing, "_svg", lambda *_: Markup("<svg></svg>")
    )  # what is drawn is not asked


def judged(project: Project, text: str) -> Project:
    (project.folder / "loss.sql").write_text(text, encoding="utf-8")
    return Project.open(project.folder)


def value_of_the_top(project: Project, rung: str, cutoff: str) -> float:
    """What those ranked first brought, from the answers that the bake-off kept and the purchases."""
    said = pq.read_table(project.folder / f"bakeoffs/2/{rung}/{cutoff}.parquet")
    value = pc.fill_null(said["value"], 0.0).to_numpy()
    order = np.lexsort((said["customer"].to_numpy(), -said["prediction"].to_numpy(), -value))
    top = said["customer"].take(pa.array(order[:500]))
    came = project.history().sql(
        f"select sum(value) as v from purchases semi join top using (customer) "
        f"where day >= date '{cutoff}' and day < date '{cutoff}' + {project.ask.horizon}",
        top=pa.table({"customer": top}),
    )
    return came["v"][0].as_py()


def test_the_value_of_the_top_500_from_the_bakeoff_to_the_watch(project, two_rungs):
    shop = judged(project, EXAMPLE)
    result = stepladder.run_bakeoff(shop, workers=1)
    last = next(w for w in result.windows if w.role == "report")
    for row in result.rungs:
        best = -value_of_the_top(shop, row.rung, last.now) / last.cases
        assert row.report.loss == pytest.approx(best)
        assert row.report.loss < 0
    assert result.loss_sql == EXAMPLE == stepladder.Project.open(shop.folder).result().loss_sql

    stepladder.decide(shop, RUNGS[1], by="Ada", because="it brings more")
    ship(shop)
    release = Release.load(Production.of(shop).release.hash, shop.folder)
    assert release.manifest.loss == EXAMPLE
    before = realised(shop, shop.history())
    losses = {at.now: at.estimate.loss for row in result.rungs if row.rung == RUNGS[1]
              for at in row.cutoffs}  # fmt: skip
    there = [w for w in before.windows if w.as_of in losses]
    assert there
    for window in there:
        assert window.loss == pytest.approx(losses[window.as_of], rel=1e-12)
    assert before.verdict == "as good"
    assert (before.loss, before.loss_changed) == (SENTENCE, "")
    assert Production.of(shop).changed() == []

    # another one, and no SQL at all: what was chosen by the first is judged by the first, and it is said
    edited = judged(shop, "selec")
    found = watch(edited)
    assert (found.realised.windows, found.realised.loss) == (before.windows, SENTENCE)
    said = "loss.sql has changed since"
    page = write_report(edited, to=shop.folder / "after.html").read_text("utf-8")
    watched = write_page(found, shop.folder / "watch.html").read_text("utf-8")
    for text in (page, watched, *Production.of(edited).changed(), found.realised.loss_changed):
        assert said in text
    assert SENTENCE in page
    assert SENTENCE in watched
    assert "case when place &lt;= 500 then" in page
    again = run_again(edited, 2, workers=1)
    assert set(again.same) == set(RUNGS)
    assert again.second.loss_sha256 == result.loss_sha256
    assert any(said in each for each in again.changed)
    with pytest.raises(Problem, match=r"loss\.sql cannot be used: it is no SQL"):
        stepladder.run_bakeoff(edited, workers=1)
    assert not (shop.folder / "bakeoffs" / "4").exists()


@pytest.fixture(scope="module")
def moment(decided):
    """A moment of the shop's past, what came of it, a hundred customers, and answers about them."""
    shop = Project.open(decided)
    past, later = (shop.history().at(day) for day in shop.ask.cutoffs)
    cases = everyone(shop.question, past).slice(0, 100)
    said = {"customer": cases["customer"], "prediction": np.linspace(0, 2, 100)}
    said |= {name: pa.nulls(100, pa.float64()) for name in ("low", "high", "alive", "value")}
    said["segment"] = pa.nulls(100, pa.string())
    return shop.question, past, later, cases, pa.table(said)


def given(text: str) -> str:
    return f"-- A sentence.\nselect customer, {text} from outcome join predictions using (customer)"


REFUSED = {
    "": "it is empty",
    "-- A sentence, and nothing else.": "it is empty",
    "-- A sentence.\nselec 1": "it is no SQL",
    "-- A sentence.\nselect 1; select 2": "it has 2 statements",
    "-- A sentence.\ncreate table x as select 1": "it is no SELECT",
    "select customer, 1 as loss, 1 as weight from cases": "its first line is no comment",
    given("1 as loss"): "it gives no column weight; it gives customer, loss",
    "-- A sentence.\nselect 1 as loss, 1 as weight": "it gives no column customer",
    given("'1' as loss, 1 as weight"): "loss is of the type string, which is no number",
    given("true as loss, 1 as weight"): "loss is of the type bool, which is no number",
    given("lost, 1 as weight"): "DuckDB says: Binder Error",
    given("value as loss, 1 as weight"): "loss is null in 100 of 100 rows",
    given("'nan'::double as loss, 1 as weight"): "loss is NaN or infinite in 100 of 100 rows",
    given("0 as loss, 'inf'::double as weight"): "weight is NaN or infinite in 100",
    given("0 as loss, case when actual < 1 then -1 else 1 end as weight"): "weight is negative in",
    given("0 as loss, 0 as weight"): "weight is 0 in all 100 rows",
    given("1e308 as loss, 1 as weight"): "loss is beyond 1,000,000,000,000,000 in 100",
    given("random() as loss, 1 as weight"): "asked twice about the same answers",
    given("0 as loss, prediction as weight"): "its units or weights depend on what is predicted",
    given("0 as loss, 1 as weight")
    + " where prediction > 0.5": "its units or weights depend on what is",
    given("0 as loss, 1 as weight") + " where false": "it gives no row although something came",
    given("0 as loss, 1 as weight")
    + " cross join range(100)": "it gives more rows than there are cases",
    "-- A file.\nselect * from read_csv('/etc/passwd')": "the query asks for read_csv",
    "-- A name that is a file.\nselect * from '/etc/passwd'": "there is no such table",
    "-- Of what came later.\nselect customer, 1 as loss, 1 as weight from later": "no such table",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=REFUSED.values())
def test_a_loss_that_cannot_judge_is_refused_in_three_parts(moment, text, said):
    plain, past, later, cases, answers = moment
    question = own_loss.judged_late(plain, lambda: text)
    came = plain.outcome(past, later, cases)
    with pytest.raises(Problem) as found:
        assert own_loss.try_out(question, past, cases, came) or question.loss(
            answers, past, later, cases
        )
    assert found.value.given.startswith("loss.sql cannot be used: ")
    assert said in found.value.given
    assert "one SELECT that gives the unit, loss (a number) and weight" in found.value.allowed
    assert "docs/a-loss-of-your-own.md" in found.value.remedy


def test_it_sees_the_cutoff_and_nothing_later_and_may_end_as_sql_does(moment):
    plain, past, later, cases, answers = moment
    text = """-- The newest purchase, in days after the cutoff; é is no ASCII.
        select customer, date_diff('day', max(now), max(day)) as loss, 0.5 as weight
        from purchases semi join cases using (customer) cross join ask group by customer; -- the end"""
    question = own_loss.judged_by(plain, text)
    own_loss.try_out(question, past, cases, plain.outcome(past, later, cases))
    found = question.loss(answers, past, later, cases)
    assert found["customer"].to_pylist() == sorted(cases["customer"].to_pylist())
    assert max(found["loss"].to_pylist()) < 0
    assert set(found["weight"].to_pylist()) == {0.5}
    assert (
        question.LOSS
        == question.LOSS_IN_MONEY
        == "The newest purchase, in days after the cutoff; é is no ASCII."
    )
    assert question.KEYS == plain.KEYS


def test_what_cannot_be_used_stops_a_bakeoff_and_nothing_else(project):
    file, ask = project.folder / "loss.sql", project.folder / "question.toml"

    def refused() -> str:
        with pytest.raises(Problem) as found:
            stepladder.run_bakeoff(Project.open(project.folder))
        return found.value.given

    for body, said in ((b"-- \xff\nselect 1", "byte 4 is no UTF-8"), (b"", "it is empty")):
        file.write_bytes(body)
        assert refused() == f"loss.sql cannot be used: {said}"
    file.unlink()
    file.symlink_to("/etc/passwd")
    assert "loss.sql" in refused()
    shop = Project.open(project.folder)
    shop.check()
    assert realised(shop, shop.history()).windows  # judged by what the rung was chosen by
    file.unlink()
    file.write_text(given("0 as loss, 1 as weight"))
    ask.write_text(ask.read_text("utf-8") + "[prices]\nmargin = 0.3\ncost = 1.0\n", "utf-8")
    assert refused() == "question.toml has [prices], and the project has a loss.sql"
    assert [b.id for b in shop.record.bakeoffs("retention")] == [1]


def test_what_has_no_zero_for_its_best_has_no_share_to_save(moment):
    """A rung that loses −1 where the reference loses 0.5 did not save 300 % of its loss."""
    plain, past, later, cases, answers = moment
    text = given("2 - 3 * prediction as loss, 1 as weight")
    question = own_loss.judged_by(plain, text)
    at = judgement.Window(past, later, cases)
    usual = answers.set_column(1, "prediction", pa.array(np.full(100, 0.5)))
    found = judgement.judge(question, answers, usual, at, 0.95)
    assert (found.gain, found.gain_low) == (None, None)
    assert (found.loss, found.reference) == (pytest.approx(-1.0), pytest.approx(0.5))
