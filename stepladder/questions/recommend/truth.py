"""What people went on to take, and how well the lists foresaw it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.history import History
from stepladder.core.stats import Floats
from stepladder.questions.recommend.replays import sampled, stranger

# Everyone's own items; and, for those first met in the window, what a stranger would have to be shown.
# What a person has already is no discovery, so where it may not be shown it is not asked for either.
# Of what everybody had, only what was taken once more is kept: the rest need not be held at once.
CAME = """
with took as (
  select distinct likes.person, likes.item from likes left join laid on likes.row = laid.row
  where likes.time >= date '{cutoff}' and laid.row is null
),
had as ({had}),
came as (
  select took.person, took.item from took
    left join had on took.person = had.person and took.item = had.item
  where had.item is null
),
met as (
  select distinct likes.person, likes.item from likes join (
    select person from interactions where {sampled} group by person
    having min(time) >= date '{cutoff}'
  ) as new on likes.person = new.person
)
select cases.person, cases.person as asked, came.item
from cases join came on cases.person = came.person
union all
select met.person, cases.person as asked, met.item
from met join cases on cases.person = {stranger}
order by asked, person, item
"""


def came(past: History, later: History, cases: pa.Table) -> pa.Table:
    """Every item that counts as a hit: person, asked (who had to be asked: oneself, or a stranger), item."""

    def found() -> pa.Table:
        laid = [rows for name, rows in past.laid_over if name == "interactions"]
        none = past.sql("select person, item, row from interactions where 1 = 0")
        rows = pa.concat_tables([t.select(none.column_names) for t in laid] or [none])
        kind = cases["person"].type
        asked = stranger(kind).as_py()
        again = past.ask.settings.already_seen
        query = CAME.format(
            cutoff=past.now,
            # what lies before the cutoff is seen, and so are the rows laid over
            had="select person, item from laid where 1 = 0"
            if again
            else "select took.person, took.item from interactions join took on interactions.person = "
            "took.person and interactions.item = took.item "
            f"where interactions.time < date '{past.now}' union select person, item from laid",
            stranger=asked if pa.types.is_integer(kind) else f"'{asked}'",
            sampled=sampled(past),
        )
        return later.sql(query, cases, laid=rows)

    return past.once(f"came by {later.now} to {cases.num_rows}", found)


def outcome(past: History, later: History, cases: pa.Table) -> pa.Table:
    """What each of those asked about went on to take, a stranger for all new ones: person, item, actual."""
    found = came(past, later, cases).group_by(["asked", "item"], use_threads=False)
    taken = found.aggregate([([], "count_all")])
    return taken.select(["asked", "item", "count_all"]).rename_columns(["person", "item", "actual"])


def hits(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """For everyone of whom something came: person, asked, came (items), hits, gain (DCG), first (place)."""
    return later.sql(
        """select came.person, came.asked, count(*) as came, count(place) as hits,
          sum(case when place is null then 0.0 else 1.0 / log2(1.0 + place) end) as gain
        from came left join lists on came.asked = lists.person and came.item = lists.item
        group by came.person, came.asked order by came.asked, came.person""",
        came=came(past, later, cases),
        lists=predictions.select(["person", "item", "place"]).filter(
            pc.is_valid(predictions["item"])
        ),
    )


def ndcg(found: pa.Table, k: int) -> Floats:
    """Normalised discounted cumulative gain with one degree of relevance (Järvelin & Kekäläinen, 2002)."""
    ideal = np.cumsum(1 / np.log2(np.arange(k) + 2))
    most = ideal[np.minimum(found["came"].to_numpy(), k) - 1]
    return np.asarray(found["gain"].to_numpy() / most)


def loss(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """1 − NDCG@k of everyone of whom something came: person, loss, weight."""
    found = hits(predictions, past, later, cases)
    cost = 1 - ndcg(found, past.ask.settings.k)
    return pa.table({"person": found["person"], "loss": cost, "weight": np.ones(len(cost))})


def measures(predictions: pa.Table, past: History, later: History, cases: pa.Table) -> pa.Table:
    """Footnotes in lay words; they choose nothing."""
    found, k = hits(predictions, past, later, cases), past.ask.settings.k
    mark, hit = ndcg(found, k), found["hits"].to_numpy()
    cold = pc.equal(found["asked"], stranger(found["asked"].type)).to_numpy()
    late = _among(found["asked"], [t["person"] for n, t in past.laid_over if n == "interactions"])
    shown = predictions["item"].drop_null()
    candidates = past.sql("select item, raters from candidates")
    share = pc.count_distinct(shown).as_py() / max(candidates.num_rows, 1)
    persons = past.sql("select count(distinct person) as n from interactions")["n"][0].as_py()
    at = pc.index_in(shown, value_set=candidates["item"].combine_chunks())
    usual = candidates["raters"].take(at).drop_null().to_numpy() / max(persons, 1)
    rows = [
        ("hit rate", (hit > 0).mean(), f"of the lists of {k} held at least one item that the person took"),
        ("recall", (hit / found["came"].to_numpy()).mean(),
         "of what a person went on to take stood in their list, on average"),
        ("coverage", share, "of the items that may be shown appear in at least one list"),
        ("popularity", float(np.median(usual)) if len(usual) else 0.0,
         "of all persons have the typical item shown already: the lower, the more of a discovery"),
        ("strangers", cold.mean(), "of those scored were strangers, who get what everybody gets"),
    ]  # fmt: skip
    for name, who, words in (
        ("NDCG of the known", ~cold & ~late, "for people with a past of their own"),
        ("NDCG of strangers", cold, "for people of whom nothing is known"),
        ("NDCG of late-comers", late, "for newcomers once their first few rows are known"),
    ):
        if who.any():
            rows.append((name, mark[who].mean(), f"the mark of the lists, at best 1, {words}"))
    names, values, sentences = zip(*rows, strict=True)
    return pa.table({"name": names, "value": [float(v) for v in values], "sentence": sentences})


def _among(asked: pa.ChunkedArray, groups: list[pa.ChunkedArray]) -> np.ndarray:
    if not groups:
        return np.zeros(len(asked), bool)
    members = pa.concat_arrays([chunk for group in groups for chunk in group.chunks])
    return np.asarray(pc.is_in(asked, value_set=members).to_numpy(zero_copy_only=False))
