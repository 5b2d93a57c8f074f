"""A small vendor behind the sandbox's door: two routes over one list, and a clock that only moves when told."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from ml_connector_sandbox.calls import Calls
from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.faults import Faults
from ml_connector_sandbox.front import Front
from ml_connector_sandbox.limits import Limits
from ml_connector_sandbox.wire import Request, Response, Router, json_response

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
THINGS = "/rest/api/3/thing"
TOKEN = "good"


class Door:
    """The door, the little vendor behind it, and one client with a token."""

    def __init__(self, vendor: str = "jira") -> None:
        """A vendor with empty books."""
        self.things: list[str] = []
        self.tokens = {TOKEN}
        self.clock = StillClock(NOW)
        self.calls, self.faults, self.limits = Calls(), Faults(random.Random(1)), Limits(self.clock)
        self.front = Front(
            vendor, self.clock, self._router(), self.calls, self.faults, self.limits, self._miss, self._expire
        )

    def _router(self) -> Router:
        router = Router()
        router.add("GET", "/rest/api/{version}/thing", self._read)
        router.add("POST", "/rest/api/{version}/thing", self._write)
        for method in ("GET", "POST", "PUT"):
            router.add(method, "/rest/api/{version}/issue/{issue}", self._accept)
            router.add(method, "/ex/jira/{cloud}/rest/api/{version}/issue/{issue}", self._accept)
            router.add(method, "/{tenant}/FSM/classes/{class_name}/lists/{list_name}", self._accept)
        return router

    def _read(self, request: Request, version: str) -> Response:
        if not self._knows(request):
            return json_response({"error": "Unauthorized"}, 401)
        return json_response({"version": version, "things": self.things})

    def _write(self, request: Request, version: str) -> Response:
        if not self._knows(request):
            return json_response({"error": "Unauthorized"}, 401)
        self.things.append(request.body.decode())
        return json_response({"version": version}, 201)

    def _accept(self, _request: Request, **names: str) -> Response:
        return json_response(names)

    def _miss(self, _router: Router, _request: Request) -> Response:
        return json_response({"error": "Not Found"}, 404)

    def _knows(self, request: Request) -> bool:
        return request.headers.get("authorization") in self.tokens

    def _expire(self, request: Request) -> None:
        self.tokens.discard(request.headers["authorization"])

    def send(self, method: str, url: str, body: bytes = b"") -> Response:
        """One call with the token. Raises `front.Dropped`."""
        return self.front(Request.to(method, url, {"Authorization": TOKEN}, body))

    def write(self, thing: str) -> Response:
        """Add a thing to the books. Raises `front.Dropped`."""
        return self.send("POST", THINGS, thing.encode())

    def strike(self, name: str, **rule: Any) -> None:
        """Put one rule in force, for the next call where nothing else is said."""
        when = {} if "probability" in rule else {"next": 1}
        self.faults.put([{"name": name, **when, **rule}])
