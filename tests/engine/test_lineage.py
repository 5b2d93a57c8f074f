"""Hours below an order's issue. Goal: they are charged to the order that people see above them, and move with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.acme import START, Acme
from ml_connector.demo.connection import NAME
from ml_connector.engine.explain import explain
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded, run_inbox
from ml_connector.policy import currency_digits
from ml_connector.store.inbox import Hints, keep

YESTERDAY = START.date() - timedelta(days=1)
HOUR = 3600


def below(acme: Acme, parent: str, kind: str = "Sub-task") -> str:
    """A new issue below another; its key."""
    asked = {"project": {"key": parent.partition("-")[0]}, "issuetype": {"name": kind}, "summary": "Part of it"}
    answer = acme.as_person(acme.people[0], "POST", "/issue", {"fields": {**asked, "parent": {"key": parent}}})
    assert answer.status == 201, answer.body
    return str(answer.json()["key"])


def put(acme: Acme, issue: str, parent: str) -> None:
    """Somebody puts an issue below another."""
    answer = acme.as_person(acme.people[0], "PUT", f"/issue/{issue}", {"fields": {"parent": {"key": parent}}})
    assert answer.status == 204, answer.body


@pytest.fixture
def issues(acme: Acme) -> list[str]:
    """The issues of two orders that can be charged."""
    acme.sync()
    first = acme.chargeable()
    others = [order for order in acme.orders(company="1000", currency="USD", closed=False) if chargeable(order)]
    second = next(order for order in others if order["number"] != first["number"])
    return [acme.issue_of(f"{order['company']}/{order['number']}") for order in (first, second)]


def chargeable(order: dict[str, Any]) -> bool:
    """Whether all of an order's coding takes labor."""
    parts = [part for line in order["lines"] for part in line["distributions"]]
    return all(part["project"] and part["cost_center"] != "LEGACY" for part in parts)


def charged(acme: Acme) -> int:
    """What the ledger holds of labor, in minor units."""
    return sum(acme.labor().values())


def test_hours_on_a_sub_task_are_the_orders(acme: Acme, issues: list[str]) -> None:
    """And `explain` says by way of what."""
    part = below(acme, issues[0])
    entry = acme.log(part, HOUR, YESTERDAY)
    acme.post()
    assert charged(acme) > 0
    with acme.installed.database.read() as tx:
        document = explain(tx, NAME, entry["id"], currency_digits, {}, rates=False)
    assert (document["issue"], document["by_way_of"]) == (part, [issues[0]])
    assert document["order"]


def test_hours_far_below_are_found_too(make_acme: Callable[..., Acme]) -> None:
    """A sub-task of a story below the order's issue, which is an epic."""
    acme = make_acme(change=lambda text: text.replace('issue_type = "Task"', 'issue_type = "Epic"', 1))
    acme.sync()
    order = acme.chargeable()
    story = below(acme, acme.issue_of(f"{order['company']}/{order['number']}"), "Story")
    acme.log(below(acme, story), HOUR, YESTERDAY)
    acme.post()
    assert charged(acme) > 0


def test_an_issue_below_nothing_of_ours_costs_one_question(acme: Acme, issues: list[str]) -> None:
    """It is asked about once, and its hours concern nobody."""
    lone = acme.world.jira.issue(below(acme, issues[0]))
    acme.world.jira.set_parent(lone, "")
    for day in range(3):
        acme.log(lone.key, HOUR, YESTERDAY - timedelta(days=day))
        acme.world.calls.clear()
        acme.post()
        asked = acme.world.calls.document()["jira"].get("POST /rest/api/{version}/issue/bulkfetch", 0)
        assert asked == (1 if day == 0 else 0)
    assert acme.labor() == {}


def test_hours_move_with_their_issue(acme: Acme, issues: list[str]) -> None:
    """Put below another order, what was posted is taken out there and charged here; the books tie out."""
    part = below(acme, issues[0])
    acme.log(part, HOUR, YESTERDAY)
    acme.post()
    before = acme.labor()
    put(acme, part, issues[1])
    acme.sync(sweeping=True)
    acme.post()
    acme.post()
    assert acme.labor() != before
    assert charged(acme) == sum(before.values()), "the rate is the same on both"
    lane = acme.installed.lane(NAME)
    assert recorded(lane, lambda: reconcile(lane)).agrees


def test_a_delivery_about_a_new_sub_task_is_looked_into(acme: Acme, issues: list[str]) -> None:
    """It names an issue that nobody knows yet."""
    part = below(acme, issues[0])
    entry = acme.log(part, HOUR, YESTERDAY)
    with acme.installed.database.begin() as tx:
        hints = Hints((), (), (entry["id"],), (entry["issueId"],), ())
        keep(tx, NAME, "one", "worklog_created", "hash", hints, acme.installed.clock.now())
    assert run_inbox(acme.installed.lane(NAME)).received.dropped == 0
    with acme.installed.database.read() as tx:
        assert acme.installed.keys_of_worklog(tx, NAME, entry["id"])


def test_where_hours_are_not_inherited_they_concern_nobody(acme: Acme, issues: list[str]) -> None:
    """Switched off afterwards, what was posted is taken out again."""
    acme.log(below(acme, issues[0]), HOUR, YESTERDAY)
    acme.post()
    assert charged(acme) > 0
    file = acme.installed.home.connection_file(NAME)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[jira.orders]\n", "[jira.orders]\ninherit = false\n", 1), encoding="utf-8")
    acme.restart()
    acme.sync(sweeping=True)
    acme.post()
    acme.post()
    assert charged(acme) == 0
