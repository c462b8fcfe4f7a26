"""The question as the business wrote it: `question.toml`."""

from stepladder.core.ask.parts import (
    ANSWERED,
    UPKEEP_HOURS,
    Ask,
    Costs,
    Indicator,
    Prices,
    Rules,
    Source,
    Value,
    share,
)
from stepladder.core.ask.read import load, parse, read

__all__ = [
    "ANSWERED",
    "UPKEEP_HOURS",
    "Ask",
    "Costs",
    "Indicator",
    "Prices",
    "Rules",
    "Source",
    "Value",
    "load",
    "parse",
    "read",
    "share",
]
