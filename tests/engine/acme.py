"""A whole installation on the two simulated vendors, in one process, with one clock that only moves when told."""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ml_connector.bootstrap import CLOUDSUITE, JIRA, Installation, create_installation, open_installation
from ml_connector.demo.connection import NAME, connection_file
from ml_connector.demo.vendors import Vendors, login_of, secret_for
from ml_connector.engine import proposal
from ml_connector.engine.run import recorded, run_lane
from ml_connector.engine.sync import Outcome
from ml_connector.errors import Misconfigured
from ml_connector.settings import Connection, Home
from ml_connector.store import findings as finding_store
from ml_connector.store import principals
from ml_connector.store.principals import Principal
from ml_connector.wire import Request as ProductRequest
from ml_connector.wire import Response as ProductResponse
from ml_connector_sandbox import control
from ml_connector_sandbox import world as worlds
from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.front import Dropped
from ml_connector_sandbox.wire import Request, Response
from sandbox_transport import SandboxTransport, by_host

START = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
JIRA_URL = "https://jira.test"
CLOUDSUITE_URL = "https://cloudsuite.test"
PAST_THE_LAG = 90.0
CONTROLLER = Principal("controller", frozenset({"approver"}))
ANALYST = "analyst"
READ_BY_POST = ("token.oauth2", "/worklog/list", "/search/jql", "/issue/bulkfetch", "/oauth/token")


@dataclass(slots=True)
class OneClock:
    """The product's clock on the vendors' own; waiting moves both."""

    still: StillClock

    def now(self) -> datetime:
        """The vendors' present."""
        return self.still.now()

    def sleep(self, seconds: float) -> None:
        """Time passes for everybody."""
        self.still.advance(seconds)


@dataclass(slots=True)
class Acme:
    """The vendors, the installation on them, and the people of the story."""

    directory: Path
    clock: StillClock
    world: worlds.World
    installed: Installation
    tap: Callable[[ProductRequest], None] = field(default=lambda _request: None)
    heard: Callable[[ProductRequest, ProductResponse], None] = field(default=lambda _request, _response: None)

    @property
    def people(self) -> list[dict[str, str]]:
        """The people who log hours."""
        found: list[dict[str, str]] = self.world.jira.credentials()["people"]
        return found

    def sync(self, *, sweeping: bool = False) -> Outcome:
        """One cycle, after the feeds' lag has passed."""
        self.clock.advance(PAST_THE_LAG)
        return run_lane(self.installed.lane(NAME), sweeping=sweeping, prepared_by=ANALYST)

    def approve_and_apply(self, plan: str) -> proposal.Applied:
        """A second person approves, and it is written."""
        lane = self.installed.lane(NAME)
        proposal.approve(lane, plan, CONTROLLER)
        return recorded(lane, lambda: proposal.apply(lane, plan))

    def post(self) -> Outcome:
        """A cycle, and what it proposed approved and written."""
        outcome = self.sync()
        if outcome.proposal:
            self.approve_and_apply(outcome.proposal)
        return outcome

    def as_person(self, person: dict[str, str], method: str, path: str, body: object = None) -> Response:
        """A call of a person's own browser to Jira."""
        token = base64.b64encode(login_of(person).encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json", "Accept": "application/json"}
        data = b"" if body is None else json.dumps(body).encode()
        return self.world.jira_front(Request.to(method, f"{JIRA_URL}/rest/api/2{path}", headers, data))

    def log(self, issue: str, seconds: int, day: date, person: int = 0) -> dict[str, Any]:
        """Hours logged on an issue at nine in the morning, UTC. Returns Jira's answer."""
        body = {"started": f"{day}T09:00:00.000+0000", "timeSpentSeconds": seconds, "comment": "Work"}
        answer = self.as_person(self.people[person], "POST", f"/issue/{issue}/worklog", body)
        assert answer.status == 201, answer.body
        found: dict[str, Any] = answer.json()
        return found

    def issue_of(self, order: str) -> str:
        """The key of an order's issue, as CloudSuite shows it."""
        company, _, number = order.partition("/")
        for item in self.control("GET", "/books/orders"):
            if (item["company"], item["number"]) == (company, number):
                return str(item["fields"]["PurchaseOrderUserField5"])
        raise KeyError(order)

    def orders(self, **wanted: object) -> list[dict[str, Any]]:
        """Orders of CloudSuite's books with these values."""
        return [item for item in self.control("GET", "/books/orders") if all(item[k] == v for k, v in wanted.items())]

    def chargeable(self, company: str = "1000", currency: str = "USD") -> dict[str, Any]:
        """An open order of one line and one distribution that names a project and an active cost center."""
        for order in self.orders(company=company, currency=currency, closed=False):
            lines = order["lines"]
            if len(lines) == 1 and len(lines[0]["distributions"]) == 1:
                part = lines[0]["distributions"][0]
                if part["project"] and part["cost_center"] != "LEGACY":
                    return order
        raise KeyError(company)

    def control(self, method: str, path: str, body: object = None) -> Any:
        """One call of the control API, in process."""
        data = b"" if body is None else json.dumps(body).encode()
        answer = control.answer(self.world, Request.to(method, f"http://control.test{path}", {}, data))
        assert answer.status < 300, (method, path, answer.status, answer.body)
        return answer.json() if answer.body else None

    def gl(self) -> list[dict[str, Any]]:
        """The general ledger's lines."""
        found: list[dict[str, Any]] = self.control("GET", "/books/gl")
        return found

    def labor(self) -> Counter[tuple[str, str, str, str]]:
        """Labor in the ledger in minor units by account, cost center, project and currency."""
        sums: Counter[tuple[str, str, str, str]] = Counter()
        for line in self.gl():
            if line["account"] != "219900":
                sums[line["account"], line["cost_center"], line["project"], line["currency"]] += line["amount_minor"]
        return Counter({bucket: minor for bucket, minor in sums.items() if minor})

    def check_ledger(self) -> None:
        """What the ledger must always be: balanced, and no line of ours in it twice."""
        lines = self.gl()
        twice = Counter((line["reference"], line["sequence"]) for line in lines)
        assert all(count == 1 for count in twice.values()), twice
        sums: Counter[tuple[str, str, str]] = Counter()
        for line in lines:
            sums[line["reference"], line["entity"], line["currency"]] += line["amount_minor"]
        assert not any(sums.values()), sums

    def calls(self) -> dict[str, dict[str, int]]:
        """What the vendors counted since the last time this was asked."""
        found: dict[str, dict[str, int]] = self.control("GET", "/calls")
        self.control("DELETE", "/calls")
        return found

    def writes(self) -> list[str]:
        """The calls since the last count that could have changed a book: all but reads, reads by POST and sign-ins."""
        counted = [name for vendor, routes in self.calls().items() if vendor != "refused" for name in routes]
        assert counted, "nothing was asked of the vendors"
        return [name for name in counted if not name.startswith("GET ") and not name.endswith(READ_BY_POST)]

    def findings(self) -> dict[str, str]:
        """Codes of the open findings by subject."""
        with self.installed.database.read() as tx:
            return {item.finding.subject: item.finding.code for item in finding_store.open_findings(tx, NAME)}

    def restart(self) -> None:
        """The process ends and another begins on the same directory."""
        self.installed = opened(self.directory, self.clock, self.world, self)


def opened(directory: Path, clock: StillClock, world: worlds.World, acme: Acme | None) -> Installation:
    """An installation in a directory, on the vendors of a world."""
    transport = by_host(
        {
            urlsplit(JIRA_URL).hostname or "": SandboxTransport(world.jira_front, Dropped),
            urlsplit(CLOUDSUITE_URL).hostname or "": SandboxTransport(world.cloudsuite_front, Dropped),
        }
    )

    def exchange(request: ProductRequest) -> ProductResponse:
        if acme is None:
            return transport(request)
        acme.tap(request)
        response = transport(request)
        acme.heard(request, response)
        return response

    def of(_connection: Connection) -> Callable[[ProductRequest], ProductResponse]:
        return exchange

    return open_installation(directory, OneClock(clock), of)


def build(
    directory: Path,
    *,
    scale: int = 1,
    empty: bool = False,
    product: str = "fsm",
    change: Callable[[str], str] = lambda text: text,
    jira_deployment: str = "cloud",
) -> Acme:
    """Vendors with their seed, and an installation with credentials. `change` edits the connection file."""
    random.seed(1)  # the product's jitter; nothing that is checked depends on it
    clock = StillClock(START)
    world = worlds.build(
        clock=clock, seed=1, scale=scale, empty=empty, product=product, jira_deployment=jira_deployment
    )
    facts = {
        "jira": {**world.jira.credentials(), "url": JIRA_URL},
        "cloudsuite": {**world.cloudsuite.facts(), "url": CLOUDSUITE_URL},
    }
    post_from = (START.date().replace(day=1) - timedelta(days=1)).replace(day=1)
    text = change(connection_file(Vendors(directory, facts, None), post_from))  # type: ignore[arg-type] # no sockets
    create_installation(directory, NAME)
    Home(directory).connection_file(NAME).write_text(text, encoding="utf-8")
    acme = Acme(directory, clock, world, None)  # type: ignore[arg-type] # set in the next line
    acme.restart()
    ionapi = json.dumps(world.cloudsuite.ionapi(CLOUDSUITE_URL))
    jira = secret_for(facts["jira"])
    acme.installed.keep_secret(NAME, CLOUDSUITE, {"ionapi": ionapi})
    acme.installed.keep_secret(NAME, JIRA, jira)
    with acme.installed.database.begin() as tx:
        principals.add(tx, CONTROLLER)
    return acme


def refused(acme: Acme) -> Misconfigured:
    """The error of a cycle that must not run."""
    try:
        acme.sync()
    except Misconfigured as error:
        return error
    raise AssertionError("the cycle ran")
