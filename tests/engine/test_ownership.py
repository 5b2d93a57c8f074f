"""Fields that both sides write. Goal: a person's word in Jira stays and is shown, and our own never comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.acme import Acme
from engine.test_subscription import deliver, with_webhook
from ml_connector.bootstrap import JIRA
from ml_connector.demo.connection import NAME
from ml_connector.engine.planning import plan_all
from ml_connector.store import findings, keys
from ml_connector_sandbox.jira.issues import Issue

ORDER_FIELD = "Vendor"


def field_id(acme: Acme, name: str) -> str:
    """The id of a field of the site."""
    return next(each.id for each in acme.world.jira.fields.values() if each.name == name)


def issue_of(acme: Acme, order: dict[str, Any]) -> Issue:
    """The issue of an order, in Jira's books."""
    return acme.world.jira.issue(acme.issue_of(f"{order['company']}/{order['number']}"))


def write(acme: Acme, issue: Issue, name: str, value: object) -> None:
    """A person sets a field in Jira."""
    fields = {"fields": {field_id(acme, name): value}}
    answer = acme.as_person(acme.people[0], "PUT", f"/issue/{issue.key}", fields)
    assert answer.status == 204, answer.body


def reads(acme: Acme, issue: Issue, name: str) -> object:
    """What a field reads in Jira's books."""
    return issue.values.get(field_id(acme, name))


def change_order(acme: Acme, order: dict[str, Any], **fields: str) -> None:
    """A buyer changes the order."""
    acme.control("POST", f"/cloudsuite/purchase-orders/{order['company']}/{order['number']}", fields)


def conflict(acme: Acme) -> str:
    """What the only open conflict says; empty where there is none."""
    with acme.installed.database.read() as tx:
        found = [each.finding for each in findings.open_findings(tx, NAME) if each.finding.code == "field_conflict"]
    assert len(found) <= 1
    return found[0].message if found else ""


def owned_by(owner: str) -> Callable[[str], str]:
    """The demo's connection with another owner of the vendor's field."""

    def change(text: str) -> str:
        return text.replace("[jira.fields]", f'[jira.ownership]\nvendor = "{owner}"\n\n[jira.fields]', 1)

    return change


def test_a_persons_word_over_cloudsuites_is_shown_and_not_overwritten(acme: Acme) -> None:
    """Both values are told, also after CloudSuite's changed; other fields of the issue go on following it."""
    acme.sync()
    order = acme.chargeable()
    issue = issue_of(acme, order)
    write(acme, issue, ORDER_FIELD, "Another vendor")
    acme.sync()
    assert f"'Another vendor' in Jira and {order['vendor']!r} in CloudSuite" in conflict(acme)
    change_order(acme, order, **{"Vendor": "NEWVENDOR", "1/Quantity": "77"})
    acme.sync()
    assert reads(acme, issue, ORDER_FIELD) == "Another vendor"
    assert "'NEWVENDOR' in CloudSuite" in conflict(acme)
    assert float(str(reads(acme, issue, "Authorized Amount"))) == 77 * float(order["lines"][0]["unit_cost"])


def test_a_conflict_ends_when_the_field_is_emptied(acme: Acme) -> None:
    """It is filled again, and follows CloudSuite from then on."""
    acme.sync()
    order = acme.chargeable()
    issue = issue_of(acme, order)
    write(acme, issue, ORDER_FIELD, "Another vendor")
    acme.sync()
    write(acme, issue, ORDER_FIELD, None)
    acme.sync()
    assert (reads(acme, issue, ORDER_FIELD), conflict(acme)) == (order["vendor"], "")
    change_order(acme, order, Vendor="NEWVENDOR")
    acme.sync()
    assert reads(acme, issue, ORDER_FIELD) == "NEWVENDOR"


def test_what_a_person_writes_between_reading_and_writing_stays(acme: Acme) -> None:
    """The issue is read once more before it is written: a search that lags hides nothing."""
    acme.sync()
    order = acme.chargeable()
    issue = issue_of(acme, order)
    acme.sync()
    change_order(acme, order, Vendor="NEWVENDOR")

    def at_the_last_moment(request: Any) -> None:
        if request.operation == "jira.search":
            acme.heard = after_the_search

    def after_the_search(request: Any, _response: Any) -> None:
        if request.operation == "jira.search":
            acme.heard = lambda _request, _response: None
            acme.tap = lambda _request: None
            write(acme, issue, ORDER_FIELD, "Another vendor")

    acme.tap = at_the_last_moment
    acme.sync()
    assert reads(acme, issue, ORDER_FIELD) == "Another vendor"
    assert "'NEWVENDOR' in CloudSuite" in conflict(acme)


def test_people_in_jira_may_own_a_field(make_acme: Callable[..., Acme]) -> None:
    """It is filled with a new issue, and then theirs: no change of CloudSuite's reaches it, and no conflict is told."""
    acme = make_acme(change=owned_by("jira"))
    acme.sync()
    order = acme.chargeable()
    issue = issue_of(acme, order)
    assert reads(acme, issue, ORDER_FIELD) == order["vendor"]
    write(acme, issue, ORDER_FIELD, "Another vendor")
    change_order(acme, order, Vendor="NEWVENDOR")
    acme.sync()
    assert (reads(acme, issue, ORDER_FIELD), conflict(acme)) == ("Another vendor", "")


def test_the_first_value_of_a_field_may_win(make_acme: Callable[..., Acme]) -> None:
    """Ours was first: CloudSuite's later one is told beside it. Emptied, the field takes the later one."""
    acme = make_acme(change=owned_by("first"))
    acme.sync()
    order = acme.chargeable()
    issue = issue_of(acme, order)
    change_order(acme, order, Vendor="NEWVENDOR")
    acme.sync()
    assert reads(acme, issue, ORDER_FIELD) == order["vendor"]
    assert "'NEWVENDOR' in CloudSuite" in conflict(acme)
    write(acme, issue, ORDER_FIELD, None)
    acme.sync()
    assert (reads(acme, issue, ORDER_FIELD), conflict(acme)) == ("NEWVENDOR", "")


def queued(acme: Acme) -> dict[str, int]:
    """The work that waits."""
    with acme.installed.database.read() as tx:
        return keys.waiting(tx, NAME)


@pytest.mark.slow
def test_our_own_writing_never_comes_back_as_work(make_acme: Callable[..., Acme]) -> None:
    """Issues made, changed and moved by us: the runs after it plan nothing, read nothing more, and write nothing, with
    the deliveries of our own changes too.
    """
    acme = make_acme(change=with_webhook)
    site = acme.world.jira
    site.person(site.integration).admin = True
    secret = {"email": site.person(site.integration).email, "api_token": site.person(site.integration).api_token}
    acme.installed.keep_secret(NAME, JIRA, {**secret, "account": site.integration})
    acme.sync()
    order = acme.chargeable()
    change_order(acme, order, Vendor="NEWVENDOR")
    other = next(each for each in acme.orders(company="1000", closed=False) if each["number"] != order["number"])
    change_order(acme, other, Closed="true")
    acme.sync()
    acme.sync()
    assert site.issue(issue_of(acme, other).key).status == "Done"
    assert deliver(acme)
    assert not queued(acme)
    for _ in range(2):
        acme.clock.advance(3600)
        acme.calls()
        outcome = acme.sync()
        calls = acme.calls()["jira"]
        assert (outcome.written, outcome.proposal, queued(acme)) == ({}, "", {})
        assert outcome.received.taken == outcome.received.dropped
        assert not [name for name in calls if name.startswith(("PUT", "POST")) and "search" not in name]
        assert sum(calls.values()) <= 3 + ("GET /rest/webhooks/1.0/webhook" in calls)
    assert not plan_all(acme.installed.lane(NAME)).operations
