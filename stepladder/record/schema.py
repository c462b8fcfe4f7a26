"""The record's tables."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
)

SCHEMA = "stepladder"  # where the tables live in a Postgres, which others may use too
metadata = MetaData()


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _of_bakeoff(primary_key: bool = False) -> Column[int]:
    return Column("bakeoff", Integer, ForeignKey("bakeoffs.id"), primary_key=primary_key)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


meta = Table("meta", metadata, Column("schema_version", Integer, nullable=False))

bakeoffs = Table(
    "bakeoffs",
    metadata,
    _id(),
    _text("question"),
    _text("started"),
    Column("finished", Text),
    _text("by"),
    _text("status"),
    _text("data_fingerprint"),
    _text("settings"),
    Column("versions", JSON, nullable=False),
    Column("result", JSON(none_as_null=True)),
    sqlite_autoincrement=True,
)

losses = Table(
    "losses",
    metadata,
    _of_bakeoff(primary_key=True),
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
)

predictions = Table(
    "predictions",
    metadata,
    _id(),
    _text("question"),
    _of_bakeoff(),
    _text("rung"),
    _text("as_of"),
    _text("path"),
    _text("sha256"),
    Column("rows", Integer, nullable=False),
    _text("model_hash"),
    _text("by"),
    _text("time"),
    sqlite_autoincrement=True,
)

decisions = Table(
    "decisions",
    metadata,
    _id(),
    _text("question"),
    _of_bakeoff(),
    _text("rung"),
    _text("by"),
    _text("time"),
    _text("because"),
    sqlite_autoincrement=True,
)

answers = Table(
    "answers",
    metadata,
    _id(),
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
    sqlite_autoincrement=True,
)

shipments = Table(
    "shipments",
    metadata,
    _id(),
    _text("question"),
    _text("kind"),
    _text("release"),
    _text("rung"),
    _text("model_hash"),
    _text("as_of"),
    Column("decision", Integer, ForeignKey("decisions.id")),
    _text("because"),
    _text("by"),
    _text("time"),
    sqlite_autoincrement=True,
)

steps = Table(
    "steps",
    metadata,
    _id(),
    _text("question"),
    _text("day"),
    _text("step"),
    _text("key"),
    _text("status"),
    Column("seconds", Float, nullable=False),
    _text("detail"),
    _text("by"),
    _text("time"),
    sqlite_autoincrement=True,
)

tokens = Table(
    "tokens",
    metadata,
    _id(),
    _text("name"),
    _text("role"),
    _text("sha256"),
    _text("expires"),
    _text("revoked"),
    _text("project"),
    _text("by"),
    _text("time"),
    sqlite_autoincrement=True,
)

forgotten = Table(
    "forgotten",
    metadata,
    _id(),
    _text("question"),
    _text("sha256"),
    _text("by"),
    _text("time"),
    sqlite_autoincrement=True,
)
