"""A sub-task for each line of an order. Goal: hours on it are charged to that line, wherever they are moved from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.acme import START, Acme
from ml_connector.demo.connection import NAME
from ml_connector.engine.attestation import attest
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded
from ml_connector.store.principals import Principal
from ml_connector_sandbox.jira.issues import Issue

pytestmark = pytest.mark.slow
YESTERDAY = START.date() - timedelta(days=1)
HOUR = 3600
MANAGER = Principal("manager", frozenset({"approver"}), "")


def with_sub_tasks(text: str) -> str:
    """The demo's connection with a sub-task for each line."""
    assert "[jira.orders]" in text
    return text.replace("[jira.orders]", '[jira.orders]\nline_issue_type = "Sub-task"', 1)


@pytest.fixture
def acme(make_acme: Callable[..., Acme]) -> Acme:
    """Orders, and their lines, as issues."""
    made = make_acme(change=with_sub_tasks)
    made.sync()
    return made


def order_of_lines(acme: Acme) -> dict[str, Any]:
    """An order of several lines with different coding, all open."""
    for order in acme.orders(company="1000", currency="USD", closed=False):
        accounts = {(part["account"], part["cost_center"]) for line in order["lines"] for part in line["distributions"]}
        if len(order["lines"]) > 1 and len(accounts) > 1 and not any(line["closed"] for line in order["lines"]):
            return order
    raise KeyError("lines")


def sub_tasks(acme: Acme, order: dict[str, Any]) -> list[Issue]:
    """The sub-tasks of an order's issue, by line."""
    site = acme.world.jira
    parent = site.issue(acme.issue_of(f"{order['company']}/{order['number']}"))
    return sorted(site.subtasks(parent), key=lambda issue: issue.summary)


def accounts(line: dict[str, Any]) -> set[tuple[str, str]]:
    """What a line is charged to."""
    return {(part["account"], part["cost_center"]) for part in line["distributions"]}


def charged(acme: Acme) -> set[tuple[str, str]]:
    """Where labor stands."""
    return {(account, center) for account, center, _, _ in acme.labor()}


def test_each_open_line_has_one_sub_task(acme: Acme) -> None:
    """Under its order's issue, named after the line, and no second one with the next runs."""
    acme.sync()
    acme.sync(sweeping=True)
    order = order_of_lines(acme)
    found = sub_tasks(acme, order)
    assert [issue.type for issue in found] == ["Sub-task"] * len(order["lines"])
    for line, issue in zip(order["lines"], found, strict=True):
        assert issue.summary.startswith(f"PO {order['number']} line {line['line']}")
    labels = Counter(label for issue in acme.world.jira.issues_of("PROC") for label in issue.labels)
    assert all(count == 1 for count in labels.values())


def test_hours_on_a_sub_task_are_charged_to_its_line_alone(acme: Acme) -> None:
    """And hours on the order's own issue to all of its lines."""
    order = order_of_lines(acme)
    first, *_ = sub_tasks(acme, order)
    acme.log(first.key, HOUR, YESTERDAY)
    acme.post()
    assert charged(acme) == accounts(order["lines"][0])
    acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), HOUR, YESTERDAY, 1)
    acme.post()
    assert charged(acme) == set.union(*(accounts(line) for line in order["lines"]))
    acme.check_ledger()


def test_hours_moved_between_lines_move_their_cost(acme: Acme) -> None:
    """From one line's coding to the other's, and to the whole order's; the three books agree."""
    order = order_of_lines(acme)
    first, second, *_ = sub_tasks(acme, order)
    entry = acme.log(first.key, HOUR, YESTERDAY)
    acme.post()
    (minor,) = {sum(acme.labor().values())}
    acme.world.jira.move_worklog(str(entry["id"]), second.id)
    acme.sync(sweeping=True)
    acme.post()
    assert charged(acme) == accounts(order["lines"][1])
    assert sum(acme.labor().values()) == minor
    acme.clock.advance(120)
    lane = acme.installed.lane(NAME)
    assert recorded(lane, lambda: reconcile(lane, "")).agrees


def test_hours_on_a_closed_line_wait(acme: Acme) -> None:
    """A buyer closes the line: its sub-task's hours are held, with a remedy, and those of other lines are posted."""
    order = order_of_lines(acme)
    first, second, *_ = sub_tasks(acme, order)
    number = order["lines"][0]["line"]
    acme.world.cloudsuite.change_order(order["company"], order["number"], {f"{number}/Closed": "true"})
    held = acme.log(first.key, HOUR, YESTERDAY)
    acme.log(second.key, HOUR, YESTERDAY, 1)
    acme.post()
    assert charged(acme) == accounts(order["lines"][1])
    assert acme.findings()[f"worklog {held['id']}"] == "closed_line"


def test_the_hours_of_sub_tasks_are_attested_with_their_order(make_acme: Callable[..., Acme]) -> None:
    """Whoever attests the order attests its lines."""
    acme = make_acme(change=lambda text: with_sub_tasks(text).replace("[posting]", "[posting]\nattestation = true", 1))
    acme.sync()
    order = order_of_lines(acme)
    first, *_ = sub_tasks(acme, order)
    acme.log(first.key, HOUR, YESTERDAY)
    acme.post()
    assert not acme.labor()
    lane = acme.installed.lane(NAME)
    key = f"{order['company']}/{order['number']}/{order['release']}/{order['code']}"
    assert recorded(lane, lambda: attest(lane, key, f"{YESTERDAY:%Y-%m}", MANAGER)) == 1
    acme.post()
    assert charged(acme) == accounts(order["lines"][0])


def test_a_sub_task_in_doubt_is_created_once(acme: Acme, make_acme: Callable[..., Acme]) -> None:
    """The answer to their creation is lost: they are looked for by their markers, and not made again."""
    other = make_acme(change=with_sub_tasks)
    other.control("PUT", "/faults", [{"name": "lost_answer", "vendor": "jira", "next": 2, "path_holds": "issue/bulk"}])
    for _ in range(6):
        other.clock.advance(600)
        other.sync()
    markers = Counter(label for issue in other.world.jira.issues_of("PROC") for label in issue.labels)
    assert all(count == 1 for count in markers.values())
    assert markers.keys() == {label for issue in acme.world.jira.issues_of("PROC") for label in issue.labels}
