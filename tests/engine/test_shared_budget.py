"""Several processes on one database. Goal: one budget for each tenant, whoever spends it, learned once for all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from engine.acme import Acme
from ml_connector.bootstrap import Installation
from ml_connector.demo.connection import NAME
from ml_connector.engine.lane import Lane
from ml_connector.jira.port import IssueEdit
from ml_connector_sandbox.clock import StillClock

Build = Callable[..., Acme]
CALLS = 300
"""By each of two processes."""
USED_MIN, REFUSED_MAX = 0.95, 0.01


class TogetherClock:
    """The vendors' clock for several at once: it moves on when all of them wait, to the first one's end."""

    def __init__(self, still: StillClock, parties: int) -> None:
        """Begins with the vendors' present."""
        self.still, self.parties = still, parties
        self.turn = threading.Condition()
        self.waiting: dict[int, datetime] = {}

    def now(self) -> datetime:
        """The vendors' present."""
        return self.still.now()

    def sleep(self, seconds: float) -> None:
        """Wait until all others have got as far."""
        me = threading.get_ident()
        with self.turn:
            self.waiting[me] = self.now() + timedelta(seconds=seconds)
            self._move()
            self.turn.wait_for(lambda: me not in self.waiting, timeout=60)

    def leave(self) -> None:
        """One fewer to wait for."""
        with self.turn:
            self.parties -= 1
            self._move()

    def _move(self) -> None:
        if self.waiting and len(self.waiting) == self.parties:
            first = min(self.waiting.values())
            self.still.advance(max(0.0, (first - self.now()).total_seconds()))
            self.waiting = {who: until for who, until in self.waiting.items() if until > first}
            self.turn.notify_all()


def ceiling_of(per_minute: int) -> Callable[[str], str]:
    """A connection file with a ceiling of our own."""
    return lambda text: text.replace("[cloudsuite]\n", f"[cloudsuite]\ncalls_per_minute = {per_minute}\n", 1)


def processes(acme: Acme) -> list[Installation]:
    """Two processes on the same directory, both signed in and rested."""
    first = acme.installed
    acme.restart()
    both = [first, acme.installed]
    for installed in both:
        installed.lane(NAME).erp.periods("1000")
    acme.clock.advance(120)
    return both


def together(acme: Acme, both: list[Installation], work: Callable[[Lane, int], object]) -> float:
    """Seconds that it took two processes to do some work so many times each."""
    clock = TogetherClock(acme.clock, len(both))
    acme.world.calls.clear()
    begun, failed = acme.clock.now(), list[Exception]()

    def run(lane: Lane) -> None:
        try:
            for number in range(CALLS):
                work(lane, number)
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            clock.leave()

    for installed in both:
        installed.clock = clock
    threads = [threading.Thread(target=run, args=(installed.lane(NAME),)) for installed in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    return (acme.clock.now() - begun).total_seconds()


@pytest.mark.parametrize("per_minute", [60, 300])
def test_processes_together_keep_within_the_ceiling(make_acme: Build, per_minute: int) -> None:
    """The tenant lets as many through as the connection allows us, and refuses none; hardly any goes unused."""
    acme = make_acme(change=ceiling_of(per_minute))
    both = processes(acme)
    acme.control("PUT", "/limits", {"cloudsuite_per_minute": per_minute})
    seconds = together(acme, both, lambda lane, _number: lane.erp.periods("1000"))
    sent = sum(acme.world.calls.document()["cloudsuite"].values())
    assert acme.world.calls.refused["cloudsuite"] == 0
    assert sent >= per_minute / 60 * seconds * USED_MIN


@pytest.mark.parametrize("said", [True, False])
def test_what_one_process_learns_the_other_knows(make_acme: Build, said: bool) -> None:  # noqa: FBT001 - a case
    """An unknown quota: together they are refused no more often than one alone would be, and use it."""
    acme = make_acme()
    both = processes(acme)
    acme.control("PUT", "/limits", {"cloudsuite_per_minute": 140, "cloudsuite_retry_after": said})
    seconds = together(acme, both, lambda lane, _number: lane.erp.periods("1000"))
    sent = sum(acme.world.calls.document()["cloudsuite"].values())
    refused = acme.world.calls.refused["cloudsuite"]
    assert refused <= sent * REFUSED_MAX
    assert sent - refused >= 140 / 60 * seconds * USED_MIN


def test_a_new_process_begins_with_what_is_known(make_acme: Build) -> None:
    """After a restart, a limit that was met before is not run into again."""
    acme = make_acme()
    first = acme.installed.lane(NAME).erp
    acme.control("PUT", "/limits", {"cloudsuite_per_minute": 120})
    for _ in range(75):
        first.periods("1000")
    acme.restart()
    after = acme.installed.lane(NAME).erp
    acme.world.calls.clear()
    for _ in range(65):
        after.periods("1000")
    assert acme.world.calls.refused["cloudsuite"] == 0


def test_a_pause_that_one_site_asked_for_holds_both(make_acme: Build) -> None:
    """An issue's endpoint is refused to one process: the other waits as well, and is not refused."""
    acme = make_acme()
    acme.sync()
    issues = sorted(acme.world.jira.issues)
    both = processes(acme)
    acme.control("PUT", "/limits", {"jira_burst_per_second": 10, "jira_per_issue_writes": False})

    def edit(lane: Lane, number: int) -> None:
        lane.jira.edit_issue(IssueEdit(issues[number % len(issues)], summary=f"Order {number}"))

    seconds = together(acme, both, edit)
    assert acme.world.calls.refused["jira"] <= 2 * CALLS * REFUSED_MAX
    assert seconds * 5 * USED_MIN <= 2 * CALLS


def test_a_whole_cycle_runs_under_a_ceiling(make_acme: Build) -> None:
    """Calls are counted in the database while the cycle writes its own: neither waits for the other for ever."""
    acme = make_acme(change=ceiling_of(90))
    acme.sync()
    order = acme.chargeable()
    acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, acme.clock.now().date())
    acme.post()
    acme.post()
    assert sum(acme.labor().values()) > 0
    acme.check_ledger()
