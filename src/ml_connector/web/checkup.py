"""The doctor's list for people and machines: JSON, a table in a terminal and a page that prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ml_connector.engine.checkup import Check
from ml_connector.web.reconciliation import TEMPLATES


def checks_document(connection: str, checks: Iterable[Check], as_of: datetime) -> dict[str, Any]:
    """All checks as JSON takes them; `remedy` is empty where nothing is to be done."""
    rows = [
        {
            "area": each.area,
            "name": each.name,
            "ok": each.ok,
            "found": each.found,
            "remedy": "" if each.ok else each.remedy,
        }
        for each in checks
    ]
    return {
        "connection": connection,
        "as_of": as_of.isoformat(timespec="seconds"),
        "ok": all(row["ok"] for row in rows),
        "failed": sum(not row["ok"] for row in rows),
        "checks": rows,
    }


def verdict(document: Mapping[str, Any]) -> str:
    """The outcome in one line."""
    count = len(document["checks"])
    return f"All {count} checks are well." if document["ok"] else f"{document['failed']} of {count} checks failed."


def checks_view(document: Mapping[str, Any]) -> RenderableType:
    """The list in a terminal: what failed stands out, with what to do about it."""
    table = Table("", "Area", "Check", "Found", "What to do")
    for item in document["checks"]:
        mark = Text("ok", style="green") if item["ok"] else Text("no", style="bold red")
        table.add_row(mark, item["area"], Text(item["name"]), Text(item["found"]), Text(item["remedy"]))
    return Group(table, Text(verdict(document), style="green" if document["ok"] else "bold red"))


def checks_page(document: Mapping[str, Any]) -> str:
    """The list as a page: it prints, and needs nothing from anywhere."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("checkup.html").render(document=document, verdict=verdict(document))
