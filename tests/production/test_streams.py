"""What is published, in streams: served by key, and rows of one person taken out, of files and of folders."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core import at_rest
from stepladder.core.errors import Problem
from stepladder.nightly.taken_out import taken_out
from stepladder.record import Stored
from stepladder.service import published
from stepladder.service.published import Published

MANY, EACH = 50, 3


def answers(case: dict[str, pa.Array]) -> pa.Table:
    """Three a case, in an order of their own, among those of others."""
    order = np.random.default_rng(1).permutation(MANY)
    rows = np.repeat(order, EACH)
    named = {name: column.take(pa.array(rows)) for name, column in case.items()}
    said = pa.array(np.random.default_rng(2).random(MANY * EACH))
    why = pa.array([[int(row)] if row % 2 else None for row in rows], pa.list_(pa.int64()))
    day = pa.array([date(2024, 1, 1)] * len(rows))
    release = pa.array(["r"] * len(rows)).dictionary_encode()
    return pa.table({**named, "prediction": said, "why": why, "as_of": day, "release": release})


@pytest.fixture(params=["a file", "a folder"])
def stored(request, tmp_path):
    """Writes a table as it is published; what the record says of it."""

    def written(table: pa.Table) -> Stored:
        place = tmp_path / "published" / "day.parquet"
        place.parent.mkdir(exist_ok=True)
        if request.param == "a file":
            at_rest.write(place, [table.slice(0, 60), table.slice(60)], grouped=True)
        else:
            place.mkdir()
            for nth in range(2):
                pq.write_table(table.slice(nth * 60, 60 + nth * 1000), place / f"{nth}.parquet")
        return Stored(
            "q", "r", "2024-01-01", "published/day.parquet", at_rest.digest(place), len(table), "m"
        )

    return written


@pytest.mark.parametrize(
    "case",
    [
        {"person": pa.array(np.arange(MANY) * 7 - 100)},
        {"person": pa.array([f"Ärger {n % 7}-{n}" for n in range(MANY)])},
        {"shop": pa.array(["a", "b"] * (MANY // 2)), "parcel": pa.array(np.arange(MANY) // 2)},
    ],
    ids=["numbers", "texts", "two parts"],
)
def test_every_case_is_found_by_its_key_in_the_order_it_was_said(
    stored, case, tmp_path, monkeypatch
):
    monkeypatch.setattr(published, "BATCH", 16)
    table, room = answers(case), tmp_path / "room"
    room.mkdir()
    project = SimpleNamespace(folder=tmp_path, question=SimpleNamespace(CASE=tuple(case)))
    note = stored(table)
    found = Published.load(project, note, room)
    assert (found.cases, found.table.num_rows) == (MANY, MANY * EACH)
    assert [path.name for path in room.iterdir()] == ["published.arrow"]
    told = table.drop_columns(["as_of", "release"]).to_pylist()
    whose = pa.table(case).to_pylist()
    for one, rows in zip(whose, found.rows([found.find(one) for one in whose]), strict=True):
        assert rows == [row for row in told if one.items() <= row.items()]
    nobody = {name: (10**6 if pa.types.is_integer(c.type) else "z") for name, c in case.items()}
    first, last = found.find(nobody)
    assert first == last
    with pytest.raises(Problem, match="not what was published"):
        Published.load(project, replace(note, sha256="0" * 64), room)


def test_one_person_leaves_every_part_and_the_record_agrees_also_after_a_kill(
    stored, tmp_path, monkeypatch
):
    table = answers({"person": pa.array(np.arange(MANY))})
    note, told = stored(table), {}
    monkeypatch.setattr(
        "stepladder.nightly.taken_out.altered",
        lambda record, path, sha256, rows: told.update({path: (sha256, rows)}),
    )
    record = SimpleNamespace(predictions=lambda question: [note])
    project = SimpleNamespace(folder=tmp_path, record=record, ask=SimpleNamespace(question="q"))
    place, whole = tmp_path / note.path, table.num_rows
    for gone, who in enumerate((table["person"][0], table["person"][-1]), 1):
        one = pa.table({"person": pa.array([who.as_py()])})
        with monkeypatch.context() as patch:
            patch.setattr("stepladder.nightly.taken_out.copy", _killed)
            with pytest.raises(KeyboardInterrupt):
                taken_out(project, "published", one)
        assert taken_out(project, "published", one) == EACH
        assert told == {note.path: (at_rest.digest(place), whole - gone * EACH)}
        assert taken_out(project, "published", one) == 0
    left = table.slice(EACH, whole - 2 * EACH)
    assert at_rest.whole(place).to_pylist() == left.to_pylist()
    assert not list(tmp_path.rglob("*.partial"))


def _killed(source: Path, path: Path) -> None:
    raise KeyboardInterrupt
