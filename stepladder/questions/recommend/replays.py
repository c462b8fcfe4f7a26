"""Who is asked about in a replay: a sample of those known, a stranger, and those who came late."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from stepladder.core.history import History
from stepladder.core.question import Holdout, Newcomers, Role

MOST = 20_000  # persons scored at a cutoff; all are learnt from
FIRST_ROWS = 5  # what is known of a late-comer
BUCKET = "md5(cast(person as varchar))"


def stranger(kind: pa.DataType) -> pa.Scalar:
    """An id that nobody has: ids are never negative, nor do they begin with a blank."""
    return pa.scalar(-1 if pa.types.is_integer(kind) else " stranger", kind)


def holdout(past: History, later: History, role: Role) -> Holdout:
    """One replay. The sample is of the lowest hashes of ids, so that it is the same everywhere."""
    known = past.sql(
        f"""select person, {BUCKET} as bucket from (select distinct person from interactions) as p
        order by bucket limit {MOST}"""
    )
    person = known["person"].combine_chunks()
    cases = pa.table({"person": person}).sort_by("person")
    cases = pa.concat_tables([cases, pa.table({"person": pa.array([stranger(person.type)])})])
    return Holdout(past, later, role, cases, _newcomers(past, later, sampled(past)))


def sampled(past: History) -> str:
    """The condition on a person to be in the sample; true of everyone where all are."""

    def found() -> str:
        last = past.sql(
            f"""select count(*) as n, max(bucket) as last from (select {BUCKET} as bucket from
            (select distinct person from interactions) as p order by bucket limit {MOST}) as b"""
        ).to_pylist()[0]
        return f"{BUCKET} <= '{last['last']}'" if last["n"] == MOST else "1 = 1"

    return past.once("sampled", found)


def _newcomers(past: History, later: History, sample: str) -> Newcomers | None:
    """Those first met in the window who took more than a few items, and the first few they took."""
    rows = later.sql(
        f"""select * from (
          select person, item, value, row, time,
            row_number() over (partition by person order by time, row) as nth,
            count(*) over (partition by person) as n
          from likes join (
            select person from interactions group by person
            having min(time) >= date '{past.now}'
          ) as new using (person) where {sample}
        ) as r where n > {FIRST_ROWS} and nth <= {FIRST_ROWS} order by person, nth"""
    )
    if not rows.num_rows:
        return None
    nth = rows["nth"].to_numpy().astype("timedelta64[s]")
    # known just before now, in the order in which they came
    time = np.datetime64(past.now - timedelta(days=1), "us") + nth
    laid = rows.drop_columns(["nth", "n"]).set_column(
        rows.column_names.index("time"), "time", pa.array(time, pa.timestamp("us"))
    )
    persons = pa.table({"person": rows["person"].combine_chunks().unique()})
    return Newcomers(persons, {"interactions": laid})
