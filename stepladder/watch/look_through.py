"""One Parquet file looked through: the kind of each column, its bins, gaps, averages and deciles."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from stepladder.core.errors import Problem
from stepladder.core.history import literal, quoted

BINS = 10  # of equal shares of the reference
TOP = 20  # values of a text column that are told apart; the others are one


class Look(NamedTuple):
    """One column of one file."""

    there: int
    counts: dict[Any, int] | None
    mean: float | None
    spread: float | None
    deciles: list[float] | None


def kinds(con: Any, files: list[str], names: tuple[str | Path, ...]) -> dict[str, str]:
    """Which columns can be compared, and as what. Raises Problem where one is lost or of another kind."""
    described = []
    for file, name in zip(files, names, strict=True):
        try:
            rows = con.execute(f"describe select * from {file}").fetchall()
        except duckdb.Error as error:
            raise Problem(
                f"{name} cannot be read: {str(error).splitlines()[0]}",
                "two Parquet files with the same columns are compared",
                "check the names of the files",
            ) from None
        described.append({row[0]: _kind(row[1]) for row in rows})
    reference, current = described
    lost = [name for name in reference if current.get(name) != reference[name]]
    if lost:
        raise Problem(
            f"{names[1]} has no column {lost[0]!r}, or one of another kind",
            f"it has: {', '.join(current)}",
            f"rename it back, or compare files without it ({names[0]} has it)",
        )
    return {name: kind for name, kind in reference.items() if kind}


def _kind(type: str) -> str:
    whole = type.endswith("INT") or type in ("INTEGER", "UINTEGER")
    if whole or type.startswith(("DECIMAL", "DOUBLE", "FLOAT", "REAL")):
        return "number"
    return "text" if type in ("VARCHAR", "BOOLEAN") else ""


def marks(con: Any, file: str, columns: dict[str, str]) -> dict[str, list[Any]]:
    """What divides each column of the reference: its deciles, or its most common texts."""
    if not columns:
        return {}
    picked = [
        _deciles(name) if kind == "number" else f"approx_top_k({quoted(name)}::varchar, {TOP})"
        for name, kind in columns.items()
    ]
    row = con.execute(f"select {', '.join(picked)} from {file}").fetchone()
    return {
        name: [mark for mark in found or [] if mark is not None]
        for name, found in zip(columns, row, strict=True)
    }


def edges(marks: list[Any], kind: str) -> list[Any]:
    """Where bins end; there is one at least."""
    return (sorted(set(marks)) or [0.0]) if kind == "number" else (marks or [""])


def _number(name: str) -> str:
    """A column as numbers; what is infinite or not a number is a gap."""
    return f"case when isfinite({quoted(name)}::double) then {quoted(name)}::double end"


def _deciles(name: str) -> str:
    return f"quantile_cont({_number(name)}, {[i / BINS for i in range(1, BINS)]})"


def looked(
    con: Any,
    file: str,
    columns: dict[str, str],
    marks: dict[str, list[Any]],
    known: dict[str, list[Any]],
) -> tuple[int, dict[str, Look]]:
    """Counts of every bin, gaps, deciles where not known, means and spreads of all columns in one pass."""
    picked = ["count(*)"]
    for name, kind in columns.items():
        cuts = edges(marks[name], kind)
        if kind == "number":
            column, deciles = _number(name), "null" if name in known else _deciles(name)
            picked += [f"count({column})", f"histogram({column}, {cuts})", f"avg({column})"]
            picked += [f"stddev_samp({column})", deciles]
        else:
            column, values = f"{quoted(name)}::varchar", ", ".join(map(literal, cuts))
            picked += [f"count({column})", f"histogram_exact({column}, [{values}])"]
            picked += ["null", "null", "null"]
    n, *row = con.execute(f"select {', '.join(picked)} from {file}").fetchone()
    fives = zip(*[iter(row)] * 5, strict=True)
    looks = {name: Look(*five) for name, five in zip(columns, fives, strict=True)}
    return n, {k: v._replace(deciles=v.deciles or known.get(k)) for k, v in looks.items()}
