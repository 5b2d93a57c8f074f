"""Posted hours that would cost something else today: a rate was corrected, an order coded anew, the mapping changed.

What was posted is never costed again silently. The difference is shown as a plan, and a second person accepts it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ml_connector.core.ledger import IN_LEDGER, Share
from ml_connector.core.money import Money
from ml_connector.core.plan import Plan
from ml_connector.core.records import Finding, Kind, Severity
from ml_connector.engine.lane import Lane
from ml_connector.engine.planning import plan_recosting
from ml_connector.engine.poll import order_key
from ml_connector.engine.proposal import keep
from ml_connector.errors import Refused
from ml_connector.store import postings
from ml_connector.store.database import chunks


def recost(lane: Lane, orders: Collection[str], actor: str) -> Plan:
    """Keep the plan that would cost the posted hours of some orders anew; of all that have any, where none is named.

    Raises Refused for an order that has no posted hours.
    """
    charged = _charged(lane)
    unknown = sorted(set(orders) - charged)
    if unknown:
        raise Refused(
            f"No hours of purchase order {unknown[0]} are posted.",
            remedy="Name an order as `ml-connector budget` does, company first.",
        )
    plan = plan_recosting(lane, [order_key(Kind.PURCHASE_ORDER, order) for order in sorted(orders or charged)])
    if plan.operations:
        keep(lane, plan, actor)
    return plan


def due(lane: Lane) -> tuple[Finding, ...]:
    """A finding for each order whose posted hours would cost something else today."""
    found: list[Finding] = []
    for part in chunks(sorted(_charged(lane))):
        plan = plan_recosting(lane, [order_key(Kind.PURCHASE_ORDER, order) for order in part])
        shares: dict[str, list[Share]] = {}
        for share in (share for posting in plan.postings for share in posting.draft.shares):
            shares.setdefault(share.order, []).append(share)
        found += [_finding(order, changed) for order, changed in sorted(shares.items())]
    return tuple(found)


def _finding(order: str, shares: Sequence[Share]) -> Finding:
    count = len({share.worklog_id for share in shares})
    return Finding(
        "recosting_due",
        f"purchase order {order}",
        f"{count} worklogs were posted by other rates, premiums, burdens, mapping or coding than today's.",
        f"See the difference with `ml-connector recost {order}`; a second person accepts it, or it stays as it is.",
        Severity.WARN,
        "finance analyst",
        Money(sum(share.amount.minor for share in shares), shares[0].amount.currency),
    )


def _charged(lane: Lane) -> set[str]:
    with lane.database.read() as tx:
        return {part.order for part in postings.labor_sums(tx, lane.name) if part.state in IN_LEDGER}
