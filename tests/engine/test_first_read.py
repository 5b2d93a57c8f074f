"""What reading costs. Goal: a handful of calls for years of hours, three for nothing, and no entry twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from engine.acme import START, Acme
from ml_connector.demo.connection import NAME
from ml_connector.engine import poll
from ml_connector.store import worklogs

FIRST_READ, AT_ONCE = 5_000, 1_500
CALLS_MAX, IDLE_CALLS_MAX = 12, 3
ENTRY_SECONDS = 60


def log(acme: Acme, count: int, *, at_once: bool) -> None:
    """Hours of many people on many issues, over three weeks; entered one after another, or in one instant."""
    site = acme.world.jira
    issues = [issue.id for issue in site.issues_of("PROC")]
    for number in range(count):
        started = START - timedelta(days=1 + number % 20)
        site.add_worklog(
            issues[number % len(issues)], site.people_ids[number % len(site.people_ids)], started, ENTRY_SECONDS, "Work"
        )
        if not at_once:
            acme.clock.advance(0.01)


def calls(acme: Acme) -> Counter[str]:
    """Calls to Jira since they were cleared, by what they ask for."""
    return Counter(acme.world.calls.document()["jira"])


def held(acme: Acme) -> list[str]:
    """The ids of all entries that we know."""
    with acme.installed.database.read() as tx:
        return [item.worklog.id for item in worklogs.by_ids(tx, NAME, acme.world.jira.worklogs.entries)]


def read(acme: Acme) -> int:
    """Read the hours as the cycle does. Returns how many calls it took."""
    acme.clock.advance(90)
    acme.world.calls.clear()
    lane = acme.installed.lane(NAME)
    lane.enter()
    poll.poll(lane)
    lane.leave()
    return sum(count for name, count in calls(acme).items() if "worklog" in name)


def test_five_thousand_entries_are_read_by_twelve_calls(acme: Acme) -> None:
    """A thousand at a time: their ids, and what they are."""
    acme.sync()
    log(acme, FIRST_READ, at_once=False)
    assert read(acme) <= CALLS_MAX
    assert len(held(acme)) == FIRST_READ


def test_fifteen_hundred_entries_of_one_instant_are_each_read_once(acme: Acme) -> None:
    """No cursor leads past more changes of one instant than a page holds: the issues are read."""
    acme.sync()
    log(acme, AT_ONCE, at_once=True)
    for _ in range(2):
        read(acme)
        known = held(acme)
        assert len(known) == len(set(known)) == AT_ONCE
    acme.post()
    acme.post()
    assert sum(acme.labor().values()) > 0


def test_a_cycle_with_nothing_to_do_asks_three_things(acme: Acme) -> None:
    """Two feeds and one search."""
    acme.sync()
    acme.clock.advance(3600)
    acme.sync()
    acme.world.calls.clear()
    acme.sync()
    assert sum(calls(acme).values()) <= IDLE_CALLS_MAX
