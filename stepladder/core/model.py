"""A fitted rung at rest: JSON, .npy, Parquet and bytes in a folder named by its hash; never a pickle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core.errors import Problem
from stepladder.core.files import read, regular

Model = dict[str, Any]  # text, numbers, truths, nulls, numeric arrays, tables, bytes


def save(model: Model, folder: Path) -> str:
    """Write the model into a new folder and return its hash. Raises Problem on what is not plain data."""
    folder.mkdir(parents=True)
    scalars: dict[str, Any] = {}
    for key, value in sorted(model.items()):
        if not key.isidentifier():
            raise _unfit(key, "a name that is no identifier")
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, bool | int | float | str):
            scalars[key] = value
        elif isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            np.save(folder / f"{key}.npy", value, allow_pickle=False)
        elif isinstance(value, pa.Table):
            pq.write_table(value, folder / f"{key}.parquet")
        elif isinstance(value, bytes):
            (folder / f"{key}.bin").write_bytes(value)
        else:
            raise _unfit(key, type(value).__name__)
    (folder / "model.json").write_text(json.dumps(scalars, indent=1, sort_keys=True))
    return digest(folder)


def load(folder: Path) -> Model:
    """Read a model that `save` wrote; arrays stay on disk until they are touched."""
    there = regular(folder)
    model: Model = json.loads(read(folder / "model.json"))
    for path in there:
        if path.suffix == ".npy":
            model[path.stem] = np.load(path, mmap_mode="r", allow_pickle=False)
        elif path.suffix == ".parquet":
            model[path.stem] = pq.ParquetFile(path).read()
        elif path.suffix == ".bin":
            model[path.stem] = read(path)
    return model


def digest(folder: Path) -> str:
    """The hash of a saved model: of every file's name and bytes."""
    total = hashlib.sha256()
    for path in regular(folder):
        total.update(path.name.encode() + b"\0" + hashlib.sha256(read(path)).digest())
    return total.hexdigest()


def holds(folder: Path, name: str) -> bool:
    """Whether a folder is the model of that hash, whole, and all in files of its own."""
    try:
        return folder.is_dir() and digest(folder) == name
    except Problem:
        return False


def size(folder: Path) -> int:
    """Bytes on disk."""
    return sum(path.stat().st_size for path in folder.iterdir())


def _unfit(key: str, what: str) -> Problem:
    return Problem(
        f"the model's `{key}` is {what}",
        "a model is a flat dict of text, numbers, numeric arrays, tables and bytes",
        "turn it into one of these in `fit` (LightGBM: model_to_string().encode())",
    )
