"""Writing what differs: fields and statuses of issues, and CloudSuite's fields about them. All may be repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ml_connector.core.mapping import AUTHORIZATION
from ml_connector.core.plan import EPIC, TOLD, EditIssue, MoveIssue, WriteFields
from ml_connector.core.records import Finding, Kind
from ml_connector.engine import sighted
from ml_connector.engine.lane import Lane
from ml_connector.engine.poll import order_key
from ml_connector.engine.refusals import Place, Refusals
from ml_connector.engine.site import SiteFields
from ml_connector.erp.port import FieldUpdate
from ml_connector.errors import Rejected
from ml_connector.jira.port import IssueEdit, Screen
from ml_connector.store import bindings, erp_rows, keys

GONE = 404


def edit(lane: Lane, operations: Sequence[EditIssue], fields: SiteFields) -> tuple[Finding, ...]:
    """Write changed content, one call an issue and one for its property, remembering what was written.

    Each issue is read first: one that a person changed since is left, and planned again with what it reads now.
    """
    findings: list[Finding] = []
    refusals = Refusals(lane)
    with lane.database.read() as tx:
        epics = bindings.epics(tx, lane.name)
    for operation in _unchanged(lane, operations, fields):
        try:
            _write(lane, operation, fields, epics)
        except Rejected as error:
            findings.append(_refusal(refusals, operation, error))
        else:
            _remember(lane, operation.kind, operation.erp_key, operation.changes)
    return tuple(findings)


def _unchanged(lane: Lane, operations: Sequence[EditIssue], fields: SiteFields) -> list[EditIssue]:
    """Those whose issue reads as it did when this was planned. One that cannot be seen is tried: Jira tells why not."""
    wanted = [operation.issue_id for operation in operations]
    seen = {issue.id: issue for issue in lane.jira.issues(wanted, sighted.asked(fields))} if wanted else {}
    changed: set[str] = set()
    with lane.database.begin() as tx:
        lane.guard(tx)
        for binding in bindings.by_issue_ids(tx, lane.name, list(seen)):
            if sighted.take(tx, lane, binding, seen[binding.issue_id], fields):
                keys.add(tx, lane.name, [order_key(binding.kind, binding.erp_key)], lane.clock.now())
                changed.add(binding.issue_id)
    return [operation for operation in operations if operation.issue_id not in changed]


def _write(lane: Lane, operation: EditIssue, fields: SiteFields, epics: Mapping[str, str]) -> None:
    """The issue's fields, and its property of what is authorized; each only where it changes."""
    if operation.changes.keys() - {TOLD, AUTHORIZATION}:
        lane.jira.edit_issue(_edit(operation, fields, epics))
    if AUTHORIZATION in operation.changes:
        key = lane.policy.mapping.authorization_property
        lane.jira.set_property(operation.issue_id, key, operation.changes[AUTHORIZATION])


def _edit(operation: EditIssue, fields: SiteFields, epics: Mapping[str, str]) -> IssueEdit:
    changes = operation.changes
    return IssueEdit(
        issue_id=operation.issue_id,
        summary=_text(changes.get("summary")),
        text=_text(changes.get("text")),
        priority=_text(changes.get("priority")),
        fields=fields.values(changes),
        parent=epics.get(str(changes.get(EPIC, "")), ""),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _refusal(refusals: Refusals, operation: EditIssue | MoveIssue, error: Rejected) -> Finding:
    lane, about = refusals.lane, (operation.kind, operation.erp_key)
    with lane.database.begin() as tx:
        if error.status == GONE:
            bindings.gone(tx, lane.name, *about)
        (binding,) = bindings.by_keys(tx, lane.name, [about])
    place = Place(binding.jira_project, binding.issue_type, Screen.EDIT)
    return refusals.finding(*about, place, error.message, error.fields)


def move(lane: Lane, operations: Sequence[MoveIssue]) -> tuple[Finding, ...]:
    """Bring issues to the status that their state in CloudSuite asks for."""
    findings: list[Finding] = []
    refusals = Refusals(lane)
    for operation in operations:
        try:
            moved = lane.jira.transition(operation.issue_id, operation.status)
        except Rejected as error:
            findings.append(_refusal(refusals, operation, error))
            continue
        if moved:
            _remember(lane, operation.kind, operation.erp_key, {"status": operation.status})
        else:
            findings.append(_no_way(operation))
    return tuple(findings)


def _no_way(operation: MoveIssue) -> Finding:
    return Finding(
        "no_transition",
        f"{operation.kind.value.replace('_', ' ')} {operation.erp_key}",
        f"The workflow of {operation.issue_key} offers no transition to {operation.status} from where it is.",
        "Add the transition in Jira, or map another status in the connection.",
    )


def _remember(lane: Lane, kind: Kind, erp_key: str, written: Mapping[str, object]) -> None:
    """What we wrote is what an issue reads now, until it is read otherwise."""
    with lane.database.begin() as tx:
        lane.guard(tx)
        (binding,) = bindings.by_keys(tx, lane.name, [(kind, erp_key)])
        seen = {name: value for name, value in binding.seen.items() if name not in written}
        status = written.get("status", binding.status)
        changed = {"written": {**binding.written, **written}, "seen": seen, "status": status}
        bindings.update(tx, lane.name, kind, erp_key, **changed)


def write_fields(lane: Lane, operations: Sequence[WriteFields]) -> tuple[Finding, ...]:
    """Write CloudSuite's fields in batches, kind by kind, and note them in our copy so that they do not echo."""
    findings: list[Finding] = []
    for kind in Kind:
        mine = [operation for operation in operations if operation.kind is kind]
        updates = [FieldUpdate(kind, operation.erp_key, tuple(operation.values.items())) for operation in mine]
        results = lane.erp.write(updates) if updates else ()
        with lane.database.begin() as tx:
            lane.guard(tx)
            for operation, result in zip(mine, results, strict=True):
                if result.refusal:
                    findings.append(_not_written(operation, result.refusal))
                    continue
                erp_rows.note_fields(tx, lane.name, kind, operation.erp_key, operation.values, lane.clock.now())
                (binding,) = bindings.by_keys(tx, lane.name, [(kind, operation.erp_key)])
                bindings.update(
                    tx, lane.name, kind, operation.erp_key, erp_written={**binding.erp_written, **operation.values}
                )
    return tuple(findings)


def _not_written(operation: WriteFields, refusal: str) -> Finding:
    return Finding(
        "field_refused",
        f"{operation.kind.value.replace('_', ' ')} {operation.erp_key}",
        f"CloudSuite refused {', '.join(operation.values)}: {refusal}",
        "Correct the field names in the connection, or the record in CloudSuite.",
    )
