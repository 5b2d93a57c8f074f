"""Fills up to limits that nobody told us of, on the vendors' clock: `python -m benchmarks.limits`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from ml_connector.cli.app import log_to_stderr
from ml_connector.clock import SystemClock
from ml_connector.erp.gateway import Gateway
from ml_connector.erp.ion import parse_ionapi
from ml_connector.jira.limits import ISSUE_WRITES
from ml_connector.net.client import Client
from ml_connector.net.limits import Book, Pace
from ml_connector.store.database import Database
from ml_connector.store.paces import PaceBook
from ml_connector.wire import Request, Response, Safety
from ml_connector_sandbox import wire, world
from ml_connector_sandbox.clock import StillClock

BEGIN = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ORDERS = 20_000
EDITS = 6_000
DRAWN = 3
COUNTED = 20_000
OTHERS = 0.25
"""The part of a quota that another client takes."""
ORIGIN, SITE = "https://cloudsuite.test", "https://jira.test/rest/api/3/issue/"
RECORDS = "/FSM/fsm/soap/classes/PurchaseOrder/lists/_generic"
WRITE_BACK = Request(
    "fsm.update", "GET", RECORDS, Safety.REPEATABLE, (("_fields", "PurchaseOrder"), ("_limit", "1")),
)  # fmt: skip


@dataclass(slots=True)
class Waiting:
    """The vendors' clock, for the product."""

    still: StillClock

    def now(self) -> datetime:
        """The vendors' present."""
        return self.still.now()

    def sleep(self, seconds: float) -> None:
        """Time passes for everybody."""
        self.still.advance(seconds)


def main() -> None:
    """Measure, and print JSON."""
    log_to_stderr()
    kinds: dict[str, Callable[[int], dict[str, Any]]] = {
        "quota window": lambda most: {"cloudsuite_per_minute": most},
        "quota window, shared with others": lambda most: {
            "cloudsuite_per_minute": most,
            "cloudsuite_others_per_minute": int(most * OTHERS),
        },
        "spike arrest": lambda most: {"cloudsuite_spike_calls": most, "cloudsuite_spike_milliseconds": 60_000},
    }
    found: dict[str, Any] = {"calls of each": ORDERS}
    for kind, limits in kinds.items():
        for says, more in (("Retry-After", {}), ("no Retry-After", {"cloudsuite_retry_after": False})):
            found[f"{kind}, {says}"] = [cloudsuite(limits, more, seed) for seed in range(DRAWN)]
    found["Jira, bursts and writes of an issue"] = [jira(seed) for seed in range(DRAWN)]
    found["microseconds that the pace takes for a call"] = costs()
    Console().print_json(json.dumps(found))


def cloudsuite(limits: Callable[[int], dict[str, Any]], more: dict[str, Any], seed: int) -> dict[str, Any]:
    """A back-fill at a limit drawn from 100 to 500 calls a minute, through the gateway."""
    random = Random(seed)  # noqa: S311 - a draw that has to be repeatable
    most = random.randrange(100, 501)
    settings = {**limits(most), **more}
    made, clock = vendors()
    made.limits.put(settings)
    client = Client(to(made.cloudsuite_front), clock, Pace(random=random.random), random.random)
    send = Gateway(parse_ionapi(json.dumps(made.cloudsuite.ionapi(ORIGIN))), client.send, clock).send
    minutes = _minutes(clock, lambda: [send(WRITE_BACK) for _ in range(ORDERS)])
    ours = most - settings.get("cloudsuite_others_per_minute", 0)
    return _figures(most, ORDERS / minutes / ours, made.calls.refused["cloudsuite"] / ORDERS)


def jira(seed: int) -> dict[str, Any]:
    """Edits of issues at a burst limit that is drawn; every fifth is of the same issue."""
    random = Random(seed)  # noqa: S311 - the same
    burst = random.randrange(4, 80)
    made, clock = vendors()
    made.limits.put({"jira_burst_per_second": burst})
    client = Client(to(made.jira_front), clock, Pace(item_windows=ISSUE_WRITES, random=random.random), random.random)
    names = ["HOT" if number % 5 == 0 else str(number % 400) for number in range(EDITS)]
    calls = [Request("jira.edit", "PUT", f"{SITE}{name}", Safety.REPEATABLE, body=b"{}", item=name) for name in names]
    minutes = _minutes(clock, lambda: [client.send(call) for call in calls])
    allowed = min(burst // 2, 100 / 30 * 5)  # a fifth of all calls may write one issue a hundred times in half a minute
    return _figures(burst, EDITS / minutes / 60 / allowed, made.calls.refused["jira"] / EDITS)


def costs() -> dict[str, float]:
    """What the pace itself takes: with nothing known, and where it counts in a database of all processes."""
    with TemporaryDirectory() as scratch:
        database = Database(f"sqlite:///{Path(scratch) / 'paces.db'}")
        database.upgrade()
        book = PaceBook(database, "tenant")
        found = {"nothing known": _cost(None, None), "a ceiling, shared": _cost(30_000_000, book)}
        database.close()
    return found


def _cost(per_minute: int | None, book: Book | None) -> float:
    pace, clock = Pace(per_minute, book=book), SystemClock()
    began = time.perf_counter()
    for _ in range(COUNTED):
        pace.passed(WRITE_BACK, pace.before(clock, WRITE_BACK))
    return round((time.perf_counter() - began) / COUNTED * 1e6, 1)


def _figures(limit: int, used: float, refused: float) -> dict[str, Any]:
    return {"limit": limit, "used": f"{used:.1%}", "refused": f"{refused:.2%}"}


def _minutes(clock: Waiting, work: Callable[[], object]) -> float:
    begun = clock.now()
    work()
    return (clock.now() - begun).total_seconds() / 60


def vendors() -> tuple[world.World, Waiting]:
    """Both vendors without records, and their clock."""
    still = StillClock(BEGIN)
    return world.build(clock=still, empty=True), Waiting(still)


def to(front: Callable[[wire.Request], wire.Response]) -> Callable[[Request], Response]:
    """A vendor's door as a transport."""

    def exchange(request: Request) -> Response:
        arrived = wire.Request.to(request.method, request.target, request.headers, request.body or b"")
        answer = front(arrived)
        return Response(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body)

    return exchange


if __name__ == "__main__":
    main()
