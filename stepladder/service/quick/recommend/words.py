"""Twins of why an item is shown, in words."""

from __future__ import annotations

import pyarrow as pa

from stepladder.service.quick import Seen, Tables, columns
from stepladder.service.quick.recommend.own import likes, titles_of


def words(seen: Seen, given: Tables) -> pa.Table:
    """Twin of because.WORDS: the titles of the rows that an answer comes from."""
    items = {(person, row): item for person, item, _, row in likes(seen)}
    titles, asked, out = titles_of(seen), columns(given["asked"]), []
    for nth, place, person, row in zip(
        *(asked[n] for n in ("nth", "place", "person", "row")), strict=True
    ):
        if (person, row) in items:
            item = items[person, row]
            title = titles.get(item)
            out.append((nth, place, str(item) if title is None else title))
    out.sort(key=lambda row: row[:2])
    return pa.table(
        {
            "nth": pa.array([row[0] for row in out], pa.int64()),
            "title": pa.array([row[2] for row in out], pa.string()),
        }
    )


def titled(seen: Seen, given: Tables) -> pa.Table:
    """Twin of because.TITLED: the answers in order, with their titles."""
    titles, table = titles_of(seen), given["table_"]
    said = [titles.get(item) for item in table["item"].to_pylist()]
    table = table.append_column("title", pa.array(said, pa.string()))
    places = table["place"].to_pylist()
    order = sorted(range(len(places)), key=lambda i: (places[i] is None, places[i]))
    return table if order == list(range(len(places))) else table.take(order)
