"""Orders whose coding has drifted: an account, cost center or project that CloudSuite closed while they still use it.

Hours on such orders are held one by one when they come. This finds it before, with what the orders authorize.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from ml_connector.core.dimensions import Flaw
from ml_connector.core.distributions import distribution_weights, foots
from ml_connector.core.labor import CostPolicy, posted_as
from ml_connector.core.money import Money, allocate
from ml_connector.core.records import Finding, Kind, PurchaseOrder, Severity
from ml_connector.engine.lane import Lane
from ml_connector.engine.poll import order_key
from ml_connector.engine.world import erp_facts, load_records
from ml_connector.store import erp_rows

ORDERS_SHOWN = 5


@dataclass(slots=True)
class _Use:
    """The open orders that use a closed code in one currency, and what they authorize on it."""

    flaw: Flaw
    minor: int = 0
    orders: dict[str, None] = field(default_factory=dict)


def drift(lane: Lane) -> tuple[Finding, ...]:
    """One finding for each code that open orders use and entries may not name today, by currency. Writes nothing."""
    policy = erp_facts(lane)
    if not policy.dimensions.codes:
        return ()
    with lane.database.read() as tx:
        keys = [order_key(Kind.PURCHASE_ORDER, owner) for owner in erp_rows.owners(tx, lane.name, Kind.PURCHASE_ORDER)]
        orders = load_records(tx, lane, keys).orders
    today = lane.clock.now().astimezone(policy.zone).date()
    return tuple(_found(orders.values(), policy, today))


def _found(orders: Iterable[PurchaseOrder], policy: CostPolicy, today: date) -> Iterator[Finding]:
    uses: dict[tuple[str, str, str, str], _Use] = {}
    for order in orders:
        for flaw, minor in _flaws(order, policy, today):
            use = uses.setdefault((flaw.code, flaw.part, flaw.value, order.currency), _Use(flaw))
            use.minor += minor
            use.orders[order.key] = None
    for (*_, currency), use in sorted(uses.items()):
        yield _finding(use, currency)


def _flaws(order: PurchaseOrder, policy: CostPolicy, today: date) -> Iterator[tuple[Flaw, int]]:
    """What is wrong with an open order's coding, each with its share of the line in minor units."""
    if order.closed:
        return
    for line in order.lines:
        if line.closed or not line.distributions or not foots(line):
            continue
        shares = allocate(line.amount.minor, [Fraction(weight) for weight in distribution_weights(line)])
        for distribution, minor in zip(line.distributions, shares, strict=True):
            coding = posted_as(distribution, policy, today).coding
            yield from ((flaw, minor) for flaw in policy.dimensions.flaws(coding, today))


def _finding(use: _Use, currency: str) -> Finding:
    named = list(use.orders)
    rest = f" and {len(named) - ORDERS_SHOWN} more" if len(named) > ORDERS_SHOWN else ""
    return Finding(
        "coding_drifted",
        f"{use.flaw.what}, {currency}",
        f"It {use.flaw.why}, and open orders are coded to it: {', '.join(named[:ORDERS_SHOWN])}{rest}. "
        "The amount is what they authorize on it; hours on them are held.",
        "Recode the orders in CloudSuite, reopen the code, or name what it becomes with [[recode]] in the connection.",
        Severity.WARN,
        "finance analyst",
        Money(use.minor, currency),
    )
