"""A parallel run as tables for people: what we would have posted, what finance posted, and what lies between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ml_connector.web.tables import findings_table

FIGURES = ("ours", "finance", "difference")


def parallel_view(document: Mapping[str, Any]) -> RenderableType:
    """Account by account, then the totals, then what would have been held."""
    head = f"{document['worklogs']} entries of {document['period']}, {document['hours']} hours."
    parts: list[RenderableType] = [Text(head), _table(document)]
    if document["held"]:
        parts += [Text("What would be held:"), findings_table(document["held"])]
    return Group(*parts)


def _table(document: Mapping[str, Any]) -> Table:
    table = Table()
    for name in ("Entity", "Account", "Cost center", "Project", "Currency"):
        table.add_column(name, overflow="fold")
    for name in ("We would post", "Finance posted", "Difference"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in document["accounts"]:
        where = [Text(str(row[name])) for name in ("entity", "account", "cost_center", "project", "currency")]
        table.add_row(*where, *(row[name] for name in FIGURES))
    table.add_section()
    for total in document["totals"]:
        table.add_row("Total", "", "", "", total["currency"], *(total[name] for name in FIGURES))
    return table
