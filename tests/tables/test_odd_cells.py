"""What a cell may hold and a column may be: nobody's words are kept, and no text takes for ever."""

from __future__ import annotations

import json
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.tables import Choices, choose, clean, look, to_markdown, to_text
from stepladder.tables.sources.read import read
from stepladder.tables.sources.workbooks import _filled_down
from tests.tables.conftest import PURCHASES, TODAY

HEAD = "customer,date,amount"


def lines(count: int, behind: str = "", amount: str = "{}.5") -> str:
    """Rows of so many different sales, each with the same words behind it."""
    rows = (f"c{i % 7},2024-{i % 12 + 1:02}-{i % 28 + 1:02},{amount.format(i + 1)}{behind.format(i)}"
            for i in range(count))  # fmt: skip
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    "content",
    [
        f"{HEAD},Status\n{lines(50, ',paid')}{lines(50, ',cancelled by ann{}@x.de')}",
        f"{HEAD},Status\n{lines(50, ',paid')}{lines(9, ',waiting for ann{}@x.de')}",
        f"{HEAD}\n{lines(60)}ann@x.de,5\n",  # of another width
        f"Orders of ann@x.de,,\n{HEAD}\n{lines(60)}",
        f"{HEAD}\n{lines(30)}" + "".join(f"pos@ann.de,2024-03-{i + 1:02},5\n" for i in range(28)),
    ],
)
def test_what_is_kept_of_a_table_says_nothing_of_anybody(cleaned, content):
    columns = {"status": "Status"} if "Status" in content else {}
    report = cleaned(content, columns=columns).report
    kept = json.dumps(report.kept().to_dict()) + to_markdown(report.kept())
    assert not {"ann0", "ann", "@x.de", "@ann"} & set(kept.replace('"', " ").split())
    assert "@x" not in kept
    assert "@ann" not in kept


def test_an_example_is_shown_where_the_table_is_read(cleaned):
    report = cleaned(f"{HEAD}\n{lines(60)}c1,5\n").report
    assert "Such as: c1,5." in to_text(report)


def test_a_status_of_many_words_is_one_reason(cleaned):
    rows = lines(200, ",paid") + lines(200, ",cancelled by {}")
    report = cleaned(f"{HEAD},Status\n{rows}", columns={"status": "Status"}).report
    assert [(one.reason, one.count) for one in report.set_aside] == [("no sale: cancelled", 200)]


PROSE = " ".join(f"{word} may {word}" for word in range(400))


@pytest.mark.parametrize(
    "content",
    [
        f"{HEAD},note\n{lines(40, ',n')}c1,2024-01-05,3.5,a\\,b\nc2,2024-01-06,4.5,{'y' * 60_000}\n",
        f"{HEAD},created\n{lines(100, f',{PROSE} {{}}')}",
        f"{HEAD},x total\n{lines(40, ',a' + '-' * 20_000 + 'b{}')}",
        f'{HEAD},note\n{lines(2, "," + "y" * 60_000)}c1,2024-01-05,3.5,"a \\"b\\" c"\n',
    ],
    ids=["escaped", "prose", "signs", "quoted"],
)
def test_a_long_cell_takes_no_longer_than_short_ones(cleaned, content):
    began = time.process_time()
    cleaned(content)
    assert time.process_time() - began < 2


def test_a_currency_that_has_no_code_is_chosen_as_the_table_has_it(cleaned):
    both = f"{HEAD}\n{lines(30, amount='{} kr')}{lines(20, amount='{} €')}"
    report = cleaned(both, currency="KR").report
    assert report.rows_kept == 30
    assert report.rows_read == 50


SIZE = 24
KINDS = {
    "half": pa.array(np.arange(SIZE, dtype=np.float16)),
    "view": pa.array([b"ab"] * SIZE, pa.binary_view()),
    "wide": pa.array(["a"] * SIZE, pa.large_string()).dictionary_encode(),
    "nested": pa.array([{"a": i} for i in range(SIZE)]),
    "none": pa.nulls(SIZE),
    "span": pa.array([1] * SIZE, pa.duration("s")),
    "decimal": pa.array(range(SIZE), pa.decimal256(60, 2)),
    "zoned": pa.array([10**15] * SIZE, pa.timestamp("us", "Europe/Berlin")),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["more", "status", "order_id", "item", "row"])
def test_a_column_of_any_type_may_stand_beside(tmp_path, kind, name):
    table = {
        "customer": pa.array([f"c{i % 5}" for i in range(SIZE)]),
        "date": pa.array([f"2024-01-{i + 1:02}" for i in range(SIZE)]),
        "amount": pa.array([i + 1.0 for i in range(SIZE)]),
    }
    pq.write_table(pa.table({**table, name: KINDS[kind]}), tmp_path / "t.parquet")
    seen = look(str(tmp_path / "t.parquet"), PURCHASES, {})
    found = clean(seen.source, PURCHASES, choose(seen, ask_user=None, today=TODAY), seen.raw)
    assert found.report.rows_kept == SIZE
    assert found.table["value"].to_pylist() == table["amount"].to_pylist()


def test_of_two_columns_of_one_name_each_has_its_own(tmp_path):
    arrays = [pa.array([i]) for i in range(4)]
    pq.write_table(
        pa.Table.from_arrays(arrays, names=["a", "a", "a (2)", "a"]), tmp_path / "t.parquet"
    )
    table = read(str(tmp_path / "t.parquet"), None, None, None).table
    assert [table.column(name)[0].as_py() for name in table.column_names] == [0, 1, 2, 3]


def test_the_rows_of_a_merged_cell_are_named_by_their_own_numbers():
    cells = [["who", "what"], ["a", "x"], ["", "x"], ["", "x"]]
    assert _filled_down(cells, [((1, 0), (3, 0))]) == [(3, ""), (4, "")]
    assert [row[0] for row in cells[1:]] == ["a", "a", "a"]


C = ("customer", "date", "amount")
FIRST = {
    "few values": (f"{HEAD}\n{lines(30)}" + "c1,5\n" * 9, C, (30, "c0")),
    "trailing": (
        f"{HEAD}\n" + lines(29, ",") + "c1,2024-05-05,3,gift\n",
        ("column_1", "customer", "date"),
        (30, "c0"),
    ),
    "other order": (f"{HEAD}\n{lines(30)}date,customer,amount\n2024-03-03,c1,5\n", C, (30, "c0")),
    "quotes": (
        HEAD + "".join(f'\n"""c{i}""",2024-01-0{i + 1},5' for i in range(9)),
        C,
        (9, '"c0"'),
    ),
}


@pytest.mark.parametrize("case", FIRST)
def test_what_the_first_cleaner_read_is_laid_out_as_it_was(tmp_path, case):
    content, names, (kept, first) = FIRST[case]
    (tmp_path / "o.csv").write_text(content)
    plain = {
        "columns": dict(zip(("customer", "day", "value"), names, strict=True)),
        "separator": ",",
    }
    found = clean(
        str(tmp_path / "o.csv"), PURCHASES, Choices.from_dict({**plain, "today": "2024-12-31"})
    )
    assert found.report.rows_kept == kept
    assert found.table["customer"][0].as_py() == first
