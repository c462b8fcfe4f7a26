"""A toy world of parcels whose truth is known: dear and red ones come back more often."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

ASK = 'question = "returns"\nhorizon = 14\nseed = 1\n[returns]\nmature = 7\ndear = 60.0\n'
START, DAYS, PARCELS = date(2021, 1, 4), 280, 20_000
NOW = START + timedelta(days=200)
PROMISE = {0: -1.0, 1: -0.01, 2: 0.3, 4: 0.7}
NEED_OTHERS = {"r2_share_by_price"}  # it looks up where a shop is by an id that it knows
COLOURS = ("blue", "green", "red")


def world(seed: int) -> dict[str, np.ndarray]:
    """Every parcel, and the chance that it comes back."""
    rng = np.random.default_rng(seed)
    shop = rng.integers(1, 6, PARCELS)
    price = np.round(rng.gamma(2.0, 30.0, PARCELS), 2)
    colour = rng.integers(0, 3, PARCELS)
    chance = 1 / (1 + np.exp(-(-2.0 + 1.5 * (price >= 60) + 1.6 * (colour == 2))))
    day = np.sort(rng.integers(0, DAYS, PARCELS))
    back = rng.random(PARCELS) < chance
    # what is kept is known after two weeks; what comes back is known sooner
    known = day + np.where(back, rng.integers(6, 14, PARCELS), 14)
    return {"shop": shop, "parcel": np.arange(1, PARCELS + 1), "day": day, "price": price,
            "colour": colour, "chance": chance, "back": back, "known": known}  # fmt: skip


def tables(seed: int) -> dict[str, pa.Table]:
    """The toy world's tables, what comes after NOW included."""
    made = world(seed)
    days = {
        name: pa.array(np.datetime64(START) + made[name].astype("timedelta64[D]"), pa.date32())
        for name in ("day", "known")
    }
    row = np.arange(1, PARCELS + 1)
    case = {"shop": made["shop"], "parcel": made["parcel"]}
    colours = [COLOURS[i] for i in made["colour"]]
    label = np.where(made["back"], "back", "kept").tolist()
    parcels = {**case, "day": days["day"], "price": made["price"], "colour": colours, "row": row}
    labels = {**case, "known": days["known"], "label": label, "row": row}
    shops = {"shop": range(1, 6), "country": ["de", "de", "fr", "nl", "fr"], "row": range(1, 6)}
    return {"parcels": pa.table(parcels), "labels": pa.table(labels), "shops": pa.table(shops)}


def truth(seed: int, cases: pa.Table, horizon: int) -> pa.Table:
    """The chance that a being who knew the world would give each parcel."""
    chance = world(seed)["chance"][cases["parcel"].to_numpy() - 1]
    return cases.append_column("prediction", pa.array(chance))


def nonsense(answers: pa.Table) -> pa.Table:
    """Answers that are surely worse: the other way round."""
    at = answers.column_names.index("prediction")
    wrong = 1 - answers["prediction"].to_numpy()
    return answers.set_column(at, "prediction", pa.array(wrong))
