"""Webhooks of the site: who registered what, which events there were, and what is still to be delivered.

Atlassian, Jira Cloud platform, webhooks. An administrator's may tell of hours and never ends; an app's tells of issues
and comments alone and ends after 30 days. Deliveries are at least once, in no order, and tried again five times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ml_connector_sandbox.jira.issues import Issue
from ml_connector_sandbox.jira.jql import JqlError, compile_jql
from ml_connector_sandbox.jira.rendering import View
from ml_connector_sandbox.jira.site import JiraSite
from ml_connector_sandbox.jira.switches import flag
from ml_connector_sandbox.jira.webhook_book import ADMIN, DYNAMIC, Delivery, Webhook
from ml_connector_sandbox.jira.worklogs import Worklog

LIFE = timedelta(days=30)
OF_A_USER_MAX = 5
"""Webhooks of one app and user."""
ADMIN_MAX = 100
RETRIES_MAX = 5
RETRY_AFTER = (timedelta(minutes=5), timedelta(minutes=15))
TRIED_AGAIN = frozenset({408, 409, 425, 429})
"""Answers after which a delivery is tried again, beside all of 500 and above; other refusals are final."""
BODY_MAX = 25 * 1024 * 1024
DYNAMIC_EVENTS = frozenset(
    {f"jira:issue_{what}" for what in ("created", "updated", "deleted")}
    | {f"comment_{what}" for what in ("created", "updated", "deleted")}
    | {"issue_property_set", "issue_property_deleted"}
    | {f"sprint_{what}" for what in ("created", "updated", "closed", "deleted", "started")}
    | {
        f"jira:version_{what}"
        for what in ("released", "unreleased", "created", "moved", "updated", "merged", "deleted")
    }
)
"""What an app may be told of: hours are not among it."""
FILTER_FIELDS = frozenset(
    {"project", "key", "issuekey", "issue", "issuetype", "type", "status", "assignee", "reporter"}
)
TRIED_KEPT = 1_000


def refuse_filter(jql: str, custom: Mapping[str, str]) -> str:
    """Why a dynamic webhook's filter is refused; empty where it is taken."""
    if not jql.strip():
        return "Empty JQL search not supported"
    try:
        compile_jql(jql, custom)
    except JqlError as error:
        return str(error)
    words = jql.replace("(", " ").replace(")", " ").lower().split()
    for at, word in enumerate(words[1:], start=1):
        name = words[at - 2] if word == "in" and words[at - 1] == "not" else words[at - 1]
        if word in {"=", "!=", "in"} and name not in FILTER_FIELDS and not name.startswith("cf["):
            return f"The clause {name} is unsupported"
        if word in {"~", "!~", "<", "<=", ">", ">=", "is", "order", "or"}:
            return f"The operator {word} is unsupported"
    return ""


def happened(site: JiraSite, event: str, issue: Issue, about: Mapping[str, Any]) -> None:
    """Tell whoever wants to know. `about` holds a `worklog`, or an issue event's `type`, `who` and `items`."""
    book = site.webhooks
    if not book.registered:
        return
    now = site.clock.now()
    wanting = [hook for hook in book.registered.values() if hook.lives(now) and _wants(site, hook, event, issue)]
    if not wanting:
        return
    document = _document(site, event, issue, about, now)
    for hook in (each for each in wanting if each.kind == ADMIN):
        _queue(site, hook, document, now)
    apps = [each for each in wanting if each.kind == DYNAMIC]
    if apps:
        _queue(site, apps[0], {**document, "matchedWebhookIds": [int(each.id) for each in apps]}, now)


def _wants(site: JiraSite, hook: Webhook, event: str, issue: Issue) -> bool:
    if event not in hook.events:
        return False
    query = compile_jql(hook.jql, {each.name: each.id for each in site.fields.values() if each.custom})
    return query.matches(issue, site.clock.now(), hook.owner)


def _queue(site: JiraSite, hook: Webhook, document: Mapping[str, Any], now: datetime) -> None:
    """Once, unless a fault loses it, doubles it or lets it come late."""
    body = json.dumps(document, ensure_ascii=False).encode()
    if len(body) > BODY_MAX or site.strikes("lost_delivery"):
        return
    late = timedelta(seconds=site.random.randrange(900)) if site.strikes("late_delivery") else timedelta()
    identifier, secret = f"{site.random.getrandbits(128):032x}", hook.secret
    if site.is_datacenter:
        identifier = identifier if flag(site.switches, "jira_dc_webhook_identifier") else ""
        secret = secret if flag(site.switches, "jira_dc_webhook_signed") else ""
    for _ in range(2 if site.strikes("doubled_delivery") else 1):
        site.webhooks.waiting.append(Delivery(identifier, hook.url, body, now + late, secret, hook.kind))


def due(site: JiraSite) -> list[Delivery]:
    """Take what is to be delivered now."""
    now = site.clock.now()
    found = [each for each in site.webhooks.waiting if each.due <= now]
    site.webhooks.waiting = [each for each in site.webhooks.waiting if each.due > now]
    return found


def answered(site: JiraSite, delivery: Delivery, status: int) -> None:
    """How an attempt went; 0 for one without an answer. What may work later is tried again."""
    book, now = site.webhooks, site.clock.now()
    book.tried.append(
        {"identifier": delivery.identifier, "url": delivery.url, "status": status, "retry": delivery.attempts}
    )
    del book.tried[:-TRIED_KEPT]
    again = status == 0 or status in TRIED_AGAIN or status >= 500
    if again and delivery.attempts < RETRIES_MAX and not site.is_datacenter:  # which promises no second attempt
        delivery.attempts += 1
        delivery.due = now + site.random.choice(RETRY_AFTER)
        book.waiting.append(delivery)


def _document(site: JiraSite, event: str, issue: Issue, about: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    host = f"jira.{site.name.lower()}.example" if site.is_datacenter else f"{site.name.lower()}.atlassian.net"
    view = View(site, f"https://{host}/rest/api/2", "2", site.person(site.administrator))
    document: dict[str, Any] = {"timestamp": _millis(now), "webhookEvent": event}
    if "worklog" in about:
        return {**document, "worklog": _worklog(view, about["worklog"])}
    if about.get("type"):
        document["issue_event_type_name"] = about["type"]
    if about.get("who"):
        document["user"] = view.person(about["who"])
    shown: dict[str, Any] = {"id": issue.id, "self": f"{view.base}/issue/{issue.id}", "key": issue.key}
    if not flag(site.switches, "jira_webhook_without_fields"):
        shown["fields"] = view.issue(issue, view.wanted(["*navigable"]))["fields"]
    document["issue"] = shown
    items = [_item(*item) for item in about.get("items", ())]
    return {**document, "changelog": {"id": site.next_id("changelog"), "items": items}} if items else document


def _worklog(view: View, entry: Worklog) -> dict[str, Any]:
    """As the REST interface shows it, and yet not quite: times carry the author's own offset."""
    zone = ZoneInfo(view.site.accounts[entry.author].time_zone)
    times = {name: _stamp(getattr(entry, name).astimezone(zone)) for name in ("created", "updated", "started")}
    return {"comment": "", **view.worklog(entry), **times}


def _item(name: str, before: str, before_text: str, after: str, after_text: str) -> dict[str, Any]:
    return {
        "field": name,
        "fieldtype": "jira",
        "from": before or None,
        "fromString": before_text or None,
        "to": after or None,
        "toString": after_text or None,
    }


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}{at:%z}"


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def of_app(site: JiraSite, owner: str) -> Sequence[Webhook]:
    """The dynamic webhooks of a user, expired ones too: Jira keeps showing them for a while."""
    return [each for each in site.webhooks.registered.values() if each.kind == DYNAMIC and each.owner == owner]
