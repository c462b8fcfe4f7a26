"""Run a bake-off in a project's folder and keep everything it found."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stepladder.bakeoff.result import Result, to_json
from stepladder.bakeoff.row import parquet
from stepladder.bakeoff.run import Outcome, run, versions
from stepladder.bakeoff.runs import Progress, Setting
from stepladder.core.errors import Problem
from stepladder.core.files import whole
from stepladder.project.at_work import at_work, running, settle
from stepladder.project.engine import runner, shared
from stepladder.project.folder import Project
from stepladder.project.judged import fingerprint, refuse_two_losses
from stepladder.project.said import checks
from stepladder.project.scratch import scratch
from stepladder.record import Loss, Stored


def run_bakeoff(
    project: Project, *, workers: int = 2, progress: Progress = lambda *_: None
) -> Result:
    """Replay the past with every rung and record who did how well; returns the result.

    Predictions are left in bakeoffs/<number>/<rung>/<cutoff>.parquet. A run that is interrupted
    leaves nothing but its number and the word why. Raises Problem where the data cannot carry one.
    """
    project.check()
    refuse_two_losses(project)
    return repeated(project, workers=workers, progress=progress)


def repeated(project: Project, *, workers: int = 2, progress: Progress = lambda *_: None) -> Result:
    """The same of settings that carried a bake-off before: these are not looked at once more."""
    with at_work(project.folder):
        settle(project.record, project.ask.question, project.folder)
        return _recorded(project, workers, progress)


def _recorded(project: Project, workers: int, progress: Progress) -> Result:
    home = shared(project.ask, project.folder)
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    number = project.record.begin_bakeoff(
        project.ask.question,
        settings=project.settings,
        data_fingerprint=project.fingerprint,
        versions=versions(project.ladder),
    )
    try:
        with running(project.folder, number), scratch(home) as room:
            setting = _setting(project, room, workers)
            outcome = run(setting, project.data, project.settings, progress)
            result = replace(
                outcome.result,
                id=number,
                started=started,
                seconds=time.monotonic() - clock,
                **fingerprint(project),
            )
            stored = _keep(project, number, outcome, setting.answers)
        project.record.finish_bakeoff(number, to_json(result), _losses(result), stored)
    except BaseException as error:
        shutil.rmtree(project.folder / "bakeoffs" / str(number), ignore_errors=True)
        with contextlib.suppress(Problem):  # the first failure is the one to tell
            said = str(error).split("\n")[0] if isinstance(error, Exception) else ""
            project.record.fail_bakeoff(number, said or type(error).__name__)
        raise
    return result


def _setting(project: Project, scratch: Path, workers: int) -> Setting:
    runs = scratch / "runs"
    runs.mkdir()
    return Setting(
        project.ask.question,
        project.question,
        project.history(scratch),
        project.ladder,
        runs,
        project.folder,
        1 if project.ask.engine == "spark" else workers,  # Spark shares its own work out
        runner(project.ask),
        checks(project),
    )


def _keep(project: Project, number: int, outcome: Outcome, answers: Path) -> list[Stored]:
    """Write every scored prediction, and the models of the last cutoff, into the project, or nothing."""
    target = project.folder / "bakeoffs" / str(number)
    stored = []
    with whole(target) as partial:
        for rung in outcome.result.rungs:
            for replay, scored in zip(
                outcome.replays, outcome.scored.get(rung.rung, []), strict=False
            ):
                if scored is None:
                    continue
                path = partial / rung.rung / f"{replay.name}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                body = parquet(scored.predictions)
                path.write_bytes(body)
                where = (target / rung.rung / path.name).relative_to(project.folder)
                stored.append(
                    Stored(project.ask.question, rung.rung, replay.now, where.as_posix(),
                           hashlib.sha256(body).hexdigest(), scored.predictions.num_rows)
                )  # fmt: skip
            fitted = answers / rung.rung / outcome.replays[-1].name / "model"
            if rung.status == "ok":
                shutil.copytree(fitted, partial / rung.rung / "model")
    return stored


def _losses(result: Result) -> list[Loss]:
    cases = {window.called: window.cases for window in result.windows}
    rows = []
    for rung in result.rungs:
        if rung.cost is None:
            rows.append(Loss(rung.rung, rung.height, result.now, "choose", rung.status))
            continue
        for at in rung.cutoffs:
            rows.append(
                Loss(
                    rung.rung, rung.height, at.now, at.role, rung.status, at.estimate.loss,
                    float(at.cases or cases[at.now]), at.cases or cases[at.now], rung.cost.fit_s,
                    rung.cost.predict_s_per_1000, rung.cost.memory_mb, rung.cost.model_bytes,
                )
            )  # fmt: skip
    return rows
