"""The one table of retention: its columns, and the names that shops give them."""

from __future__ import annotations

from stepladder.core.table import Column, TableSpec

CUSTOMER = (
    "customer_id", "customerid", "cust_id", "client", "client_id", "user", "user_id", "buyer",
    "buyer_id", "member", "member_id", "account", "account_id", "kunde", "kundennummer",
    "kunden_id", "cliente", "id_cliente", "klant", "klantnummer", "numero_client", "email", "cust",
    "cid", "kundennr", "shopper", "person", "debitor", "shopper_id",
)  # fmt: skip
DAY = (
    "date", "order_date", "orderdate", "purchase_date", "invoicedate", "invoice_date",
    "transaction_date", "created_at", "timestamp", "time", "datetime", "datum", "bestelldatum",
    "kaufdatum", "fecha", "data", "date_commande", "date_achat", "besteldatum", "dt",
    "purchase_timestamp", "purchased_at", "ordered_at", "orderdatum",
)  # fmt: skip
VALUE = (
    "amount", "total", "order_total", "total_amount", "price", "revenue", "sales", "spend", "net",
    "gross", "sum", "betrag", "umsatz", "summe", "preis", "importe", "monto", "montant", "prix",
    "bedrag", "importo", "valor", "dollars", "amt", "payment_value", "nettobetrag", "total_price",
    "order_value", "value",
)  # fmt: skip
PURCHASES = TableSpec(
    "purchases",
    (
        Column("customer", "id", True, CUSTOMER, "who bought"),
        Column("day", "day", True, DAY, "the day of the purchase"),
        Column("value", "amount", False, VALUE, "what the purchase was worth, in money"),
    ),
    key=("customer",),
    time="day",
    outcomes=True,
)
