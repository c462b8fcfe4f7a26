"""A query's twin in Python gives what DuckDB gives, on any rows."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from service_shops import made

import stepladder
from stepladder.ship.release import Release
from stepladder.ship.service.alone import Alone
from stepladder.ship.service.served import _own
from stepladder.ship.ship import in_production

pytestmark = pytest.mark.filterwarnings("ignore:Arrow output on a DB-API:UserWarning")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return made(tmp_path_factory.getbasetemp())


def alone(home, name, room):
    project = stepladder.Project.open(home / name)
    release = Release.load(in_production(project).release, project.folder)
    return Alone.of(project, release, _own(project, project.now()), room)


def some(name, now, rng):
    """A few cases with rows in no order, some twice, some without a value."""

    def row():
        day = (now - timedelta(days=rng.randint(1, 200))).isoformat()
        if name == "shop":
            value = rng.choice([None, 0, round(rng.uniform(-5, 90), 2)])
            return {"day": day, **({} if value is None else {"value": value})}
        return {
            "item": rng.choice([rng.randint(1, 130), 7]),
            "time": f"{day}T{rng.randint(10, 23)}:00:00",
        }

    return [
        (f"cases[{i}]", [row() for _ in range(rng.randint(1, 25))])
        for i in range(rng.randint(1, 6))
    ]


@pytest.mark.parametrize("name", ["shop", "films"])
def test_twins_answer_as_duckdb_does(home, name, tmp_path):
    quick, slow = alone(home, name, tmp_path), alone(home, name, tmp_path)
    slow.door.twins.clear()  # every query is DuckDB's
    rng = random.Random(3)
    for _ in range(25):
        cases = some(name, date.fromisoformat(str(quick.own.now)), rng)
        assert quick.answer(cases) == slow.answer(cases)
    used = {query for query, twin in quick.door._named.items() if twin}
    assert len(used) == len(
        quick.door.twins
    )  # whoever changes a query is told that its twin must follow
    assert not [shape for shape in quick.door._statements if quick.door._statements[shape].changing]
