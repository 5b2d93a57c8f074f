"""The fit report: both sides read, nothing written to either, and everything held against the mapping."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection as Transaction

from ml_connector.core.fit import fit
from ml_connector.core.misfits import Fit
from ml_connector.core.money import Money
from ml_connector.core.order_fit import OrderFit, Site, rough_worth
from ml_connector.core.plan import World, make_plan
from ml_connector.engine.lane import Lane
from ml_connector.engine.poll import poll
from ml_connector.engine.site import site_fields
from ml_connector.engine.world import all_keys, erp_facts, load_world
from ml_connector.jira.port import CreateField
from ml_connector.store import erp_rows

FILLED = frozenset({"project", "issuetype", "summary", "description", "labels", "parent", "reporter"})
"""Fields of a new issue that we fill, or that Jira fills with us."""


def find_fit(lane: Lane) -> Fit:
    """Read both sides and report. Call it inside a recorded run; our own tables take up what was read."""
    poll(lane)
    with lane.database.read() as tx:
        world = load_world(tx, lane, all_keys(tx, lane), cooling=False)
        rough = _rough(tx, lane, world)
    policy = erp_facts(lane)
    plan = make_plan(world, lane.policy.mapping, policy, lane.policy.grouping)
    return fit(OrderFit(world, lane.policy.mapping, policy, read_site(lane), rough), plan)


def _rough(tx: Transaction, lane: Lane, world: World) -> dict[str, Money]:
    """What the orders that cannot be read stand for, as far as their lines can be."""
    subjects = [finding.subject for finding in world.findings if finding.code == "unreadable_record"]
    found: dict[str, Money] = {}
    for subject in subjects:
        rows = erp_rows.of_owners(tx, lane.name, {subject.rpartition(" ")[2]})
        amount = rough_worth(rows, lane.policy.cost.digits)
        if amount is not None:
            found[subject] = amount
    return found


def read_site(lane: Lane) -> Site:
    """The issue types of the mapped Jira projects, and the fields that their create screens demand of somebody else."""
    mapping = lane.policy.mapping
    known = {project.key for project in lane.jira.projects() if not project.archived}
    types = {each: frozenset(lane.jira.issue_types(each)) for each in mapping.jira_projects if each in known}
    order_projects = {mapping.orders.project, *mapping.orders.projects_by_entity.values()}
    wanted = {(project, mapping.orders.issue_type) for project in order_projects}
    wanted |= {
        (mapping.projects.project, name) for name in (mapping.projects.issue_type, *mapping.projects.types.values())
    }
    asked = [(project, name) for project, name in sorted(wanted) if name in types.get(project, ())]
    ours = {info.id for info in site_fields(lane.jira, lane.policy.field_names).by_name.values()}
    lacking = {each: demanded(lane.jira.create_fields(*each), ours) for each in asked}
    return Site(types, {each: names for each, names in lacking.items() if names})


def demanded(screen: Iterable[CreateField], ours: Collection[str]) -> tuple[str, ...]:
    """The fields of a create screen that an issue must have and that neither we nor Jira fill, by name."""
    return tuple(
        each.name for each in screen if each.required and not each.has_default and each.id not in {*FILLED, *ours}
    )
