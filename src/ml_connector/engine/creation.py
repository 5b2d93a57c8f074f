"""Creating issues exactly once, on an API that has no idempotency key.

An issue is created under a stored intent and carries a marker that it can be found by. Before each first create the
marker is searched once (our database may be new); after an ambiguous answer two searches, a settle time apart, must
both find nothing before it is created again, because Jira's index lags and is not monotonic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection as Transaction

from ml_connector.core.mapping import AUTHORIZATION
from ml_connector.core.plan import EPIC, CreateIssue
from ml_connector.core.records import Finding, Issue, Kind, Severity
from ml_connector.engine.lane import Lane
from ml_connector.engine.poll import order_key
from ml_connector.engine.refusals import Place, Refusals
from ml_connector.engine.search import marked, search
from ml_connector.engine.site import SiteFields
from ml_connector.errors import Ambiguous
from ml_connector.jira.port import Created, IssueDraft, NotCreated, Screen
from ml_connector.store import audit, bindings, keys
from ml_connector.store.bindings import Binding

CREATE_BATCH = 50
"""Jira's own limit of one bulk create."""
LOOKS_NEEDED = 2
"""Searches that must find nothing, a settle time apart, before an issue in doubt is created again."""


def create(lane: Lane, operations: Sequence[CreateIssue], fields: SiteFields) -> tuple[Finding, ...]:
    """Create issues, 50 a call, those of projects first: orders may lie under them. Returns findings about those that
    Jira refused or that exist twice.
    """
    projects = [operation for operation in operations if operation.issue.kind is Kind.PROJECT]
    others = [operation for operation in operations if operation.issue.kind is not Kind.PROJECT]
    findings = [*_create(lane, projects, fields), *_create(lane, others, fields)]
    if projects and lane.policy.mapping.orders.under_project:
        _look_for_epics(lane)
    return tuple(findings)


def _create(lane: Lane, operations: Sequence[CreateIssue], fields: SiteFields) -> list[Finding]:
    findings: list[Finding] = []
    for start in range(0, len(operations), CREATE_BATCH):
        batch = operations[start : start + CREATE_BATCH]
        ready, doubled = _intend(lane, batch)
        findings += doubled
        if ready:
            findings += _send(lane, ready, fields)
        lane.say(f"issues created: {start + len(batch)} of {len(operations)}")
    return findings


def _look_for_epics(lane: Lane) -> None:
    """Orders that lie under no project's issue are looked at again: theirs may be there now."""
    with lane.database.begin() as tx:
        lane.guard(tx)
        waiting = [
            binding
            for binding in bindings.all_bound(tx, lane.name)
            if binding.kind is Kind.PURCHASE_ORDER and EPIC not in binding.written
        ]
        keys.add(tx, lane.name, [order_key(each.kind, each.erp_key) for each in waiting], lane.clock.now())


def _intend(lane: Lane, batch: Sequence[CreateIssue]) -> tuple[list[CreateIssue], list[Finding]]:
    """Look for each marker; adopt what exists, let what is in doubt wait, and store the intent of the rest."""
    with lane.database.read() as tx:
        held = {
            (binding.kind, binding.erp_key): binding
            for binding in bindings.by_keys(tx, lane.name, [_id(operation) for operation in batch])
        }
    due = [operation for operation in batch if _may_look(lane, held.get(_id(operation)))]
    there = _by_marker(lane, [operation.issue.marker for operation in due])
    with lane.database.begin() as tx:
        lane.guard(tx)
        ready = [
            operation
            for operation in due
            if _decide(tx, lane, operation, held.get(_id(operation)), there.get(operation.issue.marker, ()))
        ]
    return ready, [finding for operation in due if (finding := _doubled(operation, there)) is not None]


def _may_look(lane: Lane, binding: Binding | None) -> bool:
    """Never sent, or a settle time after the last send or look."""
    if binding is None or binding.sent_at is None:
        return True
    return lane.clock.now() >= binding.sent_at + lane.policy.jira_settle


def _decide(
    tx: Transaction, lane: Lane, operation: CreateIssue, binding: Binding | None, found: Sequence[Issue]
) -> bool:
    """Whether this issue may be created now. The intent is stored before the answer is yes."""
    kind, erp_key = _id(operation)
    now = lane.clock.now()
    if binding is None:
        bindings.intend(tx, lane.name, lane.site, kind, erp_key, operation.issue.marker, now)
    if found:
        issue = found[0]
        bind(tx, lane, operation, Created(issue.id, issue.key), project=issue.project, status=issue.status, written={})
        return False
    if binding is not None and binding.looked + 1 < LOOKS_NEEDED:
        bindings.update(tx, lane.name, kind, erp_key, looked=binding.looked + 1, sent_at=now)
        return False
    bindings.update(tx, lane.name, kind, erp_key, state="intended", looked=0, sent_at=now)
    return True


def _by_marker(lane: Lane, markers: Sequence[str]) -> dict[str, tuple[Issue, ...]]:
    """Issues that carry one of these markers, oldest first."""
    found: dict[str, tuple[Issue, ...]] = {}
    if not markers:
        return found
    for issue in search(lane, marked(markers), "created", ("labels", "status", "project", "issuetype")):
        for marker in set(markers).intersection(issue.labels):
            found[marker] = (*found.get(marker, ()), issue)
    return found


def _doubled(operation: CreateIssue, there: Mapping[str, Sequence[Issue]]) -> Finding | None:
    found = there.get(operation.issue.marker, ())
    if len(found) < LOOKS_NEEDED:
        return None
    kind, erp_key = _id(operation)
    keys_found = ", ".join(issue.key for issue in found)
    return Finding(
        "marker_repeated",
        f"{kind.value.replace('_', ' ')} {erp_key}",
        f"Issues {keys_found} all carry its marker; {found[0].key} is taken, and hours on the others are not costed.",
        "Remove the label from the copies, or move their hours.",
        Severity.WARN,
    )


def _send(lane: Lane, operations: Sequence[CreateIssue], fields: SiteFields) -> list[Finding]:
    with lane.database.read() as tx:
        epics = bindings.epics(tx, lane.name)
    operations = [
        operation if operation.issue.epic in ("", *epics) else _without_epic(operation) for operation in operations
    ]
    try:
        outcomes = lane.jira.create_issues([_draft(lane, operation, fields, epics) for operation in operations])
    except Ambiguous as error:
        _doubt(lane, operations, error.message)
        return []
    _record(lane, operations, outcomes)
    return _refused(lane, operations, outcomes, fields)


def _without_epic(operation: CreateIssue) -> CreateIssue:
    """Its project has got no issue after all: it is put under that when there is one."""
    content = {name: value for name, value in operation.content.items() if name != EPIC}
    return CreateIssue(replace(operation.issue, epic=""), content)


def _draft(lane: Lane, operation: CreateIssue, fields: SiteFields, epics: Mapping[str, str]) -> IssueDraft:
    issue, said = operation.issue, operation.content.get(AUTHORIZATION)
    return IssueDraft(
        project=issue.project,
        type=issue.type,
        summary=issue.summary,
        text=issue.text,
        marker=issue.marker,
        priority=issue.priority,
        fields=fields.values(operation.content),
        parent=issue.parent or epics.get(issue.epic, ""),
        properties={lane.policy.mapping.authorization_property: said} if said else {},
    )


def _doubt(lane: Lane, operations: Sequence[CreateIssue], why: str) -> None:
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        for operation in operations:
            kind, erp_key = _id(operation)
            bindings.update(tx, lane.name, kind, erp_key, state="in_doubt", looked=0, sent_at=now, note=why)
    lane.say(f"{len(operations)} issues in doubt: they are searched for after the settle time")


def _record(lane: Lane, operations: Sequence[CreateIssue], outcomes: Sequence[Created | NotCreated]) -> None:
    with lane.database.begin() as tx:
        lane.guard(tx)
        for operation, outcome in zip(operations, outcomes, strict=True):
            if isinstance(outcome, Created):
                bind(
                    tx, lane, operation, outcome, project=operation.issue.project, status="", written=operation.content
                )
            else:
                bindings.forget(tx, lane.name, *_id(operation))


def _refused(
    lane: Lane, operations: Sequence[CreateIssue], outcomes: Sequence[Created | NotCreated], fields: SiteFields
) -> list[Finding]:
    refusals = Refusals(lane)
    return [
        refusals.finding(
            *_id(operation),
            Place(operation.issue.project, operation.issue.type, Screen.CREATE),
            outcome.message,
            outcome.fields,
            fields.values(operation.content),
        )
        for operation, outcome in zip(operations, outcomes, strict=True)
        if isinstance(outcome, NotCreated)
    ]


def bind(
    tx: Transaction,
    lane: Lane,
    operation: CreateIssue,
    issue: Created,
    *,
    project: str,
    status: str,
    written: Mapping[str, object],
) -> None:
    """Tie an issue to its order or project for good, by its id. Hours logged before are looked at again."""
    kind, erp_key = _id(operation)
    now = lane.clock.now()
    bindings.bind(
        tx,
        lane.name,
        kind,
        erp_key,
        issue_id=issue.id,
        issue_key=issue.key,
        jira_project=project,
        issue_type=operation.issue.type,
        status=status,
        written=written,
    )
    keys.add(tx, lane.name, [order_key(kind, erp_key)], now)
    audit.append(tx, now, lane.name, "issue_bound", f"{kind.value} {erp_key}", {"issue": issue.id, "key": issue.key})


def _id(operation: CreateIssue) -> tuple[Kind, str]:
    return operation.issue.kind, operation.issue.erp_key
