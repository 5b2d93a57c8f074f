"""Going live without posting anything twice: what finance posted itself, what orders carried before, and a comparison.

What is imported here keeps hours from being posted or uses up what an order authorizes; nothing of it is ever written
to a vendor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from sqlalchemy import Connection as Transaction

from ml_connector.core.impact import Within
from ml_connector.core.labor import facts_of, work_date
from ml_connector.core.ledger import outstanding
from ml_connector.core.parallel import Planned, planned
from ml_connector.core.records import Kind, PurchaseOrder
from ml_connector.engine.lane import Lane
from ml_connector.engine.poll import order_key
from ml_connector.engine.world import all_keys, load_records, load_world
from ml_connector.store import audit, hand_postings, keys, lineage, opening_balances, postings, worklogs
from ml_connector.store.hand_postings import HandPosting
from ml_connector.store.lineage import Standing
from ml_connector.store.opening_balances import OpeningBalance
from ml_connector.store.worklogs import Held


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry in Jira that finance may have posted, and where it stands."""

    held: Held
    standing: Standing | None
    day: date
    posted_by_us: bool

    @property
    def order(self) -> str:
        """The order that it is on; empty where it is on none."""
        return self.standing.binding.order if self.standing is not None else ""

    @property
    def issue_key(self) -> str:
        """The key of its issue, as we know it; empty where we do not."""
        return self.standing.issue_key if self.standing is not None else ""


def entries(lane: Lane) -> tuple[Entry, ...]:
    """Every live entry that we have read."""
    with lane.database.read() as tx:
        live = [held for held in worklogs.everything(tx, lane.name) if held.state == worklogs.LIVE]
        standing = lineage.standing(tx, lane.name, {held.worklog.issue_id for held in live})
        recorded = postings.recorded_of_worklogs(tx, lane.name, [held.worklog.id for held in live])
    return tuple(
        Entry(
            held,
            standing.get(held.worklog.issue_id),
            work_date(held.worklog, lane.policy.cost.zone),
            bool(outstanding(recorded.get(held.worklog.id, ()))),
        )
        for held in live
    )


def import_by_hand(lane: Lane, posted: Mapping[str, str], known: Sequence[Entry], actor: str) -> int:
    """Keep that finance posted these worklogs: their ids with its references. They are never posted by us.

    Their orders are worked off again with the next run. Returns how many worklogs there are. Call it within a lease.
    """
    zone, now = lane.policy.cost.zone, lane.clock.now()
    of_ids = {entry.held.worklog.id: entry for entry in known}
    rows = [HandPosting(each, _facts(of_ids[each], zone), reference) for each, reference in posted.items()]
    with lane.database.begin() as tx:
        lane.guard(tx)
        hand_postings.keep(tx, lane.name, rows, actor, now)
        audit.append(tx, now, actor, "posted_by_hand", lane.name, {"worklogs": sorted(posted)})
        _work_off(tx, lane, {of_ids[each].order for each in posted})
    return len(rows)


def _facts(entry: Entry, zone: tzinfo) -> str:
    place = entry.standing.binding.erp_key if entry.standing is not None and entry.order else ""
    return facts_of(entry.held.worklog, place, zone)


def give_back(lane: Lane, worklog_ids: Collection[str], actor: str) -> int:
    """Let worklogs be costed by us after all. Returns how many of them had been posted by hand."""
    now = lane.clock.now()
    of_ids = {entry.held.worklog.id: entry for entry in entries(lane)}
    with lane.database.begin() as tx:
        lane.guard(tx)
        count = hand_postings.forget(tx, lane.name, worklog_ids)
        audit.append(tx, now, actor, "hand_posting_forgotten", lane.name, {"worklogs": sorted(worklog_ids)})
        _work_off(tx, lane, {of_ids[each].order for each in worklog_ids if each in of_ids})
    return count


def orders(lane: Lane) -> dict[str, PurchaseOrder]:
    """Every order that we have read and could read."""
    with lane.database.read() as tx:
        return load_records(tx, lane, all_keys(tx, lane)).orders


def import_opening(lane: Lane, balances: Iterable[OpeningBalance], actor: str) -> int:
    """Keep these opening balances in place of all former ones. Returns how many there are. Call it within a lease."""
    now = lane.clock.now()
    wanted = tuple(balances)
    with lane.database.begin() as tx:
        lane.guard(tx)
        before = opening_balances.everything(tx, lane.name)
        opening_balances.replace(tx, lane.name, wanted, actor, now)
        facts = {each.order: f"{each.amount.minor} {each.amount.currency}" for each in wanted}
        audit.append(tx, now, actor, "opening_balances_imported", lane.name, facts)
        _work_off(tx, lane, {each.order for each in (*before, *wanted)})
    return len(wanted)


def _work_off(tx: Transaction, lane: Lane, orders: Collection[str]) -> None:
    wanted = {order_key(Kind.PURCHASE_ORDER, order) for order in orders if order}
    keys.add(tx, lane.name, wanted, lane.clock.now())


def parallel(lane: Lane, first: date, within: Within) -> Planned:
    """What the hours of some days would come to by today's settings, from what we hold. Nothing is read or kept."""
    with lane.database.read() as tx:
        world = load_world(tx, lane, all_keys(tx, lane), cooling=False)
    return planned(world, lane.policy.cost, first, within)
