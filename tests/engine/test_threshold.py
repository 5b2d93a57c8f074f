"""What passes without a person. Goal: no amount gets past the threshold by coming in small pieces, or by netting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.acme import START, Acme

pytestmark = pytest.mark.slow

YESTERDAY = START.date() - timedelta(days=1)
BELOW = "300.00"


def easy(text: str) -> str:
    """A connection that lets small plans through."""
    return text.replace("cadence_seconds = 0", f'cadence_seconds = 0\napproval.automatic_below = "{BELOW}"')


def orders(acme: Acme) -> list[str]:
    """Issues of orders of one company and currency that can be charged."""
    return [
        order["fields"]["PurchaseOrderUserField5"]
        for order in acme.orders(company="1000", currency="USD", closed=False)
        if order["lines"]
        and all(
            line["distributions"]
            and all(part["project"] and part["cost_center"] != "LEGACY" for part in line["distributions"])
            for line in order["lines"]
        )
    ]


def gross(acme: Acme) -> int:
    """Labor in the ledger, gross, in minor units."""
    return sum(abs(line["amount_minor"]) for line in acme.gl() if line["account"] != "219900")


def test_a_small_plan_passes_and_a_large_one_waits(make_acme: Callable[..., Acme]) -> None:
    """By its gross amount."""
    acme = make_acme(change=easy)
    acme.sync()
    issue = orders(acme)[0]
    acme.log(issue, 3600, YESTERDAY)
    assert acme.sync().postings
    before = gross(acme)
    acme.log(issue, 8 * 3600, YESTERDAY, 1)
    outcome = acme.sync()
    assert outcome.proposal
    assert not outcome.postings
    assert gross(acme) == before


def test_small_plans_on_one_order_add_up(make_acme: Callable[..., Acme]) -> None:
    """However many there are, and whoever logged them: the order stays below the threshold in a month."""
    acme = make_acme(change=easy)
    acme.sync()
    issue = orders(acme)[0]
    for person in range(5):
        acme.log(issue, 3600, YESTERDAY, person)
        acme.sync()
    assert 0 < gross(acme) < 30_000


def test_small_plans_of_one_person_add_up(make_acme: Callable[..., Acme]) -> None:
    """However many orders they are spread over."""
    acme = make_acme(change=easy)
    acme.sync()
    found = orders(acme)
    assert len(found) >= 5
    for issue in found[:5]:
        acme.log(issue, 3600, YESTERDAY)
        acme.sync()
    assert 0 < gross(acme) < 30_000


def test_a_correction_counts_both_ways(make_acme: Callable[..., Acme]) -> None:
    """Its reversal and its replacement nearly cancel out, and count in full."""
    acme = make_acme(change=easy)
    acme.sync()
    issue = orders(acme)[0]
    entry = acme.log(issue, 2 * 3600, YESTERDAY)
    assert acme.sync().postings
    before = gross(acme)
    path = f"/issue/{issue}/worklog/{entry['id']}"
    acme.as_person(acme.people[0], "PUT", path, {"timeSpentSeconds": 2 * 3600 + 60})
    outcome = acme.sync()
    assert outcome.proposal
    assert not outcome.postings
    assert gross(acme) == before
