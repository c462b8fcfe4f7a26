"""A rung is one file, r<height>_<name>.py or .sql; a ladder is every such file of some folders."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
import sys
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import duckdb
import pyarrow as pa

from stepladder.core.ask import Ask
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.model import Model

NAME = re.compile(r"r[0-5]_[a-z0-9_]+")
CREATE = re.compile(r"^\s*(?:--[^\n]*\n\s*)*create\s+table\s+(model_\w+)\s+as\b", re.I)
AT_HAND = {"stepladder", "numpy", "scipy", "pyarrow", "duckdb"}


@dataclass(frozen=True)
class Rung:
    """One way to answer the question: fitted on a history, asked about cases, answering with a table.

    ours: it came with stepladder, or with a question's folder, and may run anywhere. free: why somebody's
    own may run in this process all the same; without a reason it refuses.
    """

    path: Path
    _: KW_ONLY
    ours: bool = False
    free: str = ""

    @property
    def name(self) -> str:
        """The file's name without its ending, e.g. r2_rfm_quintiles."""
        return self.path.stem

    @property
    def height(self) -> int:
        """How high it stands: 0 person, 1 rule, 2 SQL, 3 statistics, 4 machine learning, 5 deep learning."""
        return int(self.name[1])

    @property
    def sha256(self) -> str:
        """The hash of the file's bytes, which tells one version of a rung from another."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def title(self) -> str:
        """Its first line: a sentence for the business."""
        if self.path.suffix == ".sql":
            return sql_title(self._text())
        return (ast.get_docstring(self._parsed()) or "").split("\n")[0]

    @property
    def lines(self) -> int:
        """Lines that are neither blank nor comment: what somebody must keep."""
        mark = "--" if self.path.suffix == ".sql" else "#"
        text = self._text().splitlines()
        return sum(bool(line.strip()) and not line.strip().startswith(mark) for line in text)

    @property
    def needs(self) -> list[str]:
        """The libraries it imports beyond those stepladder always has."""
        if self.path.suffix == ".sql":
            return []
        found: set[str] = set()
        for node in ast.walk(self._parsed()):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
        return sorted(found - AT_HAND - set(sys.stdlib_module_names))

    @property
    def engine(self) -> str:
        """The only engine it stands on, where it says `ENGINE = "…"`; empty where any will do."""
        return self._declared("ENGINE")

    def stands(self, ask: Ask) -> bool:
        """Whether it is on the ladder: on its engine; if it says `SETTING = "…"`, where that is set."""
        setting = self._declared("SETTING")
        on_engine = self.engine in ("", ask.engine)
        return on_engine and (not setting or bool(getattr(ask.settings, setting, None)))

    def _declared(self, name: str) -> str:
        """What a rung says of where it stands, without running it."""
        for node in self._parsed().body if self.path.suffix == ".py" else ():
            named = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
            if named and isinstance(node.value, ast.Constant):  # type: ignore[attr-defined]
                return str(node.value.value)  # type: ignore[attr-defined]
        return ""

    @property
    def learns(self) -> bool:
        """Whether it learns anything before it is asked: an SQL rung may be a single SELECT."""
        return self.path.suffix != ".sql" or bool(self._statements()[0])

    def fit(self, history: History) -> Model:
        """Learn from what was known."""
        self._refuse_unfenced()
        if self.path.suffix == ".sql":
            return _fit_sql(self._statements()[0], history)
        return cast(Model, self._module().fit(history))

    def predict(self, model: Model, history: History, cases: pa.Table) -> pa.Table:
        """Answer for each case."""
        self._refuse_unfenced()
        if self.path.suffix == ".sql":
            return history.sql(self._statements()[1], cases, **model)
        return self._module().predict(model, history, cases)

    def why(self, model: Model, history: History, answers: pa.Table) -> pa.Table | None:
        """For a few answers, the source rows each came from: KEYS…, why. None where it cannot say."""
        self._refuse_unfenced()
        if self.path.suffix == ".sql" or not hasattr(self._module(), "why"):
            return None
        return cast(pa.Table, self._module().why(model, history, answers))

    def _refuse_unfenced(self) -> None:
        """Nobody runs somebody's own file in the process they are in by forgetting the fence."""
        if not (self.ours or self.free):
            raise Problem(
                f"{self.path.name} was about to run outside the fence",
                "a rung of one's own runs in a process of its own, which sees its history and nothing else",
                "this is a fault in stepladder, and nothing was run: please report it",
            )

    def _text(self) -> str:
        """What stands in the file; bytes that are no UTF-8 are told when the rung runs, not here."""
        return self.path.read_text(encoding="utf-8", errors="replace")

    def _parsed(self) -> ast.Module:
        """The file as Python reads it; nothing where it cannot: the run's row will say why."""
        try:
            return ast.parse(self.path.read_bytes())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.Module(body=[], type_ignores=[])

    def _module(self) -> ModuleType:
        name = f"stepladder_rung_{self.name}_{hashlib.sha256(bytes(self.path)).hexdigest()[:8]}"
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, self.path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            for function in ("fit", "predict"):
                if not callable(getattr(module, function, None)):
                    raise Problem(
                        f"{self.path.name} has no function `{function}`",
                        "a rung has fit(history) and predict(model, history, cases)",
                        f"add `{function}`; see docs/a-rung-of-your-own.md",
                    )
            sys.modules[name] = module
        return sys.modules[name]

    def _statements(self) -> tuple[list[str], str]:
        """The create statements that are the fit, and the last SELECT that predicts."""
        found = duckdb.extract_statements(self.path.read_text(encoding="utf-8"))
        if not found or found[-1].type != duckdb.StatementType.SELECT:
            raise _shape(self.path, "does not end with a SELECT")
        for statement in found[:-1]:
            if not CREATE.match(statement.query):
                raise _shape(self.path, f"has the statement: {statement.query.strip()[:80]}")
        return [s.query for s in found[:-1]], found[-1].query


def sql_title(text: str) -> str:
    """The comment that SQL begins with: a sentence for the business; empty where there is none."""
    first = text.lstrip().splitlines()[0] if text.strip() else ""
    return first.removeprefix("--").strip() if first.startswith("--") else ""


def _fit_sql(creates: list[str], history: History) -> Model:
    model: Model = {}
    for query in creates:
        create = cast(Any, CREATE.match(query))
        model[create[1].lower()] = history.sql(query[create.end() :], **model)
    return model


def _shape(path: Path, what: str) -> Problem:
    return Problem(
        f"{path.name} {what}",
        "an SQL rung is any number of `create table model_… as select …;` and one last SELECT",
        "see docs/sql-dialect.md",
    )


def ladder(*folders: Path) -> list[Rung]:
    """Every rung found in the folders, lowest first; the first folders are ours, the last the user's.

    Raises Problem on a file of the user's that is named wrongly, or a name that stands twice.
    """
    found: dict[str, Rung] = {}
    for i, folder in enumerate(folders):
        ours = i < len(folders) - 1 or len(folders) == 1
        for path in sorted(folder.glob("r[0-9]*" if ours else "[!._]*")):
            if path.suffix.lower() not in (".py", ".sql"):
                continue
            if not NAME.fullmatch(path.stem) or not path.suffix.islower() or path.stem in found:
                raise Problem(
                    f"the rung {path}"
                    + (" stands twice" if path.stem in found else " is misnamed"),
                    "a rung's file is r<height>_<name>.py or .sql: height 0 to 5, lower case, each name once",
                    "rename the file; one whose name begins with _ is left alone",
                )
            found[path.stem] = Rung(path.resolve(), ours=ours)
    return sorted(found.values(), key=lambda rung: (rung.height, rung.name))
