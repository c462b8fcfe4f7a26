"""Home, ladder, work started from pages, alarms; and what is said where something is wrong."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import httpx
import pytest
from in_browser import Site

from stepladder.pages import detached
from stepladder.record.jobs import jobs
from stepladder.watch.findings import Alarm, Drift, Figure, Realised, Suggestion, Watched
from stepladder.watch.kept import FILE, keep

WORKS = "import sys, time; print('at work', flush=True); time.sleep({s}); sys.exit({code})"


def python(seconds: float, code: int = 0) -> tuple[str, ...]:
    """A command that works for so long and ends so, whatever it is asked."""
    return sys.executable, "-c", WORKS.format(s=seconds, code=code)


def until(site: Site, number: int, status: str) -> None:
    """Wait for a job to be noted as ended so, by whoever looks at its page."""
    client = site.client("read", name="empty")
    end = time.monotonic() + 20
    while time.monotonic() < end:
        client.get(f"/q/empty/jobs/{number}")
        job = {one.id: one for one in jobs(site.project("empty").record)}[number]
        if job.status.startswith(status):
            return
        time.sleep(0.1)
    raise AssertionError(job)


def started(client: httpx.Client, key: str) -> httpx.Response:
    return client.post("/q/empty/compare", data={"request": key})


def test_work_from_a_page_is_one_process_that_is_noted_and_can_be_stopped(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = site.client("read", "rules", name="empty", who="Ann")
    bo = site.client("read", "rules", name="empty", who="Bo")
    monkeypatch.setattr(detached, "COMMAND", python(60))
    first = started(ann, "once")
    assert first.status_code == 303
    assert started(ann, "once").headers["location"] == first.headers["location"]  # sent twice
    other = started(bo, "else")
    assert other.status_code == 409
    assert "Ann started “bakeoff”" in other.text
    page = ann.get(first.headers["location"]).text
    assert "data-again" in page
    (job,) = jobs(site.project("empty").record)
    output = site.project("empty").folder / job.detail
    assert detached.runs(job.pid, output)
    assert not detached.runs(os.getpid(), output)  # a number that is another's by now
    assert bo.post(f"{first.headers['location']}/stop").status_code == 303
    until(site, job.id, "cancelled")
    end = time.monotonic() + 20
    while detached.runs(job.pid, output) or detached._signal(job.pid, 0):
        assert time.monotonic() < end, "something it started is there still"
        time.sleep(0.05)


def test_how_it_ended_is_known_whoever_was_there(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = site.client("read", "rules", name="empty", who="Ann")

    def run(command: tuple[str, ...], key: str) -> int:
        monkeypatch.setattr(detached, "COMMAND", command)
        return int(started(client, key).headers["location"].rpartition("/")[2])

    until(site, run(python(0), "well"), "done")
    until(site, run(python(0, 2), "badly"), "failed: at work")
    number = run(python(60), "killed")
    job = {one.id: one for one in jobs(site.project("empty").record)}[number]
    os.killpg(job.pid, signal.SIGKILL)
    until(site, number, "failed: it ended without a word")
    assert "ended without a word" in client.get("/q/empty/jobs").text
    assert client.post("/q/empty/compare").status_code == 422  # a form without its key


def test_the_ladder_says_what_each_rung_gives_and_takes(site: Site) -> None:
    client = site.client("read", "review")
    page = client.get("/q/shop").text
    for said in (
        "our proposal",
        "a year to keep",
        "surely no more than",
        "nobody has answered yet",
    ):
        assert said in page, said
    assert "Compare the rungs anew" not in page  # it needs another role, and says so
    assert "It needs the role “rules”" in page
    assert client.get("/q/shop/bakeoffs/1").status_code == 200
    assert client.get("/q/shop/bakeoffs/99").status_code == 404
    lone = site.client("read", "rules", name="empty").get("/q/empty").text
    assert "Nothing was compared yet" in lone
    assert "Compare the rungs" in lone
    assert "From " in lone  # where the rows are from, and what was wrong with them


def test_the_report_is_shown_as_it_lies_and_runs_nothing(site: Site) -> None:
    client, path = site.client("read"), site.project().folder / "report.html"
    assert client.get("/q/shop/report").status_code == 404
    path.write_text("<style>p{}</style><script>1</script><code>stepladder bakeoff --again 1</code>")
    try:
        policy = client.get("/q/shop/report").headers["content-security-policy"]
        assert "script" not in policy
        assert "style-src 'sha256-" in policy
        assert "Read the whole report" in client.get("/q/shop").text
        path.write_text("<code>stepladder bakeoff --again 12</code>")
        assert "Read the whole report" not in client.get("/q/shop").text  # it is of another one
    finally:
        path.unlink()


@pytest.fixture
def alarmed(site: Site) -> Path:
    """The shop after a watch that found something."""
    folder = site.project().folder
    figure = Figure(
        "orders", "KPI", "Orders a week", 80.0, 100.0, 90.0, "higher", "", "beyond limit"
    )
    alarm = Alarm("KPI orders", "Orders a week is 80, below its limit of 90.", "1998-06-01")
    step = Suggestion("new bake-off", "Orders fell.")
    drift = Drift((), past=3)
    found = Watched(
        "retention", "Who buys?", "1998-06-08", 91, 1.0, (figure,), step,
        Realised("r2_rfm_quintiles", due="1998-09-01", called="RFM", reference="r1_same_for_all"),
        drift, (alarm,), ahead="13 weeks",
    )  # fmt: skip
    keep(found, folder)
    yield folder
    (folder / FILE).unlink()


def test_an_alarm_needs_attention_until_somebody_says_what_is_done(
    site: Site, alarmed: Path
) -> None:
    client = site.client("read", "review", who="Cleo")
    assert "needs attention" in client.get("/").text
    assert "Orders a week: 80, target 100: beyond its limit" in client.get("/").text
    form = {
        "alarm": "KPI orders",
        "since": "1998-06-01",
        "text": "<b>called</b> them",
        "request": "k",
    }
    assert client.post("/q/shop/watch/done", data=form).status_code == 303
    assert client.post("/q/shop/watch/done", data=form).status_code == 303  # counts once
    page = client.get("/q/shop/watch").text
    assert page.count("&lt;b&gt;called&lt;/b&gt; them") == 1
    assert "Cleo" in page
    assert "needs attention" not in client.get("/").text
    gone = {**form, "alarm": "KPI none", "request": "l"}
    assert client.post("/q/shop/watch/done", data=gone).status_code == 409


def test_a_project_that_cannot_be_opened_is_a_card_that_says_so(site: Site) -> None:
    client = site.client("read", name="empty")
    path = site.folder / "empty" / "question.toml"
    whole = path.read_text()
    path.write_text("question = [")
    try:
        page = client.get("/")
        assert page.status_code == 200
        assert "needs attention" in page.text
        assert "uestion.toml" in page.text
        assert client.get("/q/empty").status_code == 422
    finally:
        path.write_text(whole)
    (site.folder / "empty" / FILE).write_text("{}")
    try:
        assert "what the watch found cannot be read" in client.get("/").text.lower()
        assert client.get("/q/empty/watch").status_code == 422
    finally:
        (site.folder / "empty" / FILE).unlink()
    assert "nothing run yet" in client.get("/").text
