"""What the page shows of a bake-off's result alone: at once, without its data or a picture to draw."""

from __future__ import annotations

import importlib
from typing import Any, cast

from stepladder.bakeoff.result import Result, Window, judged
from stepladder.core import fading, own_loss
from stepladder.core.ask import Ask
from stepladder.core.question import Question, case_word
from stepladder.core.view import NOT_DECIDED, Chart, Standing
from stepladder.fence.sandbox import LEVELS
from stepladder.money import currency, priced
from stepladder.report import (
    bakeoff_charts,
    cost_table,
    data_report,
    list_ladder,
    list_money,
    measures_table,
    verdict,
    words,
)
from stepladder.report.cautions import asides, cautions
from stepladder.report.glossary import glossary
from stepladder.report.ladder_chart import ladder
from stepladder.report.meaning import called, headline, lead
from stepladder.report.next_steps import next_steps


def chart_of(result: Result) -> Chart:
    """The question's own words for pages."""
    return cast(Chart, importlib.import_module(f"stepladder.questions.{result.question}.chart"))


def from_result(
    result: Result,
    ask: Ask,
    *,
    rung: str = "",
    mask: bool = True,
    standing: Standing = NOT_DECIDED,
    loss_changed: str = "",
) -> dict[str, Any]:
    """What the templates of the headline, ladder, costs, measures, data and glossary need.

    ask: the settings of that bake-off. rung: the one shown, by default the proposed. mask: whether people
    are shown by aliases. standing: what was decided and shipped. loss_changed: that the project's loss is
    another by now, in a sentence. What needs the data is added by `from_view`, pictures by `drawn_of`.
    """
    question, chart, unit = judged(result), chart_of(result), currency(ask)
    chosen = [window for window in result.windows if window.role == "choose"]
    lists = result.lists if result.lists and result.lists.budget else None
    shown = rung or result.proposal.shown
    lines = cost_table.lines(result, chart.MENDED)
    return {
        "result": result,
        "ahead": result.ahead or ask.settings.ahead(result.horizon),
        "fence": LEVELS.get(result.fence),
        "currency": unit,
        "headline": headline(result),
        "shown_rung": shown,
        "how": _how(result),
        "lead": lead(result),
        "footnote": list_money.footnote(result),
        "labels": {one.rung: called(one) for one in result.rungs},
        "undecided": result.proposal.undecided,
        "lists": lists,
        "rough": lists is not None and any(one.rough for one in lists.rungs),
        "saves": lists and ask.good_enough is None and result.good_enough_money is None,
        "ladder": list_ladder.ladder(result, lists, ask)
        if lists
        else ladder(result, unit, chart.COUNTED),
        "faded": fading.SAID.format(people=words.many(case_word(question))),
        "why_not_simpler": verdict.why_not_simpler(result, ask),
        "headings": cost_table.headings(result, chart.ANSWER, unit),
        "lines": lines,
        "running_headings": cost_table.running_headings(chart.ANSWER),
        "rung_remarks": cost_table.remarks(lines, shown),
        "reading": cost_table.reading(result, words.many(case_word(question))),
        "assumptions": cost_table.assumptions(ask.costs, unit),
        "exam": next(window for window in result.windows if window.role == "report"),
        "chosen": chosen,
        "earlier": _marked(chosen, question, chart.ANSWER),
        "single": question.KEYS == question.CASE,
        "of_the_best": bakeoff_charts.of_the_best(result),
        "measures": measures_table.measures(result),
        "answer": chart.ANSWER,
        "case": case_word(question),
        "people": words.many(case_word(question)),
        "gain": question.GAIN,
        "cautions": cautions(result, shown, loss_changed),
        "asides": asides(result),
        "next_steps": next_steps(result, standing),
        "mask": mask and chart.PEOPLE,
        "reads": [data_report.read(name, table) for name, table in sorted(result.data.items())],
        "loss_changed": loss_changed,
        "own_loss": own_loss.text_of(question) and question.LOSS,
        "glossary": glossary(result, priced(ask) is not None, shown),
    }


def _how(result: Result) -> str:
    """What the proposed rung does, in a sentence."""
    return next((words.does(r.title) for r in result.rungs if r.rung == result.proposal.rung), "")


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
