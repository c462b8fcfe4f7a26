"""The whole way on bundled real data: what `stepladder try` and `make try` show a newcomer."""

from __future__ import annotations

import shutil
from pathlib import Path

from stepladder import questions
from stepladder.core.errors import Problem
from stepladder.project.folder import Project
from stepladder.project.new import new
from stepladder.record.address import checked

MARK = "# made by stepladder try: this folder is made anew each time"


def try_out(question: str, folder: str | Path = "stepladder-try") -> Project:
    """Make a project of the question's bundled data; a folder of an earlier trial is made anew.

    Raises Problem on a folder that is not a trial's, or in which somebody has worked since.
    """
    asked = questions.load(question)
    demo = asked.DEMO
    if demo is None:
        raise Problem(
            f"{question} has no data of its own to try",
            "a trial runs on data that come with the question",
            f"bring yours: stepladder new {question} --from FILE",
        )
    target = Path(folder)
    if target.exists() and any(target.iterdir()):
        toml = target / "question.toml"
        if not toml.is_file() or MARK not in toml.read_text(encoding="utf-8"):
            raise Problem(
                f"{target} exists and is not a trial's",
                "a trial needs a folder of its own",
                "name another with --project, or remove this one",
            )
        _refuse_work(target)
        shutil.rmtree(target)
    source = questions.folder(question) / demo.file
    return new(
        question,
        str(source),
        target,
        columns=demo.columns,
        choices=demo.choices,
        settings=f"{MARK}\n{demo.settings}",
    )


def _refuse_work(target: Path) -> None:
    """A trial that somebody put a rung into, or decided or answered in, is no longer ours to delete."""
    project = Project.open(target)
    rungs = sorted(path.name for path in (target / "rungs").glob("r[0-9]*"))
    if rungs or _worked_in(project):
        raise Problem(
            f"{target} holds work of yours: "
            + (f"rungs/{rungs[0]}" if rungs else "decisions or answers in its record"),
            "a trial is made anew each time, and nothing of yours is ever deleted",
            "name another folder with --project, or remove this one yourself",
        )


def _worked_in(project: Project) -> bool:
    """Whether the record in the folder, if it is there, holds what people decided or answered."""
    url = checked(project.ask.record)
    file = project.folder / str(url.database)
    if url.get_backend_name() != "sqlite" or not file.is_file():
        return False
    record = project.record
    return bool(record.decisions(project.ask.question) or record.answers(project.ask.question))
