"""What is asked of a rung's process that stays, and what it answers: frames on one line, never a pickle.

A frame is the length of its head, the head as JSON, and tables as Arrow streams, whose lengths the head
says. The line is a socket that was opened before the fence was closed; what a rung prints goes elsewhere.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.rung import Rung
from stepladder.fence.failure import Failure, failure

LENGTH = struct.Struct("<I")
LONGEST_HEAD = 1 << 20
USUAL, PER_ROW = 32_000_000, 20_000  # bytes of an answer, however few are asked about; and for each
Head = dict[str, Any]
Rows = tuple[tuple[str, pa.Table], ...]  # by table


def framed(head: Head, tables: Sequence[pa.Table]) -> bytes:
    """A head and its tables, ready to be sent."""
    streams = [_stream(table) for table in tables]
    said = json.dumps({**head, "sizes": [stream.size for stream in streams]}).encode()
    return b"".join([LENGTH.pack(len(said)), said, *streams])


def wanted(got: bytes | bytearray) -> int:
    """How many bytes the frame has that begins like this, as far as it tells by now."""
    if len(got) < LENGTH.size:
        return LENGTH.size
    start = LENGTH.size + LENGTH.unpack_from(got)[0]
    if start > LONGEST_HEAD:
        raise ValueError("a head that is none")
    return start + (sum(_head(got, start)["sizes"]) if len(got) >= start else 0)


def unframed(frame: bytes | bytearray) -> tuple[Head, list[pa.Table]]:
    """The head and the tables of a whole frame; whoever sent it is not trusted. Raises whatever it may."""
    start = LENGTH.size + LENGTH.unpack_from(frame)[0]
    head, tables, body = _head(frame, start), [], memoryview(frame)
    for size in head["sizes"]:
        end = start + size
        found = pa.ipc.open_stream(pa.py_buffer(body[start:end])).read_all()
        found.validate(full=True)
        tables.append(found)
        start = end
    return head, tables


def answered(frame: bytes | bytearray, most: int) -> tuple[Failure, list[pa.Table]]:
    """What a rung's process answered: how it went, and the tables. Raises whatever it may, on nonsense."""
    head, tables = unframed(frame)
    problem, told = head.get("problem", []), [head["status"], head.get("detail", "")]
    if not isinstance(problem, list) or not all(isinstance(text, str) for text in told + problem):
        raise ValueError("an answer that is none")
    if any(max(table.nbytes, table.num_rows) > most for table in tables):  # rows may take no room
        raise ValueError("a table that cannot be right")
    return Failure(told[0], tuple(problem), told[1]), tables


def most(rows: int, memory_mb: int) -> int:
    """The bytes that an answer about so many may have: whoever gets it holds all of it."""
    return min(USUAL + PER_ROW * rows, memory_mb * 1_000_000)


def answer_all(line: int, rung: Rung, model: Model, opened: Callable[[str, Rows], History]) -> None:
    """In the rung's process: answer one thing after another, until nobody can ask any more.

    opened: what is known, by the ask as JSON and the rows to be laid over.
    """
    while frame := received(line):
        try:
            head, tables = unframed(frame)
            laid = tuple(zip(head["laid"], tables[1:], strict=True))
            asked = rung.why if head["what"] == "why" else rung.predict
            said = asked(model, opened(head["ask"], laid), tables[0])
            answer = framed({"status": "ok"}, [] if said is None else [_table(said)])
        except BaseException as error:  # also SystemExit: it fails as any other
            answer = framed(asdict(failure(error, rung.path)), [])
        send(line, answer)


def _stream(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _head(frame: bytes | bytearray, start: int) -> Head:
    head = json.loads(bytes(frame[LENGTH.size : start]))
    sizes = head.get("sizes") if isinstance(head, dict) else None
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise ValueError("a head that is none")
    return dict(head)


def _table(said: object) -> pa.Table:
    if isinstance(said, pa.Table):
        return said
    raise TypeError(f"its answer is a {type(said).__name__}; return a pyarrow Table")


def received(line: int) -> bytearray:
    """The next frame; empty where nobody is there any more."""
    got = bytearray()
    while (left := wanted(got) - len(got)) > 0:
        part = os.read(line, left)
        if not part:
            return bytearray()
        got += part
    return got


def send(line: int, frame: bytes) -> None:
    """All of a frame."""
    left = memoryview(frame)
    while left:
        left = left[os.write(line, left) :]
