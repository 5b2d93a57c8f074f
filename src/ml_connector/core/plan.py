"""The plan: every difference between what is and what should be, as values. Nothing here writes anything.

The same code makes the plan that is shown, the plan that is approved and the plan that is applied.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from ml_connector.core.accruals import accrued, accruing, returning, taking_back
from ml_connector.core.budget import Budget, LaborSum, budget_of_order, budget_of_project, labor_used
from ml_connector.core.changes import facts_of_order, remark_text
from ml_connector.core.corrections import Books, Lacking, LoggedWork, lacking
from ml_connector.core.hours import measured
from ml_connector.core.journal import fingerprint
from ml_connector.core.journals import Draft, Grouping, drafts, line_content
from ml_connector.core.labor import CostPolicy, overfull_days
from ml_connector.core.ledger import Entry, Recorded, Share
from ml_connector.core.mapping import (
    AUTHORIZATION,
    DesiredIssue,
    IssueMapping,
    issue_of_line,
    issue_of_order,
    issue_of_project,
)
from ml_connector.core.money import Money, text_from_money
from ml_connector.core.ownership import Conflict, judge, told
from ml_connector.core.records import Finding, Kind, Project, PurchaseOrder, Severity, Worklog

TOLD = "told"
"""What an issue knows of its order, beside what its fields read: a new one knows what is."""
EPIC = "epic"
"""The number of the project whose issue an issue lies under."""
PLAN_OPERATIONS_MAX = 20_000
"""A larger plan is refused: nobody can read it, and a mapping gone wrong makes one."""


class Purpose(StrEnum):
    """What a plan is for: a newer plan takes the place of older ones for the same purpose, and of no others."""

    HOURS = "hours"
    RECOST = "recost"
    ACCRUAL = "accrual"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class BoundIssue:
    """What we know of the issue of an order or project. `written` is the content we last wrote, by our names; `seen` is
    what was read of it since, where that was other than what we had written.
    """

    kind: Kind
    erp_key: str
    issue_id: str
    issue_key: str
    project: str
    status: str
    gone: bool
    written: Mapping[str, object]
    erp_written: Mapping[str, str]
    seen: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreateIssue:
    """An issue to create, once, and to find again by its marker."""

    issue: DesiredIssue
    content: Mapping[str, object]

    @property
    def key(self) -> str:
        """What makes this operation the same one tomorrow."""
        return f"create {self.issue.kind} {self.issue.erp_key}"


@dataclass(frozen=True, slots=True)
class EditIssue:
    """Fields of an issue that should read otherwise, by our own names."""

    kind: Kind
    erp_key: str
    issue_id: str
    issue_key: str
    changes: Mapping[str, object]

    @property
    def key(self) -> str:
        """What makes this operation the same one tomorrow."""
        return f"edit {self.kind} {self.erp_key}"


@dataclass(frozen=True, slots=True)
class RemarkChange:
    """A remark on an order's issue about what changed in the order. `facts` are what the issue knows from then on."""

    kind: Kind
    erp_key: str
    issue_id: str
    issue_key: str
    text: str
    facts: Mapping[str, object]

    @property
    def key(self) -> str:
        """What makes this operation the same one tomorrow."""
        return f"remark {self.kind} {self.erp_key}"

    @property
    def subject(self) -> str:
        """What findings about it are about."""
        return f"{self.kind.value.replace('_', ' ')} {self.erp_key}"


@dataclass(frozen=True, slots=True)
class MoveIssue:
    """A status that an issue should have because of its state in CloudSuite."""

    kind: Kind
    erp_key: str
    issue_id: str
    issue_key: str
    status: str

    @property
    def key(self) -> str:
        """What makes this operation the same one tomorrow."""
        return f"status {self.kind} {self.erp_key}"


@dataclass(frozen=True, slots=True)
class WriteFields:
    """Fields of a CloudSuite record that should read otherwise, by CloudSuite's names."""

    kind: Kind
    erp_key: str
    values: Mapping[str, str]

    @property
    def key(self) -> str:
        """What makes this operation the same one tomorrow."""
        return f"fields {self.kind} {self.erp_key}"


@dataclass(frozen=True, slots=True)
class PostJournal:
    """A journal to post. `inputs` fingerprints, by worklog, everything that its lines were computed from."""

    draft: Draft
    inputs: Mapping[str, str]

    @property
    def key(self) -> str:
        """What makes this operation the same one tomorrow."""
        return f"post {self.draft.reference}"

    @property
    def returns_accruals(self) -> bool:
        """Whether it does nothing but return accruals: who approved those approved this."""
        return all(share.entry is Entry.ACCRUAL_RETURN for share in self.draft.shares)


Operation = CreateIssue | EditIssue | RemarkChange | MoveIssue | WriteFields | PostJournal


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """The budget of one order or project as of this plan."""

    kind: Kind
    erp_key: str
    budget: Budget


@dataclass(frozen=True, slots=True)
class Plan:
    """Operations and findings. The hash is over the operations alone: what a person approves is what is written.

    `recost` are the worklogs whose posted cost is to change although their hours did not; `accrue` the last days, by
    entity, of the periods that unposted hours are accrued in. `routed` are worklogs that, by a rule, a person has to
    approve.
    """

    connection: str
    operations: tuple[Operation, ...]
    findings: tuple[Finding, ...] = ()
    budgets: tuple[BudgetLine, ...] = ()
    recost: frozenset[str] = frozenset()
    accrue: Mapping[str, date] = field(default_factory=dict)
    routed: frozenset[str] = frozenset()
    hash: str = field(init=False, default="")

    def __post_init__(self) -> None:
        contents = [operation_content(operation) for operation in self.operations]
        object.__setattr__(self, "hash", fingerprint([self.connection, contents]))

    @property
    def postings(self) -> tuple[PostJournal, ...]:
        """The operations that touch the general ledger."""
        return tuple(operation for operation in self.operations if isinstance(operation, PostJournal))

    @property
    def purpose(self) -> Purpose:
        """What the plan is for."""
        if self.accrue:
            return Purpose.ACCRUAL
        if self.postings and all(posting.returns_accruals for posting in self.postings):
            return Purpose.RETURN
        return Purpose.RECOST if self.recost else Purpose.HOURS

    @property
    def worklogs(self) -> frozenset[str]:
        """The worklogs whose cost this plan posts."""
        return frozenset(worklog for posting in self.postings for worklog in posting.inputs)

    def only(self, operations: Iterable[Operation]) -> Plan:
        """A plan of some of these operations, with a hash of its own."""
        return Plan(
            self.connection, tuple(operations), self.findings, self.budgets, self.recost, self.accrue, self.routed
        )


@dataclass(frozen=True, slots=True)
class World:
    """Everything that planning reads: both sides and our ledger, for the keys in question.

    `day_worklogs` are all live worklogs of the people concerned, so that a day's total is seen over all orders;
    `labor` sums our books by order and project; `authorized` names what every labor authorization holds. `cooling` are
    orders with hours that changed too lately to be planned. `epics` are the numbers of projects that have an issue.
    """

    connection: str
    today: date
    orders: Mapping[str, PurchaseOrder]
    projects: Mapping[str, Project]
    bound: Mapping[tuple[Kind, str], BoundIssue]
    work: tuple[LoggedWork, ...]
    day_worklogs: tuple[Worklog, ...]
    recorded: Mapping[str, Sequence[Recorded]]
    labor: tuple[LaborSum, ...]
    authorized: Mapping[str, Money]
    issue_keys: Mapping[str, str]
    attempts: Mapping[str, int]
    findings: tuple[Finding, ...] = ()
    cooling: frozenset[str] = frozenset()
    epics: frozenset[str] = frozenset()


def owes_postings(world: World, policy: CostPolicy) -> bool:
    """Whether a plan for this world could hold postings."""
    return bool(lacking(world.work, books_of(world, policy)).deltas or accrued(world.work, world.recorded))


def books_of(world: World, policy: CostPolicy) -> Books:
    """What costing reads of a world besides its hours."""
    overfull = overfull_days(world.day_worklogs, policy.zone, policy.hours_per_day_max)
    return Books(
        world.orders,
        world.recorded,
        policy,
        world.today,
        overfull,
        labor_used(world.orders, world.labor),
        measured(world.day_worklogs, policy.time, policy.zone),
    )


def make_plan(world: World, mapping: IssueMapping, policy: CostPolicy, grouping: Grouping) -> Plan:
    """Compare what is with what should be, for everything in the world given."""
    books = books_of(world, policy)
    missing = lacking(world.work, books)
    estimated = accrued(world.work, world.recorded)
    back = taking_back(estimated, missing, books)
    returns = returning(estimated, books)
    postings = (
        *_postings(missing, world, grouping),
        *_postings(back, world, grouping.for_accruals()),
        *_postings(returns, world, grouping.for_accruals()),
    )
    budgets = tuple(_budgets(world, [share for posting in postings for share in posting.draft.shares], policy))
    remaining = {(line.kind, line.erp_key): line.budget.remaining for line in budgets}
    planned = {delta.worklog_id for delta in missing.deltas}
    steps = tuple(_issue_operations(world, mapping, remaining))
    operations = [*(step for step in steps if not isinstance(step, Finding)), *postings]
    findings = (
        *world.findings,
        *missing.findings,
        *missing.warnings,
        *back.findings,
        *_edited_by_others(world, planned),
        *(step for step in steps if isinstance(step, Finding)),
        *_issue_findings(world, mapping),
        *_overruns(budgets),
        *_also_invoiced(world, policy),
    )
    recost = frozenset(item.worklog.id for item in world.work if item.recost)
    return Plan(world.connection, tuple(operations), findings, budgets, recost & planned, routed=missing.routed)


def make_accrual_plan(world: World, ends: Mapping[str, date], policy: CostPolicy, grouping: Grouping) -> Plan:
    """The accruals that the periods with these last days, by entity, still lack."""
    lacks = accruing(world.work, books_of(world, policy), ends)
    return Plan(world.connection, _postings(lacks, world, grouping.for_accruals()), lacks.findings, accrue=ends)


def _postings(missing: Lacking, world: World, grouping: Grouping) -> tuple[PostJournal, ...]:
    """The journals of what is lacking."""
    inputs = {delta.worklog_id: delta.inputs for delta in missing.deltas}
    shares = [share for delta in missing.deltas for share in delta.shares]
    return tuple(
        PostJournal(draft, {share.worklog_id: inputs[share.worklog_id] for share in draft.shares})
        for draft in drafts(shares, world.recorded, world.issue_keys, world.attempts, grouping)
    )


def _edited_by_others(world: World, planned: Collection[str]) -> Iterator[Finding]:
    """Entries in this plan that somebody else than their author has written last: an approver should know."""
    for item in world.work:
        worklog = item.worklog
        if worklog.id in planned and worklog.updater != worklog.author:
            yield Finding(
                "edited_by_another",
                f"worklog {worklog.id}",
                f"Jira account {worklog.updater} changed it last, and not its author {worklog.author}.",
                "Ask the author before you approve the plan.",
                Severity.WARN,
            )


def _budgets(world: World, proposed: Sequence[Share], policy: CostPolicy) -> Iterator[BudgetLine]:
    labor = (*world.labor, *(_proposed_labor(share) for share in proposed))
    for key in sorted(world.orders):
        yield BudgetLine(Kind.PURCHASE_ORDER, key, budget_of_order(world.orders[key], labor, policy.vendor_spend))
    for key in sorted(world.projects):
        yield BudgetLine(Kind.PROJECT, key, budget_of_project(world.projects[key], labor, dict(world.authorized)))


def _also_invoiced(world: World, policy: CostPolicy) -> Iterator[Finding]:
    """Labor authorizations that the vendor bills as well: the same work may be charged twice."""
    for key, order in sorted(world.orders.items()):
        if order.type not in policy.vendor_spend and order.invoiced is not None and order.invoiced.minor > 0:
            yield Finding(
                code="also_invoiced",
                subject=f"purchase order {key}",
                message="Its hours are posted as labor, and its vendor has invoiced it: work may be charged twice.",
                remedy='If the vendor bills these hours, declare the type as [[order_type]], budget = "vendor_spend".',
                severity=Severity.WARN,
                owner="finance analyst",
                amount=order.invoiced,
            )


def _proposed_labor(share: Share) -> LaborSum:
    return LaborSum(share.order, share.coding.project, None, share.amount, share.seconds)


def _overruns(budgets: Sequence[BudgetLine]) -> Iterator[Finding]:
    for line in budgets:
        if line.budget.remaining.minor < 0:
            yield Finding(
                code="over_authorization" if line.kind is Kind.PURCHASE_ORDER else "over_budget",
                subject=f"{line.kind.value.replace('_', ' ')} {line.erp_key}",
                message="It is overdrawn: what is committed, pending and charged is more than it holds.",
                remedy="Raise it in CloudSuite, or have hours moved; `ml-connector budget` shows the figures.",
                severity=Severity.WARN,
                owner="project manager",
                amount=line.budget.remaining,
            )


def _issue_operations(
    world: World, mapping: IssueMapping, remaining: Mapping[tuple[Kind, str], Money]
) -> Iterator[Operation | Finding]:
    coming = {each.number for key, each in world.projects.items() if (Kind.PROJECT, key) not in world.bound}
    for key, order in sorted(world.orders.items()):
        left = remaining[Kind.PURCHASE_ORDER, key]
        stale = order.closed and _before(order.ordered, mapping.opened_from)
        issue = issue_of_order(order, left, mapping)
        # A new issue may lie under one that is made with it, before it. Without either, it stays where it is.
        there = world.epics if (Kind.PURCHASE_ORDER, key) in world.bound else world.epics | coming
        issue = replace(
            issue,
            epic=issue.epic if issue.epic in there else "",
            facts=facts_of_order(order, mapping.digits) if mapping.orders.tell_changes else {},
        )
        yield from _operations(world, issue, left, order.fields, mapping, stale=stale)
        yield from _remarks(world, order, mapping)
        yield from _line_operations(world, order, mapping)
    for key, project in sorted(world.projects.items()):
        left = remaining[Kind.PROJECT, key]
        stale = not project.active and _before(project.ends, mapping.opened_from)
        yield from _operations(
            world, issue_of_project(project, left, mapping), left, project.fields, mapping, stale=stale
        )


def _remarks(world: World, order: PurchaseOrder, mapping: IssueMapping) -> Iterator[RemarkChange]:
    """What an order's issue is to be told. One that was told nothing yet knows what is now: see `issue_content`."""
    bound = world.bound.get((Kind.PURCHASE_ORDER, order.key))
    told_before = bound.written.get(TOLD) if bound is not None else None
    if bound is None or bound.gone or not mapping.orders.tell_changes or not isinstance(told_before, Mapping):
        return
    facts = facts_of_order(order, mapping.digits)
    text = remark_text(order, told_before, facts)
    if text:
        yield RemarkChange(bound.kind, bound.erp_key, bound.issue_id, bound.issue_key, text, facts)


def _line_operations(world: World, order: PurchaseOrder, mapping: IssueMapping) -> Iterator[Operation | Finding]:
    """The sub-tasks of an order's lines, once the order has its issue. A closed line gets none any more."""
    parent = world.bound.get((Kind.PURCHASE_ORDER, order.key))
    if not mapping.orders.line_issue_type or parent is None or parent.gone:
        return
    for line in order.lines:
        issue = issue_of_line(order, line, parent.issue_id, mapping)
        yield from _operations(world, issue, line.amount, {}, mapping, stale=line.closed or order.closed)


def _before(day: date | None, opened_from: date | None) -> bool:
    """What was over before the cut-over date gets no issue: the first sync creates no museum."""
    return day is None or opened_from is None or day < opened_from


def _operations(
    world: World,
    issue: DesiredIssue,
    remaining: Money,
    erp_fields: Mapping[str, str],
    mapping: IssueMapping,
    *,
    stale: bool,
) -> Iterator[Operation | Finding]:
    bound = world.bound.get((issue.kind, issue.erp_key))
    if bound is not None:
        if not bound.gone:
            yield from _bound_operations(issue, remaining, bound, erp_fields, mapping)
    elif not stale:
        yield CreateIssue(issue, issue_content(issue, mapping))


def _bound_operations(
    issue: DesiredIssue, remaining: Money, bound: BoundIssue, erp_fields: Mapping[str, str], mapping: IssueMapping
) -> Iterator[Operation | Finding]:
    content = issue_content(issue, mapping)
    if TOLD in bound.written:
        content.pop(TOLD, None)  # from here on by remarks
    verdict = judge(content, bound.written, bound.seen, mapping.owners)
    if verdict.changes:
        yield EditIssue(bound.kind, bound.erp_key, bound.issue_id, bound.issue_key, verdict.changes)
    if verdict.conflicts:
        yield _conflicting(bound, verdict.conflicts)
    if issue.status and bound.status != issue.status and bound.written.get("status") != issue.status:
        yield MoveIssue(bound.kind, bound.erp_key, bound.issue_id, bound.issue_key, issue.status)
    values = dict(_erp_values(remaining, bound, erp_fields, mapping))
    if values:
        yield WriteFields(bound.kind, bound.erp_key, values)


def _conflicting(bound: BoundIssue, conflicts: tuple[Conflict, ...]) -> Finding:
    return Finding(
        "field_conflict",
        f"{bound.kind.value.replace('_', ' ')} {bound.erp_key}",
        f"Issue {bound.issue_key}: {'; '.join(told(conflicts))}. Jira's values were left as they are.",
        "Correct one of the two, or empty the field in Jira to have it filled; [jira.ownership] names who decides.",
        Severity.WARN,
        "project manager",
    )


def _erp_values(
    remaining: Money, bound: BoundIssue, erp_fields: Mapping[str, str], mapping: IssueMapping
) -> Iterator[tuple[str, str]]:
    """What the ERP's fields should read: the issue's key, the remaining budget, the status where it changed."""
    key_field = mapping.key_fields.get(bound.kind, "")
    if key_field and erp_fields.get(key_field, "") != bound.issue_key and not _taken(bound, erp_fields, key_field):
        yield key_field, bound.issue_key
    remaining_field = mapping.remaining_fields.get(bound.kind, "")
    if remaining_field and erp_fields.get(remaining_field, "") != amount_text(remaining, mapping):
        yield remaining_field, amount_text(remaining, mapping)
    for back in mapping.status_back:
        value = back.values.get(bound.status, "")
        # Only a change in Jira writes: a value that finance set later is finance's.
        if back.kind is bound.kind and value and bound.erp_written.get(back.field) != value:
            yield back.field, value


def _taken(bound: BoundIssue, erp_fields: Mapping[str, str], key_field: str) -> bool:
    """Whether the key field holds something that we never wrote."""
    return erp_fields.get(key_field, "") not in ("", bound.erp_written.get(key_field, ""))


def _issue_findings(world: World, mapping: IssueMapping) -> Iterator[Finding]:
    for (kind, erp_key), bound in sorted(world.bound.items()):
        what = f"{kind.value.replace('_', ' ')} {erp_key}"
        if bound.gone:
            yield Finding(
                "issue_gone",
                what,
                f"Its issue {bound.issue_key} was deleted or cannot be seen any more.",
                "Restore it or the permission; what was posted for it stands, and no second issue is made by itself.",
            )
        elif bound.project and bound.project not in mapping.jira_projects:
            yield Finding(
                "issue_moved",
                what,
                f"A person moved its issue to {bound.issue_key}, outside the mapped Jira projects.",
                "Move it back, or map that Jira project. Hours on it are still costed.",
                Severity.WARN,
                "project manager",
            )
        record = world.orders.get(erp_key) if kind is Kind.PURCHASE_ORDER else world.projects.get(erp_key)
        key_field = mapping.key_fields.get(kind, "")
        if (
            record
            and key_field
            and record.fields.get(key_field, "") != bound.issue_key
            and _taken(bound, record.fields, key_field)
        ):
            yield Finding(
                "key_field_taken",
                what,
                f"CloudSuite's field {key_field} holds {record.fields.get(key_field)!r}, which we did not write.",
                "Clear the field in CloudSuite, or name another one in the connection.",
                Severity.WARN,
            )


def issue_content(issue: DesiredIssue, mapping: IssueMapping) -> dict[str, object]:
    """An issue's content as JSON values by our own names: what is compared, stored and hashed."""
    values = {
        name: amount_text(value, mapping) if isinstance(value, Money) else value for name, value in issue.values.items()
    }
    content: dict[str, object] = {"summary": issue.summary, "text": issue.text, **values}
    priority = {"priority": issue.priority} if issue.priority else {}
    epic = {EPIC: issue.epic} if issue.epic else {}
    authorized = {AUTHORIZATION: dict(issue.authorization)} if issue.authorization else {}
    return {**content, **priority, **epic, **authorized, **({TOLD: issue.facts} if issue.facts else {})}


def amount_text(money: Money, mapping: IssueMapping) -> str:
    """An amount with all its decimals and no currency."""
    return text_from_money(money, mapping.digits(money.currency))


def operation_content(operation: Operation) -> list[object]:
    """An operation as canonical JSON values: what a plan's hash is taken over."""
    match operation:
        case CreateIssue():
            issue = operation.issue
            parent = [issue.parent] if issue.parent else []
            return [operation.key, issue.marker, issue.project, issue.type, dict(operation.content), *parent]
        case EditIssue():
            return [operation.key, operation.issue_id, dict(operation.changes)]
        case RemarkChange():
            return [operation.key, operation.issue_id, operation.text]
        case MoveIssue():
            return [operation.key, operation.issue_id, operation.status]
        case WriteFields():
            return [operation.key, dict(operation.values)]
        case PostJournal():
            lines = [line_content(part.line) for part in operation.draft.lines]
            return [operation.key, operation.draft.content, lines, dict(operation.inputs)]


def drift(approved: Plan, today: Plan) -> tuple[str, ...]:
    """The operations of an approved plan that today's plan, made for the same keys, no longer holds unchanged."""
    now = {operation.key: operation_content(operation) for operation in today.operations}
    return tuple(
        operation.key for operation in approved.operations if now.get(operation.key) != operation_content(operation)
    )
