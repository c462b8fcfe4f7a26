"""The documentation is true: its examples run, its verbs exist, its links lead somewhere."""

from __future__ import annotations

import io
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.cli import app, main
from stepladder.core.cases import everyone
from stepladder.core.history import History
from stepladder.core.predictions import check
from stepladder.core.rung import Rung
from stepladder.questions.question_toml import parse
from stepladder.questions.retention import toy
from stepladder.terminal import show

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("stepladder/**/README.md")]
BUNDLED = [path.parent.name for path in ROOT.glob("stepladder/questions/*/__init__.py")]
VERBS = [name for name in app if not name.startswith("-")]


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / page).read_text(), re.S)


@pytest.mark.parametrize(("kind", "ending", "lines"), [("sql", "sql", 5), ("python", "py", 25)])
def test_the_rungs_of_your_own_run_and_are_as_short_as_they_say(tmp_path, kind, ending, lines):
    (code,) = blocks("docs/a-rung-of-your-own.md", kind)
    path = tmp_path / f"r1_mine.{ending}"
    path.write_text(code)
    rung = Rung(path, free="a test's own")
    assert rung.lines <= lines
    pq.write_table(toy.tables(1)["purchases"], tmp_path / "p.parquet")
    history = History(toy.NOW, parse(toy.ASK), {"purchases": (str(tmp_path / "p.parquet"), "day")})
    question = questions.load("retention")
    cases = everyone(question, history)
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
def test_links_and_pictures_lead_somewhere(page):
    for link in re.findall(r"(?:\]\(|src=\"|srcset=\")([^)#\s\"]+)", page.read_text()):
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_every_option_of_question_toml_is_explained():
    from stepladder.core.ask import Ask

    text = (ROOT / "docs" / "tutorial.md").read_text() + (
        ROOT / "docs" / "question-toml.md"
    ).read_text()
    own = {key for name in BUNDLED for key in questions.load(name).Settings.model_fields}
    for name in (Ask.model_fields.keys() - {"settings"}) | own:
        assert f"`{name}`" in text, name


def test_every_warning_and_every_flag_of_new_is_explained(capsys):
    page = (ROOT / "docs" / "real-exports.md").read_text()
    code = "".join(path.read_text() for path in ROOT.glob("stepladder/tables/**/*.py"))
    kinds = set(re.findall(r"(?:\bwarn|\bWarned)\(\s*\"([\w-]+)\"", code))
    kinds |= set(re.findall(r"= \"([\w-]+)\"  # the kind of the warning", code))
    asked = "".join(path.read_text() for path in ROOT.glob("stepladder/questions/*/*.py"))
    kinds |= set(re.findall(r"\bDoubt\(\s*\"\w+\",\s*\"([\w-]+)\"", asked))
    assert len(kinds) >= 15
    assert set(re.findall(r"^\| `([\w-]+)` \|", page.split("## What is refused")[0], re.M)) == kinds
    with pytest.raises(SystemExit):
        app(["new", "--help"])
    flags = set(re.findall(r"(?<!\S)--[a-z-]+", capsys.readouterr().out))
    assert len(flags) >= 15
    for flag in flags - {"--project", "--verbose"}:
        assert re.search(rf"{flag}\b", page), flag


def test_the_tree_names_every_room():
    tree = blocks("CONTRIBUTING.md", "")[1]
    rooms = {path.parent.name for path in ROOT.glob("stepladder/*/__init__.py")}
    assert set(re.findall(r"^  (\w+)/ +\w", tree, re.M)) == rooms


def test_what_one_may_want_to_change_is_where_it_says():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    table = text.split("## Where do I change …")[1].split("\n## ")[0]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 20
    for row in rows:
        paths = re.findall(r"`([\w<>]+/[\w<>./]*)`", row)
        assert paths, row
        for path in paths:
            for name in BUNDLED:
                path = path.replace("<question>", name)
                home = ROOT if path.startswith("scripts/") else ROOT / "stepladder"
                assert (home / path).exists(), path


@pytest.mark.parametrize("name", BUNDLED)
def test_a_question_says_where_its_parts_are(name):
    """Every file that its README names is there, and every file there is named."""
    folder = ROOT / "stepladder" / "questions" / name
    named = re.findall(r"`([\w/]+(?:\.\w+|/))`", (folder / "README.md").read_text())
    for path in named:
        assert (folder / path).exists() or (ROOT / "stepladder" / path).exists(), path
    there = {path.name for path in folder.iterdir() if path.is_file()} - {"README.md"}
    assert there <= set(named)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_shown_can_be_typed(page):
    shown = "".join(re.findall(r"```(?:sh|shell)\n(.*?)```", page.read_text(), re.S)).replace(
        "\\\n", " "
    )
    for line in shown.splitlines():
        command, *words = shlex.split(line, comments=True) or [""]
        if command.rpartition("/")[2] == "stepladder":
            words = words[:-1] if words[-1:] == ["&"] else words
            app.parse_args(words, exit_on_error=False, print_error=False)


@pytest.mark.parametrize(
    "page",
    [
        "series.md",
        pytest.param("a-list-for-monday.md", marks=pytest.mark.slow),
        pytest.param("forecast.md", marks=pytest.mark.slow),
        pytest.param("tutorial.md", marks=pytest.mark.slow),
        pytest.param("recommend.md", marks=pytest.mark.slow),
    ],
)
def test_the_tutorial_runs_from_top_to_bottom_and_prints_what_it_shows(
    page, tmp_path, monkeypatch, capfd, background
):
    """Blocks of sh and python run in order; one of sql or toml goes into the file named just before
    it; one of text is what the block before it printed, with … for what differs between machines."""
    tutorial = (ROOT / "docs" / page).read_text().replace("8000", str(background.port))
    found = list(re.finditer(r"```(sh|python|sql|toml|text)\n(.*?)```", tutorial, re.S))
    said = ""
    _as_at_a_shell(tmp_path, monkeypatch)
    for i, block in enumerate(found):
        kind, body = block.groups()
        if kind in ("sql", "toml"):
            name = re.findall(r"`([\w./]+\.(?:sql|toml))`", tutorial[: block.start()])[-1]
            with Path(name).open("a") as file:
                file.write(f"\n{body}" if kind == "toml" else body)
        elif kind == "text":
            for line in body.splitlines():
                assert re.search(_pattern(line), said), f"{line}\nis not in\n{said}"
        else:
            fails = i + 1 < len(found) and found[i + 1][2].startswith("given ")
            lines = [body] if kind == "python" else body.replace("\\\n", " ").splitlines()
            codes = [_run(kind, line, background) for line in lines]
            out, err = capfd.readouterr()
            assert codes == [0] * (len(codes) - 1) + [int(fails) * 2], f"{body}\n{out}\n{err}"
            said = " ".join((out + err).split())  # blanks and line breaks as one blank each


def _as_at_a_shell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In that folder, at a screen of 120 columns, with nobody at the keyboard."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TOKEN", "")  # what a page exports is gone after it
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(show.out, "width", 120)
    monkeypatch.setattr(sys, "stdin", io.StringIO())


class Background:
    """What a page starts with & at the end: it runs on until the page is through."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]  # in place of the page's own, which somebody may have
        self.running: list[subprocess.Popen[bytes]] = []
        self.begun = False  # a first command was started as a shell does

    def start(self, line: str) -> None:
        """Start it, and go on when it can be reached."""
        self.running.append(subprocess.Popen(shlex.split(line), stdin=subprocess.DEVNULL))
        for _ in range(600):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.running[-1].poll() is None, line
            time.sleep(0.1)
        raise AssertionError(f"{line} does not listen")


@pytest.fixture
def background() -> Iterator[Background]:
    made = Background()
    yield made
    for process in made.running:
        process.terminate()
        assert process.wait(60) == 0


def _run(kind: str, line: str, background: Background) -> int:
    """The exit code of a line typed. Our own command runs in here, for to start it anew takes as long as
    what most verbs do; the first `new`, with which a page begins, is started as a shell does."""
    words = shlex.split(line, comments=True) if kind == "sh" else []
    if words[:1] == ["cd"]:
        os.chdir(words[1])
    elif words[:1] == ["export"]:
        name, command = re.fullmatch(r"export (\w+)=\$\((.*)\)", line).groups()
        os.environ[name] = subprocess.check_output(["sh", "-ec", command], text=True).strip()
    elif words[-1:] == ["&"]:
        background.start(line.removesuffix("&"))
    elif words[:1] == ["stepladder"] and (background.begun or words[1] != "new"):
        try:
            main(words[1:])
        except SystemExit as ended:
            return int(ended.code or 0)
    elif line:
        background.begun |= words[:1] == ["stepladder"]
        command = [sys.executable, "-c", line] if kind == "python" else ["sh", "-ec", line]
        return subprocess.run(command, stdin=subprocess.DEVNULL).returncode
    return 0


def _pattern(line: str) -> str:
    """… between two words is an interval's own; within a word or at the end it is a gap."""
    words = line.split()
    parts = [r"\S*".join(map(re.escape, word.split("…"))) for word in words]
    inner = range(1, len(words) - 1)
    return " ".join("…" if words[i] == "…" and i in inner else part for i, part in enumerate(parts))


def test_every_test_that_the_docs_name_is_there():
    named = re.findall(
        r"`([a-z_]+/test_\w+\.py)`", (ROOT / "docs/production.md").read_text("utf-8")
    )
    assert len(named) > 10
    assert [name for name in named if not (ROOT / "tests" / name).is_file()] == []
