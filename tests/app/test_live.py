"""A person in production: who asks the service is told to ask again, and a person answers meanwhile."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from in_browser import Site, running

from stepladder.nightly import steps
from stepladder.nightly.production import Production
from stepladder.nightly.publishing import note
from stepladder.project.folder import Project
from stepladder.project.record import same
from stepladder.record import schema, waiting
from stepladder.release.ship import ship
from stepladder.service import tokens

LIVE = "/q/live/person"


@pytest.fixture(scope="module")
def live(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The shop, with a person in production and predictions published, served by its pages and its API."""
    folder = tmp_path_factory.mktemp("live")
    shutil.copytree(home / "shop", folder / "live")
    same(Project.open(folder / "live"))
    project = Project.open(folder / "live")
    ship(project, rung="r0_person", force="a test")
    production, day, room = Production.of(project), project.now(), project.folder / "runs"
    room.mkdir(exist_ok=True)
    steps.refit(production, day, room / "fit.json")
    steps.predict(production, day, room / "fit.json", room / "predicted.parquet")
    release = steps.released(project, room / "fit.json")
    target = project.folder / "published" / f"{day}-{release.hash[:8]}.parquet"
    note(production, day, release, room / "predicted.parquet", target)
    with running(folder) as found:
        yield found


def test_who_asks_a_person_asks_again_and_is_answered_by_them_or_by_the_fallback(
    live: Site,
) -> None:
    project = live.project("live")
    token = tokens.new(project, "a web shop", ["read"])
    live.shelf.keys.look("live")
    people = live.client("review", name="live", who="Ida")
    assert "Nobody waits" in people.get(LIVE, params={"live": 1}).text
    with httpx.Client(base_url=live.at, headers={"authorization": f"Bearer {token}"}) as api:

        def ask(customer: int) -> dict[str, Any]:
            said = api.post("/predict", json={"cases": [{"customer": customer}]})
            assert said.status_code == 202, said.text
            (entry,) = said.json()["answers"]
            assert entry["from"] == "waiting"
            assert api.get(entry["again"]).status_code == 202
            return dict(entry)

        one, two = ask(4), ask(5)
        assert ask(4)["id"] == one["id"], "who asks again waits for the same"
        page = people.get(LIVE, params={"live": 1}).text
        assert "Customer 4, as of" in page
        form = dict(re.findall(r'name="(waiting|shown)" value="([^"]*)"', unescape(page)))
        bad = people.post(f"{LIVE}/live", data={**form, "said": "many"})
        assert (bad.status_code, "a number, such as 2" in bad.text) == (422, True)
        page = people.post(f"{LIVE}/live", data={**form, "said": "3"}, follow_redirects=True).text
        assert "Customer 5, as of" in page
        late = people.post(f"{LIVE}/live", data={**form, "said": "9"})
        assert (late.status_code, "nobody waits any more" in late.text) == (409, True)
        said = api.get(one["again"])
        assert said.status_code == 200
        answer = said.json()["answer"]
        assert (answer["customer"], answer["from"], answer["prediction"]) == (4, "person", 3.0)
        again = api.post("/predict", json={"cases": [{"customer": 4}]})
        assert (again.status_code, again.json()["answers"][0]["from"]) == (200, "person")
        (kept,) = [a for a in project.record.answers("retention") if a.by == "Ida"]
        assert (kept.prediction, kept.trial, kept.as_of) == (3.0, "", str(project.now()))
        with project.record.writes() as mine:  # their time is over
            over = "2000-01-01T00:00:00.000+00:00"
            mine.change(schema.waiting, [schema.waiting.c.id == two["id"]], until=over)
        said = api.get(two["again"])
        answer = said.json()["answer"]
        assert (said.status_code, answer["from"], answer["rung"]) == (
            200,
            "fallback",
            "r1_same_for_all",
        )
        assert answer["prediction"] > 0
        assert "Nobody waits" in people.get(LIVE, params={"live": 1}).text
        assert api.get("/predict/waiting", params={"id": "99"}).status_code == 404
        assert api.get("/predict/waiting", params={"id": "x"}).status_code == 404
        assert api.post("/predict", json={"cases": [{"customer": 10**9}]}).status_code == 404
        described = api.get("/openapi.json").json()["paths"]
        assert {"200", "202"} <= described["/predict"]["post"]["responses"].keys()
        assert {"200", "202"} <= described["/predict/waiting"]["get"]["responses"].keys()
    project.record.forget("retention", "", {"customer": 4})
    assert waiting.waits(project.record, "retention", one["id"]) is None
