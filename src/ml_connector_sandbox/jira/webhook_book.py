"""Registrations of webhooks and deliveries that wait, as plain values."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ADMIN, DYNAMIC = "admin", "dynamic"


@dataclass(slots=True)
class Webhook:
    """A registration. `owner` is the account behind it, `secret` signs an administrator's deliveries."""

    id: str
    kind: str
    url: str
    events: list[str]
    jql: str
    owner: str
    changed: datetime
    name: str = ""
    secret: str = ""
    enabled: bool = True
    expires: datetime | None = None
    filters: dict[str, str] = field(default_factory=dict)

    def lives(self, now: datetime) -> bool:
        """Whether it tells of anything."""
        return self.enabled and (self.expires is None or now < self.expires)


@dataclass(slots=True)
class Delivery:
    """What is still to be told, and when the next attempt is due."""

    identifier: str
    url: str
    body: bytes
    due: datetime
    secret: str
    kind: str
    attempts: int = 0

    def headers(self, now: datetime, client_secret: str) -> dict[str, str]:
        """The headers of the attempt that is due: signed by a secret, or by a token of the app."""
        found = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Atlassian Webhook HTTP Client",
        }
        if self.identifier:
            found |= {"X-Atlassian-Webhook-Identifier": self.identifier, "X-Atlassian-Webhook-Flow": "Primary"}
        if self.attempts:
            found["X-Atlassian-Webhook-Retry"] = str(self.attempts)
        if self.kind == DYNAMIC:
            found["Authorization"] = f"Bearer {_token(client_secret, now)}"
        elif self.secret:
            signature = hmac.new(self.secret.encode(), self.body, hashlib.sha256).hexdigest()
            found["X-Hub-Signature"] = f"sha256={signature}"
        return found


@dataclass(slots=True)
class WebhookBook:
    """The registrations, what waits to be delivered, and what was tried, oldest first."""

    registered: dict[str, Webhook] = field(default_factory=dict)
    waiting: list[Delivery] = field(default_factory=list)
    tried: list[dict[str, Any]] = field(default_factory=list)


def _token(secret: str, now: datetime) -> str:
    issued = int(now.timestamp())
    claims = {"iss": "jira", "iat": issued, "exp": issued + 180}
    head = _part({"alg": "HS256", "typ": "JWT"})
    signed = f"{head}.{_part(claims)}"
    signature = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
