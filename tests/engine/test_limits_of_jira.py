"""The site's limits. Goal: a back-fill uses what it is allowed to, and is hardly ever refused."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from engine.acme import Acme
from engine.test_sign_in import by_consent, through_the_sandbox
from ml_connector.demo.connection import NAME
from ml_connector.errors import RateLimited
from ml_connector.jira.port import IssueEdit

Build = Callable[..., Acme]
USED_MIN, REFUSED_MAX = 0.95, 0.01
WRITES = 3000
ISSUES = 400


def edits(acme: Acme, issues: list[str], count: int) -> tuple[float, int]:
    """Write issues as fast as the site lets us. Returns how long it took, and how many calls were refused."""
    lane = acme.installed.lane(NAME)
    begun, before = acme.clock.now(), acme.world.calls.refused["jira"]
    for number in range(count):
        lane.jira.edit_issue(IssueEdit(issues[number % len(issues)], summary=f"Order {number}"))
    return (acme.clock.now() - begun).total_seconds(), acme.world.calls.refused["jira"] - before


def issues_of(acme: Acme) -> list[str]:
    """Issues to write, of orders that exist."""
    acme.sync()
    return sorted(acme.world.jira.issues)[:ISSUES]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_back_fill_uses_the_rate_that_the_site_allows(make_acme: Build, seed: int) -> None:
    """A burst limit drawn at random: writes get half of it, and begin with a full bucket."""
    acme, random = make_acme(scale=4), Random(seed)
    issues = issues_of(acme)
    burst, html = random.randrange(4, 80), random.random() < 0.5
    acme.control("PUT", "/limits", {"jira_burst_per_second": burst, "html": html})
    took, refused = edits(acme, issues, WRITES)
    rate = burst // 2
    assert rate * USED_MIN <= WRITES / (took + 1), f"{WRITES} writes in {took:.0f} s, at {rate} a second"
    assert refused <= WRITES * REFUSED_MAX


def test_one_issue_is_written_as_often_as_it_may_be(make_acme: Build) -> None:
    """A hundred times in half a minute: known beforehand, so that nothing is refused."""
    acme = make_acme()
    issues = issues_of(acme)[:1]
    took, refused = edits(acme, issues, 400)
    assert refused == 0
    fastest = 3 * 30 + 4 * 2  # a hundred at a time, and each hundred in five times twenty
    assert took <= fastest / USED_MIN


@pytest.mark.slow
def test_an_hours_quota_is_used_up_and_waited_out(make_acme: Build) -> None:
    """An app's points: all of an hour are used, one call is refused, and the next hour goes on."""
    acme = make_acme(scale=2, change=through_the_sandbox)
    by_consent(acme)
    acme.sync()
    quota = 500
    acme.control("PUT", "/limits", {"jira_points_per_hour": quota})
    lane = acme.installed.lane(NAME)
    issue = min(acme.world.jira.issues)
    done = 0
    before = acme.world.calls.refused["jira"]
    acme.clock.advance(3600)
    for _hour in range(3):
        done += until_refused(lambda number: lane.jira.edit_issue(IssueEdit(issue, summary=f"Order {number}")))
        acme.clock.advance(3600 - acme.clock.now().minute * 60 - acme.clock.now().second)
    refused = acme.world.calls.refused["jira"] - before
    assert done >= 3 * quota * USED_MIN
    assert refused <= 3 * quota * REFUSED_MAX


def until_refused(write: Callable[[int], None]) -> int:
    """How many writes go through before one is told to wait for long."""
    for number in range(10_000):
        try:
            write(number)
        except RateLimited:
            return number
    raise AssertionError("nothing ever ended it")
