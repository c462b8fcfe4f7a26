"""The part of stepladder that a loaded release needs: what its modules import, and nothing else.

It goes with the model, so that it loads where stepladder is not installed, and answers years from now
by the code that it was released with.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import stepladder

ROOT = Path(stepladder.__file__).parent


def copy_code(modules: Sequence[str], rung: str, folder: Path) -> None:
    """Copy the modules, and all of ours that they and the rung import; of a package, all its files."""
    for path in sorted(_needed([*modules, *_imported(rung)])):
        target = folder / "stepladder" / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _needed(modules: Sequence[str]) -> set[Path]:
    found: set[Path] = {ROOT / "__init__.py"}
    waiting = [path for name in modules for path in _files(name, whole=True)]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".py":
            waiting += [
                f for name in _imported(path.read_text()) for f in _files(name, whole=False)
            ]
    return found


def _files(module: str, whole: bool) -> Iterator[Path]:
    """The files that importing a module reads, with those of the packages it lies in."""
    parts = module.split(".")[1:]
    for i in range(1, len(parts)):
        yield from _there(ROOT.joinpath(*parts[:i]) / "__init__.py")
    home = ROOT.joinpath(*parts)
    yield from _there(home.with_suffix(".py"))
    yield from _there(home / "__init__.py")
    if whole and home.is_dir():  # a question's rungs are found on disk, never imported
        yield from (p for p in home.rglob("*") if p.suffix in (".py", ".sql"))


def _there(path: Path) -> list[Path]:
    return [path] if path.is_file() else []


def _imported(code: str) -> Iterator[str]:
    for node in _run(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _ours(alias.name))
        elif isinstance(node, ast.ImportFrom) and _ours(node.module or ""):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _ours(name: str) -> bool:
    return name.split(".")[0] == "stepladder"


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from _run(node)
