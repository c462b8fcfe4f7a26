"""The MLflow server: finding it, what it knows of a project already, and saying why it cannot be reached."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from stepladder.core.errors import Problem
from stepladder.tables.address import without_password

NOWHERE = "http://localhost:5000, or a file: sqlite:////path/to/mlflow.db"


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
            "pip install 'stepladder[mlflow]'",
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
