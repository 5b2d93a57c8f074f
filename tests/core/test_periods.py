"""Who decides whether a day can be posted to: the ERP where it tells, else the connection, and finance above both."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.periods import ClosedPeriod, Period, PeriodPolicy

FIRST = date(2026, 1, 1)


def month(number: int, *, state: bool | None) -> Period:
    """A four-week period of the calendar, with what somebody tells of its state."""
    begins = FIRST + timedelta(weeks=4 * number)
    return Period("1000", f"P{number + 1}", begins, begins + timedelta(days=27), state)


def posting_date(day: date, *periods: Period) -> date | None:
    """Where a day is posted under a policy that moves to the next open period."""
    return PeriodPolicy(ClosedPeriod.NEXT_OPEN, calendar={"1000": periods}).posting_date("1000", day)


def test_the_connection_decides_where_the_erp_is_silent() -> None:
    """A period whose state the ERP does not tell is closed by the connection's word, and one that it tells is not."""
    silent, told = month(0, state=None), month(0, state=True)
    closed = month(0, state=False)
    assert posting_date(FIRST, silent, closed) == FIRST + timedelta(days=28)
    assert posting_date(FIRST, told, closed) == FIRST
    assert posting_date(FIRST, silent) == FIRST


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=13), st.integers(0, 400))
def test_a_posting_date_is_never_in_a_closed_period(states: list[bool | None], offset: int) -> None:
    """Whatever is open and closed: the day moves to the first day at or after it that nobody closes."""
    periods = tuple(month(number, state=state) for number, state in enumerate(states))
    day = FIRST + timedelta(days=offset)
    open_days = (
        later
        for later in (day + timedelta(days=more) for more in range(800))
        if all(period.open is not False for period in periods if period.holds(later))
    )
    assert posting_date(day, *periods) == next(open_days)
