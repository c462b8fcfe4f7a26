"""Tonight's tables against those of the last good night: sources that shrink, shift, double, are renamed."""

import json
import re
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder import Project, questions
from stepladder.core.errors import Problem
from stepladder.nightly.reconcile.held_against import held_against
from stepladder.nightly.run import run
from stepladder.project.last_read import as_last_read, last_read
from stepladder.questions import question_toml
from stepladder.service.served import Served

LAST = date(2026, 3, 1)
DAYS, A_DAY, PEOPLE, ITEMS = 500, 12, 300, 200
RULES = '[recommend]\nexclude = {category = ["tea"]}\n'


def sold(rng, day):
    n = A_DAY if day.weekday() < 6 else 2
    return [
        {"person": int(rng.integers(PEOPLE)), "item": int(rng.integers(ITEMS)),
         "time": datetime(day.year, day.month, day.day, int(rng.integers(24))),
         "value": float(rng.integers(1, 5000)) / 100}
        for _ in range(n)
    ]  # fmt: skip


def last_night():
    rng = np.random.default_rng(4)
    rows = [row for back in range(DAYS, -1, -1) for row in sold(rng, LAST - timedelta(days=back))]
    items = {
        "item": list(range(ITEMS)),
        "title": [f"thing {n}" for n in range(ITEMS)],
        "category": [["tea", "mugs", "lamps|tea", "toys"][n % 4] for n in range(ITEMS)],
        "brand": ["acme" if n % 10 == 0 else f"brand {n % 7}" for n in range(ITEMS)],
        "price": [float(rng.integers(100, 9000)) / 100 for _ in range(ITEMS)],
    }
    return {"interactions": pa.Table.from_pylist(rows), "items": pa.table(items)}


BEFORE = last_night()
NEW = pa.Table.from_pylist(sold(np.random.default_rng(9), LAST + timedelta(days=1)))


def found(tmp_path, change, limits="", reports=None):
    """What is said of tonight's tables: last night's with a day more, and a change."""
    tonight = {**BEFORE, "interactions": pa.concat_tables([BEFORE["interactions"], NEW])}
    tonight = {**tonight, **change(tonight)}
    places = {}
    for nth, tables in enumerate((BEFORE, tonight)):
        for name, table in tables.items():
            path = tmp_path / f"{name}-{nth}.parquet"
            pq.write_table(table.append_column("row", pa.array(range(table.num_rows))), path)
            if reports:
                path.with_suffix(".json").write_text(json.dumps(reports[nth]))
            places.setdefault(name, []).append(path)
    ask = question_toml.parse(f'question = "recommend"\nhorizon = 28\n{RULES}[nightly]\n{limits}\n')
    sides = ({name: paths[nth] for name, paths in places.items()} for nth in (0, 1))
    return held_against(questions.load("recommend"), ask, *sides)


def rows(make):
    """A change of the interactions, by their columns."""
    return lambda tables: {"interactions": make(tables["interactions"])}


def items(make):
    return lambda tables: {"items": make(tables["items"])}


def put(table, name, values):
    return table.set_column(table.column_names.index(name), name, values)


def to(name, how):
    """The column with every value put through `how`."""
    return lambda table: put(table, name, pa.array([how(v) for v in table[name].to_pylist()]))


def thin(share):
    return lambda table: table.filter(
        pa.array(np.random.default_rng(5).random(table.num_rows) >= share)
    )


def without(begin, end):
    """Without the days from so many to so many days before the last one."""
    first, last = (datetime(*(LAST - timedelta(days=n)).timetuple()[:3]) for n in (begin, end))
    return lambda t: t.filter(pc.or_(pc.less(t["time"], first), pc.greater_equal(t["time"], last)))


def since(back, how):
    """Only what is of the last days goes through `how`."""
    first = datetime(*(LAST - timedelta(days=back)).timetuple()[:3])

    def change(table):
        late = pc.greater_equal(table["time"], first)
        return pa.concat_tables([table.filter(pc.invert(late)), how(table.filter(late))])

    return change


def lost_by_some(table):
    """Every tenth that has tea is of no category any more."""
    said = table["category"].to_pylist()
    return put(
        table, "category", pa.array([None if n % 40 == 0 else c for n, c in enumerate(said)])
    )


def later(hours):
    return lambda moment: moment + timedelta(hours=hours)


STOPS = {
    "half of history gone": (rows(without(DAYS, 250)), "everything before .* is gone"),
    "40 in 100 rows gone": (rows(thin(0.4)), r"rows of last night are gone \(41 %\)"),
    "5 in 100 rows gone": (rows(thin(0.05)), r"rows of last night are gone \(5.4 %\)"),
    "400 rows left": (rows(lambda t: t.slice(t.num_rows - 400)), "everything before .* is gone"),
    "a month gone": (rows(without(90, 60)), "rows of last night are gone"),
    "two days gone": (rows(without(4, 2)), "of 25 February 2026 and 1 more day is gone, 24 rows"),
    "a group of persons gone": (
        rows(lambda t: t.filter(pc.not_equal(pc.bit_wise_and(t["person"], 7), 0))),
        "38 persons have no row left",
    ),
    "cents": (rows(to("value", lambda v: 100 * v)), "value is × 100 what it was"),
    "another currency": (rows(to("value", lambda v: 1.17 * v)), "value is × 1.17 what it was"),
    "cents of late": (rows(since(20, to("value", lambda v: 100 * v))), r"× 100 what it was \(222 of"),
    "a day later": (rows(to("time", later(24))), "time lies 1 day later"),
    "another zone": (rows(to("time", later(-10))), "time lies 10 hours earlier"),
    "persons padded": (rows(to("person", "{:06d}".format)), "person says .*, such as 000000 for 0"),
    "persons in another way": (rows(to("person", "C-{}".format)), "person says something else"),
    "items hashed": (rows(to("item", lambda i: i * 7919 + 13)), "item says something else"),
    "all twice": (rows(lambda t: pa.concat_tables([t, t])), "stand there more often tonight, mostly 2 times"),
    "a tenth three times": (
        rows(lambda t: pa.concat_tables([t, *[t.slice(0, 600)] * 2])), "more often .* mostly 3 times"
    ),
    "all again at other seconds": (
        rows(lambda t: pa.concat_tables([t, to("time", lambda m: m + timedelta(seconds=7))(t)])),
        "rows have come to the past",
    ),
    "a week again at other seconds": (
        rows(since(7, lambda t: pa.concat_tables([t, to("time", later(1 / 3600))(t)]))),
        "on which the same person and item had one",
    ),
    "a month again, a cent dearer": (
        rows(
            lambda t: pa.concat_tables(
                [t, to("value", lambda v: v + 0.01)(without(DAYS, 60)(without(30, 0)(t)))]
            )
        ),
        "on which the same person and item had one",
    ),
    "category renamed": (
        items(to("category", lambda c: c.replace("tea", "Tea"))),
        r"category = 'tea': 100 of the 100 items .* have it no more \(0 have it tonight\)",
    ),
    "category lost by some": (
        items(lost_by_some),
        "category = 'tea': 5 of the 100 items|the column category is empty",
    ),
    "items padded": (
        items(to("item", "{:05d}".format)),
        "200 of 200 items .* gone, such as 0, and there are new ones, such as 00000",
    ),
    "a tenth of the catalogue gone": (items(thin(0.1)), "items that were there last night are gone"),
    "titles empty": (
        items(lambda t: put(t, "title", pa.nulls(ITEMS, pa.string()))),
        "the column title is empty for 200 of the 200",
    ),
    "one title for all": (items(to("title", lambda _: "thing")), "title says one and the same"),
    "prices in cents": (items(to("price", lambda p: 100 * p)), "price says something else .* × 100"),
    "a rule's column gone": (items(lambda t: t.drop_columns("category")), "the column category is gone"),
}  # fmt: skip


@pytest.mark.parametrize("what", STOPS)
def test_a_source_that_denies_what_it_said_stops_the_night(tmp_path, what):
    change, said = STOPS[what]
    stops = [each.given for each in found(tmp_path, change) if each.severity == "stop"]
    assert any(re.search(said, each.replace("\xa0", " ")) for each in stops), stops


def few(table):
    """A correction, two cancellations, and a row that came late."""
    late = table.slice(table.num_rows - 30, 1)
    corrected = since(3, lambda t: to("value", lambda v: 2 * v if v < 1 else v)(t))(table)
    return pa.concat_tables([corrected.slice(2), put(late, "person", pa.array([PEOPLE + 1]))])


HONEST = {
    "a day more": lambda tables: {},
    "corrections": rows(few),
    "a person erased": rows(lambda t: t.filter(pc.not_equal(t["person"], 7))),
    "an item retitled": items(lambda t: put(t, "title", pa.array(["other", *t["title"].to_pylist()[1:]]))),
    "an item delisted": items(lambda t: t.slice(1)),
    "a month loaded late": rows(
        lambda t: pa.concat_tables([t, to("person", lambda p: p + 5000)(t.slice(0, 300))])
    ),
    "dearer by a twentieth": items(to("price", lambda p: round(p * 1.05, 2))),
    "other order": rows(lambda t: t.take(pa.array(np.random.default_rng(2).permutation(t.num_rows)))),
}  # fmt: skip


def test_a_value_that_nobody_has_any_more_is_told(tmp_path):
    told = found(tmp_path, items(to("brand", lambda b: b.replace("acme", "Acme Ltd"))))
    assert [(each.severity, each.given) for each in told] == [
        ("tell", "items: brand = 'acme', which 20 had last night, is not there any more")
    ]


@pytest.mark.parametrize("what", HONEST)
def test_an_honest_night_is_not_stopped(tmp_path, what):
    assert [each for each in found(tmp_path, HONEST[what]) if each.severity == "stop"] == []


def test_the_same_columns_in_other_types_say_the_same(tmp_path):
    assert found(tmp_path, rows(to("item", str))) == []


def test_a_rolling_export_is_honest_once_it_is_declared(tmp_path):
    rolled = rows(without(DAYS, 400))
    stop = found(tmp_path, rolled)[0]
    assert stop.severity == "stop"
    assert "window = 4" in stop.remedy
    declared = stop.remedy.partition("window = ")[2].split()[0]
    assert found(tmp_path, rolled, f"window = {declared}") == []


def test_a_limit_can_be_set(tmp_path):
    assert found(tmp_path, rows(thin(0.04)))[0].severity == "stop"
    assert not [e for e in found(tmp_path, rows(thin(0.04)), "lost = '5%'") if e.severity == "stop"]


def test_rows_that_can_no_longer_be_used_stop_it_and_repetitions_are_told(tmp_path):
    def report(read, **reasons):
        gone = [{"reason": why.replace("_", " "), "count": n} for why, n in reasons.items()]
        return {"rows_read": read, "dropped": gone}

    pairs = [
        (report(5000, unreadable_time=3), report(5012, unreadable_time=900), "stop"),
        (report(5000), report(5120, duplicate_row=108), "tell"),
    ]
    for before, now, severity in pairs:
        told = found(tmp_path, lambda tables: {}, reports=(before, now))
        assert {each.severity for each in told} == {severity}, told
    quiet = report(5000, unreadable_time=3), report(5012, unreadable_time=4, forgotten=300)
    assert found(tmp_path, lambda tables: {}, reports=quiet) == []


def test_a_night_that_would_deny_the_last_one_publishes_nothing_until_somebody_says_why(shop):
    now, source = shop.now(), shop.folder.parent / "orders.csv"
    whole = source.read_text()
    run(shop, since=now, until=now)  # what was shipped is what was read last
    published = sorted((shop.folder / "published").glob("*.parquet"))
    kept = last_read(shop)
    lines = whole.splitlines(keepends=True)
    source.write_text("".join([lines[0], *lines[1::3], *lines[-40:]]))
    for _ in range(2):  # the second bad night is not measured by the first
        bad = stepladder.refresh(Project.open(shop.folder))
        with pytest.raises(Problem, match=r"purchases: .* rows of last night are gone"):
            run(bad, since=bad.now(), until=bad.now())
        assert last_read(bad) == kept
    assert sorted((shop.folder / "published").glob("*.parquet")) == published
    # whoever is answered meanwhile is answered from what the last good night read
    assert as_last_read(bad).table("purchases") == kept["purchases"] != bad.table("purchases")
    assert Served.load("shop", shop.folder).project.table("purchases") == kept["purchases"]
    run(bad, since=bad.now(), until=bad.now(), accept="two shops of three were sold")
    assert last_read(bad)["purchases"] == bad.table("purchases")
    source.write_text("".join([lines[0], *lines[1::3], *lines[-40:]]) + lines[-1])
    run(stepladder.refresh(bad), since=bad.now(), until=bad.now())


def test_what_is_learnt_anew_is_what_later_nights_are_held_against(shop):
    again = stepladder.relearn(shop)
    assert last_read(again) == {"purchases": again.table("purchases")}


def test_a_version_that_is_away_is_told(tmp_path):
    path = tmp_path / "items.parquet"
    pq.write_table(BEFORE["items"], path)
    away = {"items": tmp_path / "gone.parquet"}
    ask = question_toml.parse('question = "recommend"\nhorizon = 28\n')
    question = questions.load("recommend")
    here = {spec.name: path for spec in question.TABLES}
    (told,) = held_against(question, ask, away, here)
    assert told.severity == "tell"
    assert "not there any more (gone.parquet)" in told.given
