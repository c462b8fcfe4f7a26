"""Whatever is typed behind whichever flag of whichever verb: three parts and exit code 2, or it is done."""

from __future__ import annotations

import socket
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

import stepladder
from stepladder import cli
from stepladder.core.errors import Problem
from stepladder.questions.question_toml import parse
from stepladder.service.serve import _listening
from stepladder.tables.sources import folders

START = date(2024, 1, 1)
TEXTS = (
    "", " ", "\x00", "a" * 5000, "../" * 90, "\udc80", "\x1b[31m\u202e", "=1+1", "'; drop table x; --",
    "[link=x]", "-", "--", "/dev/null", "{FILE}", "{FOLDER}", "{ENDLESS}", "{MISSING}/a/b", "sqlite:///x%00?table=y",
    "nosuch://[::1", "http://", "0001-01-01", "9999-12-31", "2024-02-30", "١٢",
)  # fmt: skip
NUMBERS = (
    "-1",
    "1e400",
    "nan",
    "inf",
    "-inf",
    "9" * 30,
    "9" * 5000,
    "0x10",
    "1_0",
    "",
    "2147483648",
    "-0",
)
WORK = {  # most words would be taken, and the verb would go to work for seconds
    ("serve", "--host"), ("try", "--project"), ("try", ""), ("bakeoff", "--project"), ("watch", "--to"),
    ("watch", "--project"), ("run", "--accept"), ("run", "--again"), ("run", "--picture"),
    ("run", "--project"), ("predict", "--rung"), ("new", "--project"), ("refresh", "--project"),
    ("try", "--workers"), ("bakeoff", "--workers"), ("run", "--workers"),
}  # fmt: skip
NEEDED = {
    "new": ["retention", "--from", "{FILE}"],
    "decide": ["r1_x", "--by", "Ada", "--because", "why"],
    "forget": ["1"],
    "try": ["nosuch"],
    "serve": ["--host", "no.such.host.invalid"],
    "bakeoff": ["--again", "7"],
}


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Path:
    """A project in which nothing was decided yet: a verb says so at once, after it read its words."""
    room = tmp_path_factory.mktemp("here")
    rows = [f"{i % 40},{START + timedelta(days=i % 300)},5\n" for i in range(0, 4000, 7)]
    (room / "orders.csv").write_text("customer,date,amount\n" + "".join(rows))
    return stepladder.new("retention", str(room / "orders.csv"), room / "shop").folder


def flags() -> list[tuple[str, str, str]]:
    """Every verb with every of its flags, as the command line itself knows them, and the flag's kind."""
    found = []
    for verb in (name for name in cli.app if not name.startswith("-")):
        for one in cli.app[verb].assemble_argument_collection(parse_docstring=False):
            kind = str(one.hint)
            if "bool" not in kind:
                found.append((verb, next((n for n in one.names if n.startswith("--")), ""), kind))
    return found


FLAGS = flags()


@pytest.mark.parametrize(("verb", "flag", "kind"), FLAGS, ids=[f"{v} {f}" for v, f, _ in FLAGS])
def test_hostile_words(here, tmp_path, monkeypatch, capsys, verb, flag, kind):
    monkeypatch.chdir(here)
    monkeypatch.setattr(folders, "MOST_FILES", 1000)  # "../" times 90 is the whole machine
    places = {"FILE": here.parent / "orders.csv", "FOLDER": here, "ENDLESS": "/dev/zero",
              "MISSING": tmp_path / "missing"}  # fmt: skip
    words = NUMBERS if "int" in kind or "float" in kind else (*TEXTS, "9" * 30, "nan")
    for word in ("\x00", "\udc80", "a" * 5000) if (verb, flag) in WORK else words:
        if word == "a" * 5000 and flag == "--accept":
            continue
        given = [word] if not flag else [f"{flag}={word}"]
        rest = [w for w in NEEDED.get(verb, []) if not (verb == "try" and flag)]
        if not flag:  # the one word without a flag: this one in its place
            rest = rest[1:] if rest and not rest[0].startswith("-") else rest
        if verb == "new" and flag != "--project":
            rest = [*rest, "--project", str(tmp_path / "made")]
        typed = [part.format(**places) for part in (verb, *given, *rest)]
        began = time.process_time()
        code = _run(typed)
        told = capsys.readouterr()
        assert code in (0, 2), (typed, code, told.err)
        for sign in ("Traceback", "fault in stepladder", "\x1b[31m", "\u202e"):
            assert sign not in told.out + told.err, (typed, told.out, told.err)
        if code == 2:
            assert all(part in told.err for part in ("given", "allowed", "remedy")), (typed, told)
        assert time.process_time() - began < 10, typed


def _run(words: list[str]) -> int:
    try:
        cli.main(words)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_every_number_has_bounds():
    """A number without an end is one that some sum, file or database cannot hold."""
    for verb in (name for name in cli.app if not name.startswith("-")):
        for one in cli.app[verb].assemble_argument_collection(parse_docstring=False):
            if {"int", "float"} & set(
                str(one.hint).replace("<class '", "").replace("'>", "").split(" | ")
            ):
                bounds = [v for v in one.parameter.validator if getattr(v, "lte", None) is not None]
                assert bounds, f"{verb} {one.names}"


@pytest.mark.parametrize("line", [
    "now = 0001-01-01", "now = 9999-12-31", "cutoffs = [0001-01-01, 9999-12-31]", "horizon = 1000000000",
    "horizon = -1", "horizon = nan", "horizon = inf", f"horizon = {'9' * 5000}", "time_box = 1e400",
    f"time_box = {10**30}", f"memory_mb = {10**30}", f"seed = {10**30}", f"words = {'[' * 5000}{']' * 5000}",
    'words = "a\\u0000"', 'record = "sqlite:///\\u0000"', "good_enough_money = 1e308",
    "[costs]\nhour_price = 1e308", f"[nightly]\nrefit = {10**9}", "[prices]\nmargin = nan\ncost = 1",
    '[kpis.a]\nsql = "select 1"\ntarget = 1e300', f"a{'.a' * 5000} = 1", "x" * 100_000, "=", "\x00",
])  # fmt: skip
def test_no_question_toml_is_a_fault(line):
    with pytest.raises(Problem) as found:
        parse(
            f'question = "retention"\nhorizon = 4\n{line}\n'.replace(
                "horizon = 4\nhorizon", "horizon"
            )
        )
    assert all(found.value.parts())


def test_a_port_that_somebody_has_is_told_in_three_parts():
    taken = socket.create_server(("127.0.0.1", 0))
    for host, port in (("127.0.0.1", taken.getsockname()[1]), ("a" * 100, 80)):
        with pytest.raises(Problem, match="nobody can listen on"), _listening(host, port):
            pass
    taken.close()


def test_an_earlier_day_than_any_is_told_in_three_parts(here):
    project = stepladder.Project.open(here)
    with pytest.raises(Problem, match="begins in 1900"):
        stepladder.predict(project, rung="r1_same_for_all", as_of=date(1, 1, 1))
