"""The bake-off and what was shipped, in an MLflow tracking server and its registry of models."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepladder.bakeoff.result import Result, to_json
from stepladder.core.errors import Problem
from stepladder.core.extras import installing
from stepladder.leave import mlflow_model
from stepladder.leave.carried import refuse
from stepladder.leave.mlflow_figures import figures, params, tags
from stepladder.project.folder import Project
from stepladder.project.scratch import scratch
from stepladder.record import Shipment
from stepladder.release.release import Release
from stepladder.tables.sources.address import without_password

MODEL = "model"
NOWHERE = "http://localhost:5000, or a file: sqlite:////path/to/mlflow.db"


@dataclass(frozen=True)
class ToMlflow:
    """Where it is now: the run, the registered model and its version, and the address to load it by."""

    run_id: str
    name: str
    version: str
    uri: str
    already: bool = False  # this release was registered before, and nothing was logged anew


def to_mlflow(
    project: Project,
    shipped: Release | Shipment,
    tracking_uri: str | None = None,
    name: str = "",
) -> ToMlflow:
    """Log the latest bake-off and what was shipped to an MLflow server, and register it as a new version.

    tracking_uri: by default MLFLOW_TRACKING_URI. name: of the experiment and the registered model, by
    default the project's folder. A release is registered once. Raises Problem where the server is out
    of reach, or the rung cannot answer from a case's own rows.
    """
    release = shipped
    if isinstance(release, Shipment):
        release = Release.load(release.release, project.folder)
    refuse(release)
    client, called = connected(tracking_uri), name or plain(project.folder.name)
    with told(client.tracking_uri):
        home = experiment(client, called)
        if there := _registered(client, called, release):
            return there
        run = client.create_run(home, run_name=release.manifest.rung).info
        try:
            found = _log(client, project, release, run, called)
        except BaseException:
            client.set_terminated(run.run_id, "FAILED")
            raise
        client.set_terminated(run.run_id)
        return found


def _registered(client: Any, name: str, release: Release) -> ToMlflow | None:
    """The version that is this release already."""
    for found in client.search_model_versions(f"name='{name}'"):
        if found.tags.get("stepladder.release") == release.hash:
            return _there(found, already=True)
    return None


def _log(client: Any, project: Project, release: Release, run: Any, name: str) -> ToMlflow:
    decision = project.record.decision(project.ask.question)
    latest = project.record.latest_bakeoff(project.ask.question)
    # the bake-off that was decided on, where there was one
    result = project.result(decision.bakeoff if decision else None) if latest else None
    with scratch() as room:
        _describe(client, project, release, run.run_id, result)
        _files(client, project, run.run_id, result, room)
        model = _model(client, project, release, run, room / MODEL)
    version = client.create_model_version(
        name,
        model.artifact_location,
        run_id=run.run_id,
        model_id=model.model_id,
        tags=tags(project, release),
    )
    return _there(version)


def _there(version: Any, already: bool = False) -> ToMlflow:
    uri = f"models:/{version.name}/{version.version}"
    return ToMlflow(version.run_id, version.name, str(version.version), uri, already)


def _describe(client: Any, project: Project, release: Release, run: str, result: Any) -> None:
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    numbers = figures(result) if result else []
    metrics = [Metric(name, value, now, step) for name, value, step in numbers]
    said = [Param(k, v) for k, v in params(release, result).items()]
    about = [RunTag(k, v) for k, v in tags(project, release).items()]
    client.log_batch(run, params=said, tags=about)
    for start in range(0, len(metrics), 500):  # a server takes a thousand at a time
        client.log_batch(run, metrics=metrics[start : start + 500])


def _files(client: Any, project: Project, run: str, result: Result | None, room: Path) -> None:
    said = {"question.toml": project.settings}
    if result:
        said["result.json"] = json.dumps(to_json(result), indent=1, ensure_ascii=False)
    for name, text in said.items():
        (room / name).write_text(text, encoding="utf-8")
        client.log_artifact(run, str(room / name))
    if (report := project.folder / "report.html").is_file():
        client.log_artifact(run, str(report))


def _model(client: Any, project: Project, release: Release, run: Any, folder: Path) -> Any:
    """The model's folder, written here and sent as it is; MLflow lists it with the run."""
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    folder.mkdir()
    model = client.create_logged_model(run.experiment_id, MODEL, run.run_id, tags(project, release))
    about = Model(
        artifact_path=model.artifact_location,
        run_id=run.run_id,
        model_uuid=model.model_id,
        model_id=model.model_id,
        metadata={"stepladder.release": release.hash},
    )
    mlflow_model.save(project, release, folder, about)
    client.log_model_artifacts(model.model_id, str(folder))
    client.log_outputs(run.run_id, [LoggedModelOutput(model.model_id, step=0)])
    return client.finalize_logged_model(model.model_id, "READY")


def connected(uri: str | None) -> Any:
    """A client of the tracking server at that address. Raises Problem where none is named, or installed."""
    where = uri or os.environ.get("MLFLOW_TRACKING_URI", "")
    if not where:
        raise Problem(
            "no MLflow server was named",
            f"a tracking server has an address, e.g. {NOWHERE}",
            "set MLFLOW_TRACKING_URI",
        )
    try:
        from mlflow import MlflowClient
    except ModuleNotFoundError:
        raise Problem(
            "MLflow is not installed",
            "logging to a tracking server needs the package mlflow-skinny",
            installing("mlflow"),
        ) from None
    # it prints addresses to where --json prints
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    with told(where):
        return MlflowClient(tracking_uri=where, registry_uri=where)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what MLflow says into a Problem."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        raise Problem(
            f"the MLflow server {without_password(where)} says: {_first_line(error, where)}",
            f"it must run, be reachable, and let you in, e.g. {NOWHERE}",
            "check its address and your access, and run again; the run begun there is marked as failed",
        ) from None
    except ModuleNotFoundError as error:
        raise Problem(
            f"{without_password(where)} needs the package {error.name}",
            "mlflow-skinny speaks to a server; a database of your own needs more of MLflow",
            f"pip install {error.name}",
        ) from None


def experiment(client: Any, name: str) -> str:
    """The experiment of that name and a registered model beside it, made where they are missing."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    found = client.get_experiment_by_name(name)
    return found.experiment_id if found else client.create_experiment(name)


def plain(name: str) -> str:
    """A name that MLflow takes for a model and that can stand in its queries: without / : and quotes."""
    return re.sub(r"""[/:'"`%]""", "-", name)


def _first_line(error: Exception, where: str) -> str:
    line = (str(error).strip().splitlines() or ["nothing"])[0]
    return line.replace(where, without_password(where))
