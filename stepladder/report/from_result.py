"""What the page shows of a bake-off's result alone: at once, without its data or a picture to draw."""

from __future__ import annotations

import importlib
from typing import Any, cast

from stepladder.bakeoff.result import Result, Window, judged
from stepladder.core import own_loss
from stepladder.core.ask import Ask
from stepladder.core.question import Question, case_word
from stepladder.core.view import Chart
from stepladder.fence.sandbox import LEVELS
from stepladder.money import currency, priced
from stepladder.report import (
    cost_table,
    data_report,
    list_ladder,
    list_money,
    measures_table,
    words,
)
from stepladder.report.glossary import glossary
from stepladder.report.ladder_chart import ladder
from stepladder.report.meaning import called, few, headline, lead, remarks


def chart_of(result: Result) -> Chart:
    """The question's own words for pages."""
    return cast(Chart, importlib.import_module(f"stepladder.questions.{result.question}.chart"))


def from_result(result: Result, ask: Ask, *, rung: str = "", mask: bool = True) -> dict[str, Any]:
    """What the templates of the headline, ladder, costs, measures, data and glossary need.

    ask: the settings of that bake-off. rung: the one shown, by default the proposed. mask: whether people
    are shown by aliases. What needs the data is added by `from_view`, pictures by `drawn_of`.
    """
    question, chart, unit = judged(result), chart_of(result), currency(ask)
    chosen = [window for window in result.windows if window.role == "choose"]
    lists = result.lists if result.lists and result.lists.budget else None
    lines = cost_table.lines(result, chart.MENDED)
    return {
        "result": result,
        "ahead": result.ahead or ask.settings.ahead(result.horizon),
        "fence": LEVELS.get(result.fence),
        "currency": unit,
        "headline": headline(result),
        "shown_rung": rung or result.proposal.shown,
        "proposed": next((one for one in result.rungs if one.rung == result.proposal.rung), None),
        "lead": lead(result),
        "footnote": list_money.footnote(result),
        "labels": {one.rung: called(one) for one in result.rungs},
        "undecided": result.proposal.undecided,
        "lists": lists,
        "rough": lists is not None and any(one.rough for one in lists.rungs),
        "saves": lists and ask.good_enough is None and result.good_enough_money is None,
        "ladder": list_ladder.ladder(result, lists, ask) if lists else ladder(result, unit),
        "headings": cost_table.headings(result, chart.ANSWER, unit),
        "lines": lines,
        "rung_remarks": cost_table.remarks(lines),
        "reading": cost_table.reading(result, words.many(case_word(question))),
        "assumptions": cost_table.assumptions(ask.costs, unit),
        "exam": next(window for window in result.windows if window.role == "report"),
        "chosen": chosen,
        "earlier": _marked(chosen, question, chart.ANSWER),
        "single": question.KEYS == question.CASE,
        "measures": measures_table.measures(result),
        "answer": chart.ANSWER,
        "case": case_word(question),
        "people": words.many(case_word(question)),
        "gain": question.GAIN,
        "loud": [*data_report.loud(result.data), *few(result)],
        "remarks": remarks(result),
        "mask": mask and chart.PEOPLE,
        "reads": [data_report.read(name, table) for name, table in sorted(result.data.items())],
        "own_loss": own_loss.text_of(question) and question.LOSS,
        "glossary": glossary(question, priced(ask) is not None),
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
