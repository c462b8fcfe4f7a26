"""One SELECT in DuckDB's words, said again in Spark's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from stepladder.core.errors import Problem
from stepladder.core.select import no_such_table, only_reads

MARK = "_stepladder_{}_"  # stands for a table until the text is finished


@dataclass(frozen=True)
class Said:
    """text: for Spark, each table as {t0}, {t1} …; tables: which table stands at each of these."""

    text: str
    tables: dict[str, str]


def to_spark(query: str, known: Iterable[str]) -> Said:
    """Say a SELECT for Spark. It may read the known tables and nothing else.

    Raises Problem on anything but one SELECT, on tables that are not known, and on words that have no
    translation. Numbers keep the types that DuckDB gives them: 0.5 is a double, a row number a bigint.
    """
    named = {name.lower(): name for name in known}
    reader = _reader().cursor()
    only_reads(reader, query, named.values())
    tree = _parsed(query)
    _refuse_its_own(tree, reader)
    tables: dict[str, str] = {}
    for table, own in _tables(tree):
        if not own:
            key = f"t{len(tables)}"
            tables[key] = _known(table, named)
            _replace(table, MARK.format(key))
    text = _written(tree.transform(_typed))
    for key in tables:
        text = text.replace(f"`{MARK.format(key)}`", f"{{{key}}}")
    return Said(text, tables)


@cache
def _reader() -> Any:
    """A DuckDB without any table, which reads what the words mean."""
    return duckdb.connect(config={"threads": 1})


def _parsed(query: str) -> Any:
    import sqlglot

    try:
        parts = sqlglot.parse(query, read="duckdb")
    except sqlglot.ParseError as error:
        raise _untold(query, str(error).splitlines()[0]) from None
    # a comment behind the last semicolon is a part of its own
    tree = next(p for p in parts if p and not isinstance(p, sqlglot.exp.Semicolon))
    if not isinstance(tree, sqlglot.exp.Query):
        raise _untold(query, f"no translation for {type(tree).__name__.lower()}")
    return tree


def _tables(tree: Any) -> list[tuple[Any, bool]]:
    """Every table named in a query, and whether the query made it itself, in a `with`."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    made = {}
    for scope in traverse_scope(tree):
        for table in scope.tables:
            source = scope.sources.get(table.alias_or_name)
            made[id(table)] = not isinstance(source, exp.Table)
    return [(table, made.get(id(table), False)) for table in tree.find_all(exp.Table)]


def _known(table: Any, named: dict[str, str]) -> str:
    from sqlglot import exp

    name = table.name.lower()
    if isinstance(table.this, exp.Identifier) and not table.db and name in named:
        return named[name]
    raise no_such_table(table.sql("duckdb", comments=False), named.values())


def _refuse_its_own(tree: Any, reader: Any) -> None:
    """Functions that only Spark knows: some of them run Java, or read its variables."""
    from sqlglot import exp

    for function in tree.find_all(exp.Anonymous):
        known = reader.execute(
            "select 1 from duckdb_functions() where function_name = lower(?)", [function.name]
        )
        if not known.fetchone():
            raise _untold(tree.sql("duckdb"), f"DuckDB has no function {function.name}")


def _replace(table: Any, mark: str) -> None:
    """Another name for the table; the query goes on calling it by its own."""
    from sqlglot import exp

    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
    table.set("this", exp.to_identifier(mark, quoted=True))


def _typed(node: Any) -> Any:
    """Casts where Spark would give another type than DuckDB."""
    from sqlglot import exp

    # Spark takes 0.5 for a decimal, and rounds what is reckoned with it
    if isinstance(node, exp.Literal) and not node.is_string and "." in node.name:
        return exp.cast(node.copy(), "double", copy=False)
    counted = (exp.DateDiff, exp.Length, exp.Extract, exp.Year, exp.Month, exp.Day, exp.StrPosition)
    if isinstance(node, counted) or (isinstance(node, exp.Window) and _counts(node.this)):
        return exp.cast(node.copy(), "bigint", copy=False)
    return node


def _counts(function: Any) -> bool:
    from sqlglot import exp

    return isinstance(function, exp.RowNumber | exp.Ntile | exp.Rank | exp.DenseRank)


def _written(tree: Any) -> str:
    from sqlglot import ErrorLevel, UnsupportedError

    try:
        text = tree.sql("spark", identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise _untold(tree.sql("duckdb"), str(error)) from None
    return str(text).replace("{", "{{").replace("}", "}}")


def _untold(query: str, why: str) -> Problem:
    return Problem(
        f"the query cannot be said to Spark ({why}): {' '.join(query.split())[:80]}",
        "Spark runs the same SQL, as long as it keeps to what both engines speak",
        'see docs/sql-dialect.md for what that is, or set engine = "duckdb" in question.toml',
    )
