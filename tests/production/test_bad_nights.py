"""Nights that went wrong in other shops: files that come again under another date, marks that are lost."""

import json
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_reconcile import ITEMS, LAST, found, items, put, rows, to
from watch.conftest import END
from watch.conftest import shop as history

from stepladder import Project, questions
from stepladder.core.ask import Nightly
from stepladder.core.errors import Problem
from stepladder.nightly.audit import compared
from stepladder.nightly.reconcile.held_against import held_against
from stepladder.project.last_read import FILE, as_last_read, last_read
from stepladder.questions import question_toml
from stepladder.watch.batch_repeats import check_repeats

READ = 6000


def stops(told):
    return [each.given for each in told if each.severity == "stop"]


def aside(n, reason="no sale: cancelled", read=READ):
    return {"rows_read": read, "dropped": [], "set_aside": [{"reason": reason, "count": n}]}


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (aside(1200), aside(0), "1,200 rows count tonight that did not last night"),
        (aside(1200), aside(3, read=READ - 1190), ""),  # the source leaves them out itself
        (aside(1200), {"of": "another version"}, ""),
    ],
)
def test_rows_that_did_not_count_stop_the_night_when_they_do(tmp_path, before, now, said):
    told = stops(found(tmp_path, lambda tables: {}, reports=(before, now)))
    assert (told != []) == (said != "")
    assert all(said in one for one in told)


def of_day_before(ago, value, customer, days):
    """The newest day's file is the day before's, under a new date."""
    again = np.flatnonzero(ago == 2)
    keep = ago != 1
    value, customer = (np.concatenate([each[keep], each[again]]) for each in (value, customer))
    return np.concatenate([days[keep], days[again] + np.timedelta64(1, "D")]), value, customer


def monthly(ago, value, customer, days):
    """Everybody pays the same every four weeks, on one day."""
    paid = np.tile(np.arange(40), 9)
    when = np.repeat(np.datetime64(END) - 1 - 28 * np.arange(9), 40)
    return (
        np.concatenate([days, when.astype(days.dtype)]),
        np.concatenate([value, np.full(len(paid), 9.99)]),
        np.concatenate([customer, paid.astype(customer.dtype)]),
    )


def repeated(folder, change):
    there = history(folder, change=change, rows=140)
    (name, (_, time)) = next((n, t) for n, t in there.tables.items() if t[1])
    columns = there.sql(f"select * from {name} limit 0").schema
    return stops(check_repeats(there, name, time, columns, 7))


def test_a_day_that_is_another_one_again_stops_the_night_and_subscriptions_do_not(tmp_path):
    (said,) = repeated(tmp_path, of_day_before)
    assert "rows of 31 December 2023 are those of 30 December 2023" in said
    assert repeated(tmp_path, monthly) == []


def other_day(table):
    """The rows of two days long ago give way to those of the week before."""
    day = datetime.combine(LAST - timedelta(days=100), datetime.min.time())
    when = table["time"].to_pylist()
    there = np.array([day <= one < day + timedelta(days=2) for one in when])
    week = np.array([day <= one + timedelta(days=7) < day + timedelta(days=2) for one in when])
    again = to("time", lambda one: one + timedelta(days=7))(table.filter(pa.array(week)))
    return pa.concat_tables([table.filter(pa.array(~there)), again])


def more_tea(table):
    """New goods come with the category in capitals."""
    new = table.slice(0, 5)
    new = put(new, "item", pa.array(range(ITEMS, ITEMS + 5)))
    return pa.concat_tables([table, put(new, "category", pa.array(["lamps|TEA"] * 5))])


def test_other_things_in_the_place_of_what_was_known_stop_the_night(tmp_path):
    moved = stops(found(tmp_path, items(lambda t: put(t, "title", t["title"].take(
        pa.array(np.roll(np.arange(ITEMS), 1)))))))  # fmt: skip
    assert "the column title says something else of 200 of 200" in moved[0]
    assert (
        "5 items have 'lamps|TEA' that did not last night"
        in stops(found(tmp_path, items(more_tea)))[0]
    )
    few = stops(found(tmp_path, rows(other_day), "lost = '50%'"))
    assert len(few) == 1
    assert "all that was of 21 November 2025 and 1 more day is gone" in few[0]


def exported(folder, night):
    """A catalogue that says of which export it is, and when each item was looked at."""
    table = pa.table({
        "item": list(range(50)), "row": list(range(50)), "load": [f"run {night}"] * 50,
        "seen": [f"2026-03-0{night} 0{n % 9}:00:00" for n in range(50)],
    })  # fmt: skip
    pq.write_table(table, path := folder / f"items-{night}.parquet")
    return path


def test_a_catalogue_may_say_of_which_night_it_is(tmp_path):
    ask = question_toml.parse('question = "recommend"\nhorizon = 28\n')
    pair = (
        {"items": exported(tmp_path, n), "interactions": tmp_path / "same.parquet"} for n in (1, 2)
    )
    assert held_against(questions.load("recommend"), ask, *pair) == []


@pytest.mark.parametrize(
    "noted", ["", '{"purch', "[1]", '{"purchases": null}', '{"purchases": "../orders.csv"}', None]
)
def test_a_note_of_last_night_that_is_lost_is_told_and_breaks_nothing(template, noted):
    """The folder `runs` looks like one that may be tidied up."""
    project = Project.open(template / "shop")
    path = project.folder / FILE
    kept = path.read_bytes()
    try:
        path.unlink() if noted is None else path.write_text(noted)
        assert last_read(project) == {}
        assert as_last_read(project) is project
        here = {"purchases": project.table("purchases")}
        (told,) = held_against(project.question, project.ask, last_read(project), here)
        assert told.severity == "tell"
        assert "nothing says what the last good night read" in told.given
    finally:
        path.write_bytes(kept)


def test_a_version_that_is_damaged_is_told(tmp_path):
    ask = question_toml.parse('question = "retention"\nhorizon = 28\n')
    (path := tmp_path / "purchases-0.parquet").write_bytes(b"PAR1")
    pq.write_table(
        pa.table({"customer": [1], "day": [date(2026, 1, 1)]}), here := tmp_path / "n.parquet"
    )
    path.with_suffix(".json").write_text(json.dumps([1]))
    (told,) = held_against(
        questions.load("retention"), ask, {"purchases": path}, {"purchases": here}
    )
    assert (told.severity, "cannot be read any more" in told.given) == ("tell", True)


def lists(of, k=4):
    """What each of 40 persons is shown, as `of(person, place)` says."""
    rows = [(p, of(p, place), float(-place)) for p in range(40) for place in range(k)]
    names = ("person", "item", "prediction")
    return pa.table({name: [row[n] for row in rows] for n, name in enumerate(names)})


PUBLISHED = lists(lambda person, place: person % 17 + place)


@pytest.mark.parametrize(
    ("tonight", "said"),
    [
        (lists(lambda person, place: place), "one and the same answer for 100%"),
        (
            lists(lambda person, place: max(person - 37, 0) + place),
            "one and the same answer for 95%",
        ),
        (lists(lambda person, place: person % 17 + place, 2), "80 answers, where there were 160"),
        (PUBLISHED.slice(0, 0), "0 people, where there were 40"),
    ],
)
def test_lists_that_are_all_alike_or_short_are_held_back(tonight, said, tmp_path):
    question, limits = questions.load("recommend"), Nightly()
    tables = {"tonight": tonight, "before": PUBLISHED, "alike": lists(lambda person, place: place)}
    rest = {name: tmp_path / f"{name}.parquet" for name in tables}
    for name, table in tables.items():
        pq.write_table(table, rest[name])
    with pytest.raises(Problem, match=said):
        compared(question, limits, rest["tonight"], rest["before"])
    compared(question, limits, rest["before"], rest["before"])
    compared(question, limits, rest["alike"], rest["alike"])  # bestsellers are so every night
