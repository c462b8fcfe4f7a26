"""What a query may be: one SELECT over the tables it is shown, with functions that only reckon."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import duckdb

from stepladder.core.errors import Problem

QUERIES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
# make rows of what they are given; every other table function reads files, settings or the catalogue
ROWS = {"range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree"}
# act on something that the next query would see, or wait
ACTING = {"nextval", "currval", "setval", "setseed", "write_log", "sleep_ms", "pg_sleep"}
# tell of settings, of the environment, of the session
TELLING = {
    "current_setting", "getvariable", "getenv", "current_query", "current_query_id",
    "current_connection_id", "current_transaction_id", "txid_current", "version",
}  # fmt: skip
# read the catalogue, or how a table's file is stored, which tells of rows that are not shown
LOOKING = {
    "current_schemas", "in_search_path", "format_type", "get_block_size", "pg_get_viewdef",
    "pg_get_constraintdef", "json_serialize_plan", "stats", "vector_type",
}  # fmt: skip
REFUSED = ACTING | TELLING | LOOKING
TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]|[^\s\[\]{},:"]++')
_word = lru_cache(1000)(json.loads)  # the same few names again and again
MOST = 1000  # queries kept
_JUDGED: set[tuple[str, tuple[str, ...]]] = (
    set()
)  # and found harmless: reading one takes longer than many run
Named = tuple[Mapping[str, Any], frozenset[str]]  # a part of a query, and the names its `with` made


def only_reads(con: Any, query: str, tables: Iterable[str]) -> None:
    """Refuse whatever could write, act, or read something else than the tables. Raises Problem.

    It judges the tree that DuckDB's own parser makes, not the words: a `with` may hold an insert, a
    name in quotes may be a file. What makes rows is refused where it is not known to be harmless; a
    function over values is refused where it is known to act, to wait or to look elsewhere.
    """
    names = tuple(tables)
    if (query, names) in _JUDGED:
        return
    named = {name.lower(): name for name in names}
    for part, made in _parts(_tree(con, query)):
        kind = str(part.get("type", ""))
        if kind.endswith("_NODE") and kind not in QUERIES:
            raise not_one_select(query)
        if kind == "BASE_TABLE":
            _known(part["qualified_name"]["path"], named, made)
        elif kind == "SHOW_REF" and not part.get("query"):
            raise _not_for_a_query("show")
        elif kind in ("TABLE_FUNCTION", "FUNCTION"):
            _harmless(part, rows=kind == "TABLE_FUNCTION")
    if len(_JUDGED) >= MOST:
        _JUDGED.clear()
    _JUDGED.add((query, names))


def _tree(con: Any, query: str) -> Any:
    """The one SELECT as DuckDB reads it."""
    try:
        statements = con.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise not_one_select(query)
        said = con.execute("select json_serialize_sql(?)", [query]).fetchone()[0]
    except UnicodeError:
        raise not_one_select(query) from None
    tree = _read(said)
    if tree["error"]:
        raise not_one_select(query)
    return tree["statements"]


def _read(said: str) -> Any:
    """JSON, however deep: a sum of a thousand terms is a thousand levels, more than Python's reader goes."""
    open_: list[list[Any]] = [[]]
    for token in TOKEN.findall(said):
        if token in "[{":
            open_.append([])
        elif token in "]}":
            found = open_.pop()
            pairs = zip(found[::2], found[1::2], strict=True) if token == "}" else ()
            open_[-1].append(dict(pairs) if token == "}" else found)
        else:
            open_[-1].append(_word(token))
    return open_[0][0]


def _parts(tree: Any) -> Iterator[Named]:
    """Every part of a query, with the names that are tables of its own where it stands.

    A `with` sees those before it and not itself; only the second half of a recursive one does.
    """
    left: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while left:
        node, made = left.pop()
        if isinstance(node, list):
            left += ((each, made) for each in reversed(node))
        elif isinstance(node, dict):
            for cte in node.get("cte_map", {}).get("map", ()):
                left.append((cte["value"], made))
                made |= {cte["key"].lower()}
            yield node, made
            own = {node["cte_name"].lower()} if node.get("type") == "RECURSIVE_CTE_NODE" else set()
            inside = [(each, made | own if key == "right" else made)
                      for key, each in node.items() if key != "cte_map"]  # fmt: skip
            left += reversed(inside)


def _known(path: list[str], named: Mapping[str, str], made: frozenset[str]) -> None:
    name = path[-1].lower()
    own = name in made and path[:-1] in ([], ["recurring"])
    if not own and not (len(path) == 1 and name in named):
        raise no_such_table(".".join(path), named.values())


def _harmless(part: Mapping[str, Any], rows: bool) -> None:
    function = part["function"] if rows else part
    name = str(function["function_name"]).lower()
    if (rows and name not in ROWS) or name in REFUSED:
        raise _not_for_a_query(f"{name}(…)")


def no_such_table(given: str, known: Iterable[str]) -> Problem:
    """The error for a table that the history does not have."""
    names = sorted(known)
    lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(given.lower(), lower, 1)
    return Problem(
        f"the query reads {given[:80]}, and there is no such table",
        f"a history has the tables {', '.join(names)}",
        f"did you mean {lower[near[0]]}?" if near else "read one of these",
    )


def _not_for_a_query(what: str) -> Problem:
    return Problem(
        f"the query asks for {what}",
        "a query reads the history's tables and nothing else: no files, no settings, no catalogue; "
        f"rows are made by {', '.join(sorted(ROWS))}",
        "leave it out, and ask of the tables",
    )


def not_one_select(query: str) -> Problem:
    """The error for anything but a single SELECT."""
    return Problem(
        f"history was given: {query.strip()[:80]}",
        "history answers one SELECT at a time and never writes",
        "ask with a single SELECT",
    )
