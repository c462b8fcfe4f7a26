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
    verfall upd edited last first refunded canceled cancellation cancel fulfilled fulfillment
    fulfilment expected estimated promised payout deposit available disputed dispute closed expired
    expiration export exported print printed return lieferung versand versanddatum storno storniert
    geandert aktualisiert letzte erste fallig faelligkeit falligkeitsdatum zuletzt ablauf expedition
    envio spedizione levering leverdatum vencimiento vencimento echeance scadenza next since
    check checkin checkout arrival departure
"""
OTHER_DAYS = frozenset(_OTHER_DAYS.split())
_OTHER_IDS = """
    invoice order transaction product item stock sku article artikel basket receipt line row
    country city state zip postal quantity qty price amount description status rechnung commande
    factura pedido ordine produkt produit producto prodotto store shop branch category type
    date currency payment method channel gender age segment index title rating score stars plays
    count session group grp class tier level note notes comment comments message description
    remark remarks tag tags label labels flag kind role source language locale lang region county
    total totals sum phone telephone mobile fax vat tax ip first last
    salesperson seller vendor merchant supplier recipient receiver to cashier employee agent staff
    consent marketing newsletter subscribed accepts opt verified since birthday lifetime discount
    refund shipping balance points marketplace fulfillment shipment settlement adjustment transaction
    memo gruppe kundengruppe kundenart kundentyp kundenklasse klasse stufe rang notiz notizen bemerkung
    bemerkungen kommentar hinweis anrede sprache land stadt ort plz telefon verkaufer vertreter
    mitarbeiter lieferant groupe classe niveau remarque commentaire statut pays ville vendeur
    fournisseur grupo nivel nota notas comentario estado pais ciudad vendedor proveedor gruppo
    livello stato paese citta venditore fornitore commento groep klasse niveau opmerking notitie
    stad verkoper leverancier tipo typ art soort 
"""
OTHER_IDS = frozenset((*_OTHER_IDS.split(), *QUANTITY, *UNIT_PRICE))
# Who somebody is called says less than a number or an address of theirs.
_LESSER_IDS = "name names fullname nachname nom nombre naam nome nazwa reference"
LESSER_IDS = frozenset(_LESSER_IDS.split())
# Amounts that are not what was paid for, and amounts that are part of it. These and all words of
# names stand without accents, as `tokens` gives them.
_OTHER_AMOUNTS = """
    discount discounts discounted coupon coupons voucher vouchers promo promotion rebate rebates saving
    savings tax taxes vat gst hst pst mwst ust steuer steuern tva iva btw impuesto impuestos imposto
    imposta moms refund refunds refunded reversed returned chargeback shipping shipment handling
    freight postage delivery courier fee fees commission commissions surcharge tip tips
    gratuity duty duties cogs margin profit wrap gift giftcard credit credits balance
    outstanding remaining unpaid open overdue points loyalty reward rewards weight quantity qty count
    number percent percentage pct rate ratio status type method currency code id note budget limit
    deposit payout rounding adjustment insurance installments cashback voided failed
    rabatt rabatte nachlass skonto gutschein gutscheine versand versandkosten porto lieferkosten
    fracht gebuhr gebuhren provision erstattung erstattet ruckerstattung erstattungen gutschrift
    kosten trinkgeld marge gewinn gewicht menge anzahl wahrung zoll pfand offen saldo storno
    remise remises reduction reductions rabais livraison port frais remboursement rembourse solde
    poids devise avoir pourboire descuento descuentos reembolso reembolsado envio gastos comision
    comisiones propina peso moneda saldo cupon sconto sconti rimborso rimborsato spedizione
    commissione commissioni spese mancia valuta buono korting terugbetaling terugbetaald verzending
    verzendkosten bezorgkosten kortingsbedrag toeslag fooi desconto reembolso frete taxa rabat frakt
    porto dostawa podatek zwrot
"""
OTHER_AMOUNTS = frozenset(_OTHER_AMOUNTS.split())
_LESSER_AMOUNTS = """
    subtotal sub subtotals untaxed excl excluding exclusive without before ex net netto real item items
    line lineitem product products position zwischensumme zwischen ohne exkl zzgl soustotal sous hors
    ht sin sem senza zonder imponibile subtotaal subtotale parziale unit each per list original cost costs due
    owed converted estimated expected planned previous old
"""
LESSER_AMOUNTS = frozenset(_LESSER_AMOUNTS.split())
# "Total incl. tax" is a total and no tax.
_WITH = """
    incl including included inclusive inc with after excl excluding excluded exclusive ex without
    before less minus inkl inklusive mit nach exkl zzgl ohne vor avec sans hors apres avant compris
    comprise con sin incluido incluidos antes despues senza inclusa incluso met zonder inclusief
    exclusief com sem
"""
WITH = frozenset(_WITH.split())
_TAXES = "tax taxes vat gst mwst ust steuer tva iva btw moms"
TAXES = frozenset(_TAXES.split())
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

_ONE_WORD = (
    r"(?i)\b(?:e[- ]?mail|mwst|ust)\b"  # E-Mail, MwSt: one word in spite of sign and capitals
)


def plain(name: str) -> str:
    """A name without case, accents, blanks and signs: 'Customer-ID' is 'customerid'."""
    return "".join(tokens(name))


def tokens(name: str) -> list[str]:
    """The words of a name: 'OrderDate' is order, date."""
    name = re.sub(_ONE_WORD, lambda found: re.sub(r"\W", "", found[0]).lower(), name)
    flat = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    flat = "".join(char for char in flat if not unicodedata.combining(char))
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", flat)
    return re.findall(r"\w+", split.lower().replace("_", " "))
