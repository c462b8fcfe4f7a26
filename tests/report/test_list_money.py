"""Money on the page and in the terminal: what lists brought, and silence where nothing separates."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest
from markupsafe import Markup, escape
from rich.console import Console

from stepladder.bakeoff.lists import Brought, Listed, Lists, Money
from stepladder.questions import question_toml as asking
from stepladder.report import cost_table, from_view, list_chart, list_ladder, list_money, page
from stepladder.report.drawing import Drawn, draw
from stepladder.report.meaning import headline
from stepladder.report.words import GLUE
from stepladder.terminal import ladder

PRICES = '[prices]\nmargin = 0.25\ncost = 4.0\ncurrency = "GBP"\ncontacts = 500\n'


def amount(value, low=0.8, high=1.2):
    return Money(value, value * low, value * high)


def brought(value):
    return Brought(
        amount(value), amount(value * 1.4), tuple(map(amount, (value, value, 1.4 * value)))
    )


@pytest.fixture(scope="module")
def priced(toy):
    """The toy's bake-off as if it had been asked with a budget: the higher the rung, the more it brought."""
    result, view = toy
    ran = [rung for rung in result.rungs if rung.choose]
    found = {rung.rung: 20_000.0 * rung.height - 2_300 for rung in ran}
    found[result.proposal.reference] = 17_693.0
    most = found[result.proposal.best]
    rungs = tuple(
        Listed(name, 500, brought(mine), amount(most - mine), False) for name, mine in found.items()
    )
    lists = Lists(
        500.0, 500, 4338, True, 1.0, "GBP", 4180, 0, brought(17_693.0), brought(99_999.0), rungs
    )
    ask = asking.parse(result.settings + PRICES)
    costs = [
        rung.cost and dataclasses.replace(rung.cost, regret_per_year=4321.0)
        for rung in result.rungs
    ]
    rungs = tuple(dataclasses.replace(r, cost=c) for r, c in zip(result.rungs, costs, strict=True))
    proposal = dataclasses.replace(result.proposal, sentence="We propose it.")
    made = dataclasses.replace(result, lists=lists, rungs=rungs, proposal=proposal)
    history = dataclasses.replace(view.history, ask=ask)
    return made, dataclasses.replace(view, history=history)


@pytest.fixture
def undrawn(monkeypatch):
    """The page without its pictures, which take seconds: what each shows in their place."""
    monkeypatch.setattr(from_view, "draw", lambda chart, alt: Drawn(escape(alt), Markup()))


def rough(result):
    lists = result.lists
    each = tuple(dataclasses.replace(one, rough=True) for one in lists.rungs)
    return dataclasses.replace(result, lists=dataclasses.replace(lists, rungs=each))


def undecided(result):
    reference = result.proposal.reference
    proposal = dataclasses.replace(
        result.proposal, rung=reference, good_enough=(reference,), sentence="Keep it."
    )
    return dataclasses.replace(result, proposal=proposal)


def printed(result):
    console = Console(width=80, file=io.StringIO())
    console.print(ladder.table(result))
    for line in ladder.said(result):
        console.print(line)
    return " ".join(console.file.getvalue().split())


def test_a_page_with_a_budget_speaks_of_money_per_decision_and_of_no_share(priced, undrawn):
    said = page.html(*priced).split("<body>")[1].split('id="glossary"')[0].replace(GLUE, " ")
    shown = priced[0].lists.of(priced[0].proposal.shown).brought.choose
    assert f"brought {shown.amount:,.0f} GBP after the cost of the contacts" in said
    assert "and at random 17,693" in said
    assert "Brought per decision, GBP" in said
    assert "GBP per decision" in said
    for word in ("Gives up", "of the gain", "Mistakes", "Gave up"):
        assert word not in said, word
    assert 'class="whisker"' in said
    assert "brought at each cutoff" in said
    drawn = draw(lambda width: list_chart.cutoffs(priced[0], width), "a picture")
    assert "20k" in drawn.narrow.replace(" ", "")


def test_money_comes_first_and_hindsight_is_small_print_at_the_end(priced, undrawn):
    """The first words below the headline are what the list brought; what nobody can know is a footnote."""
    said = page.html(*priced).split("<body>")[1]
    after = said.split('class="proposal"')[1].split("</p>")[1].strip()
    assert after.startswith('<p class="lead">The 500 customers chosen by “')
    bullets = said.split('<ul class="meaning">')[1].split("</ul>")[0]
    assert (
        "<li>In the exam, on a date that played no part in choosing: " in bullets.split("</li>")[0]
    )
    assert bullets.index("GBP and ") < bullets.index(
        "purchases: "
    )  # of the totals money comes first too
    assert "hindsight" not in bullets
    assert "With hindsight" in said.split('<ul class="meaning">')[1].split("</section>")[0]
    assert bullets.count("<li>") <= 6
    console = Console(width=80, file=io.StringIO())
    for line in (*ladder.said(priced[0]), *ladder.footnote(priced[0])):
        console.print(line)
    assert console.file.getvalue().startswith("The 500 customers chosen by r")
    assert "hindsight" in console.file.getvalue().split("decision;")[1]


def test_a_table_with_a_budget_has_its_unit_in_the_heading_and_ranges_in_small_print(priced):
    result = priced[0]
    headings = cost_table.headings(result, "forecast", "GBP")
    assert [name for name in headings if "GBP" in name] == [
        "Brought per decision, GBP", "Less than the best, GBP", "Brought in the exam, GBP",
        "Money a year, GBP",
    ]  # fmt: skip
    lines = [line for line in cost_table.lines(result, "") if line.figures]
    assert {len(line.figures) for line in lines} == {len(headings)}
    for line in lines:
        mine = result.lists.of(line.name).brought.choose
        assert line.figures[0].said == f"{mine.amount:,.0f}"
        assert line.figures[0].range == f"{mine.low:,.0f} to {mine.high:,.0f}"
    notes = [dataclasses.replace(line, notes=("Spend 13% more.",)) for line in lines]
    (said,) = cost_table.remarks(notes).items()  # what is said of all is said once
    assert said[0] == f"Spend 13{GLUE}% more."
    assert all(line.label in said[1] for line in lines)


@pytest.mark.parametrize("width", [390, 1200])
def test_the_table_with_a_budget_is_read_without_scrolling(priced, undrawn, browser, width):
    window = browser.new_page(viewport={"width": width, "height": 900})
    window.set_content(page.html(*priced))
    wide = "[document.documentElement, document.querySelector('.costs').parentElement]"
    assert window.evaluate(f"Math.max(...{wide}.map(e => e.scrollWidth - e.clientWidth))") <= 0
    window.close()


def test_the_page_and_the_terminal_say_how_far_each_rung_is_below_the_best(priced):
    result, view = priced
    drawn = list_ladder.ladder(result, result.lists, view.history.ask)
    sql = next(step for step in drawn.steps if step.height == 2)
    less = result.lists.of("r2_rfm_quintiles").below_best
    assert sql.range == f"{less.amount:,.0f} less: {less.low:,.0f} to {less.high:,.0f}"
    assert drawn.zero < sql.low < sql.at < sql.high < drawn.all
    assert f"({less.low:,.0f}…{less.high:,.0f})" in printed(result)
    assert "%" not in re.sub(r"95 %", "", printed(result))


def test_with_few_contacts_every_range_is_said_to_be_rough(priced):
    result, view = rough(priced[0]), priced[1]
    assert "fewer than 100 contacts the ranges are rough" in list_money.footnote(result)
    assert "(~" in printed(result)
    assert "(roughly " in list_money.lead(result, str)
    assert "(roughly " in list_money.exam(result, str)
    steps = list_ladder.ladder(result, result.lists, view.history.ask).steps
    assert all("roughly" in step.range for step in steps if "less:" in step.range)
    ranges = [one.range for line in cost_table.lines(result, "") for one in line.figures]
    assert all(said.startswith("roughly") for said in ranges if " to " in said)


@pytest.mark.parametrize("times", [1e-7, 1.0, 100.0, 1e9])
def test_money_of_any_size_can_be_read_in_eighty_columns(priced, times):
    """Cents and billions: whole figures, none rounded to nothing, none cut off, none as 1e+10."""
    result, _ = priced

    def scaled(one):
        if isinstance(one, Money):
            return Money(one.amount * times, one.low * -times, one.high * times)
        if isinstance(one, tuple):
            return tuple(map(scaled, one))
        if dataclasses.is_dataclass(one):
            return type(one)(**{k: scaled(v) for k, v in vars(one).items()})
        return one

    out = io.StringIO()
    result = dataclasses.replace(result, lists=scaled(result.lists))
    Console(file=out, width=80).print(ladder.table(result))
    drawn = out.getvalue()
    assert "…" not in re.sub(r"\S…\S", "", drawn)
    assert not re.search(r"\de[+-]\d|0…-?0|\b0 \(-?0", drawn.replace("0 (0…0)", "")), drawn
    mine = dataclasses.replace(result.lists.rungs[0], contacts=1)
    lists = dataclasses.replace(result.lists, rungs=(mine, *result.lists.rungs[1:]))
    one = dataclasses.replace(result, lists=lists)
    said = f"{list_money.lead(one, str)} {list_money.exam(one, str)} {list_money.footnote(one)}"
    assert not re.search(r"\de[+-]\d|[-−]0(?![.\d])|\b1 customers|\d{5}", said), said


def test_where_nothing_separates_no_share_and_no_ladder_is_shown(toy, priced, undrawn):
    result, view = undecided(toy[0]), toy[1]
    said = page.html(result, view).split("<body>")[1].split('id="glossary"')[0].replace(GLUE, " ")
    assert "nothing separates the rungs" in headline(result)[0]
    for word in (
        'id="ladder"',
        "Gives up",
        "of the gain",
        "The proposal held",
        "is the best rung",
    ):
        assert word not in said, word
    assert "Loss in the exam" in said
    assert list_money.lead(undecided(priced[0]), str)
    best = dataclasses.replace(undecided(priced[0]).proposal, best=result.proposal.reference)
    assert list_money.lead(dataclasses.replace(priced[0], proposal=best), str) == ""
    assert "worse" not in printed(result)
    assert "worse" in printed(toy[0])  # where it says something it stays


def test_a_year_is_spoken_of_only_where_decisions_repeat(priced):
    result = priced[0]
    lists = dataclasses.replace(result.lists, decisions_per_year=12.0)
    monthly = dataclasses.replace(result, lists=lists)
    assert "12 of them make a year" in list_money.footnote(monthly)
    for often, name in ((1.0, "Mistakes per decision"), (12.0, "Mistakes a year")):
        everyone = dataclasses.replace(lists, budget=False, decisions_per_year=often)
        mistakes = dataclasses.replace(result, lists=everyone)
        assert f"{name}, GBP" in cost_table.headings(mistakes, "forecast", "GBP")
    everyone = dataclasses.replace(lists, budget=False, decisions_per_year=1.0)
    assert "mistakes/yr" not in printed(dataclasses.replace(result, lists=everyone))
    assert "mistakes/yr" in printed(
        dataclasses.replace(result, lists=None)
    )  # an old one, stretched to a year
