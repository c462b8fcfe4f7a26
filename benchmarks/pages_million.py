"""How long a page of a million predictions takes, and how much memory the service holds meanwhile.

A toy project after its bake-off gets a million published predictions. Pages are asked over HTTP one after the
other: in every order, from the top and from a row somewhere in the midst, forward and back, searched and
filtered. The service is a process of its own, so that its memory is its own.

    python benchmarks/pages_million.py [--rows 1000000] [--pages 300]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "app")]
SORTS = ("-prediction", "prediction", "-value", "value", "case")
SERVE = """
import sys
import uvicorn
from pathlib import Path
from stepladder.pages.house import house
from stepladder.service.limits import Limits
from stepladder.service.shelf import Shelf
uvicorn.run(house(Shelf.of(Path(sys.argv[1])), Limits(rate=0)), port=int(sys.argv[2]), log_level="error")
"""


def made(folder: Path, rows: int) -> Path:
    """A project with so many published predictions."""
    import toy_projects

    import stepladder
    from stepladder.project import bakeoff
    from stepladder.project.folder import Project
    from stepladder.record import Stored

    bakeoff.runner = lambda _: toy_projects.measured
    ladder = Project.ladder.fget
    Project.ladder = property(lambda self: [one for one in ladder(self) if one.height < 3])
    project = toy_projects.made("retention", folder)
    stepladder.run_bakeoff(project)
    random_ = np.random.default_rng(1)
    prediction = np.round(random_.gamma(0.4, 1.5, rows), 3)
    none = pa.nulls(rows, pa.float64())
    told = pa.table({
        "customer": pa.array(random_.permutation(rows) + 1), "prediction": prediction,
        "low": np.zeros(rows), "high": np.ceil(3 * prediction), "alive": none,
        "value": np.round(prediction * random_.gamma(2.0, 20.0, rows), 2),
        "segment": pa.array(random_.choice(["loyal", "lost", "champions"], rows)),
        "why": pa.nulls(rows, pa.list_(pa.int64())), "because": pa.nulls(rows, pa.string()),
        "as_of": pa.array([project.now()] * rows), "release": pa.array(["x"] * rows),
    })  # fmt: skip
    path = project.folder / "published" / "retention.parquet"
    path.parent.mkdir(exist_ok=True)
    pq.write_table(told, path, compression="zstd")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    day = project.now().isoformat()
    stored = Stored(
        "retention", "r2_rfm_quintiles", day, "published/retention.parquet", sha256, rows
    )
    project.record.store_prediction(stored)
    return project.folder


def addresses(rows: int, pages: int) -> list[str]:
    """Pages in random orders, at random places, a third of them searched or filtered."""
    dice, found = random.Random(1), []
    for nth in range(pages):
        sort = SORTS[nth % len(SORTS)]
        query = f"sort={sort}"
        if dice.random() < 0.7:
            way, case = dice.choice(["after", "before"]), dice.randrange(1, rows)
            value = dice.gammavariate(0.4, 1.5) * (40 if "value" in sort else 1)
            query += f"&{way}={value if sort != 'case' else 0}&last.customer={case}"
        if dice.random() < 0.2:
            query += f"&begins={dice.randrange(1, 99)}"
        elif dice.random() < 0.2:
            query += f"&prediction.from=0.{dice.randrange(9)}&segment.is=loyal"
        found.append(query)
    return found


def resident(pid: int) -> float:
    """Megabytes that a process holds in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def spent(pid: int) -> float:
    """Milliseconds of processor that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Make them, ask for pages, say how long these took."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--pages", type=int, default=300)
    asked.add_argument("--port", type=int, default=8973)
    given = asked.parse_args()
    room = Path(tempfile.mkdtemp())
    folder = made(room, given.rows)
    from stepladder.project.folder import Project
    from stepladder.record.entries import session
    from stepladder.service import tokens

    project = Project.open(folder)
    token = tokens.new(project, "a reader", ("read",))
    cookie = session(project.record, tokens.hashed(token))
    serving = subprocess.Popen([sys.executable, "-c", SERVE, str(folder), str(given.port)])
    try:
        _ask(given, serving.pid, cookie)
    finally:
        serving.terminate()
        serving.wait(30)
        shutil.rmtree(room)


def _ask(given: argparse.Namespace, pid: int, cookie: str) -> None:
    from stepladder.pages.door import COOKIE

    at = f"http://127.0.0.1:{given.port}"
    with httpx.Client(base_url=at, cookies={COOKIE: cookie}, timeout=120) as client:
        for _ in range(600):
            try:
                client.get("/enter")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        print(f"serving: {resident(pid):.0f} MB resident")
        path = "/q/retention/predictions"
        begun = time.perf_counter()
        assert client.get(path).status_code == 200
        print(
            f"first page, laid out once: {time.perf_counter() - begun:.1f} s, {resident(pid):.0f} MB"
        )
        took, most, statuses, before = [], 0.0, set(), spent(pid)
        for query in addresses(given.rows, given.pages):
            begun = time.perf_counter()
            statuses.add(client.get(f"{path}?{query}").status_code)
            took.append(1000 * (time.perf_counter() - begun))
            most = max(most, resident(pid))
        p50, p95 = np.percentile(took, [50, 95])
        print(
            f"{given.pages} pages of {given.rows:,}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, "
            f"longest {max(took):.0f} ms; "
            f"{(spent(pid) - before) / given.pages:.0f} ms of processor a page; "
            f"{most:.0f} MB resident at most; statuses {sorted(statuses)}"
        )


if __name__ == "__main__":
    main()
