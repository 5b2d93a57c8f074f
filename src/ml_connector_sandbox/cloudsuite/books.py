"""The books as an auditor sees them, for tests and stories: plain values, independent of the vendor's interface."""

from __future__ import annotations

from datetime import date
from typing import Any

from ml_connector_sandbox.cloudsuite import orders as purchase_orders
from ml_connector_sandbox.cloudsuite.classes import DIMENSIONS, TRUE, Row
from ml_connector_sandbox.cloudsuite.orders import Line, Order
from ml_connector_sandbox.cloudsuite.projects import AMOUNT_FIELDS
from ml_connector_sandbox.cloudsuite.reference import OPEN
from ml_connector_sandbox.cloudsuite.tenant import Tenant


def gl(tenant: Tenant) -> list[dict[str, Any]]:
    """Every line of the general ledger, amounts in minor units of their currency."""
    return list(tenant.ledger.gl_lines())


def orders(tenant: Tenant) -> list[dict[str, Any]]:
    """Every purchase order with its lines and their coding; quantities and amounts as decimal text."""
    return [_order(order) for order in purchase_orders.every(tenant.tables)]


def _order(order: Order) -> dict[str, Any]:
    values = order.row.fields
    return {
        "company": values["Company"],
        "number": values["PurchaseOrder"],
        "release": values["PORelease"],
        "code": values["POCode"],
        "currency": values["Currency"],
        "vendor": values["Vendor"],
        "date": values["PurchaseOrderDate"],
        "closed": values["Closed"] == TRUE,
        "fields": {name: value for name, value in values.items() if "User" in name},
        "lines": [_line(line) for line in order.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    values = line.row.fields
    return {
        "line": values["LineNumber"],
        "description": values["Description"],
        "quantity": values["Quantity"],
        "unit_cost": values["EnteredUnitCost"],
        "closed": values["Closed"] == TRUE,
        "distributions": [_distribution(row) for row in line.distributions],
    }


def _distribution(row: Row) -> dict[str, Any]:
    values = row.fields
    return {
        "sequence": values["DistributionSequence"],
        "entity": values["DistributionAccount.ToAccountingEntity"] or values["Company"],
        "account": values["DistributionAccount.GeneralLedgerChartAccount"],
        "cost_center": values["DistributionAccount.AccountingUnit"],
        "project": values["DistributionAccount.Project"],
        "dimensions": {
            str(number): values[f"DistributionAccount.{name}"]
            for number, name in enumerate(DIMENSIONS, 1)
            if values[f"DistributionAccount.{name}"]
        },
        "amount": values["DistributionAmount"],
        "percent": values["DistributionPercent"],
        "quantity": values["DistributionQuantity"],
    }


def projects(tenant: Tenant) -> list[dict[str, Any]]:
    """Every project with its amounts as decimal text in the project's currency."""
    return [
        {
            "project": row.fields["Project"],
            "description": row.fields["Description"],
            "entity": row.fields["FinanceCodeBlock.AccountingEntity"],
            "currency": row.fields["Currency"],
            "status": row.fields["ProjectStatus"],
            "active": row.fields["Active"] == TRUE,
            "fields": {name: value for name, value in row.fields.items() if "User" in name},
            **{label: row.fields[name] for label, name in AMOUNT_FIELDS},
        }
        for row in tenant.tables["Project"].living()
    ]


def periods(tenant: Tenant) -> list[dict[str, Any]]:
    """Every period of every entity, with its days in ISO 8601 and whether it takes postings."""
    return [
        {
            "entity": row.fields["AccountingEntity"],
            "name": row.fields["PeriodName"],
            "begins": date.fromisoformat(row.fields["BeginDate"]).isoformat(),
            "ends": date.fromisoformat(row.fields["DerivedEndDate"]).isoformat(),
            "open": row.fields["Status"] == OPEN,
        }
        for row in tenant.tables["AccountingEntityPeriod"].living()
    ]
