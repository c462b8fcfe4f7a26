"""Ask for one person, for a newcomer's own file, for an item's relatives, or for an endless stream."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from stepladder import tables
from stepladder.core.errors import Problem
from stepladder.core.table import TableSpec
from stepladder.project.folder import Project
from stepladder.project.one import One
from stepladder.project.predict import decided
from stepladder.project.scratch import scratch

LISTED = 60  # how long a list the stream draws from


def predict_one(
    project: Project,
    *,
    case: str | None = None,
    rows: str | Path | pa.Table | None = None,
    item: str | None = None,
    radio: int = 0,
    rung: str | None = None,
) -> pa.Table:
    """The answer for one case, without learning anew: KEYS…, prediction, the extras, why, because.

    `case`: the id of somebody known. `rows`: a newcomer's own, as a table or a file. `item`: what goes
    with it. `radio`: that many items, one leading on to the next, from a seed that is an item, somebody
    known or a newcomer. Raises Problem where none or several are given, or an id is not known.
    """
    _exactly_one({"--case": case, "--for": rows, "--item": item})
    name = rung or decided(project)
    with scratch() as room:
        one = One.of(project, name, room, LISTED if radio else None)
        if item is not None or radio:
            _only_lists(project)
        own = _rows(project, one, rows) if rows is not None else None
        seeds = [_item(one, item)] if item is not None else None
        if radio:
            return _radio(one, seeds, case, own, radio)
        if case is not None:
            return one.known(case)
        return one.new(own if own is not None else taken(one, seeds or []))


def taken(one: One, items: Sequence[object]) -> pa.Table:
    """What somebody's rows look like who took these items, one after the other."""
    kinds = one.history.sql("select item, value from interactions limit 0").schema
    liked = one.history.ask.rules.liked
    item = pa.array(items, kinds.field("item").type)
    return pa.table({"item": item, "value": pa.array([liked or 1.0] * len(item), pa.float64())})


def _radio(
    one: One, items: list[object] | None, case: str | None, own: pa.Table | None, n: int
) -> pa.Table:
    from stepladder.questions.recommend.radio import radio  # the one question that has lists

    seeds = items
    if seeds is None and own is not None:
        seeds = own["item"].to_pylist()
    elif seeds is None:
        from stepladder.questions.recommend.because import liked

        seeds = liked(one.history, one.known(str(case))[one.key.name][0].as_py(), 5)

    def related(context: Sequence[object]) -> list[object]:
        return one.new(taken(one, context))["item"].drop_null().to_pylist()

    found = radio(related, seeds, one.history.ask.seed, n)
    kind = one.history.sql("select item from items limit 0").schema.field(0).type
    return one.history.sql(
        "select found.item, items.title, nth as place from found left join items using (item) order by nth",
        found=pa.table({"item": pa.array(found, kind), "nth": range(1, len(found) + 1)}),
    )


def _exactly_one(given: dict[str, object]) -> None:
    said = [flag for flag, value in given.items() if value is not None]
    if len(said) != 1:
        raise Problem(
            f"{' and '.join(said)} were given" if said else "nobody to ask about was given",
            "one case at a time: --case ID, --for FILE, or --item ID",
            "name one of them",
        )


def _only_lists(project: Project) -> None:
    if "item" not in project.question.KEYS:
        raise Problem(
            f"--item and --radio were asked of {project.ask.question}",
            "they list items, so they belong to the question recommend",
            "leave them out, or make another project: stepladder new recommend --from FILE",
        )


def _item(one: One, text: str) -> object:
    """The item of that id, or else of that title."""
    items = one.history.sql("select item, title from items order by item").to_pydict()
    by_id = {str(item): item for item in items["item"]}
    by_title = {str(t).lower(): i for t, i in zip(items["title"], items["item"], strict=True) if t}
    found = by_id.get(text, by_title.get(text.lower()))
    if found is None:
        near = difflib.get_close_matches(text.lower(), [*map(str.lower, by_id), *by_title], 3)
        raise Problem(
            f"there is no item {text!r}",
            f"the {len(by_id):,} items are named by their id or their title",
            f"did you mean {' or '.join(map(repr, near))}?" if near else "look it up in the items",
        )
    return found


def _rows(project: Project, one: One, rows: str | Path | pa.Table) -> pa.Table:
    if isinstance(rows, pa.Table):
        return rows
    spec = _own(one.events, one.key.name)
    chosen = project.ask.tables[spec.name].choices
    seen = tables.look(str(rows), spec, _named(spec, chosen, rows))
    found = tables.clean(str(rows), spec, tables.choose(seen, ask_user=None)).table
    return _known_items(one, found, rows)


def _own(spec: TableSpec, key: str) -> TableSpec:
    """The same table, but of one person who need not be named, nor when it was."""
    columns = tuple(
        replace(column, required=column.required and column.name != spec.time)
        for column in spec.columns
        if column.name != key
    )
    left = tuple(name for name in spec.key if name != key) or (columns[0].name,)
    return replace(spec, columns=columns, key=left, time=None)


def _named(spec: TableSpec, chosen: dict[str, Any], rows: str | Path) -> dict[str, str]:
    """Columns called as in the project's own table serve as there."""
    from stepladder.tables.sources import read

    there = set(read(str(rows), None, None, None).table.column_names)
    known = dict(chosen.get("columns", {}))
    wanted = {column.name for column in spec.columns}
    return {name: known[name] for name in wanted & set(known) if known[name] in there}


def _known_items(one: One, rows: pa.Table, source: str | Path) -> pa.Table:
    """The rows in time's order; items that nobody knows say nothing, and none at all is an error."""
    time = one.events.time or ""
    if rows[time].null_count == 0:
        rows = rows.sort_by([(time, "ascending"), ("row", "ascending")])
    else:
        rows = rows.sort_by("row")
    if "item" not in rows.column_names:
        return rows
    kind = one.history.sql("select item from interactions limit 0").schema.field("item").type
    at = rows.column_names.index("item")
    if rows["item"].type != kind and pa.types.is_integer(kind):
        raise _no_item(source, rows["item"][0].as_py())
    rows = rows.set_column(at, "item", rows["item"].cast(kind))
    known = one.history.sql(
        "select distinct rows.row from rows join support on rows.item = support.item", rows=rows
    )
    if not known.num_rows:
        raise _no_item(source, rows["item"][0].as_py())
    return rows


def _no_item(source: str | Path, example: object) -> Problem:
    return Problem(
        f"none of the items in {source} is known, e.g. {example}",
        "items are named as in the project's own interactions",
        "look up their ids, or name the column: the same name as in the project's own table serves",
    )
