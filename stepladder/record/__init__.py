"""The one store of what happened: bake-offs, predictions, decisions, answers; who, when, why."""

from stepladder.record.address import address
from stepladder.record.rows import (
    Answer,
    Bakeoff,
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
    "Bakeoff",
    "Decision",
    "Loss",
    "Record",
    "Shipment",
    "Step",
    "Stored",
    "Token",
    "address",
]
