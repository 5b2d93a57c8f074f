"""A fit report for people and machines: JSON, tables in a terminal and a page that prints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ml_connector.core.labor import hours_text
from ml_connector.core.misfits import Coverage, Fit, Misfit, RuleOutcome
from ml_connector.core.money import Digits, Money, text_from_money
from ml_connector.web.reconciliation import TEMPLATES

SUBJECTS_SHOWN_MAX = 5
"""Subjects of one kind of misfit in a terminal; the rest is counted, and `--json` and the page show all."""
WRITES = {
    "CreateIssue": "issues to create",
    "EditIssue": "issues to change",
    "MoveIssue": "issues to move to another status",
    "WriteFields": "CloudSuite records to write a key or budget to",
    "PostJournal": "journals to propose",
}


def fit_document(found: Fit, connection: str, as_of: datetime, digits: Digits) -> dict[str, Any]:
    """The whole report as JSON takes it; amounts as text with all their decimals."""
    return {
        "connection": connection,
        "as_of": as_of.isoformat(timespec="seconds"),
        "coverage": [_coverage(each, digits) for each in found.coverage],
        "misfits": [_misfit(each, digits) for each in found.misfits],
        "rules": [_rule(each, digits) for each in found.rules],
        "first_sync": {
            "writes": [
                {"what": WRITES[name], "count": found.writes[name]} for name in WRITES if found.writes.get(name)
            ],
            "labor": _amounts(found.labor, digits),
        },
    }


def _coverage(each: Coverage, digits: Digits) -> dict[str, Any]:
    return {
        "part": each.part.value,
        "total": each.total,
        "mapped": each.total - each.unmapped,
        "unmapped": each.unmapped,
        "amounts": {
            currency: {"total": _text(whole, currency, digits), "unmapped": _text(missing, currency, digits)}
            for currency, (whole, missing) in sorted(each.amounts.items())
        },
    }


def _misfit(each: Misfit, digits: Digits) -> dict[str, Any]:
    amount = each.worth.amount
    return {
        "kind": each.kind,
        "part": each.part.value,
        "subject": each.subject,
        "blocks": each.blocks,
        "amount": None if amount is None else _text(amount.minor, amount.currency, digits),
        "currency": None if amount is None else amount.currency,
        "at_most": each.worth.at_most,
        "hours": hours_text(each.worth.seconds),
        "message": each.message,
        "remedy": each.remedy,
        "owner": each.owner,
    }


def _rule(each: RuleOutcome, digits: Digits) -> dict[str, Any]:
    return {
        "rule": each.rule,
        "outcome": "holds" if each.blocks else "warns",
        "count": each.count,
        "hours": hours_text(each.seconds),
        "amounts": _amounts(each.amounts, digits),
    }


def _amounts(amounts: Mapping[str, int], digits: Digits) -> dict[str, str]:
    return {currency: _text(minor, currency, digits) for currency, minor in sorted(amounts.items())}


def _text(minor: int, currency: str, digits: Digits) -> str:
    return text_from_money(Money(minor, currency), digits(currency))


def sentence(row: Mapping[str, Any]) -> str:
    """A row of the coverage in words: `3 of 412 open purchase orders unmapped, worth 8120.00 EUR`."""
    worth = [
        f"{sums['unmapped']} {currency}"
        for currency, sums in row["amounts"].items()
        if set(sums["unmapped"]) - set("0.")
    ]
    if not row["total"]:
        return f"no {row['part']} yet"
    if not row["unmapped"]:
        return f"all {row['total']} {row['part']} mapped"
    tail = f", worth {' and '.join(worth)}" if worth else ""
    return f"{row['unmapped']} of {row['total']} {row['part']} unmapped{tail}"


def price(item: Mapping[str, Any]) -> str:
    """The money of a misfit in words."""
    if item["amount"] is None:
        return "not priced"
    return f"{'at most ' if item['at_most'] else ''}{item['amount']} {item['currency']}"


def money(amounts: Mapping[str, str]) -> str:
    """Amounts of several currencies in words."""
    return ", ".join(f"{amount} {currency}" for currency, amount in amounts.items()) or "–"


def fit_view(document: Mapping[str, Any]) -> RenderableType:
    """The report in a terminal: coverage, misfits by kind, rules, and the first sync."""
    parts: list[RenderableType] = [Text(f"Fit of {document['connection']}, as of {document['as_of']}", style="bold")]
    parts += [Text(f"  {sentence(row)}", style="red" if row["unmapped"] else "green") for row in document["coverage"]]
    parts += _misfit_parts(document["misfits"])
    if document["rules"]:
        parts.append(_rules_table(document["rules"]))
    parts.append(Text("\nThe first sync would write", style="bold"))
    parts += [Text(f"  {item['count']} {item['what']}") for item in document["first_sync"]["writes"]]
    if document["first_sync"]["labor"]:
        parts.append(Text(f"  labor: {money(document['first_sync']['labor'])} gross, for approval"))
    if not document["first_sync"]["writes"]:
        parts.append(Text("  nothing"))
    return Group(*parts)


def _misfit_parts(misfits: list[dict[str, Any]]) -> list[RenderableType]:
    """The misfits by kind: the remedy once, and what it is about below."""
    kinds: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for item in misfits:
        kinds.setdefault((item["kind"], item["part"], item["remedy"]), []).append(item)
    parts: list[RenderableType] = [Text(f"\nMisfits: {len(misfits)}", style="bold")]
    for (kind, part, remedy), found in kinds.items():
        parts += [
            Text(f"\n{kind.replace('_', ' ')} ({len(found)} × {part})"),
            Text(f"{found[0]['owner']}: {remedy}", style="dim"),
        ]
        table = Table(box=SIMPLE_HEAD, show_header=False)
        table.add_column(overflow="fold")
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="fold")
        for item in found[:SUBJECTS_SHOWN_MAX]:
            table.add_row(Text(item["subject"]), price(item), Text(item["message"]))
        if len(found) > SUBJECTS_SHOWN_MAX:
            table.add_row(f"… {len(found) - SUBJECTS_SHOWN_MAX} more; --json and --html show all", "", "")
        parts.append(table)
    return parts


def _rules_table(rules: list[dict[str, Any]]) -> Table:
    table = Table("Rule", "Outcome", title="Rules", title_justify="left", box=SIMPLE_HEAD)
    for name in ("Times", "Hours", "Money"):
        table.add_column(name, justify="right", no_wrap=True)
    for item in rules:
        table.add_row(item["rule"], item["outcome"], str(item["count"]), item["hours"], money(item["amounts"]))
    return table


def fit_page(document: Mapping[str, Any]) -> str:
    """The report as a page: it prints, and needs nothing from anywhere."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    template = environment.get_template("fit.html")
    return template.render(document=document, sentence=sentence, price=price, money=money)
