"""Which column is meant, in the layouts that real shops and payment providers write."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from stepladder.core.errors import Problem
from stepladder.project.cleaning import choose, cleaned
from stepladder.questions.recommend.interactions import INTERACTIONS, ITEMS
from stepladder.questions.retention.purchases import PURCHASES
from stepladder.tables import Cleaned
from stepladder.tables.cleaner import clean

from .conftest import TODAY, dropped

# What stands in a column, by the sign behind its name.
VALUES = {
    "mail": [f"{name}@x.de" for name in ("ann", "bob", "cy", "di", "eve", "flo", "gus")],
    "own": ["shop@mine.de"],
    "who": ["1007", "1008", "1011", "1012", "1007", "1030", "1041"],
    "half": ["1007", "", "", "1012", "", "", ""],
    "no": [str(2000 + i) for i in range(40)],
    "day": [f"2024-0{1 + i % 9}-{1 + i:02d}" for i in range(24)],
    "0day": ["0000-00-00 00:00:00", "0000-00-00 00:00:00", "2024-03-02 10:00:00"],
    "fewdays": ["", "", "", "2024-05-05"],
    "money": ["12.50", "9.90", "31.00", "45.25", "8.75"],
    "dear": ["112.50", "90.90", "310.00", "450.25", "80.75"],
    "name": ["Ann Bee", "Bob Cee", "Cy Dee", "Ann Bee", "Eve Eff"],
    "small": ["1.10", "0.90", "2.30"],
    "0": ["0", "0.00"],
    "mostly0": ["0", "0", "0", "1.10"],
    "group": ["General", "General", "Retail"],
    "word": ["Mug", "Lamp", "Green table", "Chair, red"],
    "first": ["Ann", "Bob", "Cy"],
    "qty": ["1", "2", "1", "3"],
    "cur": ["EUR"],
    "note": [
        "",
        "Please leave it at the door of the neighbour in the back house, thank you very much",
    ],
    "prose": [
        "Please leave it at the door of the neighbour in the back house, thank you very much"
    ],
    "": ["", "x"],
}


def table(layout: str, rows: int = 24) -> str:
    """A file of a layout: names with the sign of what is in them, `Order Date:day`."""
    names, signs = zip(*(one.strip().rsplit(":", 1) for one in layout.split("|")), strict=True)
    columns = [itertools.islice(itertools.cycle(VALUES[sign]), rows) for sign in signs]
    lines = [names, *zip(*columns, strict=True)]
    return "\n".join(",".join('"' + cell + '"' for cell in line) for line in lines) + "\n"


WOO = (
    "Order Number:no|Order Status:group|Order Date:day|Customer Note:note|First Name (Billing):first|"
    "Last Name (Billing):first|Company (Billing):word|Email (Billing):mail|Phone (Billing):who|"
    "Payment Method Title:group|Cart Discount Amount:mostly0|Order Subtotal Amount:money|"
    "Shipping Method Title:group|Order Shipping Amount:small|Order Refund Amount:mostly0|"
    "Order Total Amount:money|Order Total Tax Amount:small|SKU:no|Item #:qty|Item Name:word|Quantity:qty|"
    "Item Cost:money|Coupon Code:|Discount Amount:mostly0|Discount Amount Tax:0"
)
SHOPIFY = (
    "Name:no|Email:mail|Financial Status:group|Paid at:day|Fulfillment Status:group|Fulfilled at:day|"
    "Accepts Marketing:group|Currency:cur|Subtotal:money|Shipping:small|Taxes:small|Total:money|"
    "Discount Code:|Discount Amount:mostly0|Shipping Method:group|Created at:day|Lineitem quantity:qty|"
    "Lineitem name:word|Lineitem price:money|Lineitem sku:no|Cancelled at:fewdays|"
    "Refunded Amount:mostly0|Vendor:group|Outstanding Balance:0|Id:no|Tags:|Risk Level:group|"
    "Source:group|Phone:who"
)
MAGENTO = (
    "ID:no|Purchase Point:group|Purchase Date:day|Bill-to Name:first|Ship-to Name:first|"
    "Grand Total (Base):money|Grand Total (Purchased):money|Status:group|Billing Address:word|"
    "Shipping Address:word|Shipping Information:word|Customer Group:group|Customer Email:mail|"
    "Subtotal:money|Shipping and Handling:small|Customer Name:first|Payment Method:group|"
    "Total Refunded:mostly0"
)
PRESTASHOP = (
    "id_order:no|reference:no|id_shop_group:qty|id_shop:qty|id_customer:who|id_cart:no|current_state:qty|"
    "total_discounts:mostly0|total_discounts_tax_incl:mostly0|total_paid:money|total_paid_tax_incl:money|"
    "total_paid_tax_excl:money|total_paid_real:money|total_products:money|total_products_wt:money|"
    "total_shipping:small|total_wrapping:0|invoice_date:0day|delivery_date:0day|date_add:day|date_upd:day"
)
STRIPE = (
    "id:no|Description:word|Seller Message:group|Created date (UTC):day|Amount:money|"
    "Amount Refunded:mostly0|Currency:cur|Converted Amount:money|Converted Amount Refunded:0|Fee:small|"
    "Taxes On Fee:small|Mode:group|Status:group|Statement Descriptor:cur|Customer ID:who|"
    "Customer Description:first|Customer Email:mail|Captured:cur|Card ID:no|Refunded date (UTC):fewdays"
)
PAYPAL = (
    "Date:day|Time:no|TimeZone:cur|Name:first|Type:group|Status:group|Currency:cur|Gross:money|Fee:small|"
    "Net:money|From Email Address:mail|To Email Address:own|Transaction ID:no|Item Title:word"
)
SQUARE = (
    "Date:day|Time Zone:cur|Gross Sales:money|Discounts:mostly0|Service Charges:0|Net Sales:money|"
    "Gift Card Sales:0|Tax:small|Tip:mostly0|Partial Refunds:0|Total Collected:money|Source:group|"
    "Card:money|Fees:small|Net Total:money|Transaction ID:no|Customer ID:who|Customer Name:first|"
    "Customer Reference ID:half"
)
ETSY = (
    "Sale Date:day|Order ID:no|Buyer User ID:who|Full Name:first|Number of Items:qty|Payment Method:group|"
    "Date Shipped:day|Ship City:word|Currency:cur|Order Value:money|Coupon Code:|Discount Amount:mostly0|"
    "Shipping Discount:0|Shipping:small|Sales Tax:small|Order Total:money|Status:group|"
    "Card Processing Fees:small|Order Net:money|Buyer:first|Order Type:group"
)
SHOPWARE = (
    "Bestellnummer:no|Bestelldatum:day|Lieferdatum:day|Kundengruppe:group|Kundennummer:who|E-Mail:mail|"
    "Vorname:first|Nachname:first|Rabattbetrag:mostly0|Versandkosten:small|Zwischensumme:money|"
    "Steuerbetrag:small|Nettobetrag:money|Gesamtbetrag:money|Zahlungsstatus:group"
)
LIGHTSPEED = (
    "Sale Date:day|Receipt Number:no|Line Type:group|Customer Code:who|Customer Name:first|"
    "Customer Email:half|Note:note|Quantity:qty|Subtotal:money|Sales Tax:small|Discount:mostly0|"
    "Loyalty:0|Total:money|Details:word|Register:group|User:group|Status:group|Sku:no"
)
ODOO = (
    "Order Reference:no|Salesperson:first|Customer:first|Order Date:day|Delivery Date:day|"
    "Untaxed Amount:money|Taxes:small|Total:money|Invoice Status:group"
)
SAP = "VBELN:no|AUART:group|VKORG:group|KUNNR:who|ERDAT:day|NETWR:money|WAERK:cur"
ONLINE_RETAIL = (
    "Invoice:no|StockCode:no|Description:word|Quantity:qty|InvoiceDate:day|Price:money|Customer ID:who|"
    "Country:group"
)
TAXED = (
    "Kunde:who|Datum:day|MwSt Betrag:small|Betrag inkl. MwSt:money|Betrag Versand inkl. MwSt:small"
)
NAMED = "Discount total:mostly0|Customer Name:first|Total incl. VAT:money|VAT total:small|Order date:day"
SPANISH = (
    "Fecha:day|Grupo cliente:group|Correo cliente:mail|Descuento importe:0|Importe total:money"
)
ADVENTURE = "OrderDate:day|DueDate:day|CustomerID:who|SubTotal:money|TaxAmt:small|TotalDue:money"


@pytest.mark.parametrize(("layout", "found"), [
    (WOO, "Email (Billing) | Order Date | Order Total Amount"),
    (SHOPIFY, "Email | Created at | Total"),
    (MAGENTO, "Customer Email | Purchase Date | Grand Total (Base)"),
    (PRESTASHOP, "id_customer | date_add | total_paid"),
    (STRIPE, "Customer ID | Created date (UTC) | Amount"),
    (STRIPE.replace("ID:who", "ID:half"), "Customer Email | Created date (UTC) | Amount"),
    (PAYPAL, "From Email Address | Date | Gross"),
    (SQUARE, "Customer ID | Date | Total Collected"),
    (ETSY, "Buyer | Sale Date | Order Total"),
    (SHOPWARE, "Kundennummer | Bestelldatum | Gesamtbetrag"),
    (LIGHTSPEED, "Customer Code | Sale Date | Total"),
    (ODOO, "Customer | Order Date | Total"),
    (SAP, "KUNNR | ERDAT | NETWR"),
    (ONLINE_RETAIL, "Customer ID | InvoiceDate | Quantity*Price"),
    (TAXED, "Kunde | Datum | Betrag inkl. MwSt"),
    (NAMED, "Customer Name | Order date | Total incl. VAT"),
    (SPANISH, "Correo cliente | Fecha | Importe total"),
    (ADVENTURE, "CustomerID | OrderDate | TotalDue"),
], ids=str.split("woo shopify magento presta stripe guests paypal square etsy shopware lightspeed odoo sap "
                 "retail taxed named spanish adventure"))  # fmt: skip
@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
def test_the_column_is_the_same_whatever_the_order_of_the_columns(read, layout, found, turned):
    parts = layout.split("|")
    if turned and "Grand Total (Base)" in layout:  # of two that are alike the first, and it is said
        found = found.replace("(Base)", "(Purchased)")
    mapping = read(table("|".join(parts[::-1] if turned else parts))).report.mapping
    assert " | ".join(m.source for m in mapping) == found


GIVEN = {
    "woo": "Order Date,Email (Billing),Cart Discount Amount,Order Total Amount\n"
    "2024-01-13,a@x.de,0,12.50\n2024-02-20,b@x.de,1.10,9.90\n",
    "magento": "Purchase Date,Customer Group,Customer Email,Total Refunded,Grand Total (Base)\n"
    "2024-01-13,General,a@x.de,0,12.50\n2024-02-20,Retail,b@x.de,0,9.90\n",
    "presta": "id_customer,invoice_date,date_add,total_discounts,total_paid\n"
    "1,0000-00-00 00:00:00,2024-01-13 10:00:00,0,12.50\n2,0000-00-00,2024-02-20 10:00:00,0,9.90\n",
}


@pytest.mark.parametrize("text", GIVEN.values(), ids=GIVEN)
def test_two_rows_are_enough(read, text):
    result = read(text)
    assert result.table["value"].to_pylist() == [12.5, 9.9]
    assert [day.isoformat() for day in result.table["day"].to_pylist()] == [
        "2024-01-13",
        "2024-02-20",
    ]
    assert len(set(result.table["customer"].to_pylist())) == 2
    assert not result.report.warnings


@pytest.mark.parametrize(("layout", "found"), [
    ("Sale Date:day|Buyer User ID:mail|Buyer:name|Order Total:money",
     "Buyer User ID | Sale Date | Order Total"),
    ("Datum:day|Kundennr.:who|Kunde:name|Netto:small|MwSt:small|Brutto:money", "Kundennr. | Datum | Brutto"),
    ("ordertime:day|customerId:who|invoiceAmountNet:small|invoiceAmount:money",
     "customerId | ordertime | invoiceAmount"),
    ("Date:day|Gross:money|Fee:small|Net:dear|From Email Address:mail", "From Email Address | Date | Gross"),
    ("Customer:name|Date:day|Total:money", "Customer | Date | Total"),
    ("Belegdatum:day|Kd.-Nr.:who|Bezeichnung:word|Betrag (EUR):money", "Kd.-Nr. | Belegdatum | Betrag (EUR)"),
    ("Order Date:day|Customer ID:who|Order Total:money|Total Shipped:qty",
     "Customer ID | Order Date | Order Total"),
    # what says the same in other words is no rival
    ("customerId:who|customernumber:who|date:day|total:money", "customerId | date | total"),
    ("mail:mail|date:day|Grand Total (Base):money|Grand Total (Purchased):money",
     "mail | date | Grand Total (Base)"),
    ("mail:mail|date_add:day|invoice_date:day|total:money", "mail | invoice_date | total"),
], ids=str.split("etsy german shopware paypal names accounts shipped ids totals days"))  # fmt: skip
def test_what_is_meant_is_found_without_a_doubt(read, layout, found):
    result = read(table(layout))
    assert " | ".join(m.source for m in result.report.mapping) == found
    assert not [one for one in result.report.warnings if one.kind == "rival-column"]


@pytest.mark.parametrize(("price", "further", "of_all", "value"), [
    ("item-price", "", True, "item-price"),
    ("item-price", "", False, "quantity*item-price"),
    ("price", "", True, "price"),
    ("Lineitem price", "", False, "Lineitem price"),
    ("item-price", ",item-tax", None, "item-price"),
    ("unit price", "", None, "quantity*unit price"),
])  # fmt: skip
def test_a_price_of_all_pieces_is_not_multiplied(read, price, further, of_all, value):
    items = "abcd" if of_all is not None else [f"item {i}" for i in range(24)]
    lines = [f"mail,date,sku,quantity,{price}{further}"]
    for i in range(24):
        worth = (3 + i % len(items)) * (1 + i % 3 if of_all else 1)
        item, more = items[i % len(items)], ",0" if further else ""
        lines.append(f"{i % 5}@x.de,2024-03-{1 + i},{item},{1 + i % 3},{worth}.5{more}")
    assert read("\n".join(lines)).report.mapping[2].source == value


def test_a_rival_is_named_with_the_flag_that_chooses_it_and_asked_about(read, tmp_path):
    text = table("Mail:mail|Date:day|Paid Total (O'Neill):money|Total Of All:dear|Tax Total:small")
    result = read(text)
    value = result.report.mapping[2]
    assert value.rivals == ("Total Of All",)
    assert [one.kind for one in result.report.warnings] == ["rival-column"]
    assert "--column value='Total Of All'" in result.report.warnings[0].sentence
    asked = []

    def answer(question, answers):
        asked.append((question.split(" (")[0], tuple(answers)))
        return answers[-1]

    other = read(text, ask_user=answer)
    assert asked == [("Which column is the value", (value.source, "Total Of All"))]
    assert other.report.mapping[2].source == "Total Of All"
    told = read(text, columns={"value": value.source})
    assert (other.report.warnings, told.report.warnings) == ((), ())
    turned = read(text, columns={"value": "Tax Total"}).report.mapping[2]
    assert (turned.source, turned.reason, turned.rivals) == ("Tax Total", "you chose it", ())
    again = clean(str(tmp_path / "export.csv"), PURCHASES, result.report.choices)
    assert again.table.equals(result.table)
    assert not again.report.warnings  # what is frozen is not doubted once more


@pytest.mark.parametrize(("layout", "found"), [
    ("customer:day|mail:mail|date:day|total:money", "mail | date | total"),
    ("customer:money|mail:mail|date:day|total:money", "mail | date | total"),
    ("customer:prose|mail:mail|date:day|total:money", "mail | date | total"),
    ("client kind x:group|client mail:mail|date:day|total:money", "client mail | date | total"),
    ("client abc:own|client xyz:who|date:day|total:money", "client xyz | date | total"),
    ("client:who|date:group|sale date:day|date of it:day|total:money", "client | sale date | total"),
    ("client:who|date:fewdays|order date x:day|total:money", "client | order date x | total"),
    ("client:who|date:day|total:group|sum paid:money", "client | date | sum paid"),
    ("client:who|date:day|amount x:0|amount y:money", "client | date | amount y"),
    ("client:who|date:day|Rabattbetrag:money", "client | date"),
    ("client:who|date:day|Refund total:money|Shipping:money", "client | date"),
    ("client:who|date:day|Subtotal:money|Shipping:small", "client | date | Subtotal"),
], ids=str.split("date money prose group one no-date few-days none zeros rabatt refund part"))  # fmt: skip
def test_a_name_never_wins_where_its_values_do_not_fit(read, layout, found):
    assert " | ".join(m.source for m in read(table(layout)).report.mapping) == found


def test_what_is_only_named_so_is_said(read):
    with pytest.raises(Problem) as caught:
        read(table("order_date:day|customer:money|total:money", rows=5))
    said = "A near miss: 'customer', named 'customer'; 20% of its values read as ids, not so 12.50"
    assert said in caught.value.given


RATINGS = "userID,artistID,weight,timestamp\n" + "".join(
    f"{i % 4},{10 * (1 + i % 6)},{1 + i % 3},2024-01-{1 + i:02d}\n" for i in range(20)
)
ARTISTS = "id,name,url,rank\n" + "".join(
    f"{10 * i},Band {i},http://x/{i},{i}\n" for i in range(1, 9)
)


def both(folder: Path, log: str, catalogue: str, columns=None) -> dict[str, Cleaned]:
    (folder / "log.csv").write_text(log)
    (folder / "items.csv").write_text(catalogue)
    given = {"interactions": str(folder / "log.csv"), "items": str(folder / "items.csv")}
    specs = (INTERACTIONS, ITEMS)
    return cleaned(specs, choose(specs, given, columns or {}, None, {"today": TODAY}, {}))


@pytest.mark.parametrize(("log", "catalogue", "found"), [
    (RATINGS, ARTISTS, ("artistID", "id")),
    (RATINGS, ARTISTS.replace("rank", "artistID"), ("artistID", "id")),
    (RATINGS, ARTISTS.replace("rank", "item_id"), ("artistID", "id")),
    (RATINGS.replace("artistID", "thing"), ARTISTS.replace("id,name", "artist,name"), ("thing", "artist")),
    (RATINGS.replace("artistID", "sku"), ARTISTS.replace("id,", "asin,"), ("sku", "asin")),
    (RATINGS, ARTISTS.replace("0,Band", "0.0,Band"), ("artistID", "id")),
    (RATINGS, ARTISTS.replace("id,", "item_id,").replace("0,Band", "9,Band"), ("artistID", "item_id")),
], ids=str.split("id same other thing fine float none"))  # fmt: skip
def test_ids_find_each_other_across_tables(tmp_path, log, catalogue, found):
    made = both(tmp_path, log, catalogue)
    mapped = [next(m for m in made[name].report.mapping if m.canonical == "item") for name in made]
    assert tuple(m.source for m in mapped) == found
    if "id" in found:
        assert "6 of 6 items of the interactions are in it" in mapped[1].reason
    assert made["items"].table["title"][0].as_py().startswith("Band")


def test_what_was_named_is_not_overruled_by_what_agrees(tmp_path):
    named = both(tmp_path, RATINGS, ARTISTS, {"items.item": "rank"})
    assert named["items"].report.mapping[0].source == "rank"


@pytest.mark.parametrize(("rows", "kept"), [
    ("A,2024-01-13,1\nTotal Tools,2024-02-13,2", 2),
    ("A,2024-01-13,1\nGrand Totals Ltd,2024-02-13,2", 2),
    ("A,2024-01-13,1\nTotal-Wine,2024-02-13,2", 2),
    ("Total,2024-01-13,1\nA,2024-01-14,1\nA,2024-01-15,1\nA,2024-01-16,2\nTotal,2024-02-13,2", 5),
    ("A,2024-01-13,1\nB,2024-01-14,1\nGrand Total:,2024-02-13,2", 2),
    ("A,2024-01-13,1\nB,2024-01-14,1\nGesamtsumme,2024-02-13,2", 2),
    ("A,2024-01-13,1\nB,2024-01-14,1\nTotal 2024,,2", 2),
], ids=str.split("tools ltd wine oil grand gesamt year"))  # fmt: skip
def test_a_firm_that_is_called_total_is_no_total(read, rows, kept):
    result = read("client,date,amount\n" + rows + "\n")
    assert result.table.num_rows == kept
    assert ("totals row" in dropped(result)) == (kept == 2 and "B," in rows)


def test_ids_of_several_words_are_ids(read):
    names = ["Anna Maria Schmidt", "Total Tools of London Ltd", "Müller & Söhne GmbH & Co. KG"]
    lines = "".join(f"{names[i % 3]},2024-01-{1 + i:02d},{i}.50\n" for i in range(20))
    result = read("customer,date,amount\n" + lines)
    assert result.report.mapping[0].confidence > 0.9
    assert set(result.table["customer"].to_pylist()) == set(names)


@pytest.fixture
def read(tmp_path):
    """Writes, looks, chooses and cleans as a new project does; interactive where somebody answers."""

    def run(text: str, ask_user=None, columns=None, spec=PURCHASES) -> Cleaned:
        (tmp_path / "export.csv").write_text(text)
        given = {spec.name: str(tmp_path / "export.csv")}
        chosen = choose([spec], given, columns or {}, ask_user, {"today": TODAY}, {})
        return cleaned([spec], chosen)[spec.name]

    return run
