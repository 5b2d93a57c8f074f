"""Deliveries as a Jira would send them, signed both ways. Written apart from what reads them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

CLIENT = "client-secret-of-the-app"
SIGNING = "secret-of-the-admin-webhook"


def signed(body: bytes, secret: str = SIGNING, identifier: str = "") -> dict[str, str]:
    """The headers of an administrator's webhook."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    named = {"X-Atlassian-Webhook-Identifier": identifier} if identifier else {}
    return {"X-Hub-Signature": f"sha256={digest}", **named}


def part(value: object) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def token(claims: Mapping[str, object], secret: str = CLIENT, head: Mapping[str, object] | None = None) -> str:
    """A token of an app's webhook, signed with HS256 whatever its head says."""
    told = f"{part(head or {'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    digest = hmac.new(secret.encode(), told.encode(), hashlib.sha256).digest()
    return f"{told}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def worklog_event(worklog_id: str, issue_id: str, event: str = "worklog_created") -> bytes:
    """An entry's event, as an administrator's webhook sends it."""
    entry = {
        "self": f"https://acme.atlassian.net/rest/api/2/issue/{issue_id}/worklog/{worklog_id}",
        "author": {"accountId": "99:1", "active": True},
        "comment": "a word that nobody else should read",
        "started": "2026-09-21T08:16:58.108+0530",
        "timeSpent": "1w",
        "timeSpentSeconds": 144000,
        "id": worklog_id,
        "issueId": issue_id,
    }
    return json.dumps({"timestamp": 1790102915652, "webhookEvent": event, "worklog": entry}).encode()


def issue_event(issue_id: str, event: str = "jira:issue_updated", **more: object) -> bytes:
    """An issue's event."""
    issue = {"id": issue_id, "key": "PROC-1", "fields": {"summary": "Steel"}}
    body = {"timestamp": 1790102915652, "webhookEvent": event, "issue": issue, "matchedWebhookIds": [1000], **more}
    return json.dumps(body).encode()
