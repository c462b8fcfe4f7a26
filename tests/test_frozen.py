"""Projects that an earlier version made still open, serve, run at night, and reproduce.

Two folders as commit cbd6790 left them lie in tests/frozen/, with what that commit said of them.
Whoever upgrades has such a folder and edits nothing; so a difference found here is mended in the code,
or is meant, and then it is named below with the reason.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

import stepladder  # the only import of the package: rooms inside it may move

HERE = Path(__file__).parent / "frozen"
NAMES = ("retention", "recommend")
EXPECTED = json.loads((HERE / "expected.json").read_text())
SAID = json.loads((HERE / "exchanges.json").read_text())
SOURCES = {"retention": "orders.csv", "recommend": "bought.csv"}
NIGHTS = {
    "retention": 2,
    "recommend": 1,
}  # to run after the last one; on retention's second it learns anew

# (project, rung): why its predictions are other bytes since, though every number is the same.
NEW_BYTES: dict[tuple[str, str], str] = {}
# Name of an exchange: why its sentences, and nothing else, are other ones since.
REWORDED: dict[str, str] = dict.fromkeys(
    ("a body that is a list", "no cases", "a field of the case misspelt", "a field of a row misspelt",
     "a row without an item", "a day to come", "a text as value"),
    "pydantic's models describe what is allowed",
) | dict.fromkeys(
    ("an answer by a reader", "a decision by a reviewer"), "roles are a set: none is higher than another"
) | {"an answer about a list": "lists are answered too, by items",
     "no such path": "there is one path more: who waits for a person asks there"}  # fmt: skip
# Name of an exchange: the status that it has since, and why.
REFUSED: dict[str, tuple[int, str]] = {
    "an item that is not there": (
        404,
        "nothing is known of them, and bestsellers passed for an answer",
    )
}
# Columns that a night may fill otherwise: a release is named by the code and libraries that made it too.
RENAMED = ["release"]
# A release's rung whose file has changed since runs from its own text, and no longer explains itself: the
# question does, as for a rung of one's own. (ask.rules is ask.settings now.)
REASONS = {"recommend": ["why", "because"], "retention": []}


def unpacked(name: str, room: Path) -> Path:
    """The folder of a project, as it was made; with all of it that it needs."""
    with tarfile.open(HERE / f"{name}.tar.gz") as tar:
        tar.extractall(room, filter="data")
    return room / name


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A folder with both projects, to look at and to serve."""
    room = tmp_path_factory.mktemp("frozen")
    for name in NAMES:
        unpacked(name, room)
    return room


@pytest.fixture(scope="module")
def service(home) -> Iterator[httpx.Client]:
    """A client of a real `stepladder serve` over both."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = str(
        Path(stepladder.__file__).parents[1]
    )  # the code under test, wherever it is served from
    paths = os.pathsep.join([code, *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-P", "-m", "stepladder", "serve", "--project", str(home)]
    log = home.parent / "serve.log"
    with log.open("wb") as lines:
        process = subprocess.Popen(
            [*command, "--port", str(port)], stderr=lines, cwd=home.parent,
            env={**os.environ, "PYTHONPATH": paths},
        )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            until_ready(client, process, log)
            yield client
    finally:
        process.terminate()
        stopped = process.wait(60)
    assert stopped == 0, log.read_text()


def until_ready(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.mark.parametrize("name", NAMES)
def test_it_opens(home, name):
    then, project = EXPECTED[name], stepladder.Project.open(home / name)
    assert str(project.now()) == then["now"]
    assert set(then["ladder"]) <= {rung.name for rung in project.ladder}
    decision = project.record.decision(project.ask.question)
    assert {key: getattr(decision, key) for key in ("rung", "by", "because")} == then["decision"]
    result = project.result()
    assert result.id == 1
    assert result.proposal.rung == then["proposal"]["rung"]
    assert result.proposal.sentence == then["proposal"]["sentence"]
    assert not differences(then["rungs"], {row.rung: figures(row) for row in result.rungs})
    file = newest(project.folder, project.now())
    assert file.relative_to(project.folder).as_posix() == then["published"]["path"]
    rows = {key_of(project, row): row for row in plain(pq.read_table(file))}
    for row in then["published"]["rows"]:
        assert not differences(row, rows[key_of(project, row)])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_its_bakeoff_reproduces(tmp_path, name):
    then = EXPECTED[name]
    project = stepladder.Project.open(unpacked(name, tmp_path))
    found = stepladder.run_again(project, 1)
    now = {row.rung: figures(row) for row in found.second.rungs}
    assert found.second.proposal.rung == then["proposal"]["rung"]
    assert not differences([without_bytes(then["rungs"][rung]) for rung in then["ladder"]],
                           [without_bytes(now[rung]) for rung in then["ladder"]])  # fmt: skip
    moved = []
    for rung, row in then["rungs"].items():
        for cutoff, one in row["cutoffs"].items():
            old, new = (
                project.folder / "bakeoffs" / str(n) / rung / f"{cutoff}.parquet"
                for n in (1, found.second.id)
            )
            before, after = pq.read_table(old), pq.read_table(new)
            if not before.equals(after):  # as a rule they are, and rows are slow to compare
                moved += differences(plain(before), plain(after), f"{rung} {cutoff}")
            if now[rung]["cutoffs"][cutoff]["predictions_sha256"] != one["predictions_sha256"]:
                moved += [f"other bytes: {rung} {cutoff}"] * must_be_the_same(name, rung, found)
    assert not moved, json.dumps(moved, indent=1)


def must_be_the_same(name: str, rung: str, found: Any) -> bool:
    """Whether a rung must say the same to the byte, rather than the same numbers.

    Other libraries write other files, and another processor may add up in another order.
    """
    first, here = EXPECTED[name]["versions"], found.second.versions
    same_place = EXPECTED["processor"] == processor() and all(
        here.get(library) == version
        for library, version in first.items()
        if library != "stepladder"
    )
    same_then = rung in EXPECTED[name]["again"]["same"]
    return same_place and same_then and (name, rung) not in NEW_BYTES


def test_the_service_answers_as_it_did(service):
    moved = {}
    for one in SAID["exchanges"]:  # in their order: answers are numbered
        answer = asked(service, one)
        if one["name"] in REFUSED:
            assert answer.status_code == REFUSED[one["name"]][0]
        elif answer.status_code != one["status"]:
            moved[one["name"]] = [f"{one['status']} is {answer.status_code}: {answer.text}"]
        elif one["name"] in REWORDED:
            assert set(answer.json()["error"]) == set(one["response"]["error"])
        elif found := differences(one["response"], answer.json()):
            moved[one["name"]] = found
    assert not moved, json.dumps(moved, indent=1)


def asked(client: httpx.Client, one: dict[str, Any]) -> httpx.Response:
    """One request; a body that is a text is sent as it is, for it is broken."""
    body, who = one["body"], one["token"]
    if one["path"] == "/predict" and isinstance(body, dict):
        body = {"why": True, **body}  # reasons are given on request since
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if who:
        headers["Authorization"] = f"Bearer {SAID['tokens'][who]}"
    content = body if isinstance(body, str) or body is None else json.dumps(body)
    return client.request(one["method"], one["path"], headers=headers, content=content)


@pytest.mark.parametrize("name", NAMES)
def test_its_nights_go_on(tmp_path, name):
    project = stepladder.Project.open(unpacked(name, tmp_path))
    folder, day = project.folder, project.now()
    left_out = [*RENAMED, *REASONS[name]]
    before = plain(pq.read_table(newest(folder, day)).drop_columns(left_out))
    rows = (folder / "later.csv").read_text().partition("\n")[2]  # what the shop sold since
    with (folder / SOURCES[name]).open("a") as file:
        file.write(rows)
    project = stepladder.refresh(project)
    last = day + timedelta(days=NIGHTS[name])
    assert last <= project.now()
    # "again": code that has not changed since would find the first day done and do nothing
    stepladder.run_nightly(project, since=day, until=last, again="check")
    after = plain(pq.read_table(newest(folder, day)).drop_columns(left_out))
    assert not differences(before, after)
    for n in range(1, NIGHTS[name] + 1):
        table = pq.read_table(newest(folder, day + timedelta(days=n)))
        assert table.num_rows >= len(before)
        assert set(table["as_of"].to_pylist()) == {day + timedelta(days=n)}


def newest(folder: Path, day: date) -> Path:
    """The file published last for a day."""
    return max((folder / "published").glob(f"{day}-*.parquet"), key=os.path.getmtime)


def figures(row: Any) -> dict[str, Any]:
    """A rung's figures in a bake-off, in the shape in which they were kept."""
    at = {
        one.now: {
            "role": one.role,
            "loss": one.estimate.loss,
            "worse": one.estimate.worse,
            "predictions_sha256": one.predictions_sha256,
        }
        for one in row.cutoffs
    }
    pooled = {name: getattr(row, name) for name in ("choose", "report")}
    return {
        "status": row.status,
        **{name: asdict(found) if found else None for name, found in pooled.items()},
        "calibrated": row.calibrated,
        "cutoffs": at,
    }


def without_bytes(row: dict[str, Any]) -> dict[str, Any]:
    """The figures alone; why a person is not compared may be said otherwise, for they answered since."""
    told = {} if row["cutoffs"] else {"status": "not compared"}
    cutoffs = {
        now: {key: value for key, value in at.items() if key != "predictions_sha256"}
        for now, at in row["cutoffs"].items()
    }
    return {**row, **told, "cutoffs": cutoffs}


def plain(table: Any) -> list[dict[str, Any]]:
    """Rows as JSON has them."""
    rows: list[dict[str, Any]] = json.loads(json.dumps(table.to_pylist(), default=str))
    return rows


def key_of(project: stepladder.Project, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[key] for key in project.question.KEYS)


def differences(then: Any, now: Any, place: str = "") -> list[str]:
    """Where what was said then is not said any more; more may be said beside it."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [
            found
            for key, value in then.items()
            for found in differences(value, now.get(key, "nothing"), f"{place}.{key}")
        ]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        pairs = enumerate(zip(then, now, strict=True))
        return [d for i, pair in pairs for d in differences(*pair, f"{place}[{i}]")]
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (then, now))
    if then == now or (numbers and math.isclose(then, now, rel_tol=1e-9, abs_tol=1e-12)):
        return []
    return [f"{place}: {then!r} is {now!r}"]


def processor() -> str:
    """What this runs on, told as make.py told it."""
    info = Path("/proc/cpuinfo")  # "model name" alone may be that of several generations
    text = info.read_text().split("\n\n")[0] if info.is_file() else ""
    said = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", text, re.M))
    named = (said.get(key, "") for key in ("vendor_id", "cpu family", "model", "model name"))
    return " ".join(named).strip() or platform.processor()
