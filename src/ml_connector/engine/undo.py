"""Taking a whole batch out of the ledger again: its hours are withdrawn, and what stands for them is reversed.

The reversals are an ordinary plan: shown, approved by a second person and applied like any other. Withdrawn hours are
not costed again until somebody gives them back.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection as Transaction

from ml_connector.core.ledger import ACCRUALS, IN_LEDGER, Posting, outstanding
from ml_connector.core.plan import Plan
from ml_connector.core.records import Kind
from ml_connector.engine.lane import Lane
from ml_connector.engine.planning import plan_keys
from ml_connector.engine.poll import order_key
from ml_connector.engine.proposal import keep
from ml_connector.errors import Refused
from ml_connector.store import audit, keys, plans, postings, withdrawals


def undo(lane: Lane, subject: str, actor: str, reason: str) -> Plan:
    """Withdraw the hours of a posting or of all postings of a plan, and keep the plan that reverses them.

    `subject` is a reference or the beginning of a plan's hash. Raises Refused for what we do not know, for a posting
    that is not in the ledger for certain, and where nothing of it stands any more.
    """
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        batch = _batch(tx, lane, subject)
        worklogs = _standing(tx, lane, batch)
        withdrawals.withdraw(tx, lane.name, worklogs, actor, reason, now)
        facts = {"worklogs": sorted(worklogs), "reason": reason}
        audit.append(tx, now, actor, "batch_withdrawn", subject, facts)
        orders = _orders(tx, lane, worklogs)
        keys.add(tx, lane.name, orders, now)
    plan, _ = plan_keys(lane, orders)
    reversing = plan.only(posting for posting in plan.postings if worklogs & posting.inputs.keys())
    keep(lane, reversing, actor)
    return reversing


def give_back(lane: Lane, subject: str, actor: str) -> int:
    """Let the withdrawn hours of a posting or plan be costed again. Returns how many there were."""
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        batch = _batch(tx, lane, subject)
        charged = {share.worklog_id for posting in batch for part in posting.lines for share in part.shares}
        out = {item.worklog_id for item in withdrawals.of_worklogs(tx, lane.name, charged)}
        withdrawals.give_back(tx, lane.name, out)
        audit.append(tx, now, actor, "batch_given_back", subject, {"worklogs": sorted(out)})
        keys.add(tx, lane.name, _orders(tx, lane, out), now)
    return len(out)


def _batch(tx: Transaction, lane: Lane, subject: str) -> list[Posting]:
    """The postings that are meant."""
    posting = postings.find(tx, lane.name, subject)
    if posting is not None:
        return [posting]
    try:
        plan = plans.find(tx, lane.name, subject)
    except Refused:
        raise Refused(
            f"Connection {lane.name} knows no posting and no plan called {subject}.",
            remedy="Give a reference from `ml-connector ledger`, or the hash of the plan that it names.",
        ) from None
    found = [postings.load(tx, lane.name, reference) for reference in postings.of_plan(tx, lane.name, plan.hash)]
    if not found:
        raise Refused(f"Plan {plan.hash[:12]} posted nothing.", remedy="See `ml-connector ledger`.")
    return found


def _standing(tx: Transaction, lane: Lane, batch: list[Posting]) -> set[str]:
    """The worklogs of which a share of the batch stands. Raises Refused."""
    uncertain = [posting for posting in batch if posting.state not in IN_LEDGER]
    if uncertain:
        first = uncertain[0]
        raise Refused(
            f"{first.reference} is {first.state.value.replace('_', ' ')}: nothing reverses what is not certain.",
            remedy="Wait until it is released, or see `ml-connector explain` for what became of it.",
        )
    if any(share.entry in ACCRUALS for posting in batch for part in posting.lines for share in part.shares):
        raise Refused(
            "Accruals are not undone: they return in the next period by themselves.",
            remedy="Where one is wrong, correct its hours and run `ml-connector accrue` again.",
        )
    references = {posting.reference for posting in batch}
    charged = {share.worklog_id for posting in batch for part in posting.lines for share in part.shares}
    recorded = postings.recorded_of_worklogs(tx, lane.name, charged)
    standing = {
        worklog_id
        for worklog_id, items in recorded.items()
        if any(item.reference in references for item in outstanding(items))
    }
    if not standing:
        raise Refused("Nothing of it stands any more: all of it was reversed.", remedy="See `ml-connector explain`.")
    return standing


def _orders(tx: Transaction, lane: Lane, worklogs: Collection[str]) -> list[str]:
    recorded = postings.recorded_of_worklogs(tx, lane.name, worklogs)
    orders = {item.share.order for items in recorded.values() for item in items}
    return sorted(order_key(Kind.PURCHASE_ORDER, order) for order in orders)
