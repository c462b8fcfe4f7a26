"""The documentation is true: its examples run, its verbs exist, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.cli import app
from stepladder.core.ask import parse
from stepladder.core.history import History
from stepladder.core.predictions import check
from stepladder.core.rung import Rung
from stepladder.questions.retention import toy

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("stepladder/**/README.md")]
VERBS = [name for name in app if not name.startswith("-")]


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / page).read_text(), re.S)


@pytest.mark.parametrize(("kind", "ending", "lines"), [("sql", "sql", 5), ("python", "py", 25)])
def test_the_rungs_of_your_own_run_and_are_as_short_as_they_say(tmp_path, kind, ending, lines):
    (code,) = blocks("docs/a-rung-of-your-own.md", kind)
    path = tmp_path / f"r1_mine.{ending}"
    path.write_text(code)
    rung = Rung(path, ours=False)
    assert rung.lines <= lines
    pq.write_table(toy.tables(1)["purchases"], tmp_path / "p.parquet")
    history = History(toy.NOW, parse(toy.ASK), {"purchases": (str(tmp_path / "p.parquet"), "day")})
    question = questions.load("retention")
    cases = question.cases(history)
    answers = check(rung.predict(rung.fit(history), history, cases), question, cases)
    assert answers["prediction"].null_count == 0
    assert len(set(answers["prediction"].to_pylist())) >= 2


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented_and_has_help_with_an_example(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        app([verb, "--help"])
    assert ended.value.code in (0, None)
    said = capsys.readouterr().out
    assert f"Example: stepladder {verb}" in said
    assert "--json" in said
    assert f"stepladder {verb}" in (ROOT / "docs" / "tutorial.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_every_option_of_question_toml_is_explained():
    from stepladder.core.ask import Ask

    text = (ROOT / "docs" / "tutorial.md").read_text() + (
        ROOT / "docs" / "question-toml.md"
    ).read_text()
    for name in Ask.model_fields:
        assert f"`{name}`" in text, name
