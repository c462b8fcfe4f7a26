"""CSV that a spreadsheet opens: no text is a formula, no number is a text, and nothing is lost."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from stepladder.project.spreadsheet import to_csv

TEXTS = st.lists(st.text(st.sampled_from("=+-@'\t\r\n; ,\"a1.＝")), min_size=1)


def back(text: str) -> str:
    """As documented: one apostrophe goes from before what would have been a formula."""
    text = re.sub(r"^'('*[\t\r\n])", r"\1", text)
    return re.sub(r"(^|[;\t\r\n])'([ ']*[=+\-@＝＋－＠])", r"\1\2", text)


def written(table: pa.Table, *marks: str) -> str:
    """In two parts, as one."""
    with tempfile.TemporaryDirectory() as room:
        path = Path(room, "x.csv")
        to_csv([table.slice(0, 1), table.slice(1)], path, *marks)
        return path.read_bytes().decode()


def read(table: pa.Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written(table), newline="")))[1:]


@given(TEXTS)
def test_no_text_is_a_formula_and_every_text_comes_back(texts):
    rows = read(pa.table({"name": texts, "n": range(len(texts))}))
    assert [back(name) for name, _ in rows] == texts
    for name, _ in rows:
        for cell in (name, *re.split(r"[;\t\r\n]", name)[1:]):
            assert re.fullmatch(r"[+-]?\d+([.,]\d+)?", name) or not re.match(r" *[=+\-@＝]", cell)
        assert not re.match(r"[\t\r\n]", name)
    _as_another_country_reads_it(texts)


def _as_another_country_reads_it(texts: list[str]) -> None:
    """Semicolons and decimal commas, in a spreadsheet that separates by commas, whatever is quoted."""
    body = written(pa.table({"name": texts, "n": [-1.5] * len(texts)}), ",", ";")
    rows = list(csv.reader(io.StringIO(body, newline=""), delimiter=";"))[1:]
    assert [n for _, n in rows] == ["-1,5"] * len(texts)
    for name, _ in rows:
        for cell in re.split(r"[,;\t\r\n]", name):
            assert re.fullmatch(r"[+-]?\d+([.,]\d+)?", name) or not re.match(r" *[=+\-@＝]", cell)


def test_numbers_stay_numbers():
    why = pa.array([[1, 2], None], pa.list_(pa.int64()))
    rows = read(pa.table({"id": ["-5", "=1+1"], "loss": [-1.5, None], "why": why}))
    assert rows == [["-5", "-1.5", "1 2"], ["'=1+1", "", ""]]
