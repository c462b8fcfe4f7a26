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
    from stepladder.nightly.forget import forget
    from stepladder.nightly.run import run as run_nightly
    from stepladder.project.again import run_again
    from stepladder.project.bakeoff import run_bakeoff
    from stepladder.project.decide import decide
    from stepladder.project.folder import Project
    from stepladder.project.new import new
    from stepladder.project.predict import predict
    from stepladder.project.refresh import refresh
    from stepladder.project.relearn import relearn
    from stepladder.project.report import write_report
    from stepladder.project.trial import try_out
    from stepladder.release.ship import rollback as roll_back
    from stepladder.release.ship import ship as ship_decided
    from stepladder.watch.watch import watch as watch_predictions

__version__ = "0.1.0"
__all__ = [
    "History",
    "Problem",
    "Project",
    "decide",
    "forget",
    "new",
    "predict",
    "refresh",
    "relearn",
    "roll_back",
    "run_again",
    "run_bakeoff",
    "run_nightly",
    "ship_decided",
    "try_out",
    "watch_predictions",
    "write_report",
]
_HOMES = {  # a room has the plain name of some: stepladder.release, stepladder.watch
    "History": "core.history:History",
    "Problem": "core.errors:Problem",
    "Project": "project.folder:Project",
    "decide": "project.decide:decide",
    "forget": "nightly.forget:forget",
    "new": "project.new:new",
    "predict": "project.predict:predict",
    "refresh": "project.refresh:refresh",
    "relearn": "project.relearn:relearn",
    "roll_back": "release.ship:rollback",
    "run_again": "project.again:run_again",
    "run_bakeoff": "project.bakeoff:run_bakeoff",
    "run_nightly": "nightly.run:run",
    "ship_decided": "release.ship:ship",
    "try_out": "project.trial:try_out",
    "watch_predictions": "watch.watch:watch",
    "write_report": "project.report:write_report",
}


def __getattr__(name: str) -> Any:
    """Public names are fetched when first used, so that `stepladder --help` loads nothing heavy."""
    if name not in _HOMES:
        raise AttributeError(f"module 'stepladder' has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(importlib.import_module(f"stepladder.{module}"), attribute)


def __dir__() -> list[str]:
    """What a notebook offers after the dot: the public names, though none of them was fetched yet."""
    return [*__all__, "__version__"]
