"""A release as a model in MLflow's own format: a folder with MLmodel, what it needs, and our code.

The folder is written here and not by mlflow.pyfunc, which needs pandas to write one, and pickles
Python objects. MLflow's `loader_module` says which module opens the data: plain files, see carried.py.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
from pathlib import Path
from typing import Any

import pyarrow as pa

from stepladder.core.predictions import columns
from stepladder.leave.carried import carry
from stepladder.leave.loaded import Loaded
from stepladder.leave.to_mlflow.code import copy_code
from stepladder.project.folder import Project
from stepladder.release.needs import needs
from stepladder.release.release import Release

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
    required = {column.name for column in model.events.columns if column.required} - {
        model.events.time
    }
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
