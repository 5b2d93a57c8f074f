"""The doctor: every permission, field, account and mapping tried without writing, and a fix named for each failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ml_connector.core.records import Coding
from ml_connector.engine.lane import Lane
from ml_connector.engine.site import site_fields
from ml_connector.errors import ConnectorError

PERMISSIONS = ("BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES")
"""What the integration user needs in every mapped Jira project."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried: what, whether it is well, what was found, and what to do where it is not."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def check(lane: Lane) -> tuple[Check, ...]:
    """Try everything. A failure never keeps the next check from being tried."""
    probes: list[Callable[[Lane], Iterator[Check]]] = [
        _cloudsuite,
        _clearing,
        _periods,
        _jira,
        _projects,
        _fields,
        _statuses,
        _cut_over,
    ]
    return tuple(result for probe in probes for result in _tried(probe, lane))


def _tried(probe: Callable[[Lane], Iterator[Check]], lane: Lane) -> list[Check]:
    try:
        return list(probe(lane))
    except ConnectorError as error:
        return [Check(probe.__name__.strip("_").replace("_", " "), ok=False, found=error.message, remedy=error.remedy)]


def _cloudsuite(lane: Lane) -> Iterator[Check]:
    missing = lane.erp.missing_fields()
    remedy = "Correct [cloudsuite.fields] or the field names in the connection."
    yield Check("CloudSuite fields", not missing, f"unknown: {', '.join(missing)}" if missing else "all known", remedy)


def _clearing(lane: Lane) -> Iterator[Check]:
    accounts = {value.code for value in lane.erp.accounts() if value.active and value.posting}
    centers = {value.code for value in lane.erp.cost_centers() if value.active}
    for entity, coding in sorted(lane.policy.cost.clearing.items()):
        wrong = [*_wrong(coding, accounts, centers)]
        found = "; ".join(wrong) or f"account {coding.account} takes postings"
        yield Check(
            f"labor clearing of {entity}", not wrong, found, f'Correct [clearing."{entity}"] in the connection.'
        )


def _wrong(coding: Coding, accounts: set[str], centers: set[str]) -> Iterator[str]:
    if coding.account not in accounts:
        yield f"GL account {coding.account} does not exist or takes no postings"
    if coding.cost_center and coding.cost_center not in centers:
        yield f"cost center {coding.cost_center} does not exist or is not active"


def _periods(lane: Lane) -> Iterator[Check]:
    today = lane.clock.now().astimezone(lane.policy.cost.zone).date()
    for entity in lane.policy.entities:
        present = [period for period in lane.erp.periods(entity) if period.begins <= today <= period.ends]
        if not present:
            yield Check(
                f"period of {entity}", ok=False, found=f"no fiscal period holds {today}", remedy="Set up the calendar."
            )
        for period in present:
            state = {True: "open", False: "closed", None: "of unknown state"}[period.open]
            yield Check(
                f"period of {entity}", period.open is not False, f"{period.name} is {state}", "Ask finance to open it."
            )


def _jira(lane: Lane) -> Iterator[Check]:
    yield Check("Jira sign-in", ok=True, found=f"account {lane.jira.whoami()}, by {lane.sign_in}")


def _projects(lane: Lane) -> Iterator[Check]:
    mapping = lane.policy.mapping
    known = set(lane.jira.projects())
    types_of_orders = {mapping.orders.issue_type, mapping.orders.line_issue_type} - {""}
    wanted = {project: set(types_of_orders) for project in _order_projects(lane)}
    wanted.setdefault(mapping.projects.project, set()).update(
        {mapping.projects.issue_type, *mapping.projects.types.values()}
    )
    for project, types in sorted(wanted.items()):
        if project not in known:
            remedy = "Create it, give the integration user Browse Projects, or map another one."
            yield Check(f"Jira project {project}", ok=False, found="it does not exist or cannot be seen", remedy=remedy)
            continue
        missing = sorted(types - set(lane.jira.issue_types(project)))
        found = f"no issue type {', '.join(missing)}" if missing else "issue types known"
        yield Check(f"Jira project {project}", not missing, found, "Add the issue type to the project, or map another.")
        held = lane.jira.permissions(project, PERMISSIONS)
        lacking = [name for name in PERMISSIONS if not held.get(name)]
        found = f"lacking {', '.join(lacking)}" if lacking else "all held"
        remedy = "Grant them to the integration user in the project's permission scheme."
        yield Check(f"permissions in {project}", not lacking, found, remedy)


def _order_projects(lane: Lane) -> set[str]:
    orders = lane.policy.mapping.orders
    return {orders.project, *orders.projects_by_entity.values()}


def _fields(lane: Lane) -> Iterator[Check]:
    fields = site_fields(lane.jira, lane.policy.field_names)
    mapping = lane.policy.mapping
    for project in sorted(_order_projects(lane)):
        on_screen = {field.id for field in lane.jira.create_fields(project, mapping.orders.issue_type)}
        missing = sorted(info.name for info in fields.by_name.values() if info.id not in on_screen)
        found = f"not on the create screen: {', '.join(missing)}" if missing else "on the create screen"
        yield Check(f"Jira fields in {project}", not missing, found, "Add the fields to the project's screens.")


def _statuses(lane: Lane) -> Iterator[Check]:
    mapping = lane.policy.mapping
    named = {mapping.orders.closed_status, mapping.projects.closed_status, *mapping.projects.statuses.values()}
    named |= {status for back in mapping.status_back for status in back.values}
    missing = sorted((named - {""}) - set(lane.jira.statuses()))
    found = f"unknown: {', '.join(missing)}" if missing else "all known"
    yield Check("Jira statuses", not missing, found, "Correct the status names in the connection.")


def _cut_over(lane: Lane) -> Iterator[Check]:
    start = lane.policy.cost.post_from
    found = f"hours from {start} on are posted" if start else "post_from is not set: nothing is posted"
    yield Check("cut-over date", start is not None, found, "Set post_from in the connection.")
