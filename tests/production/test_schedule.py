"""Schedulers are handed exactly the command of the nightly run, however odd the folder is called."""

from __future__ import annotations

import ast
import configparser
import json
import re
import shlex
import shutil
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import jinja2
import pytest

import stepladder
import stepladder.cli.schedule
from stepladder.cli import app
from stepladder.core.errors import Problem
from stepladder.leave.schedules import KINDS, Call, airflow, cron, dagster, schedule, systemd

ODD = """a 50% "quo'te" {{ ds }} {% raw %} $HOME `id` ü"""
RECORDER = "#!{python}\nimport json, sys\nopen({out!r}, 'w').write(json.dumps(sys.argv[1:]))\n"


@pytest.fixture
def call(tmp_path) -> Call:
    """A run whose interpreter only notes the words that it was called with."""
    folder = tmp_path / ODD
    folder.mkdir()
    python = folder / "py thon"
    python.write_text(RECORDER.format(python=sys.executable, out=str(tmp_path / "said.json")))
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return Call.of(folder, "retention", "4:05", date(2026, 1, 2), str(python))


def said(call: Call) -> list[str]:
    return json.loads((Path(call.project).parent / "said.json").read_text())


def words(call: Call, *more: str) -> list[str]:
    return ["-P", "-m", "stepladder", "run", "--project", call.project, *more]


def test_cron_runs_it_and_keeps_what_it_prints(call):
    line = cron(call)["crontab"].splitlines()[-1]
    minute, hour, *rest, command = line.split(" ", 5)
    assert (minute, hour, rest) == ("5", "4", ["*", "*", "*"])
    assert not re.search(r"(?<!\\)%", command), "cron ends the command at a bare %"
    subprocess.run(["sh", "-c", command.replace(r"\%", "%")], check=True, cwd="/")
    assert said(call) == words(call)
    assert (Path(call.project) / "stepladder.log").is_file()


def test_systemd_runs_it_and_makes_up_for_a_night_it_slept_through(call):
    files = systemd(call)
    service, timer = (_units(files[f"{call.name}.{kind}"]) for kind in ("service", "timer"))
    start = service["Service"]["ExecStart"]
    assert start.startswith(":"), "else $HOME is a variable"
    found = re.findall(r'"((?:[^"\\]|\\.)*)"', start)
    plain = [re.sub(r"\\(.)", r"\1", word).replace("%%", "%") for word in found]
    subprocess.run(plain, check=True, cwd="/")
    assert said(call) == words(call)
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Timer"]["OnCalendar"] == "*-*-* 04:05:00"
    assert timer["Timer"]["Unit"] == f"{call.name}.service"


def test_airflow_runs_the_day_that_it_names(call):
    tree = ast.parse(airflow(call)[f"{call.name}_dag.py"])
    given = {k.arg: k.value for n in ast.walk(tree) if isinstance(n, ast.Call) for k in n.keywords}
    command = jinja2.Template(ast.literal_eval(given["bash_command"])).render(ds="2026-03-04")
    subprocess.run(["bash", "-c", command], check=True, cwd="/")
    assert said(call) == words(call, "--from", "2026-03-04", "--to", "2026-03-04")
    assert ast.literal_eval(given["retries"]) == 0
    assert ast.literal_eval(given["catchup"])


def test_dagster_runs_the_days_of_a_backfill_at_once(call):
    text = dagster(call)[f"{call.name}_asset.py"]
    tree = ast.parse(text)
    named = {ast.unparse(n.targets[0]): n.value for n in tree.body if isinstance(n, ast.Assign)}
    command = ast.literal_eval(named["COMMAND"])
    subprocess.run([*command, "--from", "2026-03-04", "--to", "2026-03-07"], check=True, cwd="/")
    assert said(call) == words(call, "--from", "2026-03-04", "--to", "2026-03-07")
    assert "2026-01-02" in ast.unparse(named["DAYS"])


def test_the_command_prints_one_file_or_writes_all(shop, tmp_path, capsys):
    odd = tmp_path / ODD
    shutil.copytree(shop.folder, odd)
    assert _run("schedule", "airflow", "--project", str(odd)) == 0
    ast.parse(capsys.readouterr().out)
    assert _run("schedule", "--project", str(odd), "--json") == 0
    assert set(json.loads(capsys.readouterr().out)) == set(KINDS)
    assert _run("schedule", "--project", str(odd), "--to", str(tmp_path / "new")) == 0
    assert len(list((tmp_path / "new").iterdir())) == 5


def test_what_cannot_be_scheduled_is_told(shop, tmp_path):
    for at in ("25:00", "4", "noon"):
        with pytest.raises(Problem, match="time of day"):
            schedule(shop, "cron", at)
    with pytest.raises(Problem, match="cron, systemd, airflow, dagster"):
        schedule(shop, "launchd")
    with pytest.raises(Problem, match="line break"):
        Call.of(tmp_path / "a\nb", "retention")
    with pytest.raises(Problem, match="backslash"):
        cron(Call.of(tmp_path / "a\\b", "retention"))


def test_projects_of_one_name_in_two_places_have_names_of_their_own(tmp_path):
    one, other = (Call.of(tmp_path / place / "Shop №1", "retention") for place in "ab")
    assert one.name != other.name
    assert re.fullmatch(r"stepladder_shop_1_[0-9a-f]{6}", one.name)
    assert shlex.quote(one.name) == one.name


def _units(text: str) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str
    parsed.read_string(text)
    return parsed


def _run(*words: str) -> int:
    try:
        app([*words], exit_on_error=False, print_error=False)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


assert stepladder.cli.schedule
