"""From a business question and a dirty table to the simplest model that is good enough.

import stepladder
project = stepladder.new("retention", "orders.csv")
result = stepladder.run_bakeoff(project)
print(result.proposal.sentence)
stepladder.decide(project, result.proposal.rung, by="Ada", because="simple and good enough")
stepladder.predict(project, to="forecast.csv")
stepladder.write_report(project)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stepladder.core.errors import Problem
    from stepladder.core.history import History
    from stepladder.project.again import run_again
    from stepladder.project.bakeoff import run_bakeoff
    from stepladder.project.decide import decide
    from stepladder.project.folder import Project
    from stepladder.project.new import new, refresh
    from stepladder.project.predict import predict
    from stepladder.project.report import write_report
    from stepladder.project.trial import try_out

__version__ = "0.1.0"
__all__ = [
    "History",
    "Problem",
    "Project",
    "decide",
    "new",
    "predict",
    "refresh",
    "run_again",
    "run_bakeoff",
    "try_out",
    "write_report",
]
_HOMES = {
    "History": "core.history",
    "Problem": "core.errors",
    "Project": "project.folder",
    "decide": "project.decide",
    "new": "project.new",
    "predict": "project.predict",
    "refresh": "project.new",
    "run_again": "project.again",
    "run_bakeoff": "project.bakeoff",
    "try_out": "project.trial",
    "write_report": "project.report",
}


def __getattr__(name: str) -> Any:
    """Public names are fetched when first used, so that `stepladder --help` loads nothing heavy."""
    if name not in _HOMES:
        raise AttributeError(f"module 'stepladder' has no attribute {name!r}")
    return getattr(importlib.import_module(f"stepladder.{_HOMES[name]}"), name)
