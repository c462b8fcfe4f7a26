"""What columns are called in the languages that tables are written in."""

from __future__ import annotations

import re
import unicodedata

QUANTITY = (
    "quantity",
    "qty",
    "units",
    "count",
    "pieces",
    "menge",
    "anzahl",
    "stück",
    "quantité",
    "qté",
    "nombre",
    "cantidad",
    "unidades",
    "quantità",
    "qta",
    "aantal",
    "quantidade",
    "antal",
    "ilość",
    "quantity ordered",
    "item quantity",
    "number of items",
    "order qty",
)
UNIT_PRICE = (
    "unit price",
    "price",
    "price each",
    "item price",
    "price per unit",
    "einzelpreis",
    "stückpreis",
    "preis",
    "prix unitaire",
    "prix",
    "precio unitario",
    "precio",
    "prezzo unitario",
    "prezzo",
    "stukprijs",
    "prijs",
    "preço unitário",
    "preço",
    "styckpris",
    "pris",
    "cena",
    "unit cost",
    "sales price",
    "selling price",
    "rate",
)
# A date or an id of something else than what a row is about.
_OTHER_DAYS = """
    birth birthday birthdate dob geburtsdatum naissance nacimiento nascita geboorte updated
    modified changed delivery delivered ship shipped shipping due expiry expires signup registered
    registration joined refund returned cancelled deleted lieferdatum livraison entrega consegna
    verfall
"""
OTHER_DAYS = frozenset(_OTHER_DAYS.split())
_OTHER_IDS = """
    invoice order transaction product item stock sku article artikel basket receipt line row
    country city state zip postal quantity qty price amount description status rechnung commande
    factura pedido ordine produkt produit producto prodotto store shop branch category type name
    date currency payment method channel gender age segment index title rating score stars plays
    count session
"""
OTHER_IDS = frozenset(_OTHER_IDS.split())
# Whose name it is, where it is not that of what the table is about.
_OTHER_TEXTS = """
    customer client user person member buyer seller shop store company first last country city state
    file host street address email contact category brand genre type kind currency kunde klant
    cliente firma id code key number no nr reviewer visitor listener viewer reader shopper account
    profile author director publisher event status method
"""
OTHER_TEXTS = frozenset(_OTHER_TEXTS.split())
_TOTALS = """
    total totals grandtotal subtotal sum sums summe gesamt gesamtsumme zwischensumme insgesamt
    endsumme totalgénéral totalgeneral soustotal somme suma totale totali somma totaal subtotaal
    som summa totalt razem ogółem soma overall all итого всего
"""
TOTALS = frozenset(_TOTALS.split())


def plain(name: str) -> str:
    """A name without case, accents, blanks and signs: 'Customer-ID' is 'customerid'."""
    return "".join(tokens(name))


def tokens(name: str) -> list[str]:
    """The words of a name: 'OrderDate' is order, date."""
    flat = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    flat = "".join(char for char in flat if not unicodedata.combining(char))
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", flat)
    return re.findall(r"\w+", split.lower().replace("_", " "))
