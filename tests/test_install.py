"""After the README's install every command of the README works; what else is needed, a remedy names truly."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

from stepladder.core.extras import installing

ROOT = Path(__file__).parents[1]
CODE = ROOT / "stepladder"
# Libraries for what no command of the README asks: data on Spark, Delta's and Iceberg's tables, a record in
# Postgres, MLflow, and a compiler that makes large data faster where it is there.
IMPORT = re.compile(r"^\s*(?:from|import) ([\w.]+)(?: import (\([^)]*\)|.*))?", re.M)
ASKED_FOR = {
    "pyspark",
    "sqlglot",
    "psycopg",
    "mlflow",
    "numba",
    "holidays",
    "deltalake",
    "pyiceberg",
}


def test_the_readmes_install_has_what_its_commands_import():
    readme = (ROOT / "README.md").read_text()
    extras = re.search(r"pip install '\.\[([\w,]+)\]'", readme)[1].split(",")
    assert f"--editable '.[{','.join(extras)}]'" in (ROOT / "Makefile").read_text()
    verbs = set(
        re.findall(r"\bstepladder (\w+)", " ".join(re.findall(r"`[^`]+`|```.*?```", readme, re.S)))
    )
    assert {"new", "bakeoff", "ship", "run"} <= verbs
    begun = [path for verb in verbs if (path := CODE / "cli" / f"{verb}.py").exists()]
    used = _imported([*begun, *CODE.glob("questions/*/*.py")])
    assert {"duckdb", "luigi", "lightgbm"} <= used
    assert used & _only_in_others(extras) <= ASKED_FOR


def test_a_remedy_names_libraries_and_not_a_place_where_we_may_not_be():
    assert installing("ship", "more").startswith("pip install 'fastapi")
    assert "'luigi>=" in installing("ship")
    assert installing("ml") == "pip install 'lightgbm>=4.5'"
    code = "".join(path.read_text() for path in CODE.rglob("*.py"))
    assert not re.search(r"pip install [^\n]*stepladder", code)
    pages = "".join(path.read_text() for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")])
    assert not re.search(r"pip install '?stepladder", pages)


def _only_in_others(extras: list[str]) -> set[str]:
    """The libraries, as they are imported, that an install with these extras does not bring by name."""
    named = [re.match(r"([\w.-]+).*?(?:extra == ['\"]([\w-]+)['\"])?$", text).groups()
             for text in importlib.metadata.requires("stepladder")]  # fmt: skip
    brought = {name for name, extra in named if extra is None or extra in extras}
    return {name.replace("-", "_") for name, _ in named if name not in brought}


def _imported(begun: list[Path]) -> set[str]:
    """Names at the top of whatever these files import, and what that imports, wherever it stands in them."""
    found, seen, next_ = set(), set(), list(begun)
    while next_:
        path = next_.pop()
        if path in seen:
            continue
        seen.add(path)
        for module, names in IMPORT.findall(path.read_text()):
            found.add(module.partition(".")[0])
            inside = [f"{module}.{name}" for name in re.findall(r"\w+", names)]
            next_ += [file for name in (module, *inside) if (file := _file(name))]
    return found


def _file(name: str) -> Path | None:
    home = ROOT.joinpath(*name.split("."))
    places = (home.with_suffix(".py"), home / "__init__.py")
    return next((each for each in places if name.startswith("stepladder") and each.is_file()), None)
