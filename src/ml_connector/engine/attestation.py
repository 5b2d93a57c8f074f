"""Attesting hours: a person says that the hours of an order in a period were worked. What changes needs it anew."""

from __future__ import annotations

from ml_connector.core.corrections import Fate
from ml_connector.core.labor import facts_of, work_date
from ml_connector.core.periods import period_of
from ml_connector.core.records import Kind
from ml_connector.engine.lane import Lane
from ml_connector.engine.poll import order_key
from ml_connector.errors import Refused
from ml_connector.store import attestations, audit, bindings, keys, lineage, worklogs
from ml_connector.store.principals import Principal


def attest(lane: Lane, order: str, period: str, who: Principal) -> int:
    """Attest the live hours of an order in a period (`2026-11`) that are not attested yet. Returns how many there were.

    Nobody attests their own hours: those are left. Raises Refused for an order without an issue.
    """
    zone, now = lane.policy.cost.zone, lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        places = {each.issue_id: each.erp_key for each in bindings.of_orders(tx, lane.name, [order]) if each.issue_id}
        if not places:
            raise Refused(
                f"Purchase order {order} has no issue, and so no hours.",
                remedy="Name an order as `ml-connector budget` does, company first.",
            )
        places |= {
            issue_id: found.binding.erp_key
            for issue_id, found in lineage.standing(tx, lane.name, lineage.heirs(tx, lane.name, places)).items()
        }
        hours = {
            held.worklog.id: facts_of(held.worklog, places[held.worklog.issue_id], zone)
            for held in worklogs.of_issues(tx, lane.name, list(places))
            if held.state == Fate.LIVE
            and period_of(work_date(held.worklog, zone)) == period
            and held.worklog.author != who.account_id
        }
        known = attestations.of_worklogs(tx, lane.name, hours)
        new = {worklog_id: facts for worklog_id, facts in hours.items() if (worklog_id, facts) not in known}
        attestations.attest(tx, lane.name, new, who.name, now)
        audit.append(tx, now, who.name, "hours_attested", order, {"period": period, "worklogs": sorted(new)})
        keys.add(tx, lane.name, [order_key(Kind.PURCHASE_ORDER, order)], now)
    return len(new)
