"""Money: what acting on a prediction earns and costs, for questions whose loss may be reckoned in it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import inf
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from stepladder.core.ask import MOST, Ask, Part, share
from stepladder.money.units import YEAR, UnitPrices

MANY = 'it is a whole number, or a share such as "10 %"'  # what contacts can be


def _contacts(value: object) -> object:
    """Read "500" as 500 and "10 %" as a share of all; what is neither is refused."""
    whole = isinstance(value, str) and value.strip().isdecimal()
    try:
        found = int(str(value)) if whole else share(value)
    except ValueError:
        raise ValueError(MANY) from None
    if isinstance(value, str) and isinstance(found, float) and found >= 1:
        raise ValueError("a share is less than 100 %: leave contacts out where all can be acted on")
    if isinstance(found, bool) or (isinstance(found, float) and found > 1 and found % 1):
        raise ValueError(MANY)
    if not isinstance(found, int | float) or not -inf < found < inf:
        raise ValueError(MANY)
    return found


class Prices(Part):
    """What acting on a case earns and costs: act if predicted value × margin > cost.

    margin: what is left of each unit of money that somebody spends, such as 30 %. cost: what one contact
    costs. currency: what amounts of money are in. contacts: how many can be acted on, as a number or
    "10 %" of all. spend: how much money may be spent on acting; without either everybody may be acted on.
    decisions_per_year: how often a list is made and acted on.
    """

    margin: Annotated[float, BeforeValidator(share), Field(gt=0, le=1)]
    cost: float = Field(gt=0, le=MOST)
    currency: str = ""
    contacts: Annotated[float | int, BeforeValidator(_contacts), Field(gt=0, le=MOST)] | None = None
    spend: Annotated[float, Field(gt=0, le=MOST)] | None = None
    decisions_per_year: Annotated[float, Field(gt=0, le=8784)] = 1.0

    @model_validator(mode="after")
    def _one_budget(self) -> Self:
        if self.contacts is not None and self.spend is not None:
            raise ValueError(
                "give contacts or spend, not both: either says how many can be acted on"
            )
        if self.spend is not None and self.spend < self.cost:
            raise ValueError(
                "spend does not pay for a single contact: it must be the cost at least"
            )
        return self

    @property
    def budget(self) -> bool:
        """Whether only so many can be acted on."""
        return self.contacts is not None or self.spend is not None

    def places(self, cases: int) -> int:
        """How many of so many cases can be acted on: all of them without a budget, and never more."""
        found: float
        if self.spend is not None:
            # as they are written: 30 // 0.1 is 299, since no binary number is 0.1
            found = Fraction(str(self.spend)) // Fraction(str(self.cost))
        elif self.contacts is None:
            return cases
        elif isinstance(self.contacts, float) and self.contacts < 1:
            found = round(self.contacts * cases)
        else:
            found = self.contacts
        return max(min(int(found), cases), 1)


def written(amount: float) -> str:
    """An amount in whole units; with cents where it is small, and more digits where it is smaller still."""
    size, amount = abs(amount), amount + 0.0  # no minus before nothing
    if size >= 9.995 or not size:
        return f"{round(amount):,}"
    return f"{amount:.2f}" if size >= 0.0995 else f"{Decimal(f'{amount:.2g}'):f}"


def priced(ask: Ask) -> Prices | UnitPrices | None:
    """The [prices] of a question that has a loss in money, where they are given: of whichever kind."""
    found: Prices | UnitPrices | None = getattr(ask.settings, "prices", None)
    return found


def prices(ask: Ask) -> Prices | None:
    """The [prices] of acting on cases one by one, where they are given."""
    found = priced(ask)
    return found if isinstance(found, Prices) else None


def unit_prices(ask: Ask) -> UnitPrices | None:
    """The [prices] of one too many and one too few, where they are given."""
    found = priced(ask)
    return found if isinstance(found, UnitPrices) else None


def currency(ask: Ask) -> str:
    """What amounts of money are in, as far as it was said."""
    found = priced(ask)
    return found.currency if found else ""


def decisions(ask: Ask, cases: int) -> float:
    """How many cases are acted on, or left alone, in a year: what a loss per case is multiplied by.

    A decision is taken once a year unless it is said that it repeats: how far ahead one looks says nothing
    of that. Where units have prices there is a forecast for each horizon, one after the other.
    """
    if unit_prices(ask):
        return cases * YEAR / ask.horizon
    found = prices(ask)
    return found.places(cases) * found.decisions_per_year if found else float(cases)


def of_some(ask: Ask, some: int, cases: int) -> Ask:
    """The same question about some of the cases: a budget shrinks as they do."""
    found = prices(ask)
    if found is None or not found.budget:
        return ask
    contacts = max(round(found.places(cases) * some / cases), 1)
    fewer = found.model_copy(update={"contacts": contacts, "spend": None})
    settings = ask.settings.model_copy(update={"prices": fewer})
    return ask.model_copy(update={"settings": settings})
