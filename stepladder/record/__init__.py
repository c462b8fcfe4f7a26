"""The one store of what happened: bake-offs, predictions, decisions, answers; who, when, why."""

from stepladder.record.address import address
from stepladder.record.rows import (
    Answer,
    Assignment,
    Bakeoff,
    CallList,
    Decision,
    Entry,
    Event,
    Job,
    Loss,
    Shipment,
    Step,
    Stored,
    Token,
    Waiting,
)
from stepladder.record.store import Record

__all__ = [
    "Answer",
    "Assignment",
    "Bakeoff",
    "CallList",
    "Decision",
    "Entry",
    "Event",
    "Job",
    "Loss",
    "Record",
    "Shipment",
    "Step",
    "Stored",
    "Token",
    "Waiting",
    "address",
]
