"""Settings that name what the data lack are refused in words by every verb that asks or fits a rung."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder.core import ask as core
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.question import Rule
from stepladder.core.rules import lacking, refuse
from stepladder.nightly import run as night
from stepladder.project import bakeoff
from stepladder.project.one_case import predict_one
from stepladder.project.record import same
from stepladder.project.refresh import refresh
from stepladder.questions.recommend import toy
from stepladder.release.ship import ship
from stepladder.service.answers import _entry
from stepladder.service.shelf import Shelf
from stepladder.terminal import show
from stepladder.watch.watch import watch

KINDS = ("tea", "coffee", "cups", "herbs|tea")
RULES = """
[recommend]
k = 10
min_support = 3
exclude = {category = ["coffee"], year = [1990]}
"""
EXCLUDE = 'exclude = {category = ["coffee"], year = [1990]}'


def articles(folder: Path, kinds: tuple[str, ...] = KINDS, column: str = "category") -> Path:
    """A catalogue of 120 articles: 30 of each kind, from ten years."""
    ids = list(range(1, toy.ITEMS + 1))
    table = pa.table(
        {
            "item": ids,
            "title": [f"Article {i}" for i in ids],
            column: [kinds[i % len(kinds)] for i in ids],
            "year": [1990 + i % 10 for i in ids],
        }
    )
    pyarrow.csv.write_csv(table, folder / "articles.csv")
    return folder / "articles.csv"


def made(folder: Path, settings: str = RULES) -> stepladder.Project:
    """A project of some toy persons and the catalogue."""
    rows = toy.tables(1)["interactions"]
    rows = rows.filter(pc.less(rows["person"], 120)).drop_columns(["row", "value"])
    pyarrow.csv.write_csv(rows, folder / "taken.csv")
    sources = {"interactions": str(folder / "taken.csv"), "items": str(articles(folder))}
    return stepladder.new("recommend", sources, folder / "project", settings=settings)


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """The folder of a project that was shipped with rules that fit its catalogue."""
    folder = tmp_path_factory.mktemp("rules")
    ship(made(folder), rung="r1_bestsellers", force="the rules are what counts here")
    return folder


@pytest.fixture
def shop(template, tmp_path) -> stepladder.Project:
    shutil.copytree(template, tmp_path / "here")
    same(stepladder.Project.open(tmp_path / "here" / "project"))
    return stepladder.Project.open(tmp_path / "here" / "project")


def with_rules(project: stepladder.Project, old: str, new: str) -> stepladder.Project:
    path = project.folder / "question.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return stepladder.Project.open(project.folder)


VERBS: dict[str, Callable[[stepladder.Project], object]] = {
    "bakeoff": stepladder.run_bakeoff,
    "ship": lambda project: ship(project, rung="r1_bestsellers", force="again"),
    "predict": lambda project: stepladder.predict(project, rung="r1_bestsellers"),
    "predict --as-of": lambda project: stepladder.predict(
        project, rung="r1_bestsellers", as_of=date(2020, 4, 1)
    ),
    "predict --case": lambda project: predict_one(project, case="7", rung="r1_bestsellers"),
    "predict --item": lambda project: predict_one(project, item="7", rung="r1_bestsellers"),
    "predict --for": lambda project: predict_one(
        project, rows=pa.table({"item": [7]}), rung="r1_bestsellers"
    ),
}
SLIPS = {
    "another column": ('exclude = {categry = ["tea"]}', "'categry'", "did you mean 'category'?"),
    "a column of no name": ("at_most = {colour = 2}", "'colour'", "name one of these"),
    "a slip of the pen": (
        'exclude = {category = ["teea"]}',
        "[recommend] exclude names category = 'teea', which no row of items has",
        "did you mean 'tea'? 60 items have it",
    ),
    "another case": ('exclude = {category = ["Tea"]}', "category = 'Tea'", "'tea'? 60 items"),
    "a blank": ('exclude = {category = ["tea "]}', "category = 'tea '", "'tea'? 60 items"),
    "a number as text": ('include = {year = ["1991.00"]}', "year = '1991.00'", "the number 1991? 12 items"),
    "another number": ("include = {year = [2019]}", "year = 2019", "absent = [2019]"),
    "nothing like it": (
        'exclude = {category = ["cups", "postage"]}',
        "category = 'postage'",
        'absent = ["postage"]',
    ),
    "too much support": ("min_support = 5000", "0 were taken by 5000 persons", "lower min_support"),
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_the_settings_is_refused_by_every_verb(shop, verb, slip):
    line, said, remedy = SLIPS[slip]
    old = "min_support = 3" if line.startswith("min_support") else EXCLUDE
    project = with_rules(shop, old, line)
    before = sorted(shop.folder.rglob("*"))
    with pytest.raises(Problem) as caught:
        VERBS[verb](project)
    assert said in caught.value.given
    assert remedy in caught.value.remedy
    assert sorted(shop.folder.rglob("*")) == before


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_the_settings_of_a_new_project_leaves_nothing_behind(tmp_path, slip):
    line, said, remedy = SLIPS[slip]
    with pytest.raises(Problem) as caught:
        made(tmp_path, f"[recommend]\n{line}\n")
    assert said in caught.value.given
    assert remedy in caught.value.remedy
    assert not (tmp_path / "project").exists()


FINE = {
    "what there is": 'exclude = {category = ["herbs"]}',
    "every spelling that ever was": 'exclude = {category = ["tea", "Tea", "TEA"], title = ["Article 7"]}',
    "said to be missing": 'exclude = {category = ["tea", "postage"]}\nabsent = ["postage"]',
    "numbers, however they are written": "include = {year = [1991, 1992.0]}",
}


@pytest.mark.parametrize("rules", FINE.values(), ids=FINE)
def test_what_is_meant_so_is_done(shop, rules):
    project = with_rules(shop, EXCLUDE, rules)
    project.check()
    assert stepladder.predict(project, rung="r1_bestsellers").is_file()


def run(project: stepladder.Project) -> object:
    project = refresh(project)
    return night.run(project, since=project.now(), until=project.now(), fresh=False)


def by_hand(verb: str) -> Callable[[stepladder.Project], object]:
    return lambda project: VERBS[verb](refresh(project))


REFRESHED = {
    "run": run,
    "watch": lambda project: watch(refresh(project)),
    **{verb: by_hand(verb) for verb in VERBS},
}
SHIFTS = {
    "a column that is gone": ((KINDS, "kind"), "the column 'category'", "name one of these"),
    "a kind in capitals": (
        (("tea", "COFFEE", "cups", "herbs"), "category"),
        "category = 'coffee'",
        "did you mean 'COFFEE'? 30 items have it",
    ),
    "a kind with an accent": (
        (("tea", "coffeé ", "cups", "herbs"), "category"),
        "category = 'coffee'",
        "did you mean 'coffeé'? 30 items have it",
    ),
}


@pytest.mark.parametrize("verb", REFRESHED)
@pytest.mark.parametrize("shift", SHIFTS)
def test_a_catalogue_in_which_a_rule_no_longer_grips_stops_every_verb(shop, verb, shift):
    how, said, remedy = SHIFTS[shift]
    articles(shop.folder.parent, *how)
    with pytest.raises(Problem) as caught:
        REFRESHED[verb](shop)
    assert said in caught.value.given
    assert remedy in caught.value.remedy
    assert "Binder" not in str(caught.value)


@pytest.mark.parametrize("shift", SHIFTS)
def test_what_is_served_is_what_the_last_good_night_read(shop, shift):
    articles(shop.folder.parent, *SHIFTS[shift][0])
    refresh(shop)
    (served,) = Shelf.of(shop.folder).served.values()
    assert served.project.table("items") == shop.table("items")
    (
        shop.folder / "runs" / "last_read.json"
    ).unlink()  # of an earlier version: today's are all there is
    with pytest.raises(Problem):
        Shelf.of(shop.folder)


def test_what_left_without_a_trace_is_refused_by_hand_and_told_to_the_night(shop):
    articles(shop.folder.parent, ("tea", "cups", "herbs"))
    project = refresh(shop)
    with pytest.raises(Problem, match="names category = 'coffee', which no row of items has"):
        project.check()
    project.check(gone=True)
    (left,) = lacking(project.question, project.history())
    assert (left.rule.setting, left.value, left.respelt) == (
        "[recommend] exclude",
        "coffee",
        False,
    )
    assert Shelf.of(project.folder).served  # it answers as before: there is nothing to leave out


def test_a_bakeoff_of_before_is_run_again_whatever_is_refused_today(shop, monkeypatch):
    project = with_rules(shop, EXCLUDE, 'exclude = {category = ["teea"]}')
    monkeypatch.setattr(bakeoff, "_recorded", lambda *_: "run")
    with pytest.raises(Problem):
        stepladder.run_bakeoff(project)
    assert bakeoff.repeated(project) == "run"


def test_an_empty_list_is_told_with_the_rule_that_emptied_it(shop, capsys):
    rows = shop.history().sql(
        "select item from interactions where person = 7 order by item limit 3"
    )
    titles = ", ".join(f'"Article {i}"' for i in rows["item"].to_pylist())
    project = with_rules(shop, EXCLUDE, f"include = {{title = [{titles}]}}")
    project = with_rules(project, "min_support = 3", "min_support = 1")
    found = predict_one(project, case="7", rung="r1_bestsellers")
    show.answers(found, project.question, as_json=False)
    told = " ".join(capsys.readouterr().out.split())
    assert told == (
        "Nothing is left to show: they have all 3 items that may be shown (already_seen = false): "
        "of 117 items include by title leaves 3."
    )
    nobody = {"person": 7, "item": None, "because": found["because"][0].as_py()}
    served = SimpleNamespace(project=project)
    assert _entry(served, SimpleNamespace(id={"person": 7}), [nobody], "published", "0") == {
        "person": 7, "from": "published", "release": "0", "list": [], "because": nobody["because"],
    }  # fmt: skip


def test_the_data_are_looked_at_once(shop, monkeypatch):
    asked = []
    usual = shop.question.check
    monkeypatch.setattr(shop.question, "check", lambda history: asked.append(usual(history)))
    for verb in ("predict", "predict --case"):
        project, asked[:] = stepladder.Project.open(shop.folder), []
        VERBS[verb](project)
        assert len(asked) == 1, verb


# a question that nobody knows yet


def leaves(tmp_path: Path, *rules: Rule) -> tuple[SimpleNamespace, History]:
    """A question whose settings name columns of a table of its own."""
    table = pa.table(
        {
            "leaf": [1, 2, 3],
            "kind": pa.array(["oak", "Beech", None]),
            "long": [0.5, 2.0, 12.0],
            "row": [1, 2, 3],
        }
    )
    pq.write_table(table, tmp_path / "leaves.parquet")
    ask = core.Ask(question="leaves", horizon=1)
    tables = {"leaves": (str(tmp_path / "leaves.parquet"), None)}
    question = SimpleNamespace(rules=lambda _: rules, check=lambda _: None)
    views = (("broken", "select colour from leaves"),)
    return question, History(date(2024, 1, 1), ask, tables, views=views)


@pytest.mark.parametrize(
    ("column", "values", "meant"),
    [
        ("kind", ("beech",), "Beech"),
        ("kind", ("oka",), "oak"),
        ("long", ("2",), 2),
        ("long", ("12.0 ",), 12),
        ("long", (0.51,), 0.5),
        ("leaf", ("003",), 3),
        ("kind", ("willow",), None),
    ],
)
def test_any_question_that_says_its_rules_is_held_to_them(tmp_path, column, values, meant):
    question, history = leaves(tmp_path, Rule("[leaves] only", "leaves", column, values))
    (found,) = lacking(question, history)
    assert found.meant == meant
    with pytest.raises(Problem) as caught:
        refuse([found])
    assert repr(values[0]) in caught.value.given
    assert "take it out of [leaves] only" in caught.value.remedy
    assert ("did you mean" in caught.value.remedy) == (meant is not None)


def test_columns_without_values_and_values_that_are_there_are_fine(tmp_path):
    there = (
        Rule("[leaves] by", "leaves", "long"),
        Rule("[leaves] only", "leaves", "kind", ("oak",)),
    )
    assert lacking(*leaves(tmp_path, *there)) == ()
    question, history = leaves(tmp_path, Rule("[leaves] by", "leaves", "Kin"))
    with pytest.raises(Problem, match="did you mean 'kind'") as caught:
        lacking(question, replace(history))
    assert caught.value.allowed == "the columns of leaves are: leaf, kind, long"


def test_many_values_are_looked_for_in_parts(tmp_path):
    many = tuple(f"no{i}" for i in range(1_200))
    question, history = leaves(tmp_path, Rule("[leaves] only", "leaves", "kind", ("oak", *many)))
    found = lacking(question, history)
    assert [each.value for each in found] == list(many)
    with pytest.raises(Problem, match="and 1,197 more"):
        refuse(found)
