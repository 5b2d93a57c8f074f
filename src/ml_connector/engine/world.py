"""Loading what planning reads: orders and projects, their issues, the hours, and our own books about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection as Transaction

from ml_connector.core.budget import LaborSum
from ml_connector.core.corrections import Fate, LoggedWork
from ml_connector.core.dimensions import ACCOUNT, COST_CENTER, PROJECT, Code, Dimensions
from ml_connector.core.labor import CostPolicy, facts_of, work_date
from ml_connector.core.ledger import Posting, Recorded, State
from ml_connector.core.money import Money
from ml_connector.core.orders import order_from_rows, project_from_row
from ml_connector.core.plan import BoundIssue, World
from ml_connector.core.records import Finding, Kind, Project, PurchaseOrder, Row, Worklog
from ml_connector.engine.lane import Lane
from ml_connector.engine.poll import order_key, split_key
from ml_connector.erp.port import DimensionValue
from ml_connector.store import (
    attestations,
    bindings,
    erp_rows,
    hand_postings,
    holds,
    lineage,
    opening_balances,
    postings,
    releases,
    withdrawals,
    worklogs,
)
from ml_connector.store.bindings import Binding
from ml_connector.store.hand_postings import HandPosting
from ml_connector.store.worklogs import Held

NOT_BY_HAND = HandPosting("", "", "")
A_WEEK = timedelta(days=7)
"""How far around an entry the hours of its author are looked at, where overtime of a week may count."""
FACTS_AGE_MAX = timedelta(seconds=60)
"""How long a run relies on what it read of accounts, cost centers and periods."""


@dataclass(frozen=True, slots=True)
class Records:
    """Orders and projects as assembled from the ERP's rows, and what was wrong with the others."""

    orders: dict[str, PurchaseOrder]
    projects: dict[str, Project]
    findings: tuple[Finding, ...]


def all_keys(tx: Transaction, lane: Lane) -> list[str]:
    """Every order and project that we know."""
    kinds = (Kind.PURCHASE_ORDER, Kind.PROJECT)
    return [order_key(kind, owner) for kind in kinds for owner in erp_rows.owners(tx, lane.name, kind)]


def load_records(tx: Transaction, lane: Lane, keys: Iterable[str]) -> Records:
    """Assemble the orders and projects of these keys."""
    owners = {split_key(key)[1] for key in keys}
    by_owner: dict[str, list[Row]] = {}
    for row in erp_rows.of_owners(tx, lane.name, owners):
        by_owner.setdefault(f"{_owner_kind(row)}:{row.owner}", []).append(row)
    orders: dict[str, PurchaseOrder] = {}
    projects: dict[str, Project] = {}
    findings: list[Finding] = []
    for rows in by_owner.values():
        record = _record(rows, lane)
        if isinstance(record, Finding):
            findings.append(record)
        elif isinstance(record, PurchaseOrder):
            orders[record.key] = record
        elif isinstance(record, Project):
            projects[record.key] = record
    return Records(orders, projects, tuple(findings))


def _owner_kind(row: Row) -> Kind:
    return Kind.PROJECT if row.kind is Kind.PROJECT else Kind.PURCHASE_ORDER


def _record(rows: list[Row], lane: Lane) -> PurchaseOrder | Project | Finding | None:
    digits = lane.policy.cost.digits
    if rows[0].kind is Kind.PROJECT:
        return project_from_row(rows[0], digits)
    return order_from_rows(rows, digits)


def load_world(tx: Transaction, lane: Lane, keys: Collection[str], *, cooling: bool = True) -> World:
    """Everything that planning these keys reads. Orders that a worklog was moved between come along.

    Hours that changed too lately are left out, unless `cooling` is False.
    """
    of_orders = {erp_key for kind, erp_key in map(split_key, keys) if kind is Kind.PURCHASE_ORDER}
    asked = _bindings(tx, lane, keys)
    held = _held_worklogs(tx, lane, of_orders, asked)
    recorded = postings.recorded_of_worklogs(tx, lane.name, list(held))
    issue_ids = {item.worklog.issue_id for item in held.values()} | _charged_issues(recorded)
    standing = lineage.standing(tx, lane.name, issue_ids)
    issues = {issue_id: found.binding for issue_id, found in standing.items()}
    recorded |= _same_groups(tx, lane, of_orders, issues.values(), recorded)
    wanted = set(keys) | {order_key(issue.kind, issue.erp_key) for issue in issues.values()}
    records = load_records(tx, lane, wanted)
    labor = labor_of(tx, lane.name)
    bound = {
        (binding.kind, binding.erp_key): _bound(binding)
        for binding in _with_orders(tx, lane, asked, issues.values())
        if binding.issue_id
    }
    work = _work(tx, lane, held, issues)
    fresh = {item for item in work if cooling and _is_cooling(lane, item)}
    return World(
        connection=lane.name,
        today=lane.clock.now().astimezone(lane.policy.cost.zone).date(),
        orders=records.orders,
        projects=records.projects,
        bound=bound,
        work=tuple(item for item in work if item not in fresh),
        day_worklogs=_same_days(tx, lane, held),
        recorded=recorded,
        labor=labor,
        authorized=_authorized(tx, lane, labor, records.orders),
        issue_keys={issue_id: found.issue_key for issue_id, found in standing.items()},
        attempts=postings.attempts(tx, lane.name),
        findings=records.findings,
        epics=frozenset(bindings.epics(tx, lane.name)) if lane.policy.mapping.orders.under_project else frozenset(),
        cooling=frozenset(order for item in fresh for order in _orders_of(item, recorded)),
    )


def _bindings(tx: Transaction, lane: Lane, keys: Collection[str]) -> list[Binding]:
    """The issues of these orders, of their lines and of these projects."""
    wanted = [split_key(key) for key in keys]
    projects = [(kind, erp_key) for kind, erp_key in wanted if kind is Kind.PROJECT]
    orders = [erp_key for kind, erp_key in wanted if kind is Kind.PURCHASE_ORDER]
    return [*bindings.of_orders(tx, lane.name, orders), *bindings.by_keys(tx, lane.name, projects)]


def _with_orders(
    tx: Transaction, lane: Lane, asked: Sequence[Binding], others: Collection[Binding]
) -> Iterator[Binding]:
    """What was asked for, and every issue of the other orders that came along."""
    yield from asked
    yield from (binding for binding in others if not binding.order)
    known = {binding.order for binding in asked}
    yield from bindings.of_orders(tx, lane.name, {binding.order for binding in others if binding.order} - known)


def _is_cooling(lane: Lane, item: LoggedWork) -> bool:
    """Whether an entry changed too lately to be posted. What was deleted or withdrawn does not wait."""
    if not lane.policy.cooling_off:  # Jira's clock may run ahead of ours
        return False
    rested = lane.clock.now() - item.worklog.updated
    return item.fate is Fate.LIVE and not item.withdrawn and rested < lane.policy.cooling_off


def _orders_of(item: LoggedWork, recorded: Mapping[str, Sequence[Recorded]]) -> set[str]:
    """The order that an entry is on, and those that it is charged to."""
    return {item.order, *(entry.share.order for entry in recorded.get(item.worklog.id, ()))} - {""}


def only_worklogs(world: World, ids: Collection[str]) -> World:
    """The same world with no other worklogs: what an approved plan is held against, so that new keys do not count."""
    return replace(world, work=tuple(item for item in world.work if item.worklog.id in ids))


def recosting(world: World, ids: Collection[str]) -> World:
    """The same world with the posted cost of these worklogs held against today's rates, mapping and coding."""
    return replace(world, work=tuple(replace(item, recost=item.worklog.id in ids) for item in world.work))


def _held_worklogs(tx: Transaction, lane: Lane, orders: Collection[str], asked: Iterable[Binding]) -> dict[str, Held]:
    """Worklogs on the orders' issues now, and those that our books charge to the orders."""
    of_orders = {binding.issue_id for binding in asked if binding.order and binding.issue_id}
    of_orders |= lineage.heirs(tx, lane.name, of_orders)
    found = worklogs.of_issues(tx, lane.name, sorted(of_orders))
    charged = postings.worklogs_of_orders(tx, lane.name, orders)
    missing = set(charged) - {item.worklog.id for item in found}
    return {item.worklog.id: item for item in (*found, *worklogs.by_ids(tx, lane.name, list(missing)))}


def _charged_issues(recorded: Mapping[str, Sequence[Recorded]]) -> set[str]:
    """The issues that worklogs were on when they were charged: a reversal names the issue of its original."""
    return {item.share.issue_id for items in recorded.values() for item in items}


def _same_groups(
    tx: Transaction,
    lane: Lane,
    orders: Collection[str],
    issues: Iterable[Binding],
    recorded: Mapping[str, Sequence[Recorded]],
) -> dict[str, tuple[Recorded, ...]]:
    """What else our books hold about every order that a line may be planned for: generations count whole groups."""
    touched = set(orders) | {issue.order for issue in issues if issue.order}
    touched |= {item.share.order for items in recorded.values() for item in items}
    others = postings.worklogs_of_orders(tx, lane.name, touched) - set(recorded)
    return postings.recorded_of_worklogs(tx, lane.name, others)


def _work(tx: Transaction, lane: Lane, held: dict[str, Held], issues: dict[str, Binding]) -> tuple[LoggedWork, ...]:
    refused = holds.held(tx, lane.name, list(held))
    withdrawn = {item.worklog_id for item in withdrawals.of_worklogs(tx, lane.name, list(held))}
    attested = attestations.of_worklogs(tx, lane.name, list(held)) if lane.policy.attestation else set()
    released = releases.of_worklogs(tx, lane.name, list(held))
    by_hand = hand_postings.of_worklogs(tx, lane.name, list(held))
    zone = lane.policy.cost.zone
    work: list[LoggedWork] = []
    for worklog_id, item in held.items():
        binding = issues.get(item.worklog.issue_id)
        order, line = (binding.order, binding.line) if binding is not None else ("", "")
        facts = facts_of(item.worklog, binding.erp_key if binding is not None and order else "", zone)
        hold = refused.get(worklog_id)
        posted = by_hand.get(worklog_id, NOT_BY_HAND)
        work.append(
            LoggedWork(
                item.worklog,
                Fate(item.state),
                order,
                hold.refused(facts) if hold is not None else "",
                withdrawn=worklog_id in withdrawn or bool(posted.reference),
                attested=not lane.policy.attestation or (worklog_id, facts) in attested,
                line=line,
                released=released.get((worklog_id, facts), frozenset()),
                by_hand=posted.reference,
                by_hand_facts=posted.facts,
                irreversible=hold.irreversible if hold is not None else "",
            )
        )
    return tuple(work)


def _same_days(tx: Transaction, lane: Lane, held: dict[str, Held]) -> tuple[Worklog, ...]:
    """All live worklogs of the same people around the same days, on whatever issue."""
    live = [item.worklog for item in held.values() if item.state == Fate.LIVE]
    if not live:
        return ()
    days = [work_date(worklog, lane.policy.cost.zone) for worklog in live]
    authors = {worklog.author for worklog in live}
    margin = timedelta(days=1) if lane.policy.cost.time.idle else A_WEEK
    near = worklogs.of_authors(tx, lane.name, authors, min(days) - margin, max(days) + margin)
    return tuple(item.worklog for item in near if item.state == Fate.LIVE)


def _bound(binding: Binding) -> BoundIssue:
    return BoundIssue(
        kind=binding.kind,
        erp_key=binding.erp_key,
        issue_id=binding.issue_id,
        issue_key=binding.issue_key,
        project=binding.jira_project,
        status=binding.status,
        gone=binding.state == "gone",
        written=binding.written,
        erp_written=binding.erp_written,
        seen=binding.seen,
    )


def labor_of(tx: Transaction, connection: str) -> tuple[LaborSum, ...]:
    """The labor that orders carry: what our books hold, and what they carried before go-live."""
    before = tuple(
        LaborSum(each.order, each.project, State.CONFIRMED, each.amount, each.seconds)
        for each in opening_balances.everything(tx, connection)
    )
    return (*before, *postings.labor_sums(tx, connection))


def _authorized(
    tx: Transaction, lane: Lane, labor: tuple[LaborSum, ...], loaded: dict[str, PurchaseOrder]
) -> dict[str, Money]:
    """What each labor authorization with labor on it holds: project budgets relieve commitments by it."""
    others = {order_key(Kind.PURCHASE_ORDER, part.order) for part in labor if part.order not in loaded}
    more = load_records(tx, lane, others).orders if others else {}
    billed = lane.policy.cost.vendor_spend
    return {key: order.authorized for key, order in {**more, **loaded}.items() if order.type not in billed}


def erp_facts(lane: Lane) -> CostPolicy:
    """The cost policy with the ERP's own accounts, cost centers and closed periods: read only when hours are costed.

    A plan and its check in the same run share one reading, if it is not older than FACTS_AGE_MAX.
    """
    now = lane.clock.now()
    if lane.facts is None or now - lane.facts[0] > FACTS_AGE_MAX:
        lane.facts = now, _read_facts(lane)
    return lane.facts[1]


def _read_facts(lane: Lane) -> CostPolicy:
    policy = lane.policy.cost
    declared = policy.periods.calendar
    calendar = {entity: (*lane.erp.periods(entity), *declared.get(entity, ())) for entity in lane.policy.entities}
    if not lane.erp.capabilities.tells_dimensions:
        return replace(policy, periods=replace(policy.periods, calendar=calendar))
    accounts, centers = lane.erp.accounts(), lane.erp.cost_centers()
    return replace(
        policy,
        periods=replace(policy.periods, calendar=calendar),
        accounts=frozenset(value.code for value in accounts if value.active and value.posting),
        cost_centers=frozenset(value.code for value in centers if value.active),
        dimensions=Dimensions({ACCOUNT: _codes(accounts), COST_CENTER: _codes(centers), PROJECT: _projects(lane)}),
    )


def _codes(values: Iterable[DimensionValue]) -> dict[str, Code]:
    return {
        value.code: Code(
            value.code,
            value.active,
            value.posting,
            value.requires_project,
            value.begins,
            value.ends,
            value.cost_centers,
        )
        for value in values
    }


def _projects(lane: Lane) -> dict[str, Code]:
    """The projects as they were last read, by the code that codings name."""
    with lane.database.read() as tx:
        projects = _all_projects(tx, lane)
    return {project.number: Code(project.number, project.active) for project in projects}


def _all_projects(tx: Transaction, lane: Lane) -> Collection[Project]:
    keys = [order_key(Kind.PROJECT, owner) for owner in erp_rows.owners(tx, lane.name, Kind.PROJECT)]
    return load_records(tx, lane, keys).projects.values()


def charged_keys(tx: Transaction, lane: Lane, posting: Posting) -> set[str]:
    """The orders and projects whose figures tell how far a posting has come."""
    shares = [share for line in posting.lines for share in line.shares]
    numbers = {share.coding.project for share in shares}
    orders = {order_key(Kind.PURCHASE_ORDER, share.order) for share in shares}
    return orders | {order_key(Kind.PROJECT, each.key) for each in _all_projects(tx, lane) if each.number in numbers}
