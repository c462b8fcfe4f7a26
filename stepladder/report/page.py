"""Write the report: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, cast

from stepladder.bakeoff.result import Result, RungResult, Window, judged
from stepladder.core import files, own_loss
from stepladder.core.question import Question, case_word
from stepladder.core.view import Chart, Example, Section, View
from stepladder.fence.sandbox import LEVELS
from stepladder.money import currency, priced
from stepladder.report import (
    bakeoff_charts,
    captured_chart,
    cost_table,
    coverage,
    data_report,
    evidence,
    list_chart,
    list_ladder,
    list_money,
    measures_table,
    planning,
    strip_chart,
    words,
)
from stepladder.report.drawing import Drawn, draw
from stepladder.report.glossary import glossary
from stepladder.report.ladder_chart import ladder
from stepladder.report.meaning import called, few, headline, lead, meaning, remarks
from stepladder.report.rendered import rendered

EXAMPLES = 20


def write(result: Result, view: View, path: str | Path) -> Path:
    """Write the page for a bake-off and return where it is; the same input gives the same bytes.

    The file appears whole or not at all.
    """
    target = Path(path)
    files.write(target, html(result, view))
    return target


def html(result: Result, view: View) -> str:
    """The page as text."""
    return rendered("stepladder.report", "page", _contents(result, view))


def _contents(result: Result, view: View) -> dict[str, Any]:
    question = judged(result)
    chart = cast(Chart, importlib.import_module(f"stepladder.questions.{result.question}.chart"))
    unit, costs = currency(view.history.ask), view.history.ask.costs
    shown = _shown(result, view.rung)
    chosen = [window for window in result.windows if window.role == "choose"]
    lists = result.lists if result.lists and result.lists.budget else None
    ask = view.history.ask
    lines = cost_table.lines(result, chart.MENDED)
    reads = [data_report.read(name, table) for name, table in sorted(result.data.items())]
    return {
        "result": result,
        "ahead": result.ahead or ask.settings.ahead(result.horizon),
        "fence": LEVELS.get(result.fence),
        "currency": unit,
        "headline": headline(result),
        "shown_rung": view.rung,
        "proposed": next(
            (rung for rung in result.rungs if rung.rung == result.proposal.rung), None
        ),
        "lead": lead(result),
        "footnote": list_money.footnote(result),
        "meaning": meaning(result, view, chart, unit),
        "labels": {rung.rung: called(rung) for rung in result.rungs},
        "undecided": result.proposal.undecided,
        "lists": lists,
        "rough": lists is not None and any(one.rough for one in lists.rungs),
        "saves": lists and ask.good_enough is None and result.good_enough_money is None,
        "ladder": list_ladder.ladder(result, lists, ask) if lists else ladder(result, unit),
        "headings": cost_table.headings(result, chart.ANSWER, unit),
        "lines": lines,
        "rung_remarks": cost_table.remarks(lines),
        "reading": cost_table.reading(result, words.many(case_word(question))),
        "assumptions": cost_table.assumptions(costs, unit),
        "exam": next(window for window in result.windows if window.role == "report"),
        "chosen": chosen,
        "earlier": _marked(chosen, question, chart.ANSWER),
        "single": question.KEYS == question.CASE,
        "scored": chart.scored(view),
        "exam_picture": _exam(result),
        "calibration_picture": _calibration(shown),
        "coverage": _coverage(shown[0]),
        "measures": measures_table.measures(result),
        "shown": shown[0],
        "sections": [_drawn(section) for section in _sections(result, view, chart, unit)],
        "examples": _examples(chart, view, reads, case_word(question)[0].upper()),
        "about_examples": chart.about_examples(view),
        "answer": chart.ANSWER,
        "case": case_word(question),
        "people": words.many(case_word(question)),
        "gain": question.GAIN,
        "loud": [*data_report.loud(result.data), *few(result)],
        "remarks": remarks(result),
        "mask": view.mask,
        "prediction": question.PREDICTION.format(horizon=result.horizon),
        "cutoff": view.cutoff,
        "reads": reads,
        "loss_changed": view.loss_changed,
        "own_loss": own_loss.text_of(question) and question.LOSS,
        "checks": evidence.check_lines(result, view.asked),
        "fared": evidence.fared(result, unit),
        "glossary": glossary(question, priced(view.history.ask) is not None),
    }


def _marked(chosen: list[Window], question: Question, answer: str) -> str:
    """How many could be marked when the rungs were compared: "At each of the earlier moments 148 series"."""
    several = (
        question.KEYS != question.CASE and question.INTERVALS
    )  # several forecasts are one's mark
    what = words.many(case_word(question)) if several else f"{answer}s"
    counts = [words.number(window.scored) for window in chosen]
    if len(set(counts)) == 1 < len(counts):
        return f"At each of the earlier moments {counts[0]} {what}"
    return f"At the earlier moments {words.listed(counts)} {what}"


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
