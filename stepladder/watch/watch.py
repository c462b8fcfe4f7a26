"""Look at everything that can tell whether what was decided is still right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from stepladder.bakeoff.runs import Progress
from stepladder.core.errors import Problem, Unusable
from stepladder.core.history import History
from stepladder.project.folder import Project
from stepladder.report.words import day, money, number, percent
from stepladder.watch.batch import check_batch
from stepladder.watch.drift import drift as find_drift
from stepladder.watch.findings import Alarm, Drift, Figure, Finding, Realised, Trouble, Watched
from stepladder.watch.indicators import figures as read_figures
from stepladder.watch.realised import realised as judge_stored
from stepladder.watch.suggest import act as run_again
from stepladder.watch.suggest import suggestion


def watch(
    project: Project,
    *,
    now: date | None = None,
    act: bool = False,
    progress: Progress = lambda *_: None,
) -> Watched:
    """Judge stored predictions, inputs and the business's own figures as of a day; by default, today's data.

    With `act` a new bake-off is run, which decides nothing. Nothing later than `now` is looked at.
    Raises Problem where the data end before that day.
    """
    project.check(gone=True)
    history = _history(project, now)
    figures = read_figures(history)
    realised = _realised(project, history)
    drift = find_drift(history, project.question, project.ask.watch.alarms_per_year)
    batch = check_batch(history)
    horizon = project.ask.horizon
    return Watched(
        question=project.ask.question,
        words=project.words,
        now=history.now.isoformat(),
        horizon=horizon,
        ahead=project.ask.ahead,
        alarms_per_year=project.ask.watch.alarms_per_year,
        figures=tuple(figures),
        suggestion=suggestion(figures, realised, drift, history.now, horizon),
        realised=realised,
        drift=drift,
        alarms=tuple(_alarms(figures, realised, drift, batch, history.now)),
        batch=tuple(Trouble(each.given, each.allowed, each.remedy) for each in batch),
        acted=run_again(project, history.now, progress) if act else None,
    )


def _history(project: Project, now: date | None) -> History:
    history = project.history()
    if now is not None and now > history.now:
        raise Problem(
            f"the watch was asked for as of {now}, but the data end before {history.now}",
            "it looks at what is known by a day that the data reach",
            "name an earlier day, or bring newer data with: stepladder refresh",
        )
    return history if now is None else history.at(now)


def _realised(project: Project, history: History) -> Realised:
    try:
        return judge_stored(project, history)
    except Unusable:  # without its record nothing is known of what was said
        raise
    except Problem as problem:
        return Realised("", missing=(Trouble(*problem.parts()),))


def _alarms(
    figures: list[Figure], realised: Realised, drift: Drift, batch: list[Finding], now: date
) -> Iterator[Alarm]:
    for figure in figures:
        if figure.verdict == "beyond limit" and figure.value is not None:
            yield Alarm(f"{figure.kind} {figure.name}", _beyond(figure), figure.since)
        if figure.verdict == "broken" and figure.limit is not None:
            said = f"{figure.words} has a limit and cannot be worked out: it guards nothing."
            yield Alarm(f"{figure.kind} {figure.name}", said, now.isoformat())
    if realised.verdict in SAID:
        last = realised.windows[0]
        said = SAID[realised.verdict].format(gain=percent(last.gain), loss=number(last.loss))
        yield Alarm("realised loss", said, last.until)
    for found in batch:
        if found.severity == "stop":
            yield Alarm("newest rows", f"{found.given}.", now.isoformat())
    for each in drift.inputs:
        if each.state == "alarm":
            yield Alarm(
                f"drift {each.table}.{each.column} {each.statistic}", each.sentence, each.since
            )


SAID = {
    "no gain": "The forecasts no longer surely beat the simplest rule: they saved {gain} of its loss.",
    "less gain": "The forecasts saved {gain} of the simplest rule's loss, surely less than "
    "the spans before let expect.",
    "worse": "The loss was {loss} per case, surely more than the spans before let expect.",
}


def _beyond(figure: Figure) -> str:
    side = "below" if figure.better == "higher" else "above"
    value, limit = (money(v or 0.0, figure.unit) for v in (figure.value, figure.limit))
    return f"{figure.words} is {value}, {side} its limit of {limit}, since {day(figure.since)}."
