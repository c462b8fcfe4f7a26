"""What a rung's process says of itself, and its answers, looked at again by whoever asked: it may have lied.

The process checks its answers too, but a rung in it can write whatever it likes where they belong.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stepladder import questions
from stepladder.core import at_rest, predictions
from stepladder.core import model as models
from stepladder.core.errors import Problem
from stepladder.fence.asks import most
from stepladder.fence.child import Job

LONGEST = 4_000_000  # bytes of what it says of itself
BATCH = 10_000  # rows that are read before one looks how much came
ALLOWED = (
    "a rung answers with one table, as large as what it is asked about, and writes nothing itself"
)
REMEDY = "return the table from predict, and leave the files to stepladder"
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    status: Annotated[str, Field(max_length=1_000, pattern=r"^[^\n]*$")]
    fit_s: Amount | None = None
    predict_s: Amount | None = None
    memory_mb: Amount | None = None
    cases: Annotated[int, Field(ge=0)] = 0
    model_bytes: int | None = None
    model_hash: str = ""
    warnings: tuple[str, ...] = ()
    detail: str = ""
    problem: tuple[str, ...] = ()
    fence: Literal["", "walled", "fenced", "hook only", "open"] = ""


def outcome(path: Path) -> dict[str, Any]:
    """What a process says of how it went. Raises Problem on anything else."""
    with path.open("rb") as file:
        said = file.read(LONGEST)
    try:
        return _Said.model_validate_json(said).model_dump()
    except ValidationError:
        raise _wrong("what it wrote of how it went is not what is written there") from None


def model_of(job: Job, out: Path) -> dict[str, Any]:
    """How large the model is, and its hash: files are kept under that name."""
    home = Path(job.model) if job.model else out / "model"
    if not home.is_dir():
        raise _wrong("it left no model")
    return {"model_bytes": models.size(home), "model_hash": models.digest(home)}


def answers(job: Job, path: Path, memory_mb: int) -> None:
    """Check the answers as in its process. Raises Problem where they break the contract."""
    if not path.exists():
        raise _wrong("it left no answers")
    asked = [Path(name) for name in (job.cases, *(job.newcomers or ())[:1])]
    question, parts = questions.load(job.question), chain(*map(at_rest.parts, asked))
    most_of_all = sum(most(len(part), memory_mb) for part in chain(*map(at_rest.parts, asked)))
    if path.stat().st_size > most_of_all:
        raise _too_large(most_of_all)
    for nth, cases in enumerate(parts):
        said = _bounded(path, nth, most(cases.num_rows, memory_mb))
        if not predictions.check(said, question, cases).equals(said):
            raise _wrong("its answers are not in the order and form in which they are kept")


def _bounded(path: Path, nth: int, most: int) -> pa.Table:
    """A row group of a file as a table, as far as its columns, its rows and its bytes can be right."""
    left, batches = most, []
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH, [nth]):
                left -= batch.nbytes + batch.num_rows
                batches.append(batch)
                if left < 0:
                    raise _too_large(most)
            found = pa.Table.from_batches(batches, file.schema_arrow)
    except (pa.ArrowException, OSError, ValueError, IndexError) as error:
        raise _wrong(f"its answers cannot be read: {str(error)[:100]}") from None
    found.validate(full=True)
    return found


def _too_large(most: int) -> Problem:
    return _wrong(f"its answers have more than {most / 1e6:,.0f} MB")


def _wrong(what: str) -> Problem:
    return Problem(what, ALLOWED, REMEDY)
