"""What the service's tests serve: three small projects in production, and a real process over them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

import stepladder
from stepladder.nightly import steps
from stepladder.nightly.production import Production
from stepladder.nightly.publishing import note
from stepladder.project.record import same
from stepladder.questions.recommend import toy as tastes
from stepladder.questions.retention import toy as buyers
from stepladder.release.ship import ship
from stepladder.service import tokens

WITH_LIMITS = (
    "from pathlib import Path; from stepladder.service.serve import serve; "
    "from stepladder.service.limits import Limits; "
)
NEEDS_ALL = """-- Compares everybody with everybody else.
select cases.customer, count(*) * 1.0 / (select count(*) from purchases) as prediction
from cases join purchases using (customer) group by cases.customer
"""


def made(base: Path) -> Path:
    """The folder with shop (retention), films (recommend) and crowd, whose rung needs everyone."""
    home = base / "served" / "home"
    if home.is_dir():
        return home
    home.mkdir(parents=True)
    _retention(home / "shop", "r3_bg_nbd")
    films = tastes.tables(1)
    table = films["interactions"].drop_columns(["row", "value"])
    table = table.append_column("title", pa.array([f"Film {i}" for i in table["item"].to_pylist()]))
    source = home / "films.csv"
    pyarrow.csv.write_csv(table.filter(pa.compute.less(table["person"], 200)), source)
    made = stepladder.new("recommend", str(source), home / "films")
    publish(_shipped(made, "r3_item_neighbours"))
    _retention(
        home / "crowd", "r1_share_of_all", {"r1_share_of_all.sql": NEEDS_ALL}, published=False
    )
    return home


def token(folder: Path, role: str = "read", days: int | None = None) -> str:
    """A new token for one project."""
    return tokens.new(stepladder.Project.open(folder), f"a test's {role}", role, days)


def publish(project: stepladder.Project) -> Path:
    """What the nightly run publishes."""
    production, day = Production.of(project), project.now()
    room = project.folder / "runs"
    room.mkdir(exist_ok=True)
    steps.refit(production, day, room / "fit.json")
    steps.predict(production, day, room / "fit.json", room / "predicted.parquet")
    release = steps.released(project, room / "fit.json")
    target = project.folder / "published" / f"{day}-{release.hash[:8]}.parquet"
    note(production, day, release, room / "predicted.parquet", target)
    return target


def published(folder: Path) -> pa.Table:
    """The rows that are published, read from the file."""
    return pq.read_table(max((folder / "published").glob("*.parquet"), key=os.path.getmtime))


def _retention(
    folder: Path,
    rung: str,
    own: dict[str, str] | None = None,
    published: bool = True,
    settings: str = "",
) -> None:
    source = folder.parent / f"{folder.name}.csv"
    rows = buyers.simulate(buyers.World(), 400, 5)[0]
    pyarrow.csv.write_csv(rows.drop_columns(["row"]), source)
    made = stepladder.new("retention", str(source), folder)
    for name, text in (own or {}).items():
        (folder / "rungs" / name).write_text(text)
    asked = folder / "question.toml"
    asked.write_text(settings + asked.read_text())
    made = stepladder.Project.open(folder)
    _shipped(made, rung)
    if published:
        publish(made)


def _shipped(project: stepladder.Project, rung: str) -> stepladder.Project:
    ship(project, rung=rung, force="a test")
    return project


class Service:
    """A real `stepladder serve`; with `limits` that no flag sets, the same by its function."""

    def __init__(self, home: Path, *more: str, limits: dict[str, Any] | None = None) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.home = home
        self.log = home.parent / f"serve-{self.port}.log"
        command = ["-m", "stepladder", "serve", "--project", str(home), *more]
        command += ["--port", str(self.port)]
        if limits is not None:
            said = f"{str(home)!r}), '127.0.0.1', {self.port}, Limits(**{limits!r})"
            command = ["-c", f"{WITH_LIMITS}serve(Path({said})"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, *command], stderr=log, cwd=home.parent)

    def ready(self, status: int = 200) -> Service:
        """Wait until it says so."""
        for _ in range(600):
            assert self.process.poll() is None, self.log.read_text()
            try:
                if httpx.get(f"{self.url}/readyz").status_code == status:
                    return self
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, token: str = "") -> httpx.Client:
        """A client that sends a token, if any."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def send(self, method: str, path: str, token: str = "", **more: Any) -> httpx.Response:
        """One request on a connection of its own."""
        with self.client(token) as client:
            return client.request(method, path, **more)

    def stop(self) -> int:
        """Tell it to stop; the exit code."""
        self.process.terminate()
        return self.process.wait(60)


def copied(home: Path, name: str, target: Path) -> Path:
    """A copy of a project, to do with as one likes."""
    folder = Path(shutil.copytree(home / name, target / name))
    same(stepladder.Project.open(folder))
    return folder


def error(answer: httpx.Response, status: int) -> str:
    """The sentence of a refusal, which has three parts and nothing of what is inside."""
    assert answer.status_code == status, answer.text
    parts = json.loads(answer.text)["error"]
    assert set(parts) == {"given", "allowed", "remedy"}
    assert all(parts.values())
    assert "Traceback" not in answer.text
    return " | ".join(parts.values())
