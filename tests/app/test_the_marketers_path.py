"""In a real browser: from the first page to a decision, a connection lost on the way, and two at once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from in_browser import Site

from stepladder.project import said
from stepladder.project.folder import Project
from stepladder.project.record import same

ROLES = ("read", "review", "decide")
WORDS = "She is a reseller, and <b>moved</b> to our wholesale shop."


@pytest.fixture(scope="module")
def home(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop again, in a folder of its own: what is decided here is nobody else's."""
    folder = tmp_path_factory.mktemp("path")
    shutil.copytree(home / "shop", folder / "shop")
    same(Project.open(folder / "shop"))
    return folder


def test_from_the_first_page_to_a_decision_and_no_word_is_lost(site: Site, browser: Any) -> None:
    context = browser.new_context(base_url=site.at)
    cookie = {"name": "stepladder", "value": site.session(*ROLES, who="Mia"), "url": site.at}
    context.add_cookies([cookie])
    page = context.new_page()
    page.goto("/")
    page.locator('h2 a[href="/q/shop"]').click()
    page.get_by_role("link", name="Predictions", exact=True).click()
    page.locator("table.predictions tbody a").first.click()
    page.get_by_label("What you know, and why").fill(WORDS)
    context.set_offline(True)
    page.get_by_role("button", name="This is wrong").click()
    page.locator(".lost").wait_for(state="visible")
    assert page.get_by_label("What you know, and why").input_value() == WORDS
    context.set_offline(False)
    page.get_by_role("button", name="This is wrong").click()
    page.get_by_text(WORDS).first.wait_for()
    assert page.get_by_label("What you know, and why").input_value() == ""
    assert sum(one.words == WORDS for one in said.threads(site.project())) == 1

    page.get_by_role("link", name="Decide", exact=True).click()
    assert page.get_by_text(WORDS).count() >= 1  # the case against
    page.get_by_role("button", name="Check your answer").click()
    page.get_by_label("Because").fill("We can read it.")
    other = browser.new_context(base_url=site.at)  # somebody decides meanwhile
    other.add_cookies([{**cookie, "value": site.session(*ROLES, who="Bo")}])
    second = other.new_page()
    second.goto(page.url)
    second.get_by_label("Because").fill("It is good enough.")
    second.get_by_role("button", name="in production").click()
    second.wait_for_url("**/decisions*")
    page.get_by_role("button", name="in production").click()
    page.get_by_text("What you looked at has changed").wait_for()
    assert page.get_by_label("Because").input_value() == "We can read it."
    assert page.get_by_text("It is good enough.").count() == 1
    page.get_by_role("button", name="in production").click()
    page.wait_for_url("**/decisions*")
    decisions = site.project().record.decisions(site.project().ask.question)
    assert [one.by for one in decisions][-2:] == ["Bo", "Mia"]
    for one in (context, other):
        one.close()
