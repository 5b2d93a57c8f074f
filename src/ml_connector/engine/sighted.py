"""What became of the issues that stand for records: their key, project, status, and what their fields read.

Read after our own write, an issue reads what we wrote: that is no news, so that nothing of ours comes back as work.
"""

from __future__ import annotations

from sqlalchemy import Connection as Transaction

from ml_connector.core.ownership import news
from ml_connector.core.records import Issue
from ml_connector.engine.lane import Lane
from ml_connector.engine.site import SiteFields
from ml_connector.store import bindings
from ml_connector.store.bindings import Binding

WHERE = ("status", "project", "issuetype")
"""What every look at an issue asks for."""


def asked(fields: SiteFields) -> tuple[str, ...]:
    """The fields to ask for, to see everything that may be news."""
    return (*WHERE, *fields.ids)


def take(tx: Transaction, lane: Lane, binding: Binding, issue: Issue, fields: SiteFields) -> bool:
    """Keep what an issue reads. Returns whether that is news, so that its record has to be looked at."""
    known = (bindings.BOUND, binding.issue_key, binding.jira_project, binding.status)
    fresh = news({**binding.written, **binding.seen}, fields.seen(issue))
    if known == (binding.state, issue.key, issue.project, issue.status) and not fresh:
        return False
    bindings.update(
        tx,
        lane.name,
        binding.kind,
        binding.erp_key,
        state=bindings.BOUND,
        issue_key=issue.key,
        jira_project=issue.project,
        status=issue.status,
        seen={**binding.seen, **fresh},
    )
    return True
