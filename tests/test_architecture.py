"""The tree is the architecture: imports go down only, files stay short, names stay honest."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import stepladder
from stepladder.nightly.production import ROOMS

ROOT = Path(stepladder.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
LEVELS = {  # a room may import from its own level's rooms below it, never from above
    "core": 0,
    "people": 0,
    "tables": 1,
    "record": 1,
    "spark": 1,
    "money": 1,
    "questions": 2,
    "fence": 3,
    "bakeoff": 4,
    "report": 5,
    "project": 6,
    "watch": 7,
    "release": 7,
    "nightly": 8,
    "service": 8,
    "leave": 9,
    "pages": 9,
    "terminal": 10,
    "cli": 11,
    "__main__": 12,
}
FORBIDDEN = {"utils", "helpers", "manager", "base", "common", "misc"}
RUNGS = [p for p in FILES if re.fullmatch(r"r\d_\w+", p.stem)]


def room(path: Path) -> str:
    inside = path.relative_to(ROOT)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("stepladder.")}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down_only(path):
    here = room(path)
    if here == "__init__":
        return
    for name in imported(path):
        there = name.split(".")[1]
        if there.startswith("__") or there == here:
            continue
        assert LEVELS[there] < LEVELS[here], f"{path.name} in {here} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_question_imports_no_other_question(path):
    inside = path.relative_to(ROOT).parts
    if inside[0] != "questions" or len(inside) < 3:
        return
    for name in imported(path):
        parts = name.split(".")
        assert parts[1] != "questions" or len(parts) < 3 or parts[2] == inside[1]


WORDS = {"forecast"}  # questions whose name is also a word of everyday use


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_outside_a_questions_folder_knows_its_name(path):
    """The command line's examples name one, and its flags are recommend's still."""
    if room(path) not in ("questions", "cli", "__init__"):
        names = {p.parent.name for p in ROOT.glob("questions/*/__init__.py")}
        text = path.read_text()
        assert not re.findall(rf"\b({'|'.join(names - WORDS)})\b", text)
        assert not re.findall(
            rf"questions[./]({'|'.join(names)})\b|==\s*[\"']({'|'.join(names)})[\"']", text
        )


def test_no_files_import_each_other_in_a_circle():
    """Also not for types alone; a package's own `__init__` may gather what lies in it."""
    names = {path: ".".join(path.relative_to(ROOT.parent).with_suffix("").parts) for path in FILES}
    names = {path: name.removesuffix(".__init__") for path, name in names.items()}
    below = {
        name: {
            n for n in imported(path) & set(names.values()) if not f"{name}.".startswith(f"{n}.")
        }
        for path, name in names.items()
    }
    TopologicalSorter(below).prepare()


def test_every_room_has_a_level():
    assert {room(path) for path in FILES} - {"__init__"} == set(LEVELS)


def test_a_night_is_done_anew_when_any_room_below_it_changes():
    below = {name for name, level in LEVELS.items() if level < LEVELS["nightly"]}
    assert set(ROOMS) == below - {"questions"} | {"nightly"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_are_short_and_well_named(path):
    assert len(path.read_text().splitlines()) <= 340, "a file holds one idea"
    assert path.stem not in FORBIDDEN


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_public_functions_say_what_they_do(path):
    for node in ast.walk(ast.parse(path.read_text())):
        public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if public and _outermost(path, node):
            said = ast.get_docstring(node) or ""
            assert said, f"{node.name} has no docstring"
            assert said.split("\n")[0].endswith((".", ":", "?", "…")), f"{node.name}: {said[:60]}"


def _outermost(path: Path, node: ast.AST) -> bool:
    tree = ast.parse(path.read_text())
    return any(ast.dump(top) == ast.dump(node) for top in tree.body)


DOOR = {
    "record/owned.py",
    "record/migrations.py",
}  # the latter for rows of before they were a project's
OTHER_DATABASES = {"nightly/publishing.py", "tables/sources/databases.py"}
STATEMENTS = {"select", "insert", "update", "delete", "text", "union", "exists"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_statement_on_the_record_is_made_but_at_its_door(path):
    """There each has the project's id; whoever cannot build one cannot forget it."""
    inside, names = path.relative_to(ROOT).as_posix(), imported_names(path)
    if inside in DOOR:
        return
    if inside in OTHER_DATABASES:
        rooms = ("reach", "owned", "schema", "moving")
        assert not {
            n for n in names if n.startswith(tuple(f"stepladder.record.{r}" for r in rooms))
        }
        return
    assert not {n for n in names if n.startswith("sqlalchemy.") and n.split(".")[-1] in STATEMENTS}
    assert not {n for n in names if n.startswith(("sqlalchemy.sql", "sqlalchemy.orm"))}
    if room(path) != "record" and not any(n.startswith("stepladder.record.reach") for n in names):
        return
    calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    named = [(c, getattr(c.func, "attr", "")) for c in calls]
    if inside not in {
        "record/reach.py",
        "record/copies.py",
    }:  # pragmas, on a driver's own connection
        assert not {name for _, name in named} & {
            "execute",
            "executemany",
            "executescript",
            "scalar",
        }
    for words in [ast.unparse(c.args[0]) for c, name in named if name == "exec_driver_sql"]:
        assert not re.search(r"(?i)\b(from|into|update)\b", words), words


def imported_names(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_no_pickle():
    for path in FILES:
        assert not re.search(
            r"\bimport (pickle|marshal|shelve|joblib)|allow_pickle=True", path.read_text()
        )


def test_only_these_say_that_a_rung_may_run_where_they_are():
    """Ours is a rung that came with a question's folder; free one that is fenced, or told to be not."""
    said = {"free": set(), "ours": set()}
    for path in (p for p in FILES if room(p) != "questions"):
        for node in ast.walk(ast.parse(path.read_text())):
            for word in node.keywords if isinstance(node, ast.Call) else ():
                if word.arg in said:
                    said[word.arg].add(str(path.relative_to(ROOT)))
    assert said["free"] == {
        "fence/child.py",  # behind the fence
        "bakeoff/on_spark.py", "project/engine.py",  # Spark has none: docs/spark.md
        "leave/loaded.py",  # nor has MLflow: docs/leaving.md
    }  # fmt: skip
    assert said["ours"] == {
        "core/rung.py", "release/release.py", "release/fit.py", "service/alone.py",
        "project/everywhere.py",  # a copy of ours, sent to a cluster
    }  # fmt: skip


def test_help_and_what_a_notebook_offers_load_nothing_heavy():
    program = (
        "import sys, stepladder\nfrom stepladder.cli import app\n"
        "assert {*stepladder.__all__} <= {*dir(stepladder)}\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pyarrow', 'duckdb', 'scipy', 'pydantic', 'sqlalchemy', 'altair', 'lightgbm'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stderr.strip() == "[]"


def test_public_names_are_there():
    for name in stepladder.__all__:
        assert getattr(stepladder, name).__doc__
