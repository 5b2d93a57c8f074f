"""Purchase orders, their items and projects, as a site's IDOs show them.

Property names of orders and items are those of public client code; those of projects were never seen, and are ours.

A line of a CSI order carries one coding. A line of these books that is coded to several places is therefore shown as
what a buyer in CSI would enter: releases of a blanket line, one for each distribution, with the quantity that its share
comes to. Where a share is no whole quantity, its release is one lot at the amount. So a line's amount is what its
releases sum to: distributions that do not total their line cannot be shown.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ml_connector_sandbox.cloudsuite import orders
from ml_connector_sandbox.cloudsuite.classes import TRUE, Row
from ml_connector_sandbox.cloudsuite.csi.idos import Ido, Item, Property, Site, Values
from ml_connector_sandbox.cloudsuite.csi.sites import day, on, padded
from ml_connector_sandbox.cloudsuite.orders import Line, Order

VENDOR_WIDTH = 7
PLACES_MAX = 8
KEY_PROPERTY = "Uf_JiraKey"
KEY_WITHOUT_EXTENSIONS = "Charfld3"
USER_PROPERTIES = {"Charfld1": "PurchaseOrderUserField3", "Charfld2": "PurchaseOrderUserField7"}
PROJECT_PROPERTIES = {"Charfld2": "ProjectUserField7"}
STATES = {"Active": "A", "Inactive": "I", "Closed": "C"}
BLOCK = "DistributionAccount"


def order_items(site: Site) -> Iterator[Item]:
    """`SLPos`: the site's orders."""
    for order in _orders(site):
        row = order.row
        fields = row.fields
        parts = list(_parts(order))
        yield Item(
            (padded(fields["PurchaseOrder"]),),
            {
                "PoNum": padded(fields["PurchaseOrder"]),
                "VendNum": padded(str(zlib.crc32(fields["Vendor"].encode()) % 9_000_000), VENDOR_WIDTH),
                "VendorName": fields["Vendor"],
                "OrderDate": day(fields["PurchaseOrderDate"]),
                "Stat": "C" if fields["Closed"] == TRUE else "O",
                "Type": "B" if any(part.release for part in parts) else "R",
                "Buyer": fields["Buyer"],
                "PoCost": str(sum((part.quantity * part.cost for part in parts), Decimal(0))),
                "VenCurrCode": fields["Currency"],
                _key_property(site): fields["PurchaseOrderUserField5"],
                **{theirs: fields[ours] for theirs, ours in USER_PROPERTIES.items()},
            },
            row.updated,
        )


def _orders(site: Site) -> list[Order]:
    return [order for order in orders.every(site.tenant.tables) if order.row.fields["Company"] == site.company]


def _key_property(site: Site) -> str:
    return KEY_PROPERTY if on(site.tenant.switches, "csi_user_extensions") else KEY_WITHOUT_EXTENSIONS


def _hidden(site: Site) -> frozenset[str]:
    return frozenset() if on(site.tenant.switches, "csi_user_extensions") else frozenset({KEY_PROPERTY})


def update_order(site: Site, item: Item, values: Values) -> None:
    """Set a client's properties of an order."""
    names = {**USER_PROPERTIES, _key_property(site): "PurchaseOrderUserField5"}
    order = orders.find(site.tenant.tables, site.company, item.key[0].strip())
    changed = {names[name]: value for name, value in values.items()}
    orders.change(site.tenant.tables, order, changed, site.tenant.clock.now())


@dataclass(frozen=True, slots=True)
class Part:
    """One release of a line, or the line itself (release 0), with its one coding; none where there is no row for it."""

    line: Line
    release: int
    quantity: Decimal
    cost: Decimal
    coding: Row | None


def _parts(order: Order) -> Iterator[Part]:
    for line in order.lines:
        quantity, cost = (Decimal(line.row.fields[name]) for name in ("Quantity", "EnteredUnitCost"))
        if len(line.distributions) < 2:
            yield Part(line, 0, quantity, cost, line.distributions[0] if line.distributions else None)
            continue
        for release, row in enumerate(line.distributions, 1):
            yield Part(line, release, *_share(row, quantity, cost), row)


def _share(row: Row, quantity: Decimal, cost: Decimal) -> tuple[Decimal, Decimal]:
    """The quantity and unit cost of one distribution's release."""
    fields = row.fields
    if fields["DistributionPercent"]:
        return quantity * Decimal(fields["DistributionPercent"]) / 100, cost
    if fields["DistributionQuantity"]:
        return Decimal(fields["DistributionQuantity"]), cost
    amount = Decimal(fields["DistributionAmount"] or 0)
    exact = Fraction(amount) / Fraction(cost) if cost else Fraction(0)
    pieces = Decimal(exact.numerator) / Decimal(exact.denominator)
    if cost and Fraction(pieces) == exact and -int(pieces.normalize().as_tuple().exponent) <= PLACES_MAX:
        return pieces, cost
    return Decimal(1), amount


def line_items(site: Site) -> Iterator[Item]:
    """`SLPoItems`: the lines of the site's orders, and the releases of those that have any."""
    for order in _orders(site):
        number = padded(order.row.fields["PurchaseOrder"])
        for part in _parts(order):
            rows = [part.line.row, *([part.coding] if part.coding else [])]
            yield Item(
                (number, part.line.row.fields["LineNumber"], str(part.release)),
                {"PoNum": number, "PoRelease": str(part.release), **_line(part), **_coding(site, part.coding)},
                max(row.updated for row in rows),
            )


def _line(part: Part) -> dict[str, str]:
    fields = part.line.row.fields
    return {
        "PoLine": fields["LineNumber"],
        "Item": fields["Item"],
        "Description": fields["Description"],
        "QtyOrderedConv": format(part.quantity.normalize(), "f"),
        "ItemCostConv": format(part.cost, "f"),
        "DueDate": day(fields["EarlyDeliveryDate"]),
        "Stat": "C" if fields["Closed"] == TRUE else "O",
    }


def _coding(site: Site, row: Row | None) -> dict[str, str]:
    if row is None:
        return {}
    block = {name.partition(".")[2]: value for name, value in row.fields.items() if name.startswith(BLOCK)}
    units = ("AccountingUnit", "Project", "FinanceDimension1", "FinanceDimension2")
    project = block["Project"]
    return {
        "NonInvAcct": block["GeneralLedgerChartAccount"],
        **{f"NonInvAcctUnit{n}": site.local.unit(block[name]) for n, name in enumerate(units, 1)},
        **({"RefType": "K", "RefNum": padded(project)} if project else {}),
    }


def project_items(site: Site) -> Iterator[Item]:
    """`SLProjs`: the site's projects."""
    for row in site.tenant.tables["Project"].living():
        fields = row.fields
        if fields["FinanceCodeBlock.AccountingEntity"] != site.company:
            continue
        yield Item(
            (padded(fields["Project"]),),
            {
                "ProjNum": padded(fields["Project"]),
                "ProjDesc": fields["Description"],
                "Stat": STATES.get(fields["ProjectStatus"], "A"),
                "ProjType": fields["ProjectType"],
                "StartDate": day(fields["ProjectDateRange.BeginDate"]),
                "EndDate": day(fields["ProjectDateRange.EndDate"]),
                "CurrCode": fields["Currency"],
                "BudgetAmount": fields["ProjectBudgetAmount"],
                "ActualAmount": fields["ProjectActualAmount"],
                "CommittedAmount": fields["ProjectCommitmentAmount"],
                "UnitCode": site.local.unit(fields["Project"]),
                _key_property(site): fields["ProjectUserField5"],
                **{theirs: fields[ours] for theirs, ours in PROJECT_PROPERTIES.items()},
            },
            row.updated,
        )


def update_project(site: Site, item: Item, values: Values) -> None:
    """Set a client's properties of a project."""
    names = {**PROJECT_PROPERTIES, _key_property(site): "ProjectUserField5"}
    table = site.tenant.tables["Project"]
    row = next(row for row in table.living() if row.fields["Project"] == item.key[0].strip())
    changed = {names[name]: value for name, value in values.items() if name in names}
    table.change(row, changed, site.tenant.clock.now())


def _user(widths: dict[str, int]) -> tuple[Property, ...]:
    return tuple(Property(name, width=width, writable=True) for name, width in widths.items())


_USER = _user({"Charfld1": 10, "Charfld2": 30, KEY_WITHOUT_EXTENSIONS: 30, KEY_PROPERTY: 30})


def _texts(names: str) -> tuple[Property, ...]:
    return tuple(Property(name) for name in names.split())


def _typed(kind: str, names: str) -> tuple[Property, ...]:
    return tuple(Property(name, kind) for name in names.split())


ORDERS = Ido(
    "SLPos",
    "po",
    (
        *_texts("PoNum VendNum VendorName Stat Type Buyer VenCurrCode"),
        *_typed("date", "OrderDate"),
        *_typed("number", "PoCost Decifld1 Decifld2 Decifld3"),
        *_USER,
    ),
    order_items,
    keys=("PoNum",),
    update=update_order,
    hidden=_hidden,
)
LINES = Ido(
    "SLPoItems",
    "poitem",
    (
        *_texts("PoNum Item Description Stat NonInvAcct RefType RefNum RefLineSuf"),
        *_texts("NonInvAcctUnit1 NonInvAcctUnit2 NonInvAcctUnit3 NonInvAcctUnit4"),
        *_typed("date", "DueDate"),
        *_typed("number", "PoLine PoRelease QtyOrderedConv ItemCostConv"),
    ),
    line_items,
    keys=("PoNum", "PoLine", "PoRelease"),
)
PROJECTS = Ido(
    "SLProjs",
    "proj",
    (
        *_texts("ProjNum ProjDesc Stat ProjType CurrCode UnitCode"),
        *_typed("date", "StartDate EndDate"),
        *_typed("number", "BudgetAmount ActualAmount CommittedAmount"),
        *_USER,
    ),
    project_items,
    keys=("ProjNum",),
    update=update_project,
    hidden=_hidden,
)
