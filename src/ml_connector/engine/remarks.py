"""Telling an issue what changed in its order: each change once, on an interface that has no idempotency key.

A remark is stored before it is sent, and carries a reference that it is found by. Where nobody knows whether it
arrived, it is looked for after the settle time, and sent again only if it is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ml_connector.core.journal import fingerprint
from ml_connector.core.plan import TOLD, RemarkChange
from ml_connector.core.records import Finding
from ml_connector.engine.lane import Lane
from ml_connector.errors import Ambiguous, Rejected
from ml_connector.store import bindings, remarks
from ml_connector.store.remarks import Remark

MARKER_CHARACTERS = 10


def remark(lane: Lane, operations: Sequence[RemarkChange]) -> tuple[Finding, ...]:
    """Send what is to be told. One on its way comes first: what changed since is told with the next round."""
    findings = [_one(lane, operation) for operation in operations]
    return tuple(finding for finding in findings if finding is not None)


def _one(lane: Lane, operation: RemarkChange) -> Finding | None:
    with lane.database.read() as tx:
        pending = remarks.find(tx, lane.name, operation.erp_key)
    if pending is None:
        return _send(lane, operation, _new(lane, operation))
    if lane.clock.now() < pending.sent_at + lane.policy.jira_settle:
        return _in_doubt(operation)
    try:
        arrived = any(pending.marker in text for text in lane.jira.remarks(operation.issue_id))
    except Rejected as error:
        return _refused(operation, error)
    if arrived:
        _told(lane, operation, pending)
        return None
    again = pending if pending.text == operation.text else _new(lane, operation)
    return _send(lane, operation, replace(again, sent_at=lane.clock.now()))


def _new(lane: Lane, operation: RemarkChange) -> Remark:
    now = lane.clock.now()
    marker = fingerprint([operation.issue_id, operation.text, now.isoformat()])[:MARKER_CHARACTERS]
    return Remark(operation.erp_key, marker, operation.text, operation.facts, now)


def _send(lane: Lane, operation: RemarkChange, sent: Remark) -> Finding | None:
    with lane.database.begin() as tx:
        lane.guard(tx)
        remarks.intend(tx, lane.name, sent)
    try:
        lane.jira.remark(operation.issue_id, f"{sent.text}\n\nml-connector, reference {sent.marker}")
    except Ambiguous:
        return _in_doubt(operation)
    except Rejected as error:
        with lane.database.begin() as tx:
            lane.guard(tx)
            remarks.forget(tx, lane.name, operation.erp_key)
        return _refused(operation, error)
    _told(lane, operation, sent)
    return None


def _told(lane: Lane, operation: RemarkChange, sent: Remark) -> None:
    with lane.database.begin() as tx:
        lane.guard(tx)
        (binding,) = bindings.by_keys(tx, lane.name, [(operation.kind, operation.erp_key)])
        written = {**binding.written, TOLD: dict(sent.facts)}
        bindings.update(tx, lane.name, operation.kind, operation.erp_key, written=written)
        remarks.forget(tx, lane.name, operation.erp_key)


def _in_doubt(operation: RemarkChange) -> Finding:
    return Finding(
        "remark_in_doubt",
        operation.subject,
        f"Nobody knows whether {operation.issue_key} was told of the last change of its order.",
        "Nothing: it is looked for after the settle time, and sent again only if it is not there.",
    )


def _refused(operation: RemarkChange, error: Rejected) -> Finding:
    return Finding(
        "remark_refused",
        operation.subject,
        f"Jira refused the remark on {operation.issue_key} about the change of its order: {error.message}",
        "Give the integration user the permission Add Comments, or set jira.orders.tell_changes to false.",
    )
