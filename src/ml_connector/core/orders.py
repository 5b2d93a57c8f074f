"""From the ERP's rows to purchase orders and projects: everything arrives as a string, and not every string is right.

A row that cannot be read gives a finding and no record; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

from ml_connector.core.money import Digits, Money, decimal_from_text, money_from_text, round_to_minor
from ml_connector.core.records import Coding, Distribution, Finding, Kind, OrderLine, Project, PurchaseOrder, Row

USER_FIELD = "field:"
"""Prefix of the ERP's own user fields among a row's neutral names."""


def order_from_rows(rows: Iterable[Row], digits: Digits) -> PurchaseOrder | Finding | None:
    """Assemble one order from its header, lines and distributions; None where its header is gone or never came."""
    by_kind: dict[Kind, list[Row]] = {kind: [] for kind in Kind}
    for row in rows:
        if not row.deleted:
            by_kind[row.kind].append(row)
    if not by_kind[Kind.PURCHASE_ORDER]:
        return None
    header = by_kind[Kind.PURCHASE_ORDER][0]
    try:
        return _order(header, by_kind[Kind.ORDER_LINE], by_kind[Kind.DISTRIBUTION], digits)
    except ValueError as error:
        return unreadable(header, str(error))


def unreadable(row: Row, why: str) -> Finding:
    """The finding for a record whose values cannot be read as what they should be."""
    return Finding(
        code="unreadable_record",
        subject=f"{row.kind.value.replace('_', ' ')} {row.key}",
        message=f"CloudSuite's record cannot be read: {why}.",
        remedy="Correct the value in CloudSuite; the record is read again with the next change.",
        owner="finance analyst",
    )


def _order(header: Row, lines: list[Row], distributions: list[Row], digits: Digits) -> PurchaseOrder:
    fields = header.fields
    currency = fields.get("currency", "").strip()
    places = digits(currency)
    default = _default_coding(fields)
    invoiced = fields.get("invoiced", "").strip()
    by_line: dict[str, list[Row]] = {}
    for row in distributions:
        by_line.setdefault(row.fields.get("line", ""), []).append(row)
    return PurchaseOrder(
        key=header.key,
        entity=fields.get("entity", ""),
        number=fields.get("number", ""),
        vendor=fields.get("vendor", ""),
        buyer=fields.get("buyer", ""),
        description=fields.get("description", ""),
        currency=currency,
        ordered=day_from_text(fields.get("ordered", "")),
        closed=fields.get("closed", "") == "true",
        lines=tuple(
            _line(row, by_line.get(row.fields.get("line", ""), []), currency, places, default)
            for row in sorted(lines, key=lambda row: line_order(row.fields.get("line", "")))
        ),
        fields=user_fields(fields),
        begins=day_from_text(fields.get("begins", "")),
        ends=day_from_text(fields.get("ends", "")),
        hours=_decimal_or_none(fields.get("hours", "")),
        type=fields.get("type", "").strip(),
        invoiced=money_from_text(invoiced, currency, places) if invoiced else None,
    )


def line_order(number: str) -> tuple[int, str]:
    """Lines sort by number where they are numbers."""
    return (int(number) if number.isdigit() else 0, number)


def _line(row: Row, shares: list[Row], currency: str, places: int, default: Coding | None) -> OrderLine:
    fields = row.fields
    quantity = decimal_from_text(fields.get("quantity") or "0")
    cost = decimal_from_text(fields.get("unit_cost") or "0")
    distributions = tuple(
        _distribution(share, currency, places)
        for share in sorted(shares, key=lambda share: line_order(share.fields.get("sequence", "")))
    )
    if not distributions and default is not None:
        distributions = (Distribution("0", default),)
    return OrderLine(
        number=fields.get("line", ""),
        description=fields.get("description", ""),
        quantity=quantity,
        amount=round_to_minor(quantity * cost, currency, places),
        closed=fields.get("closed", "") == "true",
        distributions=distributions,
    )


def _distribution(row: Row, currency: str, places: int) -> Distribution:
    fields = row.fields
    amount = fields.get("amount", "").strip()
    return Distribution(
        sequence=fields.get("sequence", ""),
        coding=Coding(
            entity=fields.get("entity", ""),
            account=fields.get("account", ""),
            cost_center=fields.get("cost_center", ""),
            project=fields.get("project", ""),
            dimensions=tuple(sorted(_part(fields, "dimension:"))),
        ),
        amount=money_from_text(amount, currency, places) if amount else None,
        percent=_decimal_or_none(fields.get("percent", "")),
        quantity=_decimal_or_none(fields.get("quantity", "")),
    )


def _default_coding(fields: Mapping[str, str]) -> Coding | None:
    if not fields.get("default_account"):
        return None
    return Coding(
        entity=fields.get("entity", ""),
        account=fields["default_account"],
        cost_center=fields.get("default_cost_center", ""),
        project=fields.get("default_project", ""),
    )


def project_from_row(row: Row, digits: Digits) -> Project | Finding | None:
    """Read one project; None where it was deleted."""
    if row.deleted:
        return None
    try:
        return _project(row, digits)
    except ValueError as error:
        return unreadable(row, str(error))


def _project(row: Row, digits: Digits) -> Project:
    fields = row.fields
    currency = fields.get("currency", "").strip()
    amount = _amount_reader(fields, currency, digits(currency))
    return Project(
        key=row.key,
        number=fields.get("number", ""),
        description=fields.get("description", ""),
        status=fields.get("status", ""),
        type=fields.get("type", ""),
        active=fields.get("active", "true") == "true",
        currency=currency,
        begins=day_from_text(fields.get("begins", "")),
        ends=day_from_text(fields.get("ends", "")),
        budget=amount("budget"),
        actual=amount("actual"),
        commitment=amount("commitment"),
        fields=user_fields(fields),
    )


def _amount_reader(fields: Mapping[str, str], currency: str, places: int) -> Callable[[str], Money]:
    return lambda name: money_from_text(fields.get(name, "").strip() or "0", currency, places)


def user_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """The ERP's user fields, by the ERP's own names."""
    return dict(_part(fields, USER_FIELD))


def _part(fields: Mapping[str, str], prefix: str) -> list[tuple[str, str]]:
    return [(name.removeprefix(prefix), value) for name, value in fields.items() if name.startswith(prefix) and value]


def _decimal_or_none(text: str) -> Decimal | None:
    return decimal_from_text(text) if text.strip() else None


def day_from_text(text: str) -> date | None:
    """An ISO date, None where empty. Raises ValueError otherwise."""
    return date.fromisoformat(text) if text else None
