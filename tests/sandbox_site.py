"""A client of the simulated Jira in the same process: it knows the credentials and nothing else."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.jira.app import miss, router
from ml_connector_sandbox.jira.seed import seed
from ml_connector_sandbox.jira.site import JiraSite
from ml_connector_sandbox.wire import Request, Response

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ORIGIN = "http://acme.localhost"
STARTED = "2026-11-19T08:00:00.000+0000"


def document(text: str) -> dict[str, Any]:
    """A text as version 3 takes it."""
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
    }


class Client:
    """One client with a site of its own. It acts as the integration user unless another e-mail is named."""

    def __init__(self, site: JiraSite | None = None) -> None:
        """A new site with its own clock, or a client of one that there is."""
        self.clock = StillClock(NOW)
        self.switches: dict[str, object] = {}
        self.site = JiraSite(self.clock, random.Random(3), self.switches) if site is None else site
        if site is None:
            seed(self.site)
        self.router = router(self.site)
        self.known = self.site.credentials()
        self.people: list[dict[str, str]] = self.known["people"]

    def send(self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Response:
        """Answer as the whole vendor does."""
        request = Request.to(method, url, headers, body)
        found = self.router.find(request)
        return found[0].handler(request, **found[1]) if found else miss(self.router, request)

    def basic(self, email: str = "") -> str:
        """The Authorization header of a person; of the integration user where none is named."""
        tokens = {who["email"]: who["api_token"] for who in self.people}
        tokens[self.known["admin_email"]] = self.known["admin_api_token"]
        tokens[self.known["email"]] = self.known["api_token"]
        email = email or self.known["email"]
        return "Basic " + b64encode(f"{email}:{tokens[email]}".encode()).decode()

    def call(
        self, method: str, path: str, body: object = None, *, by: str = "", version: str = "3", **query: Any
    ) -> Response:
        """Call REST with a person's API token; the path begins after the version."""
        url = f"{ORIGIN}/rest/api/{version}{path}" + (f"?{urlencode(query)}" if query else "")
        data = b"" if body is None else json.dumps(body).encode()
        return self.send(method, url, {"authorization": self.basic(by), "content-type": "application/json"}, data)

    def admin(self, method: str, path: str, body: object = None, *, version: str = "3", **query: Any) -> Response:
        """The same as the site's administrator."""
        return self.call(method, path, body, by=self.known["admin_email"], version=version, **query)

    def make(self, summary: str = "Order 4711", **fields: object) -> str:
        """A new task in PROC, or in the project named; its key."""
        asked = {"project": {"key": "PROC"}, "issuetype": {"name": "Task"}, "summary": summary, **fields}
        answer = self.call("POST", "/issue", {"fields": asked})
        assert answer.status == 201, answer.body
        return str(answer.json()["key"])

    def log(self, issue: str, seconds: int = 3600, *, by: str = "", **more: object) -> str:
        """Log hours; the id of the entry."""
        asked = {"started": STARTED, "timeSpentSeconds": seconds, **more}
        answer = self.call("POST", f"/issue/{issue}/worklog", asked, by=by)
        assert answer.status == 201, answer.body
        return str(answer.json()["id"])

    def field(self, name: str) -> str:
        """The id of a field by its name."""
        return next(str(each["id"]) for each in self.call("GET", "/field").json() if each["name"] == name)

    def person(self, place: int = 0) -> str:
        """The e-mail of one of the people who log hours."""
        return self.people[place]["email"]

    def later(self, **span: float) -> None:
        """Time passes."""
        self.clock.advance(timedelta(**span).total_seconds())
