"""Purchase orders: the header, its lines and their distributions, and what a buyer does to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ml_connector_sandbox.cloudsuite.classes import CLASSES, Refused, Row, Table

HEADER = "PurchaseOrder"
LINE = "PurchaseOrderLine"
DISTRIBUTION = "PurchaseOrderLineDistribution"
ORDER_KEY_PARTS = 4
LINE_KEY_PARTS = 5

Tables = Mapping[str, Table]


@dataclass(slots=True)
class Line:
    """One line with its distributions."""

    row: Row
    distributions: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Order:
    """One purchase order with its lines, read from the tables."""

    row: Row
    lines: list[Line] = field(default_factory=list)


def every(tables: Tables) -> list[Order]:
    """All purchase orders, with their lines and distributions in order."""
    lines = _by_parent(tables[LINE].living(), ORDER_KEY_PARTS)
    distributions = _by_parent(tables[DISTRIBUTION].living(), LINE_KEY_PARTS)
    return [
        Order(header, [Line(line, distributions[line.key]) for line in lines[header.key]])
        for header in tables[HEADER].living()
    ]


def find(tables: Tables, company: str, number: str) -> Order:
    """The order of a company. Raises `Refused` where there is none."""
    for order in every(tables):
        if order.row.key[:2] == (company, number):
            return order
    raise Refused(f"Purchase order {number} does not exist in company {company}")


def _by_parent(rows: Iterable[Row], parts: int) -> defaultdict[tuple[str, ...], list[Row]]:
    children: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        children[row.key[:parts]].append(row)
    for group in children.values():
        group.sort(key=_own_number)
    return children


def _own_number(row: Row) -> int:
    return int(row.key[-1])


def change(tables: Tables, order: Order, fields: Mapping[str, str], now: datetime) -> None:
    """Change an order as its buyer does. Raises `Refused`, with nothing changed, where a value does not fit.

    `Closed` is a field of the header; `2/Quantity` one of line 2; `2/1/DistributionAccount.Project` one of the first
    distribution of line 2.
    """
    changes = []
    for path, value in fields.items():
        class_name, row, name = _target(order, path)
        field = CLASSES[class_name].fields.get(name)
        if field is None or name in CLASSES[class_name].key:
            raise Refused(f"{class_name} has no field {name} to change")
        changes.append((class_name, row, {name: field.stored(value)}))
    for class_name, row, changed in changes:
        tables[class_name].change(row, changed, now)


def delete(tables: Tables, order: Order, now: datetime) -> None:
    """Delete an order as its buyer does: nothing of it is listed any more."""
    for line in order.lines:
        for row in line.distributions:
            tables[DISTRIBUTION].remove(row, now)
        tables[LINE].remove(line.row, now)
    tables[HEADER].remove(order.row, now)


def _target(order: Order, path: str) -> tuple[str, Row, str]:
    *numbers, name = path.split("/")
    if not numbers:
        return HEADER, order.row, name
    line = next((each for each in order.lines if each.row.key[-1] == numbers[0]), None)
    if line is not None and len(numbers) == 1:
        return LINE, line.row, name
    for row in line.distributions if line is not None else ():
        if row.key[-1] == numbers[-1]:
            return DISTRIBUTION, row, name
    raise Refused(f"The order has no such part: {path}")
