"""What a person sees of forecasts: the page of articles in shops, the first look, how words count time."""

from __future__ import annotations

import re
from html import unescape

import pyarrow.parquet as pq

import stepladder
from stepladder import questions
from stepladder.core.question import glance
from stepladder.questions.forecast.figures import figure
from stepladder.questions.question_toml import parse


def text(page: str) -> str:
    """The page's words, one blank between them."""
    plain = re.sub(r"<(style|svg)\b.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", plain)))


def test_the_page_says_what_all_come_to_who_needs_more_and_what_last_time_was(project, tmp_path):
    """Every sentence's figures are worked out again here, from files alone."""
    page = stepladder.write_report(project, to=tmp_path / "report.html").read_text()
    said = text(page)
    for title in (
        "All together", "By shop", "All series at once", "The nearest, the middle one and the furthest off",
        "The 12 that were missed by most", "Between low and high, 95 of 100 meant", "Off, by shop",
        "looking 2 weeks ahead",
    ):  # fmt: skip
        assert title in said.replace("14 days ahead", "2 weeks ahead"), title
    rows = pq.read_table(stepladder.predict(project)).to_pylist()
    total = sorted((row for row in rows if row["level"] == "total"), key=lambda row: row["time"])
    assert (
        f"All together: about {figure(total[0]['prediction'])} in the next day (80 times in 100 between "
        f"{figure(total[0]['low80'])} and {figure(total[0]['high80'])}), and about "
        f"{figure(sum(row['prediction'] for row in total))} over all 14 days" in said
    )
    for shop in ("Berlin", "Bonn", "Köln", "Ulm"):
        assert re.search(
            rf"{shop} [\d,]+ {figure(sum(r['prediction'] for r in rows if r['series'] == shop))} ",
            said,
        )
    found = re.search(
        r"of 672 values at the exam (\d+) \((\d+) of 100\) lay in the wide range", said
    )
    assert found, "what last time was"
    covered = next(m for m in _shown(project).measures if m.name == "coverage95")
    assert int(found[1]) == round(672 * covered.value)
    need = re.search(
        r"At the exam (\d+) of 48 series needed nothing more than “Last \w+”; for the other (\d+)",
        said,
    )
    assert need
    assert int(need[1]) + int(need[2]) == 48
    assert "r1_last" not in said.split("The ladder")[0]
    assert "seriess" not in said


def _shown(project):
    result = project.result()
    return next(row for row in result.rungs if row.rung == "r3_smoothed")


def test_the_first_look_has_the_total_and_the_largest(project):
    rows = pq.read_table(stepladder.predict(project))
    lines = glance(questions.load("forecast"), [rows], project.ask)
    assert lines[0].startswith("48 series, 14 days from 2021-06-14 on")
    assert lines[1].startswith("All together: about ")
    assert len(lines) == 2 + 1 + 5 + 1 + 5
    by_series: dict = {}
    for row in rows.to_pylist():
        if row["level"] == "article":
            by_series[row["series"]] = by_series.get(row["series"], 0) + row["prediction"]
    largest = max(by_series, key=lambda name: by_series[name])
    assert lines[3].startswith(f"  {largest}: about {figure(by_series[largest])} over 14 days; ")


def test_a_horizon_is_said_in_the_series_own_periods():
    months = parse('question = "forecast"\nhorizon = 365\n[forecast]\nevery = "month"\n')
    assert months.ahead == "12 months"
    assert parse('question = "retention"\nhorizon = 91\n').ahead == "13 weeks"
