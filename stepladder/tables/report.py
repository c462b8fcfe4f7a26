"""The report of what was wrong with a table: every row dropped or changed, counted by reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
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

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        return asdict(self) | {"choices": self.choices.to_dict()}

    def kept(self) -> DataReport:
        """The report as it may be written down: where each example stands, not what it says."""
        return DataReport.from_dict(places_only(self.to_dict()))

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


def to_text(report: DataReport) -> str:
    """The report for a terminal, in plain words."""
    lines = [report.source, _rows(report), "", "Columns"]
    lines += [
        f"  {m.canonical} = {m.source}  ({m.confidence:.0%} sure: {m.reason})"
        for m in report.mapping
    ]
    for title, findings in (("Dropped", report.dropped), ("Changed", report.changed)):
        lines += ["", title] if findings else []
        for found in findings:
            lines.append(f"  {found.count:,}  {found.sentence}")
            lines += [f"      {_example(report, *each)}" for each in found.examples]
    lines += ["", "Notes"] + [f"  {note}" for note in (*report.notes, report.last_day_sentence)]
    return "\n".join(lines) + "\n"


def to_markdown(report: DataReport) -> str:
    """The report as a Markdown page."""
    lines = ["# What was wrong with the data", "", _code(report.source), "", _rows(report), ""]
    lines += ["| column | taken from | how sure | why |", "|---|---|---:|---|"]
    lines += [
        f"| {m.canonical} | {_code(m.source)} | {m.confidence:.0%} | {_cell(m.reason)} |"
        for m in report.mapping
    ]
    for title, findings in (("Dropped", report.dropped), ("Changed", report.changed)):
        lines += ["", f"## {title}", ""]
        lines += [line for found in findings for line in _item(found, report)] or ["Nothing."]
    lines += ["", "## Notes", ""]
    lines += [f"- {note}" for note in (*report.notes, report.last_day_sentence)]
    return "\n".join(lines) + "\n"


def _rows(report: DataReport) -> str:
    lost = report.rows_read - report.rows_kept
    merged = sum(found.count for found in report.dropped if found.reason.endswith(MERGED))
    if merged:
        more = f", {lost - merged:,} rows dropped" if lost > merged else ""
        return f"{report.rows_kept:,} different ones were found in {report.rows_read:,} rows{more}."
    return f"{report.rows_read:,} rows read, {report.rows_kept:,} kept, {lost:,} dropped."


def _item(found: Finding, report: DataReport) -> list[str]:
    where = ", ".join(str(line) for line, _ in found.examples)
    said = [f"  - {report.place} {where}"] if where else []
    return [f"- **{found.count:,}** {found.sentence}", *said]


def _example(report: DataReport, line: int, text: str) -> str:
    return f"{report.place} {line}: {text}" if text else f"{report.place} {line}"


def _code(text: str) -> str:
    # A longer fence than any run of backticks inside keeps the text from ending its own quote.
    fence, pad = "`" * (text.count("`") + 1), " " if "`" in text else ""
    return f"{fence}{pad}{_cell(text)}{pad}{fence}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
