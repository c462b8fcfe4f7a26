"""The whole way on bundled real data: what `stepladder try` and `make try` show a newcomer."""

from __future__ import annotations

import shutil
from pathlib import Path

from stepladder import questions
from stepladder.core.errors import Problem
from stepladder.project.folder import Project
from stepladder.project.new import new

MARK = "# made by stepladder try: this folder is made anew each time"


def try_out(question: str, folder: str | Path = "stepladder-try") -> Project:
    """Make a project of the question's bundled data; a folder of an earlier trial is made anew.

    Raises Problem on a question without bundled data, or a folder that is not a trial's.
    """
    asked = questions.load(question)
    demo = asked.DEMO
    target = Path(folder)
    if target.exists() and any(target.iterdir()):
        toml = target / "question.toml"
        if not toml.is_file() or MARK not in toml.read_text(encoding="utf-8"):
            raise Problem(
                f"{target} exists and is not a trial's",
                "a trial needs a folder of its own",
                "name another with --project, or remove this one",
            )
        shutil.rmtree(target)
    source = questions.folder(question) / demo.file
    return new(
        question,
        str(source),
        target,
        columns=demo.columns,
        choices=demo.choices,
        settings=MARK,
    )
