"""The demo's oracle on an Acme in one process: what the ledger must hold, computed from the vendors' books alone."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from engine.acme import START, Acme
from ml_connector.demo.oracle import Books, Extras, expected

POST_FROM = (START.date().replace(day=1) - timedelta(days=1)).replace(day=1)


def owed(acme: Acme, extras: Extras | None = None) -> Counter[tuple[str, str, str, str]]:
    """Labor in minor units by account, cost center, project and currency."""
    dimensions = acme.control("GET", "/books/dimensions")
    books = Books(
        orders=acme.control("GET", "/books/orders"),
        worklogs=acme.control("GET", "/books/worklogs"),
        people=[person["account_id"] for person in acme.people],
        active_cost_centers=frozenset(item["code"] for item in dimensions["cost_centers"] if item["active"]),
        active_accounts=frozenset(item["code"] for item in dimensions["accounts"] if item["active"]),
        post_from=POST_FROM,
        extras=extras,
    )
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for (_entity, account, cost_center, project, _period, currency), minor in expected(books).items():
        sums[account, cost_center, project, currency] += minor
    return sums
