"""A row that an answer comes from: as it stands in the source, and what the cleaner made of it."""

from __future__ import annotations

from starlette.responses import Response

from stepladder.pages.routes import page
from stepladder.pages.visit import Visit
from stepladder.project.source_record import both
from stepladder.service.refused import Refused


@page("/q/{name}/row")
def row(visit: Visit) -> Response:
    """/q/shop/row?table=purchases&row=42888."""
    table, text = visit.query.get("table", ""), visit.query.get("row", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) > 0):
        raise Refused(
            422, f"row={text[:40]}", "rows are counted from 1", "follow the links of a case"
        )
    if table not in {spec.name for spec in visit.project.question.TABLES}:
        raise Refused(404, f"there is no table {table[:60]!r}",
                      f"the tables are {', '.join(spec.name for spec in visit.project.question.TABLES)}",
                      "follow the links of a case")  # fmt: skip
    found = both(visit.project, table, int(text))
    if found is None:
        raise Refused(404, f"no row of {table} comes from record {int(text):,}",
                      "rows are shown that the cleaner kept, and whose case was not forgotten",
                      "follow the links of a case")  # fmt: skip
    case = {name: found.cleaned[0].get(name) for name in visit.project.question.CASE}
    known = all(value is not None for value in case.values())
    return visit.page(
        "source_row", table=table, row=int(text), both=found, case=case if known else None
    )
