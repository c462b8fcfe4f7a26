"""From a business question and a dirty table to the simplest model that is good enough.

    import stepladder
    project = stepladder.new("retention", "orders.csv")
    result = stepladder.bakeoff(project)
    print(result.proposal.sentence)
    stepladder.decide(project, result.proposal.rung, by="Ada", because="simple and good enough")
    stepladder.predict(project, to="forecast.csv")
    stepladder.report(project)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stepladder.core.errors import Problem
    from stepladder.core.history import History
    from stepladder.project import (
        Project,
        again,
        bakeoff,
        decide,
        new,
        predict,
        refresh,
        report,
        trial,
    )

__version__ = "0.1.0"
__all__ = [
    "History",
    "Problem",
    "Project",
    "again",
    "bakeoff",
    "decide",
    "new",
    "predict",
    "refresh",
    "report",
    "trial",
]
_ELSEWHERE = {"Problem": "stepladder.core.errors", "History": "stepladder.core.history"}


def __getattr__(name: str) -> Any:
    """Public names are fetched when first used, so that `stepladder --help` loads nothing heavy."""
    if name not in __all__:
        raise AttributeError(f"module 'stepladder' has no attribute {name!r}")
    return getattr(importlib.import_module(_ELSEWHERE.get(name, "stepladder.project")), name)
