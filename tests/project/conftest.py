"""One project, made from a dirty file of a toy world, with good and bad rungs of the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

import stepladder
from stepladder.questions.retention.toy import World, simulate

OWN_RUNGS = {
    "r1_our_rule.sql": "-- Whoever bought in the last month will buy again.\n"
    "select cases.customer, case when date_diff('day', max(day), max(now)) <= 30 then 1 else 0 end\n"
    "  as prediction\n"
    "from cases join purchases using (customer) cross join ask group by cases.customer\n",
    "r1_no_opinion.sql": "-- Has an opinion of the first thousand customers only, and says so.\n"
    "select customer, case when customer <= 1000 then 0.2 end as prediction from cases\n",
    "r2_bad_sql.sql": "-- Has a slip of the pen.\nselect customer, 1 as prediction form cases\n",
    "r2_not_a_select.sql": "-- Tries to write a file.\ncopy (select 1) to 'x.csv';\nselect * from cases\n",
    "r3_raises.py": '"""Divides by zero."""\n\n\ndef fit(history):\n    return {"x": 1 / 0}\n\n\n'
    "def predict(model, history, cases):\n    return cases\n",
    "r3_nan.py": '"""Answers NaN."""\n\n\ndef fit(history):\n    return {}\n\n\n'
    "def predict(model, history, cases):\n"
    "    return cases.append_column('prediction', [[float('nan')] * cases.num_rows])\n",
    "r3_few.py": '"""Answers for ten customers only."""\n\n\ndef fit(history):\n    return {}\n\n\n'
    "def predict(model, history, cases):\n"
    "    return cases.append_column('prediction', [[0.1] * cases.num_rows]).slice(0, 10)\n",
    "r4_missing.py": '"""Needs a library that is not there."""\n\nimport no_such_library\n',
}

CUTOFFS = "cutoffs = [2021-01-04, 2021-04-05]\n"  # two of the three that there would be


def dirty_csv(path: Path, customers: int = 1500) -> Path:
    """A toy world as a shop would export it: semicolons, decimal commas, a totals row, a doubled row."""
    rows = simulate(World(), customers, 11)[0].to_pylist()
    lines = ["Kundennummer;Bestelldatum;Betrag"]
    for row in rows:
        amount = f"{row['value']:,.2f}".translate(str.maketrans(",.", ".,"))
        lines.append(f"{row['customer']};{row['day']:%d.%m.%Y};{amount} €")
    lines += [lines[-1], ";;", "Summe;;123.456,78 €"]
    path.write_text("\r\n".join(lines), encoding="cp1252")
    return path


@pytest.fixture(scope="session")
def shop(tmp_path_factory) -> Path:
    """The folder with the shop's export."""
    folder = tmp_path_factory.mktemp("shop")
    dirty_csv(folder / "orders.csv")
    return folder


@pytest.fixture(scope="session")
def project(shop) -> stepladder.Project:
    """The project after its first bake-off."""
    made = stepladder.new(
        "retention", str(shop / "orders.csv"), shop / "retention", settings=CUTOFFS
    )
    for name, text in OWN_RUNGS.items():
        (made.folder / "rungs" / name).write_text(text)
    stepladder.run_bakeoff(made)
    return made


@pytest.fixture(scope="session")
def page(project) -> Path:
    """Its report, drawn once."""
    return stepladder.write_report(project)
