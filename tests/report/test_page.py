"""The page holds together whatever the figures, gives nothing away, and is the same twice."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pages import elsewhere

from stepladder.bakeoff.result import from_json, to_json
from stepladder.questions import question_toml as asking
from stepladder.questions import retention
from stepladder.questions.recommend import example_persons, marked
from stepladder.questions.retention import chart
from stepladder.report import captured_chart, data_report, planning, write
from stepladder.report.from_result import from_result
from stepladder.report.ladder_chart import ladder
from stepladder.report.meaning import meaning
from stepladder.report.page import html
from stepladder.report.rendered import rendered
from stepladder.report.words import GLUE, days, label, money, number, percent

RANDOM = "There is no time: every row was given a random day."
PRICES = '[prices]\nmargin = 0.3\ncost = 1.0\ncurrency = "€"\n'
SAID = ("What it means", "The ladder", "What each rung gives and takes", "The exam", "week by week",
        "Segments", "What to plan with", "How much the best of the customers brought",
        "to learn from", "What was wrong with the data", "Glossary",
        "stepladder bakeoff --again 7", "P(alive)", "ab" * 32)  # fmt: skip


LISTS = ("What it means", "The ladder", "The exam", "came back", "Other ways to look at it", "Hit rate",
         "Whom it helps", "How much of the shelf", "your rules", "excluded by kind: 5", "stranger",
         "late-comer", "because you took", "taken: ", "NDCG", "has no title", "to learn from")  # fmt: skip
ONLY_FORECASTS = ("Low and high", "customers", "forecast", "mean 2?")


FETCHING = (
    '<script src="https://x/a.js"></script>', '<link href=//x/a.css>', '<img src="http://x/a.png">',
    '<style>@import "https://x/a.css";</style>', "<style>@font-face { src: url('//x/a.woff') }</style>",
    '<p style="background: url(https://x/a.png)">', '<svg><image xlink:href="https://x"/></svg>',
    '<meta http-equiv="refresh" content="0; url=https://x">', '<base href="https://x/">',
)  # fmt: skip


def test_nothing_is_fetched_from_elsewhere(page):
    assert elsewhere(page) == []
    for fetching in FETCHING:  # and what would be is found
        assert len(elsewhere(page.replace("</main>", f"{fetching}</main>"))) == 1, fetching


@pytest.mark.parametrize("either", ["toy"], indirect=True)
def test_everything_asked_for_is_there(page):
    for words in SAID:
        assert words in page, words


@pytest.mark.parametrize("either", ["toy"], indirect=True)
def test_a_total_stands_beside_how_far_totals_strayed_in_every_window(toy, page):
    """Of purchases and of money, for the rung shown; the figures are those of the stored answers."""
    result, view = toy
    for rung, said in view.at_cutoff.items():
        count, money = result.totals[rung]
        worth = retention.worth(said, view.exam.known)
        assert [at.role for at in count.windows][-2:] == ["choose", "report"]
        last = [(total.windows[-1].forecast, total.windows[-1].came) for total in (count, money)]
        expected = (pc.sum(said["prediction"]).as_py(), worth.expected.sum())
        came = [pc.sum(view.outcome[name]).as_py() for name in ("actual", worth.actual)]
        np.testing.assert_allclose(last, list(zip(expected, came, strict=True)))
    list_of = page.split('id="meaning"')[1].split("</ul>")[0]
    assert re.search(r"Plan for [\d,]+ to [\d,]+ purchases and [\d,]+ to [\d,]+ in money:", list_of)
    assert "The exam: for the time" not in list_of  # each window has its line where one plans
    plans = page.split("What to plan with</h2>")[1]
    assert "what was forecast of purchases lay" in plans
    assert "The order within a list is not touched" in plans


def test_of_a_bakeoff_of_before_nothing_is_said_that_it_did_not_keep(toy):
    raw = {k: v for k, v in to_json(toy[0]).items() if k not in ("totals", "captured")}
    old, view = from_json(raw), toy[1]
    assert planning.sentence(old, view, "") == ""
    assert planning.section(old, view, "") == []
    assert captured_chart.section(old, view.rung, "customers", "") == []
    assert "What to plan with" not in " ".join(meaning(old, view, chart, ""))


@pytest.mark.parametrize("either", ["lists"], indirect=True)
def test_a_page_of_lists_has_its_own_and_no_word_of_forecasts(lists, page):
    for words in LISTS:
        assert words in page, words
    body = page.split("<body>")[1].split('id="reproduce"')[0].replace(lists[0].words, "")
    for words in ONLY_FORECASTS:
        assert words not in body.replace("have no customer", ""), words


def test_marks_in_the_lists_are_what_really_came(lists):
    """Of every example the ticks are the hits that the loss counted, and a title is never endless."""
    view = lists[1]
    marks = marked.lists(view, view.rung)
    hits = dict(zip(zip(marks.person.to_pylist(), marks.asked.to_pylist(), strict=True),
                    marks.hit.tolist(), strict=True))  # fmt: skip
    found = example_persons.pick(view, 8)
    assert {"regular", "stranger", "late-comer", "biggest miss"} <= {each.kind for each in found}
    for each in found:
        own = next(column for column in each.lists if column.shown)
        asked = " stranger" if each.kind == "stranger" else each.key
        assert sum(entry.hit for entry in own.entries) == hits.get((each.key, asked), 0), each.kind
        assert all(len(entry.title) <= 46 for column in each.lists for entry in column.entries)
        assert {column.heading for column in each.lists} == {
            "Bestsellers",
            "Trending",
            "Also bought",
        }
    assert found == example_persons.pick(view, 8)


@pytest.mark.parametrize("either", ["lists"], indirect=True)
def test_made_up_days_are_told_before_anything_else(lists, page):
    result, view = lists
    report = {**result.data["interactions"]["report"], "notes": [RANDOM]}
    data = {**result.data, "interactions": {**result.data["interactions"], "report": report}}
    told = html(dataclasses.replace(result, data=data), view)
    assert RANDOM in told.split("<main>")[0]
    assert "Read this first" not in page


def test_on_too_few_people_it_is_a_rehearsal(lists):
    note = "Only so many cases could be scored at the cutoffs: 9, 12."
    page = html(dataclasses.replace(lists[0], notes=(note,)), lists[1])
    assert "A rehearsal" in page
    assert page.count(note) == 1


def test_a_list_page_holds_whichever_rung_is_shown(lists):
    for name in lists[1].at_cutoff.keys() - {lists[1].rung}:  # that one is `page`
        page = html(*rung(lists, name))
        assert "to learn from" in page
        assert "Whom it helps" in page


def test_rows_gathered_into_one_are_not_called_lost():
    again = {"reason": "item again", "count": 90, "sentence": "…", "examples": []}
    report = {"source": "x.csv", "rows_read": 100, "rows_kept": 10, "dropped": [again], "changed": [],
              "mapping": []}  # fmt: skip
    found = data_report.read("items", {"report": report})
    assert "10 items were found in 100 rows" in found.sentence
    assert found.findings == ()


def test_it_needs_nothing_else_and_is_small(page):
    assert len(page.encode()) < 300_000
    assert not re.search(r"""(src|href)=["'](?!#)|url\((?!#)|@import|<script|\sstyle=""", page)
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src &#39;sha256-{digest}" in page or f"style-src 'sha256-{digest}'" in page


def test_the_same_result_gives_the_same_bytes_even_through_the_record(either, page, tmp_path):
    result, view = either
    again = write(from_json(to_json(result)), view, tmp_path / "report.html")
    assert again.read_text(encoding="utf-8") == page
    assert list(tmp_path.iterdir()) == [again]


def test_what_others_wrote_is_shown_and_never_run(page):
    assert "&lt;script&gt;alert" in page
    assert "<b>" not in page


def test_customers_are_masked_unless_asked_and_source_lines_are_never_shown(either, page):
    assert "shopper" not in page
    assert "secret-line" not in page
    bare = html(either[0], dataclasses.replace(either[1], mask=False))
    assert len(set(re.findall(r"shopper@\d+", bare))) in (7, 20)  # one newcomer stands there twice
    assert "secret-line" not in bare
    assert "line 17" in bare


def test_what_needs_no_data_stands_on_the_page_as_it_does_alone(either, page):
    result, view = either
    alone = from_result(result, view.history.ask, rung=view.rung)
    for name in ("ladder", "costs", "measures", "data"):
        assert rendered("stepladder.report", name, alone) in page


def test_no_two_ids_are_equal(page):
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def rung(toy, name):
    result, view = toy
    proposal = dataclasses.replace(result.proposal, rung=name)
    return dataclasses.replace(result, proposal=proposal), dataclasses.replace(view, rung=name)


def test_the_reference_may_win(toy):
    assert "Keep “Same for all”" in html(*rung(toy, "r1_same_for_all"))


def test_a_decision_for_another_rung_is_said(toy):
    result, view = toy
    other = next(r.rung for r in result.rungs if r.height == 2)
    assert "You decided for “RFM quintiles”" in html(result, dataclasses.replace(view, rung=other))


def test_a_rung_that_gives_only_a_number_is_enough(toy):
    result, view = rung(toy, "r2_rfm_quintiles")
    page = html(result, dataclasses.replace(view, at_cutoff=bare(view.at_cutoff),
                                            at_now=bare(view.at_now), models={}))  # fmt: skip
    assert "to learn from" in page
    assert "Segments" not in page


def bare(tables):
    return {
        name: pa.table({c: table[c] if c in ("customer", "prediction")
                        else pa.nulls(table.num_rows, table[c].type) for c in table.column_names})
        for name, table in tables.items()
    }  # fmt: skip


def test_a_margin_in_money_has_no_band(toy):
    result, view = toy
    text = result.settings.replace("words", "good_enough_money = 1000\nwords") + PRICES
    history = dataclasses.replace(view.history, ask=asking.parse(text))
    page = html(dataclasses.replace(result, good_enough_money=1000.0),
                dataclasses.replace(view, history=history))  # fmt: skip
    assert 'class="band"' not in page
    assert f"160{GLUE}€" in page
    assert "Money a year, €" in page


def test_shares_beyond_reason_stay_in_the_picture(toy):
    result = toy[0]
    wild = [dataclasses.replace(r, choose=r.choose and dataclasses.replace(
        r.choose, worse=-3.0, worse_low=-40.0, worse_high=25.0)) for r in result.rungs]  # fmt: skip
    found = ladder(dataclasses.replace(result, rungs=tuple(wild)), "")
    places = [x for step in found.steps for x in (step.low, step.at, step.high)]
    assert all(0 <= x <= 100 for x in (*places, found.zero, found.all))


def test_figures_are_written_as_people_say_them():
    assert [number(x) for x in (1_234_567, 23_570, 3.456, 12.34, 0.0561, 0)] == [
        "1.2 million", "23,570", "3.46", "12.3", "0.056", "0"]  # fmt: skip
    assert [percent(x).replace(GLUE, " ") for x in (0.034, 0.451, -0.007, 0.0001)] == [
        "3.4 %", "45 %", "−0.7 %", "0 %"]  # fmt: skip
    assert (money(640.2), days(91), days(45)) == ("640", "13 weeks", "45 days")
    assert label("r2_rfm_quintiles") == "RFM quintiles"
    assert label("r3_ease", "Such as (EASE).") == "EASE"
    assert label("r3_mbg_cnbd", "A pace of their own (MBG/CNBD-k).") == "MBG/CNBD-k"
    assert label("r3_bg_nbd", "Each buys at their own rate (BG/NBD).") == "BG/NBD"
