"""An item is looked up by its id or by a title of its own, at the command line and over HTTP alike."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

import stepladder
from stepladder import cli
from stepladder.core.errors import Problem
from stepladder.project.one_case import predict_one
from stepladder.release.ship import ship
from stepladder.service.app import app
from stepladder.service.limits import Limits
from stepladder.service.shelf import Shelf
from stepladder.service.tokens import new as new_token

RUNG = "r2_also_bought"
TITLES = {
    "T1": "Earl Grey",
    "T2": "earl  GREY",
    "T3": "Earl Grey",
    "B1": "Blue Mug",
    "N1": "Never Sold",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> stepladder.Project:
    """Sixty persons with some of six items: X9 is sold and not in the catalogue, N1 the other way round."""
    room = tmp_path_factory.mktemp("lookups")
    sold = ["T1", "T1", "T2", "T3", "B1", "X9", "C7"]
    rows = [
        f"p{i},{sold[(i * k + k) % len(sold)]},{date(2024, 1, 1) + timedelta(days=(i * 5 + k) % 90)}"
        for i in range(60)
        for k in (1, 2, 3)
    ]
    (room / "taken.csv").write_text("person,item,date\n" + "\n".join(rows) + "\n")
    items = "\n".join(f"{item},{title}" for item, title in {**TITLES, "C7": "Cup"}.items())
    (room / "items.csv").write_text(f"item,title\n{items}\n")
    sources = {"interactions": str(room / "taken.csv"), "items": str(room / "items.csv")}
    made = stepladder.new("recommend", sources, room / "shop")
    ship(made, rung=RUNG, force="a test")
    return made


def refused(call) -> Problem:
    with pytest.raises(Problem) as told:
        call()
    assert all(told.value.parts())
    return told.value


def over_http(project: stepladder.Project, *cases: dict) -> tuple[int, dict]:
    """The service in this process, asked by its own interface for servers."""
    told = {"Authorization": f"Bearer {new_token(project, 'a reader', ('read',))}"}
    served = app(Shelf.of(project.folder), Limits())

    async def asked() -> tuple[int, dict]:
        transport = httpx.ASGITransport(served)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.post("/predict", json={"cases": list(cases)}, headers=told)
            return answer.status_code, answer.json()

    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(asked())).result()


def test_a_title_that_several_items_bear_is_refused_with_their_ids(shop):
    said = refused(lambda: predict_one(shop, item="earl grey", rung=RUNG))
    assert "3 items" in said.given
    taken = shop.history().sql("select item, raters from support where item like 'T%'").to_pylist()
    assert len({row["raters"] for row in taken}) > 1
    for row in taken:
        assert f"{row['item']} ({TITLES[row['item']]}, taken by {row['raters']})" in said.remedy
    first = max(taken, key=lambda row: row["raters"])["item"]
    assert said.remedy.index(first) == min(said.remedy.index(row["item"]) for row in taken)
    one = predict_one(shop, item="T2", rung=RUNG)
    assert predict_one(shop, item="blue mug", rung=RUNG).num_rows == one.num_rows > 0
    refused(lambda: predict_one(shop, item="earl grey", radio=3, rung=RUNG))
    status, body = over_http(shop, {"rows": [{"item": "Earl Grey"}]})
    assert 400 <= status < 500
    assert all(f"{row['item']} (" in body["error"]["remedy"] for row in taken)


def test_an_item_that_the_catalogue_does_not_have_is_found_by_its_id(shop):
    found = predict_one(shop, item="X9", rung=RUNG)
    assert "X9" in found["because"].to_pylist()[0]


def test_suggestions_are_written_as_in_the_data(shop):
    assert (
        "did you mean 'Blue Mug'"
        in refused(lambda: predict_one(shop, item="bleu mug", rung=RUNG)).remedy
    )
    assert "'T1'" in refused(lambda: predict_one(shop, item="t1", rung=RUNG)).remedy


@pytest.mark.parametrize("item", ["Z999", "N1"])
def test_an_item_of_which_nothing_is_known_is_refused_at_both_doors_in_the_same_words(
    shop, tmp_path, item
):
    (tmp_path / "mine.csv").write_text(f"item\n{item}\n")
    said = refused(lambda: predict_one(shop, rows=tmp_path / "mine.csv", rung=RUNG))
    status, body = over_http(shop, {"rows": [{"item": item}]})
    assert status == 404
    given, *rest = said.parts()
    assert list(body["error"].values()) == [f"cases[0]: {given}", *rest]
    if item in TITLES:
        assert refused(lambda: predict_one(shop, item=item, rung=RUNG)).given == given


def test_one_who_is_refused_does_not_spoil_the_answers_of_others(shop):
    known, other = {"rows": [{"item": "B1"}]}, {"rows": [{"item": "Z999"}, {"item": "C7"}]}
    status, body = over_http(shop, known, {"rows": [{"item": "Z999"}]}, other)
    assert status == 200
    first, second, third = body["answers"]
    assert set(second) == {"error"}
    assert "cases[1]" in second["error"]["given"]
    for said, alone in ((first, known), (third, other)):
        assert said["list"] == over_http(shop, alone)[1]["answers"][0]["list"]
        assert said["list"]


def options() -> list[tuple[str, str]]:
    """Every option of every verb that says something, as the command line itself knows them."""
    return [
        (verb, next(name for name in one.names if name.startswith("--")))
        for verb in cli.app
        if not verb.startswith("-")
        for one in cli.app[verb].assemble_argument_collection(parse_docstring=False)
        if "bool" not in str(one.hint) and any(name.startswith("--") for name in one.names)
    ]


@pytest.mark.parametrize("empty", ["", "  "])
def test_what_is_given_and_empty_is_not_what_was_left_out(shop, monkeypatch, capsys, empty):
    monkeypatch.chdir(shop.folder)
    before = sorted(Path().rglob("*"))
    for verb, flag in options():
        for words in ([verb, flag, empty], [verb, f"{flag}={empty}"]):
            if flag == "--separator" and empty:
                continue  # columns may be parted by blanks
            with pytest.raises(SystemExit) as end:
                cli.main([*words, "--json"])
            said = json.loads(capsys.readouterr().out)["error"]
            assert end.value.code == 2, words
            assert said["given"].startswith(flag), words
            assert all(said.values())
    assert sorted(Path().rglob("*")) == before


def test_nothing_is_not_nobody_in_python_either(shop):
    for given in (
        {"case": ""},
        {"item": ""},
        {"item": "B1", "radio": 0},
        {"case": "p1", "rung": ""},
    ):
        refused(lambda given=given: predict_one(shop, **{"rung": RUNG, **given}))
    refused(lambda: predict_one(shop, rows="", rung=RUNG))
    refused(lambda: stepladder.predict(shop, rung=""))
    refused(lambda: stepladder.predict(shop, rung=RUNG, to=""))
