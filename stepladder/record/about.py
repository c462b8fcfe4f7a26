"""Rows that are about one case, by their key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from stepladder.record.owned import Owned


def erase(mine: Owned, table: Table, question: str, case: Mapping[str, Any]) -> int:
    """Remove a question's rows about one case; how many there were."""
    there, them = mine.rows(table, table.c.question == question), dict(case).items()
    gone = [each.id for each in there if them <= json.loads(each.key).items()]
    return mine.remove(table, table.c.id.in_(gone))
