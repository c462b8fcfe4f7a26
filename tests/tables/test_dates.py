"""Dates as the tools and languages of the world write them."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from stepladder.core.errors import Problem
from stepladder.tables.dates.months import MONTHS
from stepladder.tables.dates.names import UNSURE, _meanings, folded
from stepladder.tables.dates.texts import read_dates

from .conftest import TODAY, dropped, rows

HEAD = "customer,date,amount\n"


def read(words, version=2):
    dates = read_dates(pa.array(words), "day first", TODAY, version)
    stamps = dates.day.astype("datetime64[D]").astype("datetime64[s]") + dates.second
    return [s.item() if ok else None for s, ok in zip(stamps, dates.found, strict=True)]


@pytest.mark.parametrize("text", """
    2024-01-13 21:05:00 CET|2024-01-13 21:05 GMT+1|2024-01-13 21:05:00 UTC+01:00
    2024-01-13 21:05:00 +0100|2024-01-13T21:05:00Z|2024-01-13 21:05:00 EST|20240113T2105
    2024-01-13 21:05:00 Europe/Berlin|2024-01-13 21:05:00 (Central European Time)
    20240113T210500Z|20240113T210500+0100|13.01.24 21:05 Uhr|13-JAN-24 09.05.00.000000000 PM
    Sat Jan 13 2024 21:05:00 GMT+0100 (CET)|2024-01-13 21:05:00 +0100 CET m=+0.0001
    Sat Jan 13 2024 21:05:00 GMT+0100 (Mitteleuropäische Normalzeit)|/Date(1705179900000)/
    13/Jan/2024:21:05:00 +0100|Sat Jan 13 21:05:00 CET 2024|Jan 13 2024 9:05:00:000PM
    2024:01:13 21:05:00|2024-01-13-21.05.00.123456|2024-01-13_21-05-00|21:05 13.01.2024
    2024年1月13日 21:05:00|2024年01月13日 下午9:05|2024年1月13日21時05分00秒|2024/1/13 午後9:05
    2024. 1. 13. 오후 9:05:00|2024년 1월 13일 오후 9:05|2024. jan. 13. du. 9:05
    13 янв. 2024 г., 21:05|13 Ιαν 2024 9:05 μ.μ.|13 de enero de 2024, 9:05 p. m.
    13.01.2024 kl. 21.05|13.1.2024 klo 21.05|samedi 13 janvier 2024 à 21:05:00 UTC+1
    January 13, 2024 at 9:05:00 PM GMT+1|Samstag, 13. Januar 2024 um 21:05:00 MEZ
    13 janv. 2024, 21 h 05 min 00 s|2024-01-13 9:05 nachm.|1/13/2024, 9:05:00 PM
    ١٣/٠١/٢٠٢٤ ٩:٠٥ م|２０２４/０１/１３ ２１:０５|ISODate("2024-01-13T21:05:00Z")|13−01−2024 21:05
    sat jan 13 21:05:00 cet 2024|13Jan2024:21:05:00|1705179900000.0|1705179900000000000|13/01/2024 9:5 PM
""".strip().replace("\n", "|").split("|"))  # fmt: skip
def test_moments_of_every_tool(text):
    order = "month first" if text.startswith("1/13") else "day first"
    dates = read_dates(pa.array([text.strip()]), order, TODAY)
    assert (int(dates.day[0]), int(dates.second[0])) == (19735, 21 * 3600 + 300)


@pytest.mark.parametrize("text", """
    Sat, 13-Jan-2024|sat, 13 jan 2024|2024-01-13T00
    2024-W02-6|2024W026|2024-013|Jan-13-2024|2024年1月13日|१३/०१/२०२४|13 січня 2024|13 Ιανουαρίου 2024
    13 OCAK 2024|13. ledna 2024|13 يناير 2024|13 كانون الثاني 2024|13 ม.ค. 2024|13 Januari 2024
    2024 m. sausio 13 d.|2024. gada 13. janvāris|13 thg 1, 2024|13. tammikuuta 2024|13 בינואר 2024
    13 de gener del 2024|Sa., 13.01.2024|2024年1月13日土曜日|2024-01-13+01:00|13.01.2024 г.|13. siječnja 2024
""".strip().replace("\n", "|").split("|"))  # fmt: skip
def test_days_of_every_language(text):
    assert read([text.strip()]) == [datetime(2024, 1, 13)]


@pytest.mark.parametrize(
    "text", ["hello 12", "2024-01", "Q1 2024", "13 listopada 2024", "2024-W60-1", "2024-400"]
)
def test_what_is_no_day_or_two_is_not_guessed(text):
    assert read([text]) == [None]


def test_a_word_for_two_months_is_told_by_the_others():
    assert read(["1 listopada 2023", "2 stycznia 2024"]) == [
        datetime(2023, 11, 1),
        datetime(2024, 1, 2),
    ]
    assert read(["1. listopada 2023", "2. siječnja 2024"]) == [
        datetime(2023, 10, 1),
        datetime(2024, 1, 2),
    ]
    english = {folded(word): month for word, month in MONTHS.items()}
    other = {w for w, m in english.items() if len(_meanings().get(w, ())) > 1} - {"jan"}
    assert other == set(UNSURE)
    assert read(["1 listopada 2023"], version=1) == [datetime(2023, 11, 1)]


@pytest.mark.parametrize(("lines", "days"), [
    (["7,13. nov. 2023,1", "7,13. des. 2023,2", "7,13. jan. 2024,2"],
     [date(2023, 11, 13), date(2023, 12, 13), date(2024, 1, 13)]),
    (["7,45304,1", "7,13/02/2024,2", "8,45325,3", "8,14/02/2024,3"],
     [date(2024, 1, 13), date(2024, 2, 13), date(2024, 2, 3), date(2024, 2, 14)]),
    (["7,45304.88,1", "7,13. Feb 2024 10:00 CET,2"], [date(2024, 1, 13), date(2024, 2, 13)]),
    (['7,"1/13/2024, 9:05:00\u202fPM",1', '8,"2/13/2024, 9:05:00\u202fPM",2'],
     [date(2024, 1, 13), date(2024, 2, 13)]),
    (["7,2024-01-13 21:05:00,1", "8,2024-02-13 21:05:00 CET,2", "8,2024-02-13 21:05 GMT+1,2"],
     [date(2024, 1, 13), date(2024, 2, 13), date(2024, 2, 13)]),
])  # fmt: skip
def test_columns_of_mixed_writing(cleaned, lines, days):
    result = cleaned(HEAD + "\n".join(lines))
    assert [row[2] for row in rows(result)] == days
    assert not result.report.warnings


def test_an_id_far_from_the_dates_is_no_serial():
    assert read(["13/02/1999", "14/02/1999", "45304"])[2] is None


def test_guards_go_from_every_column(cleaned):
    text = HEAD + '="007",="2024-01-13",="12.50"\n\'008,\'2024-01-14,\'3\n\'t Hooft,2024-01-15,1\n'
    assert rows(cleaned(text)) == [
        (2, "007", date(2024, 1, 13), 12.5),
        (3, "008", date(2024, 1, 14), 3.0),
        (4, "'t Hooft", date(2024, 1, 15), 1.0),
    ]


def feed(n, zone, day="2024-{:02d}-{:02d}"):
    return [f"{i % 9},{day.format(1 + i % 12, 1 + i % 27)} 10:00:00{zone(i)},1" for i in range(n)]


@pytest.mark.parametrize(("zone", "kinds"), [
    (lambda i: "Z" if i % 2 else "+10:00", ["several-offsets"]),
    (lambda i: " CET" if i % 2 else " EST", ["several-offsets"]),
    (lambda i: "+02:00" if 3 < 1 + i % 12 < 11 else "+01:00", []),
    (lambda i: "Z" if i % 2 else " UTC", []),
])  # fmt: skip
def test_several_offsets_are_said_save_summer_time(cleaned, zone, kinds):
    result = cleaned(HEAD + "\n".join(feed(300, zone)), duplicates="keep")
    assert [one.kind for one in result.report.warnings] == kinds
    assert len(rows(result)) == 300


def swap(n):
    """A year of d/m/y as a spreadsheet of month first leaves it."""
    days = np.random.default_rng(1).integers(19358, 19723, n).astype("datetime64[D]").tolist()
    return [f"{i % 9},{d.year}-{d.day:02d}-{d.month:02d},1" if d.day < 13
            else f"{i % 9},{d:%d/%m/%Y},1" for i, d in enumerate(days)]  # fmt: skip


def test_days_that_a_spreadsheet_swapped_are_refused_unless_told(cleaned):
    text = HEAD + "\n".join(swap(60))
    with pytest.raises(Problem, match="swapped days and months") as caught:
        cleaned(text)
    assert "--day-first" in caught.value.remedy
    assert len(rows(cleaned(text, day_order="day first", duplicates="keep"))) == 60


def shown(day, real, text):
    """A day as a spreadsheet of another country shows it, or as it leaves it."""
    turned = day.replace(day=day.month, month=day.day) if day.day < 13 else day
    return turned.strftime(real) if day.day < 13 else day.strftime(text)


DAYS = np.random.default_rng(3).integers(19358, 19723, 400).astype("datetime64[D]").tolist()


@pytest.mark.parametrize(("real", "text"), [
    ("%Y-%m-%d", "%d.%m.%Y"), ("%d-%b-%y", "%d.%m.%Y"), ("%d.%m.%Y", "%m/%d/%Y"), ("%Y-%m-%d", "%m/%d/%y"),
])  # fmt: skip
@pytest.mark.parametrize("beside", [0, 1, 200])
def test_swapped_days_are_found_beside_others_and_shown_with_dots(cleaned, real, text, beside):
    """Also with one date mended by hand, or below an older export that is whole."""
    old = "%Y-%m-%d" if "." not in real else "%Y/%m/%d"
    days = [datetime(2022, 1 + i % 12, 13 + i % 14).strftime(old) for i in range(beside)]
    days += [shown(day, real, text) for day in DAYS]
    with pytest.raises(Problem, match="swapped days and months"):
        cleaned(HEAD + "\n".join(f"{i % 9},{day},{i}" for i, day in enumerate(days)))
    honest = [day.strftime(real if i % 2 else text) for i, day in enumerate(DAYS)]
    assert (
        len(rows(cleaned(HEAD + "\n".join(f"{i % 9},{d},{i}" for i, d in enumerate(honest)))))
        == 400
    )


@pytest.mark.parametrize("bad", ["31/02/2024", "30.02.2024", "2024-13-45"])
def test_days_that_no_order_makes_possible_are_unreadable(cleaned, bad):
    lines = [
        f"{i % 9},{bad if i % 10 == 5 else f'2024-03-{1 + i % 28:02d}'},{i}" for i in range(100)
    ]
    with pytest.raises(Problem, match="10 of the 100 values of 'date'"):
        cleaned(HEAD + "\n".join(lines))


def test_texts_that_differ_in_the_clock_alone_are_read_at_once(monkeypatch):
    asked = []
    from stepladder.tables.dates import plain

    monkeypatch.setattr(
        plain,
        "_plain",
        lambda texts, _, own=plain._plain: asked.append(len(texts)) or own(texts, _),
    )
    words = [f"2024-01-13 {i // 60:02}:{i % 60:02}:11.5 CET" for i in range(1440)]
    found = read(words)
    assert asked == [1]
    assert found == [datetime(2024, 1, 13, i // 60, i % 60, 11) for i in range(1440)]


def test_two_honest_formats_are_no_swap(cleaned):
    iso = [f"{i % 9},2024-{1 + i % 6:02d}-{1 + i % 28:02d},1" for i in range(60)]
    texts = [f"{i % 9},{1 + i % 28:02d}/{7 + i % 5:02d}/2024,1" for i in range(60)]
    assert len(rows(cleaned(HEAD + "\n".join(iso + texts), duplicates="keep"))) == 120
    month = [f"1,2024-03-{day:02d},1" for day in range(1, 13)]
    month += [f"1,{day}/03/2024,1" for day in range(13, 31)]
    assert len(rows(cleaned(HEAD + "\n".join(month)))) == 30


def test_zero_dates_are_missing_and_named(cleaned):
    lines = ["1,2024-01-01,1", "2,0000-00-00,1", "3,0000-00-00 00:00:00,2", "4,00/00/0000,3"]
    assert dropped(cleaned(HEAD + "\n".join(lines))) == {"zero day": (3, [3, 4, 5])}


@pytest.mark.parametrize(("bad", "enough"), [(2, True), (3, False), (8, False)])
def test_a_column_that_cannot_be_read_is_refused_with_its_texts(cleaned, bad, enough):
    lines = [f"{i % 9},2024-03-{1 + i % 28:02d},1" for i in range(40)]
    lines += [f"{i % 9},week {i} or so,1" for i in range(bad)]
    if enough:
        assert (
            dropped(cleaned(HEAD + "\n".join(lines), duplicates="keep"))["unreadable day"][0] == 2
        )
        return
    with pytest.raises(Problem, match=f"{bad} of the {40 + bad} values of 'date'") as caught:
        cleaned(HEAD + "\n".join(lines))
    assert "'week 0 or so' (line 42)" in caught.value.given
    assert "--column day=" in caught.value.remedy


def test_the_near_miss_is_named(cleaned):
    lines = [f"{i % 9},{'2024-03-01' if i % 5 > 1 else 'last week'},1" for i in range(50)]
    with pytest.raises(Problem, match="`created` looks like dates: 40 % of its texts could not be"):
        cleaned("customer,created,amount\n" + "\n".join(lines))
