"""Whatever the dialect, the table comes back; whatever the bytes, no row is lost and nothing breaks."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepladder.core.errors import Problem
from stepladder.tables import choose, clean, look

from .conftest import PURCHASES, TODAY, adds_up, rows

QUICK = settings(max_examples=30, deadline=None, derandomize=True,
                 suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
DAYS = {
    "%Y-%m-%d": None, "%d/%m/%Y": "day first", "%m/%d/%Y": "month first", "%d.%m.%Y": None,
    "%d %b %Y": None, "%B %d, %Y": None, "%Y%m%d": None, "%Y-%m-%d %H:%M:%S": None,
    "%d-%m-%Y": "day first", "%m/%d/%y %I:%M %p": "month first", "%Y/%m/%d": None,
}  # fmt: skip
WORDS = st.text(
    st.characters(codec="cp1252", exclude_categories=("C", "Z")), min_size=1, max_size=8
)
CLEAN = st.lists(
    st.tuples(st.integers(0, 99), st.integers(0, 9000), st.decimals("0.00", "9999999.99", places=2),
              st.text(st.sampled_from('ab ,;|\t"\n€'), max_size=6)),
    min_size=1, max_size=25, unique_by=lambda row: (row[0], row[1]),
)  # fmt: skip
DIALECT = st.fixed_dictionaries({
    "separator": st.sampled_from(",;\t|"), "end": st.sampled_from(["\n", "\r\n"]),
    "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    "day": st.sampled_from(sorted(DAYS)), "decimal": st.sampled_from(".,"),
    "thousands": st.sampled_from(["", "sign", " ", "'"]), "currency": st.sampled_from(["", "€", "EUR "]),
    "quote": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    "trail": st.sampled_from([[], [], [""], ["gift"]]),  # behind each row but the header
})  # fmt: skip


def written(amount: Decimal, dialect: dict[str, str]) -> str:
    mark = dialect["decimal"]
    thousands = {"sign": "," if mark == "." else "."}.get(
        dialect["thousands"], dialect["thousands"]
    )
    plain = f"{amount:,.2f}".replace(".", "@").replace(",", thousands).replace("@", mark)
    return dialect["currency"] + plain


@QUICK
@given(CLEAN, DIALECT)
def test_any_dialect_comes_back_as_it_went(tmp_path, table, dialect):
    first = date(1999, 1, 1)
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=dialect["separator"], quoting=dialect["quote"],
                        lineterminator=dialect["end"])  # fmt: skip
    writer.writerow(["note", "customer_id", "date", "amount"])
    expected, line = [], 2
    for customer, offset, amount, note in table:
        day = first + timedelta(days=offset)
        row = [note, f"K{customer}", day.strftime(dialect["day"]), written(amount, dialect)]
        writer.writerow([*row, *dialect["trail"]])
        expected.append((line, f"K{customer}", day, float(amount)))
        line += 1 + note.count("\n")
    path = tmp_path / "orders.csv"
    path.write_bytes(buffer.getvalue().encode(dialect["encoding"]))
    seen = look(str(path), PURCHASES, {}, encoding=dialect["encoding"])
    # at random a day may well be far from all others
    whole = {"from_day": first, "to_day": TODAY}
    chosen = choose(seen, ask_user=None, day_order=DAYS[dialect["day"]], today=TODAY, **whole)
    result = clean(str(path), PURCHASES, chosen)
    adds_up(result)
    assert rows(result) == expected


GARBAGE = st.lists(st.one_of(
    st.binary(max_size=30),
    st.sampled_from([b"customer,date,amount\n", b"\n", b"1,2024-01-01,5\n", b'"', b",", b";", b"\r",
                     b"\r\n", b"2,03/04/24,(1.5)\n", b"\x00", b"\xff", b"Total,,9\n", b'"a\nb",',
                     b"3,2024-01-02,1e999\n", b"99999999999999999999,1,1\n", b"sep=;\n"]),
), max_size=40).map(b"".join)  # fmt: skip


@settings(QUICK, max_examples=60)
@given(st.booleans(), GARBAGE)
def test_no_bytes_break_it_and_no_row_is_lost(tmp_path, headed, data):
    path = tmp_path / "orders.csv"
    path.write_bytes((b"customer,date,amount\n1,2024-01-01,5\n" if headed else b"") + data)
    try:
        chosen = choose(look(str(path), PURCHASES, {}), ask_user=None, day_order="day first",
                        decimal=".", today=TODAY)  # fmt: skip
        result = clean(str(path), PURCHASES, chosen)
    except Problem:
        return
    adds_up(result)
    lines = result.table["row"].to_pylist()
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_input_gives_the_same_bytes(cleaned, seed):
    text = "customer,date,amount\n" + "".join(
        f"c{(i * 7919 + seed) % 13},2024-0{1 + i % 9}-1{i % 7},{i % 5}\n" for i in range(200)
    )
    one, two = cleaned(text), cleaned(text)
    assert one.table.equals(two.table)
    assert one.report == two.report
    keys = list(zip(one.table["day"].to_pylist(), one.table["customer"].to_pylist(),
                    one.table["row"].to_pylist(), strict=True))  # fmt: skip
    assert keys == sorted(keys)
