"""The door of a vendor: counts calls, applies limits and faults, and hands the rest to the vendor's routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from ml_connector_sandbox.calls import Calls
from ml_connector_sandbox.clock import Clock
from ml_connector_sandbox.faults import Faults, Rule
from ml_connector_sandbox.limits import Limits
from ml_connector_sandbox.wire import Found, Request, Response, Router, html_response, json_response

UNKNOWN = "(no route)"
PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"


class Dropped(Exception):
    """The connection ends without an answer."""


Miss = Callable[[Router, Request], Response]
Expire = Callable[[Request], None]


@dataclass(slots=True)
class Front:
    """One vendor behind its door. `miss` answers what no route takes, `expire` ends the token of a request."""

    vendor: str
    clock: Clock
    router: Router
    calls: Calls
    faults: Faults
    limits: Limits
    miss: Miss
    expire: Expire
    late: list[tuple[datetime, Request]] = field(default_factory=list)
    ahead: Callable[[], int] = lambda: 0
    """Seconds that the clock behind `Date` runs ahead of everybody else's."""

    def __call__(self, request: Request) -> Response:
        """Answer one request. Raises Dropped where the client gets none."""
        self.settle()
        try:
            response = self._answer(request)
        except Dropped:
            self.calls.note(self.vendor, request, "dropped")
            raise
        self.calls.note(self.vendor, request, str(response.status))
        now = self.clock.now() + timedelta(seconds=self.ahead())
        told = {"Date": format_datetime(now.astimezone(UTC), usegmt=True), **self.limits.told(self.vendor, request)}
        return response.with_headers({**told, **response.headers})

    def settle(self) -> None:
        """Do what was put off until now, in the order of its moments. Called before anything looks at the books."""
        now = self.clock.now()
        due = sorted((each for each in self.late if each[0] <= now), key=lambda each: each[0])
        self.late = [each for each in self.late if each[0] > now]
        for _, request in due:
            self._vendor(request, self.router.find(request))

    def _answer(self, request: Request) -> Response:
        found = self.router.find(request)
        template, names = (found[0].template, found[1]) if found else (UNKNOWN, {})
        self.calls.count(self.vendor, request.method, template, names)
        refused = self.limits.refusal(self.vendor, template, request)
        if refused is not None:
            self.calls.refuse(self.vendor)
            return refused
        rule = self.faults.at_door(self.vendor, request)
        return self._vendor(request, found) if rule is None else self._strike(rule, request, found)

    def _vendor(self, request: Request, found: Found | None) -> Response:
        if found is None:
            return self.miss(self.router, request)
        route, names = found
        return route.handler(request, **names)

    def _strike(self, rule: Rule, request: Request, found: Found | None) -> Response:
        if rule.name == "late_commit":
            self.late.append((self.clock.now() + timedelta(seconds=rule.seconds), request))
            return _failure(504)
        if rule.name == "token_expired":
            self.expire(request)
            return self._vendor(request, found)
        if rule.name in ("lost_answer", "gateway_timeout_after_commit", "server_error_after_commit"):
            self._vendor(request, found)
        if rule.name in ("lost_answer", "lost_request"):
            raise Dropped
        return _refusal(rule, self.vendor)


def _refusal(rule: Rule, vendor: str) -> Response:
    headers = {"Retry-After": str(rule.retry_after)} if rule.retry_after != "" else {}
    status = {
        "rate_limited_json": 429,
        "rate_limited_html": 429,
        "gateway_timeout_before_commit": 504,
        "gateway_timeout_after_commit": 504,
        "server_error_before_commit": 500,
        "server_error_after_commit": 500,
        "false_unauthorized": 401,
    }.get(rule.name, rule.status)
    if rule.name == "rate_limited_html" or rule.body == "html":
        return _failure(status).with_headers(headers)
    body = {"errorMessages": [f"Status {status}"], "errors": {}} if vendor == "jira" else {"error": f"Status {status}"}
    return json_response(body, status, headers)


def _failure(status: int) -> Response:
    """What a gateway puts in place of the vendor's answer."""
    return html_response(PAGE.format(title=f"{status}"), status)
