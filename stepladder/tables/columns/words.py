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
    stad verkoper leverancier tipo typ art soort bezeichnung beschreibung beschrijving descripcion
    descrizione description text titel betreff zweck verwendungszweck
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
    shipped outstanding remaining unpaid open overdue points loyalty reward rewards weight quantity qty count
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


# Columns beside a question's own that say what a row is worth: what they are called, by role.
_BESIDE = {
    "order": """
        order id, id order, order no, order nr, order number, order num, order code, order key, order ref,
        order reference, order, orderid, orderno, ordernumber, increment id, invoice, invoice no,
        invoice id, invoice nr, invoice number, invoiceno, invoicenumber, receipt, receipt id,
        receipt no, receipt number, transaction id, transaction no, transaction number,
        transaction, basket id, basket, cart id, checkout id, sales order, document number,
        bestellnummer, bestell nr, bestellnr, bestellung, bestell id, auftrag, auftragsnummer,
        auftragsnr, auftrags nr, rechnungsnummer, rechnungsnr, rechnungs nr, rechnung,
        belegnummer, belegnr, beleg, bonnummer, vorgangsnummer, vbeln, commande,
        numero de commande, numero commande, no commande, n commande, id commande, facture,
        numero de facture, numero facture, pedido, numero de pedido, numero pedido, id pedido,
        n pedido, factura, numero de factura, numero factura, ordine, numero ordine, id ordine,
        n ordine, fattura, numero fattura, bestelnummer, ordernummer, factuurnummer, bestelling,
        numero do pedido, encomenda, ordrenummer, fakturanummer, bestillingsnummer, zamowienie,
        numer zamowienia, cislo objednavky, objednavka, siparis no, reference, name, номер заказа,
        заказ
    """,
    "status": """
        status, order status, state, order state, current state, sale status, sales status,
        transaction status, transaction type, event type, fulfillment status, delivery status,
        zustand, bestellstatus, auftragsstatus, belegart, statut, statut commande, etat,
        etat commande, estado, estado pedido, estado del pedido, stato, stato ordine,
        orderstatus, bestelstatus, situacao, tila, stav, durum, статус, κατασταση, 状态, 訂單狀態, ステータス,
        type, document type, record type, vorgangsart, buchungsart, art, tipo, tipo documento
    """,
    "payment": """
        financial status, payment status, payment state, pay status, paid status, charge status,
        zahlungsstatus, bezahlstatus, statut paiement, etat paiement, estado pago,
        estado del pago, stato pagamento, betaalstatus, betalingsstatus, paid, is paid, bezahlt,
        paye, pagado, pagato, betaald, betalt, oplacone
    """,
    "undone": """
        cancelled, canceled, is cancelled, is canceled, cancelled at, canceled at, cancelled on,
        canceled on, cancelled date, canceled date, cancellation date, cancel date, void, voided,
        is void, is voided, voided at, refunded at, is refunded, is refund, is return,
        returned at, is returned, storniert, storno, storniert am, stornodatum, ist storniert,
        annule, annule le, date annulation, cancelado, anulado, fecha cancelacion,
        fecha anulacion, annullato, annullato il, geannuleerd, geannuleerd op, anulowane,
        отменен, failed, payment failed, refunded, returned, deleted, is deleted, rejected,
        chargeback, valid, is valid
    """,
    "test": "mode, is test, test mode, test order, livemode, live mode, live, testmodus",
    "currency": """
        currency, currency code, currency id, order currency, iso currency, curr, ccy, waehrung,
        wahrung, wahrungsschlussel, waerk, waers, devise, code devise, monnaie, moneda, divisa,
        valuta, moeda, waluta, mena, para birimi, valuutta, валюта
    """,
    "refunded": """
        refunded amount, amount refunded, total refunded, refund amount, refund total,
        order refund amount, refunded, refund, refunds, refund value, returned amount,
        erstattungsbetrag, erstattet, erstattung, ruckerstattung, ruckerstattungsbetrag,
        gutschriftbetrag, montant rembourse, rembourse, remboursement, montant remboursement,
        importe reembolsado, reembolsado, reembolso, importo rimborsato, rimborsato, rimborso,
        terugbetaald bedrag, terugbetaald, terugbetaling, valor reembolsado, valor estornado,
        refunderat belopp, refunderet belob
    """,
    "item": """
        item, item id, item name, product, product id, product name, product code, sku,
        item sku, product sku, lineitem sku, lineitem name, stock code, stockcode, article,
        article no, artikel, artikelnummer, artikelnr, artikelname, produkt, produktname,
        produktnummer, produit, nom produit, producto, articulo, prodotto, articolo, produto,
        matnr, ean, gtin, asin, description, item description, product title
    """,
    "quantity": ", ".join((*QUANTITY, "lineitem quantity")),
}
# What makes such a name one of something else.
_NOT_BESIDE = {
    "order": "date day time total status amount value count qty quantity item line product sku currency type "
    "state customer user store shop price tax",
    "status": "country city address shipping billing marital code tax id date updated customer client user "
    "member membership account subscription subscriber email loyalty employment product item stock kunden",
    "payment": "date id method",
    "undone": "by reason amount total count qty quantity items",
    "test": "payment",
    "currency": "rate exchange factor",
    "refunded": "at date day on reason id by status tax shipping count qty quantity items time fee number",
    "item": "count number quantity qty price total amount category type group status date cost tax discount",
    "quantity": "refunded returned cancelled canceled shipped invoiced stock available",
}
BESIDE = {
    role: tuple(tuple(tokens(name)) for name in text.split(",")) for role, text in _BESIDE.items()
}
NOT_BESIDE = {role: frozenset(text.split()) for role, text in _NOT_BESIDE.items()}
