"""Explaining: from an amount in the ledger to the hours behind it, and from hours to where they were charged."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from engine.acme import START, Acme
from ml_connector.demo.connection import NAME
from ml_connector.engine.explain import explain
from ml_connector.policy import currency_digits

YESTERDAY = START.date() - timedelta(days=1)


def _explained(acme: Acme, subject: str, *, rates: bool = False) -> dict[str, Any]:
    names = {person["account_id"]: person["name"] for person in acme.people}
    with acme.installed.database.read() as tx:
        return explain(tx, NAME, subject, currency_digits, names, rates=rates)


def _posted(acme: Acme) -> str:
    acme.sync()
    order = acme.chargeable()
    entry = acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    acme.post()
    return str(entry["id"])


def test_every_line_of_the_ledger_is_explained_to_the_cent(acme: Acme) -> None:
    """The shares of each line sum to its amount and name worklog, person, order, plan and approver."""
    worklog = _posted(acme)
    for line in acme.gl():
        found = _explained(acme, f"{line['reference']}/{line['sequence']}")
        (explained,) = found["lines"]
        assert explained["amount_minor"] == line["amount_minor"]
        assert found["approved_by"] == ["controller"]
        for share in explained["shares"]:
            assert (share["worklog"], share["person"]) == (worklog, acme.people[0]["name"])
            assert share["issue"] == line["issue_reference"]


def test_a_worklog_leads_to_all_that_was_charged_for_it(acme: Acme) -> None:
    """After an edit the original, its reversal and the replacement are told, and the sum is what the hours cost."""
    worklog = _posted(acme)
    issue = acme.control("GET", "/books/worklogs")[0]["issue_key"]
    acme.as_person(acme.people[0], "PUT", f"/issue/{issue}/worklog/{worklog}", {"timeSpentSeconds": 7200})
    acme.post()
    found = _explained(acme, worklog)
    assert found["charged"] == {"USD": "193.00"}
    entries = [share["entry"] for posting in found["postings"] for line in posting["lines"] for share in line["shares"]]
    assert sorted(entries) == ["original", "replacement", "reversal"]


def test_rates_show_only_to_those_who_may_see_them(acme: Acme) -> None:
    """Without the rates role neither an explanation nor a kept plan's printed form names a rate."""
    worklog = _posted(acme)
    assert '"rate":' not in json.dumps(_explained(acme, worklog), default=str)
    assert "96.50" in json.dumps(_explained(acme, worklog, rates=True), default=str)
