"""Writes what CLDR and ISO 4217 know of currencies to where amounts are read, and formats to the tests.

    pip install babel && python scripts/currencies.py

Babel is not needed to clean a table: a table of its own is small, and keeps a cleaning the same.
"""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from pathlib import Path

from babel import Locale, localedata
from babel.core import get_global

from stepladder.tables.amounts.currencies import fold

ROOT = Path(__file__).parent.parent
# ISO 4217, those in use without minor units; CLDR's own list counts coins, not what may be written.
NO_CENTS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
# What Babel leaves out of CLDR (alt="narrow"), and what shops, banks and people write.
ALSO = {
    "AED": "Dhs Dh د.إ درهم",
    "ALL": "L",
    "AMD": "֏ dram",
    "AOA": "Kz",
    "ARS": "AR$",
    "AUD": "AU A$ $AU",
    "AZN": "₼ man",
    "BAM": "KM",
    "BDT": "৳ Tk Taka টাকা",
    "BGN": "лв лева lv leva",
    "BHD": "BD دينار",
    "BND": "B$",
    "BOB": "Bs $b",
    "BRL": "R$ R reais real",
    "BSD": "B$",
    "BWP": "P",
    "BYN": "Br Руб Р",
    "BZD": "BZ$",
    "CAD": "CA C$ CA$ $CA",
    "CDF": "FC",
    "CHF": "SFr Fr Franken Stutz",
    "CLF": "UF",
    "CLP": "CL$ CLP$",
    "CNY": "RMB CN¥ 元 圆 块 人民币 yuan ¥ CNH",
    "COP": "Col$ CO$ COL$",
    "CRC": "₡",
    "CZK": "Kč Kc korun",
    "DEM": "DM D-Mark Mark",
    "DKK": "kr dkr DKr kroner",
    "DOP": "RD$",
    "DZD": "DA دينار",
    "EGP": "£ E£ LE L.E ج.م جنيه",
    "ETB": "Br",
    "EUR": "€ Euro Euros",
    "FJD": "FJ$",
    "FRF": "FF F",
    "GEL": "₾ lari",
    "GHS": "₵ GH₵ GH¢ cedi",
    "GBP": "£ STG quid",
    "GTQ": "Q",
    "GYD": "G$",
    "HKD": "HK$ HK $HK 元",
    "HNL": "L",
    "HRK": "kn",
    "HUF": "Ft Forint",
    "IDR": "Rp rupiah",
    "ILS": "₪ NIS ש״ח ש\"ח",
    "INR": "₹ Rs Re रु रुपये rupees rupee",
    "ISK": "kr íkr",
    "ITL": "₤ lire lira",
    "JMD": "J$",
    "JOD": "JD دينار",
    "JPY": "円 圓 ¥ JP¥ Yen",
    "KES": "Ksh KSh Sh",
    "KHR": "៛",
    "KRW": "₩ 원",
    "KWD": "KD دينار",
    "KYD": "CI$",
    "KZT": "₸ тг тенге",
    "LAK": "₭",
    "LBP": "£ L£ LL",
    "LKR": "Rs රු",
    "LTL": "Lt",
    "LVL": "Ls",
    "MAD": "Dh Dhs DH درهم",
    "MDL": "L lei",
    "MGA": "Ar",
    "MKD": "ден",
    "MMK": "K",
    "MNT": "₮",
    "MOP": "MOP$",
    "MUR": "Rs",
    "MVR": "Rf",
    "MXN": "MX$ Mex$ MXN$",
    "MYR": "RM",
    "MZN": "MTn MT",
    "NAD": "N$",
    "NGN": "₦ naira",
    "NIO": "C$",
    "NOK": "kr nkr NKr kroner",
    "NPR": "Rs रु नेरू",
    "NZD": "NZ NZ$ $NZ",
    "OMR": "ر.ع ريال",
    "PEN": "S/ soles sol",
    "PHP": "₱ Php PHP₱ P",
    "PKR": "Rs ₨ روپے",
    "PLN": "zł zl złotych złote złoty zloty zlotych",
    "PYG": "₲ Gs",
    "QAR": "QR ر.ق ريال",
    "RON": "lei leu",
    "RSD": "дин din dinara РСД",
    "RUB": "₽ руб р рублей рубля рубль rub. rubles",
    "SAR": "SR ر.س ريال ﷼",
    "SBD": "SI$",
    "SEK": "kr skr SKr kronor",
    "SGD": "S$ SG$ $SG",
    "SYP": "£",
    "THB": "฿ บาท baht",
    "TND": "DT دينار",
    "TOP": "T$",
    "TRY": "₺ TL lira",
    "TTD": "TT$",
    "TWD": "NT$ NTD NT 元 圓 新台幣",
    "TZS": "TSh",
    "UAH": "₴ грн гривень гривня",
    "UGX": "USh",
    "USD": "$ US US$ $US USD$ U$S U$D U$",
    "UYU": "$U",
    "UZS": "soʻm so'm сум",
    "VND": "₫ đ VNĐ đồng dong",
    "XAF": "CFA FCFA F",
    "XCD": "EC$",
    "XOF": "CFA FCFA F",
    "XPF": "CFPF FCFP F",
    "ZAR": "R rand",
    "ZMW": "ZK K",
    "ZWL": "Z$",
}  # fmt: skip
DOLLARS = "USD AUD BBD BMD BND BSD BZD CAD FJD GYD HKD JMD KYD LRD NAD NZD SBD SGD SRD TTD TWD XCD"
PESOS = "ARS CLP COP CUP DOP MXN UYU"  # their narrow sign is $ as well
MEASURES = {
    "d",
    "e",
    "g",
    "m",
    "s",
    "kg",
    "cg",
}  # what CLDR has too, but a table more often means else
# Others may write it so, but hardly ever do in a column that says no more than this.
MEANT = {"£": "GBP", "pound": "GBP", "pounds": "GBP", "₩": "KRW", "원": "KRW", "won": "KRW",
         "fr": "CHF", "лв": "BGN", "lei": "RON", "lira": "TRY", "lv": "BGN", "₺": "TRY", "tl": "TRY",
         "руб": "RUB", "р": "RUB", "r$": "BRL", "円": "JPY", "yuan": "CNY", "yen": "JPY", "mark": "DEM",
         "real": "BRL", "km": "BAM", "din": "RSD", "дин": "RSD", "dm": "DEM", "rm": "MYR", "nt$": "TWD",
         "a$": "AUD", "s$": "SGD", "q": "GTQ", "₤": "ITL"}  # fmt: skip


def main() -> None:
    locales = [Locale.parse(name) for name in sorted(localedata.locale_identifiers())]
    table = {"no_cents": NO_CENTS.split(), "zeros": zeros(), "words": words(locales)}
    write(ROOT / "stepladder/tables/amounts/currencies.json", table)
    write(ROOT / "tests/tables/cldr_formats.json", formats(locales))


def write(path: Path, what: object) -> None:
    path.write_text(json.dumps(what, ensure_ascii=False, indent=0, sort_keys=True) + "\n")


def zeros() -> str:
    """The zero of every script that has decimal digits; the other nine follow it in Unicode."""
    every = (chr(code) for code in range(128, 0x110000))
    return "".join(one for one in every if unicodedata.decimal(one, None) == 0)


def words(locales: list[Locale]) -> dict[str, str]:
    """Every word and sign for money, and the currencies that it stands for."""
    found: dict[str, set[str]] = defaultdict(set)
    codes = set(get_global("all_currencies")) | set(Locale("en").currencies) - {"XXX", "XTS"}
    for code in codes:
        found[code].add(code)
    for locale in locales:
        for code, said in names(locale):
            found[said].add(code)
    for code, several in ALSO.items():
        for said in several.split():
            found[said].add(code)
    for code in DOLLARS.split():
        for said in ("dollar", "dollars", "Dollar", "dólares", "долл"):
            found[said].add(code)
    folded: dict[str, set[str]] = defaultdict(set)
    for said, meant in found.items():
        folded[fold(said)] |= meant
    for code in f"{DOLLARS} {PESOS}".split():
        folded["$"].add(code)
    folded |= {said: {code} for said, code in MEANT.items()}
    folded["f cfa"] = folded["cfa"]
    for said in ("dollar", "dollars", "dólares", "долл"):
        folded[said] = folded["$"]
    spelled = {fold(said): said.strip() for said in sorted(found)}
    spelled |= {fold(said): said for several in ALSO.values() for said in reversed(several.split())}
    meant = {said: " ".join(sorted(codes)) for said, codes in folded.items() if fit(said)}
    return {spelled.get(said, said): codes for said, codes in meant.items()}


def names(locale: Locale) -> list[tuple[str, str]]:
    """A locale's signs for every currency, and its names for its own, the dollar and the euro."""
    data, here = locale._data, get_global("territory_currencies").get(locale.territory, [])
    own = {code for code, _, end, tender in here if tender and end is None} | {"EUR", "USD"}
    own |= set(data["currency_names"]) if locale.language == "en" else set()
    plural = data.get("currency_names_plural", {})
    said = list(data["currency_symbols"].items())
    said += [(code, data["currency_names"].get(code, code)) for code in own]
    said += [(code, one) for code in own for one in plural.get(code, {}).values()]
    if str(locale) == "en":
        said += [(code, name.split()[-1]) for code, name in said if len(name) > 4 and current(code)]
    return said


def current(code: str) -> bool:
    """Whether somebody pays with it today."""
    rows = [row for rows in get_global("territory_currencies").values() for row in rows]
    return any(row[0] == code and row[3] and row[2] is None for row in rows)


def fit(said: str) -> bool:
    """No digits, brackets or signs of a number in it, something to be seen, and no measure."""
    if not said or said in MEASURES:
        return False
    return not any(one.isdigit() or one in "()+−,&" for one in said)


def formats(locales: list[Locale]) -> list[list[str]]:
    """How locales write amounts: pattern, decimal mark, thousands mark, minus, the ten digits' zero."""
    found = set()
    for locale in locales:
        for system, symbols in locale.number_symbols.items():
            if isinstance(symbols, str) or locale.language == "tok":  # groups of two digits
                continue
            zero = {"arab": "٠", "arabext": "۰", "deva": "०", "beng": "০", "mymr": "၀",
                    "adlm": "𞥐", "tibt": "༠", "nkoo": "߀", "cakm": "𑄶", "olck": "᱐", "mathsanb": "𝟬",
                    "hmnp": "𞅀", "rohg": "𐴰", "sund": "᮰"}.get(system, "0")  # fmt: skip
            marks = [symbols.get(name) or "" for name in ("decimal", "group", "minusSign")]
            if all(marks):
                found.add((locale.currency_formats["standard"].pattern, *marks, zero))
    return sorted(map(list, found))


if __name__ == "__main__":
    main()
