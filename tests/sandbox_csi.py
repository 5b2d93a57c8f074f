"""A client of the simulated CSI in the same process: it knows the addresses and nothing else."""

from __future__ import annotations

import json
import random
from typing import Any
from urllib.parse import urlencode

from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.cloudsuite.app import router
from ml_connector_sandbox.cloudsuite.csi.routes import BASE
from ml_connector_sandbox.cloudsuite.seed import seed
from ml_connector_sandbox.cloudsuite.tenant import Tenant
from ml_connector_sandbox.wire import Response
from sandbox_tenant import NOW, ORIGIN, Client

Answer = dict[str, Any]


class CsiClient(Client):
    """One client with a tenant of its own."""

    def __init__(self, switches: dict[str, object] | None = None, scale: int = 1) -> None:
        """A new tenant with its own clock."""
        self.switches = switches if switches is not None else {}
        self.clock = StillClock(NOW)
        self.tenant = Tenant(self.clock, random.Random(3), self.switches, "csi")
        seed(self.tenant, scale=scale)
        self.router = router(self.tenant)
        self.bearer = ""
        self.ionapi = self.tenant.ionapi(ORIGIN)

    def raw(self, method: str, path: str, configuration: str, body: object = None, **query: str) -> Response:
        """A call with a good token and a configuration, perhaps an empty one."""
        self.bearer = self.bearer or self.token(self.password).json()["access_token"]
        headers = {"authorization": f"Bearer {self.bearer}"}
        if configuration:
            headers["x-infor-mongooseconfig"] = configuration
        url = f"{BASE}{path}?{urlencode(query)}" if query else BASE + path
        return self.send(method, url, headers, b"" if body is None else json.dumps(body).encode())

    def ido(self, method: str, path: str, body: object = None, company: str = "1000", **query: str) -> Answer:
        """A call to a company's site; the answer's JSON."""
        answer = self.raw(method, path, f"ACME_TST_{company}", body, **query)
        assert answer.status == 200, answer.body
        found: Answer = answer.json()
        return found

    def load(self, ido: str, properties: str, company: str = "1000", **query: str) -> Answer:
        """A load."""
        return self.ido("GET", f"/load/{ido}", None, company, properties=properties, **query)

    def items(self, ido: str, properties: str, company: str = "1000", **query: str) -> list[dict[str, str]]:
        """All items of a load, which must succeed."""
        answer = self.load(ido, properties, company, **{"recordcap": "0", **query})
        assert answer["Success"], answer
        found: list[dict[str, str]] = answer["Items"]
        return found

    def change(self, ido: str, action: int, item_id: str = "", **values: str) -> Answer:
        """One change."""
        return self.changes(ido, action, item_id, values)

    def changes(self, ido: str, action: int, item_id: str, values: dict[str, str], count: int = 1) -> Answer:
        """The same change several times over in one request."""
        properties = [
            {"Name": name, "Value": value, "Modified": True, "IsNull": False} for name, value in values.items()
        ]
        change = {"Action": action, "ItemId": item_id, "UpdateLocking": 1, "Properties": properties}
        return self.ido("POST", f"/update/{ido}", {"Changes": [change] * count}, refresh="true")

    def enter(self, **values: str) -> Answer:
        """One row in our journal."""
        row = {"Id": "MLC", "Acct": "612000", "AcctUnit1": "IT-DEV", "TransDate": "20261105 00:00:00"}
        return self.change("SLJournals", 1, **{**row, "DomAmount": "12.00", "Ref": "MLC-AAAA.1 PROC-1", **values})
