"""Orders that the vendor's invoices consume. Goal: hours to the second, no money twice, figures that add up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.acme import ANALYST, START, Acme
from ml_connector.core.document import plan_document
from ml_connector.core.plan import make_plan
from ml_connector.core.reconcile import Reconciliation
from ml_connector.demo.connection import NAME
from ml_connector.engine import undo
from ml_connector.engine.accrual import accrue
from ml_connector.engine.fit import find_fit
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.recosting import recost
from ml_connector.engine.run import recorded
from ml_connector.engine.whatif import what_if
from ml_connector.engine.world import all_keys, load_world
from ml_connector.policy import cost_policy
from ml_connector.settings import Home

pytestmark = pytest.mark.slow
Build = Callable[..., Acme]
YESTERDAY = START.date() - timedelta(days=1)
INVOICED = '[cloudsuite.fields.PurchaseOrder]\ninvoiced = "InvoicedAmount"\n'
VENDOR = '[[order_type]]\ncode = "STD"\nbudget = "vendor_spend"\n'


def told(text: str) -> str:
    """Invoices are told, and every type is labor."""
    return f"{text}\n{INVOICED}"


def vendor(text: str) -> str:
    """Orders of the type STD are vendor spend, and invoices are told."""
    return f"{text}\n{VENDOR}\n{INVOICED}"


def vendor_untold(text: str) -> str:
    """Orders of the type STD are vendor spend, and nobody tells invoices."""
    return f"{text}\n{VENDOR}"


def order_of(acme: Acme, code: str = "STD") -> str:
    """The key of an open order of a type, as bindings name it."""
    found = next(
        order
        for order in acme.orders(company="1000", currency="USD", closed=False, code=code)
        if all(
            part["cost_center"] != "LEGACY" and part["project"]
            for line in order["lines"]
            for part in line["distributions"]
        )
        and all(line["distributions"] for line in order["lines"])
    )
    return f"{found['company']}/{found['number']}"


def invoice(acme: Acme, order: str, amount: str) -> None:
    """The vendor bills the order."""
    company, number = order.split("/")
    acme.control("POST", f"/cloudsuite/purchase-orders/{company}/{number}", {"InvoicedAmount": amount})


def budget_of(acme: Acme, order: str) -> dict[str, Any]:
    """The figures of an order as everybody is shown them."""
    lane = acme.installed.lane(NAME)
    with lane.database.read() as tx:
        world = load_world(tx, lane, all_keys(tx, lane))
    plan = make_plan(world, lane.policy.mapping, lane.policy.cost, lane.policy.grouping)
    document: dict[str, Any] = plan_document(plan, lane.policy.cost.digits)
    return next(row for row in document["budgets"] if row["kind"] == "purchase_order" and row["key"].startswith(order))


def hours_in_gl(acme: Acme) -> float:
    """Units in the ledger."""
    return sum(float(line["units"] or 0) for line in acme.gl())


def tied(acme: Acme) -> Reconciliation:
    """The three books."""
    lane = acme.installed.lane(NAME)
    return recorded(lane, lambda: reconcile(lane))


def ties_out(acme: Acme) -> int:
    """The books agree; how many seconds Jira's side of them is."""
    found = tied(acme)
    assert found.agrees, (found.differences, found.unread)
    return sum(row.jira_seconds for row in found.rows)


@pytest.fixture
def logged(make_acme: Build) -> tuple[Acme, str]:
    """Two hours posted on vendor spend."""
    acme = make_acme(change=vendor)
    acme.sync()
    order = order_of(acme)
    acme.log(acme.issue_of(order), 7200, YESTERDAY)
    acme.post()
    acme.control("POST", "/cloudsuite/post")
    acme.sync()
    return acme, order


def test_hours_on_vendor_spend_are_units_without_money(logged: tuple[Acme, str]) -> None:
    """The ledger holds the two hours on the order's coding, not a cent, and nothing on the credit side."""
    acme, _ = logged
    assert hours_in_gl(acme) == 2.0
    assert {line["amount_minor"] for line in acme.gl()} == {0}
    assert all(line["account"] != "219900" for line in acme.gl())
    assert ties_out(acme) == 7200


def test_invoices_consume_vendor_spend(logged: tuple[Acme, str]) -> None:
    """What was invoiced is actual, and the hours are not."""
    acme, order = logged
    invoice(acme, order, "1250.50")
    acme.sync()
    found = budget_of(acme, order)
    assert (found["actual"], found["pending"], found["consumed_by"]) == ("1250.50", "0.00", "invoices")
    assert float(found["committed"]) == float(found["authorized"]) - 1250.50 == float(found["remaining"])
    assert "also_invoiced" not in acme.findings().values()


def test_invoices_that_nobody_tells_are_said_to_be_untold(make_acme: Build) -> None:
    """Without a field for them, actual is nothing, and the figure says why."""
    acme = make_acme(change=vendor_untold)
    acme.sync()
    order = order_of(acme)
    invoice(acme, order, "1250.50")
    acme.sync()
    found = budget_of(acme, order)
    assert (found["actual"], found["consumed_by"]) == ("0.00", "invoices, not told")


def test_an_edited_entry_moves_the_units(logged: tuple[Acme, str]) -> None:
    """Three hours in place of two: reversed, replaced, and tied out."""
    acme, order = logged
    worklog = acme.control("GET", "/books/worklogs")[0]["id"]
    issue = acme.issue_of(order)
    body = {"timeSpentSeconds": 10_800}
    assert acme.as_person(acme.people[0], "PUT", f"/issue/{issue}/worklog/{worklog}", body).status == 200
    acme.post()
    assert hours_in_gl(acme) == 3.0
    assert {line["amount_minor"] for line in acme.gl()} == {0}
    assert ties_out(acme) == 10_800


def test_undone_units_are_gone(logged: tuple[Acme, str]) -> None:
    """The reversal of a journal of units takes the hours out and no money with them."""
    acme, _ = logged
    lane = acme.installed.lane(NAME)
    reference = acme.gl()[0]["reference"]
    acme.approve_and_apply(recorded(lane, lambda: undo.undo(lane, reference, ANALYST, "wrong order")).hash)
    assert hours_in_gl(acme) == 0.0
    assert {line["amount_minor"] for line in acme.gl()} == {0}
    assert tied(acme).agrees


def test_nothing_is_accrued_for_vendor_spend(make_acme: Build) -> None:
    """Unposted hours that cost nothing leave nothing to accrue."""
    acme = make_acme(change=vendor)
    acme.sync()
    acme.log(acme.issue_of(order_of(acme)), 7200, YESTERDAY)
    acme.sync()
    lane = acme.installed.lane(NAME)
    plan = recorded(lane, lambda: accrue(lane, f"{YESTERDAY:%Y-%m}", ["1000"], ANALYST))
    assert plan.postings == ()


def test_declaring_a_type_late_changes_nothing_until_a_person_accepts(make_acme: Build) -> None:
    """Labor that was posted stands; recosting takes its money out and leaves its hours, and what-if says so before."""
    acme = make_acme(change=told)
    acme.sync()
    order = order_of(acme)
    acme.log(acme.issue_of(order), 7200, YESTERDAY)
    acme.post()
    acme.control("POST", "/cloudsuite/post")
    acme.sync()
    before = acme.labor()
    file = Home(acme.directory).connection_file(NAME)
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{VENDOR}", encoding="utf-8")
    changed = acme.installed.changed(NAME, file)
    found: dict[str, Any] = what_if(acme.installed.lane(NAME), cost_policy(changed), lambda _entity, _day: True)
    assert found["totals"]["USD"]["after"] == "0.00"
    acme.restart()
    acme.post()
    assert acme.labor() == before
    assert sum(before.values()) > 0
    lane = acme.installed.lane(NAME)
    planned = recorded(lane, lambda: recost(lane, [], ANALYST)).hash
    acme.approve_and_apply(planned)
    assert not acme.labor()
    assert hours_in_gl(acme) == 2.0
    assert ties_out(acme) == 7200


def test_a_labor_authorization_that_is_invoiced_is_told_with_the_money(make_acme: Build) -> None:
    """The warning names what was invoiced, and `fit` shows it; the figures stay those of labor."""
    acme = make_acme(change=told)
    acme.sync()
    order = order_of(acme)
    assert "also_invoiced" not in acme.findings().values()
    invoice(acme, order, "800.00")
    acme.sync()
    about = {subject for subject, code in acme.findings().items() if code == "also_invoiced"}
    assert [subject.startswith(f"purchase order {order}") for subject in about] == [True]
    lane = acme.installed.lane(NAME)
    fit = recorded(lane, lambda: find_fit(lane))
    shown = [misfit for misfit in fit.misfits if misfit.kind == "also_invoiced"]
    assert [misfit.worth.amount.minor for misfit in shown if misfit.worth.amount] == [80_000]
    assert budget_of(acme, order)["consumed_by"] == "labor"


@pytest.mark.parametrize("product", ["m3", "csi"])
def test_a_line_that_takes_no_units_alone_keeps_the_hours_here(make_acme: Build, product: str) -> None:
    """M3 and CSI get nothing of such hours, hold nothing, and the books agree."""
    declared = {"m3": f'{VENDOR}[cloudsuite.fields.MPHEAD]\ntype = "ORTY"\n', "csi": VENDOR.replace("STD", "R")}[
        product
    ]
    acme = make_acme(product=product, change=lambda text: f"{text}\n{declared}")
    acme.sync()
    order = order_of(acme)
    acme.log(acme.issue_of(order), 7200, YESTERDAY)
    assert not acme.post().proposal
    assert acme.gl() == []
    assert tied(acme).agrees
