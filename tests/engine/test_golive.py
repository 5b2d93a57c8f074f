"""Going live. Goal: what finance posted itself is never posted again, and what orders carried uses them up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine.acme import START, Acme
from ml_connector.core.parallel import compared
from ml_connector.core.records import Person
from ml_connector.demo.connection import NAME
from ml_connector.engine import golive, golive_sheets
from ml_connector.engine.planning import plan_all
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded
from ml_connector.policy import currency_digits
from ml_connector.settings import InvalidSettings

YESTERDAY = START.date() - timedelta(days=1)
HOUR = 3600


@pytest.fixture
def issue(acme: Acme) -> str:
    """The issue of an order that can be charged."""
    acme.sync()
    order = acme.chargeable()
    return acme.issue_of(f"{order['company']}/{order['number']}")


def sheet(acme: Acme, text: str) -> Path:
    """A file of finance's."""
    file = acme.directory / "sheet.csv"
    file.write_text(text, encoding="utf-8")
    return file


def by_hand(acme: Acme, text: str) -> int:
    """Import what finance posted."""
    lane = acme.installed.lane(NAME)

    def work() -> int:
        known = golive.entries(lane)
        return golive.import_by_hand(lane, golive_sheets.by_hand(sheet(acme, text), known, people(acme)), known, "x")

    return recorded(lane, work)


def people(acme: Acme) -> dict[str, Person]:
    """The connection's people."""
    return dict(acme.installed.lane(NAME).policy.cost.people)


def test_what_finance_posted_is_never_posted_again(acme: Acme, issue: str) -> None:
    """By the id of an entry, or by issue, person and day; all other hours are posted as ever, and the books agree."""
    first = acme.log(issue, HOUR, YESTERDAY)
    acme.log(issue, 2 * HOUR, YESTERDAY, person=1)
    acme.log(issue, 4 * HOUR, YESTERDAY, person=2)
    acme.sync()
    name = acme.people[1]["account_id"]
    text = f"worklog,issue,person,day,hours,reference\n{first['id']},,,,1,JE-1\n,{issue},{name},{YESTERDAY},2.0,JE-1\n"
    assert by_hand(acme, text) == 2
    acme.post()
    assert {line["units"] for line in acme.gl() if line["account"] != "219900"} == {"4"}
    lane = acme.installed.lane(NAME)
    assert recorded(lane, lambda: reconcile(lane)).agrees


def test_hours_that_change_after_finance_posted_them_are_told_of(acme: Acme, issue: str) -> None:
    """We cannot correct what we did not post: a finding with the money says so, and goes when it is imported again."""
    entry = acme.log(issue, HOUR, YESTERDAY)
    acme.sync()
    by_hand(acme, f"worklog,reference\n{entry['id']},JE-7\n")
    acme.post()
    assert "changed_after_hand_posting" not in acme.findings().values()
    acme.as_person(acme.people[0], "PUT", f"/issue/{issue}/worklog/{entry['id']}", {"timeSpentSeconds": 2 * HOUR})
    acme.post()
    assert acme.findings()[f"worklog {entry['id']}"] == "changed_after_hand_posting"
    by_hand(acme, f"worklog,reference\n{entry['id']},JE-8\n")
    acme.post()
    assert f"worklog {entry['id']}" not in acme.findings()
    assert acme.labor() == {}


def test_what_was_imported_by_mistake_is_posted_after_all(acme: Acme, issue: str) -> None:
    """Forgotten, the entry is costed with the next run."""
    entry = acme.log(issue, HOUR, YESTERDAY)
    acme.sync()
    by_hand(acme, f"worklog,reference\n{entry['id']},JE-7\n")
    lane = acme.installed.lane(NAME)
    assert recorded(lane, lambda: golive.give_back(lane, [entry["id"]], "x")) == 1
    acme.post()
    assert acme.labor()


def test_every_wrong_row_is_named_and_nothing_is_kept(acme: Acme, issue: str) -> None:
    """Unknown entries, wrong hours, entries named twice, entries of ours, people that nobody knows."""
    posted = acme.log(issue, HOUR, YESTERDAY)
    acme.post()
    entry = acme.log(issue, HOUR, YESTERDAY)
    acme.sync()
    rows = (
        f"{entry['id']},,,,,JE",
        f"{entry['id']},,,,,JE",
        "77,,,,,JE",
        f"{posted['id']},,,,,JE",
        f",{issue},nobody,{YESTERDAY},,JE",
        f",{issue},{acme.people[4]['account_id']},{YESTERDAY},,JE",
        f",{issue},{acme.people[0]['account_id']},17.11.2026,,JE",
        f"{entry['id']},,,,9,JE",
        ",,,,,JE",
        f"{entry['id']},,,,,",
    )
    with pytest.raises(InvalidSettings) as caught:
        by_hand(acme, "worklog,issue,person,day,hours,reference\n" + "\n".join(rows))
    assert [(p.line, p.key) for p in caught.value.problems] == [
        (3, "worklog"), (4, "worklog"), (5, "worklog"), (6, "person"), (7, "issue"), (8, "day"),
        (9, "worklog"), (10, "worklog"), (11, "reference"),
    ]  # fmt: skip
    acme.post()
    assert {line["units"] for line in acme.gl() if line["account"] != "219900"} == {"1"}
    assert sum(acme.labor().values()) > 0


def test_opening_balances_use_up_what_an_order_authorizes(acme: Acme, issue: str) -> None:
    """The order's remaining budget falls by what it carried before go-live, and the issue shows it."""
    order = acme.chargeable()
    key = next(key for key in golive.orders(acme.installed.lane(NAME)) if key.split("/")[1] == order["number"])
    before = remaining(acme, key)
    lane = acme.installed.lane(NAME)
    text = f"order;amount;hours;as_of\n{key};1000.50;12.5;2026-10-31\n"
    balances = golive_sheets.opening(sheet(acme, text), golive.orders(lane), currency_digits)
    assert balances[0].project == order["lines"][0]["distributions"][0]["project"]
    recorded(lane, lambda: golive.import_opening(lane, balances, "x"))
    assert before - remaining(acme, key) == 100_050
    acme.sync()
    shown = next(each for each in acme.control("GET", "/books/issues") if each["key"] == issue)
    assert shown["fields"]["Budget Remaining"] == remaining(acme, key) / 100


def remaining(acme: Acme, order: str) -> int:
    """What is left of an order, in minor units."""
    plan = plan_all(acme.installed.lane(NAME))
    return next(line.budget.remaining.minor for line in plan.budgets if line.erp_key == order)


def test_opening_balances_of_strangers_are_refused(acme: Acme) -> None:
    """Unknown orders, other currencies, amounts and days that are none, and an order told twice."""
    acme.sync()
    orders = golive.orders(acme.installed.lane(NAME))
    key = next(key for key, order in orders.items() if order.currency == "USD")
    rows = ("1/2,1,,2026-01-01", f"{key},1,EUR,2026-01-01", f"{key},1.005,,2026-01-01", f"{key},1,,soon")
    text = "order,amount,currency,as_of\n" + "\n".join(rows)
    with pytest.raises(InvalidSettings) as caught:
        golive_sheets.opening(sheet(acme, text), orders, currency_digits)
    assert [(p.line, p.key) for p in caught.value.problems] == [
        (2, "order"), (3, "currency"), (4, "amount"), (5, "order"),
    ]  # fmt: skip


def test_a_parallel_run_finds_what_finance_posted_otherwise(acme: Acme, issue: str) -> None:
    """To the cent and by account; hours before the cut-over date are costed too, and nothing is written."""
    acme.log(issue, HOUR, YESTERDAY)
    acme.sync()
    called: list[object] = []
    acme.tap = called.append
    lane = acme.installed.lane(NAME)
    first = YESTERDAY.replace(day=1)
    ours = golive.parallel(lane, first, lambda _entity, day: day >= first)
    (where,) = ours.amounts
    text = "entity,account,cost_center,project,currency,amount\n"
    text += f"{where.entity},{where.account},{where.cost_center},{where.project},{where.currency},100.00\n"
    theirs = golive_sheets.finance(sheet(acme, text), currency_digits)
    (row,) = compared(ours.amounts, theirs)
    assert (row.theirs, row.difference) == (10_000, ours.amounts[where] - 10_000)
    assert (called, acme.gl()) == ([], [])
