"""The one table of retention: its columns, and the names that shops give them."""

from __future__ import annotations

from stepladder.core.table import Column, TableSpec

CUSTOMER = (
    "customer_id", "customerid", "cust_id", "customer_code", "customer_number", "customer_no",
    "id_customer", "client", "client_id", "user", "user_id", "buyer", "buyer_id", "member", "member_id",
    "account", "account_id", "kunde", "kundennummer", "kunden_id", "cliente", "id_cliente", "klant",
    "klantnummer", "numero_client", "cust", "cid",
    "kundennr", "kundenr", "shopper", "person", "debitor", "shopper_id", "kunnr", "debitorennummer",
    "client_number", "id_client", "partner_id", "customer_email", "email", "email_address", "buyer_email",
    "mail", "correo", "courriel", "kd_nr", "kdnr",
)  # fmt: skip
DAY = (
    "date", "order_date", "orderdate", "purchase_date", "invoicedate", "invoice_date",
    "transaction_date", "created_at", "timestamp", "time", "datetime", "datum", "bestelldatum",
    "kaufdatum", "fecha", "data", "date_commande", "date_achat", "besteldatum", "dt",
    "purchase_timestamp", "purchased_at", "ordered_at", "orderdatum", "sale_date", "created",
    "created_date", "date_created", "creation_date", "date_add", "placed_at", "posted_date",
    "bestellzeitpunkt", "buchungstag", "rechnungsdatum", "belegdatum", "fecha_pedido", "data_ordine",
    "erdat", "audat", "fkdat", "order_time", "date_order", "date_ordered",
    "booked_on", "booking_date",
)  # fmt: skip
VALUE = (
    "amount", "total", "order_total", "total_amount", "order_amount", "grand_total", "total_paid",
    "total_price", "total_collected", "price", "revenue", "sales", "spend", "gross", "sum", "betrag",
    "gesamtbetrag", "gesamtsumme", "gesamtpreis", "rechnungsbetrag", "bestellwert", "umsatz", "summe",
    "bruttobetrag", "preis", "importe", "monto", "montant", "montant_total", "prix", "bedrag",
    "totaalbedrag", "importo", "totale", "totaal", "valor", "dollars", "amt", "total_due", "total_sales",
    "payment_value", "net", "nettobetrag", "order_value", "value", "netwr", "gesamt",
    "amount_total", "amount_paid", "brutto", "bruttosumme", "ttc", "montant_ttc", "netto", "nettosumme",
    "gross_sales",
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
