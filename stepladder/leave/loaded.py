"""What MLflow loads: a carried release, opened and asked about rows that come with the question.

It imports no MLflow, no pandas unless it is handed some, and nothing that only writing one needs: what
it imports goes along with the model.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import weakref
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from stepladder import questions
from stepladder.bakeoff.score import meant, with_interval
from stepladder.core.errors import Problem
from stepladder.core.history import History, quoted
from stepladder.core.model import Model
from stepladder.core.predictions import check
from stepladder.core.rung import Rung
from stepladder.core.table import TableSpec
from stepladder.release.release import Release

CONTENTS = "release.json"  # which release lies here, and its tables with their hashes


def _load_pyfunc(path: str) -> Loaded:
    """The entry that MLflow looks for: the folder named by `data` in MLmodel."""
    return Loaded(Path(path))


class Loaded:
    """A release, checked by its hashes, asked about cases by their own rows."""

    def __init__(self, folder: Path) -> None:
        self.release, self.history = unpacked(folder)
        self.question = questions.load(self.release.manifest.question)
        self._room = Path(tempfile.mkdtemp(prefix=f"stepladder-{os.getpid()}-"))
        weakref.finalize(self, shutil.rmtree, self._room, ignore_errors=True)

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """The answer for every case that the rows name: KEYS…, prediction, low, high, the extras.

        model_input: a pandas DataFrame or an Arrow table with the columns of the question's table of
        events; what lies on or after the release's day is not looked at. A row without a time only
        names a case. The answer comes as the question did. Raises Problem on columns that are missing
        or cannot be read.
        """
        if isinstance(model_input, pa.Table):
            return self.answer(model_input)
        return self.answer(pa.Table.from_pandas(model_input, preserve_index=False)).to_pandas()

    def answer(self, rows: pa.Table) -> pa.Table:
        """The same, of Arrow tables."""
        own, key = self._as_ours(rows), self.key
        history = self.history.plus(**{self.events.name: own})
        cases = history.sql(
            f"select distinct {quoted(key)} from own where {quoted(key)} is not null order by 1",
            own=own,
        )
        said, usual = (
            check(rung.predict(model, history, cases), self.question, cases)
            for rung, model in self._rungs
        )
        if self.release.manifest.means is not None:
            said = meant(said, {int(k): v for k, v in self.release.manifest.means.items()})
        table = self.question.complete(said, usual, history, cases).predictions
        return with_interval(self.question, table, self.release.bins).drop_columns(["why"])

    @cached_property
    def _rungs(self) -> tuple[tuple[Rung, Model], tuple[Rung, Model]]:
        found = self.release
        mine = (found.rung(self._room), found.model())
        return mine, (found.reference(), found.reference_model())

    @cached_property
    def events(self) -> TableSpec:
        """The table of which a case brings its own rows."""
        return next(spec for spec in self.question.TABLES if spec.time)

    @cached_property
    def key(self) -> str:
        """The column that says whom a prediction is about."""
        return self.question.cases(self.history).column_names[0]

    @cached_property
    def schema(self) -> pa.Schema:
        """Its columns, as the project has them."""
        return self.history.sql(f"select * from {quoted(self.events.name)}").schema

    def field(self, key: str) -> pa.Field:
        """A column that says what a prediction is about, with its type."""
        for spec in self.question.TABLES:
            schema = self.history.sql(f"select * from {quoted(spec.name)} limit 0").schema
            if key in schema.names:
                return schema.field(key)
        return pa.field(key, pa.string())

    def _as_ours(self, rows: pa.Table) -> pa.Table:
        """The rows with the types of the project's own table; columns it does not have are left out."""
        needed = {column.name for column in self.events.columns if column.required}
        if missing := sorted(needed - set(rows.column_names)):
            raise Problem(
                f"the rows have no column {', '.join(missing)}; there are {', '.join(rows.column_names)}",
                f"a case's own rows have the columns {', '.join(self.schema.names)}",
                "name the columns as the project does",
            )
        own = {"row": pa.array(np.arange(1, rows.num_rows + 1))}
        own |= {name: rows[name] for name in self.schema.names if name in rows.column_names}
        return pa.table(
            {
                field.name: _cast(own[field.name], field)
                if field.name in own
                else pa.nulls(rows.num_rows, field.type)
                for field in self.schema
            }
        )


def _cast(column: Any, field: pa.Field) -> Any:
    """The column in the type of ours; a time of day is cut off where ours are days."""
    try:
        if pa.types.is_date(field.type) and pa.types.is_string(column.type):
            column = column.cast(pa.timestamp("us"))
        safe = not (pa.types.is_date(field.type) or pa.types.is_timestamp(field.type))
        return column.cast(field.type, safe=safe)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Problem(
            f"the column {field.name} cannot be read: {error}",
            f"it holds {field.type}, as in the project's own table",
            "give it in that type; a day is written YYYY-MM-DD",
        ) from None


def unpacked(folder: Path) -> tuple[Release, History]:
    """The release that lies in the folder, and the history that rows are laid over: it knows nobody.

    Raises Problem where any byte is not what its hash says.
    """
    said = json.loads((folder / CONTENTS).read_text())
    release = Release.load(said["release"], folder)
    tables: dict[str, tuple[str, str | None]] = {}
    for name, about in said["tables"].items():
        path = folder / "tables" / f"{name}.parquet"
        if hashlib.sha256(path.read_bytes()).hexdigest() != about["sha256"]:
            raise Problem(
                f"the table {name} of the release is not what it was: its bytes were changed",
                "what was carried elsewhere is loaded only as it was written",
                "fetch it again from where it was logged",
            )
        tables[name] = (str(path), about["time"])
    views = tuple(questions.load(release.manifest.question).views(release.ask).items())
    return release, History(
        date.fromisoformat(release.manifest.as_of), release.ask, tables, views=views
    )
