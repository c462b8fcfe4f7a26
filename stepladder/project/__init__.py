"""A project is a folder with a question.toml; here is a file for each thing one does with it."""

from stepladder.project.again import Reproduction, again
from stepladder.project.bakeoff import bakeoff
from stepladder.project.decide import decide
from stepladder.project.folder import Project
from stepladder.project.new import new, refresh
from stepladder.project.predict import predict
from stepladder.project.report import report
from stepladder.project.trial import trial

__all__ = [
    "Project",
    "Reproduction",
    "again",
    "bakeoff",
    "decide",
    "new",
    "predict",
    "refresh",
    "report",
    "trial",
]
