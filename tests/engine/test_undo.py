"""Undoing a batch. Goal: everything of it is reversed, nothing else, and it stays out until it is given back."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from engine.acme import ANALYST, CONTROLLER, START, Acme
from ml_connector.demo.connection import NAME
from ml_connector.engine import proposal, undo
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded
from ml_connector.errors import Refused
from ml_connector.store.principals import Principal

pytestmark = pytest.mark.slow
YESTERDAY = START.date() - timedelta(days=1)


def posted(acme: Acme) -> str:
    """Three people's hours, posted in one plan; its hash."""
    acme.sync()
    order = acme.chargeable()
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    for person in range(3):
        acme.log(issue, 3600 * (person + 1), YESTERDAY, person)
    return acme.post().proposal


def undone(acme: Acme, subject: str) -> str:
    """The hash of the reversing plan."""
    lane = acme.installed.lane(NAME)
    return recorded(lane, lambda: undo.undo(lane, subject, ANALYST, "wrong rates")).hash


def references(acme: Acme) -> list[str]:
    """Under what the ledger holds lines."""
    return sorted({line["reference"] for line in acme.gl()})


def test_a_batch_is_reversed_whole_and_stays_out(acme: Acme) -> None:
    """After approval the ledger nets to nothing, and later cycles leave it so."""
    plan = posted(acme)
    before = acme.labor()
    acme.approve_and_apply(undone(acme, plan))
    assert before
    assert acme.labor() == Counter()
    acme.post()
    acme.post()
    assert acme.labor() == Counter()
    acme.check_ledger()


def test_one_posting_of_several_can_be_undone(acme: Acme) -> None:
    """The others stand."""
    posted(acme)
    standing = acme.labor()
    order = acme.chargeable()
    acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 1800, YESTERDAY, 3)
    first = references(acme)
    acme.post()
    (second,) = set(references(acme)) - set(first)
    assert acme.labor() != standing
    acme.approve_and_apply(undone(acme, second))
    assert acme.labor() == standing


def test_what_was_given_back_is_posted_again(acme: Acme) -> None:
    """Once, and under a reference of its own."""
    plan = posted(acme)
    before = acme.labor()
    acme.approve_and_apply(undone(acme, plan))
    lane = acme.installed.lane(NAME)
    assert recorded(lane, lambda: undo.give_back(lane, plan, ANALYST)) == 3
    acme.post()
    assert acme.labor() == before
    acme.check_ledger()


def test_undoing_changes_nothing_until_somebody_else_approves(acme: Acme) -> None:
    """Who prepared it cannot, and the ledger waits."""
    plan = posted(acme)
    before = acme.labor()
    reversing = undone(acme, plan)
    lane = acme.installed.lane(NAME)
    with pytest.raises(Refused, match="prepared"):
        proposal.approve(lane, reversing, Principal(ANALYST, frozenset({"approver"})))
    assert acme.labor() == before
    proposal.approve(lane, reversing, CONTROLLER)


def test_what_is_out_already_cannot_be_undone_again(acme: Acme) -> None:
    """Nor what was never posted."""
    plan = posted(acme)
    acme.approve_and_apply(undone(acme, plan))
    for subject, words in ((plan, "reversed"), ("MLC-NONE", "no posting and no plan")):
        with pytest.raises(Refused, match=words):
            undone(acme, subject)


def test_withdrawn_hours_that_change_stay_out(acme: Acme) -> None:
    """An edit in Jira does not bring them back."""
    plan = posted(acme)
    acme.approve_and_apply(undone(acme, plan))
    order = acme.chargeable()
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    entry = acme.control("GET", "/books/worklogs")[0]
    acme.as_person(acme.people[0], "PUT", f"/issue/{issue}/worklog/{entry['id']}", {"timeSpentSeconds": 60})
    acme.post()
    assert acme.labor() == Counter()


def test_the_books_agree_when_a_batch_is_out(acme: Acme) -> None:
    """Withdrawn hours are none that our ledger owes."""
    acme.approve_and_apply(undone(acme, posted(acme)))
    lane = acme.installed.lane(NAME)
    assert recorded(lane, lambda: reconcile(lane)).agrees
