"""A parcel comes back as often as others of its colour and price did, counted one by one in Python."""

from __future__ import annotations

import pyarrow as pa

from stepladder.core.history import History
from stepladder.core.model import Model

SEEN = """
select colour, price >= dear as dear, count(*) as parcels, count(*) filter (where label = 'back') as back
from parcels natural join labels cross join ask group by all order by all
"""
ASKED = """
select cases.*, coalesce((back + 2 * usual) / (parcels + 2), usual) as prediction
from cases left join (
  select shop, parcel, colour, price >= dear as dear from parcels cross join ask
) as p using (shop, parcel)
left join seen on p.colour = seen.colour and p.dear = seen.dear cross join everyone
"""


def fit(history: History) -> Model:
    """Count what came back, by colour and price."""
    seen = history.sql(SEEN)
    back, parcels = (sum(seen[name].to_pylist()) for name in ("back", "parcels"))
    return {"seen": seen, "usual": back / max(parcels, 1)}


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """Look every parcel's colour and price up."""
    everyone = pa.table({"usual": [model["usual"]]})
    return history.sql(ASKED, cases, seen=model["seen"], everyone=everyone)
