"""Further ways to ask: what goes with an item, an endless stream from a seed, and a newcomer's own list."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core import own as brings
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.question import Answering
from stepladder.questions.recommend.because import liked
from stepladder.questions.recommend.radio import radio as stream
from stepladder.tables.ids.spelling import spelt

LISTED = 60  # how long a list the stream draws from
LATEST = 5  # items of somebody known that a stream begins with
NAMED = 10  # items of one title that are listed
# of the catalogue and of what was sold, for neither need hold the other's
ITEMS = """
select item, items.title, coalesce(support.raters, 0) as raters
from items full join support using (item) order by raters desc, item
"""
Row = dict[str, Any]


def own(one: Answering, said: Mapping[str, Any]) -> pa.Table:
    """A list for somebody new. Raises Problem where nobody knows any of their items."""
    return one.new(said["for"])


def item(one: Answering, said: Mapping[str, Any]) -> pa.Table:
    """What goes with an item: a list for somebody who took it and nothing else. Raises Problem."""
    return one.new(_taken(one, [_item(one, said["item"])]))


def radio(one: Answering, said: Mapping[str, Any]) -> pa.Table:
    """So many items, one leading on to the next: item, title, place. Raises Problem."""
    one = one.asking(k=LISTED)
    kind = one.history.sql("select item from interactions limit 0").schema.field(0)
    if "item" in said:
        seeds = [_item(one, said["item"])]
    elif "for" in said:
        seeds = brings.fitting(said["for"]["item"], kind).to_pylist()
    else:
        seeds = liked(one.history, one.known(said["case"])["person"][0].as_py(), LATEST)

    def related(context: Sequence[object]) -> list[object]:
        return one.new(_taken(one, context))["item"].drop_null().to_pylist()

    found = stream(related, seeds, one.history.ask.seed, said["radio"])
    return one.history.sql(
        "select found.item, items.title, nth as place from found left join items using (item) order by nth",
        found=pa.table({"item": pa.array(found, kind.type), "nth": range(1, len(found) + 1)}),
    )


def refuse_unknown(history: History, rows: pa.Table) -> None:
    """Raise Problem on rows of which nobody took any item: nothing can be said of them.

    Beside others, items that nobody knows say nothing.
    """
    known = history.once(
        "known items", lambda: history.sql("select item from support")["item"].combine_chunks()
    )
    if pc.any(pc.is_in(known, value_set=rows["item"].combine_chunks())).as_py():
        return
    given = str(rows["item"][0])
    there = history.sql(ITEMS).to_pylist()
    if mine := [row for row in there if str(row["item"]) == given]:
        raise Problem(
            f"none of the items given was ever taken, e.g. {_told(mine[0])}",
            "what goes with an item is known of those that somebody has taken",
            "name another one, or wait until somebody has taken it",
        )
    titled = _titled(there, given)
    raise Problem(
        f"none of the items given is known, e.g. {given}",
        "items are named as in the project's own interactions",
        f"{given} is a title: name {_listed(titled)}"
        if titled
        else "look up their ids: those of the project's own table serve",
    )


def _taken(one: Answering, items: Sequence[object]) -> pa.Table:
    """What somebody's rows look like who took these items, one after the other."""
    kinds = one.history.sql("select item, value from interactions limit 0").schema
    value = one.history.ask.settings.liked or 1.0
    taken = pa.array(items, kinds.field("item").type)
    return pa.table({"item": taken, "value": pa.array([value] * len(taken), pa.float64())})


def _item(one: Answering, text: str) -> object:
    """The item of that id, or else the only one of that title. Raises Problem."""
    there = one.history.sql(ITEMS).to_pylist()
    by_id = {str(row["item"]): row["item"] for row in there}
    for written in (text, spelt(text)):
        if written in by_id:
            return by_id[written]
    titled = _titled(there, text)
    if len(titled) == 1:
        return titled[0]["item"]
    if titled:
        raise Problem(
            f"{len(titled):,} items are called {text!r}",
            "what goes with an item is told of one: by its id, or by a title that it has alone",
            f"name one by its id: {_listed(titled)}",
        )
    near = _near(text, [*by_id, *(row["title"] for row in there if row["title"])])
    raise Problem(
        f"there is no item {text!r}",
        f"the {len(by_id):,} items are named by their id or their title",
        f"did you mean {' or '.join(map(repr, near))}?" if near else "look it up in the items",
    )


def _titled(there: Sequence[Row], text: str) -> list[Row]:
    """The items of that title, in capitals or not, those that most have taken first."""
    return [row for row in there if row["title"] and _plain(row["title"]) == _plain(text)]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _near(text: str, names: Sequence[str]) -> list[str]:
    """The names nearest to a text, as they are written."""
    by_plain = {name.casefold(): name for name in reversed(names)}
    return [by_plain[one] for one in difflib.get_close_matches(text.casefold(), by_plain, 3)]


def _listed(items: Sequence[Row]) -> str:
    more = [f"and {len(items) - NAMED:,} more"] if len(items) > NAMED else []
    return ", ".join([*map(_told, items[:NAMED]), *more])


def _told(row: Row) -> str:
    """An item by its id, with its title and how many took it."""
    title = f"{row['title']}, " if row["title"] else ""
    return f"{row['item']} ({title}taken by {row['raters']:,})"
