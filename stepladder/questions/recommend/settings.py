"""What the business sets for its lists: how long they are, and what may be shown at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from stepladder.core import ask

Value = str | int | float


class Settings(ask.Settings):
    """How long a list is, and the business's rules: the same for every rung.

    min_support: persons who must have taken an item before it is shown to others. already_seen: whether
    what somebody has may be shown again. liked: the least value that counts as liking. exclude, include:
    by any column of the items. at_most: so many items of one kind in a list, by column. absent: values of
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
