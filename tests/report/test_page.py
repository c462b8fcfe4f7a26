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
from stepladder.core.view import Standing
from stepladder.questions import question_toml as asking
from stepladder.questions import retention
from stepladder.questions.recommend import example_persons, marked
from stepladder.questions.retention import chart
from stepladder.report import captured_chart, data_report, from_view, planning, term_pictures, write
from stepladder.report.cautions import LOOK, asides, cautions
from stepladder.report.example_rows import rows_of
from stepladder.report.expected import expected, off
from stepladder.report.from_result import from_result
from stepladder.report.glossary import glossary
from stepladder.report.ladder_chart import ladder
from stepladder.report.meaning import meaning
from stepladder.report.next_steps import next_steps
from stepladder.report.page import html
from stepladder.report.rendered import rendered
from stepladder.report.words import GLUE, day, days, does, label, money, number, percent, plain

RANDOM = "There is no time: every row was given a random day."
PRICES = '[prices]\nmargin = 0.3\ncost = 1.0\ncurrency = "€"\n'
SAID = ("What it means", "The ladder", "What each rung gives and takes", "The exam", "week by week",
        "Segments", "What to plan with", "How much the best of the customers brought",
        "What people asked for",
        "to learn from", "What was wrong with the data", "Glossary",
        "stepladder bakeoff --again 7", "P(alive)", "ab" * 32)  # fmt: skip


LISTS = ("What it means", "The ladder", "The exam", "came back", "Other ways to look at it", "Hit rate",
         "Whom it helps", "How much of the shelf", "your rules", "excluded by kind: 5", "stranger",
         "What people asked for", "late-comer",
         "because you took", "taken: ", "NDCG", "has no title", "to learn from")  # fmt: skip
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
        forecast = (pc.sum(said["prediction"]).as_py(), worth.expected.sum())
        came = [pc.sum(view.outcome[name]).as_py() for name in ("actual", worth.actual)]
        np.testing.assert_allclose(last, list(zip(forecast, came, strict=True)))
    first = page.split('id="meaning"')[1].split("</ul>")[0]
    purchases, money = expected(result, view, chart)
    at = result.totals[view.rung][0].windows[-1]
    assert re.fullmatch(r"About [\d,]+ purchases", purchases.what)
    assert re.match(r"Plan for [\d,]+ to [\d,]+ purchases: ", purchases.plan)
    assert (
        f"{round(at.forecast):,} were forecast and {round(at.came):,} came: {off(at)}"
        in purchases.last
    )
    ratio = at.came / at.forecast
    said = float(purchases.what.split()[1].replace(",", ""))
    again = float(re.search(r"plan for about ([\d,]+)", purchases.last)[1].replace(",", ""))
    assert again == pytest.approx(said * ratio, rel=0.05)
    assert "in the currency of your data" in money.plan  # nobody said which
    assert all(
        each in first for one in (purchases, money) for each in (one.what, one.plan, one.last)
    )
    plans = page.split("What to plan with</h2>")[1]
    assert "what was forecast of purchases lay" in plans
    assert "Keep lists in their order" in plans


def test_of_a_bakeoff_of_before_nothing_is_said_that_it_did_not_keep(toy):
    raw = {k: v for k, v in to_json(toy[0]).items() if k not in ("totals", "captured")}
    old, view = from_json(raw), toy[1]
    (bare,) = expected(old, view, chart)
    assert (bare.what != "", bare.plan) == (True, "")
    assert "were forecast and" in bare.last
    assert planning.section(old, view, "") == []
    assert captured_chart.section(old, view.rung, "customers", "") == []
    assert "What to plan with" not in " ".join(meaning(old, view, chart, ""))


def test_every_caution_stands_once_and_ends_in_what_to_do(toy):
    """A warning about money stands in one sentence with how far the total of money strayed."""
    result, view = toy
    warning = "Money: frequent buyers spend more. Compare them with one another."
    rungs = tuple(dataclasses.replace(r, warnings=(warning, "It is odd.")) for r in result.rungs)
    notes = ("Only so many cases could be scored at the cutoffs: 9. Take it as a rehearsal.",
             "What came swung. Ask again.", "What came swung. Ask again.", "Totals: they strayed.",
             "The reference, which every rung must beat, is r1_same_for_all.")  # fmt: skip
    found = cautions(dataclasses.replace(result, rungs=rungs, notes=notes), view.rung)
    assert [one.do for one in found] == [
        "Take it as a rehearsal.", "Compare them with one another.", LOOK, "Ask again."]  # fmt: skip
    assert [one.loud for one in found] == [True, False, False, False]
    last = result.totals[view.rung][1].windows[-1]
    assert f"was {off(last)} last time ({round(last.forecast):,} forecast" in found[1].said
    assert "Within the total: frequent buyers" in found[1].said
    (aside,) = asides(dataclasses.replace(result, notes=notes))
    assert "“Same for all”" in aside


def test_the_next_step_is_what_has_not_been_done(toy, lists):
    rung = toy[0].proposal.shown
    steps = {
        standing: [(s.what, s.command.split()[1]) for s in next_steps(toy[0], standing)]
        for standing in (Standing(), Standing(rung), Standing(rung, rung))
    }
    assert [*steps.values()] == [
        [("decide", "decide"), ("list", "predict")],
        [("list", "predict"), ("ship", "ship")],
        [("list", "predict"), ("watch", "watch")],
    ]
    assert f"stepladder decide {rung} " in next_steps(toy[0], Standing())[0].command
    assert "--top" in next_steps(toy[0], Standing())[1].command
    assert "--top" not in next_steps(lists[0], Standing())[1].command  # of lists nobody is ranked
    none = dataclasses.replace(toy[0], proposal=dataclasses.replace(toy[0].proposal, rung=""))
    assert [step.what for step in next_steps(none, Standing())] == ["bakeoff"]


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
    assert len(set(re.findall(r"shopper@\d+", bare))) in (5, 6)  # one newcomer stands there twice
    assert "secret-line" not in bare
    assert "line 17" in bare


def test_what_needs_no_data_stands_on_the_page_as_it_does_alone(either, page):
    result, view = either
    alone = from_result(result, view.history.ask, rung=view.rung)
    for name in ("ladder", "costs", "measures", "data"):
        assert rendered("stepladder.report", name, alone) in page


def test_six_customers_each_of_another_kind_and_the_rows_they_come_from(toy):
    """One is missed, one expected about twice; under each stand rows of theirs, and not who they are."""
    view = toy[1]
    found = chart.examples(view, from_view.EXAMPLES)
    kinds = {each.kind: each for each in found}
    assert len(found) == 6
    assert {"biggest miss", "about two expected", "highest forecast", "one-timer"} <= kinds.keys()
    assert kinds["about two expected"].facts[0][1] in ("1.9", "2.0", "2.1")
    rows = rows_of(retention, view, found)
    for each in found:
        table = rows.of("purchases", each.rows)
        assert table.headings == ("row", "day", "value")
        theirs = view.history.sql(f"select row from purchases where customer = '{each.key}'")
        named = [int(cells[0].replace(",", "")) for cells in table.rows]
        assert set(named) <= set(theirs["row"].to_pylist()) & set(each.rows)
        assert len(named) == min(len(each.rows), 5)


def test_a_word_says_what_it_is_here_and_shows_it(either):
    result, view = either
    terms = {term.slug: term for term in glossary(result, priced=False, rung=view.rung)}
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one) for one in terms)
    best, shown = (next(r for r in result.rungs if r.rung == name)
                   for name in (result.proposal.best, view.rung))  # fmt: skip
    gain = terms["share-of-the-gain"]
    assert f"of what “{label(best.rung, best.title)}” gains" in gain.here
    assert gain.picture.count("<rect") == sum(r.status == "ok" for r in result.rungs)
    assert day(result.windows[-1].now) in terms["exam"].here
    held = [bin for bin in shown.calibration if bin.covered is not None]
    inside = sum(b.cases * b.covered for b in held) / max(sum(b.cases for b in held), 1)
    assert ("low-and-high" in terms) == bool(held)
    if held:
        assert terms["low-and-high"].picture.count('class="on"') == round(100 * inside)
    assert "&lt;b&gt;" in term_pictures.bars([("<b>", 1.0)], "<i>")
    assert "<i>" not in term_pictures.bars([("<b>", 1.0)], "<i>")


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
    assert "You decided for “Customers in fifths (RFM quintiles)”" in html(
        result, dataclasses.replace(view, rung=other)
    )


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
    title = "Pace and leaving: each buys at their own rate (BG/NBD)."
    assert label("r3_bg_nbd", title) == "Pace and leaving (BG/NBD)"
    assert (plain("r3_bg_nbd", title), does(title)) == (
        "Pace and leaving",
        "Each buys at their own rate.",
    )
    assert label("r1_our_rule", "Whoever bought lately: yes.") == "Whoever bought lately"
    assert label("r1_our_rule", "Whoever bought in any of the last thirty days: yes.") == "Our rule"
