"""A hostile rung of somebody's own reaches nothing, through whichever door it is asked."""

from __future__ import annotations

import gc
import socket
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy_projects

import stepladder
from stepladder.core.cases import everyone
from stepladder.core.errors import Problem
from stepladder.core.question import references
from stepladder.core.rung import Rung
from stepladder.fence.fenced import Fenced
from stepladder.leave.loaded import UNFENCED
from stepladder.nightly import steps
from stepladder.nightly.production import Production
from stepladder.project.one_case import predict_one
from stepladder.project.report import view
from stepladder.release.ship import ship
from stepladder.service.served import Served

NAME = "r1_attack"
ATTACK = '''"""Tries whatever somebody's own rung must not do, and fails where it could do any of it."""

import ctypes
import os
import socket
import subprocess
import time

import pyarrow as pa


def attack():
    did = []

    def tried(what, act):
        try:
            act()
        except Exception:
            return
        did.append(what)

    tried("read the project", lambda: open("{project}/question.toml").read())
    tried("read its data", lambda: open("{table}", "rb").read())
    tried("read a password", lambda: os.environ["PGPASSWORD"])
    tried("used the network", lambda: socket.create_connection(("127.0.0.1", {port}), 1))
    tried("wrote a file", lambda: open("{outside}/left", "w"))
    tried("started a program", lambda: subprocess.run(["true"]))
    if did:
        raise RuntimeError("ESCAPED: " + ", ".join(did))
    try:
        if os.fork() == 0:
            ctypes.CDLL(None).prctl(15, b"stray{port}", 0, 0, 0)
            os.setsid()
            time.sleep(600)
    except OSError:
        pass


def fit(history):
    attack()
    return {{"share": 0.25}}


def predict(model, history, cases):
    attack()
    return cases.append_column("prediction", pa.array([model["share"]] * cases.num_rows))


def why(model, history, answers):
    attack()
    empty = pa.array([[7]] * answers.num_rows, pa.list_(pa.int64()))
    return answers.select(["shop", "parcel"]).append_column("why", empty)
'''


@pytest.fixture(scope="module")
def port():
    """Where somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory, port):
    """A project in production by the attacking rung: bake-off, decision, ship and a night are behind it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", "hush")
        folder = tmp_path_factory.mktemp("attacked")
        made = toy_projects.made("returns", folder)
        (made.folder / "rungs" / "r3_remembers.py").unlink()
        text = ATTACK.format(
            project=made.folder, table=made.table("parcels"), port=port, outside=folder
        )
        (made.folder / "rungs" / f"{NAME}.py").write_text(text)
        whole, some = stepladder.Project.ladder.fget, {*references(made.question), NAME}
        two = property(lambda self: [rung for rung in whole(self) if rung.name in some])
        patch.setattr(stepladder.Project, "ladder", two)  # nothing here is about the others
        rows = {row.rung: row.status for row in stepladder.run_bakeoff(made).rungs}
        assert rows[NAME] == "ok"
        stepladder.decide(made, NAME, by="Mia", because="to see what it does")
        ship(made, rung=NAME, force="to see what it does")
        day = made.now()
        stepladder.run_nightly(made, since=day, until=day)
        yield made
        gc.collect()  # a page's pictures may hold on to what they were made of
        assert not (folder / "left").exists()
        assert [p.pid for p in psutil.process_iter() if p.name() == f"stray{port}"] == []


@pytest.fixture
def told(monkeypatch):
    """What was asked behind the fence."""
    found, asked = [], Fenced._asked
    monkeypatch.setattr(Fenced, "_asked", lambda *given: found.append(given[1]) or asked(*given))
    return found


def one_row(project):
    return pq.read_table(project.table("parcels")).slice(0, 1)


def case(project):
    row = everyone(project.question, project.history()).to_pylist()[0]
    return f"{row['shop']}/{row['parcel']}"


def test_predict_for_everybody(project):
    assert stepladder.predict(project, rung=NAME).is_file()


def test_predict_case_with_its_reasons(project, told):
    said = predict_one(project, rung=NAME, case=case(project))
    assert said["prediction"].to_pylist() == [0.25]
    assert told == ["predict", "why"]


def test_predict_for_rows_of_ones_own(project):
    rows = one_row(project).drop_columns(["shop", "parcel", "row"])
    said = predict_one(project, rung=NAME, rows=rows)
    assert said["prediction"].to_pylist() == [0.25]


def test_report_with_its_reasons(project, told):
    result = project.result()
    assert stepladder.write_report(project).is_file()
    shown = view(project, result, mask=True)
    assert shown.rung == NAME
    assert shown.explained(shown.at_cutoff[NAME].slice(0, 3)).num_rows == 3
    assert told[-1] == "why"


def test_watch(project):
    assert stepladder.watch_predictions(project).realised.rung == NAME


def test_learnt_anew_at_night(project, tmp_path):
    production = Production.of(project)
    earlier = project.now() - timedelta(days=1)
    steps.refit(production, earlier, tmp_path / "fit.json")
    steps.predict(production, earlier, tmp_path / "fit.json", tmp_path / "all.parquet")
    assert set(pq.read_table(tmp_path / "all.parquet")["prediction"].to_pylist()) == {0.25}


def test_serve_rows_of_ones_own_with_reasons(project, told):
    served = Served.load("parcels", project.folder)
    rows = [{"day": date(2021, 7, 1), "price": 12.5}]
    found = served.newcomers([("cases[0]", rows)], why=True)
    assert found[0][0]["prediction"] == 0.25
    assert not served.at_once([("cases[0]", rows)])
    assert told[-2:] == ["predict", "why"]
    served.alone.close()


def test_outside_the_fence_it_refuses_whoever_asks(project, tmp_path):
    """The kind is closed: a place that forgets the fence runs nothing."""
    mine = Rung(project.folder / "rungs" / f"{NAME}.py")
    history, cases = project.history(), pa.table({"shop": [1], "parcel": [1]})
    for ask in (
        lambda: mine.fit(history),
        lambda: mine.predict({}, history, cases),
        lambda: mine.why({}, history, cases),
        lambda: project.rung(NAME).fit(history),
        lambda: Production.of(project).release.rung(Path(project.folder, "rungs")).fit(history),
    ):
        with pytest.raises(Problem, match="outside the fence"):
            ask()
    quiet = tmp_path / "r1_quiet.py"
    quiet.write_text(
        "def fit(history): return {'n': 1}\ndef predict(model, history, cases): return cases\n"
    )
    assert replace(Rung(quiet), free=UNFENCED).fit(history) == {"n": 1}  # where somebody says so
