"""When postings are proposed. Goal: not more often than finance wants to look, and not before people are done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from engine.acme import ANALYST, START, Acme
from ml_connector.demo.connection import NAME
from ml_connector.engine.run import run_lane
from ml_connector.engine.sync import SCHEDULE

HOUR = 3600.0
DAY = 24 * HOUR
YESTERDAY = START.date() - timedelta(days=1)


def with_posting(setting: str) -> Callable[[str], str]:
    """The demo's connection with a line more under [posting]."""
    return lambda text: text.replace("cadence_seconds = 0\n", f"{setting}\n")


def scheduled(acme: Acme) -> str:
    """A run of the schedule; the hash of what it proposed."""
    acme.clock.advance(HOUR)
    return run_lane(acme.installed.lane(NAME), prepared_by=SCHEDULE).proposal


def log(acme: Acme, seconds: int) -> dict[str, object]:
    """Hours on an order."""
    order = acme.chargeable()
    return acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), seconds, YESTERDAY)


def test_the_schedule_proposes_once_a_day(make_acme: Callable[..., Acme]) -> None:
    """Hours that come later wait for the next day, then all of them stand in one proposal."""
    acme = make_acme(change=with_posting(""))
    acme.sync()
    log(acme, 3600)
    first = scheduled(acme)
    assert first
    log(acme, 1800)
    assert scheduled(acme) == ""
    acme.clock.advance(DAY)
    assert scheduled(acme) not in ("", first)


def test_who_asks_does_not_wait(make_acme: Callable[..., Acme]) -> None:
    """A person's own sync proposes at once."""
    acme = make_acme(change=with_posting(""))
    acme.sync()
    log(acme, 3600)
    first = scheduled(acme)
    log(acme, 1800)
    acme.clock.advance(HOUR)
    assert run_lane(acme.installed.lane(NAME), prepared_by=ANALYST).proposal not in ("", first)


def test_hours_rest_before_they_are_posted(make_acme: Callable[..., Acme]) -> None:
    """An edit starts the rest anew; nobody has to touch them again for them to be posted."""
    acme = make_acme(change=with_posting("cadence_seconds = 0\ncooling_off_seconds = 21600"))
    acme.sync()
    entry = log(acme, 3600)
    assert scheduled(acme) == ""
    acme.clock.advance(4 * HOUR)
    issue = acme.control("GET", "/books/worklogs")[0]["issue_key"]
    acme.as_person(acme.people[0], "PUT", f"/issue/{issue}/worklog/{entry['id']}", {"timeSpentSeconds": 7200})
    assert scheduled(acme) == ""
    assert scheduled(acme) == ""
    acme.clock.advance(4 * HOUR)
    plan = scheduled(acme)
    acme.approve_and_apply(plan)
    assert sum(line["amount_minor"] > 0 for line in acme.gl()) >= 1
    assert "2.00 h" in {line["description"][-6:] for line in acme.gl()}


def test_what_is_deleted_does_not_rest(make_acme: Callable[..., Acme]) -> None:
    """Its cost is proposed for reversal at once."""
    acme = make_acme(change=with_posting("cadence_seconds = 0\ncooling_off_seconds = 3600"))
    acme.sync()
    entry = log(acme, 3600)
    acme.clock.advance(2 * HOUR)
    acme.approve_and_apply(scheduled(acme))
    issue = acme.control("GET", "/books/worklogs")[0]["issue_key"]
    acme.as_person(acme.people[0], "DELETE", f"/issue/{issue}/worklog/{entry['id']}")
    acme.approve_and_apply(scheduled(acme))
    assert not acme.labor()


def test_hours_do_not_wait_for_a_clock_that_runs_ahead(acme: Acme) -> None:
    """Jira dates a change after our present; without a cooling-off time it is planned all the same."""
    acme.sync()
    order = acme.chargeable()
    logged = acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, START.date() - timedelta(days=1))
    acme.world.jira.worklogs.entries[str(logged["id"])].updated += timedelta(minutes=5)
    assert acme.sync().proposal
