"""The report on a table in words: one screen of a terminal, and all of it as a Markdown page."""

from __future__ import annotations

import calendar
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from stepladder.tables.findings import Finding, Mapped
from stepladder.tables.report import MERGED, DataReport

MOST_REASONS, MOST_EXAMPLES, MOST_NAMES, MOST_NOTES, MOST_RIVALS = 6, 2, 12, 5, 2
SURE = 0.9  # from here on the reason need not be read

TITLES = (
    ("Dropped: cannot be used", "dropped"),
    ("Set aside: can be read, and does not count", "set_aside"),
    ("Mended", "changed"),
)


def to_text(report: DataReport) -> str:
    """The report for a terminal: what the table comes to first, then what was taken for what, and why.

    Long lists are cut, and say where the whole of them is.
    """
    all_of = f"data-report-{report.totals['table']}.md has all" if report.totals else "cut here"
    source = report.source if "://" in report.source else PurePath(report.source).name
    lines = [*_totals(report), f"{source}: {_rows(report)}", "", "Taken for"]
    for one in report.mapping:
        lines += _taken(one, report)
    for title, name in TITLES:
        lines += _findings(title, getattr(report, name), report, all_of)
    if report.warnings:
        lines += ["", "Please check"]
        lines += [f"  ! {one.said} ({one.kind})" for one in report.warnings]
    lines += _beside(report, all_of)
    notes = [*report.notes, report.last_day_sentence]
    lines += ["", "Notes", *(f"  {note}" for note in _cut(notes, MOST_NOTES, all_of))]
    return "\n".join(lines) + "\n"


def to_markdown(report: DataReport) -> str:
    """The report as a Markdown page, with everything in it but the texts of rows."""
    lines = ["# What was read, and what was wrong with it", "", *_totals(report), ""]
    lines += [f"{_code(report.source)}: {_rows(report)}", ""]
    lines += ["| column | taken from | how sure | why | or else |", "|---|---|---:|---|---|"]
    lines += [
        f"| {m.canonical} | {_code(m.source)} | {m.confidence:.0%} | {_cell(m.reason)} "
        f"| {_cell(', '.join(map(_code, m.rivals)))} |"
        for m in (*report.mapping, *report.beside)
    ]
    if report.unused:
        lines += ["", f"Noticed and not used: {', '.join(map(_code, report.unused))}."]
    if report.warnings:
        lines += ["", "## Please check", ""]
        lines += [f"- {one.sentence} ({_code(one.kind)})" for one in report.warnings]
    for title, name in TITLES:
        found: tuple[Finding, ...] = getattr(report, name)
        lines += ["", f"## {title}", ""]
        lines += [line for one in found for line in _item(one, report)] or ["Nothing."]
    lines += ["", "## Notes", ""]
    lines += [f"- {note}" for note in (*report.notes, report.last_day_sentence)]
    return "\n".join(lines) + "\n"


def _totals(report: DataReport) -> list[str]:
    said = in_words(report.totals, report.choices.currency)
    return [said] if said else []


def in_words(found: Mapping[str, Any], currency: str | None = None) -> str:
    """The totals as one sentence; nothing for reports of before there were any."""
    if not found:
        return ""
    who, rows = found["who"], found["rows"]
    parts = [counted(found["customers"], who)]
    on = ""
    if found["purchase_days"] is not None:
        on = f" on {found['purchase_days']:,} days (each {who}'s own)"
    if found["orders"] is not None:
        more = f" in {counted(rows, 'row')}" if rows != found["orders"] else ""
        parts.append(f"{counted(found['orders'], 'order')}{more}{on}")
    elif on or rows != found["customers"]:
        parts.append((f"{rows:,} {found['table']}" if rows != 1 else "1 row") + on)
    unit = f" {currency}" if currency else ""
    if found["value_total"] is not None:
        parts.append(f"{found['value_total']:,.2f}{unit} in total")
    if found["first_day"]:
        parts.append(f"from {found['first_day']} to {found['last_day']}")
    return ", ".join(parts) + _best(found) + "."


def _best(found: Mapping[str, Any]) -> str:
    if not found["best_month"]:
        return ""
    year, month = map(int, found["best_month"].split("-"))
    value = found["best_month_value"]
    money = found["value_total"] is not None
    much = f"{value:,.2f}" if money else f"{value:,.0f} {found['table']}"
    name = "best month" if money else "busiest month"
    return f"; {name} {calendar.month_name[month]} {year} with {much}"


def counted(number: int, word: str) -> str:
    """`1 customer`, `2 customers`, `3 cities`."""
    if number == 1 or word.endswith("s"):
        return f"{number:,} {word}"
    ies = word.endswith("y") and word[-2:-1] not in "aeiou"
    return f"{number:,} {word[:-1]}ies" if ies else f"{number:,} {word}s"


def _rows(report: DataReport) -> str:
    aside = sum(found.count for found in report.set_aside)
    lost = report.rows_read - report.rows_kept - aside
    merged = sum(found.count for found in report.dropped if found.reason.endswith(MERGED))
    put = f", {aside:,} set aside" if aside else ""
    if merged:
        more = f", {lost - merged:,} rows dropped" if lost > merged else ""
        return (
            f"{report.rows_kept:,} different ones were found in {report.rows_read:,} rows"
            f"{more}{put}."
        )
    return f"{report.rows_read:,} rows read, {report.rows_kept:,} kept, {lost:,} dropped{put}."


def _taken(one: Mapped, report: DataReport) -> Iterable[str]:
    why = f": {one.reason}" if one.confidence < SURE else ""
    yield f"  {one.canonical} = {one.source}  ({one.confidence:.0%} sure{why})"
    flag = report.totals.get("flag", "")
    said = [_flag(f"{flag}{one.canonical}={rival}") for rival in one.rivals[:MOST_RIVALS]]
    more = len(one.rivals) - len(said)
    if said:
        yield f"     or {', or '.join(said)}" + (f", and {more} more" if more else "")


def _flag(pair: str) -> str:
    return f"--column {shlex.quote(pair)}"


def _findings(
    title: str, found: Sequence[Finding], report: DataReport, all_of: str
) -> Iterable[str]:
    if not found:
        return
    yield ""
    yield title
    for one in found[:MOST_REASONS]:
        yield f"  {one.count:,}  {one.sentence}"
        for each in one.examples[:MOST_EXAMPLES]:
            yield f"      {_example(report, *each)}"
    if len(found) > MOST_REASONS:
        yield f"  and {len(found) - MOST_REASONS} reasons more ({all_of})"


def _beside(report: DataReport, all_of: str) -> Iterable[str]:
    if report.beside:
        yield from ("", "Used beside")
        flag = report.totals.get("flag", "")
        for one in report.beside:
            yield (
                f"  {one.canonical} = {one.source}  ({_flag(f'{flag}{one.canonical}=')} uses none)"
            )
    if report.unused:
        yield from ("", "Noticed and not used")
        yield f"  {', '.join(_cut(report.unused, MOST_NAMES, all_of))}"


def _cut(said: Sequence[str], most: int, all_of: str) -> list[str]:
    if len(said) <= most + 1:  # one more takes no more room than to say so
        return [*said]
    return [*said[:most], f"and {len(said) - most} more ({all_of})"]


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
