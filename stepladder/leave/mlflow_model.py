"""A release as a model in MLflow's own format: a folder with MLmodel, what it needs, and our code.

The folder is written here and not by mlflow.pyfunc, which needs pandas to write one, and pickles
Python objects. MLflow's `loader_module` says which module opens the data: plain files, see carried.py.
The code is what the loader's modules import, and nothing else: so the model loads where stepladder is
not installed, and answers years from now by the code that it was released with.
"""

from __future__ import annotations

import ast
import importlib.metadata
import json
import platform
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

import stepladder
from stepladder import questions
from stepladder.core.predictions import columns
from stepladder.leave.carried import carry
from stepladder.leave.loaded import Loaded
from stepladder.project.folder import Project
from stepladder.release.needs import needs
from stepladder.release.release import Release

ROOT = Path(stepladder.__file__).parent
LOADER = "stepladder.leave.loaded"
# what answers are worked out by is pinned; what only carries or checks them may be any
PINNED, ANY = ("duckdb", "numpy", "scipy"), ("pyarrow>=18", "pydantic>=2.10")


def save(project: Project, release: Release, folder: Path, about: Any) -> None:
    """Write the model's folder; `about` is MLflow's own description of it, filled in here."""
    carry(project, release, folder / "data")
    found = release.manifest
    rung = found.code if found.suffix == ".py" else ""
    copy_code((LOADER, f"stepladder.questions.{found.question}"), rung, folder / "code")
    needed = requirements(release)
    (folder / "requirements.txt").write_text("\n".join(needed) + "\n")
    # JSON is YAML
    python = {"python": platform.python_version(), "dependencies": ["-r requirements.txt"]}
    (folder / "python_env.yaml").write_text(json.dumps(python, indent=1) + "\n")
    about.add_flavor(
        "python_function",
        loader_module=LOADER,
        data="data",
        code="code",
        python_version=platform.python_version(),
        env={"virtualenv": "python_env.yaml"},
    )
    described = about.to_yaml() + _signature(Loaded(folder / "data"))
    (folder / "MLmodel").write_text(described, encoding="utf-8")


def requirements(release: Release) -> list[str]:
    """The libraries that answer as here; stepladder itself lies beside them, as code."""
    pinned = [f"{name}=={importlib.metadata.version(name)}" for name in (*PINNED, *needs(release))]
    return [*pinned, *ANY, f"mlflow=={importlib.metadata.version('mlflow-skinny')}"]


def _signature(model: Loaded) -> str:
    """What goes in and what comes out, as MLmodel says it: each a JSON text in YAML."""
    required = {column.name for column in model.own.columns if column.required} - {model.own.time}
    inputs = [_column(field, field.name in required) for field in model.schema]
    keys = [model.field(name) for name in model.question.KEYS]
    answer = [
        pa.field(name, kind) for name, kind in columns(model.question).items() if name != "why"
    ]
    outputs = [_column(field, False) for field in (*keys, *answer)]
    parts = {"inputs": inputs, "outputs": outputs}
    lines = [f"  {name}: {json.dumps(json.dumps(said))}" for name, said in parts.items()]
    return "\n".join(["signature:", *lines, "  params: null"]) + "\n"


def _column(field: pa.Field, required: bool) -> dict[str, Any]:
    kind = "string"
    if pa.types.is_integer(field.type):
        kind = "long"
    elif pa.types.is_floating(field.type):
        kind = "double"
    elif pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
        kind = "datetime"
    return {"type": kind, "name": field.name, "required": required}


def copy_code(modules: Sequence[str], rung: str, folder: Path) -> None:
    """Copy the modules, and all of ours that they and the rung import; of a package, all its files."""
    for path in sorted(_needed([*modules, *_imported(rung)])):
        target = folder / "stepladder" / questions.package_path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _needed(modules: Sequence[str]) -> set[Path]:
    found: set[Path] = {ROOT / "__init__.py"}
    waiting = [path for name in modules for path in _files(name, whole=True)]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".py":
            waiting += [
                f for name in _imported(path.read_text()) for f in _files(name, whole=False)
            ]
    return found


def _files(module: str, whole: bool) -> Iterator[Path]:
    """The files that importing a module reads, with those of the packages it lies in."""
    parts = module.split(".")[1:]
    for i in range(1, len(parts)):
        yield from _there(ROOT.joinpath(*parts[:i]) / "__init__.py")
    home = ROOT.joinpath(*parts)
    if parts[:1] == ["questions"] and parts[1:2] and parts[1] in questions.names():
        home = questions.folder(parts[1]).joinpath(*parts[2:])
        yield from _there(questions.folder(parts[1]) / "__init__.py")
    yield from _there(home.with_suffix(".py"))
    yield from _there(home / "__init__.py")
    if whole and home.is_dir():  # a question's rungs are found on disk, never imported
        yield from (p for p in home.rglob("*") if p.suffix in (".py", ".sql"))


def _there(path: Path) -> list[Path]:
    return [path] if path.is_file() else []


def _imported(code: str) -> Iterator[str]:
    for node in _run(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _ours(alias.name))
        elif isinstance(node, ast.ImportFrom) and _ours(node.module or ""):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _ours(name: str) -> bool:
    return name.split(".")[0] == "stepladder"


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from _run(node)
