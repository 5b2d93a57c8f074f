"""Plans, ledgers, budgets and findings as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

HASH_WIDTH = 12
MINUTE = len("2026-11-23T12:30")
LINES_SHOWN_MAX = 40
"""Lines of one table in a terminal; the rest is counted and `--json` shows all."""

OPERATION_WORDS = {
    "create_issue": "create issue",
    "edit_issue": "edit issue",
    "remark": "tell on issue",
    "move_issue": "change status",
    "write_fields": "write to CloudSuite",
    "post_journal": "post journal",
}


def plan_view(document: Mapping[str, Any]) -> RenderableType:
    """A plan: the operations on issues, each journal with its lines, the findings, and the hash to approve."""
    operations = document["operations"]
    journals = [item for item in operations if item["operation"] == "post_journal"]
    others = [item for item in operations if item["operation"] != "post_journal"]
    count = "1 operation" if len(operations) == 1 else f"{len(operations)} operations"
    parts: list[RenderableType] = [Text(f"Plan {document['hash'][:HASH_WIDTH]}: {count}")]
    if others:
        parts.append(operations_table(others))
    parts += [journal_table(journal) for journal in journals]
    if document["totals"]:
        totals = ", ".join(
            f"{code} {sums['net']} net, {sums['gross']} gross" for code, sums in document["totals"].items()
        )
        parts.append(Text(f"Labor in this plan: {totals}"))
    if document["findings"]:
        parts.append(findings_table(document["findings"]))
    return Group(*parts)


def operations_table(operations: list[Mapping[str, Any]]) -> Table:
    """What would be written on issues and in CloudSuite's fields."""
    table = Table("Operation", "For", "What", title="Issues and fields", title_justify="left")
    for item in operations[:LINES_SHOWN_MAX]:
        shown = _what(item)
        table.add_row(OPERATION_WORDS[item["operation"]], item["erp_key"], Text(shown or "description"))
    _rest(table, len(operations), 3)
    return table


def _what(item: Mapping[str, Any]) -> str:
    """What an operation writes, in a line."""
    if item["operation"] == "remark":
        return _short(" ".join(item["text"].split("\n\n")[1:]))
    what = item.get("content") or item.get("changes") or item.get("values") or {"status": item.get("status")}
    return ", ".join(f"{name} {_short(value)}" for name, value in what.items() if name not in ("text", "told"))


def journal_table(journal: Mapping[str, Any]) -> Table:
    """The lines of a journal as they would stand in the ledger."""
    title = (
        f"Journal {journal['reference']}, entity {journal['entity']}, {journal['currency']}{journal.get('shown', '')}"
    )
    table = Table(title=title, title_justify="left")
    for name in ("#", "Account", "Cost center", "Project", "Date", "Issue"):
        table.add_column(name, overflow="fold")
    for name in ("Hours", "Amount"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Worklogs")
    for line in journal["lines"][:LINES_SHOWN_MAX]:
        table.add_row(
            str(line["sequence"]),
            line["account"],
            line["cost_center"],
            line["project"],
            line["posting_date"],
            line["issue"],
            line["hours"] if line["shares"] else "",
            line["amount"],
            _worklogs(line["shares"]) or "labor clearing",
        )
    _rest(table, len(journal["lines"]), 9)
    return table


def _worklogs(shares: list[Mapping[str, Any]]) -> str:
    """The worklogs of a line, and what decided their rates."""
    rules = ", ".join(dict.fromkeys(share["rate_rule"] for share in shares))
    return f"{', '.join(map(_share, shares))} ({rules})" if shares else ""


def _share(share: Mapping[str, Any]) -> str:
    mark = "-" if share["reverses"] else "+" if share["entry"] == "replacement" else ""
    burden = f" {share['burden']}" if share.get("burden") else ""
    return f"{mark}{share['worklog']}{burden}"


def budgets_table(budgets: Iterable[Mapping[str, Any]], as_of: str) -> Table:
    """Budget figures; each amount stands in exactly one of committed, pending and actual."""
    rows = list(budgets)
    table = Table(title=f"Budgets as of {as_of}", title_justify="left")
    table.add_column("Order or project", overflow="fold")
    table.add_column("")
    for name in ("Authorized", "Committed", "Pending", "Actual", "Remaining"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Consumed by", overflow="fold")
    for row in rows[:LINES_SHOWN_MAX]:
        style = "red" if row["remaining"].startswith("-") else ""
        figures = [row[name] for name in ("authorized", "committed", "pending", "actual")]
        remaining = Text(row["remaining"], style=style)
        table.add_row(row["key"], row["currency"], *figures, remaining, row.get("consumed_by", "labor"))
    _rest(table, len(rows), 8)
    return table


def findings_table(findings: Iterable[Mapping[str, Any]]) -> Table:
    """What a person should know or mend."""
    rows = list(findings)
    table = Table(title=f"Findings: {len(rows)}", title_justify="left")
    table.add_column("About", overflow="fold")
    for name in ("What", "What to do", "Who"):
        table.add_column(name)
    for row in rows[:LINES_SHOWN_MAX]:
        table.add_row(row["subject"], Text(row["message"]), Text(row["remedy"]), row["owner"])
    _rest(table, len(rows), 4)
    return table


def holds_table(holds: Iterable[Mapping[str, Any]]) -> Table:
    """The hold queue, and the money in it by currency."""
    rows = list(holds)
    table = Table(title=f"Held: {len(rows)}{_sums(rows)}", title_justify="left")
    for name in ("About", "Why", "What to do", "Who"):
        table.add_column(name, overflow="fold")
    for name in ("Days", "Hours", "Amount"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows[:LINES_SHOWN_MAX]:
        amount = f"{row['amount']} {row['currency']}" if row["amount"] is not None else "–"
        texts = [Text(str(row[name])) for name in ("subject", "message", "remedy", "owner")]
        table.add_row(*texts, str(row["age_days"]), row["hours"] or "–", amount)
    _rest(table, len(rows), 7)
    return table


def _sums(rows: Iterable[Mapping[str, Any]]) -> str:
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row["amount"] is not None:
            sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + Decimal(row["amount"])
    return "".join(f", {total} {currency}" for currency, total in sorted(sums.items()))


def ledger_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """Postings and how far each has come."""
    found = list(rows)
    table = Table(title=f"Postings: {len(found)}", title_justify="left")
    for name in ("Reference", "State", "Entity", ""):
        table.add_column(name, no_wrap=True)
    table.add_column("Net", justify="right", no_wrap=True)
    table.add_column("Lines", justify="right")
    for name in ("Plan", "Since", "Note"):
        table.add_column(name, overflow="fold")
    for row in found[:LINES_SHOWN_MAX]:
        table.add_row(
            row["reference"],
            row["state"],
            row["entity"],
            row["currency"],
            row["net"],
            str(row["lines"]),
            row["plan"][:HASH_WIDTH],
            row["since"][:MINUTE].replace("T", " "),
            Text(row["note"]),
        )
    _rest(table, len(found), 9)
    return table


def unmatched_table(people: Iterable[Mapping[str, Any]]) -> Table:
    """Accounts that nobody is mapped to, with their hours and the money at stake."""
    table = Table(title="People without a [[person]]", title_justify="left")
    table.add_column("Account", overflow="fold")
    table.add_column("Name")
    for name in ("Entries", "Hours", "Held"):
        table.add_column(name, justify="right")
    for name in ("Costed at a default rate", "Held, at most", "Since"):
        table.add_column(name)
    for item in people:
        costed, at_most = (_by_currency(item[name]) for name in ("costed_at_default", "held_at_most"))
        figures = (str(item["entries"]), item["hours"], item["held_hours"], costed, at_most, item["since"])
        table.add_row(item["account_id"], Text(item["name"]), *figures)
    return table


def _by_currency(amounts: Mapping[str, str]) -> str:
    return ", ".join(f"{amount} {currency}" for currency, amount in amounts.items())


def provisions_table(fields: Iterable[Mapping[str, Any]]) -> Table:
    """Our custom fields, and how they stand on the site."""
    table = Table("Field", "Called", "Type", "State", "Id", "What to do", title="Jira fields", title_justify="left")
    for item in fields:
        table.add_row(item["field"], Text(item["name"]), item["type"], item["state"], item["id"], Text(item["remedy"]))
    return table


def snapshot_view(found: Mapping[str, Any]) -> RenderableType:
    """How much of each thing the vendors offer, with some names."""
    table = Table("Vendor", "What", "How many", "Such as", "As of")
    for vendor, document in found.items():
        for name, items in document.items():
            if isinstance(items, list | Mapping):
                names = [_name_of(each) for each in items]
                shown = Text(_short(", ".join(names)))
                table.add_row(vendor, name.replace("_", " "), str(len(names)), shown, document["read_at"][:MINUTE])
    return table


def _name_of(item: object) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    return str(item.get("key") or item.get("code") or item.get("number") or item.get("name") or "")


def explanation(document: Mapping[str, Any]) -> RenderableType:
    """An explanation as an indented tree of names and values."""
    return Text("\n".join(_tree(document, 0)))


def _tree(value: Mapping[str, Any], depth: int) -> Iterable[str]:
    pad = "  " * depth
    for name, item in value.items():
        words = name.replace("_", " ")
        if isinstance(item, Mapping):
            yield f"{pad}{words}:"
            yield from _tree(item, depth + 1)
        elif isinstance(item, list) and item and isinstance(item[0], Mapping):
            for index, part in enumerate(item, 1):
                yield f"{pad}{words} {index} of {len(item)}:"
                yield from _tree(part, depth + 1)
        elif item not in ("", None, [], {}):
            yield f"{pad}{words}: {', '.join(map(str, item)) if isinstance(item, list) else item}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - a terminal column


def _rest(table: Table, count: int, columns: int) -> None:
    if count > LINES_SHOWN_MAX:
        table.add_row(f"… {count - LINES_SHOWN_MAX} more; --json shows all", *[""] * (columns - 1))
