"""A query's twin in Python gives what DuckDB gives, on any rows."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from service_shops import copied, made

import stepladder
from stepladder.release.release import Release
from stepladder.release.ship import in_production, ship
from stepladder.service.alone import Alone
from stepladder.service.served import _own

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


def test_nobody_learns_of_others_in_the_same_request(home, tmp_path):
    films = copied(home, "films", tmp_path)
    ship(stepladder.Project.open(films), rung="r2_also_bought", force="a trial")
    found = alone(tmp_path, "films", tmp_path)
    cases = some("films", found.own.now, random.Random(5))
    assert len(cases) > 1

    def told(answers):  # DuckDB adds up in any order
        return [
            [(r["item"], round(r["prediction"] or 0, 9), r["because"]) for r in rows]
            for rows in answers
        ]

    assert told(found.answer(cases)) == told([found.answer([case])[0] for case in cases])
