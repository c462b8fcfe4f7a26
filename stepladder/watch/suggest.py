"""What to do next, and why: nothing, recalibrate, refit, or a new bake-off, which can be run at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType

from stepladder.bakeoff.choose import LEVELS
from stepladder.bakeoff.runs import Progress
from stepladder.core.errors import Problem
from stepladder.project.bakeoff import run_bakeoff
from stepladder.project.folder import Project
from stepladder.report.words import day, label, listed, percent
from stepladder.watch.findings import Acted, Drift, Figure, Input, Realised, Suggestion

LASTING = 28  # days after which a drift is no passing thing


def suggestion(
    figures: list[Figure], realised: Realised, drift: Drift, now: date, horizon: int
) -> Suggestion:
    """The first rule that holds; docs/watch.md has them in a table."""
    rules = (*_bakeoff(figures, realised, drift, now), *_refit(realised, drift, now, horizon))
    return next(iter((*rules, *_recalibrate(realised))), _nothing(realised, drift))


def _bakeoff(
    figures: list[Figure], realised: Realised, drift: Drift, now: date
) -> Iterator[Suggestion]:
    if realised.verdict == "no gain":
        yield Suggestion(
            "new bake-off",
            "The forecasts no longer surely beat the simplest rule, which they did in the bake-off.",
        )
    lasting = [i for i in _alarmed(drift) if (now - date.fromisoformat(i.since)).days >= LASTING]
    if lasting:
        yield Suggestion(
            "new bake-off",
            f"{_named(lasting)} changed four weeks ago or longer, so the comparison that was "
            "decided on was made in another world.",
        )
    feared = [f.words for f in figures if f.kind == "KRI" and f.verdict == "beyond limit"]
    if feared:
        yield Suggestion(
            "new bake-off",
            f"A risk is beyond its limit ({listed(feared)}): find out whether another rung would "
            "serve better now.",
        )


def _refit(realised: Realised, drift: Drift, now: date, horizon: int) -> Iterator[Suggestion]:
    if realised.verdict in ("less gain", "worse"):
        old = realised.learnt and (now - date.fromisoformat(realised.learnt)).days > horizon
        said = (
            "The forecasts gained surely less than the spans before let expect"
            if realised.verdict == "less gain"
            else "The forecasts missed by surely more than the spans before let expect"
        )
        if old or _alarmed(drift):
            since = f", and what they rest on was learnt on {day(realised.learnt)}" if old else ""
            yield Suggestion("refit", f"{said}{since}: let the rung learn anew.")
        else:
            yield Suggestion(
                "new bake-off",
                f"{said} although the rung learnt lately: another rung may do better now.",
            )
    if fresh := _alarmed(drift):
        yield Suggestion(
            "refit", f"{_named(fresh)} changed lately: let the rung learn from the newest weeks."
        )


def _recalibrate(realised: Realised) -> Iterator[Suggestion]:
    found = realised.calibration
    if found and found.off:
        yield Suggestion(
            "recalibrate",
            f"The order of the forecasts is as good as it was, but their total is {found.off}: "
            f"{percent(found.total)} of what came. Scale them to what came.",
        )


def _nothing(realised: Realised, drift: Drift) -> Suggestion:
    if not realised.windows:
        waiting = (
            f" What the forecasts are worth shows from {day(realised.due)} on."
            if realised.due
            else ""
        )
        return Suggestion(
            "nothing", f"Nothing that can be judged so far speaks against it.{waiting}"
        )
    return Suggestion("nothing", "The forecasts are worth what the bake-off promised.")


def _alarmed(drift: Drift) -> list[Input]:
    return [each for each in drift.inputs if each.state == "alarm"]


def _named(inputs: list[Input]) -> str:
    said = [each.words for each in inputs[:3]]
    said += [f"{len(inputs) - 3} more"] * (len(inputs) > 3)
    text = listed(said)
    return text[:1].upper() + text[1:]


def act(project: Project, now: date, progress: Progress) -> Acted:
    """A new bake-off as of now. It decides nothing. Raises Problem where nobody has decided."""
    decision = project.record.decision(project.ask.question)
    if decision is None:
        raise Problem(
            "nobody has decided on a rung yet",
            "--act compares a new bake-off with what was decided",
            "run stepladder bakeoff, then stepladder decide",
        )
    if now != project.now():
        project = Project(
            project.folder, project.ask.model_copy(update={"now": now}), project.settings
        )
    result = run_bakeoff(project, progress=progress)
    titles = {row.rung: row.title for row in result.rungs}
    return compared(result.id, decision.rung, result.proposal.rung, titles)


def compared(
    bakeoff: int, decided: str, proposed: str, titles: Mapping[str, str] = MappingProxyType({})
) -> Acted:
    """The new proposal beside the rung decided on, by height; titles: by rung, with its name."""
    if not proposed:
        said = "No rung is proposed: in the new exam none did better than any other."
        return Acted(bakeoff, decided, proposed, "other", said)
    before, after = int(decided[1]), int(proposed[1])
    new, old = (
        f"“{label(n, titles.get(n, ''))}” ({LEVELS[h]})"
        for n, h in ((proposed, after), (decided, before))
    )
    if proposed == decided:
        return Acted(bakeoff, decided, proposed, "same", f"Still {old}: no lower rung would do.")
    if after < before:
        said = f"A lower rung would now do: {new} instead of {old}."
        return Acted(bakeoff, decided, proposed, "lower", said)
    if after > before:
        said = f"A higher rung is needed now: {new} instead of {old}."
        return Acted(bakeoff, decided, proposed, "higher", said)
    said = f"Another rung of the same height does better now: {new} instead of {old}."
    return Acted(bakeoff, decided, proposed, "other", said)
