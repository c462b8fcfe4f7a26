"""The record's tables: every row is a project's, and numbered within it."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Table,
    Text,
)

SCHEMA = "stepladder"  # where the tables live in a Postgres, which others may use too
NOBODY = ""  # whose rows are that nobody has claimed: of records in which rows knew no project
metadata = MetaData()


def _numbered() -> tuple[Column[str], Column[int]]:
    return _project(), Column("id", Integer, primary_key=True, autoincrement=False)


def _project() -> Column[str]:
    return Column("project", Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _of(column: str, table: str) -> ForeignKeyConstraint:
    """Of a row of the same project: what is claimed, or moved, takes along what hangs on it."""
    return ForeignKeyConstraint(
        ["project", column], [f"{table}.project", f"{table}.id"], onupdate="cascade"
    )


meta = Table("meta", metadata, Column("schema_version", Integer, nullable=False))

homes = Table(
    "homes",
    metadata,
    _project(),
    Column("host", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    _text("since"),
)

bakeoffs = Table(
    "bakeoffs",
    metadata,
    *_numbered(),
    _text("question"),
    _text("started"),
    Column("finished", Text),
    _text("by"),
    _text("status"),
    _text("data_fingerprint"),
    _text("settings"),
    Column("versions", JSON, nullable=False),
    Column("result", JSON(none_as_null=True)),
)

losses = Table(
    "losses",
    metadata,
    _project(),
    Column("bakeoff", Integer, primary_key=True, autoincrement=False),
    Column("rung", Text, primary_key=True),
    Column("cutoff", Text, primary_key=True),
    Column("height", Integer, nullable=False),
    _text("role"),
    _text("status"),
    Column("loss", Float),
    Column("weight", Float),
    Column("cases", Integer, nullable=False),
    Column("fit_s", Float),
    Column("predict_s_per_1000", Float),
    Column("memory_mb", Float),
    Column("model_bytes", Integer),
    _of("bakeoff", "bakeoffs"),
)

predictions = Table(
    "predictions",
    metadata,
    *_numbered(),
    _text("question"),
    Column("bakeoff", Integer),
    _text("rung"),
    _text("as_of"),
    _text("path"),
    _text("sha256"),
    Column("rows", Integer, nullable=False),
    _text("model_hash"),
    _text("by"),
    _text("time"),
    _of("bakeoff", "bakeoffs"),
)

lists = Table(
    "lists",
    metadata,
    *_numbered(),
    _text("question"),
    Column("predictions", Integer),
    _text("rung"),
    _text("as_of"),
    _text("path"),
    _text("sha256"),
    Column("rows", Integer, nullable=False),
    _text("salt"),
    _text("by"),
    _text("time"),
    _of("predictions", "predictions"),
)

assignments = Table(
    "assignments",
    metadata,
    _project(),
    Column("list", Integer, primary_key=True, autoincrement=False),
    Column("nth", Integer, primary_key=True, autoincrement=False),
    _text("key"),
    _text("arm"),
    _of("list", "lists"),
)

decisions = Table(
    "decisions",
    metadata,
    *_numbered(),
    _text("question"),
    Column("bakeoff", Integer),
    _text("rung"),
    _text("by"),
    _text("time"),
    _text("because"),
    Column("evidence", Text, nullable=False, server_default=""),
    Column("review", Text, nullable=False, server_default=""),
    _of("bakeoff", "bakeoffs"),
)

answers = Table(
    "answers",
    metadata,
    *_numbered(),
    _text("question"),
    _text("key"),
    Column("prediction", Float),
    Column("label", Text),
    _text("as_of"),
    _text("said"),
    _text("by"),
    _text("trial"),
    Column("seconds", Float),
    Column("act", Integer, nullable=False),
)

shipments = Table(
    "shipments",
    metadata,
    *_numbered(),
    _text("question"),
    _text("kind"),
    _text("release"),
    _text("rung"),
    _text("model_hash"),
    _text("as_of"),
    Column("decision", Integer),
    _text("because"),
    _text("by"),
    _text("time"),
    _of("decision", "decisions"),
)

steps = Table(
    "steps",
    metadata,
    *_numbered(),
    _text("question"),
    _text("day"),
    _text("step"),
    _text("key"),
    _text("status"),
    Column("seconds", Float, nullable=False),
    _text("detail"),
    _text("by"),
    _text("time"),
)

tokens = Table(
    "tokens",
    metadata,
    *_numbered(),
    _text("name"),
    _text("roles"),
    _text("sha256"),
    _text("expires"),
    _text("revoked"),
    _text("folder"),
    _text("by"),
    _text("time"),
)

forgotten = Table(
    "forgotten",
    metadata,
    *_numbered(),
    _text("question"),
    _text("sha256"),
    _text("by"),
    _text("time"),
)

# a chain: each row's hash holds that of the row before
events = Table(
    "events",
    metadata,
    *_numbered(),
    _text("question"),
    _text("kind"),
    _text("by"),
    _text("time"),
    _text("request"),
    _text("body_sha256"),
    _text("before"),
    _text("sha256"),
)

# what was said lies apart, so that it can be erased without breaking the chain
bodies = Table(
    "bodies",
    metadata,
    *_numbered(),
    _text("about"),
    _text("salt"),
    Column("body", JSON, nullable=False),
    _of("id", "events"),
)

entries = Table(
    "entries",
    metadata,
    *_numbered(),
    _text("kind"),
    _text("sha256"),
    _text("token"),
    _text("made"),
    _text("seen"),
    _text("ends"),
    _text("closed"),
)

jobs = Table(
    "jobs",
    metadata,
    *_numbered(),
    _text("question"),
    _text("kind"),
    Column("arguments", JSON, nullable=False),
    _text("status"),
    Column("pid", Integer),
    _text("host"),
    _text("detail"),
    _text("finished"),
    _text("by"),
    _text("time"),
)

waiting = Table(
    "waiting",
    metadata,
    *_numbered(),
    _text("question"),
    _text("key"),
    _text("as_of"),
    _text("until"),
    Column("act", Integer),
    Column("answer", JSON(none_as_null=True)),
    _text("by"),
    _text("time"),
)

OWNED = tuple(table for table in metadata.sorted_tables if "project" in table.c)  # parents first
