"""How often the vendors let themselves be asked.

CloudSuite: the quota policy of the API gateway, a window that begins with its first request (Infor OS, API gateway
administration, quota policy). Jira: bursts per endpoint and method, points per UTC hour for apps that use OAuth, and
writes per issue (Atlassian, rate limiting, 2026). A limit that is None is off. Simpler than the real one: a call costs
one point whatever it returns, and an issue that is written by its id and by its key counts as two.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil

from ml_connector_sandbox.clock import Clock
from ml_connector_sandbox.wire import Request, Response, html_response, json_response

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ISSUE_WRITES = ((20, timedelta(seconds=2)), (100, timedelta(seconds=30)))
"""Writes of one issue: so many in so long."""
ISSUE_PATH = re.compile(r"/rest/api/[^/]+/issue/([^/]+)")
LIMITED = ("/rest/", "/FSM/", "/CSI/")
"""What is limited: signing in, consent and pages for people are not."""
GATEWAY = "/ex/jira/"
"""Where apps with OAuth call; calls with a person's API token cost no points."""
HALVED = frozenset({"PUT", "DELETE"})
"""Methods with half the burst of the others: Atlassian's defaults are 100 and 50 a second."""
BULK = {"bulk", "createmeta", "bulkfetch", "limit", "picker", "properties"}
WRITES = frozenset({"POST", "PUT", "DELETE"})
JIRA_REFUSAL = "The request has been rate-limited. Please try again later."

SWITCHED = frozenset({"cloudsuite_retry_after", "jira_per_issue_writes", "html"})
"""Settings that are on or off; the others are numbers."""


class BadLimit(Exception):
    """A limit that does not exist, or a value that it cannot have."""


@dataclass(slots=True)
class Settings:
    """The limits in force: calls a minute, calls a second per endpoint and method, points an hour, writes per issue.

    No vendor page promises a `Retry-After` from CloudSuite, so it can be left out. `html` answers with web pages.
    """

    cloudsuite_per_minute: int | None = None
    cloudsuite_retry_after: bool = True
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
        """Change some limits, and begin to count anew. Raises BadLimit, and then changes none."""
        current = self.document()
        for name, value in document.items():
            _check(name, value, current)
        self.settings = replace(self.settings, **document)  # type: ignore[arg-type] # checked name by name above
        self.windows.clear()
        self.buckets.clear()
        self.writes.clear()

    def document(self) -> dict[str, object]:
        """The limits as JSON takes them."""
        return {name: getattr(self.settings, name) for name in Settings.__dataclass_fields__}

    def refusal(self, vendor: str, template: str, request: Request) -> Response | None:
        """The 429 for a call that comes too soon, None for one that may pass."""
        if not any(suite in request.path for suite in LIMITED):
            return None
        refused = self._cloudsuite() if vendor == "cloudsuite" else self._jira(template, request)
        if refused is None:
            return None
        return self._answer(vendor, refused)

    def _cloudsuite(self) -> Refusal | None:
        most = self.settings.cloudsuite_per_minute
        if most is None:
            return None
        now = self.clock.now()
        began = self.windows.get("cloudsuite", (now, 0))[0]
        began = began if now < began + MINUTE else now
        return self._count("cloudsuite", most, began, MINUTE, "quota")

    def _points(self, request: Request) -> Refusal | None:
        most = self.settings.jira_points_per_hour
        if most is None or not request.path.startswith(GATEWAY):
            return None
        began = self.clock.now().replace(minute=0, second=0, microsecond=0)
        return self._count("jira", most, began, HOUR, "jira-quota-global-based")

    def _count(self, name: str, most: int, began: datetime, span: timedelta, reason: str) -> Refusal | None:
        """One call in the window that began then; a window of another beginning is over."""
        former, count = self.windows.get(name, (began, 0))
        count = count if former == began else 0
        if count >= most:
            return Refusal(reason, began + span - self.clock.now(), most)
        self.windows[name] = (began, count + 1)
        return None

    def _jira(self, template: str, request: Request) -> Refusal | None:
        return self._burst(request.method, template) or self._points(request) or self._issue(request)

    def _burst(self, method: str, template: str) -> Refusal | None:
        rate = self.settings.jira_burst_per_second
        if rate is None:
            return None
        rate = max(1, rate // 2) if method in HALVED else rate
        now, name = self.clock.now(), f"{method} {template}"
        at, tokens = self.buckets.get(name, (now, float(rate)))
        tokens = min(float(rate), tokens + (now - at).total_seconds() * rate)
        if tokens < 1:
            self.buckets[name] = (now, tokens)
            return Refusal("jira-burst-based", timedelta(seconds=(1 - tokens) / rate), rate)
        self.buckets[name] = (now, tokens - 1)
        return None

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

    def _answer(self, vendor: str, refused: Refusal) -> Response:
        jira = vendor == "jira"
        headers = self._jira_headers(refused) if jira else {}
        if jira or self.settings.cloudsuite_retry_after:
            headers["Retry-After"] = str(max(1, ceil(refused.wait.total_seconds())))
        if self.settings.html:
            return html_response("<html><body><h1>Too Many Requests</h1></body></html>", 429, headers)
        if jira:
            return json_response({"errorMessages": [JIRA_REFUSAL], "errors": {}, "status": 429}, 429, headers)
        return json_response({"error": "Quota exceeded"}, 429, headers)

    def _jira_headers(self, refused: Refusal) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(refused.limit),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": (self.clock.now() + refused.wait).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "RateLimit-Reason": refused.reason,
        }


def _check(name: str, value: object, current: dict[str, object]) -> None:
    if name not in current:
        raise BadLimit(f"there is no limit {name}; there are {', '.join(current)}")
    if name in SWITCHED:
        if not isinstance(value, bool):
            raise BadLimit(f"{name} is true or false")
    elif value is not None and (type(value) is not int or value < 1):
        raise BadLimit(f"{name} is a whole number above zero, or null for none")
