"""Further ways to ask: what goes with an item, an endless stream from a seed, and a newcomer's own list."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.core.question import Answering
from stepladder.questions.recommend.because import liked
from stepladder.questions.recommend.radio import radio as stream
from stepladder.tables.ids.spelling import spelt

LISTED = 60  # how long a list the stream draws from
LATEST = 5  # items of somebody known that a stream begins with


def own(one: Answering, said: Mapping[str, Any]) -> pa.Table:
    """A list for somebody new. Raises Problem where nobody knows any of their items."""
    return one.new(_known_items(one, said["for"]))


def item(one: Answering, said: Mapping[str, Any]) -> pa.Table:
    """What goes with an item: a list for somebody who took it and nothing else. Raises Problem."""
    return one.new(_taken(one, [_item(one, said["item"])]))


def radio(one: Answering, said: Mapping[str, Any]) -> pa.Table:
    """So many items, one leading on to the next: item, title, place. Raises Problem."""
    one = one.asking(k=LISTED)
    if "item" in said:
        seeds = [_item(one, said["item"])]
    elif "for" in said:
        seeds = _known_items(one, said["for"])["item"].to_pylist()
    else:
        seeds = liked(one.history, one.known(said["case"])["person"][0].as_py(), LATEST)

    def related(context: Sequence[object]) -> list[object]:
        return one.new(_taken(one, context))["item"].drop_null().to_pylist()

    found = stream(related, seeds, one.history.ask.seed, said["radio"])
    kind = one.history.sql("select item from items limit 0").schema.field(0).type
    return one.history.sql(
        "select found.item, items.title, nth as place from found left join items using (item) order by nth",
        found=pa.table({"item": pa.array(found, kind), "nth": range(1, len(found) + 1)}),
    )


def _taken(one: Answering, items: Sequence[object]) -> pa.Table:
    """What somebody's rows look like who took these items, one after the other."""
    kinds = one.history.sql("select item, value from interactions limit 0").schema
    value = one.history.ask.settings.liked or 1.0
    taken = pa.array(items, kinds.field("item").type)
    return pa.table({"item": taken, "value": pa.array([value] * len(taken), pa.float64())})


def _item(one: Answering, text: str) -> object:
    """The item of that id, or else of that title."""
    items = one.history.sql("select item, title from items order by item").to_pydict()
    by_id = {str(item): item for item in items["item"]}
    by_title = {str(t).lower(): i for t, i in zip(items["title"], items["item"], strict=True) if t}
    found = by_id.get(text, by_id.get(spelt(text), by_title.get(text.lower())))
    if found is None:
        near = difflib.get_close_matches(text.lower(), [*map(str.lower, by_id), *by_title], 3)
        raise Problem(
            f"there is no item {text!r}",
            f"the {len(by_id):,} items are named by their id or their title",
            f"did you mean {' or '.join(map(repr, near))}?" if near else "look it up in the items",
        )
    return found


def _known_items(one: Answering, rows: pa.Table) -> pa.Table:
    """The rows; items that nobody knows say nothing, and none at all is an error."""
    kind = one.history.sql("select item from interactions limit 0").schema.field("item").type
    if rows["item"].type != kind and pa.types.is_integer(kind):
        raise _no_item(rows)
    at = rows.column_names.index("item")
    rows = rows.set_column(at, "item", rows["item"].cast(kind))
    support = one.history.sql("select item from support")["item"].combine_chunks()
    if not pc.any(pc.is_in(rows["item"], value_set=support)).as_py():
        raise _no_item(rows)
    return rows


def _no_item(rows: pa.Table) -> Problem:
    return Problem(
        f"none of the items given is known, e.g. {rows['item'][0].as_py()}",
        "items are named as in the project's own interactions",
        "look up their ids, or name the column: the same name as in the project's own table serves",
    )
