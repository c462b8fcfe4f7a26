"""The tables of forecast: one reading a series and period, and what is known beforehand; and their names."""

from __future__ import annotations

from stepladder.core.table import Column, TableSpec

NAMES = (
    "series_id", "unique_id", "id", "key", "item", "item_id", "article", "article_id", "sku", "product",
    "product_id", "stockcode", "stock_code", "shop", "store", "store_id", "branch", "department",
    "region", "city", "sensor", "meter", "station", "title", "artikel", "artikelnummer", "filiale",
    "produkt", "produit", "producto", "magasin", "tienda",
)  # fmt: skip
TIMES = (
    "date", "day", "ds", "timestamp", "datetime", "month", "week", "quarter", "year", "hour", "period",
    "t", "invoicedate", "invoice_date", "order_date", "sale_date", "datum", "monat", "woche", "quartal",
    "jahr", "tag", "fecha", "mes", "mois", "semaine", "trimestre", "data", "index",
)  # fmt: skip
VALUES = (
    "y", "units", "quantity", "qty", "sales", "amount", "count", "demand", "volume", "visits", "trips",
    "employed", "orders", "calls", "load", "menge", "anzahl", "umsatz", "absatz", "cantidad", "ventas",
    "quantité", "ventes", "n",
)  # fmt: skip
SERIES = TableSpec(
    "series",
    (
        Column("series", "id", True, NAMES, "which series it is of: an article, a shop, a sensor"),
        Column("time", "time", True, TIMES, "when it was, or which period it is of"),
        Column("value", "number", True, VALUES, "how much there was"),
    ),
    key=("series",),
    time="time",
    outcomes=True,
    regular=True,
)
KNOWN = TableSpec(
    "known",
    (
        Column(
            "series", "id", False, NAMES, "of which series it is known; of all where it is empty"
        ),
        Column("time", "time", True, TIMES, "when it is so, or in which period"),
    ),
    key=("series", "time"),
    time=None,
    rest=True,
    optional=True,
)
