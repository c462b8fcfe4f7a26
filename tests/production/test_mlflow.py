"""What is shipped to MLflow is found there with its figures, and predicts the same from plain files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder.core import at_rest
from stepladder.core.errors import Problem
from stepladder.leave.carried import carry
from stepladder.leave.loaded import Loaded
from stepladder.leave.mlflow import plain, to_mlflow
from stepladder.project.all_cases import answer
from stepladder.questions.recommend import toy
from stepladder.release.release import Release
from stepladder.release.ship import in_production, ship
from stepladder.terminal.production import elsewhere

# loads as MLflow does: its code first on the path, by the module and the folder that MLmodel names
LOADER = """
import importlib, pathlib, sys
import pyarrow.parquet as pq
home = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(home / "code"))
model = importlib.import_module("stepladder.leave.loaded")._load_pyfunc(str(home / "data"))
assert sys.modules["stepladder"].__file__.startswith(str(home))
pq.write_table(model.predict(pq.read_table(sys.argv[2])), sys.argv[3])
print(sorted({"pandas", "mlflow"} & set(sys.modules)))
"""


@pytest.fixture
def store(tmp_path, monkeypatch) -> str:
    """A tracking store in a folder: the format is the server's, whose own is tried by `make interop`."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return (tmp_path / "mlruns").as_uri()


def predicted(project: stepladder.Project, room: Path) -> pa.Table:
    """What the project itself says of everybody."""
    name = in_production(project).rung
    return at_rest.whole(answer(project, name, project.now(), room).rest).drop_columns(["why"])


@pytest.fixture
def low(monkeypatch) -> None:
    """The lowest rungs only: a bake-off of all takes long, and nothing here is about the others."""
    whole = stepladder.Project.ladder.fget
    few = property(lambda self: [rung for rung in whole(self) if rung.height <= 2])
    monkeypatch.setattr(stepladder.Project, "ladder", few)


@pytest.mark.usefixtures("low")
def test_the_bakeoff_and_the_model_are_there_and_predict_the_same_bytes(shop, store, tmp_path):
    from mlflow import MlflowClient

    result = stepladder.run_bakeoff(shop)
    ship(shop)
    (shop.folder / "report.html").write_text("<p>what was found")
    found = to_mlflow(shop, in_production(shop), store)
    client = MlflowClient(store, store)
    run = client.get_run(found.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["rung"] == "r2_rfm_quintiles"
    assert float(run.data.params["good_enough"]) == 0.1
    losses = {r.rung: r.report.loss for r in result.rungs if r.report}
    assert {n: run.data.metrics[f"report/loss/{n}"] for n in losses} == losses
    by_cutoff = client.get_metric_history(found.run_id, "cutoff/loss/r2_rfm_quintiles")
    assert len(by_cutoff) == len([w for w in result.windows if w.role != "calibrate"])
    assert run.data.tags["stepladder.decision.by"] == "Mia"
    assert run.data.tags["stepladder.release"] == in_production(shop).release
    files = {f.path for f in client.list_artifacts(found.run_id)}
    assert files == {"report.html", "result.json", "question.toml"}
    version = client.get_model_version(found.name, found.version)
    assert version.tags["stepladder.release"] == in_production(shop).release
    assert to_mlflow(shop, in_production(shop), store).already, "a release is registered once"
    home = Path(client.get_logged_model(version.model_id).artifact_location.removeprefix("file://"))
    _same_bytes(shop, home, tmp_path)


def _same_bytes(shop: stepladder.Project, home: Path, tmp_path: Path) -> None:
    endings = {path.suffix for path in home.rglob("*") if path.is_file()}
    assert endings <= {"", ".py", ".sql", ".json", ".yaml", ".txt", ".parquet", ".npy", ".bin"}
    rows = shop.history().sql("select customer, day, value from purchases")
    pq.write_table(rows, tmp_path / "rows.parquet")
    command = [sys.executable, "-I", "-c", LOADER, home, tmp_path / "rows.parquet"]
    env = {"PATH": os.environ["PATH"]}
    out = tmp_path / "out.parquet"
    ran = subprocess.run([*command, out], cwd="/", env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[]", "it loads neither pandas nor MLflow"
    pq.write_table(predicted(shop, tmp_path), tmp_path / "ours.parquet")
    assert out.read_bytes() == (tmp_path / "ours.parquet").read_bytes()


def test_a_list_is_made_of_the_items_that_were_carried_and_nobodys_rows(tmp_path):
    for name, table in toy.tables(1).items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    project = _lists(tmp_path)
    carry(project, _shipped(project), tmp_path / "carried")
    kept = {p.stem: pq.read_table(p) for p in (tmp_path / "carried" / "tables").iterdir()}
    assert not kept["interactions"].num_rows
    assert kept["support"].num_rows
    ours = predicted(project, tmp_path)
    persons = ours["person"].combine_chunks().unique().slice(0, 7)
    own = project.history().sql(
        "select person, item, time, value from interactions semi join few using (person)",
        few=pa.table({"person": persons}),
    )
    found = Loaded(tmp_path / "carried").predict(own)
    assert found.equals(ours.filter(pc.is_in(ours["person"], value_set=persons)))


def test_a_rung_of_ones_own_goes_along_as_it_was(shop, store, tmp_path, capsys):
    mine = shop.folder / "rungs" / "r1_mine.sql"
    mine.write_text("-- Half of what they bought.\nselect customer, count(day) / 2.0 as prediction"
        " from cases left join purchases using (customer) group by customer\n")  # fmt: skip
    ship(shop, rung="r1_mine", force="to see")
    ours = predicted(shop, tmp_path)
    carry(shop, _shipped(shop), tmp_path / "c")
    mine.unlink()
    found = Loaded(tmp_path / "c").predict(shop.history().sql("select * from purchases"))
    assert found.equals(ours)
    elsewhere(shop, "mlflow", store, as_json=False)
    assert "r1_mine is your own code" in (said := capsys.readouterr().out)
    assert "no fence there" in " ".join(said.split())


def test_rows_may_come_as_texts_and_of_strangers(shop, tmp_path):
    carry(shop, _shipped(shop), tmp_path / "c")
    model = Loaded(tmp_path / "c")
    said = model.predict(pa.table({"customer": ["7", "8"], "day": ["2024-01-02", None]}))
    assert said["customer"].to_pylist() == [7, 8]
    assert said["prediction"].null_count == 0
    with pytest.raises(Problem, match="no column day"):
        model.predict(pa.table({"customer": [7]}))
    with pytest.raises(Problem, match="column day cannot be read"):
        model.predict(pa.table({"customer": [7], "day": ["the day before"]}))


def test_altered_bytes_are_not_loaded(shop, tmp_path):
    carry(shop, _shipped(shop), tmp_path / "c")
    for path in [*(tmp_path / "c").rglob("*.parquet"), *(tmp_path / "c" / "releases").iterdir()]:
        body = path.read_bytes()
        path.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
        with pytest.raises(Problem, match=r"bytes"):
            Loaded(tmp_path / "c")
        path.write_bytes(body)
    Loaded(tmp_path / "c")


def test_a_rung_that_needs_everybody_stays_where_everybody_is(shop, tmp_path):
    (shop.folder / "rungs" / "r1_rank.sql").write_text(
        "-- How much more than the average.\nselect customer, count(*) / (select count(*) from purchases)"
        " as prediction from cases left join purchases using (customer) group by customer\n"
    )
    ship(shop, rung="r1_rank", force="to see")
    with pytest.raises(Problem, match="needs the whole history"):
        carry(shop, _shipped(shop), tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_what_is_missing_is_told(shop, monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(Problem, match="set MLFLOW_TRACKING_URI"):
        to_mlflow(shop, in_production(shop))
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(Problem) as told:
        to_mlflow(shop, in_production(shop), "http://me:swordfish@127.0.0.1:9")
    assert "swordfish" not in str(told.value)
    assert plain("a/b:c'd") == "a-b-c-d"


def _shipped(project: stepladder.Project) -> Release:
    return Release.load(in_production(project).release, project.folder)


def _lists(folder: Path) -> stepladder.Project:
    made = stepladder.new("recommend", str(folder / "interactions.parquet"), folder / "lists")
    ship(made, rung="r3_item_neighbours", force="to see")
    return made
