"""What MLflow loads: a carried release, opened and asked about rows that come with the question.

It imports no MLflow, no pandas unless it is handed some, and nothing that only writing one needs: what
it imports goes along with the model.
"""

from __future__ import annotations

import hashlib
import json
import weakref
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from stepladder import questions
from stepladder.core import own, rooms
from stepladder.core.asking import Job, answered, asked
from stepladder.core.errors import Problem
from stepladder.core.history import History, quoted
from stepladder.core.model import Model
from stepladder.core.rung import Rung
from stepladder.core.table import TableSpec
from stepladder.release.release import Release

CONTENTS = "release.json"  # which release lies here, and its tables with their hashes
UNFENCED = "whoever loads a model runs its code, with the rights of their own program"


def _load_pyfunc(path: str) -> Loaded:
    """The entry that MLflow looks for: the folder named by `data` in MLmodel."""
    return Loaded(Path(path))


class Loaded:
    """A release, checked by its hashes, asked about cases by their own rows."""

    def __init__(self, folder: Path) -> None:
        self.release, self.history = unpacked(folder)
        self.question = questions.load(self.release.manifest.question)
        self._room = rooms.made()
        weakref.finalize(self, rooms.gone, self._room)

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
        mine = self._as_ours(rows)
        history = self.history.plus(**{self.own.name: mine})
        case = ", ".join(map(quoted, self.question.CASE))
        known = " and ".join(f"{quoted(name)} is not null" for name in self.question.CASE)
        query = f"select distinct {case} from own where {known} order by {case}"
        cases = history.sql(query, own=mine)

        def ask(rung: Rung, model: Model) -> pa.Table:
            return asked(Job(self.question, rung, history, cases, model)).table

        raw = ask(replace(self.release.rung(self._room), free=UNFENCED), self.release.model())
        usual = self.release.reference(), self.release.reference_model()
        taught = self.release.taught
        found = answered(self.question, raw, lambda: ask(*usual), history, cases, taught)
        return found.predictions.drop_columns(["why"])

    @cached_property
    def own(self) -> TableSpec:
        """The table of which a case brings its own rows."""
        return own.spec(self.question)

    @cached_property
    def schema(self) -> pa.Schema:
        """Its columns, as the project has them."""
        return own.schema(self.question, self.history)

    def field(self, key: str) -> pa.Field:
        """A column that says what a prediction is about, with its type."""
        for spec in self.question.TABLES:
            schema = self.history.sql(f"select * from {quoted(spec.name)} limit 0").schema
            if key in schema.names:
                return schema.field(key)
        return pa.field(key, pa.string())

    def _as_ours(self, rows: pa.Table) -> pa.Table:
        """The rows with the types of the project's own table; columns it does not have are left out."""
        needed = {column.name for column in self.own.columns if column.required}
        if missing := sorted(needed - set(rows.column_names)):
            raise Problem(
                f"the rows have no column {', '.join(missing)}; there are {', '.join(rows.column_names)}",
                f"a case's own rows have the columns {', '.join(self.schema.names)}",
                "name the columns as the project does",
            )
        return own.as_ours(self.question, self.schema, self.history.now, rows)


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
