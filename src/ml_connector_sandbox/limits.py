"""How often the vendors let themselves be asked.

CloudSuite: the quota policy of the API gateway, a window that begins with its first request (Infor OS, API gateway
administration, quota policy). Jira: bursts per endpoint and method, points per hour, and writes per issue (Atlassian,
rate limiting, 2026). A limit that is None is off.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ml_connector_sandbox.clock import Clock
from ml_connector_sandbox.wire import Request, Response, html_response, json_response

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ISSUE_WRITES = ((20, timedelta(seconds=2)), (100, timedelta(seconds=30)))
"""Writes of one issue: so many in so long."""
ISSUE_PATH = re.compile(r"/rest/api/[^/]+/issue/([^/]+)")
BULK = {"bulk", "createmeta", "bulkfetch", "limit", "picker", "properties"}
WRITES = frozenset({"POST", "PUT", "DELETE"})
JIRA_REFUSAL = "The request has been rate-limited. Please try again later."


@dataclass(slots=True)
class Settings:
    """The limits in force: calls a minute, calls a second per endpoint and method, points an hour, writes per issue."""

    cloudsuite_per_minute: int | None = None
    jira_burst_per_second: int | None = 100
    jira_points_per_hour: int | None = None
    jira_per_issue_writes: bool = True
    html: bool = False


@dataclass(slots=True)
class Refusal:
    """Why a call is refused and when the next may come."""

    reason: str
    wait: timedelta
    limit: int


@dataclass(slots=True)
class Limits:
    """Counts what was let through, on the vendors' clock."""

    clock: Clock
    settings: Settings = field(default_factory=Settings)
    windows: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    buckets: dict[str, tuple[datetime, float]] = field(default_factory=dict)
    writes: dict[str, deque[datetime]] = field(default_factory=dict)

    def put(self, document: dict[str, object]) -> None:
        """Change some limits. Raises TypeError for one that does not exist."""
        current = {name: getattr(self.settings, name) for name in Settings.__dataclass_fields__}
        self.settings = Settings(**{**current, **document})
        self.windows.clear()
        self.buckets.clear()
        self.writes.clear()

    def document(self) -> dict[str, object]:
        """The limits as JSON takes them."""
        return {name: getattr(self.settings, name) for name in Settings.__dataclass_fields__}

    def refusal(self, vendor: str, template: str, request: Request) -> Response | None:
        """The 429 for a call that comes too soon, None for one that may pass."""
        if "/rest/" not in request.path and "/FSM/" not in request.path:
            return None
        refused = self._cloudsuite() if vendor == "cloudsuite" else self._jira(template, request)
        if refused is None:
            return None
        return _answer(vendor, refused, self.clock.now(), html=self.settings.html)

    def _cloudsuite(self) -> Refusal | None:
        most = self.settings.cloudsuite_per_minute
        return None if most is None else self._window("cloudsuite", most, MINUTE, "quota")

    def _window(self, name: str, most: int, span: timedelta, reason: str) -> Refusal | None:
        now = self.clock.now()
        began, count = self.windows.get(name, (now, 0))
        if now >= began + span:
            began, count = now, 0
        if count >= most:
            return Refusal(reason, began + span - now, most)
        self.windows[name] = (began, count + 1)
        return None

    def _jira(self, template: str, request: Request) -> Refusal | None:
        return self._burst(f"{request.method} {template}") or self._points() or self._issue(request)

    def _burst(self, name: str) -> Refusal | None:
        rate = self.settings.jira_burst_per_second
        if rate is None:
            return None
        now = self.clock.now()
        at, tokens = self.buckets.get(name, (now, float(rate)))
        tokens = min(float(rate), tokens + (now - at).total_seconds() * rate)
        if tokens < 1:
            self.buckets[name] = (now, tokens)
            return Refusal("jira-burst-based", timedelta(seconds=(1 - tokens) / rate), rate)
        self.buckets[name] = (now, tokens - 1)
        return None

    def _points(self) -> Refusal | None:
        most = self.settings.jira_points_per_hour
        return None if most is None else self._window("points", most, HOUR, "jira-quota-global-based")

    def _issue(self, request: Request) -> Refusal | None:
        found = ISSUE_PATH.search(request.path)
        if not self.settings.jira_per_issue_writes or request.method not in WRITES or found is None:
            return None
        if found[1] in BULK:
            return None
        now = self.clock.now()
        recent = self.writes.setdefault(found[1], deque(maxlen=ISSUE_WRITES[-1][0]))
        for most, span in ISSUE_WRITES:
            inside = [at for at in recent if at > now - span]
            if len(inside) >= most:
                return Refusal("jira-per-issue-on-write", inside[0] + span - now, most)
        recent.append(now)
        return None


def _answer(vendor: str, refused: Refusal, now: datetime, *, html: bool) -> Response:
    seconds = max(1, round(refused.wait.total_seconds() + 0.5))
    headers = {"Retry-After": str(seconds)}
    if vendor == "jira":
        headers |= {
            "X-RateLimit-Limit": str(refused.limit),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": (now + refused.wait).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "RateLimit-Reason": refused.reason,
        }
    if html:
        return html_response("<html><body><h1>Too Many Requests</h1></body></html>", 429, headers)
    if vendor == "jira":
        return json_response({"errorMessages": [JIRA_REFUSAL], "errors": {}, "status": 429}, 429, headers)
    return json_response({"error": "Quota exceeded"}, 429, headers)
