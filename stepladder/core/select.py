"""What a query may be: one SELECT over the tables it is shown, with functions that only reckon."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb

from stepladder.core.errors import Problem

QUERIES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
# make rows of what they are given; every other table function reads files, settings or the catalogue
ROWS = {"range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree"}
# act on something that the next query would see, or tell of the machine
ACTING = {"nextval", "currval", "setval", "setseed", "write_log", "sleep_ms"}
TELLING = {
    "current_setting", "getvariable", "getenv", "current_query", "current_query_id",
    "current_connection_id", "current_transaction_id", "txid_current",
}  # fmt: skip
Named = tuple[Mapping[str, Any], frozenset[str]]  # a part of a query, and the names its `with` made


def only_reads(con: Any, query: str, tables: Iterable[str]) -> None:
    """Refuse whatever could write, act, or read something else than the tables. Raises Problem.

    It judges the tree that DuckDB's own parser makes, not the words: a `with` may hold an insert, a
    name in quotes may be a file. What is not known to be harmless is refused.
    """
    named = {name.lower(): name for name in tables}
    for part, made in _parts(_tree(con, query), frozenset()):
        kind = str(part.get("type", ""))
        if kind.endswith("_NODE") and kind not in QUERIES:
            raise not_one_select(query)
        if kind == "BASE_TABLE":
            _known(part["qualified_name"]["path"], named, made)
        elif kind == "SHOW_REF" and not part.get("query"):
            raise _not_for_a_query("show")
        elif kind in ("TABLE_FUNCTION", "FUNCTION"):
            _harmless(part, rows=kind == "TABLE_FUNCTION")


def _tree(con: Any, query: str) -> Any:
    """The one SELECT as DuckDB reads it."""
    try:
        statements = con.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise not_one_select(query)
        said = con.execute("select json_serialize_sql(?)", [query]).fetchone()[0]
        tree = json.loads(said)
    except (RecursionError, UnicodeError):
        raise not_one_select(query) from None
    if tree["error"]:
        raise not_one_select(query)
    return tree["statements"]


def _parts(node: Any, made: frozenset[str]) -> Iterator[Named]:
    """Every part of a query, with the names that are tables of its own where it stands.

    A `with` sees those before it and not itself; only the second half of a recursive one does.
    """
    if isinstance(node, list):
        for each in node:
            yield from _parts(each, made)
    elif isinstance(node, dict):
        for cte in node.get("cte_map", {}).get("map", ()):
            yield from _parts(cte["value"], made)
            made |= {cte["key"].lower()}
        yield node, made
        own = {node["cte_name"].lower()} if node.get("type") == "RECURSIVE_CTE_NODE" else set()
        for key, each in node.items():
            if key != "cte_map":
                yield from _parts(each, made | own if key == "right" else made)


def _known(path: list[str], named: Mapping[str, str], made: frozenset[str]) -> None:
    name = path[-1].lower()
    own = name in made and path[:-1] in ([], ["recurring"])
    if not own and not (len(path) == 1 and name in named):
        raise no_such_table(".".join(path), named.values())


def _harmless(part: Mapping[str, Any], rows: bool) -> None:
    function = part["function"] if rows else part
    name = str(function["function_name"]).lower()
    if (rows and name not in ROWS) or name in ACTING | TELLING:
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
