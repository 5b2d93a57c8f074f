"""The census. Goal: what no feed tells is found, and cost follows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.acme import START, Acme
from engine.ledger_oracle import owed

pytestmark = pytest.mark.slow

YESTERDAY = START.date() - timedelta(days=1)


def issues(acme: Acme) -> tuple[str, str]:
    """The issues of two orders of one company that can be charged."""
    found = [
        order["fields"]["PurchaseOrderUserField5"]
        for order in acme.orders(company="1000", currency="USD", closed=False)
        if all(
            part["project"] and part["cost_center"] != "LEGACY"
            for line in order["lines"]
            for part in line["distributions"]
        )
        and all(line["distributions"] for line in order["lines"])
    ]
    return found[0], found[1]


def finished(acme: Acme, *, sweeping: bool = False) -> None:
    """A cycle, and what it proposed approved and written."""
    outcome = acme.sync(sweeping=sweeping)
    if outcome.proposal:
        acme.approve_and_apply(outcome.proposal)


def test_hours_that_were_moved_in_bulk_are_found_and_follow(acme: Acme) -> None:
    """No feed tells of it: the ordinary cycle sees nothing, the census moves the cost to the other order."""
    acme.sync()
    here, there = issues(acme)
    entry = acme.log(here, 3600, YESTERDAY)
    finished(acme)
    before = acme.labor()
    moved = acme.as_person(acme.people[0], "POST", f"/issue/{here}/worklog/move", move(entry, there))
    assert moved.status < 300, moved.body
    finished(acme)
    assert acme.labor() == before
    finished(acme, sweeping=True)
    assert acme.labor() == owed(acme) != before
    acme.check_ledger()


def move(entry: dict[str, Any], target: str) -> dict[str, object]:
    """What Jira's bulk move takes."""
    return {"ids": [int(entry["id"])], "issueIdOrKey": target}


def test_hours_that_become_visible_late_are_found(acme: Acme) -> None:
    """They lie behind the cursor by then."""
    acme.sync()
    here, _ = issues(acme)
    acme.world.jira.hide_project("PROC", acme.world.jira.integration)
    acme.log(here, 3600, YESTERDAY)
    acme.clock.advance(7200.0)
    acme.log("DEL-1", 3600, YESTERDAY, 1)  # what is seen moves the cursor past what is not
    finished(acme)
    acme.clock.advance(7200.0)
    finished(acme)
    acme.world.jira.show_project("PROC", acme.world.jira.integration)
    finished(acme)
    assert not acme.labor()
    finished(acme, sweeping=True)
    finished(acme)
    assert acme.labor() == owed(acme) != {}


def test_an_id_that_returns_after_its_deletion_is_costed_again(acme: Acme) -> None:
    """Deleted, reversed, restored by an administrator: the cost stands once."""
    acme.sync()
    here, _ = issues(acme)
    entry = acme.log(here, 3600, YESTERDAY)
    finished(acme)
    before = acme.labor()
    acme.as_person(acme.people[0], "DELETE", f"/issue/{here}/worklog/{entry['id']}")
    finished(acme)
    assert not acme.labor()
    restore(acme, entry["id"])
    finished(acme, sweeping=True)
    finished(acme)
    assert acme.labor() == before == owed(acme)
    acme.check_ledger()


def restore(acme: Acme, worklog_id: str) -> None:
    """An administrator restores a backup of the entry."""
    book = acme.world.jira.worklogs
    entry = book.entries[worklog_id]
    entry.deleted_at = None
    book.add(entry)


def test_hours_that_another_person_edited_are_flagged(acme: Acme) -> None:
    """The approver sees it with the proposal."""
    acme.sync()
    here, _ = issues(acme)
    entry = acme.log(here, 3600, YESTERDAY)
    acme.world.jira.update_worklog(entry["id"], acme.people[1]["account_id"], seconds=7200)
    acme.sync()
    assert acme.findings()[f"worklog {entry['id']}"] == "edited_by_another"
