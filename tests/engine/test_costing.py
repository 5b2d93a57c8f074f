"""What makes cost of hours, on a whole installation. Goal: the ledger holds it, to the cent and explained."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from engine.acme import ANALYST, START, Acme
from engine.ledger_oracle import owed
from ml_connector.cli import app
from ml_connector.core.document import plan_document
from ml_connector.demo.connection import NAME
from ml_connector.demo.oracle import Extras
from ml_connector.engine.accrual import accrue
from ml_connector.engine.checkup import check
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.recosting import recost
from ml_connector.engine.run import recorded
from ml_connector.policy import currency_digits
from ml_connector.web.tables import plan_view

pytestmark = pytest.mark.slow
YESTERDAY = START.date() - timedelta(days=1)
SATURDAY = date(2026, 11, 14)
EXTRAS = Extras(900, up=True, weekend=Fraction(3, 2), percent=Fraction("28.5"), account="614000")
COSTLY = """
[[calendar]]
name = "office"
entities = ["1000", "2000"]

[[premium]]
name = "weekend"
cause = "weekend"
factor = "1.5"
from = 2026-01-01

[[burden]]
name = "fringe"
percent = "28.5"
account = "614000"
from = 2026-01-01
"""
ROUNDING = '\n[posting.time_rounding]\nminutes = 15\ndirection = "up"\n'


def costly(text: str) -> str:
    """The demo's connection with everything switched on; its people work by the calendar."""
    people = text.replace("[[person]]\n", '[[person]]\ncalendar = "office"\n')
    return people.replace("\n[schedule]", f"{ROUNDING}\n[schedule]", 1) + COSTLY


def issue(acme: Acme) -> str:
    """The issue of an order that can be charged."""
    order = acme.chargeable()
    return acme.issue_of(f"{order['company']}/{order['number']}")


def logged(acme: Acme) -> list[dict[str, Any]]:
    """Odd numbers of seconds by three people, on a working day and on a Saturday."""
    acme.sync()
    key = issue(acme)
    return [
        acme.log(key, 3600 * (person + 1) + 60 * person + 1, day, person)
        for person in range(3)
        for day in (YESTERDAY, SATURDAY)
    ]


def agreed(acme: Acme) -> tuple[int, int, int]:
    """Jira's seconds, what rounding made of them, and the ledger's, in books that agree."""
    acme.clock.advance(120)
    lane = acme.installed.lane(NAME)
    found = recorded(lane, lambda: reconcile(lane, ""))
    assert found.agrees, found.differences
    rows = found.rows
    return tuple(
        sum(getattr(row, name) for row in rows) for name in ("jira_seconds", "rounding_seconds", "ledger_seconds")
    )


def test_the_ledger_holds_rounded_hours_weekends_and_burdens(make_acme: Callable[..., Acme]) -> None:
    """As counted a second time from the vendors' books; the tie-out states what rounding made, and is no error."""
    acme = make_acme(change=costly)
    entries = logged(acme)
    acme.post()
    assert acme.labor() == owed(acme, EXTRAS) != owed(acme)
    acme.check_ledger()
    seconds = sum(entry["timeSpentSeconds"] for entry in entries)
    added = sum(-entry["timeSpentSeconds"] % 900 for entry in entries)
    assert agreed(acme) == (seconds, added, seconds + added)


def test_edits_and_deletions_take_burdens_along(make_acme: Callable[..., Acme]) -> None:
    """What is taken back is what was posted, with its burden; the books agree in between and afterwards."""
    acme = make_acme(change=costly)
    entries = logged(acme)
    acme.post()
    key = issue(acme)
    acme.as_person(acme.people[0], "PUT", f"/issue/{key}/worklog/{entries[0]['id']}", {"timeSpentSeconds": 60})
    acme.as_person(acme.people[1], "DELETE", f"/issue/{key}/worklog/{entries[3]['id']}")
    acme.post()
    assert acme.labor() == owed(acme, EXTRAS)
    acme.check_ledger()
    agreed(acme)


def test_an_explanation_names_premium_burden_and_rounding(make_acme: Callable[..., Acme]) -> None:
    """Of a Saturday's entry: how long, by what factor, what was added to the time, and which percentage came on top."""
    acme = make_acme(change=costly)
    entries = logged(acme)
    acme.post()
    told = CliRunner().invoke(app, ["explain", str(entries[1]["id"]), "--json", "--dir", str(acme.directory)])
    shares = [s for p in json.loads(told.stdout)["postings"] for line in p["lines"] for s in line["shares"]]
    labor, fringe = sorted(shares, key=lambda share: "burden" in share)
    assert labor["premiums"] == [{"premium": "weekend", "seconds": 4500, "factor": "1.5"}]
    assert (labor["rounded_seconds"], labor["rate_rule"]) == (899, "person")
    assert (fringe["burden"], fringe["percent"], fringe["seconds"]) == ("fringe", "28.5", 0)


def test_a_burden_that_is_switched_on_comes_in_by_recosting_alone(acme: Acme) -> None:
    """A finding tells of it; accepted, reversal and replacement stand, and the books agree."""
    logged(acme)
    acme.post()
    before = acme.labor()
    file = acme.installed.home.connection_file(NAME)
    file.write_text(costly(file.read_text(encoding="utf-8")), encoding="utf-8")
    acme.restart()
    acme.post()
    acme.sync(sweeping=True)
    assert acme.labor() == before == owed(acme)
    assert "recosting_due" in acme.findings().values()
    lane = acme.installed.lane(NAME)
    acme.approve_and_apply(recorded(lane, lambda: recost(lane, (), ANALYST)).hash)
    assert acme.labor() == owed(acme, EXTRAS)
    agreed(acme)


def test_an_accrual_holds_what_the_hours_will_cost(make_acme: Callable[..., Acme]) -> None:
    """With premium and burden, to the cent, before a minute of it is posted."""
    acme = make_acme(change=costly)
    logged(acme)
    acme.sync()
    lane = acme.installed.lane(NAME)
    acme.approve_and_apply(recorded(lane, lambda: accrue(lane, f"{START:%Y-%m}", ["1000"], ANALYST)).hash)
    assert acme.labor() == owed(acme, EXTRAS)


def test_a_correction_that_becomes_known_changes_nothing_by_itself(acme: Acme) -> None:
    """Posted by the old rate, edited after the correction: still the old rate, until recosting is accepted."""
    entries = logged(acme)
    acme.post()
    file = acme.installed.home.connection_file(NAME)
    text = file.read_text(encoding="utf-8")
    first = f"[[rate]]{text.split('[[rate]]')[1]}"
    assert "96.50" in first
    more = first.replace("96.50", "100.00").rstrip() + f"\nknown_since = {START.date() + timedelta(days=1)}\n"
    file.write_text(f"{text}\n{more}", encoding="utf-8")
    acme.restart()
    acme.clock.advance(86_400.0)
    key = issue(acme)
    acme.as_person(acme.people[0], "PUT", f"/issue/{key}/worklog/{entries[0]['id']}", {"timeSpentSeconds": 7200})
    acme.post()
    assert acme.labor() == owed(acme)
    acme.sync(sweeping=True)
    assert "recosting_due" in acme.findings().values()
    acme.log(key, 3600, YESTERDAY)
    acme.post()
    assert sum((acme.labor() - owed(acme)).values()) == 350
    lane = acme.installed.lane(NAME)
    acme.approve_and_apply(recorded(lane, lambda: recost(lane, (), ANALYST)).hash)
    assert sum((acme.labor() - owed(acme)).values()) == 350 * 3 + round(Decimal(350) * 3601 / 3600)


def weekly(text: str) -> str:
    """Whatever exceeds twenty hours of a week costs three times the rate."""
    words = ('name = "overtime"', 'cause = "hours_per_week"', 'over = "20"', 'factor = "3"', "from = 2026-01-01")
    return text + "\n[[premium]]\n" + "\n".join(words) + "\n"


def test_overtime_of_a_week_counts_the_hours_on_all_orders(make_acme: Callable[..., Acme]) -> None:
    """Eight hours on Monday and Tuesday on one order, eight on Thursday on another: four of these are overtime."""
    acme = make_acme(change=weekly)
    acme.clock.advance(3 * 86_400.0)
    acme.sync()
    monday, keys = date(2026, 11, 16), [acme.issue_of(f"{o['company']}/{o['number']}") for o in two(acme)]
    for day, key in ((0, keys[0]), (1, keys[0]), (3, keys[1])):
        acme.log(key, 8 * 3600, monday + timedelta(days=day))
        acme.post()
    assert sum(acme.labor().values()) == (24 + 2 * 4) * 9650
    agreed(acme)


def two(acme: Acme) -> list[dict[str, Any]]:
    """Two orders that can be charged."""
    found = []
    for order in acme.orders(company="1000", currency="USD", closed=False):
        parts = [part for line in order["lines"] for part in line["distributions"]]
        if len(parts) == 1 and parts[0]["project"] and parts[0]["cost_center"] != "LEGACY":
            found.append(order)
    return found[:2]


def test_a_journal_of_accruals_and_burdens_shows_in_a_terminal(make_acme: Callable[..., Acme]) -> None:
    """A burden is named beside its worklog."""
    acme = make_acme(change=costly)
    logged(acme)
    acme.sync()
    lane = acme.installed.lane(NAME)
    made = recorded(lane, lambda: accrue(lane, f"{START:%Y-%m}", ["1000"], ANALYST))
    console = Console(width=300, record=True, file=StringIO())
    console.print(plan_view(plan_document(made, currency_digits)))
    shown = console.export_text()
    assert " fringe" in shown
    assert "(person)" in shown
    assert "614000" in shown


def with_hours(text: str) -> str:
    """Orders tell their hours, and nothing may exceed them."""
    fields = '\n[cloudsuite.fields.PurchaseOrder]\nhours = "PurchaseOrderUserField1"\n'
    return text.replace("\n[jira]\n", f"{fields}\n[jira]\n", 1) + '\n[rules]\non = ["stop-at-100"]\n'


def test_what_an_order_authorizes_stands_on_its_issue_and_is_kept_to(make_acme: Callable[..., Acme]) -> None:
    """Four hours: three are posted and two held; raised in CloudSuite, the issue says so and all is posted."""
    acme = make_acme(change=with_hours)
    order = acme.chargeable()
    key = f"{order['company']}/{order['number']}"
    acme.control("POST", f"/cloudsuite/purchase-orders/{key}", {"PurchaseOrderUserField1": "4"})
    acme.sync()
    key_of_issue = acme.issue_of(key)
    said = authorization(acme, key_of_issue)
    assert (said["hours"], said["from"], said["to"], said["status"]) == ("4", None, None, "open")
    assert said["number"] == order["number"]
    acme.log(key_of_issue, 3 * 3600, YESTERDAY - timedelta(days=1))
    held = acme.log(key_of_issue, 2 * 3600, YESTERDAY)
    acme.post()
    assert sum(acme.labor().values()) == 3 * 9650
    assert acme.findings()[f"worklog {held['id']}"] == "rule:stop-at-100"
    acme.control("POST", f"/cloudsuite/purchase-orders/{key}", {"PurchaseOrderUserField1": "5"})
    acme.sync()
    acme.post()
    assert authorization(acme, key_of_issue)["hours"] == "5"
    assert sum(acme.labor().values()) == 5 * 9650
    assert acme.sync().written == {}


def authorization(acme: Acme, key: str) -> dict[str, Any]:
    """What an issue says for machines."""
    (found,) = [item for item in acme.control("GET", "/books/issues") if item["key"] == key]
    said: dict[str, Any] = found["properties"]["ml-connector.authorization"]
    return said


def test_the_doctor_looks_at_the_accounts_of_burdens(make_acme: Callable[..., Acme]) -> None:
    """One that is not there is told before anything is posted."""
    acme = make_acme(change=lambda text: costly(text).replace('account = "614000"', 'account = "699999"'))
    acme.sync()
    (found,) = [each for each in check(acme.installed.lane(NAME)) if each.name.startswith("burden")]
    assert (found.ok, "699999" in found.found) == (False, True)
