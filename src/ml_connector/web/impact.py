"""What other settings would change, as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

CHANGES_SHOWN_MAX = 40
"""Entries shown in a terminal; the rest is counted and `--json` shows all."""


def impact_view(document: Mapping[str, Any]) -> RenderableType:
    """Each changed line, and the total difference in each currency."""
    head = f"{document['changed']} of {document['worklogs']} entries would be costed otherwise."
    parts: list[RenderableType] = [Text(head)]
    if document["changes"]:
        parts.append(_table(document["changes"]))
    if document["changed"] > CHANGES_SHOWN_MAX:
        parts.append(Text(f"… and {document['changed'] - CHANGES_SHOWN_MAX} entries more: see --json"))
    for currency, total in document["totals"].items():
        parts.append(
            Text(f"{currency}: {total['before']} before, {total['after']} after, difference {total['difference']}")
        )
    return Group(*parts)


def _table(changes: list[Mapping[str, Any]]) -> Table:
    table = Table()
    for name in ("Worklog", "Day", "Order", "Coding", "Before", "After"):
        table.add_column(name, overflow="fold")
    table.add_column("Difference", justify="right", no_wrap=True)
    for each in changes[:CHANGES_SHOWN_MAX]:
        for number, line in enumerate(each["lines"]):
            first = number == 0
            table.add_row(
                Text(f"{each['worklog']} {each['issue']}" if first else ""),
                each["work_date"] if first else "",
                Text(f"{each['order']} line {line['order_line']}"),
                Text(" ".join(line[name] for name in ("account", "cost_center", "project") if line[name])),
                _side(line["before"], each["held_before"]),
                _side(line["after"], each["held_after"]),
                f"{line['difference']} {line['currency']}",
            )
    return table


def _side(side: Mapping[str, Any], held: Mapping[str, Any] | None) -> Text:
    """Hours, amount and the rate's rule; what holds them, where nothing is charged."""
    if not side["rate_rule"]:
        return Text(held["code"] if held else "–")
    return Text(f"{side['amount']} ({side['hours']} h, {side['rate_rule']})")
