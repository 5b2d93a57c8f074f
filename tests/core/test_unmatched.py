"""People whom nobody mapped. Goal: their hours and what they would cost are told, and nobody else's."""

from __future__ import annotations

from datetime import date

from ml_connector.core.money import Money
from ml_connector.core.unmatched import Logged, unmatched
from worlds import ANNA, order, policy, rate, worklog

ORDER = order()


def entry(worklog_id: str, author: str, hours: str = "2", day: str = "2026-10-05") -> Logged:
    """Hours of somebody on the order."""
    return Logged(worklog(worklog_id, hours, day, author), ORDER)


def test_hours_at_a_default_rate_are_told_as_costed() -> None:
    """By currency, and since the first day of work."""
    work = [entry("1", "x"), entry("2", "x", "1.5", "2026-10-02"), entry("3", ANNA.account_id)]
    (found,) = unmatched(work, policy(rate("100.00")))
    assert (found.account_id, found.entries, found.seconds, found.held) == ("x", 2, 12_600, 0)
    assert found.since == date(2026, 10, 2)
    assert found.costed == {"USD": Money(35_000, "USD")}
    assert found.at_most == {}


def test_hours_without_a_default_rate_are_told_at_the_highest_of_the_card() -> None:
    """Which is not a promise: it says how much money waits at most."""
    rates = (rate("80.00", person=ANNA.account_id), rate("120.00", role="lead"), rate("500.00", currency="KWD"))
    (found,) = unmatched([entry("1", "x")], policy(*rates))
    assert (found.held, found.costed, found.at_most) == (7_200, {}, {"USD": Money(24_000, "USD")})


def test_hours_before_the_cut_over_date_are_nobodys_concern() -> None:
    """Nor is anybody with no hours in the queue; the most hours come first."""
    work = [entry("1", "x", day="2026-08-31"), entry("2", "y", "1"), entry("3", "z", "3")]
    assert [each.account_id for each in unmatched(work, policy())] == ["z", "y"]
