"""How often the vendors let themselves be asked.

CloudSuite: the quota policy of the API gateway, a window that begins with its first request, and the spike arrest of
its throttling policy, so many requests in a short period (Infor OS, API gateway administration, quota and throttling
policies). Jira: bursts per endpoint and method, points per UTC hour for apps that use OAuth, and writes per issue
(Atlassian, rate limiting, 2026). Jira Data Center: a bucket of tokens for each user, told with every answer (Atlassian,
improving instance stability with rate limiting). A limit that is None is off. Simpler than the real one: a call costs
one point whatever it returns, an issue that is written by its id and by its key counts as two, and a throttling policy
only refuses, where the real one may also delay.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
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
METERED = ("/rest/", "/FSM/", "/M3/", "/CSI/", "/LN/", "/IONSERVICES/", "/DATAFABRIC/")
"""Parts of the paths that are limited: the token endpoint and the pages for people are not behind a gateway's quota."""
GATEWAY = "/ex/jira/"
"""Where apps with OAuth call; calls with a person's API token cost no points."""
HALVED = frozenset({"PUT", "DELETE"})
"""Methods with half the burst of the others: Atlassian's defaults are 100 and 50 a second."""
BULK = {"bulk", "createmeta", "bulkfetch", "limit", "picker", "properties"}
WRITES = frozenset({"POST", "PUT", "DELETE"})
HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"
STRUCTURED = {"jira-quota-global-based": "global-app-quota"}
"""Names of policies in the structured headers, where they differ from the reason."""
OTHERS_SPAN = timedelta(minutes=3)
"""Calls of others before that are over, and not counted one by one."""
JIRA_REFUSAL = "The request has been rate-limited. Please try again later."

SWITCHED = frozenset(
    {
        "cloudsuite_retry_after",
        "cloudsuite_retry_after_as_date",
        "cloudsuite_spike_smoothed",
        "jira_per_issue_writes",
        "html",
    }
)
"""Settings that are on or off."""
WORDS = {"jira_headers": ("plain", "structured", "beta", "bare")}
"""Settings that are one of some words; the others are numbers."""
ALWAYS = frozenset({"cloudsuite_spike_milliseconds", "datacenter_fill", "datacenter_interval_seconds"})
"""Numbers that are never left out."""


class BadLimit(Exception):
    """A limit that does not exist, or a value that it cannot have."""


@dataclass(slots=True)
class Settings:
    """The limits in force: calls a minute, calls a second per endpoint and method, points an hour, writes per issue.

    A user of Data Center has `datacenter_bucket` calls, and gets `datacenter_fill` back every interval.

    No vendor page promises a `Retry-After` from CloudSuite, so it can be left out, or be a date. Its spike arrest lets
    so many calls through in each period that begins with a call, or, smoothed, one in each equal part of the period.
    Others who use the same tenant make so many calls a minute. Jira's headers are those that its page names, the
    structured ones of the same page, those with `Beta-` before them, or none but `Retry-After`. `html` answers with
    web pages.
    """

    cloudsuite_per_minute: int | None = None
    cloudsuite_spike_calls: int | None = None
    cloudsuite_spike_milliseconds: int = 1000
    cloudsuite_spike_smoothed: bool = True
    cloudsuite_others_per_minute: int | None = None
    cloudsuite_retry_after: bool = True
    cloudsuite_retry_after_as_date: bool = False
    jira_headers: str = "plain"
    jira_burst_per_second: int | None = 100
    jira_points_per_hour: int | None = None
    jira_per_issue_writes: bool = True
    html: bool = False
    datacenter_bucket: int | None = None
    datacenter_fill: int = 5
    datacenter_interval_seconds: int = 1


@dataclass(slots=True)
class Refusal:
    """Why a call is refused and when the next may come."""

    reason: str
    wait: timedelta
    limit: int
    span: timedelta = timedelta(seconds=1)


@dataclass(slots=True)
class Limits:
    """Counts what was let through, on the vendors' clock."""

    clock: Clock
    settings: Settings = field(default_factory=Settings)
    windows: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    buckets: dict[str, tuple[datetime, float]] = field(default_factory=dict)
    writes: dict[str, deque[datetime]] = field(default_factory=dict)
    others_at: datetime | None = None
    user_of: Callable[[Request], str] | None = None
    """Under which name a request comes to a Data Center; None where Jira is the cloud's."""

    def put(self, document: dict[str, object]) -> None:
        """Change some limits, and begin to count anew. Raises BadLimit, and then changes none."""
        current = self.document()
        for name, value in document.items():
            _check(name, value, current)
        self.settings = replace(self.settings, **document)  # type: ignore[arg-type] # checked name by name above
        self.windows.clear()
        self.buckets.clear()
        self.writes.clear()
        self.others_at = None

    def document(self) -> dict[str, object]:
        """The limits as JSON takes them."""
        return {name: getattr(self.settings, name) for name in Settings.__dataclass_fields__}

    def refusal(self, vendor: str, template: str, request: Request) -> Response | None:
        """The 429 for a call that comes too soon, None for one that may pass."""
        if not any(part in request.path for part in METERED):
            return None
        if vendor == "jira" and self.user_of is not None:
            return self._of_user(self.user_of(request))
        refused = self._cloudsuite() if vendor == "cloudsuite" else self._jira(template, request)
        if refused is None:
            return None
        return self._answer(vendor, refused)

    def _of_user(self, name: str) -> Response | None:
        """One call of a user of Data Center, whose refusals are web pages."""
        most = self.settings.datacenter_bucket
        if most is None:
            return None
        tokens = self._tokens_of(name, most)
        if tokens < 1:
            wait = ceil((1 - tokens) * self.settings.datacenter_interval_seconds / self.settings.datacenter_fill)
            headers = {**self._told(most, 0), "Retry-After": str(max(1, wait))}
            return html_response("<html><body><h1>HTTP Status 429 – Too Many Requests</h1></body></html>", 429, headers)
        self.buckets[f"user {name}"] = (self.clock.now(), tokens - 1)
        return None

    def _tokens_of(self, name: str, most: int) -> float:
        now = self.clock.now()
        at, tokens = self.buckets.get(f"user {name}", (now, float(most)))
        filled = self.settings.datacenter_fill / self.settings.datacenter_interval_seconds
        return min(float(most), tokens + (now - at).total_seconds() * filled)

    def told(self, vendor: str, request: Request) -> dict[str, str]:
        """What an answer of Data Center tells of its user's bucket."""
        most = self.settings.datacenter_bucket
        if vendor != "jira" or self.user_of is None or most is None or "/rest/" not in request.path:
            return {}
        left = int(self._tokens_of(self.user_of(request), most))
        return {**self._told(most, left), "Retry-After": "0" if left else "1"}

    def _told(self, most: int, left: int) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Interval-Seconds": str(self.settings.datacenter_interval_seconds),
            "X-RateLimit-FillRate": str(self.settings.datacenter_fill),
        }

    def _cloudsuite(self) -> Refusal | None:
        now = self.clock.now()
        for at in self._others(now):
            self._gateway(at)
        return self._gateway(now)

    def _gateway(self, now: datetime) -> Refusal | None:
        """One call of whomever. A call that the throttling policy refuses does not reach the quota."""
        return self._spike(now) or self._quota(now)

    def _others(self, now: datetime) -> list[datetime]:
        """When others have called since they were last looked at: evenly, as if they did nothing else."""
        rate = self.settings.cloudsuite_others_per_minute
        if rate is None:
            return []
        gap = MINUTE / rate
        at = max(self.others_at or now, now - OTHERS_SPAN)
        times = [at + gap * number for number in range(int((now - at) / gap))]
        self.others_at = at + gap * len(times)
        return times

    def _quota(self, now: datetime) -> Refusal | None:
        most = self.settings.cloudsuite_per_minute
        if most is None:
            return None
        return self._window("cloudsuite", most, now, MINUTE, "quota")

    def _spike(self, now: datetime) -> Refusal | None:
        most = self.settings.cloudsuite_spike_calls
        if most is None:
            return None
        period = timedelta(milliseconds=self.settings.cloudsuite_spike_milliseconds)
        if self.settings.cloudsuite_spike_smoothed:
            return self._window("spike", 1, now, period / most, "spike")
        return self._window("spike", most, now, period, "spike")

    def _window(self, name: str, most: int, now: datetime, span: timedelta, reason: str) -> Refusal | None:
        """One call in a window that begins with its first call."""
        began = self.windows.get(name, (now, 0))[0]
        return self._count(name, most, began if now < began + span else now, span, reason, now)

    def _points(self, request: Request) -> Refusal | None:
        most = self.settings.jira_points_per_hour
        if most is None or not request.path.startswith(GATEWAY):
            return None
        began = self.clock.now().replace(minute=0, second=0, microsecond=0)
        return self._count("jira", most, began, HOUR, "jira-quota-global-based", self.clock.now())

    def _count(
        self, name: str, most: int, began: datetime, span: timedelta, reason: str, now: datetime
    ) -> Refusal | None:
        """One call in the window that began then; a window of another beginning is over."""
        former, count = self.windows.get(name, (began, 0))
        count = count if former == began else 0
        if count >= most:
            return Refusal(reason, began + span - now, most, span)
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
                return Refusal("jira-per-issue-on-write", inside[0] + span - now, most, span)
        recent.append(now)
        return None

    def _answer(self, vendor: str, refused: Refusal) -> Response:
        headers = self._jira_headers(refused) if vendor == "jira" else self._cloudsuite_headers(refused)
        if self.settings.html:
            return html_response("<html><body><h1>Too Many Requests</h1></body></html>", 429, headers)
        if vendor == "jira":
            return json_response({"errorMessages": [JIRA_REFUSAL], "errors": {}, "status": 429}, 429, headers)
        return json_response({"error": "Quota exceeded"}, 429, headers)

    def _cloudsuite_headers(self, refused: Refusal) -> dict[str, str]:
        if not self.settings.cloudsuite_retry_after:
            return {}
        if self.settings.cloudsuite_retry_after_as_date:
            at = self.clock.now() + refused.wait + timedelta(seconds=1)  # a date has no parts of a second
            return {"Retry-After": at.strftime(HTTP_DATE)}
        return {"Retry-After": _whole(refused.wait)}

    def _jira_headers(self, refused: Refusal) -> dict[str, str]:
        form = self.settings.jira_headers
        beta = "Beta-" if form == "beta" else ""
        if form == "bare":
            return {"Retry-After": _whole(refused.wait)}
        if form == "plain":
            return {
                "Retry-After": _whole(refused.wait),
                "X-RateLimit-Limit": str(refused.limit),
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": (self.clock.now() + refused.wait).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "RateLimit-Reason": refused.reason,
            }
        name = STRUCTURED.get(refused.reason, refused.reason)
        return {
            f"{beta}Retry-After": _whole(refused.wait),
            f"{beta}RateLimit-Policy": f'"{name}";q={refused.limit};w={max(1, ceil(refused.span.total_seconds()))}',
            f"{beta}RateLimit": f'"{name}";r=0;t={_whole(refused.wait)}',
            "RateLimit-Reason": refused.reason,
        }


def _whole(wait: timedelta) -> str:
    """Seconds, never fewer than the wait."""
    return str(max(1, ceil(wait.total_seconds())))


def _check(name: str, value: object, current: dict[str, object]) -> None:
    if name not in current:
        raise BadLimit(f"there is no limit {name}; there are {', '.join(current)}")
    if name in SWITCHED:
        if not isinstance(value, bool):
            raise BadLimit(f"{name} is true or false")
    elif name in WORDS:
        if value not in WORDS[name]:
            raise BadLimit(f"{name} is one of {', '.join(WORDS[name])}")
    elif (value is not None or name in ALWAYS) and (type(value) is not int or value < 1):
        raise BadLimit(f"{name} is a whole number above zero, or null for none")
