"""What the business sets for its lists: how long they are, and what may be shown at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from stepladder.core import ask


def _value(given: object) -> object:
    """A value as rules name it: one that no column can hold would never be found there."""
    if isinstance(given, str):
        return given
    if isinstance(given, int | float) and not isinstance(given, bool) and abs(given) <= ask.MOST:
        return given
    raise ValueError('it is a text in "quotes" or a number')


Value = Annotated[str | int | float, BeforeValidator(_value)]


class Settings(ask.Settings):
    """How long a list is, and the business's rules: the same for every rung.

    k: how many items a list has. min_support: persons who must have taken an item before it is shown to
    others. already_seen: whether what somebody has may be shown again. liked: the least value that counts
    as liking. exclude: what is never shown, by any column of the items. include: all that may be shown, by
    any column of the items. at_most: so many items of one kind in a list, by column. absent: values of
    exclude and include that no item need have, such as those of another season.
    """

    MOVED: ClassVar[Mapping[str, str]] = {"k": "k", "rules": ""}

    k: Annotated[int, Field(ge=1, le=1000)] = 10
    min_support: Annotated[int, Field(ge=1, le=2**31)] = 5
    already_seen: bool = False
    liked: ask.Figure | None = None
    exclude: dict[str, tuple[Value, ...]] = Field(default_factory=dict)
    include: dict[str, tuple[Value, ...]] = Field(default_factory=dict)
    at_most: dict[str, Annotated[int, Field(ge=1, le=1000)]] = Field(default_factory=dict)
    absent: tuple[Value, ...] = ()

    @property
    def list_length(self) -> int:
        """How many items a rung lists for each person: more than k where a rule thins the list out."""
        return self.k * 10 if self.at_most else self.k

    @property
    def scalars(self) -> dict[str, bool | int | float | str | None]:
        """What SQL sees of them, in the table `ask`."""
        return {**super().scalars, "list_length": self.list_length}
