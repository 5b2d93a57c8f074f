"""What webhooks hint at. Goal: hours are costed at once, and no delivery ever says more than where to look."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.acme import START, Acme
from hook_deliveries import issue_event, worklog_event
from ml_connector.demo.connection import NAME
from ml_connector.engine import receive as receiving
from ml_connector.engine.planning import plan_all
from ml_connector.engine.run import run_inbox, run_lane
from ml_connector.engine.sync import Outcome
from ml_connector.errors import Rejected
from ml_connector.jira.deliveries import body_hash, parse
from ml_connector.store import inbox, plans, worklogs
from ml_connector.store.inbox import Hints

YESTERDAY = START.date() - timedelta(days=1)


def deliver(acme: Acme, body: bytes) -> None:
    """A delivery is kept, as the door keeps it."""
    told = parse({}, body)
    hints = Hints(told.issue_ids, told.hours_of, told.worklog_ids, told.worklogs_of, told.deleted_ids)
    with acme.installed.database.begin() as tx:
        inbox.keep(tx, NAME, told.identifier, told.event, body_hash(body), hints, acme.clock.now())


def light(acme: Acme) -> Outcome:
    """A light run, at once."""
    return run_inbox(acme.installed.lane(NAME))


def issue(acme: Acme) -> str:
    """The key of an order's issue."""
    order = acme.chargeable()
    return acme.issue_of(f"{order['company']}/{order['number']}")


def remaining(acme: Acme, key: str) -> Any:
    """What the issue shows as left of the order."""
    fields = acme.as_person(acme.people[0], "GET", "/field").json()
    field = next(each["id"] for each in fields if each["name"] == "Budget Remaining")
    return acme.as_person(acme.people[0], "GET", f"/issue/{key}").json()["fields"][field]


def pending(acme: Acme) -> int:
    """What is costed and not yet posted, in minor units, as our own books tell."""
    return sum(line.budget.pending.minor for line in plan_all(acme.installed.lane(NAME)).budgets)


def held(acme: Acme, worklog_id: str) -> list[tuple[str, int]]:
    """State and seconds of an entry, as we hold it."""
    with acme.installed.database.read() as tx:
        return [(item.state, item.worklog.seconds) for item in worklogs.by_ids(tx, NAME, [worklog_id])]


def test_an_hour_is_costed_at_once_and_posted_in_its_own_time(acme: Acme) -> None:
    """Within the minute in which no feed tells of it, its cost is pending. Nothing is proposed, and Jira is asked what
    it is and nothing else; the issue shows less to spend with the next cycle.
    """
    acme.sync()
    key = issue(acme)
    shown, before = remaining(acme, key), pending(acme)
    acme.world.calls.clear()
    entry = acme.log(key, 3600, YESTERDAY)
    deliver(acme, worklog_event(entry["id"], entry["issueId"]))
    outcome = light(acme)
    assert pending(acme) > before
    calls = acme.world.calls.document()["jira"]
    assert {name: count for name, count in calls.items() if "/issue/{issue}/worklog" not in name} == {
        "POST /rest/api/{version}/worklog/list": 1
    }
    assert (outcome.received.taken, outcome.received.dropped, outcome.proposal) == (1, 0, "")
    with acme.installed.database.read() as tx:
        assert plans.by_state(tx, NAME, plans.PROPOSED) == []
    assert acme.post().proposal
    assert remaining(acme, key) < shown
    assert acme.labor()


def test_a_delivery_that_lies_changes_nothing(acme: Acme) -> None:
    """Other hours, another issue, another author: what is booked is what Jira shows by id."""
    acme.sync()
    key = issue(acme)
    entry = acme.log(key, 3600, YESTERDAY)
    lie = json.loads(worklog_event(entry["id"], "999999"))
    lie["worklog"] |= {"timeSpentSeconds": 36_000_000, "issueId": entry["issueId"]}
    deliver(acme, json.dumps(lie).encode())
    light(acme)
    assert held(acme, entry["id"]) == [("live", 3600)]


def test_only_the_feed_says_that_an_entry_was_deleted(acme: Acme) -> None:
    """A delivery that says so of hours that are there, or that we merely cannot see, takes no cost back."""
    acme.sync()
    key = issue(acme)
    entry = acme.log(key, 3600, YESTERDAY)
    acme.post()
    deliver(acme, worklog_event(entry["id"], entry["issueId"], "worklog_deleted"))
    light(acme)
    assert held(acme, entry["id"]) == [("live", 3600)]
    acme.as_person(acme.people[0], "DELETE", f"/issue/{key}/worklog/{entry['id']}")
    deliver(acme, worklog_event(entry["id"], entry["issueId"], "worklog_deleted") + b" ")
    light(acme)
    assert held(acme, entry["id"]) == [("live", 3600)]
    acme.post()
    assert held(acme, entry["id"]) == [("deleted", 3600)]
    assert not acme.labor()


def test_a_hundred_deliveries_are_one_question(acme: Acme) -> None:
    """Of those about one entry, or about many, and of those that say the same again."""
    acme.sync()
    key = issue(acme)
    entries = [acme.log(key, 60, YESTERDAY) for _ in range(10)]
    for entry in entries:
        for spaces in range(10):
            deliver(acme, worklog_event(entry["id"], entry["issueId"], "worklog_updated") + b" " * spaces)
    asked: list[str] = []
    acme.tap = lambda request: asked.append(request.operation)
    assert light(acme).received.taken == 100
    assert asked.count("jira.worklogs.list") == 1
    assert not {"jira.worklogs.updated", "jira.worklogs.deleted"} & set(asked)


def test_what_we_do_not_know_is_dropped_and_counted(acme: Acme) -> None:
    """Most of a site's hours are on issues of others: Jira is asked once what is above such an issue, and no more."""
    acme.sync()
    asked: list[str] = []
    acme.tap = lambda request: asked.append(request.operation)
    for spaces in range(2):
        deliver(acme, worklog_event("77", "999999") + b" " * spaces)
        deliver(acme, issue_event("999999") + b" " * spaces)
        deliver(acme, issue_event("5", "sprint_started") + b" " * spaces)
        received = light(acme).received
        assert (received.taken, received.dropped) == (3, 3)
    assert asked == ["jira.issues.fetch"]
    assert light(acme).received.taken == 0


def test_an_issues_event_has_its_hours_read_where_it_says_that_they_changed(acme: Acme) -> None:
    """Apps are told of hours in this way, if at all."""
    acme.sync()
    entry = acme.log(issue(acme), 3600, YESTERDAY)
    deliver(acme, issue_event(entry["issueId"]))
    light(acme)
    assert held(acme, entry["id"]) == []
    deliver(acme, issue_event(entry["issueId"], issue_event_type_name="issue_work_logged"))
    light(acme)
    assert held(acme, entry["id"]) == [("live", 3600)]


def test_an_issue_that_a_delivery_names_is_read_by_its_id(acme: Acme) -> None:
    """A deleted one is told at once, instead of with the next sweep."""
    acme.sync()
    key = issue(acme)
    issue_id = acme.as_person(acme.people[0], "GET", f"/issue/{key}").json()["id"]
    acme.as_person(acme.people[0], "DELETE", f"/issue/{key}?deleteSubtasks=true")
    deliver(acme, issue_event(issue_id, "jira:issue_deleted"))
    light(acme)
    assert "issue_gone" in acme.findings().values()


def test_a_question_that_jira_refuses_does_not_stop_the_lane(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint is dropped; polling finds the hours."""
    acme.sync()
    entry = acme.log(issue(acme), 3600, YESTERDAY)
    deliver(acme, worklog_event(entry["id"], entry["issueId"]))

    def refuse(*_: object) -> None:
        raise Rejected("no")

    with monkeypatch.context() as patch:
        patch.setattr(receiving, "_take_worklogs", refuse)
        assert light(acme).received.dropped == 1
    acme.sync()
    assert held(acme, entry["id"]) == [("live", 3600)]


def test_a_cycle_looks_into_the_inbox_first(make_acme: Callable[..., Acme]) -> None:
    """Without a light run, hours of the last minute are in the next proposal all the same."""
    acme = make_acme()
    acme.sync()
    entry = acme.log(issue(acme), 3600, YESTERDAY)
    deliver(acme, worklog_event(entry["id"], entry["issueId"]))
    outcome = run_lane(acme.installed.lane(NAME))
    assert outcome.received.taken == 1
    assert outcome.proposal
