"""What the page shows beyond a bake-off's result: its data, its answers, and the pictures of both."""

from __future__ import annotations

from typing import Any

from stepladder.bakeoff.result import Result, RungResult, judged
from stepladder.core.question import case_word
from stepladder.core.view import Chart, Example, Section, View
from stepladder.money import currency
from stepladder.report import (
    bakeoff_charts,
    captured_chart,
    coverage,
    data_report,
    list_chart,
    planning,
    strip_chart,
    words,
)
from stepladder.report.drawing import Drawn, draw
from stepladder.report.from_result import chart_of
from stepladder.report.meaning import meaning

EXAMPLES = 20


def from_view(result: Result, view: View) -> dict[str, Any]:
    """What the answers of the rung shown mean, the question's own sections, and examples."""
    chart, unit = chart_of(result), currency(view.history.ask)
    reads = [data_report.read(name, table) for name, table in sorted(result.data.items())]
    letter = case_word(judged(result))[0].upper()
    return {
        "meaning": meaning(result, view, chart, unit),
        "scored": chart.scored(view),
        "sections": [_drawn(section) for section in _sections(result, view, chart, unit)],
        "examples": _examples(chart, view, reads, letter),
        "about_examples": chart.about_examples(view),
        "loss_changed": view.loss_changed,
    }


def drawn_of(result: Result, rung: str) -> dict[str, Any]:
    """The pictures of a result, with the rung shown: each takes a while to draw."""
    shown = _shown(result, rung)
    return {
        "exam_picture": _exam(result),
        "calibration_picture": _calibration(shown),
        "coverage": _coverage(shown[0]),
        "shown": shown[0],
    }


def _shown(result: Result, rung: str) -> list[RungResult]:
    """The rung shown and, where it is another, the best."""
    found = {each.rung: each for each in result.rungs}
    return [found[name] for name in dict.fromkeys((rung, result.proposal.best))]


def _exam(result: Result) -> Drawn | None:
    if sum(rung.status == "ok" for rung in result.rungs) < 2 or result.proposal.undecided:
        return None
    if result.lists and result.lists.budget:
        alt = "What each rung's list brought at each cutoff, with 95 % intervals."
        return draw(lambda width: list_chart.cutoffs(result, width), alt)
    alt = "Share of the gain kept by each rung at each cutoff, with 95 % intervals."
    return draw(lambda width: bakeoff_charts.cutoffs(result, width), alt)


def _calibration(shown: list[RungResult]) -> Drawn | None:
    if not shown[0].calibration:
        return None
    alt = "Average forecast against what came on average, in groups of similar forecasts."
    return draw(lambda width: bakeoff_charts.calibration(shown, width), alt)


def _sections(result: Result, view: View, chart: Chart, unit: str) -> list[Section]:
    """What the best brought and what to plan with, then the question's own."""
    people = words.many(case_word(judged(result)))
    return [
        *captured_chart.section(result, view.rung, people, unit),
        *planning.section(result, view, unit),
        *chart.sections(view),
    ]


def _drawn(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "sentence": section.sentence,
        "picture": draw(section.draw, section.alt) if section.draw else None,
        "table": section.table,
    }


def _coverage(rung: RungResult) -> dict[str, Any] | None:
    """How often low to high held what came: overall, and in the group where it did worst."""
    bins = [bin for bin in rung.calibration if bin.covered is not None]
    if not bins:
        return None
    cases = sum(bin.cases for bin in bins)
    overall = sum(bin.cases * (bin.covered or 0.0) for bin in bins) / cases
    worst = min(bins, key=lambda bin: bin.covered or 0.0)
    return {"overall": overall, "worst": worst, "moments": coverage.each_moment(rung)}


def _examples(
    chart: Chart, view: View, reads: list[data_report.Read], letter: str
) -> list[dict[str, Any]]:
    sources = {read.name: read.source for read in reads}
    found = chart.examples(view, EXAMPLES)
    # the first that says why says it openly
    why = next((i for i, each in enumerate(found) if _says_why(each)), -1)
    # one alias for one case, however often it appears
    alias = {key: i for i, key in enumerate(dict.fromkeys(each.key for each in found), 1)}
    return [
        {
            "name": f"{letter}-{alias[example.key]:02}" if view.mask else example.key,
            "alias": alias[example.key],
            "first": i == why,
            "places": max((len(each.entries) for each in example.lists), default=0),
            "example": example,
            "line": strip_chart.line(example.strip) if example.strip else None,
            "rows": words.listed(f"{row:,}" for row in example.rows),
            "source": sources.get(example.table, example.table),
        }
        for i, example in enumerate(found)
    ]


def _says_why(example: Example) -> bool:
    return any(entry.because for each in example.lists for entry in each.entries)
