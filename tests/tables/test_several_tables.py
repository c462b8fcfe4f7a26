"""Two tables that belong together: times to the second, items listed once, ids that can be joined."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder import questions
from stepladder.core.errors import Problem
from stepladder.project.cleaning import choose, cleaned
from stepladder.project.sources import given
from stepladder.questions.recommend.interactions import INTERACTIONS, ITEMS
from stepladder.tables import Choices, Column, TableSpec
from stepladder.tables.dates.typed import dealt, typed_dates
from stepladder.tables.rows.duplicates import duplicate_rows

from .conftest import TODAY, adds_up, dropped

SPECS = (INTERACTIONS, ITEMS)
RATINGS = (
    "userId,movieId,rating,timestamp\n1,10,4.0,964982703\n2,10,3.5,964982704\n1,20,5,964983000\n"
)


@pytest.fixture
def run(tmp_path):
    """Writes the files, looks, chooses and cleans: interactions, items."""

    def clean_both(
        interactions: str, items: str | None = None, columns=None, ask_user=None, **choices
    ):
        (tmp_path / "i.csv").write_text(interactions)
        sources = {"interactions": str(tmp_path / "i.csv")}
        if items is not None:
            (tmp_path / "items.csv").write_text(items)
            sources["items"] = str(tmp_path / "items.csv")
        chosen = choose(SPECS, sources, columns or {}, ask_user, {"today": TODAY, **choices}, {})
        found = cleaned(SPECS, chosen)
        for one in chosen.values():
            assert Choices.from_dict(one.choices.to_dict()) == one.choices
        for one in found.values():
            adds_up(one)
        return found["interactions"], found["items"]

    return clean_both


def stamps(dates) -> list[tuple[int, int, int]]:
    return list(zip(dates.day.tolist(), dates.second.tolist(), dates.micro.tolist(), strict=True))


@pytest.mark.parametrize("numbers", [
    pa.array([1700000000, 1600000000]), pa.array([1700000000000, 1600000000000]),
    pa.array([1700000000000000, 1600000000000000]), pa.array([1.7e18, 1.6e18]).cast(pa.int64()),
    pa.array([1700000000.0, 1600000000.0, None]), pa.array(["1700000000", "1600000000"]),
    pa.array([datetime(2023, 11, 14, 22, 13, 20), datetime(2020, 9, 13, 12, 26, 40)], pa.timestamp("ms")),
    pa.array(["2023-11-14 22:13:20", "2020-09-13T12:26:40"]),
])  # fmt: skip
def test_a_moment_is_the_same_in_every_unit(numbers):
    found = typed_dates(pa.chunked_array([numbers]), TODAY)
    assert stamps(found)[:2] == [(19675, 80000, 0), (18518, 44800, 0)]
    assert not found.found[2:].any()


@pytest.mark.parametrize("numbers", [
    [20240131, 20230228], [45304, 45325], [20240131235959, 20230228000000],  # a day, a sheet's day, a clock
    [1700000000, 5], [1700000000, 1700000000000], [9999999999, 1700000000],  # not all of one unit
])  # fmt: skip
def test_numbers_that_may_be_something_else_are_not_taken_for_seconds(numbers):
    assert typed_dates(pa.chunked_array([numbers]), TODAY) is None


def test_times_keep_their_microseconds_and_plain_days_are_midnight(run):
    text = (
        "user,item,date\n1,a,2024-01-13 21:05:00.123456\n1,b,2024-01-13\n2,b,13 Jan 2024 9:05 pm\n"
        "2,a,2024-01-13T21:05:00.5+02:00\n"
    )
    table = run(text)[0].table
    assert table.schema.field("time").type == pa.timestamp("us")
    assert dict(zip(table["row"].to_pylist(), table["time"].to_pylist(), strict=True)) == {
        2: datetime(2024, 1, 13, 21, 5, 0, 123456),
        3: datetime(2024, 1, 13),
        4: datetime(2024, 1, 13, 21, 5),
        5: datetime(2024, 1, 13, 21, 5, 0, 500000),
    }
    seconds = run(RATINGS)[0]
    assert "time was read as seconds since 1970." in seconds.report.notes
    assert seconds.table["time"][0].as_py() == datetime(2000, 7, 30, 18, 45, 3)


def test_a_typed_time_is_that_of_the_clock_where_it_hung(tmp_path):
    moment = pa.array([1700000000123456], pa.timestamp("us", "America/New_York"))
    path = tmp_path / "plays.parquet"
    pq.write_table(pa.table({"listener": [1], "track": ["x"], "played_at": moment}), path)
    found = cleaned(SPECS, choose(SPECS, {"interactions": str(path)}, {}, None, {}, {}))
    assert found["interactions"].table["time"][0].as_py() == datetime(
        2023, 11, 14, 17, 13, 20, 123456
    )


@pytest.mark.parametrize(("header", "found"), [
    ("userId,movieId,rating,timestamp", ["userId", "movieId", "timestamp", "rating"]),
    ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
     ["CustomerID", "StockCode", "InvoiceDate", "Quantity"]),
    ("user_id,artist_name,artist_id,plays,ts", ["user_id", "artist_id", "ts", "plays"]),
    ("event_time,event_type,product_id,category_id,brand,price,user_id,user_session",
     ["user_id", "product_id", "event_time"]),
    ("reviewer_name,reviewerID,asin,overall,unixReviewTime",
     ["reviewerID", "asin", "unixReviewTime", "overall"]),
    ("t_dat,customer_id,article_id,price,sales_channel_id", ["customer_id", "article_id", "t_dat"]),
    ("Kundennummer,Artikelnummer,Artikelbezeichnung,Menge,Bestelldatum",
     ["Kundennummer", "Artikelnummer", "Bestelldatum", "Menge"]),
    ("book_rating,isbn,user_id,date", ["user_id", "isbn", "date", "book_rating"]),
    ("order id,customer name,customer_id,product category,sku,order_date,qty",
     ["customer_id", "sku", "order_date", "qty"]),
])  # fmt: skip
def test_the_columns_of_many_a_log_are_found(run, header, found):
    names = header.split(",")
    days = {"timestamp", "InvoiceDate", "ts", "event_time", "unixReviewTime", "t_dat", "Bestelldatum",
            "date", "order_date"}  # fmt: skip
    lines = [",".join(f"2024-01-{1 + i:02d}" if name in days else str(i % 5) for name in names)
             for i in range(20)]  # fmt: skip
    interactions, items = run("\n".join([header, *lines]))
    assert [m.source for m in interactions.report.mapping] == found
    titles = {"Description", "artist_name", "Artikelbezeichnung"} & set(names)
    assert {m.source for m in items.report.mapping} == {found[1], *titles}


def test_items_without_a_source_are_collected_from_the_interactions(run):
    text = (
        "CustomerID,StockCode,Description,InvoiceDate,Quantity\n1,85A,LANTERN,2024-01-01,1\n"
        "2,85A,LAMP,2024-01-02,1\n3,85A,lamp?,2024-01-03,1\n4,85A,LAMP,2024-01-04,2\n"
        "4,9,b,2024-01-04,2\n5,9,a,2024-01-04,2\n5,7,,2024-01-05,2\n,7,,2024-01-06,-2\n"
    )
    items = run(text)[1]
    assert items.table.to_pydict() == {
        "item": ["7", "85A", "9"], "title": [None, "LAMP", "a"], "row": [8, 3, 7],
    }  # fmt: skip
    assert dropped(items) == {"item again": (5, [2, 4, 5, 6, 9])}
    assert [(one.reason, one.count) for one in items.report.changed] == [("several titles", 2)]
    assert items.report.last_day_sentence.endswith("known today.")
    bare = run(RATINGS)[1]
    assert bare.table.to_pydict() == {"item": [10, 20], "title": [None, None], "row": [2, 4]}
    assert not any("title" in note for note in bare.report.notes)


def test_items_of_their_own_keep_every_other_column(run):
    items = run(RATINGS, "movieId,title,TITLE,Row,year,zip\n10,Heat, x,1,1995,01\n20,,y,2,,2\n")[1]
    assert items.table.to_pydict() == {
        "item": [10, 20], "title": ["Heat", None], "TITLE_2": ["x", "y"], "Row_2": [1.0, 2.0],
        "year": [1995.0, None], "zip": ["01", "2"], "row": [2, 3],
    }  # fmt: skip


def test_ids_are_numbers_in_every_table_or_text_in_every_table(run):
    interactions, items = run(RATINGS, "movieId,title\n10,Heat\nX9,Casino\nX9,Casino\n")
    assert interactions.table["item"].to_pylist() == ["10", "10", "20"]
    assert items.table["item"].to_pylist() == ["10", "X9"]
    assert dropped(items) == {"item again": (1, [4])}
    half = "1 of 2 items in interactions have no row in items; their titles are empty."
    assert half in items.report.notes
    zeros = run(RATINGS, "movieId,title\n010,Heat\n020,Casino\n")[1]
    unlike = "Not one is the same in both: here it is like 999, there like 99."
    assert unlike in zeros.report.notes[-1]  # how they are written, and not whose they are
    numbers = run(RATINGS, "movieId,title\n10.0,Heat\n20.0,Casino\n")
    assert [one.table.schema.field("item").type for one in numbers] == [pa.int64()] * 2


def test_columns_are_named_by_table_or_by_the_first_that_has_them(run):
    other = RATINGS.replace("movieId", "thing")
    items = "thing,film\n10,Heat\n20,Casino\n"
    named = {"item": "thing", "title": "film"}  # and so the items' item is thing as well
    assert run(other, items, named)[1].table["title"].to_pylist() == ["Heat", "Casino"]
    named = {"item": "thing", "items.item": "film", "items.title": "thing"}
    assert run(other, items, named)[1].table["item"].to_pylist() == ["Casino", "Heat"]
    with pytest.raises(Problem, match=r"The table items has no column 'titel'"):
        run(RATINGS, items, {"items.titel": "film"})


def test_what_can_be_wrong_with_them_is_said(run, tmp_path):
    with pytest.raises(Problem) as caught:
        run("movieId,title,genres\n1,Heat,Crime\n2,Casino,Crime\n")
    assert "(item is movieId)" in caught.value.given
    assert "movieId, title, genres" in caught.value.allowed
    assert "--from items=FILE" in caught.value.remedy
    with pytest.raises(Problem, match="a header but no rows"):
        run(RATINGS, "movieId,title\n")
    with pytest.raises(Problem, match="such as --from items="):
        given("recommend", ["a.csv", f"itemz={tmp_path / 'i.csv'}"])
    with pytest.raises(Problem, match="each table has one source"):
        given("recommend", ["a.csv", "b.csv"])
    odd = "postgresql://host/db?table=items&x=1"
    assert given("recommend", [odd, "items=a=b.csv"]) == {"interactions": odd, "items": "a=b.csv"}
    words = run(RATINGS.replace("3.5", "good"))[0]
    assert words.table["value"].null_count == 1
    again = run(RATINGS + "1,10,4.0,964982703\n1,10,4.0,964982799\n")[0]
    assert dropped(again) == {"duplicate row": (1, [5])}
    assert run(RATINGS.splitlines()[0] + "\n1,10,4.0,964982703\n")[0].table.num_rows == 1


def test_without_time_it_says_why_and_takes_random_days_only_when_told(run):
    text = "userId,movieId,rating\n" + "".join(f"{i % 50},{i % 7},3\n" for i in range(3600))
    with pytest.raises(Problem) as caught:
        run(text)
    assert "what was known before what" in caught.value.allowed
    assert "--no-time" in caught.value.remedy
    with pytest.raises(Problem, match="No time column"):
        run(text, ask_user=lambda question, answers: answers[-1])
    found = run(text, time="random", duplicates="keep")[0]
    assert "rosier than life" in found.report.notes[0]
    assert found.report.last_day_complete
    days = found.table["time"].cast(pa.date32()).to_numpy().astype(int)
    assert (days.min(), days.max()) == (10963, 11322)
    # the same on every machine, spread evenly, and unlike the order of the file
    assert stamps(dealt(np.array([2, 3]))) == stamps(dealt(np.array([3, 2])))[::-1]
    assert abs(np.corrcoef(found.table["row"].to_numpy(), days)[0, 1]) < 0.05
    assert np.bincount(days - days.min()).std() < 5


def test_a_project_of_two_sources_is_refreshed_from_both(tmp_path):
    lines = [f"{i % 60},{(i * i) % 23},{i % 5 + 1},{1600000000 + i * 40000}" for i in range(900)]
    (tmp_path / "r.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *lines]))
    films = "movieId,title,genre\n" + "".join(f"{i},film {i},drama\n" for i in range(11))
    (tmp_path / "m.csv").write_text(films)
    sources = {"interactions": str(tmp_path / "r.csv"), "items": str(tmp_path / "m.csv")}
    made = stepladder.new("recommend", sources, tmp_path / "p")
    assert pq.read_table(made.table("items"))["item"].type == pa.int64()
    with (tmp_path / "m.csv").open("a") as file:
        file.write("x1,other,drama\n")
    again = stepladder.refresh(stepladder.Project.open(made.folder))
    tables = [pq.read_table(again.table(name)) for name in ("interactions", "items")]
    assert [table["item"].type for table in tables] == [pa.int64()] * 2  # as it was found first
    assert tables[1].num_rows == 11
    again = stepladder.relearn(again)
    tables = [pq.read_table(again.table(name)) for name in ("interactions", "items")]
    assert [table["item"].type for table in tables] == [pa.string()] * 2
    assert tables[1].num_rows == 12
    assert tables[1].column_names == ["item", "title", "genre", "row"]
    assert 'source = "../m.csv"' in again.settings
    one = stepladder.new("recommend", sources["interactions"], tmp_path / "q")
    before = one.settings
    assert stepladder.refresh(one).settings == before


def test_duplicates_are_found_among_many_alike():
    rng = np.random.default_rng(5)
    pairs = rng.integers(0, 30, (4000, 2))
    table = pa.table({
        "a": pa.chunked_array([pairs[:1000, 0], pairs[1000:, 0]]), "b": [f"t{b}" for b in pairs[:, 1]],
        "c": [None if a == 3 else 0.5 for a in pairs[:, 0]], "d": [[int(a)] for a in pairs[:, 0]],
    })  # fmt: skip
    seen, expected = set(), []
    for pair in map(tuple, pairs):
        expected.append(pair in seen)
        seen.add(pair)
    assert duplicate_rows(table).tolist() == expected


def test_online_retail_is_read_as_published():
    path = questions.DATA / "online_retail.parquet"
    found = cleaned(
        SPECS, choose(SPECS, {"interactions": str(path)}, {}, None, {"today": date(2026, 1, 1)}, {})
    )
    assert found["interactions"].table.num_rows == 392_732  # 397,924 without the 5,192 doubled rows


LEADS = TableSpec(
    "leads",
    (Column("lead", "id", True, ("lead_id",), "who"),
     Column("time", "time", True, ("signup_date", "created"), "when they came")),
    key=("lead",), time="time", rest=True,
)  # fmt: skip
CONVERSIONS = TableSpec(
    "conversions",
    (Column("lead", "id", True, ("lead_id",), "who"),
     Column("time", "time", True, ("converted_date", "date"), "when they converted")),
    key=("lead",), time="time", within="leads",
)  # fmt: skip


def test_two_tables_of_one_wide_file_have_each_its_own_time(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(
        "lead_id,signup_date,country,converted_date\n"
        "1,2024-01-13,DE,2024-02-20\n2,2024-01-14,FR,\n3,2024-01-15,DE,2024-03-01\n"
    )
    specs, given = (LEADS, CONVERSIONS), {"leads": str(path)}
    chosen = choose(specs, given, {}, None, {"today": TODAY}, {})
    found = cleaned(specs, chosen)
    assert chosen["conversions"].choices.columns == {"lead": "lead_id", "time": "converted_date"}
    assert found["leads"].table.column_names == ["lead", "time", "country", "row"]
    assert [t.date() for t in found["leads"].table["time"].to_pylist()] == [
        date(2024, 1, 13), date(2024, 1, 14), date(2024, 1, 15),
    ]  # fmt: skip
    assert found["conversions"].table.select(["lead", "time"]).to_pylist() == [
        {"lead": 1, "time": datetime(2024, 2, 20)}, {"lead": 3, "time": datetime(2024, 3, 1)},
    ]  # fmt: skip


def test_the_time_of_one_table_is_not_guessed_to_be_that_of_another(tmp_path):
    path = tmp_path / "narrow.csv"
    path.write_text("lead_id,created,country\n1,2024-01-13,DE\n2,2024-01-14,FR\n")
    specs, given = (LEADS, CONVERSIONS), {"leads": str(path)}
    with pytest.raises(Problem) as caught:
        choose(specs, given, {}, None, {"today": TODAY}, {})
    assert "--column conversions.time=NAME" in caught.value.remedy
    named = {"conversions.time": "created"}
    chosen = choose(specs, given, named, None, {"today": TODAY}, {})
    assert chosen["conversions"].choices.columns["time"] == "created"
