"""An order's issue under that of its project. Goal: it lies where its coding says, and its hours stay its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.acme import START, Acme
from engine.ledger_oracle import owed
from ml_connector_sandbox.jira.issues import Issue

YESTERDAY = START.date() - timedelta(days=1)


def under_project(text: str) -> str:
    """The demo's connection, with orders under their projects."""
    return text.replace("[jira.orders]", "[jira.orders]\nunder_project = true", 1)


@pytest.fixture
def acme(make_acme: Callable[..., Acme]) -> Acme:
    """Orders under their projects, as the first run leaves them."""
    made = make_acme(change=under_project)
    made.sync()
    return made


def issue_of(acme: Acme, order: dict[str, Any]) -> Issue:
    """The issue of an order, in Jira's books."""
    return acme.world.jira.issue(acme.issue_of(f"{order['company']}/{order['number']}"))


def epic_of(acme: Acme, project: str) -> Issue | None:
    """The issue of a project, in Jira's books."""
    return next((each for each in acme.world.jira.issues_of("DEL") if each.summary.startswith(f"{project}:")), None)


def first_project(order: dict[str, Any]) -> str:
    """The project that an order's first line is coded to."""
    parts = [part["project"] for line in order["lines"] for part in line["distributions"] if part["project"]]
    return str(parts[0]) if parts else ""


def test_each_order_is_made_under_its_projects_epic(acme: Acme) -> None:
    """With the first run and by one write each; an order without a project lies under nothing."""
    seen = Counter[bool]()
    for order in acme.orders(closed=False):
        epic = epic_of(acme, first_project(order))
        assert issue_of(acme, order).parent == (epic.id if epic else "")
        seen[epic is not None] += 1
    assert seen[True]
    assert seen[False]
    assert not [name for name in acme.calls()["jira"] if name.startswith("PUT")]


def test_an_order_follows_its_coding_to_another_project(acme: Acme) -> None:
    """A buyer codes it to another project: its issue lies under that one's. A person's own choice stays till then."""
    order = acme.chargeable()
    issue, before = issue_of(acme, order), first_project(order)
    other = next(each for each in ("IT-2041", "IT-2042", "IT-2043") if each != before)
    third = next(each for each in ("IT-2041", "IT-2042", "IT-2043") if each not in (before, other))
    elsewhere = epic_of(acme, third)
    assert elsewhere is not None
    answer = acme.as_person(acme.people[0], "PUT", f"/issue/{issue.key}", {"fields": {"parent": {"id": elsewhere.id}}})
    assert answer.status == 204
    acme.sync()
    assert issue.parent == elsewhere.id
    number = order["lines"][0]["line"]
    acme.control(
        "POST",
        f"/cloudsuite/purchase-orders/{order['company']}/{order['number']}",
        {f"{number}/1/DistributionAccount.Project": other},
    )
    acme.sync()
    wanted = epic_of(acme, other)
    assert wanted is not None
    assert issue.parent == wanted.id


def test_an_order_waits_for_an_epic_that_is_refused(make_acme: Callable[..., Acme]) -> None:
    """It is made at once, and put under the epic when that can be made; nothing is made twice."""
    acme = make_acme(change=under_project)
    site = acme.world.jira
    site.hide_project("DEL", site.integration)
    acme.sync()
    order = acme.chargeable()
    assert issue_of(acme, order).parent == ""
    site.show_project("DEL", site.integration)
    acme.sync()
    epic = epic_of(acme, first_project(order))
    assert epic is not None
    assert issue_of(acme, order).parent == epic.id
    markers = Counter(label for issue in site.issues.values() for label in issue.labels)
    assert all(count == 1 for count in markers.values())


def test_hours_under_an_epic_are_the_orders(acme: Acme) -> None:
    """The epic stands for its project and takes no hours of its orders."""
    acme.log(issue_of(acme, acme.chargeable()).key, 3600, YESTERDAY)
    acme.post()
    assert acme.labor() == owed(acme) != {}
    acme.check_ledger()
