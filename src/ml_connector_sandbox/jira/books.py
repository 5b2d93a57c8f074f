"""The site's books as an auditor sees them: flat values, independent of the vendor's interface."""

from __future__ import annotations

from typing import Any

from ml_connector_sandbox.jira.issues import Issue
from ml_connector_sandbox.jira.site import JiraSite
from ml_connector_sandbox.jira.wiki import shown
from ml_connector_sandbox.jira.worklogs import Worklog


def issues(site: JiraSite) -> list[dict[str, Any]]:
    """Every issue, deleted ones too, with custom fields by their names."""
    return [_issue(site, issue) for issue in site.issues.values()]


def _issue(site: JiraSite, issue: Issue) -> dict[str, Any]:
    return {
        "id": issue.id,
        "key": issue.key,
        "project": issue.project,
        "type": issue.type,
        "summary": issue.summary,
        "description": issue.description,
        "description_shown": shown(issue.description) if site.is_datacenter else issue.description,
        "status": issue.status,
        "priority": issue.priority,
        "labels": list(issue.labels),
        "properties": dict(issue.properties),
        "fields": {site.fields[name].name: value for name, value in issue.values.items()},
        "seconds_logged": site.worklogs.spent(issue.id),
        "created": issue.created.isoformat(),
        "updated": issue.updated.isoformat(),
        "deleted": issue.deleted,
    }


def worklogs(site: JiraSite) -> list[dict[str, Any]]:
    """Every entry ever logged, deleted ones too; `started` with the offset it was written with."""
    return [_worklog(site, entry) for entry in site.worklogs.entries.values()]


def _worklog(site: JiraSite, entry: Worklog) -> dict[str, Any]:
    return {
        "id": entry.id,
        "issue_id": entry.issue_id,
        "issue_key": site.issues[entry.issue_id].key,
        "author": entry.author,
        "started": entry.started.isoformat(),
        "seconds": entry.seconds,
        "comment": entry.comment,
        "created": entry.created.isoformat(),
        "updated": entry.updated.isoformat(),
        "deleted": entry.deleted_at is not None,
        "deleted_at": None if entry.deleted_at is None else entry.deleted_at.isoformat(),
    }


def webhooks(site: JiraSite) -> list[dict[str, Any]]:
    """Registered webhooks, those that have ended too."""
    return [
        {
            "id": each.id,
            "kind": each.kind,
            "name": each.name,
            "url": each.url,
            "events": each.events,
            "jql": each.jql,
            "enabled": each.enabled,
            "expires": None if each.expires is None else each.expires.isoformat(),
        }
        for each in site.webhooks.registered.values()
    ]


def deliveries(site: JiraSite) -> dict[str, Any]:
    """How many deliveries of webhooks wait, and the last that were tried, with what was answered."""
    return {"waiting": len(site.webhooks.waiting), "tried": site.webhooks.tried}
