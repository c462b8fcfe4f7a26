"""More customers than one machine holds: the same commands on DuckDB and on Spark, memory and equality.

Generates purchases (each customer buys at a pace of their own and leaves), then types `new`, `bakeoff`
(two cutoffs) and `predict` of everybody, by Pareto/NBD and by RFM quintiles, as a user does, on local
Spark and on DuckDB; prints CPU seconds and the most memory of the program itself, of its rungs' processes
and of Java, for a quarter, a half and the whole. On a tenth both engines are compared: parameters,
predictions, losses. What a terabyte takes is computed from the bytes of the columns read.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import psutil

ROW_BYTES = 8 + 4 + 8
PARTS = ("program", "rungs", "java")
RUNGS = ("r3_pareto_nbd", "r2_rfm_quintiles")
WORLD = """
copy (
  with customers as (
    select i as customer, cast(date '2022-01-01' as date) + cast(hash(i, 1) % 364 as integer) as first,
      -ln((hash(i, 2) % 1000003 + 1) / 1000004.0) * 0.25 as a_week,
      -ln((hash(i, 3) % 1000003 + 1) / 1000004.0) * 45.0 as weeks,
      -ln((hash(i, 4) % 1000003 + 1) / 1000004.0) * 30.0 + 5.0 as spend
    from range({customers}) as r(i)
  ),
  seen as (
    select *, least(weeks, (date '2024-01-01' - first) / 7.0) as stay from customers
  ),
  bought as (
    select customer, first, stay, spend, unnest(range(1 + least(cast(a_week * stay as integer), 200))) as nth
    from seen
  )
  select customer, case when nth = 0 then first
      else first + cast(stay * 7 * (hash(customer, nth) % 1000003) / 1000003.0 as integer) end as day,
    round(spend * (0.5 + (hash(customer, nth, 5) % 1000003) / 1000003.0), 2) as value
  from bought where stay > 0
) to '{path}' (format parquet, compression zstd)
"""


def main() -> None:
    """Generate, type the commands, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=2_000_000)
    parser.add_argument("--room", type=Path, default=Path(tempfile.gettempdir()) / "outgrow")
    parser.add_argument("--engines", default="duckdb,spark")
    parser.add_argument("--shares", default="0.25,0.5,1")
    given = parser.parse_args()
    shutil.rmtree(given.room, ignore_errors=True)
    given.room.mkdir(parents=True)
    engines = given.engines.split(",")
    if len(engines) == 2:
        compared(given.room, given.customers // 10)
    print(f"{'':38}{'CPU s':>9}{'wall s':>9}" + "".join(f"{part + ' GB':>12}" for part in PARTS))
    for share in map(float, given.shares.split(",")):
        source, rows = world(given.room, round(given.customers * share))
        print(f"{round(given.customers * share):,} customers, {rows:,} purchases")
        for engine in engines:
            project = given.room / engine
            told(engine, rows, typed(project, source, engine))
            shutil.rmtree(project)
        source.unlink()
    shutil.rmtree(given.room)


def world(room: Path, customers: int) -> tuple[Path, int]:
    """The purchases of so many customers, as a file; how many there are."""
    path = room / f"purchases_{customers}.parquet"
    with duckdb.connect() as con:
        con.execute(f"set temp_directory = '{room / 'spill'}'")
        con.execute(WORLD.format(customers=customers, path=path))
        (rows,) = con.execute(f"select count(*) from '{path}'").fetchone() or (0,)
    return path, int(rows)


def typed(project: Path, source: Path, engine: str) -> dict[str, dict[str, float]]:
    """What each command took, by its name."""
    command = [sys.executable, "-m", "stepladder"]
    took = {"new": measured([*command, "new", "retention", "--from", source, "--project", project])}
    asked = project / "question.toml"
    lines = re.sub(r"(?m)^(horizon|cutoffs) = .*\n", "", asked.read_text())
    ahead = 'horizon = "91 days"\ncutoffs = [2023-07-03, 2023-10-02]\nengine = "{}"\nspark = "local[2]"\n'
    asked.write_text(ahead.format(engine) + lines)
    took["bakeoff"] = measured([*command, "bakeoff", "--project", project, "--json"])
    for rung in RUNGS:
        to = project / f"{rung}.parquet"
        took[f"predict {rung}"] = measured(
            [*command, "predict", "--project", project, "--rung", rung, "--to", to]
        )
    return took


def measured(command: list[Any]) -> dict[str, float]:
    """CPU and wall seconds of a command and all it starts; the most memory of its parts, in GB."""
    begun, peak, cpu = time.monotonic(), dict.fromkeys(PARTS, 0.0), {}
    with tempfile.TemporaryFile() as said:
        running = psutil.Popen(list(map(str, command)), stdout=said, stderr=said)
        while running.poll() is None:
            for part, memory in held(running, cpu).items():
                peak[part] = max(peak[part], memory)
            time.sleep(0.05)
        if running.returncode:
            said.seek(0)
            sys.exit(said.read().decode()[-3000:])
    return {"cpu": sum(cpu.values()), "wall": time.monotonic() - begun, **peak}


def held(running: psutil.Process, cpu: dict[int, float]) -> dict[str, float]:
    """Memory held now by the program, by Python processes it started, and by Java; CPU s noted by process."""
    now = dict.fromkeys(PARTS, 0.0)
    try:
        for process in (running, *running.children(recursive=True)):
            times, memory = process.cpu_times(), process.memory_info().rss / 1e9
            cpu[process.pid] = times.user + times.system
            part = "java" if process.name() == "java" else "rungs"
            now["program" if process.pid == running.pid else part] += memory
    except psutil.Error:
        pass
    return now


def told(engine: str, rows: int, took: dict[str, dict[str, float]]) -> None:
    """A line for each command."""
    for name, one in took.items():
        memory = "".join(f"{one[part]:12.2f}" for part in PARTS)
        print(f"  {engine:8}{name:28}{one['cpu']:9.0f}{one['wall']:9.0f}{memory}")
        speed = rows * ROW_BYTES / 1e9 / one["cpu"]
        hours = 1000 / speed / 3600
        print(f"  {'':36}{speed:9.4f} GB/s per core: a terabyte, computed, {hours:.0f} core hours")
    sys.stdout.flush()


def compared(room: Path, customers: int) -> None:
    """Both engines on the same customers: how far parameters, predictions and losses are apart."""
    source, rows = world(room, customers)
    found = {}
    for engine in ("duckdb", "spark"):
        typed(room / engine, source, engine)
        found[engine] = said(room / engine)
    here, there = found["duckdb"], found["spark"]
    print(f"{customers:,} customers, {rows:,} purchases on both engines; furthest apart, relative:")
    print(f"  parameters of {RUNGS[0]}  {apart(here['model'], there['model']):.1e}")
    print(f"  losses of all rungs  {apart(here['loss'], there['loss']):.1e}")
    with duckdb.connect() as con:
        for rung in RUNGS:
            files = [str(room / engine / f"{rung}.parquet") for engine in found]
            (far, missing) = con.execute(
                "select max(abs(a.prediction - b.prediction) / greatest(abs(a.prediction), 1e-12)), "
                "count(*) filter (a.prediction is null or b.prediction is null) "
                "from read_parquet(?) as a full join read_parquet(?) as b using (customer)",
                files,
            ).fetchone() or (None, None)
            print(f"  predictions of {rung}  {far:.1e}, without a counterpart: {missing}")
    for engine in found:
        shutil.rmtree(room / engine)
    source.unlink()


def said(project: Path) -> dict[str, dict[str, float]]:
    """What a bake-off learnt and found: parameters of the first rung, losses of all."""
    (folder,) = (project / "bakeoffs").iterdir()
    model = json.loads((folder / RUNGS[0] / "model" / "model.json").read_text())
    with duckdb.connect() as con:
        con.execute(f"attach '{project / 'stepladder.db'}' as record (type sqlite)")
        losses = con.execute("select rung, cutoff, loss from record.losses").fetchall()
    return {
        "model": {key: value for key, value in model.items() if isinstance(value, float)},
        "loss": {f"{rung} {at}": loss for rung, at, loss in losses if loss is not None},
    }


def apart(one: dict[str, float], other: dict[str, float]) -> float:
    """The largest relative difference of two sets of figures; infinite where they name others."""
    if one.keys() != other.keys():
        return float("inf")
    first, second = (np.array([each[key] for key in sorted(one)]) for each in (one, other))
    return float(np.max(np.abs(first - second) / np.maximum(np.abs(first), 1e-12)))


if __name__ == "__main__":
    main()
