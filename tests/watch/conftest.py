"""A shop that ran a bake-off of two rungs, decided, and published; and steady weeks of any length."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder.core.history import History
from stepladder.project.folder import Project
from stepladder.project.record import same
from stepladder.questions.question_toml import parse
from stepladder.questions.retention.toy import World, simulate
from stepladder.record import Stored

RUNGS = ("r1_same_for_all", "r2_rfm_quintiles")
END = date(2024, 1, 1)
CUTOFFS = "cutoffs = [2021-01-04, 2021-04-05]\n"  # two of the three that there would be


@pytest.fixture(scope="session")
def decided(tmp_path_factory) -> Path:
    """The folder of a project whose business decided for the table in SQL."""
    folder = tmp_path_factory.mktemp("watched")
    rows = simulate(World(), 1000, 11)[0].drop_columns(["row"])
    pyarrow.csv.write_csv(rows, folder / "orders.csv")
    made = stepladder.new(
        "retention", str(folder / "orders.csv"), folder / "shop", settings=CUTOFFS
    )
    whole = Project.ladder.fget
    with pytest.MonkeyPatch.context() as patch:  # two rungs: seconds instead of a minute
        two = property(lambda self: [r for r in whole(self) if r.name in RUNGS])
        patch.setattr(Project, "ladder", two)
        result = stepladder.run_bakeoff(made, workers=1)
    stepladder.decide(made, RUNGS[1], by="Ada", because="good enough")
    # what the bake-off answered at its cutoffs, as if it had been published on those days
    for window in result.windows:
        answers = pq.read_table(made.folder / "bakeoffs/1" / RUNGS[1] / f"{window.now}.parquet")
        publish(made, answers, window.now)
    return made.folder


@pytest.fixture
def project(decided, tmp_path) -> Project:
    """A copy of it to work in."""
    shutil.copytree(decided, tmp_path / "shop")
    same(Project.open(tmp_path / "shop"))
    return Project.open(tmp_path / "shop")


def publish(
    project: Project, answers: pa.Table, as_of: str, name: str = "", release: str = "ab" * 8
) -> None:
    """Store predictions as the nightly run does."""
    import hashlib

    path = project.folder / "published" / (name or f"{as_of}.parquet")
    path.parent.mkdir(exist_ok=True)
    days = pa.array([date.fromisoformat(as_of)] * answers.num_rows)
    pq.write_table(answers.append_column("as_of", days).append_column("masked", days), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    where = path.relative_to(project.folder).as_posix()
    project.record.store_prediction(
        Stored("retention", RUNGS[1], as_of, where, digest, answers.num_rows, release)
    )


def shop(folder: Path, weeks: int = 80, seed: int = 1, rows: int = 600, change=None) -> History:
    """Purchases of steady weeks, ending at END; `change(day, value, customer)` alters them."""
    rng = np.random.default_rng(seed)
    days = np.repeat(np.arange(weeks * 7), rows // 7)
    effect = np.repeat(rng.normal(0, 0.5, weeks), 7)[days]
    value = rng.normal(30 + effect, 10, len(days)).clip(1)
    customer = rng.integers(1, 2001, len(days)).astype(object)
    if change:
        days, value, customer = change(weeks * 7 - days, value, customer, days)
    first = np.datetime64(END - timedelta(weeks=weeks))
    table = pa.table(
        {
            "customer": pa.array([str(c) for c in customer]),
            "day": pa.array((first + days).astype("datetime64[D]"), pa.date32()),
            "value": pa.array(value, from_pandas=True),
            "row": np.arange(len(days)),
        }
    )
    path = folder / f"purchases-{len(list(folder.iterdir()))}.parquet"
    pq.write_table(table, path)
    ask = parse('question = "retention"\nhorizon = 28')
    return History(END, ask, {"purchases": (str(path), "day")})


def as_text(found: dict) -> str:
    """JSON as bytes would be written."""
    return json.dumps(found, sort_keys=True)
