"""The seeded books hold what the stories and tests rely on, relative to the clock."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ml_connector_sandbox.clock import StillClock
from ml_connector_sandbox.cloudsuite import books
from ml_connector_sandbox.cloudsuite.seed import seed
from ml_connector_sandbox.cloudsuite.tenant import Tenant

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def seeded(scale: int = 1, now: datetime = NOW, *, empty: bool = False) -> Tenant:
    """A tenant with seeded books."""
    tenant = Tenant(StillClock(now), random.Random(5), {})
    seed(tenant, scale=scale, empty=empty)
    return tenant


def distributions(order: dict[str, Any]) -> list[dict[str, Any]]:
    """All distributions of an order."""
    return [each for line in order["lines"] for each in line["distributions"]]


def test_twenty_five_orders_and_eight_projects() -> None:
    """Company 1000 has 15 orders, company 2000 has 10 in euro, and there are 8 projects."""
    tenant = seeded()
    orders = books.orders(tenant)
    assert Counter(each["company"] for each in orders) == {"1000": 15, "2000": 10}
    assert {each["currency"] for each in orders if each["company"] == "2000"} == {"EUR"}
    assert len(books.projects(tenant)) == 8


def test_scale_multiplies_the_orders_and_continues_their_numbers() -> None:
    """At scale 40 there are 1,000 orders, each number once in its company and without a gap."""
    orders = books.orders(seeded(40))
    assert len(orders) == 1000
    numbers = sorted(int(each["number"]) for each in orders if each["company"] == "1000")
    assert numbers == list(range(45001, 45001 + 600))


def test_empty_books_have_reference_data_alone() -> None:
    """An empty tenant knows entities, accounts, cost centers and periods, and no order or project."""
    tenant = seeded(empty=True)
    assert books.orders(tenant) == books.projects(tenant) == []
    account = tenant.reference.account("612000")
    assert account is not None
    assert account.active
    assert tenant.reference.entity("2000") is not None


def test_there_is_one_order_of_each_special_kind() -> None:
    """One order is not coded, one is in yen, one uses a closed cost center, and one is closed."""
    orders = books.orders(seeded())
    assert sum(not distributions(each) for each in orders) == 1
    assert sum(each["currency"] == "JPY" for each in orders) == 1
    assert sum(any(part["cost_center"] == "LEGACY" for part in distributions(each)) for each in orders) == 1
    assert sum(each["closed"] for each in orders) == 1
    assert any(not each["vendor"].isascii() for each in orders)
    assert any(len(line["distributions"]) > 1 for each in orders for line in each["lines"])


@pytest.mark.parametrize("scale", [1, 4])
def test_distributions_total_their_line(scale: int) -> None:
    """Shares of a line add up to its amount, or to a hundred percent, and yen have no decimals."""
    for order in books.orders(seeded(scale)):
        for line in order["lines"]:
            amounts = [Decimal(each["amount"]) for each in line["distributions"] if each["amount"]]
            percents = [Decimal(each["percent"]) for each in line["distributions"] if each["percent"]]
            assert not (amounts and percents)
            if amounts:
                assert sum(amounts) == Decimal(line["quantity"]) * Decimal(line["unit_cost"])
            if percents:
                assert sum(percents) == 100
            if order["currency"] == "JPY":
                assert all(each == each.to_integral_value() for each in amounts)


@pytest.mark.parametrize("now", [NOW, datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 2, 29, 23, 59, tzinfo=UTC)])
def test_most_orders_are_recent_and_none_lies_ahead(now: datetime) -> None:
    """Whatever the day, nearly all orders are dated within 30 days before it, and nothing was changed in the future."""
    tenant = seeded(now=now)
    dates = [datetime.strptime(each["date"], "%Y%m%d").date() for each in books.orders(tenant)]  # noqa: DTZ007 - days.
    recent = [each for each in dates if now.date() - timedelta(days=30) <= each <= now.date()]
    assert len(recent) >= 20
    assert max(dates) <= now.date()
    assert all(row.updated <= now for table in tenant.tables.values() for row in table.rows.values())


@pytest.mark.parametrize(
    ("now", "closed", "open_"),
    [
        (NOW, date(2026, 9, 30), date(2026, 10, 1)),
        (datetime(2027, 1, 15, tzinfo=UTC), date(2026, 11, 30), date(2026, 12, 1)),
        (datetime(2027, 2, 15, tzinfo=UTC), date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_the_month_before_last_is_closed(now: datetime, closed: date, open_: date) -> None:
    """Periods are closed up to the month two before the present one, also across the turn of a year."""
    reference = seeded(now=now).reference
    last, first = reference.period("1000", closed), reference.period("1000", open_)
    assert last is not None
    assert first is not None
    assert (last.open, first.open) == (False, True)


def test_the_calendar_covers_three_years() -> None:
    """The last and the next year have periods; the years beyond have none."""
    reference = seeded().reference
    assert reference.period("1000", date(2025, 1, 1)) is not None
    assert reference.period("2000", date(2027, 12, 31)) is not None
    assert reference.period("1000", date(2028, 1, 1)) is None
    assert reference.period("9999", date(2026, 11, 1)) is None


def test_finance_closes_periods_and_cost_centers() -> None:
    """A period closes for one entity alone, and a cost center can be made active and inactive."""
    tenant = seeded()
    tenant.set_period("1000", "2026-11", open_=False)
    for entity, expected in (("1000", False), ("2000", True)):
        period = tenant.reference.period(entity, NOW.date())
        assert period is not None
        assert period.open is expected
    tenant.set_cost_center("LEGACY", active=True)
    center = tenant.reference.cost_center("LEGACY")
    assert center is not None
    assert center.active
    for wrong in ("2026-13", "soon", "2031-01"):
        with pytest.raises(Exception, match="period|does not exist"):
            tenant.set_period("1000", wrong, open_=True)


def test_one_project_is_over_its_budget() -> None:
    """One project has less than nothing left, and what remains is always budget less actual and committed."""
    projects = books.projects(seeded())
    assert sum(Decimal(each["remaining"]) < 0 for each in projects) == 1
    for each in projects:
        budget, actual, committed = (Decimal(each[name]) for name in ("budget", "actual", "committed"))
        assert Decimal(each["remaining"]) == budget - actual - committed


def test_codings_name_what_exists() -> None:
    """Every coding of a seeded order names a known account, cost center and project."""
    tenant = seeded(4)
    for order in books.orders(tenant):
        for each in distributions(order):
            account = tenant.reference.account(each["account"])
            assert account is not None
            assert account.posting
            assert tenant.reference.cost_center(each["cost_center"]) is not None
            assert each["project"] or not account.requires_project
            assert not each["project"] or tenant.reference.project(each["project"]) is not None


def test_the_same_seed_gives_the_same_books() -> None:
    """Two tenants seeded alike hold equal books."""
    assert books.orders(seeded(2)) == books.orders(seeded(2))
