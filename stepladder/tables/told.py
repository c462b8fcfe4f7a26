"""The report on a table in words: one screen of a terminal, and all of it as a Markdown page."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from stepladder.tables.findings import Finding, Mapped, typed
from stepladder.tables.plural import counted, of_rows
from stepladder.tables.report import MERGED, DataReport

MOST_REASONS, MOST_NAMES, MOST_NOTES, MOST_RIVALS = 6, 12, 5, 2
SURE = 0.75  # from here on the reason need not be read

GATHERED = "Gathered: several rows made one"
TITLES = (
    ("Dropped: cannot be used", "dropped"),
    (GATHERED, "dropped"),
    ("Set aside: can be read, and does not count", "set_aside"),
    ("Mended", "changed"),
)

# What a warning says is not said again under the heading where its rows are counted.
SAID_BY = {
    "far-days": r"far ",
    "guests": r"guest ",
    "no-sale": r"no sale: ",
    "refunded-amount": r"refunded (?!in full)",
    "order-total-repeats": r"repeated ",
    "several-currencies": r"other currency|currency of ",
    "incomplete-period": r"incomplete ",
    "cancelled-orders": r"cancelled order|cancellation|returned ",
}
SAID_ABOVE = ("rival-column",)  # beside the column it is about


def to_text(report: DataReport, page: bool = True) -> str:
    """The report for a terminal: what the table comes to first, then what was taken for what, and why.

    Long lists are cut, and say where the whole of them is, if there is a `page`; nothing is said twice.
    """
    kept = page and report.totals
    all_of = f"data-report-{report.totals['table']}.md has all" if kept else "cut here"
    source = report.source if "://" in report.source else PurePath(report.source).name
    lines = [*_totals(report), f"{source}: {_rows(report)}", "", "Taken for"]
    for one in report.mapping:
        lines += _taken(one, report)
    lines += _beside(report)
    for title, name in TITLES:
        lines += _findings(title, _unsaid(_under(title, name, report), report), report, all_of)
    warned = [one for one in report.warnings if one.kind not in SAID_ABOVE]
    if warned:
        lines += ["", "Please check", *(f"  ! {one.said} ({one.kind})" for one in warned)]
    if report.unused:
        lines += ["", "Noticed and not used"]
        lines += [f"  {', '.join(_cut(report.unused, MOST_NAMES, all_of))}"]
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
        found = _under(title, name, report)
        if title == GATHERED and not found:
            continue
        lines += ["", f"## {title}", ""]
        lines += [line for one in found for line in _item(one, report)] or ["Nothing."]
    lines += ["", "## Notes", ""]
    lines += [f"- {note}" for note in (*report.notes, report.last_day_sentence)]
    return "\n".join(lines) + "\n"


def _under(title: str, name: str, report: DataReport) -> list[Finding]:
    """What stands under a heading: rows that were gathered are not lost."""
    found: tuple[Finding, ...] = getattr(report, name)
    merged = title == GATHERED
    return [one for one in found if name != "dropped" or one.reason.endswith(MERGED) == merged]


def _totals(report: DataReport) -> list[str]:
    said = in_words(report.totals, report.choices.currency, report.choices.every)
    return [said] if said else []


def in_words(
    found: Mapping[str, Any], currency: str | None = None, every: str | None = None
) -> str:
    """The totals as one sentence; nothing for reports of before there were any.

    `every`: the period of series that have one value in each.
    """
    if not found:
        return ""
    if every:
        return (
            f"{counted(found['customers'], 'series')} with a value for each {every}, "
            f"{counted(found['rows'], 'value')} from {found['first_day']} to {found['last_day']}."
        )
    who, rows = found["who"], found["rows"]
    parts = [counted(found["customers"], who)]
    on = ""
    if found["purchase_days"] is not None:
        days = counted(found["purchase_days"], "day")
        on = f" on {days}" + (f" (each {who}'s own)" if found["customers"] > 1 else "")
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


def _rows(report: DataReport) -> str:
    aside = sum(found.count for found in report.set_aside)
    lost = report.rows_read - report.rows_kept - aside
    merged = sum(found.count for found in report.dropped if found.reason.endswith(MERGED))
    put = f", {aside:,} set aside" if aside else ""
    if merged and report.choices.every:
        more = f", {counted(lost - merged, 'row')} dropped" if lost > merged else ""
        return f"{report.rows_read:,} rows added up to {report.rows_kept:,} values{more}{put}."
    if merged:
        more = f", {counted(lost - merged, 'row')} dropped" if lost > merged else ""
        return (
            f"{report.rows_kept:,} different ones were found in {report.rows_read:,} rows"
            f"{more}{put}."
        )
    return f"{counted(report.rows_read, 'row')} read, {report.rows_kept:,} kept, {lost:,} dropped{put}."


def _taken(one: Mapped, report: DataReport) -> Iterable[str]:
    told = any(f"{one.source!r} was taken for" in warned.sentence for warned in report.warnings)
    why = f": {one.reason}" if one.confidence < SURE and not told else ""
    yield f"  {one.canonical} = {one.source}  ({one.confidence:.0%} sure{why})"
    flag = report.totals.get("flag", "")
    said = [_flag(f"{flag}{one.canonical}={rival}") for rival in one.rivals[:MOST_RIVALS]]
    more = len(one.rivals) - len(said)
    if said:
        others = " or ".join(said) + (f", and {more} more" if more else "")
        yield f"  ! nearly as likely; if it is meant: {others}"


def _flag(pair: str) -> str:
    return f"--column {typed(pair)}"


def _unsaid(found: Sequence[Finding], report: DataReport) -> list[Finding]:
    said = [SAID_BY[one.kind] for one in report.warnings if one.kind in SAID_BY]
    return [one for one in found if not any(re.match(each, one.reason) for each in said)]


def _findings(
    title: str, found: Sequence[Finding], report: DataReport, all_of: str
) -> Iterable[str]:
    if not found:
        return
    yield ""
    yield title
    for one in found[:MOST_REASONS]:
        yield f"  {of_rows(one.count, one.sentence)}"
        if title.startswith(
            "Dropped"
        ):  # whoever reads along may see at a glance whether rightly so
            yield from (f"      {_example(report, *each)}" for each in one.examples[:1])
    if len(found) > MOST_REASONS:
        yield f"  and {len(found) - MOST_REASONS} reasons more ({all_of})"


def _beside(report: DataReport) -> list[str]:
    if not report.beside:
        return []
    flag = report.totals.get("flag", "")
    used = ", ".join(f"{one.canonical} = {one.source}" for one in report.beside)
    none = _flag(f"{flag}{report.beside[0].canonical}=")
    return [f"  and beside: {used}  (leave one out: {none})"]


def _cut(said: Sequence[str], most: int, all_of: str) -> list[str]:
    if len(said) <= most + 1:  # one more takes no more room than to say so
        return [*said]
    return [*said[:most], f"and {len(said) - most} more ({all_of})"]


def _item(found: Finding, report: DataReport) -> list[str]:
    where = ", ".join(str(line) for line, _ in found.examples)
    s = "s" if len(found.examples) > 1 else ""
    said = [f"  - {report.place}{s} {where}"] if where else []
    return [f"- {of_rows(found.count, found.sentence)}", *said]


def _example(report: DataReport, line: int, text: str) -> str:
    return f"{report.place} {line}: {text}" if text else f"{report.place} {line}"


def _code(text: str) -> str:
    # A longer fence than any run of backticks inside keeps the text from ending its own quote.
    fence, pad = "`" * (text.count("`") + 1), " " if "`" in text else ""
    return f"{fence}{pad}{_cell(text)}{pad}{fence}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
