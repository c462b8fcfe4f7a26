"""stepladder new, stepladder refresh."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from stepladder.cli.options import HERE, Flag, Folder, Json, Verbose, app, day, last, whole

Every = Literal["hour", "day", "week", "month", "quarter", "year"]
Top = Annotated[int, Parameter(converter=whole, validator=Number(gte=1, lte=1_000_000))]


@app.command
def new(
    question: str,
    /,
    *,
    source: Annotated[list[str], Parameter(name="--from")],
    project: Annotated[Path | None, Parameter(name=["--project", "-p"])] = None,
    column: list[str] | None = None,
    sheet: list[str] | None = None,
    day_first: Flag = False,
    month_first: Flag = False,
    mixed_dates: Flag = False,
    decimal: Literal[".", ","] | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    keep_duplicates: Flag = False,
    keep_refunds: Flag = False,
    value_per: Literal["order", "row"] | None = None,
    currency: str | None = None,
    rate: list[str] | None = None,
    from_day: str | None = None,
    to_day: Annotated[str | None, Parameter(name=["--to-day", "--until"])] = None,
    only: list[str] | None = None,
    wide: Literal["series", "periods", "no"] | None = None,
    keep_strangers: Flag = False,
    by: list[str] | None = None,
    every: Every | None = None,
    gaps: Literal["zero", "unknown"] | None = None,
    top: Top | None = None,
    no_time: Flag = False,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Begin a project: read a table, map its columns, clean it, write question.toml.

    Example: stepladder new retention --from orders.csv --column customer=cust_id

    Example: stepladder new retention --from orders.csv --only country=UK --until 2023-12-31

    Args:
        question: The question, e.g. retention.
        source: A CSV, Excel or Parquet file, a folder or zip of files (a row for each), a folder that is
            one table (Parquet, Delta, Iceberg), the same on S3 (s3://bucket/orders/), or a table by URL
            (sqlite:///shop.db?table=orders); may be repeated for several tables, as items=films.csv.
        project: The folder to make; by default the question's name.
        column: Which source column is which, e.g. customer=cust_id or items.title=film; status= uses
            no column for it; may be repeated.
        sheet: The sheet of a workbook, by name or number, or items=Articles; by default the first.
        day_first: 3/4/2024 is the 3rd of April.
        month_first: 3/4/2024 is March the 4th.
        mixed_dates: Dates come in several orders; keep those that can be read one way only.
        decimal: The decimal mark of the amounts, "." or ",".
        encoding: How the file is encoded, e.g. cp1252, where this is not found out rightly.
        separator: What stands between the columns, where this is not found out rightly.
        keep_duplicates: Keep rows that are equal in every column.
        keep_refunds: Keep rows with negative amounts.
        value_per: Whether an amount that repeats within an order is the order's or the row's.
        currency: The currency that counts, e.g. EUR; rows in others are set aside.
        rate: What one of another currency is worth, e.g. USD=0.9; then its rows count too; may be
            repeated.
        from_day: The first day wanted, e.g. 2020-01-01; rows before it are set aside.
        to_day: The last day wanted; rows after it are set aside. Where periods are numbered 1, 2, 3 …
            it may be a number, e.g. --until 120.
        only: Only rows with this value in this column count, e.g. period=MONTHLY or items.kind=film; the
            others are set aside; may be repeated, of one column for several values.
        wide: The table has a column a series, or a column a period (2020-01, Q1 2020, 2019), where this is
            not found out rightly; "no" takes it as it is.
        keep_strangers: Keep rows of ids that stand for nobody in particular, such as guests.
        by: Of series, the column that tells them apart, e.g. article; several make a hierarchy from the
            largest groups down, e.g. --by shop,article.
        every: Add the rows of each series up by hour, day, week, month, quarter or year, e.g. --every week.
        gaps: What a period is of which a series has no row, e.g. --gaps zero if nothing was sold then.
        top: Keep the series with the largest totals, so many, e.g. --top 1000.
        no_time: There is no time: give every row a random day, which makes every figure rosier than life.
    """
    from stepladder.project.new import new as begin
    from stepladder.project.sources import given
    from stepladder.tables.sources.address import without_password
    from stepladder.terminal import show

    choices: dict[str, Any] = {
        "from_day": day(from_day, "--from-day"),
        **last(to_day, "--until"),
        "only": show.only(only or []),
        "currency": show.currency(currency),
        "rates": show.rates(rate or []),
        "strangers": "keep" if keep_strangers else "aside",
    }
    choices |= _of_series(by or [], every, gaps, top)
    if wide:
        choices["wide"] = wide
    if value_per:
        choices["value_per"] = value_per
    orders = {"day first": day_first, "month first": month_first, "mixed": mixed_dates}
    if said := [order for order, given in orders.items() if given]:
        choices["day_order"] = said[0]
    if decimal:
        choices["decimal"] = decimal
    choices["duplicates"] = "keep" if keep_duplicates else "drop"
    choices["refunds"] = "keep" if keep_refunds else "drop"
    if no_time:
        choices["time"] = "random"
    shown = ", ".join(map(without_password, source))
    with show.log(verbose), show.patience(f"reading {shown} …", json) as ask:
        made = begin(
            question,
            given(question, source),
            project,
            columns=show.pairs(column or []),
            ask_user=ask if sys.stdin.isatty() and not json else None,
            choices=choices,
            reading={"encoding": encoding, "separator": separator, "sheet": sheet},
        )
    show.made(made, json)


def _of_series(
    by: list[str], every: str | None, gaps: str | None, top: int | None
) -> dict[str, Any]:
    """What was said of series, as the choices know it; what was not said is left out."""
    names = [one.strip() for text in by for one in text.split(",") if one.strip()]
    said = {"by": names, "every": every, "gaps": gaps, "top": top}
    return {name: value for name, value in said.items() if value}


@app.command
def refresh(
    *,
    relearn: Flag = False,
    dry_run: Flag = False,
    project: Folder = HERE,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Read the sources again, with every choice as it was made.

    Example: stepladder refresh

    Args:
        relearn: Make the choices anew as today's cleaner does, and say what that changes.
        dry_run: With --relearn: say what would change, and write nothing.
    """
    from stepladder.project import refresh as again
    from stepladder.project.folder import Project
    from stepladder.terminal import relearnt, show

    if dry_run and not relearn:
        raise relearnt.nothing_to_try()
    with show.log(verbose), show.patience("reading the sources …", json) as ask:
        here = Project.open(project)
        if not relearn:
            show.made(again.refresh(here), json, refreshed=True)
            return
        answer = ask if sys.stdin.isatty() and not json else None
        relearnt.shown(here, json, dry_run, answer)
