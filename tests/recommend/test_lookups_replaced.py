"""Where the whole catalogue was replaced in the last window, no rung is proposed, and it is said why."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

import stepladder
from stepladder.project.folder import Project
from stepladder.terminal import show
from stepladder.watch.suggest import compared

START, DAYS, WINDOW = date(2024, 1, 1), 200, 40


@pytest.fixture(scope="module")
def replaced(tmp_path_factory) -> stepladder.Project:
    """People who take what is near to what they have; in the last window everything has another id."""
    room = tmp_path_factory.mktemp("replaced")
    rng, rows = np.random.default_rng(2), []
    for person in range(120):
        taste = person % 3 * 10
        for day in sorted(rng.choice(DAYS, 14, replace=False)):
            item = taste + int(rng.integers(10))
            new = "new-" if day >= DAYS - WINDOW else ""
            rows.append(f"{person},{new}{item},{START + timedelta(days=int(day))}")
    (room / "taken.csv").write_text("person,item,date\n" + "\n".join(rows) + "\n")
    made = stepladder.new("recommend", str(room / "taken.csv"), room / "shop")
    asked = made.folder / "question.toml"
    text = asked.read_text()
    horizon = next(line for line in text.splitlines() if line.startswith("horizon"))
    asked.write_text(text.replace(horizon, f"horizon = {WINDOW}"))
    project = stepladder.Project.open(made.folder)
    whole = Project.ladder.fget
    with pytest.MonkeyPatch.context() as patch:  # what is quick
        patch.setattr(
            Project, "ladder", property(lambda self: [r for r in whole(self) if r.height < 3])
        )
        stepladder.run_bakeoff(project)
    return project


def test_no_rung_is_proposed_by_an_exam_that_tells_none_apart(replaced, capsys):
    found = replaced.result()
    exam = {row.rung: row.report.loss for row in found.rungs if row.report}
    earlier = {row.choose.loss for row in found.rungs if row.choose}
    assert len(exam) == 3
    assert set(exam.values()) == {1.0}
    assert len(earlier) > 1
    assert found.proposal.rung == ""
    assert found.proposal.sentence.startswith("No rung is proposed: in the exam")
    assert "1.000" in found.proposal.sentence
    show.result(found, as_json=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "No rung is proposed: in the exam" in said
    rows = [line for line in said.split("▸") if line.startswith("r")]
    assert not rows
    page = stepladder.write_report(replaced).read_text()
    assert "No rung is proposed: in the exam none did better than any other." in page
    assert "our proposal" not in page
    number = stepladder.decide(replaced, "r2_also_bought", by="Mia", because="it did well before")
    assert number
    acted = compared(found.id, "r2_also_bought", found.proposal.rung)
    assert acted.sentence.startswith("No rung is proposed")
