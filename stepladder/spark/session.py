"""One Spark session for the whole process, started when first asked for, gone without a trace."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from stepladder.core import rooms
from stepladder.core.errors import Problem
from stepladder.core.extras import installing
from stepladder.spark import java, pace

LIBRARIES = ("pyspark", "sqlglot")
CONNECT = ("pandas", "grpc", "grpc_status", "zstandard")
# Set in every session, started here or found: with these a query means what it means on DuckDB.
SAME_AS_DUCKDB = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.variable.substitute": "false",  # else '${env:NAME}' in a query reads the environment
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
}
STACK = "-Xss8m"  # what MLlib's rounds leave behind is read back one within the other
LOG = """rootLogger.level = error
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = {log}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %c: %m%n%ex
"""
_sessions: dict[str, Any] = {}
_paced: dict[str, int] = {}  # for tables of which size each is set
_lock = Lock()


def session(address: str, memory_mb: int = 4000, size: int | None = None) -> Any:
    """The session at an address: local[*], a master's URL (spark://…), or Spark Connect's (sc://…).

    memory_mb: for the driver, where it is started here. size: rows of the tables that are asked of next,
    by which a Spark on this machine is set (see `pace`); None leaves it as it is. Raises Problem where
    Spark or Java is missing, or where there is no Spark at the address.
    """
    for name in LIBRARIES:
        if importlib.util.find_spec(name) is None:
            raise Problem(
                f"question.toml asks for Spark, and the library {name} is not installed",
                'engine = "spark" needs pyspark and sqlglot',
                f'{installing("spark")}, or set engine = "duckdb"',
            )
    with _lock:
        if address not in _sessions:
            if _sessions:
                raise _another(address)
            _sessions[address] = _opened(address, memory_mb, size or 0)
        found = _sessions[address]
        if size is not None and address.startswith("local") and _paced.get(address) != size:
            _paced[address] = size
            for key, value in pace.settings(size).items():
                found.conf.set(key, value)
        return found


def _opened(address: str, memory_mb: int, size: int) -> Any:
    connect = address.startswith("sc://")
    found = _connected(address) if connect else _started(address, memory_mb, size)
    for key, value in SAME_AS_DUCKDB.items():
        found.conf.set(key, value)
    return found


def _connected(address: str) -> Any:
    missing = [name for name in CONNECT if importlib.util.find_spec(name) is None]
    if missing:
        raise Problem(
            f"Spark Connect needs libraries that are not installed: {', '.join(missing)}",
            "an address that begins with sc:// is spoken to with pyspark's own client",
            installing("spark-connect"),
        )
    place = urlsplit(address)
    try:  # the client itself would go on trying for minutes
        socket.create_connection((place.hostname or "localhost", place.port or 15002), 10).close()
    except OSError as error:
        raise _nobody(address, str(error)) from None
    from pyspark.sql import SparkSession

    try:
        found = SparkSession.builder.remote(address).create()
        atexit.register(found.stop)
        found.range(1).count()
    except Exception as error:
        raise _nobody(address, str(error)) from error
    return found


def _started(address: str, memory_mb: int, size: int) -> Any:
    from pyspark.sql import SparkSession

    folder = rooms.made()
    atexit.register(rooms.gone, folder)
    local = address.startswith("local")
    builder = SparkSession.builder.master(address).appName("stepladder")
    for key, value in _settings(folder, memory_mb, local, size).items():
        builder = builder.config(key, value)
    try:
        with _environment(_variables(folder, local)):
            found = builder.getOrCreate()
    except Exception as error:
        raise _nobody(address, _last_words(folder) or str(error)) from error
    found.sparkContext.setLogLevel("ERROR")
    atexit.register(_ended, found)
    return found


def _ended(found: Any) -> None:
    """Stop Spark and wait for its Java, which else writes into its folder once more."""
    gateway = found.sparkContext._gateway
    with contextlib.suppress(Exception):
        found.stop()
    with contextlib.suppress(Exception):
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(20)


def _settings(folder: Path, memory_mb: int, local: bool, size: int) -> dict[str, str]:
    log = folder / "log4j2.properties"
    log.write_text(LOG.format(log=folder / "java" / "log.txt"))
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": f"{memory_mb}m",
        "spark.driver.maxResultSize": f"{memory_mb // 2}m",
        "spark.executor.extraJavaOptions": STACK,
        "spark.driver.extraJavaOptions": f"{STACK} -Dlog4j2.configurationFile={log.as_uri()} "
        f"-Dderby.system.home={folder} -Djava.io.tmpdir={folder} {pace.java(size) if local else ''}".strip(),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.sql.catalogImplementation": "in-memory",
    }
    if local:  # nobody else on the network is let in
        settings |= {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.local.dir": str(folder),
            **pace.settings(size),
        }
    return settings


def _variables(folder: Path, local: bool) -> dict[str, str]:
    there = {
        "JAVA_HOME": str(java.home(java.find(), folder / "java")),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
    }
    return {**there, **({"SPARK_LOCAL_IP": "127.0.0.1"} if local else {})}


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """These variables for a moment only: what else the program starts shall not inherit them."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _last_words(folder: Path) -> str:
    """What Java complained of last."""
    with contextlib.suppress(OSError):
        lines = (folder / "java" / "log.txt").read_text(errors="replace").strip().splitlines()
        said = [line for line in lines if "rror" in line or "xception" in line]
        return (said or lines or [""])[0][:200]
    return ""


def _nobody(address: str, why: str) -> Problem:
    first = next(iter(why.strip().splitlines()), "no answer")
    return Problem(
        f"Spark does not start or answer at {address}: {first[:200]}",
        "spark in question.toml is local[*], a master such as spark://host:7077, or sc://host:15002",
        'check the address and that Spark runs there, or set engine = "duckdb"',
    )


def _another(address: str) -> Problem:
    return Problem(
        f"Spark was asked for at {address}, while it is open at {next(iter(_sessions))}",
        "one program speaks to one Spark",
        "use one address, or another program for the other",
    )
