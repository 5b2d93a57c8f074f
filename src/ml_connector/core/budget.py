"""Budget arithmetic, declared: every amount sits in exactly one of committed, pending and actual.

Of an order

    authorized = committed + pending + actual      as long as it is not overrun
    remaining  = authorized - pending - actual     negative once it is

where *committed* is the part of the authorization that nothing has consumed. What consumes it is declared by the
order's type. Of a *labor authorization* hours do: *actual* is labor that was read back as posted in the ledger, and
*pending* is labor that was costed and is on its way (proposed, approved, staged, in doubt, released). Of *vendor spend*
the vendor's invoices do: *actual* is what CloudSuite tells as invoiced, and no labor counts.

Of a project, the ERP's own commitment still holds the whole of every order, and its own actuals hold our entries once
they are posted there. So labor on labor authorizations relieves the commitment, up to what each order authorized, and
what the ERP has posted already is not counted as pending again. Invoices the ERP has moved from its commitments to its
actuals by itself, so that vendor spend relieves nothing:

    remaining = budget - committed - pending - actual
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ml_connector.core.ledger import DROPPED, State
from ml_connector.core.money import Money
from ml_connector.core.records import Project, PurchaseOrder
from ml_connector.core.rules import Used


@dataclass(frozen=True, slots=True)
class LaborSum:
    """Labor of one order on one project in one posting state, summed from our books. `state` None: proposed now."""

    order: str
    project: str
    state: State | None
    amount: Money
    seconds: int = 0


class Consumption(StrEnum):
    """What consumes a budget: hours logged, the vendor's invoices, or invoices that CloudSuite does not tell of.

    A project is consumed by all that CloudSuite charges to it, and by labor that it does not show yet.
    """

    LABOR = "labor"
    INVOICES = "invoices"
    INVOICES_UNTOLD = "invoices, not told"
    CHARGES = "charges and labor"


@dataclass(frozen=True, slots=True)
class Budget:
    """The figures of one order or project, in its own currency. Where invoices are not told, none counts as actual."""

    authorized: Money
    committed: Money
    pending: Money
    actual: Money
    remaining: Money
    consumed_by: Consumption = Consumption.LABOR


def budget_of_order(
    order: PurchaseOrder, labor: Iterable[LaborSum], vendor_spend: Collection[str] = frozenset()
) -> Budget:
    """The figures of one purchase order. Closed orders commit nothing any more.

    `vendor_spend` are the types of orders that invoices consume.
    """
    if order.type in vendor_spend:
        told = order.invoiced is not None
        spent = order.invoiced or Money(0, order.currency)
        by = Consumption.INVOICES if told else Consumption.INVOICES_UNTOLD
        return _figures(order, Money(0, order.currency), spent, by)
    mine = [part for part in labor if part.order == order.key and part.state not in DROPPED]
    actual = _sum(mine, order.currency, posted=True)
    pending = _sum(mine, order.currency, posted=False)
    return _figures(order, pending, actual, Consumption.LABOR)


def _figures(order: PurchaseOrder, pending: Money, actual: Money, by: Consumption) -> Budget:
    remaining = order.authorized - pending - actual
    committed = Money(0 if order.closed else max(remaining.minor, 0), order.currency)
    return Budget(order.authorized, committed, pending, actual, remaining, by)


def budget_of_project(project: Project, labor: Iterable[LaborSum], authorized: dict[str, Money]) -> Budget:
    """The figures of one project. `authorized` is what each labor authorization of the connection holds.

    Labor in another currency than the project's is left to the ERP, which converts it when it posts.
    """
    mine = [
        part
        for part in labor
        if part.project == project.number and part.state not in DROPPED and part.amount.currency == project.currency
    ]
    consumed = _sum_all(mine, project.currency)
    ours_in_erp = _sum(mine, project.currency, posted=True)
    relieved = _relieved(mine, authorized, project.currency)
    committed = Money(max(project.commitment.minor - relieved.minor, 0), project.currency)
    pending = consumed - ours_in_erp
    remaining = project.budget - committed - pending - project.actual
    return Budget(project.budget, committed, pending, project.actual, remaining, Consumption.CHARGES)


def labor_used(orders: Mapping[str, PurchaseOrder], labor: Iterable[LaborSum]) -> dict[str, Used]:
    """The labor that each order carries in its own currency, posted or on its way: what rules see as used."""
    used: dict[str, Used] = {}
    for part in labor:
        order = orders.get(part.order)
        if order is not None and part.state not in DROPPED and part.amount.currency == order.currency:
            before = used.get(part.order, Used())
            used[part.order] = Used(before.minor + part.amount.minor, before.seconds + part.seconds)
    return used


_POSTED = frozenset({State.POSTED, State.CONFIRMED, State.REVERSED})


def _relieved(labor: Iterable[LaborSum], authorized: dict[str, Money], currency: str) -> Money:
    by_order: dict[str, int] = {}
    for part in labor:
        by_order[part.order] = by_order.get(part.order, 0) + part.amount.minor
    caps = {order: amount.minor for order, amount in authorized.items() if amount.currency == currency}
    return Money(sum(min(consumed, caps.get(order, 0)) for order, consumed in by_order.items()), currency)


def _sum(labor: Iterable[LaborSum], currency: str, *, posted: bool) -> Money:
    return _sum_all([part for part in labor if (part.state in _POSTED) == posted], currency)


def _sum_all(labor: Iterable[LaborSum], currency: str) -> Money:
    return Money(sum(part.amount.minor for part in labor if part.amount.currency == currency), currency)
