"""A person answers about the past, by keyboard or by buttons, and is told nothing that came later."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
import toy_projects
from in_browser import Site

from stepladder.pages.person import agreement
from stepladder.project import blind_trial
from stepladder.project.folder import Project
from stepladder.project.how_to_answer import way
from stepladder.record import said
from stepladder.report.words import number

PAGE = "/q/shop/person"


def hidden(page: str, name: str) -> str:
    """What a form of the page sends by itself."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return unescape(found[1]) if found else ""


def case_of(page: str) -> tuple[str, dict[str, Any], bool]:
    """Which case is shown: its moment, whom it is about, and whether for the second time."""
    moment, case, again = json.loads(hidden(page, "place"))
    return moment, json.loads(case), again


def say(client: httpx.Client, page: str, **fields: str) -> httpx.Response:
    """Send the form of the case that is shown."""
    told = {name: hidden(page, name) for name in ("place", "shown", "last")}
    return client.post(PAGE, data={**told, **fields}, follow_redirects=True)


@pytest.fixture
def trial(site: Site) -> Any:
    """Somebody's trial, as it stands whenever it is asked for."""
    return lambda who: blind_trial.trial(
        project := site.project(), who, blind_trial.order(project, who)
    )


def test_nothing_that_came_after_the_moment_is_on_the_page(site: Site) -> None:
    client = site.client("review", who="Lea")
    purchases = (
        site.project().history().sql("select customer, day, value from purchases").to_pylist()
    )
    scored = {cutoff.isoformat() for cutoff in site.project().ask.cutoffs}
    moments = set()
    for _ in range(8):
        page = client.get(PAGE).text
        moment, case, _ = case_of(page)
        moments.add(moment)
        theirs = [row for row in purchases if row["customer"] == case["customer"]]
        later = [row for row in theirs if row["day"] >= date.fromisoformat(moment)]
        before = [row for row in theirs if row["day"] < date.fromisoformat(moment)]
        for row in later:
            assert f"{row['day'].day} {row['day']:%B %Y}</td>" not in page, "a later day"
        card = page.partition('class="judge"')[2].partition("</section>")[0]
        assert card.count("</td></tr>") == min(len(before), 8)
        assert len(re.findall("<circle", page)) <= len(before)
        assert "r1_" not in page, "a rung"
        assert "r2_" not in page, "a rung"
        say(client, page, act="skip")
    assert moments == scored, "every moment that is scored has its turn"


def test_answers_are_the_persons_own_and_counted_once(site: Site, trial: Any) -> None:
    client = site.client("review", who="Bea")
    page = first = client.get(PAGE).text
    moment, case, _ = case_of(first)
    for _ in range(2):  # what is sent twice is one answer
        page = say(client, first, said="3").text
    assert "Answered so far: 1 as of" in page
    assert case_of(page)[0] != moment
    refused = say(client, page, said="-1")
    assert refused.status_code == 422
    assert "a number of 0 or more" in refused.text
    assert say(client, page, place='["2020-01-01", "{}", false]', said="1").status_code == 409
    page = say(client, page, act="skip").text
    (answer,) = [one for one in site.project().record.answers("retention") if one.by == "Bea"]
    assert (json.loads(answer.key), answer.as_of, answer.prediction) == (case, moment, 3.0)
    assert answer.trial
    assert answer.seconds is not None
    skipped = page
    page = say(client, page, act="undo").text
    assert "No opinion: 1" in skipped
    assert "No opinion: 1" not in page
    say(client, skipped, act="undo")  # pressed twice: the answer before it stays
    assert trial("Bea").counted[moment] == 1
    nth = hidden(page, "number")
    page = client.post(
        f"{PAGE}/correct", data={"number": nth, "said": "5"}, follow_redirects=True
    ).text
    (answer,) = [one for one in site.project().record.answers("retention") if one.by == "Bea"]
    assert answer.prediction == 5.0


def test_a_case_is_asked_about_at_one_moment_only(site: Site) -> None:
    order = [place for place in blind_trial.order(site.project(), "Gus") if not place.again]
    assert len({str(place.case) for place in order}) == len(order) > 50
    assert len({place.as_of for place in order[:10]}) == 2


def test_some_cases_come_twice_and_do_not_count_twice(trial: Any) -> None:
    begun = trial("Cy")
    places = begun.order
    assert [p.id for p in places] == [p.id for p in trial("Cy").order]
    assert [p.id for p in places] != [p.id for p in trial("Di").order]
    twice = [place for place in places if place.again]
    assert 0.02 < len(twice) / len(places) < 0.09
    at = {place.id: nth for nth, place in enumerate(places)}
    once = {place.about: place.id for place in places if not place.again}
    assert all(at[place.id] > at[once[place.about]] for place in twice)
    first = next(place for place in places if place.about == twice[0].about)
    begun.answer(first, [(first.case, 2.0)], None)
    for value, told in ((2.0, (1, 1)), (4.0, (0, 1))):
        begun.answer(twice[0], [(twice[0].case, value)], None)
        stands = trial("Cy")
        assert stands.agreed == told
        assert sum(stands.counted.values()) == 1
        stands.undo(stands.done[-1])
    assert trial("Cy").agreed == (0, 0)


def test_how_often_somebody_agrees_with_themselves_has_a_range() -> None:
    assert agreement(0, 0) == ""
    assert agreement(1, 1) == "Of 1 case that came twice you said the same of 1."
    assert "between 56 and 96" in agreement(10, 12)


def test_by_keyboard_alone(site: Site, browser: Any, trial: Any) -> None:
    with site.page(browser, "review", who="Eve") as page:
        page.goto(PAGE)

        def sent(*keys: str) -> None:
            before = page.locator("[name=shown]").first.get_attribute("value")
            for key in keys:
                page.keyboard.press(key)
            page.wait_for_function(
                "was => document.querySelector('[name=shown]').value !== was", arg=before
            )

        for typed in ("1", "0", "2"):
            sent(typed, "Enter")
        sent("s")
        assert [bool(one.said) for one in trial("Eve").done] == [True, True, True, False]
        sent("z")
        sent("z")
        sent("1", "2", "Enter")
        assert [one.said[0][1] for one in trial("Eve").done] == [1.0, 0.0, 12.0]
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        sent("ControlOrMeta+a", "7", "Enter")
        assert [one.said[0][1] for one in trial("Eve").done] == [1.0, 0.0, 7.0]
        assert page.evaluate("document.activeElement.name") == "said"
        page.locator("[data-keys-on]").focus()
        page.keyboard.press("s")  # outside the case nothing happens
        page.keyboard.press("Space")
        page.locator("[name=said]").first.focus()
        page.keyboard.press("z")  # nor where keys are switched off
        page.reload()
        assert not page.locator("[data-keys-on]").is_checked()
        assert [one.said[0][1] for one in trial("Eve").done] == [1.0, 0.0, 7.0]


def test_two_rungs_are_judged_without_their_names(site: Site) -> None:
    client, other = site.client("review", who="Gil"), site.client("review", who="Hal")
    at = "/q/shop/blind"
    pair = {"one": "r1_same_for_all", "other": "r2_rfm_quintiles"}

    def judge(client: httpx.Client, page: str, act: str) -> str:
        told = {name: hidden(page, name) for name in ("case", "request", "last", "one", "other")}
        return client.post(at, data={**told, "act": act}, follow_redirects=True).text

    def events() -> list[Any]:
        project = site.project()
        return said.events(project.record, "retention", "blind")

    (same,) = {
        number(value)
        for file in (site.folder / "shop" / "bakeoffs").glob("*/r1_same_for_all/2*.parquet")
        if file.stem == str(max(site.project().ask.cutoffs))
        for value in pq.read_table(file)["prediction"].to_pylist()
    }
    page = first = client.get(at, params=pair).text
    sides: list[bool] = []
    while "The trial is over" not in page:
        left, right = re.findall(r'<p class="how">([^<]*)</p>', page)[:2]
        assert (left == same) != (right == same), "what looks the same is not shown"
        sides.append(left == same)
        page = judge(client, page, "tie" if len(sides) == 3 else "left" if sides[-1] else "right")
        if len(sides) == 1:  # somebody else had the same case open: the first judgement counts
            judge(other, first, "right")
            assert len(events()) == 1
    assert 2 < sum(sides) < len(sides) - 2, "sides are by lot"
    assert "“Same for all” is chosen over “Customers in fifths (RFM quintiles)”" in page
    assert "It is surely chosen more often than not." in page
    judged = [one for one in events() if one.body["won"]]
    assert {one.body["won"] for one in judged} == {"r1_same_for_all"}
    assert len(judged) == len(sides) - 1
    page = judge(client, page, "undo")
    assert "The trial is over" not in page
    page = judge(client, page, "end")
    assert "Which of the two is chosen more often is not sure." in page
    assert client.get(at, params={**pair, "other": pair["one"]}).status_code == 422
    assert "none was run yet" in site.client("review", name="empty").get("/q/empty/blind").text


@pytest.mark.parametrize("name", ["recommend", "returns"])
def test_other_questions_are_answered_in_their_own_way(name: str, tmp_path: Path) -> None:
    project = Project.open(toy_projects.made(name, tmp_path).folder)
    place = blind_trial.order(project, "Fay")[0]
    how = way(project, place.holdout.past, place.case, list)
    typed = {"picks": "3 1", "words": "back"}[how.kind]
    answer = how.read(typed)
    assert how.shown(answer) == typed
    trial = blind_trial.trial(project, "Fay", [place])
    trial.answer(place, answer, 1.0)
    room = tmp_path / "room"
    room.mkdir()
    known = project.history(room).at(place.holdout.past.now)
    heard = known.sql("select * from answers where blind and shown_as_of = (select now from ask)")
    assert heard.num_rows == len(answer)
    shutil.rmtree(room)
