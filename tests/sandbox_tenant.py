"""A client of the simulated CloudSuite in the same process: it knows the credentials file and nothing else."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.cloudsuite.app import router
from ml_connector_sandbox.cloudsuite.fsm.routes import BASE
from ml_connector_sandbox.cloudsuite.gateway import miss
from ml_connector_sandbox.cloudsuite.seed import seed
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.wire import Request, Response

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ORIGIN = "http://localhost:8080"
CURRENCIES = f"{BASE}/classes/Currency/lists/_generic?_fields=Currency"


class Client:
    """One client with a tenant of its own."""

    def __init__(self, switches: dict[str, object] | None = None) -> None:
        """A new tenant with its own clock."""
        self.switches = switches if switches is not None else {}
        self.tenant = Tenant(StillClock(NOW), random.Random(3), self.switches)
        seed(self.tenant)
        self.router = router(self.tenant)
        self.bearer = ""
        self.ionapi: dict[str, Any] = self.tenant.ionapi(ORIGIN)

    def send(self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Response:
        """Answer as the whole vendor does."""
        request = Request.to(method, url, headers, body)
        found = self.router.find(request)
        return found[0].handler(request, **found[1]) if found else miss(self.router, request)

    def token(self, form: dict[str, str], *, basic: bool = True, encode: bool = False) -> Response:
        """Ask for a token, the client in a Basic header or in the form."""
        ci, cs = self.ionapi["ci"], self.ionapi["cs"]
        if encode:
            ci, cs = quote_plus(ci), quote_plus(cs)
        headers = {"authorization": "Basic " + b64encode(f"{ci}:{cs}".encode()).decode()} if basic else {}
        body = form if basic else {**form, "client_id": ci, "client_secret": cs}
        return self.send("POST", self.ionapi["pu"] + self.ionapi["ot"], headers, urlencode(body).encode())

    @property
    def password(self) -> dict[str, str]:
        """The form of the service account."""
        return {"grant_type": "password", "username": self.ionapi["saak"], "password": self.ionapi["sask"]}

    def read(self, token: str) -> Response:
        """Read something with a token."""
        return self.send("GET", CURRENCIES, {"authorization": f"Bearer {token}"})

    def call(self, method: str, path: str, body: object = None, **query: str) -> Response:
        """Call FSM with a good token; the path begins after `soap`."""
        self.bearer = self.bearer or self.token(self.password).json()["access_token"]
        url = f"{BASE}{path}?{urlencode(query)}" if query else BASE + path
        data = b"" if body is None else json.dumps(body).encode()
        return self.send(method, url, {"authorization": f"Bearer {self.bearer}"}, data)

    def records(self, class_name: str, fields: str = "_all", **query: str) -> list[dict[str, str]]:
        """Up to 10,000 records of a class."""
        path = f"/classes/{class_name}/lists/_generic"
        answer = self.call("GET", path, _fields=fields, **{"_limit": "10000", **query})
        return [each["_fields"] for each in answer.json()[1:]]
