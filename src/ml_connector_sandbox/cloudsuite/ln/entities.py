"""The entity sets of two LN services, as faces of the tenant's tables.

Services and sets are documented (`tdapi.purPurchaseOrder`: Orders, Lines; `tpapi.pdmProject`: Projects), the properties
beside the keys are not: these names are ours. A line of an order shows one coding; where the books split a line, it
shows none, because no page says how LN would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ml_connector_sandbox.cloudsuite import orders
from ml_connector_sandbox.cloudsuite.classes import TRUE, Row
from ml_connector_sandbox.cloudsuite.orders import Line, Order
from ml_connector_sandbox.cloudsuite.switches import text
from ml_connector_sandbox.cloudsuite.tenant import Tenant

KEY_WIDTH = 10
NO_DATE = "1970-01-01T00:00:00Z"
TEXT, NUMBER, WHOLE, INSTANT, WORD = "Edm.String", "Edm.Decimal", "Edm.Int32", "Edm.DateTimeOffset", "Enum"

Record = dict[str, object]
"""One record: text, `Decimal`, whole numbers, and aware instants; an instant that is None is LN's empty date."""


@dataclass(frozen=True, slots=True)
class EntitySet:
    """One set: its key, its properties with their types, those that a client may change, and where rows come from."""

    key: tuple[str, ...]
    properties: Mapping[str, str]
    writable: frozenset[str]
    rows: Callable[[Tenant, str], Iterator[Record]]


def padded(tenant: Tenant, code: str) -> str:
    """A key as LN keeps it: filled with blanks, on the side that the tenant says."""
    return code.rjust(KEY_WIDTH) if text(tenant.switches, "ln_key_padding") == "left" else code.ljust(KEY_WIDTH)


def instant(day: str) -> datetime | None:
    """The start of a day of the tables (YYYYMMDD) in UTC; none for an empty one."""
    return datetime.fromisoformat(f"{day}T00:00:00+00:00") if day.strip("0") else None


def _orders(tenant: Tenant, company: str) -> Iterator[Record]:
    for order in _of_company(tenant, company):
        values = order.row.fields
        yield {
            "PurchaseOrder": padded(tenant, values["PurchaseOrder"]),
            "BuyFromBusinessPartner": values["Vendor"],
            "Buyer": values["Buyer"],
            "OrderDate": instant(values["PurchaseOrderDate"]),
            "Currency": values["Currency"],
            "Status": "Closed" if values["Closed"] == TRUE else "Approved",
            "ReferenceA": "",
            "ReceiptDate": None,
            "ConfirmedReceiptDate": None,
            "ChangeDate": order.row.updated,
        }


def _of_company(tenant: Tenant, company: str) -> list[Order]:
    return [order for order in orders.every(tenant.tables) if order.row.fields["Company"] == company]


def _lines(tenant: Tenant, company: str) -> Iterator[Record]:
    for order in _of_company(tenant, company):
        for line in order.lines:
            yield _line(tenant, line)


def _line(tenant: Tenant, line: Line) -> Record:
    values = line.row.fields
    coding = line.distributions[0].fields if len(line.distributions) == 1 else {}

    def coded(name: str) -> str:
        return coding.get(f"DistributionAccount.{name}", "")

    return {
        "PurchaseOrder": padded(tenant, values["PurchaseOrder"]),
        "Line": int(values["LineNumber"]),
        "Sequence": 0,
        "Item": " " * 9 + values["Item"],
        "Description": values["Description"],
        "OrderedQuantity": Decimal(values["Quantity"]),
        "Price": Decimal(values["EnteredUnitCost"]),
        "Status": "Closed" if values["Closed"] == TRUE else "Open",
        "LedgerAccount": coded("GeneralLedgerChartAccount"),
        "Dimension1": coded("AccountingUnit"),
        "Dimension2": coded("FinanceDimension1"),
        "Project": padded(tenant, coded("Project")) if coded("Project") else "",
        "ChangeDate": max(row.updated for row in (line.row, *line.distributions)),
    }


def _projects(tenant: Tenant, company: str) -> Iterator[Record]:
    for row in tenant.tables["Project"].living():
        if row.fields["FinanceCodeBlock.AccountingEntity"] == company:
            yield _project(tenant, row)


def _project(tenant: Tenant, row: Row) -> Record:
    values = row.fields
    return {
        "Project": padded(tenant, values["Project"]),
        "Description": values["Description"],
        "Status": "Active" if values["Active"] == TRUE else "Closed",
        "ProjectType": values["ProjectType"],
        "Currency": values["Currency"],
        "StartDate": instant(values["ProjectDateRange.BeginDate"]),
        "FinishDate": instant(values["ProjectDateRange.EndDate"]),
        "ChangeDate": row.updated,
    }


SERVICES: Mapping[str, Mapping[str, EntitySet]] = {
    "tdapi.purPurchaseOrder": {
        "Orders": EntitySet(
            ("PurchaseOrder",),
            {
                **dict.fromkeys(("PurchaseOrder", "BuyFromBusinessPartner", "Buyer"), TEXT),
                "OrderDate": INSTANT,
                "Currency": TEXT,
                "Status": WORD,
                "ReferenceA": TEXT,
                **dict.fromkeys(("ReceiptDate", "ConfirmedReceiptDate", "ChangeDate"), INSTANT),
            },
            frozenset({"ReceiptDate", "ConfirmedReceiptDate"}),
            _orders,
        ),
        "Lines": EntitySet(
            ("PurchaseOrder", "Line", "Sequence"),
            {
                "PurchaseOrder": TEXT,
                **dict.fromkeys(("Line", "Sequence"), WHOLE),
                **dict.fromkeys(("Item", "Description"), TEXT),
                **dict.fromkeys(("OrderedQuantity", "Price"), NUMBER),
                "Status": WORD,
                **dict.fromkeys(("LedgerAccount", "Dimension1", "Dimension2", "Project"), TEXT),
                "ChangeDate": INSTANT,
            },
            frozenset(),
            _lines,
        ),
    },
    "tpapi.pdmProject": {
        "Projects": EntitySet(
            ("Project",),
            {
                **dict.fromkeys(("Project", "Description"), TEXT),
                "Status": WORD,
                **dict.fromkeys(("ProjectType", "Currency"), TEXT),
                **dict.fromkeys(("StartDate", "FinishDate", "ChangeDate"), INSTANT),
            },
            frozenset(),
            _projects,
        ),
    },
}
"""The services that are active, with their entity sets."""
EXPANDED = {"Orders": ("Lines", ("PurchaseOrder",))}
"""What `$expand` adds to a record of a set: the set that it is looked up in, and the properties that both share."""
