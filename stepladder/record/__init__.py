"""The one store of what happened: bake-offs, predictions, decisions, answers; who, when, why."""

from stepladder.record.address import address
from stepladder.record.rows import (
    Answer,
    Assignment,
    Bakeoff,
    CallList,
    Decision,
    Loss,
    Shipment,
    Step,
    Stored,
    Token,
)
from stepladder.record.store import Record

__all__ = [
    "Answer",
    "Assignment",
    "Bakeoff",
    "CallList",
    "Decision",
    "Loss",
    "Record",
    "Shipment",
    "Step",
    "Stored",
    "Token",
    "address",
]
