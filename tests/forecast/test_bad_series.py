"""What no forecast can be made of: refused in three parts, with a remedy that works when it is typed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

import stepladder
from stepladder.cli import main
from stepladder.core.errors import Problem
from stepladder.nightly import run
from stepladder.questions.forecast.replays import holdouts

DAYS = [date(2024, 1, 1) + timedelta(days=i) for i in range(40)]
MONTHS = [date(2020 + i // 12, i % 12 + 1, 1) for i in range(40)]
HEAD = "series,time,value"


def text(rows: Iterable[Sequence], head: str = HEAD) -> str:
    return "\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n"


def rows(name: str = "a", times: Sequence = DAYS) -> list[Sequence]:
    return [(name, time, 10 + i % 7) for i, time in enumerate(times)]


BOTH = text([*rows(), *rows("b")])
CROSSED = [("Berlin", "tea"), ("Ulm", "tea"), ("Ulm", "jam"), ("Ulm", "oil"), ("Berlin", "rye")]
SHOPS = text([(s, a, d, 1) for s, a in CROSSED for d in DAYS], "shop,article,time,value")
TOTALS = text([(s, "tea", d, 1) for s in ("Ulm", "total") for d in DAYS], "shop,article,time,value")
TWICE = BOTH + "a,2024-01-05,99\n"
KNOWN = text([(day, 1) for day in DAYS], "day,holiday")
LONGER = text([(DAYS[0] + timedelta(days=i), 1) for i in range(60)], "day,holiday")
UNREAD = BOTH.replace(",10\n", ",ten\n")

REFUSED = {  # the table, the flags; words of the three parts; the remedy as it is typed, or the file mended
    "no time": ("series,value\n" + "a,1\n" * 9, "", ("No time", "series needs time", "--column time="), ""),
    "no order": (text(rows(times=["soon", "late", "never"] * 9)), "",
                 ("'soon'", "series needs time", "Mend these texts"), BOTH),
    "day or month": (text(rows(times=[f"{i % 12 + 1:02}/{i // 12 + 1:02}/2024" for i in range(48)])), "",
                     ("ambiguous", "never guessed", "--day-first"), "--day-first"),
    "two values": (TWICE, "", ("14 and 99", "one value per day", "--every day"), "--every day"),
    "text": (UNREAD, "", ("'ten'", "At most 5%", "Mend these"), BOTH),
    "all text": (text([("a", day, "many") for day in DAYS]), "",
                 ("No value", "needs value", "--column value="), BOTH),
    "one row": (text(rows()[:1]), "", ("cannot be told", "several times", "--every month"), BOTH),
    "one row, every said": (text(rows()[:1]), "--every day",
                            ("none with two", "two periods", "bring more"), text(rows())),
    "no tree": (SHOPS, "--by shop,article",
                ("'tea' under 'Berlin' and 'Ulm'", "one shop", "--by article"), "--by article --every day"),
    "no such level": (BOTH, "--by shop", ("'shop'", "series, time, value", "--by NAME"), "--by series"),
    "a total among its parts": (TOTALS, "--by shop,article",
                                ("'total / tea'", "all are added up to", "leave rows that are totals"),
                                "--by shop,article --only shop=Ulm"),
    "mixed": (text([*rows(), *rows("m", MONTHS)]), "",
              ("1 daily, 1 monthly", "equally often", "--every month"), "--every month"),
    "nothing known ahead": (BOTH, "--from known=k.csv", ("`holiday`", "of the last", "add these rows"),
                            LONGER),
}  # fmt: skip


def typed(*words: str) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return ended.value.code


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_nothing_left_and_the_remedy_works(tmp_path, monkeypatch, capsys, name):
    table, flags, said, remedy = REFUSED[name]
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text(table)
    Path("k.csv").write_text(KNOWN)
    begin = ["new", "forecast", "--from", "x.csv", "-p", "p"]
    assert typed(*begin, *flags.split()) == 2
    told = capsys.readouterr().err
    parts = re.search("given    (.*)\nallowed  (.*)\nremedy   (.*)\n", told)
    assert parts, told
    for part, words in zip(parts.groups(), said, strict=True):
        assert words in part
    assert sorted(path.name for path in tmp_path.iterdir()) == ["k.csv", "x.csv"]
    assert ": 0 rows read" not in told  # nothing of a table that nobody gave
    if remedy.startswith("--"):
        assert typed(*begin, *remedy.split()) == 0
    elif remedy:
        Path("k.csv" if remedy == LONGER else "x.csv").write_text(remedy)
        assert typed(*begin, *flags.split()) == 0
    assert Path("p/question.toml").exists() == bool(remedy)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Callable[[str], stepladder.Project]:
    """Forty months of two series, and question.toml with one line set."""
    folder = tmp_path_factory.mktemp("months")
    (folder / "x.csv").write_text(text([*rows("a", MONTHS), *rows("b", MONTHS)]))
    made = stepladder.new("forecast", str(folder / "x.csv"), folder / "p")
    asked = (made.folder / "question.toml").read_text("utf-8")

    def with_line(line: str) -> stepladder.Project:
        name = line.partition(" ")[0]
        changed = re.sub(f"(?m)^{name} = .*$", line, asked, count=1)
        assert changed != asked
        (made.folder / "question.toml").write_text(changed, "utf-8")
        return stepladder.Project.open(made.folder)

    return with_line


@pytest.mark.parametrize(("line", "said", "remedy"), [
    ("season = 40", ("a season of 40 months", "has 40", "season = 1"), "season = 1"),
    ('horizon = "41 months"', ("a horizon of 41 months", "has 40", "shorter"), 'horizon = "9 months"'),
    ('every = "day"', ("'day'", "month", 'every = "month"'), "seed = 2"),
])  # fmt: skip
def test_what_the_data_do_not_carry_is_refused_at_every_verb(project, line, said, remedy):
    with pytest.raises(Problem) as refused:
        project(line).check()
    assert all(refused.value.parts())
    for words in said:
        assert words in " ".join(refused.value.parts())
    mended = project(remedy)
    mended.check()
    assert list(holdouts(mended.history()))


def test_a_month_that_is_not_over_is_not_known(project):
    """A night in the middle of a month stands on whole months, and asks about the one after."""
    history = project("seed = 2").history()
    middle = history.at(date(2023, 2, 15))
    last = middle.sql("select max(time)::date as last, min(ago) as ago from readings").to_pylist()
    assert last == [{"last": date(2023, 1, 1), "ago": 2}]
    first = middle.sql("select min(time)::date as first from ahead").to_pylist()
    assert first == [{"first": date(2023, 3, 1)}]


def test_monthly_data_are_stale_only_when_the_next_month_is_over(project, monkeypatch):
    found = project("seed = 2")
    now = found.now()
    assert (now, found.due()) == (date(2023, 5, 1), date(2023, 5, 31))

    def tonight(day: date) -> None:
        class Today(date):
            today = classmethod(lambda cls: day)

        monkeypatch.setattr(run, "date", Today)
        run._refuse_stale(found, now)

    tonight(date(2023, 6, 3))
    for day in (date(2023, 6, 4), date(2023, 4, 29)):
        with pytest.raises(Problem, match="2023-05-01"):
            tonight(day)


def test_a_program_is_told_what_the_series_are_like(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fine.csv").write_text(BOTH)
    with pytest.raises(SystemExit):
        main(["new", "forecast", "--from", "fine.csv", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["every"], told["series"], told["gaps"], told["duplicates"]) == ("day", 2, 0, 0)
    assert told["settings"]["every"] == "day"
    assert told["settings"]["season"] == 7
    assert all(one["kind"] for one in told["warnings"])
