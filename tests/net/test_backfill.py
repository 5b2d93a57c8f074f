"""A back-fill at limits that nobody told us of, in virtual time, behind the sandbox's own door.

Goal: 95 % of what is allowed is used, and 1 % of the calls refused at most, whatever kind of limit it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from ml_connector.errors import RateLimited
from ml_connector.jira.limits import ISSUE_WRITES
from ml_connector.net.client import Client
from ml_connector.net.limits import Pace
from ml_connector.wire import Request, Safety
from ml_connector_sandbox.clock import StillClock
from sandbox_door import Door
from sandbox_transport import SandboxTransport

USED_MIN, REFUSED_MAX = 0.95, 0.01
ORDERS = 20_000
WRITE_BACK = Request(
    "fsm.update", "GET", "https://erp.test/ACME_TST/FSM/classes/PurchaseOrder/lists/_generic", Safety.REPEATABLE
)
SITE = "https://api.test/ex/jira/cloud/rest/api/3/issue/"


@dataclass(slots=True)
class Waiting:
    """The door's clock, for the product."""

    still: StillClock

    def now(self) -> Any:
        """The vendors' present."""
        return self.still.now()

    def sleep(self, seconds: float) -> None:
        """Time passes for everybody."""
        self.still.advance(seconds)


def client(door: Door, random: Random, late: float = 0.0, windows: tuple[Any, ...] = ()) -> Client:
    """The real client and pace; each call takes up to twice `late` seconds on its way there, and back."""
    exchange = SandboxTransport(door.front)

    def travelling(request: Request) -> Any:
        door.clock.advance(random.uniform(0, late))
        answer = exchange(request)
        door.clock.advance(random.uniform(0, late))
        return answer

    return Client(travelling, Waiting(door.clock), Pace(item_windows=windows, random=random.random), random.random)


def filled(limits: dict[str, Any], calls: int, seed: int, late: float = 0.0) -> tuple[float, float]:
    """Calls a minute that went through, and the part of them that was refused before."""
    door, random = Door("cloudsuite"), Random(seed)
    door.limits.put(limits)
    send = client(door, random, late).send
    begun = door.clock.now()
    for _ in range(calls):
        send(WRITE_BACK)
    minutes = (door.clock.now() - begun).total_seconds() / 60
    return calls / minutes, door.calls.refused["cloudsuite"] / calls


SAYS: dict[str, dict[str, Any]] = {
    "seconds": {},
    "date": {"cloudsuite_retry_after_as_date": True},
    "nothing": {"cloudsuite_retry_after": False},
}
Limit = Callable[[int], dict[str, Any]]


def quota(per_minute: int) -> dict[str, Any]:
    """A window of a minute, that begins with its first call."""
    return {"cloudsuite_per_minute": per_minute}


def smoothed(per_minute: int) -> dict[str, Any]:
    """A spike arrest that lets one call through at a time."""
    return {"cloudsuite_spike_calls": per_minute, "cloudsuite_spike_milliseconds": 60_000}


def bunched(per_minute: int) -> dict[str, Any]:
    """A spike arrest that lets some calls through in each period of some seconds."""
    some = 5 if per_minute % 2 else per_minute // 6
    period = some * 60_000 // per_minute
    return {
        "cloudsuite_spike_calls": some,
        "cloudsuite_spike_milliseconds": period,
        "cloudsuite_spike_smoothed": False,
    }


def holds(limit: Limit, says: str, seed: int, calls: int, *, late: float = 0.0, others: float = 0.0) -> None:
    """Draw a limit, fill up to it, and hold the figures against the goal."""
    per_minute = Random(seed).randrange(100, 501)
    theirs = int(per_minute * others)
    shared = {"cloudsuite_others_per_minute": theirs} if theirs else {}
    rate, refused = filled({**limit(per_minute), **SAYS[says], **shared}, calls, seed, late)
    assert rate >= (per_minute - theirs) * USED_MIN, f"{rate:.0f} of {per_minute - theirs} a minute"
    assert refused <= REFUSED_MAX, f"{refused:.2%} refused at {per_minute} a minute"


@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("limit", [quota, smoothed, bunched])
def test_an_unknown_limit_is_used_and_hardly_ever_run_into(limit: Limit, says: str) -> None:
    """Some thousand calls: of a quota window or a spike arrest, with a wait named or none."""
    holds(limit, says, seed=5, calls=5_000)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("limit", [quota, smoothed, bunched])
def test_twenty_thousand_orders_at_an_unknown_limit(limit: Limit, says: str, seed: int) -> None:
    """From 100 to 500 calls a minute, drawn at random."""
    holds(limit, says, seed, ORDERS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("says", SAYS)
def test_calls_that_take_their_time_use_a_quota_too(says: str, seed: int) -> None:
    """Up to a twentieth of a second there and back, so that calls come bunched."""
    holds(quota, says, seed, ORDERS, late=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("says", SAYS)
def test_a_quota_is_shared_with_others(says: str, seed: int) -> None:
    """Another client takes a quarter all the time, and begins windows that we do not see begin."""
    holds(quota, says, seed, ORDERS, others=0.25)


@pytest.mark.parametrize("says", SAYS)
def test_a_limit_that_is_raised_is_found_again(says: str) -> None:
    """What was learned is not kept to for ever: after a while the new limit is used."""
    door, random = Door("cloudsuite"), Random(3)
    send = client(door, random).send
    for per_minute in (120, 360):
        door.limits.put({**quota(per_minute), **SAYS[says]})
        for _ in range(6_000):
            send(WRITE_BACK)
    begun = door.clock.now()
    for _ in range(1_500):
        send(WRITE_BACK)
    minutes = (door.clock.now() - begun).total_seconds() / 60
    assert 1_500 / minutes >= 360 * USED_MIN


@pytest.mark.parametrize("says", SAYS)
def test_a_limit_that_is_lowered_is_kept_to_at_once(says: str) -> None:
    """A third of what was allowed: within minutes hardly a call is refused any more."""
    door, random = Door("cloudsuite"), Random(3)
    send = client(door, random).send
    for per_minute in (360, 120):
        door.limits.put({**quota(per_minute), **SAYS[says]})
        for _ in range(1_200):
            send(WRITE_BACK)
    before = door.calls.refused["cloudsuite"]
    for _ in range(1_200):
        send(WRITE_BACK)
    assert door.calls.refused["cloudsuite"] - before <= 1_200 * REFUSED_MAX


def edit(number: int, issues: int) -> Request:
    """A write of one of so many issues; every fifth is of the same one."""
    issue = "HOT-1" if number % 5 == 0 else f"PROC-{number % issues}"
    return Request("jira.issues.edit", "PUT", f"{SITE}{issue}", Safety.REPEATABLE, item=issue)


@pytest.mark.parametrize("headers", ["plain", "structured", "beta", "bare"])
@pytest.mark.parametrize("seed", range(2))
def test_three_limits_of_a_site_at_once(headers: str, seed: int) -> None:
    """Points of an hour, a burst of each endpoint and writes of one issue, in every form of headers: each hour's points
    are used up, at the pace that the endpoint allows, and an hour that is used up is waited out by the schedule.
    """
    door, random = Door(), Random(seed)
    burst, points = random.randrange(4, 12), random.randrange(1_500, 2_500)
    limits = {"jira_burst_per_second": burst, "jira_points_per_hour": points, "jira_headers": headers}
    door.limits.put({**limits, "html": random.random() < 0.5})
    send = client(door, random, windows=ISSUE_WRITES).send
    active, done, hours, number = 0.0, 0, 0, 0
    while hours < 3:
        begun = door.clock.now()
        try:
            while True:
                send(edit(number, 300))
                number, done = number + 1, done + 1
        except RateLimited as error:
            active += (door.clock.now() - begun).total_seconds()
            door.clock.advance(error.after or 0.0)
            hours += 1
    assert done >= 3 * points * USED_MIN
    assert done >= burst // 2 * active * USED_MIN
    assert door.calls.refused["jira"] <= done * REFUSED_MAX
