"""Bad input: each has a clear finding or error, nothing half-written, and the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.acme import CLOUDSUITE_URL, START, Acme
from engine.ledger_oracle import owed
from ml_connector.bootstrap import CLOUDSUITE
from ml_connector.demo.connection import NAME
from ml_connector.engine.checkup import check
from ml_connector.errors import Misconfigured, Unauthorized
from ml_connector_sandbox.jira.worklogs import Worklog

YESTERDAY = START.date() - timedelta(days=1)


def _key(order: dict[str, object]) -> str:
    return f"{order['company']}/{order['number']}"


def _good_hours(acme: Acme) -> None:
    """Hours that must arrive whatever else is wrong."""
    acme.log(acme.issue_of(_key(acme.chargeable())), 5400, YESTERDAY, 1)


def _codes(acme: Acme) -> set[str]:
    return set(acme.findings().values())


def _check(acme: Acme) -> None:
    """The rest went through, and the books are right."""
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not"),
        ('{"ti": "ACME_TST"}', "lacks"),
        ('{"ti": "ACME_TST", "ci": "a", "cs": "very-secret", "pu": "ftp://x", "ot": "t"}', "pu"),
    ],
)
def test_a_broken_credentials_file_is_refused_before_it_is_stored(acme: Acme, content: str, message: str) -> None:
    """The error names what is wrong and shows no secret; the credentials that were there still work."""
    with pytest.raises(Misconfigured, match=message) as found:
        acme.installed.try_cloudsuite(NAME, content)
    assert "very-secret" not in str(found.value)
    assert acme.sync().written


def test_credentials_that_no_longer_work_stop_the_connection(acme: Acme) -> None:
    """The error says whose credentials and what to do; the ledger is untouched."""
    acme.sync()
    wrong = {**acme.world.cloudsuite.ionapi(CLOUDSUITE_URL), "sask": "not-this-one"}
    acme.world.cloudsuite.revoke_tokens()
    acme.installed.keep_secret(NAME, CLOUDSUITE, {"ionapi": json.dumps(wrong)})
    with pytest.raises(Unauthorized) as found:
        acme.sync()
    assert "not-this-one" not in str(found.value)
    assert found.value.remedy
    assert acme.gl() == []


def test_an_order_without_a_distribution_is_held(acme: Acme) -> None:
    """Its hours wait with the order named; hours on other orders are posted."""
    acme.sync()
    bare = next(o for o in acme.orders(closed=False) if not any(line["distributions"] for line in o["lines"]))
    acme.log(acme.issue_of(_key(bare)), 3600, YESTERDAY)
    _good_hours(acme)
    acme.post()
    found = {subject: code for subject, code in acme.findings().items() if bare["number"] in subject}
    assert "order_without_distribution" in found.values()
    _check(acme)


def test_hours_on_an_inactive_cost_center_are_held_before_they_are_sent(acme: Acme) -> None:
    """The dimension is checked before anybody approves."""
    acme.sync()
    order = next(
        o
        for o in acme.orders(closed=False)
        if any(part["cost_center"] == "LEGACY" for line in o["lines"] for part in line["distributions"])
    )
    acme.log(acme.issue_of(_key(order)), 3600, YESTERDAY)
    _good_hours(acme)
    acme.post()
    assert "inactive_cost_center" in _codes(acme)
    _check(acme)


def test_hours_of_a_person_without_a_rate_are_held(make_acme: Callable[..., Acme]) -> None:
    """No rate is invented: the person's hours in that currency wait, those in another are posted."""
    general = '[[rate]]\namount = "82.00"\ncurrency = "USD"\n'
    acme = make_acme(change=lambda text: text.replace(general, '[[rate]]\namount = "82.00"\ncurrency = "KWD"\n'))
    acme.sync()
    order = acme.chargeable()
    acme.log(acme.issue_of(_key(order)), 3600, YESTERDAY, 6)
    acme.log(acme.issue_of(_key(order)), 3600, YESTERDAY, 0)
    acme.post()
    assert _codes(acme) & {"no_rate", "unmapped_person"}
    assert sum(acme.labor().values()) == 9650
    acme.check_ledger()


def test_an_entry_of_no_time_costs_nothing(acme: Acme) -> None:
    """Old sites hold entries of 0 seconds: they are no work, and no finding."""
    acme.sync()
    issue = acme.world.jira.issue(acme.issue_of(_key(acme.chargeable())))
    now = acme.clock.now()
    person = acme.people[0]["account_id"]
    acme.world.jira.worklogs.add(Worklog("99999", issue.id, person, person, now, now, now, 0))
    _good_hours(acme)
    acme.post()
    assert not any("worklog" in subject for subject in acme.findings())
    _check(acme)


def test_a_day_of_twenty_five_hours_is_held(acme: Acme) -> None:
    """More hours than a day has are a typing error until somebody says otherwise: that person's day waits."""
    acme.sync()
    issue = acme.issue_of(_key(acme.chargeable()))
    acme.log(issue, 90_000, YESTERDAY, 0)
    _good_hours(acme)
    acme.post()
    assert "overfull_day" in _codes(acme)
    assert {line["amount_minor"] for line in acme.gl() if line["account"] != "219900"} == {13650}
    acme.check_ledger()


def test_an_amount_with_nine_decimals_is_read_exactly_or_named(acme: Acme) -> None:
    """A unit cost finer than the currency is multiplied out; a line that is no whole cent is a finding, not a guess."""
    acme.sync()
    order = acme.chargeable()
    acme.control("POST", f"/cloudsuite/purchase-orders/{_key(order)}", {"1/EnteredUnitCost": "60.123456789"})
    other = next(
        o
        for o in acme.orders(company="1000", currency="USD", closed=False)
        if o["number"] != order["number"] and len(o["lines"]) == 1 and len(o["lines"][0]["distributions"]) == 1
        if o["lines"][0]["distributions"][0]["cost_center"] != "LEGACY"
        if o["lines"][0]["distributions"][0]["project"]
    )
    acme.log(acme.issue_of(_key(other)), 3600, YESTERDAY)
    acme.post()
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}


def test_a_currency_without_minor_units_is_posted_in_whole_units(acme: Acme) -> None:
    """Yen have no cents: an hour and a half at 11,250 is 16,875, and half a second more rounds to whole yen."""
    acme.sync()
    order = acme.orders(currency="JPY")[0]
    acme.log(acme.issue_of(_key(order)), 5400, YESTERDAY)
    acme.post()
    amounts = [line for line in acme.gl() if line["currency"] == "JPY" and line["account"] != "219900"]
    assert sum(line["amount_minor"] for line in amounts) == 16_875
    _check(acme)


def test_an_unknown_clearing_account_is_named_by_the_doctor_and_posts_nothing(make_acme: Callable[..., Acme]) -> None:
    """A mapping that names a GL account which is not there is told before anything is proposed."""
    acme = make_acme(change=lambda text: text.replace('account = "219900"', 'account = "999999"'))
    acme.sync()
    (order,) = [acme.chargeable()]
    acme.log(acme.issue_of(_key(order)), 3600, YESTERDAY)
    outcome = acme.sync()
    assert not outcome.proposal
    assert "unknown_clearing_account" in _codes(acme)
    failed = [item for item in check(acme.installed.lane(NAME)) if not item.ok]
    assert any("999999" in item.found and item.remedy for item in failed)
    assert acme.gl() == []


def test_a_jira_project_that_is_gone_is_named_and_the_others_go_on(acme: Acme) -> None:
    """Its orders' issues cannot be found; posted cost stands, projects in the other Jira project are still kept."""
    acme.sync()
    _good_hours(acme)
    acme.post()
    before = acme.gl()
    acme.control("POST", "/jira/projects/PROC/delete")
    acme.sync(sweeping=True)
    acme.sync()
    assert {"jira_project_gone", "issue_gone"} <= _codes(acme)
    assert acme.gl() == before
    failed = [item for item in check(acme.installed.lane(NAME)) if not item.ok]
    assert any("PROC" in item.name for item in failed)


def test_a_project_that_is_hidden_from_us_reverses_nothing(acme: Acme) -> None:
    """Lost permission is not deletion: posted cost stands, and everything goes on once we see it again."""
    acme.sync()
    _good_hours(acme)
    acme.post()
    before = acme.gl()
    us = acme.world.jira.integration
    acme.control("POST", "/jira/permissions", {"project": "PROC", "account_id": us, "visible": False})
    acme.sync(sweeping=True)
    acme.sync()
    assert acme.gl() == before
    acme.control("POST", "/jira/permissions", {"project": "PROC", "account_id": us, "visible": True})
    acme.sync(sweeping=True)
    acme.log(acme.issue_of(_key(acme.chargeable())), 1800, YESTERDAY, 2)
    acme.post()
    _check(acme)
    assert "jira_project_gone" not in _codes(acme)
    assert "issue_gone" not in _codes(acme)


def test_a_deleted_issue_reverses_nothing_by_itself(acme: Acme) -> None:
    """An issue that a person deleted takes its hours along, and no feed tells: the cost stands and is reported."""
    acme.sync()
    _good_hours(acme)
    acme.post()
    before = acme.gl()
    acme.control("POST", f"/jira/issues/{acme.issue_of(_key(acme.chargeable()))}/delete")
    acme.sync(sweeping=True)
    acme.sync()
    assert acme.gl() == before
    assert "issue_gone" in _codes(acme)


def test_hours_before_the_cut_over_date_are_never_costed(acme: Acme) -> None:
    """Work of before `post_from` is somebody else's."""
    acme.sync()
    issue = acme.issue_of(_key(acme.chargeable()))
    acme.log(issue, 3600, START.date() - timedelta(days=80))
    _good_hours(acme)
    acme.post()
    assert len({line["transaction_date"] for line in acme.gl()}) == 1
    _check(acme)


def test_hours_on_an_issue_that_no_order_claims_are_never_costed(acme: Acme) -> None:
    """A clone of an order's issue, with all its fields and its marker, costs nothing."""
    acme.sync()
    original = acme.as_person(acme.people[0], "GET", f"/issue/{acme.issue_of(_key(acme.chargeable()))}").json()
    kept = ("project", "issuetype", "summary", "labels")
    fields = {name: original["fields"][name] for name in kept}
    clone = acme.as_person(
        acme.people[0],
        "POST",
        "/issue",
        {
            "fields": {
                **fields,
                "project": {"key": fields["project"]["key"]},
                "issuetype": {"id": fields["issuetype"]["id"]},
            }
        },
    ).json()
    acme.log(clone["key"], 3600, YESTERDAY)
    _good_hours(acme)
    acme.post()
    _check(acme)
    assert {line["issue_reference"] for line in acme.gl() if line["issue_reference"]} != {clone["key"]}


def test_without_a_cut_over_date_nothing_is_posted(make_acme: Callable[..., Acme]) -> None:
    """Issues are made and kept, and no hours are proposed."""
    acme = make_acme(change=lambda text: "\n".join(line for line in text.split("\n") if "post_from" not in line))
    acme.sync()
    _good_hours(acme)
    assert not acme.sync().proposal
    assert acme.gl() == []
