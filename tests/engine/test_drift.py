"""Drift: what CloudSuite closes while open orders use it is found with the money, and a successor settles it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from engine.acme import START, Acme
from ml_connector.demo.connection import NAME
from ml_connector.store import findings as finding_store

YESTERDAY = START.date() - timedelta(days=1)
CLOSED = "IT-DEV"


def _drifted(acme: Acme) -> dict[str, int]:
    with acme.installed.database.read() as tx:
        found = [item.finding for item in finding_store.open_findings(tx, NAME)]
    return {item.subject: item.amount.minor for item in found if item.code == "coding_drifted" and item.amount}


def _authorized(acme: Acme, center: str, currency: str) -> int:
    """What the books' open orders authorize on a cost center, in minor units of a currency with cents."""
    return sum(
        int(Decimal(part["amount"] or 0) * 100) or _share(line, part)
        for order in acme.orders(closed=False, currency=currency)
        for line in order["lines"]
        for part in line["distributions"]
        if part["cost_center"] == center and not line["closed"]
    )


def _share(line: dict[str, Any], part: dict[str, Any]) -> int:
    whole = Decimal(line["quantity"]) * Decimal(line["unit_cost"])
    return round(whole * Decimal(part["percent"] or 100))


def test_a_cost_center_that_was_closed_is_found_with_the_money_on_it(acme: Acme) -> None:
    """Nobody logged an hour yet: the slow round names it, and how much open orders authorize on it."""
    acme.sync(sweeping=True)
    assert set(_drifted(acme)) == {"cost center LEGACY, USD"}
    acme.control("POST", "/cloudsuite/cost-centers", {"code": CLOSED, "active": False})
    acme.sync(sweeping=True)
    found = _drifted(acme)
    wanted = _authorized(acme, CLOSED, "USD")
    assert abs(found[f"cost center {CLOSED}, USD"] - wanted) <= len(acme.orders())
    assert wanted > 0
    acme.control("POST", "/cloudsuite/cost-centers", {"code": CLOSED, "active": True})
    acme.sync(sweeping=True)
    assert set(_drifted(acme)) == {"cost center LEGACY, USD"}


def test_hours_on_it_are_held_with_their_cost_and_posted_to_a_successor(make_acme: Callable[..., Acme]) -> None:
    """Held with what they would cost; with a successor in the connection they are in the ledger on that one."""
    recode = f'[[recode]]\npart = "cost_center"\ncode = "LEGACY"\nbecomes = "IT-OPS"\nfrom = {YESTERDAY}\n\n'
    for text, held in (("", True), (recode, False)):
        acme = make_acme(change=lambda file, more=text: file.replace("[schedule]", f"{more}[schedule]", 1))
        acme.sync()
        order = next(
            item
            for item in acme.orders(company="1000", closed=False)
            if any(part["cost_center"] == "LEGACY" for line in item["lines"] for part in line["distributions"])
        )
        acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
        acme.post()
        with acme.installed.database.read() as tx:
            found = {item.finding.code: item.finding for item in finding_store.open_findings(tx, NAME)}
        assert ("inactive_cost_center" in found) is held
        if held:
            amount = found["inactive_cost_center"].amount
            assert amount is not None
            assert amount.minor > 0
        assert bool(acme.labor()) is not held
        assert {bucket[1] for bucket in acme.labor()} <= {"IT-OPS"}
