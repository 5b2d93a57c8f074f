"""Making a plan from the store: which keys, which world, which policy. Writes nothing to either vendor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from ml_connector.core.ledger import outstanding
from ml_connector.core.plan import Plan, World, make_accrual_plan, make_plan, owes_postings
from ml_connector.engine.lane import Lane
from ml_connector.engine.world import all_keys, erp_facts, load_world, only_worklogs, recosting


def plan_keys(lane: Lane, keys: Collection[str]) -> tuple[Plan, World]:
    """The plan for some keys, and the world that it was made from."""
    with lane.database.read() as tx:
        world = load_world(tx, lane, keys)
    return _plan(lane, world), world


def plan_all(lane: Lane) -> Plan:
    """The plan for everything that we know."""
    with lane.database.read() as tx:
        world = load_world(tx, lane, all_keys(tx, lane))
    return _plan(lane, world)


def plan_again(lane: Lane, about: Mapping[str, Any]) -> Plan:
    """Today's plan for what an earlier one was about, as its document tells: its keys, worklogs, those to be costed
    anew, and operations. New keys do not count, changed inputs do.
    """
    ends = {entity: date.fromisoformat(day) for entity, day in dict(about.get("accrue", {})).items()}
    with lane.database.read() as tx:
        world = only_worklogs(load_world(tx, lane, about["keys"], cooling=not ends), about["worklogs"])
    if ends:
        plan = make_accrual_plan(world, ends, erp_facts(lane), lane.policy.grouping)
    else:
        plan = _plan(lane, recosting(world, about.get("recost", ())))
    return plan.only(operation for operation in plan.operations if operation.key in about["contents"])


def plan_accrual(lane: Lane, ends: Mapping[str, date]) -> Plan:
    """What the periods with these last days, by entity, lack of accruals. Hours that still cool off count too."""
    with lane.database.read() as tx:
        world = load_world(tx, lane, all_keys(tx, lane), cooling=False)
    return make_accrual_plan(world, ends, erp_facts(lane), lane.policy.grouping)


def plan_recosting(lane: Lane, keys: Collection[str]) -> Plan:
    """What would have to be reversed and replaced if the posted hours of these orders were costed today."""
    with lane.database.read() as tx:
        world = load_world(tx, lane, keys)
    posted = {worklog_id for worklog_id, items in world.recorded.items() if outstanding(items)}
    plan = _plan(lane, recosting(world, posted))
    return plan.only(posting for posting in plan.postings if posting.inputs.keys() <= plan.recost)


def _plan(lane: Lane, world: World) -> Plan:
    """Hand a world to the core. The ERP is asked for accounts, cost centers and periods only where hours wait."""
    policy = lane.policy
    cost = erp_facts(lane) if owes_postings(world, policy.cost) else policy.cost
    return make_plan(world, policy.mapping, cost, policy.grouping)
