"""Who and what things are. Goal: keys, names and accounts may change or vanish, and no cost moves for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.acme import START, Acme
from engine.ledger_oracle import owed
from ml_connector.demo.connection import NAME
from ml_connector.engine.discovery import JIRA, discover_jira, keep
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded
from ml_connector.engine.unmatched import queue
from ml_connector.policy import cost_policy
from ml_connector_sandbox.jira.issues import Issue

pytestmark = pytest.mark.slow
YESTERDAY = START.date() - timedelta(days=1)
HOUR = 3600


def issue_of(acme: Acme, order: dict[str, Any]) -> Issue:
    """An order's issue, in Jira's books."""
    return acme.world.jira.issue(acme.issue_of(f"{order['company']}/{order['number']}"))


def posted(acme: Acme) -> tuple[Issue, dict[str, Any]]:
    """Two hours on an order's issue, in the ledger."""
    acme.sync()
    issue = issue_of(acme, acme.chargeable())
    entry = acme.log(issue.key, 2 * HOUR, YESTERDAY)
    acme.post()
    assert acme.labor() == owed(acme) != {}
    return issue, entry


def settled(acme: Acme) -> None:
    """Runs with the slow round, in which whatever is proposed is approved."""
    for _ in range(2):
        outcome = acme.sync(sweeping=True)
        if outcome.proposal:
            acme.approve_and_apply(outcome.proposal)


def agrees(acme: Acme) -> bool:
    """Whether the three books tie out."""
    acme.clock.advance(120)
    lane = acme.installed.lane(NAME)
    return recorded(lane, lambda: reconcile(lane, "")).agrees


def test_a_new_key_moves_nothing(acme: Acme) -> None:
    """Moved between mapped projects, the issue is the same one by its id: CloudSuite gets the new key, cost stays."""
    issue, _ = posted(acme)
    ledger = acme.gl()
    former = issue.key
    acme.control("POST", f"/jira/issues/{former}/move", {"project": "DEL"})
    settled(acme)
    assert acme.gl() == ledger
    assert issue_of(acme, acme.chargeable()).key == issue.key != former
    assert "issue_moved" not in acme.findings().values()
    acme.log(issue.key, HOUR, YESTERDAY, 1)
    acme.post()
    assert acme.labor() == owed(acme)
    assert agrees(acme)


@pytest.mark.parametrize("switches", [{}, {"jira_archived_in_jql": False}, {"jira_archived_readable": False}])
def test_an_archived_project_is_told_and_its_cost_stays(acme: Acme, switches: dict[str, object]) -> None:
    """Whatever an archive still shows: nothing is written there, no second issue is made, nothing is reversed."""
    issue, _ = posted(acme)
    ledger = acme.gl()
    acme.control("PUT", "/switches", switches)
    acme.control("POST", "/jira/projects/PROC/archive", {"archived": True})
    acme.control("POST", f"/cloudsuite/purchase-orders/{key_of(acme)}", {"Vendor": "NEWVENDOR"})
    settled(acme)
    assert acme.gl() == ledger
    assert acme.findings()["Jira project PROC"] in ("jira_project_archived", "jira_project_gone")
    count = len(acme.world.jira.issues)
    acme.control("POST", "/jira/projects/PROC/archive", {"archived": False})
    settled(acme)
    assert len(acme.world.jira.issues) == count
    assert "Jira project PROC" not in acme.findings()
    assert "NEWVENDOR" in issue.values.values()
    assert acme.gl() == ledger


def key_of(acme: Acme) -> str:
    """The chargeable order's key in the control API."""
    order = acme.chargeable()
    return f"{order['company']}/{order['number']}"


@pytest.mark.parametrize("shown", ["former", "unknown"])
def test_a_deleted_account_changes_no_cost(acme: Acme, shown: str) -> None:
    """Its hours stay whose they were, though Jira names somebody else for them or nobody; the books agree."""
    _, entry = posted(acme)
    ledger = acme.gl()
    acme.control("PUT", "/switches", {"jira_closed_account": shown})
    acme.control("POST", "/jira/accounts/close", {"account_id": acme.people[0]["account_id"]})
    site = acme.world.jira
    site.update_worklog(str(entry["id"]), site.administrator, comment="An administrator tidied up")
    settled(acme)
    assert acme.gl() == ledger
    assert agrees(acme)


def test_hours_first_read_after_their_account_was_deleted_are_nobodys(make_acme: Callable[..., Acme]) -> None:
    """They are costed at a default rate where there is one, as anybody's whom nobody mapped."""
    acme = make_acme()
    acme.control("PUT", "/switches", {"jira_closed_account": "unknown"})
    acme.sync()
    acme.log(issue_of(acme, acme.chargeable()).key, HOUR, YESTERDAY)
    acme.control("POST", "/jira/accounts/close", {"account_id": acme.people[0]["account_id"]})
    acme.post()
    (person,) = unmatched(acme)
    assert (person["account_id"], person["hours"]) == ("unknown", "1.00")
    acme.check_ledger()


def test_an_issue_that_security_hides_is_not_a_deleted_one(acme: Acme) -> None:
    """What was posted stays, what is hidden is told, and it goes on when it is shown again."""
    issue, _ = posted(acme)
    ledger = acme.gl()
    acme.control("POST", f"/jira/issues/{issue.key}/security", {"group": "board"})
    settled(acme)
    assert acme.gl() == ledger
    assert {"issue_gone", "invisible_worklog"} & set(acme.findings().values())
    acme.control("POST", f"/jira/issues/{issue.key}/security", {"group": ""})
    settled(acme)
    assert not {"issue_gone", "invisible_worklog"} & set(acme.findings().values())
    assert acme.gl() == ledger
    assert agrees(acme)


def unmatched(acme: Acme) -> list[dict[str, Any]]:
    """The queue of people whom nobody mapped."""
    return queue(acme.installed.database, NAME, cost_policy(acme.installed.connections[NAME]))


def without_default(text: str) -> str:
    """The demo's connection without a default rate in dollars."""
    general = '[[rate]]\namount = "82.00"\ncurrency = "USD"\n'
    assert general in text
    return text.replace(general, '[[rate]]\namount = "82.00"\ncurrency = "KWD"\n')


def test_people_whom_nobody_mapped_wait_in_a_queue(make_acme: Callable[..., Acme]) -> None:
    """By account id, whether they show an e-mail or not: hours, what they would cost at most, and since when."""
    acme = make_acme(change=without_default)
    site = acme.world.jira
    site.people()[5].shows_email = False
    acme.sync()
    issue = issue_of(acme, acme.chargeable())
    acme.log(issue.key, 2 * HOUR, YESTERDAY, 5)
    acme.log(issue.key, HOUR, YESTERDAY - timedelta(days=3), 5)
    acme.log(issue.key, HOUR, YESTERDAY, 6)
    acme.log(issue.key, HOUR, YESTERDAY, 0)
    acme.sync()
    first, second = unmatched(acme)
    assert first == {
        "account_id": acme.people[5]["account_id"],
        "name": "",
        "entries": 2,
        "hours": "3.00",
        "since": f"{YESTERDAY - timedelta(days=3)}",
        "costed_at_default": {},
        "held_hours": "3.00",
        "held_at_most": {"USD": "303.39"},
    }
    assert second["hours"] == "1.00"
    found = discover_jira(acme.installed.jira_of(NAME), ["PROC"])
    keep(acme.installed.database, NAME, JIRA, found, acme.installed.clock)
    assert unmatched(acme)[0]["name"] == site.people()[5].name
