"""Two projects of one kind on one record: every verb, and no row is shared, read or changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.csv
import pytest
import toy_projects
from sqlalchemy.exc import IntegrityError

import stepladder
from stepladder.core.errors import Problem
from stepladder.nightly.run import run
from stepladder.project.folder import Project
from stepladder.questions.retention import toy
from stepladder.record import Record, Shipment, Step, Token
from stepladder.record.altering import altered
from stepladder.record.owned import whose
from stepladder.record.reach import reading
from stepladder.record.schema import OWNED
from stepladder.release.ship import in_production, models, rollback, ship
from stepladder.service import tokens

RUNGS = ("r1_same_for_all", "r2_rfm_quintiles")
# what is another each time, whoever does it: clocks, and random numbers
LEFT_OUT = {
    *(
        "time",
        "revoked",
        "started",
        "finished",
        "since",
        "said",
        "seconds",
        "sha256",
        "result",
        "path",
    ),
    *(
        "folder",
        "fit_s",
        "predict_s_per_1000",
        "memory_mb",
        "versions",
        "detail",
        "key",
        "release",
        "host",
    ),
    *("data_fingerprint", "settings", "model_hash"),
}


@pytest.fixture(scope="module", autouse=True)
def two_rungs() -> Iterator[None]:
    """Seconds instead of a minute."""
    whole = Project.ladder.fget
    with pytest.MonkeyPatch.context() as patch:
        two = property(lambda self: [r for r in whole(self) if r.name in RUNGS])
        patch.setattr(Project, "ladder", two)
        patch.setattr("stepladder.project.bakeoff.runner", lambda _: toy_projects.measured)
        yield


@pytest.fixture(scope="module")
def orders(tmp_path_factory) -> Path:
    """What every shop here is made of: the same customers, the same files, to the byte."""
    path = tmp_path_factory.mktemp("orders") / "orders.csv"
    rows = toy.simulate(toy.World(), 300, 5)[0]
    pyarrow.csv.write_csv(rows.drop_columns(["row"]), path)
    return path


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.slow), "postgres"])
def shared(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch) -> str:
    """A record that is named for every project."""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path / 'shared.db'}"
    monkeypatch.setenv("STEPLADDER_RECORD", url)
    return url


def made(orders: Path, folder: Path) -> Project:
    return stepladder.new(
        "retention", str(orders), folder, settings="cutoffs = [2021-01-04, 2021-04-05]\n"
    )


def verbs(project: Project) -> Iterator[Callable[[], Any]]:
    """A whole life, a verb at a time; each says what can be compared."""
    day = project.now()
    yield lambda: stepladder.run_bakeoff(project, workers=1).id
    yield lambda: stepladder.decide(project, RUNGS[1], by="Mia", because="we can read it")
    yield lambda: stepladder.write_report(project).is_file()
    yield lambda: stepladder.predict(project).is_file()
    yield lambda: ship(project).decision
    yield lambda: ship(project, rung=RUNGS[0], force="a trial").id
    yield lambda: rollback(project).kind
    yield lambda: [(one.current, one.rung, one.by) for one in models(project)]
    yield lambda: len(run(project, since=day, until=day).plan.to_do)
    yield lambda: len(run(project, since=day, until=day).plan.to_do)
    yield lambda: bool(stepladder.watch_predictions(project))
    yield lambda: stepladder.run_again(project, 1, workers=1).second.id
    yield lambda: project.record.answer("retention", [({"customer": 3}, 1.0)], by="Cy")
    yield lambda: len(tokens.new(project, "a phone", "admin"))
    yield lambda: tokens.revoke(project, 1).id
    yield lambda: [(token.id, token.name) for token in tokens.listed(project)]
    yield lambda: stepladder.forget(project, "4").answers
    yield lambda: stepladder.refresh(project).now() == day


def rows(record: Record, compared: bool = False) -> dict[str, Any]:
    """All of a project's rows."""
    with record.reads() as mine:
        found = {t.name: [dict(row._mapping) for row in mine.rows(t)] for t in OWNED}
    if compared:
        return {
            name: [{k: v for k, v in row.items() if k not in LEFT_OUT} for row in there]
            for name, there in found.items()
        }
    return found


@pytest.mark.slow
def test_each_of_two_lives_as_if_it_were_alone(orders, tmp_path, shared):
    a, b = (made(orders, tmp_path / each / "shop") for each in "ab")
    other, told = rows(b.record), []
    for verb in verbs(a):
        told.append(verb())
        assert rows(b.record) == other
    other = rows(a.record)
    for verb, before in zip(verbs(b), told, strict=True):
        assert verb() == before  # as if nothing had been there before
        assert rows(a.record) == other
    assert rows(a.record, compared=True) == rows(b.record, compared=True)
    with reading(a.record.engine) as connection:
        ids = {id_ for table in OWNED for id_ in whose(connection, table)}
    assert ids == {a.record.project, b.record.project}


def test_a_number_reaches_no_other_projects_row(orders, tmp_path, shared):
    a, b = (made(orders, tmp_path / each) for each in "ab")
    mine = a.record.begin_bakeoff("retention", settings="", data_fingerprint="", versions={})
    a.record.decide("retention", "r1", by="Mia", because="x")
    token = a.record.note(Token("a phone", "admin", "0" * 64))
    before = rows(a.record)
    for reach, refused in (
        (lambda: b.record.bakeoff(mine), Problem),
        (lambda: b.result(mine), Problem),
        (lambda: stepladder.run_again(b, mine), Problem),
        (lambda: b.record.finish_bakeoff(mine, {}, []), Problem),
        (lambda: b.record.decide("retention", "r1", by="x", because="x", bakeoff=mine), Problem),
        (lambda: tokens.revoke(b, token), Problem),
        (
            lambda: b.record.note(Shipment("retention", "ship", "r", "r", "m", "d", 1)),
            IntegrityError,
        ),
    ):
        with pytest.raises(refused):
            reach()
    b.record.fail_bakeoff(mine, "x")
    b.record.revoke(token)
    b.record.forget("retention", "0" * 64, {"customer": 3})
    altered(b.record, "bakeoffs/1/r1/x.parquet", "0", 0)
    assert rows(a.record) == before
    with pytest.raises(Problem, match="nobody has decided"):
        ship(b)
    with pytest.raises(Problem, match="nothing is in production"):
        in_production(b)
    assert (tokens.listed(b), b.record.noted(Step), a.record.forgotten("retention")) == (
        [],
        [],
        set(),
    )
