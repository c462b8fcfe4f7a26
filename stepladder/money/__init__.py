"""Money: what acting on a prediction earns and costs, for questions whose loss may be reckoned in it."""

from __future__ import annotations

from pydantic import Field

from stepladder.core.ask import MOST, Ask, Part


class Prices(Part):
    """What acting on a case earns and costs: act if predicted value × margin > cost."""

    margin: float = Field(gt=0, le=1)
    cost: float = Field(gt=0, le=MOST)
    currency: str = ""


def prices(ask: Ask) -> Prices | None:
    """The [prices] of a question that has a loss in money, where they are given."""
    found: Prices | None = getattr(ask.settings, "prices", None)
    return found


def currency(ask: Ask) -> str:
    """What amounts of money are in, as far as it was said."""
    found = prices(ask)
    return found.currency if found else ""
