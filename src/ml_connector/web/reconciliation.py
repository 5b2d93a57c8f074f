"""A reconciliation for people and machines: JSON, tables in a terminal, CSV and a page that prints."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ml_connector.core.labor import hours_text
from ml_connector.core.money import Digits, Money, text_from_money
from ml_connector.core.reconcile import Difference, Reconciliation, TieOut

TEMPLATES = Path(__file__).parent / "templates"
DIFFERENCES_SHOWN_MAX = 40
"""Differences in a terminal; the rest is counted, and the files hold all."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""
COLUMNS = (
    "type", "subject", "entity", "account", "cost_center", "project", "period", "since", "age_days", "hours", "seconds",
    "amount", "currency", "between", "message", "remedy", "owner",
)  # fmt: skip
"""The columns of the CSV file."""
FIGURES = frozenset({"age_days", "hours", "seconds", "amount"})
"""Columns whose minus sign is one."""


def reconciliation_document(found: Reconciliation, digits: Digits) -> dict[str, Any]:
    """The whole tie-out as JSON takes it; amounts as text with all their decimals."""
    return {
        "connection": found.connection,
        "as_of": found.as_of.isoformat(timespec="seconds"),
        "period": found.period,
        "agrees": found.agrees,
        "foots": found.foots,
        "unread": list(found.unread),
        "totals": [_row(row, digits) for row in found.rows],
        "differences": [_difference(item, digits) for item in found.differences],
        "notices": [_difference(item, digits) for item in found.notices],
    }


def _row(row: TieOut, digits: Digits) -> dict[str, Any]:
    def text(amount: Money) -> str:
        return text_from_money(amount, digits(amount.currency))

    return {
        "entity": row.entity,
        "currency": row.currency,
        "period": row.period,
        "jira_hours": hours_text(row.jira_seconds),
        "jira_seconds": row.jira_seconds,
        "rounding_seconds": row.rounding_seconds,
        "ledger_seconds": row.ledger_seconds,
        "under_way_seconds": row.under_way_seconds,
        "difference_seconds": row.difference_seconds,
        "owed": text(row.owed),
        "under_way": text(row.under_way),
        "ledger_difference": text(row.ledger_difference),
        "ledger": text(row.ledger),
        "arriving": text(row.arriving),
        "gl_difference": text(row.gl_difference),
        "gl": text(row.gl),
        "difference": text(row.ledger_difference + row.gl_difference),
        "foots": row.foots,
        "agrees": row.agrees,
    }


def _difference(item: Difference, digits: Digits) -> dict[str, Any]:
    return {
        "type": item.type.value,
        "subject": item.subject,
        "entity": item.entity,
        "account": item.account,
        "cost_center": item.cost_center,
        "project": item.project,
        "period": item.period,
        "since": item.since.isoformat(),
        "age_days": item.age,
        "hours": hours_text(item.seconds),
        "seconds": item.seconds,
        "amount": text_from_money(item.amount, digits(item.amount.currency)) if item.priced else None,
        "currency": item.amount.currency,
        "between": "our ledger and GL" if item.in_gl else "Jira and our ledger",
        "message": item.message,
        "remedy": item.remedy,
        "owner": item.owner,
    }


def verdict(document: Mapping[str, Any]) -> str:
    """The outcome in one line."""
    if document["agrees"]:
        return "The books agree."
    parts = [f"{len(document['differences'])} differences"]
    if document["unread"]:
        parts.append(f"not read: {', '.join(document['unread'])}")
    if not document["foots"]:
        parts.append("the differences do not explain all of it")
    return f"The books do not agree: {'; '.join(parts)}."


FIGURE_NAMES = {
    "jira_hours": "Hours",
    "rounding_seconds": "Rounding (s)",
    "owed": "Owed",
    "under_way": "Under way",
    "ledger": "Ledger",
    "gl": "GL",
    "difference": "Difference",
}
"""How the figures of a tie-out are headed."""


def reconciliation_view(document: Mapping[str, Any]) -> RenderableType:
    """The tie-out in a terminal: totals, differences, what is worth knowing, and the verdict."""
    parts: list[RenderableType] = [_totals_table(document)]
    if document["differences"]:
        parts.append(_items("Differences", document["differences"]))
    if document["notices"]:
        parts.append(_items("Close exceptions, no differences", document["notices"]))
    parts.append(Text(verdict(document), style="green" if document["agrees"] else "bold red"))
    return Group(*parts)


def _totals_table(document: Mapping[str, Any]) -> Table:
    covered = f"period {document['period']}" if document["period"] else "all periods"
    table = Table(title=f"Tie-out of {document['connection']}, {covered}, as of {document['as_of']}", box=SIMPLE_HEAD)
    table.title_justify = "left"
    table.pad_edge = False
    for name in ("Entity", "Period"):
        table.add_column(name, no_wrap=True)
    names = ["jira_hours", "owed", "ledger", "gl", "difference"]
    if any(float(row["under_way"]) for row in document["totals"]):
        names.insert(2, "under_way")
    if any(row["rounding_seconds"] for row in document["totals"]):
        names.insert(1, "rounding_seconds")
    for name in names:
        table.add_column(FIGURE_NAMES[name], justify="right", no_wrap=True)
    for row in document["totals"]:
        style = "" if row["agrees"] else "red"
        table.add_row(
            f"{row['entity']} {row['currency']}", row["period"], *(str(row[name]) for name in names), style=style
        )
    return table


def _items(title: str, items: list[dict[str, Any]]) -> Group:
    """The items by their causes: each with its remedy once, and what it is about below."""
    causes: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for item in items:
        causes.setdefault((item["type"], item["message"], item["remedy"]), []).append(item)
    parts: list[RenderableType] = [Text(f"{title}: {len(items)}", style="bold")]
    for (kind, message, remedy), found in causes.items():
        parts += [Text(f"\n{kind.replace('_', ' ')} ({len(found)}): {message}"), Text(remedy, style="dim")]
        parts.append(_items_table(found))
    return Group(*parts)


def _items_table(items: list[dict[str, Any]]) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("About", overflow="fold")
    for name in ("Days", "Hours", "Amount"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Coding", overflow="fold")
    for item in items[:DIFFERENCES_SHOWN_MAX]:
        amount = f"{item['amount']} {item['currency']}" if item["amount"] is not None else "not priced"
        coding = " ".join(item[name] for name in ("entity", "account", "cost_center", "project") if item[name])
        cells = (item["subject"], str(item["age_days"]), item["hours"], amount, coding)
        table.add_row(*(Text(cell) for cell in cells))
    if len(items) > DIFFERENCES_SHOWN_MAX:
        table.add_row(f"… {len(items) - DIFFERENCES_SHOWN_MAX} more; --json shows all", *[""] * 4)
    return table


def differences_csv(document: Mapping[str, Any]) -> str:
    """Differences and close exceptions, a line each. No text can be taken for a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for item in (*document["differences"], *document["notices"]):
        writer.writerow([_cell(name, item[name]) for name in COLUMNS])
    return file.getvalue()


def _cell(name: str, value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if name not in FIGURES and text.startswith(FORMULA) else text


def reconciliation_page(document: Mapping[str, Any]) -> str:
    """The tie-out as a page for the file of the close: it prints, and needs nothing from anywhere."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("reconciliation.html").render(document=document, verdict=verdict(document))
