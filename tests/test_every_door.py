"""Every rung of every question says the same of a case through every door, the user's own rungs too."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy_projects
from linked import linked

import stepladder
from stepladder import questions
from stepladder.core import at_rest, cases, own
from stepladder.core.cases import everyone
from stepladder.leave import hashes
from stepladder.leave.bundle import bundle
from stepladder.leave.carried import carry
from stepladder.leave.loaded import Loaded
from stepladder.leave.mlflow_model import copy_code
from stepladder.nightly import steps
from stepladder.nightly.production import Production
from stepladder.nightly.still_there import holds
from stepladder.pages.door import COOKIE
from stepladder.pages.house import house
from stepladder.project.all_cases import answer
from stepladder.project.one_case import One
from stepladder.project.report import standing
from stepladder.project.rules import rules
from stepladder.record.entries import session
from stepladder.release.fit import fit
from stepladder.release.inputs import inputs
from stepladder.release.ship import ship
from stepladder.service.alone import Alone
from stepladder.service.app import app
from stepladder.service.limits import Limits
from stepladder.service.served import _own
from stepladder.service.shelf import Shelf
from stepladder.service.tokens import hashed
from stepladder.service.tokens import new as new_token

QUESTIONS = [
    pytest.param(name, marks=[pytest.mark.slow] * (name in ("retention", "recommend", "forecast")))
    for name in questions.names()
]


@pytest.fixture(scope="module", params=QUESTIONS)
def project(request, tmp_path_factory) -> stepladder.Project:
    """A project of the question's toy world after its bake-off, with whatever ran in production.

    The bake-off's rungs answer in this process, those behind the doors each behind its fence.
    """
    found = toy_projects.made(request.param, tmp_path_factory.mktemp(request.param))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stepladder.project.bakeoff.runner", lambda _: toy_projects.measured)
        stepladder.run_bakeoff(found)
    return found


def ran(project: stepladder.Project) -> list[str]:
    rows = {row.rung: row.status for row in project.result().rungs}
    assert "ok" in rows.values()
    assert all(status == "ok" or name == "r0_person" for name, status in rows.items()), rows
    return [name for name, status in rows.items() if status == "ok"]


def rows_of(table: pa.Table, case: dict) -> list[dict]:
    """What is said of one case, without whose it is and why."""
    left_out = {*case, "why", "because", "title", "as_of", "release"}
    return [
        {name: value for name, value in row.items() if name not in left_out}
        for row in table.to_pylist()
        if all(row[name] == value for name, value in case.items())
    ]


def same(one: list[dict], other: list[dict]) -> None:
    assert len(one) == len(other) > 0
    for a, b in zip(one, other, strict=True):
        assert a.keys() == b.keys()
        for name, value in a.items():
            if isinstance(value, float):
                assert math.isclose(value, b[name], rel_tol=1e-9, abs_tol=1e-12), (name, a, b)
            else:
                assert value == b[name], (name, a, b)


def test_every_door_gives_the_same_answer(project, tmp_path):
    """All at once at night, one by name, by their own rows, over HTTP, and elsewhere."""
    question, day = project.question, project.now()
    toy = importlib.import_module(f"stepladder.questions.{project.ask.question}.toy")
    everybody = everyone(question, project.history())
    kinds = own.schema(question, project.history())
    mine = pq.read_table(project.table(question.OWN.table))
    for nth, name in enumerate(ran(project)):
        room = tmp_path / name
        room.mkdir()
        ship(project, rung=name, force="to see what it says")
        production = Production.of(project)
        release = production.release
        steps.refit(production, day, room / "fit.json")
        steps.predict(production, day, room / "fit.json", room / "all.parquet")
        every = pq.read_table(room / "all.parquet")
        case = everybody.slice(nth * 7, 1).to_pylist()[0]
        wanted = rows_of(every, case)
        one = One(project, project.rung(name), release.model(), room, release.taught, {})
        for table in question.DERIVED:
            pq.write_table(
                project.history().sql(f"select * from {table}"), room / f"{table}.parquet"
            )
        typed = "/".join(map(str, case.values()))
        same(rows_of(one.known(typed), case), wanted)
        if release.manifest.alone:
            # a rung of one's own that knows people by their ids, and what the toy world says of ours
            known = {"r3_remembers", *getattr(toy, "NEED_OTHERS", ())}
            assert name in known, release.manifest.alone
            continue
        rows = mine.filter(_about(mine, case))
        bare = rows.drop_columns([*case, "row"])
        new = own.brought(question, kinds, day, [bare]).cases.to_pylist()[0]
        same(rows_of(one.new(bare), new), wanted)
        alone = Alone.of(project, release, _own(project, day), room)
        (said,) = alone.answer([("cases[0]", bare.to_pylist())])
        same(
            rows_of(
                pa.Table.from_pylist(said, every.drop_columns([*case, "as_of", "release"]).schema),
                {},
            ),
            wanted,
        )
        alone.door.close()
        carry(project, release, room / "carried")
        same(rows_of(Loaded(room / "carried").answer(rows), case), wanted)


def _about(table: pa.Table, case: dict) -> pa.Array:
    return pa.array([all(row[n] == v for n, v in case.items()) for row in table.to_pylist()])


def test_as_of_a_cutoff_it_says_what_the_bakeoff_scored(project, tmp_path, monkeypatch):
    """Of everybody, asked part after part; the bake-off asked about all of them at once."""
    result = project.result()
    last = result.windows[-1]
    if last.called != last.now:
        pytest.skip("folds have no moment that one could stand at")
    for name in (result.reference, result.proposal.rung):
        (tmp_path / name).mkdir(exist_ok=True)
        day = date.fromisoformat(last.now)
        asked = everyone(project.question, project.history().at(day))
        at_once = asked.num_rows // 3 * project.question.rows(project.ask)
        monkeypatch.setattr(cases, "PART", at_once)
        found = answer(project, name, day, tmp_path / name)
        summed = project.question.adds_up(project.ask)
        assert pq.read_metadata(found.rest).num_row_groups == (
            1 if summed else 4 - (asked.num_rows % 3 == 0)
        )
        said = at_rest.whole(found.rest)
        stored = pq.read_table(
            project.folder / "bakeoffs" / str(result.id) / name / f"{last.called}.parquet"
        )
        same(rows_of(said, {}), rows_of(stored.slice(0, said.num_rows), {}))  # newcomers are last


def test_a_rung_that_knows_people_by_their_ids_answers_nobody_new(project):
    if "r3_remembers" not in ran(project):
        pytest.skip("this question lists")
    day = project.now()
    release = fit(project, project.rung("r3_remembers"), day, inputs(project, day), None, "a test")
    assert "nightly predictions only" in release.manifest.alone


def test_it_lives_in_production_and_is_forgotten(project, tmp_path, monkeypatch):
    """Report, decision, release, night, watch, service, bundle, MLflow's folder, and a case forgotten."""
    question, day, name = project.question, project.now(), project.result().proposal.rung
    assert stepladder.write_report(project).stat().st_size > 20_000
    assert not standing(project).decided
    stepladder.decide(project, name, by="Mia", because="it is good enough")
    assert standing(project).decided == name
    stepladder.ship_decided(project)
    assert standing(project) == (name, name)
    stepladder.run_nightly(project, since=day, until=day)
    assert stepladder.watch_predictions(project).realised.rung == name
    case = everyone(question, project.history()).slice(0, 1).to_pylist()[0]
    wanted = rows_of(published(project), case)
    reader = new_token(project, "a reader", ("read", "review"))
    with serving(project) as send:
        status, body = send("/predict", reader, {"cases": [case]})
        assert status == 200, body
        (said,) = body["answers"]
        assert len(said.get("list", [said])) == len(wanted)
        further = [key for key in question.KEYS if key not in question.CASE]
        one = {k: v.isoformat() if isinstance(v := wanted[0][k], date) else v for k in further}
        answer = {"items": [one]} if further else {"prediction": 1.0}
        assert send("/answers", reader, {"case": case, **answer})[0] == 200
        assert send("/answers", reader, {"case": {}, **answer})[0] == 422
    monkeypatch.setattr(hashes, "_asked", lambda pinned: {})  # pip takes its time
    folder = bundle(project, tmp_path / "bundle") / "project"
    same(rows_of(published(stepladder.Project.open(folder)), case), wanted)
    if not Production.of(project).release.manifest.alone:
        assert loads_alone(project, tmp_path) == question.WORDS
    typed = "/".join(map(str, case.values()))
    gone = stepladder.forget(project, typed)
    assert gone.answers == 1
    assert not gone.still
    assert not rows_of(published(project), case)
    who = own.named(everyone(question, project.history()).schema, typed)
    assert not [path for path in project.folder.rglob("*") if holds(path, who)]


def published(project: stepladder.Project) -> pa.Table:
    (path,) = (project.folder / "published").glob("*.parquet")
    return pq.read_table(path)


@contextlib.contextmanager
def serving(project: stepladder.Project):
    """The service in this process, asked by its own interface for servers."""
    shelf = Shelf.of(project.folder)
    served = app(shelf, Limits())

    transport = httpx.ASGITransport(served)

    def send(path: str, token: str, body: dict) -> tuple[int, dict]:
        async def asked() -> tuple[int, dict]:
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                headers = {"Authorization": f"Bearer {token}"}
                answer = await client.post(path, json=body, headers=headers)
                return answer.status_code, answer.json()

        with ThreadPoolExecutor(1) as aside:  # this thread may have the loop of a browser already
            return aside.submit(lambda: asyncio.run(asked())).result()

    yield send
    shelf.put_away()


def test_every_page_of_it_can_be_found_and_answers(project):
    """Whatever the tests before have done with it: by following links from the first page."""
    token = new_token(project, "a visitor", ("read", "review", "rules", "decide"))
    shelf = Shelf.of(project.folder)
    pages = house(shelf, Limits(rate=0))
    cookies = {COOKIE: session(project.record, hashed(token))}
    transport = httpx.ASGITransport(pages)

    def get(address: str) -> httpx.Response:
        async def asked() -> httpx.Response:
            at = {"base_url": "http://localhost", "cookies": cookies}
            async with httpx.AsyncClient(transport=transport, **at) as client:
                return await client.get(address)

        return asyncio.run(asked())

    with ThreadPoolExecutor(1) as aside:  # this thread may have the loop of a browser already
        found = aside.submit(linked, get).result()
    shelf.put_away()
    assert len(found) >= 6, found
    assert [rule.name for rule in rules(project) if not rule.words] == []


def loads_alone(project: stepladder.Project, room: Path) -> str:
    """What a model says of its question where only the code that went along with it is."""
    release = Production.of(project).release
    carry(project, release, room / "data")
    modules = ("stepladder.leave.loaded", f"stepladder.questions.{release.manifest.question}")
    copy_code(
        modules, release.manifest.code if release.manifest.suffix == ".py" else "", room / "code"
    )
    asks = (
        "from stepladder.leave.loaded import Loaded; import pathlib, sys; "
        "print(Loaded(pathlib.Path(sys.argv[1])).question.WORDS)"
    )
    kept = {k: v for k, v in os.environ.items() if k != "STEPLADDER_QUESTIONS"}
    ran = subprocess.run(
        [sys.executable, "-P", "-c", asks, str(room / "data")], cwd=room, text=True,
        env={**kept, "PYTHONPATH": str(room / "code")}, capture_output=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()
