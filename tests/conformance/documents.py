"""The documents that an LN installation handed over, read as a stranger would: they are the books that finance gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

WITHOUT_CENTS = frozenset({"JPY"})


def handed_over(directory: Path) -> list[dict[str, Any]]:
    """Every line of every document in the outbox, as the control API tells the lines of a ledger."""
    return [line for file in sorted(directory.glob("outbox/*.xml")) for line in _lines(ET.parse(file).getroot())]


def _lines(root: ET.Element) -> list[dict[str, Any]]:
    currency = root.attrib["currency"]
    places = 0 if currency in WITHOUT_CENTS else 2
    found = []
    for line in root.iter("JournalEntryLine"):
        values = {part.tag: part.text or "" for part in line}
        whole, _, cents = values["amount"].partition(".")
        assert len(cents) == places
        found.append(
            {
                "reference": root.attrib["reference"],
                "sequence": int(values["sequence"]),
                "entity": root.attrib["company"],
                "account": values["account"],
                "cost_center": values.get("cost_center", ""),
                "project": values.get("project", ""),
                "dimensions": {
                    name.removeprefix("dimension_"): value for name, value in values.items() if "dimension_" in name
                },
                "amount_minor": int(whole + cents),
                "currency": currency,
                "posting_date": values["posting_date"],
                "issue_reference": values.get("issue_key", ""),
                "status": "released",
            }
        )
    return found


def one_coding_a_line(orders: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Orders as LN's lines show them: a line that is coded to several places shows none, and no share an amount."""
    return [{**order, "lines": [_line(line) for line in order["lines"]]} for order in orders]


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    parts = [{**part, "amount": "", "percent": "", "quantity": ""} for part in line["distributions"]]
    return {**line, "distributions": parts if len(parts) == 1 else []}
