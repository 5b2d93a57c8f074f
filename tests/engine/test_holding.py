"""The hold queue. Goal: everything that waits is in it with its reason, owner, age and money; mended, it is posted."""

from __future__ import annotations

import json
from datetime import timedelta

from typer.testing import CliRunner

from engine.acme import START, Acme
from engine.ledger_oracle import owed
from ml_connector.cli import app
from ml_connector.demo.connection import NAME
from ml_connector.engine.holding import queue
from ml_connector.policy import currency_digits

YESTERDAY = START.date() - timedelta(days=1)


def listed(acme: Acme) -> list[dict[str, object]]:
    """The queue, as it is shown."""
    with acme.installed.database.read() as tx:
        rows = [item.document(currency_digits, acme.clock.now()) for item in queue(tx, NAME)]
    done = CliRunner().invoke(app, ["holds", "list", "--json", "--dir", str(acme.directory)])
    assert [row["subject"] for row in json.loads(done.stdout)] == [row["subject"] for row in rows]
    return rows


def test_one_held_entry_never_blocks_another_and_is_posted_once_mended(acme: Acme) -> None:
    """A closed period holds one entry, priced; the other is posted at once, and the held one when finance reopens."""
    acme.sync()
    order = acme.chargeable()
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    last_month = START.date().replace(day=1) - timedelta(days=2)
    period = {"entity": order["company"], "period": f"{last_month:%Y-%m}"}
    acme.control("POST", "/cloudsuite/periods", {**period, "open": False})
    entry = acme.log(issue, 2 * 3600, last_month)
    acme.log(issue, 3600, YESTERDAY)
    acme.post()
    assert {line["units"] for line in acme.gl() if line["account"] != "219900"} == {"1"}
    acme.clock.advance(3 * 86_400)
    (row,) = [row for row in listed(acme) if row["code"] == "closed_period"]
    assert (row["worklog"], row["hours"], row["owner"]) == (entry["id"], "2.00", "finance analyst")
    assert (row["age_days"], row["currency"]) == (3, "USD")
    assert row["amount"] is not None
    assert row["remedy"]
    acme.control("POST", "/cloudsuite/periods", {**period, "open": True})
    acme.post()
    assert acme.labor() == owed(acme)
    assert not [row for row in listed(acme) if row["code"] == "closed_period"]


def test_a_finding_about_an_order_carries_the_money_of_all_its_entries(acme: Acme) -> None:
    """Three entries wait for one order: one row, and three hours of money."""
    acme.sync()
    order = acme.chargeable()
    issue = acme.issue_of(f"{order['company']}/{order['number']}")
    center = order["lines"][0]["distributions"][0]["cost_center"]
    acme.control("POST", "/cloudsuite/cost-centers", {"code": center, "active": False})
    for day in range(3):
        acme.log(issue, 3600, YESTERDAY - timedelta(days=day))
    acme.post()
    assert acme.labor() == {}
    with acme.installed.database.read() as tx:
        (waiting,) = [item for item in queue(tx, NAME) if item.finding.code == "inactive_cost_center"]
    acme.control("POST", "/cloudsuite/cost-centers", {"code": center, "active": True})
    acme.clock.advance(61)
    acme.post()
    assert waiting.finding.amount is not None
    assert waiting.finding.amount.minor == sum(acme.labor().values())
