"""The report of what was wrong with a table: every row dropped or changed, counted by reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from stepladder.tables.choices import Choices
from stepladder.tables.findings import Finding, Mapped, Warned

if TYPE_CHECKING:  # to describe a table must stay cheap
    import pyarrow as pa

MERGED = " again"  # so end the reasons of rows that were gathered into one, not lost


@dataclass(frozen=True)
class DataReport:
    """What was read, kept and left out: rows read = rows kept + the counts of dropped and set aside.

    `place` says what the example numbers count: "line" (of a text file, the first is 1) or
    "record" (of Parquet or a database). `last_day_complete` says whether the last day is whole.
    What a row said is there while the source is read, for whoever reads along; what is kept names its
    place only (`kept`), for the source is the one place where somebody's rows can be looked up.
    """

    source: str
    place: str
    rows_read: int
    rows_kept: int
    dropped: tuple[Finding, ...]
    changed: tuple[Finding, ...]
    mapping: tuple[Mapped, ...]
    choices: Choices
    notes: tuple[str, ...]
    last_day_complete: bool
    last_day_sentence: str
    set_aside: tuple[Finding, ...] = ()
    warnings: tuple[Warned, ...] = ()
    beside: tuple[Mapped, ...] = ()
    unused: tuple[str, ...] = ()  # columns of the source that nothing was taken from
    totals: Mapping[str, Any] = field(default_factory=dict)  # what the clean table comes to

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        return asdict(self) | {"choices": self.choices.to_dict()}

    def kept(self) -> DataReport:
        """The report as it may be written down: where each example stands, not what it says."""
        return DataReport.from_dict(places_only(self.to_dict()))

    def summary(self) -> dict[str, Any]:
        """What a program checks: rows by reason, totals, and what was taken for what, by stable names."""
        names = ("customers", "purchase_days", "value_total", "first_day", "last_day")
        return {
            "rows_read": self.rows_read,
            "rows_kept": self.rows_kept,
            "dropped": _counts(self.dropped),
            "set_aside": _counts(self.set_aside),
            **{name: self.totals.get(name) for name in names},
            **self._series(),
            "columns": {one.canonical: _taken(one) for one in self.mapping},
            "beside": {one.canonical: _taken(one) for one in self.beside},
            "unused": list(self.unused),
            "changed": _counts(self.changed),
            "warnings": [asdict(one) for one in self.warnings],
            "notes": [*self.notes, self.last_day_sentence],
            "cleaner": self.choices.version,
        }

    def _series(self) -> dict[str, Any]:
        """What is said of series, one value a period; nothing for other tables."""
        if self.choices.every is None:
            return {}
        counts = {name: self.totals.get(name) for name in ("gaps", "duplicates")}
        series = self.totals.get("customers")
        return {"every": self.choices.every, "series": series, **counts}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> DataReport:
        """The report from plain values, as `to_dict` writes them (or as JSON returns them)."""
        values = dict(plain)
        for name in ("dropped", "changed", "set_aside"):
            values[name] = tuple(map(_finding, plain.get(name, ())))
        for name in ("mapping", "beside"):
            values[name] = tuple(map(_mapped, plain.get(name, ())))
        values["warnings"] = tuple(map(_warned, plain.get("warnings", ())))
        values["unused"] = tuple(plain.get("unused", ()))
        values["totals"] = dict(plain.get("totals", {}))
        values["choices"] = Choices.from_dict(plain["choices"])
        values["notes"] = tuple(plain["notes"])
        return cls(**values)


@dataclass(frozen=True)
class Cleaned:
    """A clean table (canonical columns and `row`) and the report of what was wrong.

    `written`: the keys that the source spells otherwise, as they are and as they were written.
    """

    table: pa.Table
    report: DataReport
    written: pa.Table | None = None


def places_only(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report as plain values, its examples without the text of any row."""
    kinds = ("dropped", "changed", "set_aside")
    found = {kind: [dict(one) for one in report.get(kind, ())] for kind in kinds}
    for one in (one for these in found.values() for one in these):
        one["examples"] = [[line, ""] for line, _ in one["examples"]]
    warned = [{**one, "examples": ()} for one in report.get("warnings", ())]
    return {**report, **found, "warnings": warned}


def _finding(plain: Mapping[str, Any]) -> Finding:
    examples = tuple((int(line), str(text)) for line, text in plain["examples"])
    return Finding(plain["reason"], plain["count"], plain["sentence"], examples)


def _warned(plain: Mapping[str, Any]) -> Warned:
    return Warned(**{**plain, "examples": tuple(plain.get("examples", ()))})


def _mapped(plain: Mapping[str, Any]) -> Mapped:
    return Mapped(**{**plain, "rivals": tuple(plain.get("rivals", ()))})


def _counts(found: tuple[Finding, ...]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in found:
        counts[one.reason] = counts.get(one.reason, 0) + one.count
    return counts


def _taken(one: Mapped) -> dict[str, Any]:
    return {"source": one.source, "sure": one.confidence, "rivals": list(one.rivals)}
