"""The main job: an order becomes an issue, its hours become cost in the ledger, and corrections follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.acme import START, Acme
from engine.ledger_oracle import owed
from ml_connector.core.ledger import State
from ml_connector.demo.connection import NAME
from ml_connector.errors import Drifted, Refused
from ml_connector.store import postings

TODAY = START.date()
YESTERDAY = TODAY - timedelta(days=1)


def _issue(acme: Acme) -> str:
    order = acme.chargeable()
    return acme.issue_of(f"{order['company']}/{order['number']}")


def test_orders_and_projects_become_issues_with_what_they_authorize(acme: Acme) -> None:
    """Each has one issue with its coding on it, done where the order is closed, and CloudSuite shows the key."""
    acme.sync()
    issues = {issue["key"]: issue for issue in acme.control("GET", "/books/issues")}
    order = acme.chargeable()
    issue = issues[acme.issue_of(f"{order['company']}/{order['number']}")]
    part = order["lines"][0]["distributions"][0]
    assert issue["fields"]["GL Account"] == part["account"]
    assert issue["fields"]["Cost Center"] == part["cost_center"]
    assert order["number"] in issue["fields"]["PO Number"]
    line = order["lines"][0]
    assert issue["fields"]["Authorized Amount"] == pytest.approx(float(line["quantity"]) * float(line["unit_cost"]))
    assert len(issues) == len(acme.orders()) + len(acme.control("GET", "/books/projects"))
    status = {item["fields"]["PurchaseOrderUserField5"]: item["closed"] for item in acme.orders()}
    assert len(status) == len(acme.orders())
    assert all(issues[key]["status"] == ("Done" if closed else "To Do") for key, closed in status.items())


def test_hours_are_in_the_ledger_to_the_cent(acme: Acme) -> None:
    """What the ledger charges is what an independent oracle computes from hours, rates and coding; nothing else."""
    acme.sync()
    seconds = iter(range(1800, 1_000_000, 777))
    for index, order in enumerate(acme.orders(closed=False)):
        key = acme.issue_of(f"{order['company']}/{order['number']}")
        for person in range(3):
            acme.log(key, next(seconds) % 9000 + 60, TODAY - timedelta(days=1 + index % 20), person)
    acme.post()
    acme.check_ledger()
    assert acme.labor() == owed(acme)
    assert len(acme.labor()) >= 5


def test_nothing_is_posted_without_a_second_person(acme: Acme) -> None:
    """A proposal waits, its maker cannot sign it, and until somebody does the ledger stays empty."""
    acme.sync()
    acme.log(_issue(acme), 3600, YESTERDAY)
    outcome = acme.sync()
    assert outcome.proposal
    acme.sync()
    assert acme.gl() == []
    with pytest.raises(Refused):
        acme.approve_and_apply("000000")


def test_an_edited_entry_is_reversed_and_replaced(acme: Acme) -> None:
    """The original stays, a reversal takes it back, a replacement charges the new hours; the sum is the new cost."""
    acme.sync()
    issue = _issue(acme)
    entry = acme.log(issue, 3600, YESTERDAY)
    acme.post()
    before = acme.gl()
    acme.as_person(acme.people[0], "PUT", f"/issue/{issue}/worklog/{entry['id']}", {"timeSpentSeconds": 7200})
    acme.post()
    after = acme.gl()
    acme.check_ledger()
    assert after[: len(before)] == before
    assert acme.labor() == owed(acme)
    assert sorted(line["amount_minor"] for line in after if line["account"] != "219900") == [-9650, 9650, 19300]


def test_a_deleted_entry_is_reversed(acme: Acme) -> None:
    """Its cost is taken back to nothing."""
    acme.sync()
    issue = _issue(acme)
    entry = acme.log(issue, 3600, YESTERDAY)
    acme.post()
    assert acme.labor() == owed(acme) != {}
    acme.as_person(acme.people[0], "DELETE", f"/issue/{issue}/worklog/{entry['id']}")
    acme.post()
    acme.check_ledger()
    assert acme.labor() == {}


def test_hours_logged_later_make_a_supplementary_line(acme: Acme) -> None:
    """A posted line is never changed: more hours of the same person and day get a line of their own."""
    acme.sync()
    issue = _issue(acme)
    acme.log(issue, 3600, YESTERDAY)
    acme.post()
    before = acme.gl()
    acme.log(issue, 1800, YESTERDAY)
    acme.post()
    assert acme.gl()[: len(before)] == before
    assert acme.labor() == owed(acme)


def test_an_approved_plan_is_written_as_approved_or_not_at_all(acme: Acme) -> None:
    """When an entry of the plan changes after approval, nothing is written and the change is named."""
    acme.sync()
    issue = _issue(acme)
    entry = acme.log(issue, 3600, YESTERDAY)
    outcome = acme.sync()
    acme.as_person(acme.people[0], "PUT", f"/issue/{issue}/worklog/{entry['id']}", {"timeSpentSeconds": 5400})
    acme.sync()
    with pytest.raises((Drifted, Refused)):
        acme.approve_and_apply(outcome.proposal)
    assert acme.gl() == []
    acme.post()
    assert acme.labor() == owed(acme)


def test_a_recoded_order_does_not_recost_what_was_posted(acme: Acme) -> None:
    """New hours follow the new coding, posted ones stay where they are."""
    acme.sync()
    order = acme.chargeable()
    key = f"{order['company']}/{order['number']}"
    issue = acme.issue_of(key)
    acme.log(issue, 3600, YESTERDAY)
    acme.post()
    before = acme.labor()
    coding = {"1/1/DistributionAccount.AccountingUnit": "IT-OPS"}
    acme.control("POST", f"/cloudsuite/purchase-orders/{key}", coding)
    assert not acme.sync().proposal
    assert acme.labor() == before
    acme.log(issue, 3600, YESTERDAY, 1)
    acme.post()
    added = acme.labor() - before
    assert {bucket[1] for bucket in added} == {"IT-OPS"}


def test_a_second_cycle_on_an_unchanged_world_is_cheap_and_writes_nothing(acme: Acme) -> None:
    """Two feeds and one search on Jira, one call a class on CloudSuite, no write; then each change arrives."""
    acme.sync()
    issue = _issue(acme)
    acme.log(issue, 3600, YESTERDAY)
    acme.post()
    acme.sync()
    acme.sync()
    acme.calls()
    outcome = acme.sync()
    assert outcome.written == {}
    assert not outcome.proposal
    calls = acme.calls()
    assert sum(calls["jira"].values()) <= 3, calls
    assert all("PUT" not in call for call in calls["jira"]), calls
    lists = {call: count for call, count in calls["cloudsuite"].items() if "/lists/" in call}
    assert len(lists) == 4
    assert set(lists.values()) == {1}
    assert set(calls["cloudsuite"]) - set(lists) <= {"POST /ACME_TST/as/token.oauth2"}, calls


def test_a_changed_order_and_a_changed_worklog_both_arrive(acme: Acme) -> None:
    """After a quiet cycle, a new description reaches the issue and a new entry reaches the proposal."""
    acme.sync()
    acme.sync()
    order = acme.chargeable()
    key = f"{order['company']}/{order['number']}"
    acme.control("POST", f"/cloudsuite/purchase-orders/{key}", {"Closed": "true"})
    other = next(
        acme.issue_of(f"{item['company']}/{item['number']}")
        for item in acme.orders(company="1000", currency="USD", closed=False)
        if item["number"] != order["number"] and len(item["lines"][0]["distributions"]) == 1
    )
    acme.log(other, 3600, YESTERDAY)
    outcome = acme.sync()
    assert outcome.proposal
    issues = {issue["key"]: issue for issue in acme.control("GET", "/books/issues")}
    assert issues[acme.issue_of(key)]["status"] == "Done"


def test_work_that_began_in_jira_shows_in_cloudsuite(acme: Acme) -> None:
    """A mapped status is written to the order's field once, and the product's own write is no news to it."""
    acme.sync()
    order = acme.chargeable()
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    ways = acme.as_person(acme.people[0], "GET", f"/issue/{issue}/transitions").json()["transitions"]
    way = next(item["id"] for item in ways if item["to"]["name"] == "In Progress")
    acme.as_person(acme.people[0], "POST", f"/issue/{issue}/transitions", {"transition": {"id": way}})
    acme.sync()
    (changed,) = acme.orders(company=order["company"], number=order["number"])
    assert changed["fields"]["PurchaseOrderUserField3"] == "WORKING"
    acme.sync()
    assert acme.sync().written == {}


def test_what_finance_posted_is_confirmed_and_what_they_deleted_is_held(acme: Acme) -> None:
    """Released entries become confirmed when read back as posted."""
    acme.sync()
    acme.log(_issue(acme), 3600, YESTERDAY)
    acme.post()
    acme.control("POST", "/cloudsuite/post")
    acme.sync(sweeping=True)
    with acme.installed.database.read() as tx:
        assert set(postings.counts(tx, NAME)) == {State.CONFIRMED.value}


def test_a_moved_entry_is_charged_where_it_is_now(acme: Acme, make_acme: Callable[..., Acme]) -> None:
    """An issue that a person moves to another project keeps its hours where they were charged."""
    acme.sync()
    issue = _issue(acme)
    acme.log(issue, 3600, YESTERDAY)
    acme.post()
    before = acme.labor()
    acme.control("POST", f"/jira/issues/{issue}/move", {"project": "OPS"})
    acme.sync(sweeping=True)
    assert acme.labor() == before
    assert "issue_moved" in acme.findings().values()
