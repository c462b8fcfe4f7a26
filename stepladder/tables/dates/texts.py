"""Dates as people write them to calendar days; the order of day and month is never guessed."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.tables.choices import CLEANER
from stepladder.tables.dates.dates import NOWHERE, Bools, Dates, Ints
from stepladder.tables.dates.months import MONTHS
from stepladder.tables.dates.names import UNSURE
from stepladder.tables.dates.plain import plain
from stepladder.tables.dates.zones import minutes

_SPLIT = (
    r"^(?P<date>.*?)(?:[T\s,]+(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))(?:[:.](?P<second>\d{2}))?"
    r"(?:[.,](?P<fraction>\d+))?\s*(?P<half>[AaPp])?(?:\.?[Mm]\.?)?\s*(?:Uhr)?"
    r"(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?(?:\s*\[[^\]]*\])?)?$"
)
_WEEKDAY = r"^(?:[^\d\s.,/:-]{2,12}\.?,?\s+)?"
_WORD = r"(?P<word>[^\d\s.,/:-]{3,12})\.?"
_HMS = r"(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})"
_YEAR_FIRST = (
    r"^(?P<year>\d{4})\s?[-/.\s年]\s?(?P<month>\d{1,2})\s?[-/.\s月]\s?(?P<day>\d{1,2})日?$",
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})$",
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})T?" + _HMS + "Z?$",
)
_NAMED = (
    _WEEKDAY
    + r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?[\s/-]*(?:de\s+|of\s+)?"
    + _WORD
    + r",?[\s/-]*(?:de\s+|del\s+)?'?(?P<year>\d{4}|\d{2})$",
    _WEEKDAY + _WORD + r"[\s/-]*(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s,/-]+'?(?P<year>\d{4}|\d{2})$",
    r"^(?P<year>\d{4})[\s/-]" + _WORD + r"[\s/-](?P<day>\d{1,2})$",
    # As the C library prints it: Fri Dec 09 12:50:00 (UTC) 2011.
    _WEEKDAY + _WORD + r"\s+(?P<day>\d{1,2})\s+" + _HMS + r"(?:\s+[A-Z]{3,4})?\s+(?P<year>\d{4})$",
)
_YEAR_LAST = (
    r"^(?P<a>\d{1,2})\s?(?P<sign>[/.\s-])\s?(?P<b>\d{1,2})\s?[/.\s-]\s?"
    r"(?P<year>\d{4}|\d{2})$"
)
_UNIX = (
    r"^(?P<seconds>\d{9,10})(?:\.(?P<fraction>\d*))?$|^(?P<milli>\d{12,13})$|^(?P<micro>\d{15,16})$"
)
_SERIAL = r"^[2-6]\d{4}(?:[.,]\d+)?$"  # Days since 1899-12-30, as spreadsheets store them.

# As MySQL and PHP write that there is no date.
_ZEROS = (
    r"^(?:0000[-/.]00[-/.]00|00[-/.]00[-/.](?:00)?00|0{8}(?:0{6})?|-0001-11-30)"
    r"(?:[T ]0{1,2}:0{2}(?::0{2}(?:\.0+)?)?)?Z?$"
)


def zero_days(texts: pa.Array) -> Bools:
    """Where a date is all zeros: the database had none."""
    return _matches(texts, _ZEROS)


def read_dates(texts: pa.Array, day_order: str, today: date, version: int = CLEANER) -> Dates:
    """Reads each text as a date; `day_order` decides where day and month could be swapped.

    Two-digit years lie at most one year after `today`. A text that is not a date, or names a
    day that does not exist, is not `found`. The first `version` knew fewer ways to write a date.
    """
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    encoded = texts.dictionary_encode()
    words = encoded.dictionary
    dates = _patterns(words, day_order, today)
    if version > 1:
        odd = _odd(words, dates)
        if odd.any():
            plainer = plain(words.filter(pa.array(odd)), words)
            words = pc.replace_with_mask(words, pa.array(odd), plainer)
            dates = _patterns(words, day_order, today)
        _serials_between(dates, words)
    return dates[_codes(encoded)]


def _odd(words: pa.Array, dates: Dates) -> Bools:
    """Where a text must be made plain: it is not read, or has a word for different months."""
    odd = ~dates.shape & _matches(words, r"(?s)^.{0,99}$") & _matches(words, r"\p{Nd}")
    unsure = _matches(words, rf"(?i)(?:^|[^\pL])(?:{'|'.join(UNSURE)})(?:[^\pL]|$)")
    return np.asarray((odd & ~_matches(words, _SERIAL)) | unsure)


def _matches(texts: pa.Array, pattern: str) -> Bools:
    return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False))


def _patterns(texts: pa.Array, day_order: str, today: date) -> Dates:
    parts = pc.extract_regex(texts, _SPLIT)
    days = parts.field("date").dictionary_encode()
    dates = _read(days.dictionary, day_order, today)[_codes(days)]
    groups = {field.name: parts.field(i) for i, field in enumerate(parts.type)}
    clock = pc.not_equal(groups["hour"], "").to_numpy(zero_copy_only=False)
    dates.second[clock] = _seconds(groups, len(clock))[clock]
    dates.micro[clock] = _micro(groups, len(clock))[clock]
    zones = groups["zone"].dictionary_encode()
    east = [minutes(zone.lower()) if zone else None for zone in zones.dictionary.to_pylist()]
    east = [NOWHERE if size is None else size for size in east]
    dates.east[:] = np.array(east, np.int16)[_codes(zones)] if east else NOWHERE
    return dates


def _codes(encoded: pa.DictionaryArray) -> Ints:
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False))


def _read(texts: pa.Array, day_order: str, today: date) -> Dates:
    dates = Dates.none(len(texts))
    for pattern in (*_YEAR_FIRST, *_NAMED):
        _match(dates, texts, pattern, today)
    _year_last(dates, texts, day_order, today)
    _counted(dates, texts)
    return dates


def _groups(texts: pa.Array, pattern: str, skip: Bools) -> tuple[Ints, dict[str, Any]]:
    """Positions of texts not yet read that match, and the pattern's groups there."""
    todo = np.flatnonzero(~skip)
    if not len(todo):
        return todo, {}
    found = pc.extract_regex(texts.take(pa.array(todo)), pattern)
    at = np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False))
    hits = found.take(pa.array(at))
    return todo[at], {field.name: hits.field(i) for i, field in enumerate(hits.type)}


def _int(groups: dict[str, Any], name: str, size: int) -> Ints:
    if name not in groups:
        return np.zeros(size, np.int64)
    text = pc.if_else(pc.equal(groups[name], ""), "0", groups[name])
    return np.asarray(pc.cast(text, pa.int64()).to_numpy(zero_copy_only=False))


def _match(dates: Dates, texts: pa.Array, pattern: str, today: date) -> None:
    at, groups = _groups(texts, pattern, dates.shape)
    if not len(at):
        return
    if "word" in groups:
        words = groups["word"].to_pylist()
        month: Ints = np.array([MONTHS.get(word.lower(), 0) for word in words], np.int64)
        # A word that is no month is no date: another pattern may still read the text.
        keep = month > 0
        at, month = at[keep], month[keep]
        groups = {name: value.filter(pa.array(keep)) for name, value in groups.items()}
    else:
        month = _int(groups, "month", len(at))
    year = _year(_int(groups, "year", len(at)), groups, today)
    _put(dates, at, groups, year, month, _int(groups, "day", len(at)))


def _year(year: Ints, groups: dict[str, Any], today: date) -> Ints:
    if not len(year):
        return year
    short = pc.utf8_length(groups["year"]).to_numpy(zero_copy_only=False) == 2
    century = np.where(2000 + year <= today.year + 1, 2000, 1900)
    return np.where(short, year + century, year)


def _year_last(dates: Dates, texts: pa.Array, day_order: str, today: date) -> None:
    at, groups = _groups(texts, _YEAR_LAST, dates.shape)
    if not len(at):
        return
    a, b = _int(groups, "a", len(at)), _int(groups, "b", len(at))
    year = _int(groups, "year", len(at))
    short = pc.utf8_length(groups["year"]).to_numpy(zero_copy_only=False) == 2
    dots = pc.equal(groups["sign"], ".").to_numpy(zero_copy_only=False)
    if (short & (a > 31)).any():  # Two-digit years that come first: 97-01-15.
        a, b, year = np.where(short, year, a), b, np.where(short, a, year)
        groups["year"] = pa.array(np.where(short, "97", "1997"))
        order = np.where(short, 1, 0)
    else:
        order = np.zeros(len(at), np.int64)
    proof = np.where((a > 12) & (b <= 12), 1, np.where((b > 12) & (a <= 12), -1, 0))
    open_ = (a <= 12) & (b <= 12) & (a != b) & (order == 0)
    # With dots the day comes first wherever dots are used, unless the rows prove otherwise.
    dotted = dots & ~(dots & (proof < 0)).any()
    order = np.where(order != 0, order, np.where(dotted, 1, ORDER[day_order]))
    dates.proof[at], dates.open[at] = np.where(dotted, 0, proof), open_ & ~dotted
    first = np.where(order == 0, np.where(a == b, 1, proof), order)
    day, month = np.where(first > 0, a, b), np.where(first > 0, b, a)
    _put(dates, at, groups, _year(year, groups, today), np.where(first == 0, 0, month), day)


ORDER = {"day first": 1, "month first": -1, "mixed": 0, "clear": 0}


def _put(
    dates: Dates,
    at: Ints,
    groups: dict[str, Any],
    year: Ints,
    month: Ints,
    day: Ints,
) -> None:
    """Writes the days that exist; the others keep only their shape."""
    dates.shape[at] = True
    fits = (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1)
    months = (np.where(fits, year, 1970) - 1970) * 12 + np.where(fits, month, 1) - 1
    start = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    fits &= day <= after - start
    dates.day[at] = np.where(fits, start + day - 1, 0)
    dates.found[at] = fits
    if "hour" in groups:
        dates.second[at] = _seconds(groups, len(at))


def _seconds(groups: dict[str, Any], size: int) -> Ints:
    """Seconds of the day; a clock that cannot be comes out as a day or more."""
    hour, minute = _int(groups, "hour", size), _int(groups, "minute", size)
    if "half" in groups:
        half = pc.utf8_lower(groups["half"])
        pm, am = (pc.equal(half, one).to_numpy(zero_copy_only=False) for one in "pa")
        hour = np.where(pm & (hour < 12), hour + 12, np.where(am & (hour == 12), 0, hour))
    return np.where(minute < 60, hour * 3600 + minute * 60 + _int(groups, "second", size), 86400)


def _micro(groups: dict[str, Any], size: int) -> Ints:
    if not pc.any(pc.not_equal(groups["fraction"], "")).as_py():
        return np.zeros(size, np.int64)
    digits = pc.utf8_slice_codeunits(pc.utf8_rpad(groups["fraction"], 6, "0"), 0, 6)
    return _int({"fraction": digits}, "fraction", size)


def _counted(dates: Dates, texts: pa.Array) -> None:
    """Seconds since 1970; and where nothing else is a date, a spreadsheet's day numbers."""
    at, groups = _groups(texts, _UNIX, dates.shape)
    if len(at):
        milli, micro = _int(groups, "milli", len(at)), _int(groups, "micro", len(at))
        seconds = _int(groups, "seconds", len(at)) + milli // 1000 + micro // 1_000_000
        dates.day[at], dates.second[at] = seconds // 86400, seconds % 86400
        dates.micro[at] = _micro(groups, len(at)) + milli % 1000 * 1000 + micro % 1_000_000
        dates.unit[at] = np.where(milli > 0, 2, np.where(micro > 0, 3, 1))
        dates.found[at] = dates.shape[at] = True
    if dates.shape.any() or not len(texts):
        return
    _put_serials(dates, texts, _matches(texts, _SERIAL))


def _put_serials(dates: Dates, texts: pa.Array, serial: Bools) -> None:
    if serial.any():
        day, second = _serial(texts.filter(pa.array(serial)))
        dates.day[serial], dates.second[serial], dates.unit[serial] = day, second, 5
        dates.found[serial] = dates.shape[serial] = True


def _serial(texts: pa.Array) -> tuple[Ints, Ints]:
    number = pc.cast(pc.replace_substring(texts, ",", "."), pa.float64()).to_numpy()
    second = np.round((number % 1) * 86400).astype(np.int64) % 86400
    return np.floor(number).astype(np.int64) - 25569, second


def _serials_between(dates: Dates, texts: pa.Array) -> None:
    """A spreadsheet's day numbers beside dates, where they lie among or near these.

    What a spreadsheet could read as a date is a number in some exports, what it could not a text.
    """
    if not dates.found.any() or dates.shape.all():
        return
    serial = ~dates.shape & _matches(texts, _SERIAL)
    if not serial.any():
        return
    day = _serial(texts.filter(pa.array(serial)))[0]
    low, high = np.quantile(dates.day[dates.found], (0.01, 0.99))
    near = (day > low - 2 * (high - low) - _NEAR) & (day < high + 2 * (high - low) + _NEAR)
    if near.mean() > 0.9:
        _put_serials(dates, texts, serial)


_NEAR = 400  # days
