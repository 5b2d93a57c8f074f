"""Clients of a whole simulated world in the same process: each vendor behind its door, and the control API."""

from __future__ import annotations

import json
from typing import Any

import sandbox_site
import sandbox_tenant
from ml_connector_sandbox import control
from ml_connector_sandbox import world as worlds
from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.wire import Request, Response
from ml_connector_sandbox.world import World

NOW = sandbox_tenant.NOW


class Erp(sandbox_tenant.Client):
    """A client of the world's CloudSuite."""

    def __init__(self, world: World) -> None:
        """It knows the credentials file of the world's tenant."""
        self.world = world
        self.tenant = world.cloudsuite
        self.switches = world.switches
        self.bearer = ""
        self.ionapi = self.tenant.ionapi(sandbox_tenant.ORIGIN)

    def send(self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Response:
        """Through the door. Raises `front.Dropped`."""
        return self.world.cloudsuite_front(Request.to(method, url, headers, body))

    def stage(self, run_group: str, *sequences: str) -> Response:
        """Stage rows of a dollar each in one batch."""
        row = {
            "FinanceEnterpriseGroup": "ACME",
            "RunGroup": run_group,
            "AccountingEntity": "1000",
            "AccountCode": "219900",
            "PostingDate": "20261105",
            "TransactionAmount": "1.00",
        }
        records = [{"_fields": {**row, "SequenceNumber": sequence}} for sequence in sequences]
        body = {"_records": records}
        return self.call("POST", "/classes/GLTransactionInterface/actions/CreateUnreleased/batch?_maxFailures=-1", body)

    def interface(self, run_group: str, *, edit_only: bool) -> Response:
        """An interface run of one run group."""
        name = "InterfaceTransactions_InterfaceTransactionsForm_FormOperation"
        only, both = ("true", "false") if edit_only else ("false", "true")
        asked = {"PrmEnterpriseGroup": "ACME", "PrmRunGroup": run_group, "PrmEditOnly": only, "_cmAll": "true"}
        return self.call("GET", f"/ldrest/GLTransactionInterface/{name}", **asked, PrmEditAndInterface=both)

    def staged(self) -> list[tuple[str, str]]:
        """Run group and sequence of every row that is staged, as the tenant tells."""
        fields = "RunGroup,SequenceNumber"
        rows = self.records("GLTransactionInterface", fields)
        return [(_by_end(row, "RunGroup"), _by_end(row, "SequenceNumber")) for row in rows]


def _by_end(row: dict[str, str], name: str) -> str:
    """A field that may carry its class's name before a dot."""
    return next(value for field, value in row.items() if field.split(".")[-1] == name)


class Site(sandbox_site.Client):
    """A client of the world's Jira."""

    def __init__(self, world: World) -> None:
        """It knows the credentials of the world's site."""
        super().__init__(world.jira)
        self.world = world

    def send(self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Response:
        """Through the door. Raises `front.Dropped`."""
        return self.world.jira_front(Request.to(method, url, headers, body))


class Play:
    """A new world on 20 November 2026, a client of each vendor, and the control API."""

    def __init__(self) -> None:
        """The same world each time."""
        self.clock = StillClock(NOW)
        self.world = worlds.build(clock=self.clock, seed=7)
        self.erp, self.site = Erp(self.world), Site(self.world)

    def answer(self, method: str, path: str, body: object = None) -> Response:
        """One call of the control API, whatever comes of it."""
        data = b"" if body is None else json.dumps(body).encode()
        return control.answer(self.world, Request.to(method, path, {}, data))

    def control(self, method: str, path: str, body: object = None) -> Any:
        """One call of the control API that has to be taken."""
        answer = self.answer(method, path, body)
        assert answer.status == 200, (method, path, answer.status, answer.body)
        return answer.json()

    def strike(self, name: str, **rule: Any) -> None:
        """Put one rule in force, for the next call where nothing else is said."""
        when = {} if "probability" in rule else {"next": 1}
        self.control("PUT", "/faults", [{"name": name, **when, **rule}])
