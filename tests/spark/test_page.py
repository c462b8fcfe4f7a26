"""The commands of docs/spark.md, typed: on Spark here, and on Spark Connect."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import socket
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from stepladder.questions.retention import toy

from .test_start import CLIENT, ran, start_server, wait_for

PAGE = (Path(__file__).parents[2] / "docs" / "spark.md").read_text()
(BLOCK,) = re.findall(r"```sh\n(.*?)```", PAGE, re.S)
TYPED = """
import sys
sys.path.append({client!r})
from pathlib import Path
from stepladder.cli import app
for words in {commands!r}:
    if not words:
        asked = Path("shop/question.toml")
        asked.write_text('engine = "spark"\\nspark = "{address}"\\n' + asked.read_text())
        continue
    try:
        app(words)
    except SystemExit as ended:
        assert not ended.code, (words, ended.code)
"""


@contextlib.contextmanager
def server(folder: Path):
    """Spark Connect on this machine; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = start_server(folder, port)
    try:
        wait_for(process, port)
        yield f"sc://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        process.terminate()
        process.wait(30)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["here", "connect"])
def test_the_page_goes_from_new_to_a_night(tmp_path, place):
    (work := tmp_path / "work").mkdir()
    bought = toy.simulate(toy.World(), 300, 5)[0].sort_by("row").drop_columns(["row"])
    late = date.today() - timedelta(days=1) - pc.max(bought["day"]).as_py()
    days = pa.array([day + late for day in bought["day"].to_pylist()])
    pyarrow.csv.write_csv(bought.set_column(1, "day", days), work / "orders.csv")
    commands = [shlex.split(line, comments=True)[1:] for line in BLOCK.splitlines()]
    assert commands.count([]) == 1
    (tmp_path / "server").mkdir()
    with (
        server(tmp_path / "server")
        if place == "connect"
        else contextlib.nullcontext("local[1]") as at
    ):
        program = TYPED.format(client=str(CLIENT), commands=commands, address=at)
        path = f"{Path(__file__).parents[1]}{os.pathsep}{CLIENT}"
        found = ran(tmp_path, program, PYTHONPATH=path, PYTHONWARNINGS="ignore")
    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-3000:]
    (night,) = (work / "shop" / "published").iterdir()
    assert night.is_dir()
    everybody = pq.read_table(work / "everybody.parquet")
    assert everybody.num_rows == pq.read_table(night).num_rows > 250
