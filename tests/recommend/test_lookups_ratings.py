"""A rating that counts as liking, whatever it says, is told of; prices, pieces and plays are not."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder import cli
from stepladder.core import at_rest
from stepladder.project.all_cases import answer
from stepladder.questions.recommend.ratings import _rates


def rated(path, column="rating"):
    """Two hundred persons who rate six of twenty items; a hundred and fifty of them hate item 7."""
    rng, rows = np.random.default_rng(4), []
    for person in range(200):
        for item in rng.choice(20, 6, replace=False):
            stars = 1 if item == 7 else int(rng.integers(3, 6))
            rows.append((person, item, stars))
        if person < 150 and (person, 7, 1) not in rows:
            rows.append((person, 7, 1))
    start = date(2024, 1, 1)
    lines = [f"{p},i{i},{start + timedelta(days=int(rng.integers(200)))},{s}" for p, i, s in rows]
    path.write_text(f"user,item,date,{column}\n" + "\n".join(lines) + "\n")
    return path


def shown(project, room) -> set[str]:
    room.mkdir()
    said = at_rest.whole(answer(project, "r1_bestsellers", project.now(), room).rest)
    return set(said["item"].drop_null().to_pylist())


def test_new_tells_that_what_many_dislike_is_shown_to_all_and_what_to_write(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    source = rated(tmp_path / "ratings.csv")
    with pytest.raises(SystemExit) as end:
        cli.main(["new", "recommend", "--from", str(source), "--project", "shop", "--json"])
    assert not end.value.code
    warned = json.loads(capsys.readouterr().out)["tables"]["interactions"]["warnings"]
    (said,) = [one["sentence"] for one in warned if one["kind"] == "rating"]
    assert "from 1 to 5" in said
    assert "liked = 4;" in said
    project = stepladder.Project.open(tmp_path / "shop")
    values = pq.read_table(project.table("interactions"))["value"].to_numpy()
    assert f"also the {(values < 4).sum():,} of {len(values):,}" in said
    page = project.folder / "data-report-interactions.md"
    assert said in page.read_text()
    assert "i7" in shown(project, tmp_path / "before")
    asked = project.folder / "question.toml"
    asked.write_text(asked.read_text().replace("# liked = 4.0", "liked = 4.0"))
    again = stepladder.refresh(stepladder.Project.open(project.folder))
    assert not [one for one in again.read["interactions"].warnings if one.kind == "rating"]
    assert "rating" not in page.read_text().partition("## Notes")[0].partition("Please check")[2]


LEVELS = {
    "stars": ("Star Rating", [1, 2, 3, 4, 5], [5, 5, 20, 40, 30], True),
    "half stars": ("score", np.arange(0.5, 5.5, 0.5), np.arange(1, 11), True),
    "of another language": ("Bewertung", [1, 2, 3, 4, 5], [1, 1, 1, 1, 1], True),
    "a name that says nothing": ("x", np.arange(11), np.arange(11) + 1, True),
    "thumbs": ("x", [-1, 1], [3, 9], True),
    "pieces": ("Quantity", [1, 2, 3, 4, 5], [5, 5, 5, 5, 30], False),
    "how many rated": ("rating_count", [1, 2, 3, 4, 5], [5, 5, 5, 5, 30], False),
    "pieces without a name": ("x", [1, 2, 3, 4, 5], [60, 20, 9, 4, 2], False),
    "prices": ("x", [0.99, 2.5, 4.99, 9.99, 12.5], [3, 9, 3, 3, 9], False),
    "all the same": ("rating", [5], [90], False),
}


@pytest.mark.parametrize("case", LEVELS)
def test_what_looks_like_a_rating(case):
    column, levels, n, wanted = LEVELS[case]
    assert _rates(column, np.asarray(levels, float), np.asarray(n)) == wanted
