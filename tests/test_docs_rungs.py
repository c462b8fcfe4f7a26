"""The libraries and networks that the documentation makes rungs of: they answer, or say why they cannot."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.core.cases import everyone
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.predictions import check
from stepladder.core.rung import Rung
from stepladder.questions.forecast import toy
from stepladder.questions.question_toml import parse

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "a-library-as-a-rung.md"


@pytest.fixture
def history(tmp_path):
    tables = {}
    for name, table in toy.tables(1).items():
        if name in {"series", "known"}:
            pq.write_table(table, tmp_path / f"{name}.parquet")
            tables[name] = (str(tmp_path / f"{name}.parquet"), "time" if name == "series" else None)
    ask = parse(toy.ASK)
    views = tuple(questions.load("forecast").views(ask).items())
    return History(toy.NOW, ask, tables, views=views)


def rung(folder: Path, name: str) -> Rung:
    """The block that the page puts into this file."""
    code = re.search(rf"`rungs/{name}`:\n\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)[1]
    (folder / name).write_text(code)
    return Rung(folder / name, free="a test's own")


def told(one: Rung, history: History) -> pa.Table:
    """What it forecasts of the first series: of zeros, of three values, and of many."""
    question = questions.load("forecast")
    cases = everyone(question, history).slice(0, 3)
    return check(one.predict(one.fit(history), history, cases), question, cases)


def test_each_is_as_short_as_rungs_are_and_says_in_words_what_it_does(tmp_path):
    codes = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    assert len(codes) == 2
    for code in codes:
        assert {"fit", "predict"} <= {getattr(node, "name", "") for node in ast.parse(code).body}
        assert ast.get_docstring(ast.parse(code)).endswith(".")
        assert len(code.splitlines()) <= 45


def test_the_lines_of_sql_answer_every_series(tmp_path, history):
    (code,) = re.findall(r"```sql\n(.*?)```", (DOCS / "sql-dialect.md").read_text("utf-8"), re.S)
    (tmp_path / "r1_four_weeks.sql").write_text(code)
    answers = told(Rung(tmp_path / "r1_four_weeks.sql", free="a test's own"), history)
    assert answers.num_rows == 3 * 14
    assert answers["prediction"].null_count == 0
    assert max(answers["prediction"].to_pylist()) > 0


def test_a_library_answers_what_is_long_enough_for_it(tmp_path, history):
    pytest.importorskip("statsforecast")
    answers = told(rung(tmp_path, "r3_auto.py"), history)
    assert set(answers["series"].to_pylist()) == {1, 2, 3}
    long = [row["prediction"] for row in answers.to_pylist() if row["series"] == 3]
    assert len(long) == 14
    assert None not in long


def test_without_its_network_a_rung_says_where_it_belongs(tmp_path, history):
    with pytest.raises(Problem, match=r"no file model\.onnx in an installed package"):
        rung(tmp_path, "r5_pretrained.py").fit(history)


def test_a_network_answers_as_far_as_it_was_trained_for(tmp_path, history, monkeypatch):
    """One that repeats the last value, two periods ahead."""
    onnx, _ = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    weights = np.zeros((64, 2), np.float32)
    weights[-1] = 1
    number = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["past", "weights"], ["ahead"])],
        "last",
        [onnx.helper.make_tensor_value_info("past", number, ["n", 64])],
        [onnx.helper.make_tensor_value_info("ahead", number, ["n", 2])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    (tmp_path / "pretrained").mkdir()
    (tmp_path / "pretrained" / "__init__.py").touch()
    made = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.save(made, tmp_path / "pretrained" / "model.onnx")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pretrained", raising=False)
    answers = told(rung(tmp_path, "r5_pretrained.py"), history)
    last = history.sql("select series, value from readings where ago = 1").to_pylist()
    last = {row["series"]: row["value"] for row in last}
    said = [row for row in answers.to_pylist() if row["prediction"] is not None]
    assert len(said) == 2 * 3
    for row in said:
        assert row["prediction"] == pytest.approx(last[row["series"]], rel=1e-5)
    monkeypatch.delitem(sys.modules, "pretrained", raising=False)
