"""Rates have two days: from when they count, and since when they are known. Goal: no answer changes afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.corrections import Books, LoggedWork, lacking
from ml_connector.core.journals import drafts
from ml_connector.core.labor import cost
from ml_connector.core.ledger import Recorded
from ml_connector.core.rates import Rate, find_rate
from ml_connector.core.records import Finding
from worlds import ANNA, grouping, logged, order, policy, rate, recorded, worklog

KEY = "1000/4500"
OLD = rate("100")
CORRECTED = replace(rate("110"), known_since=date(2026, 10, 20))
DAYS = st.integers(0, 40).map(lambda days: date(2026, 9, 1) + timedelta(days=days))
RATES = st.builds(
    lambda cents, effective, known, person: Rate(
        Decimal(cents) / 100, "USD", effective, person=person, known_since=known
    ),
    st.integers(1, 10_000),
    DAYS,
    st.none() | DAYS,
    st.sampled_from(["", "E1", "E9"]),
)


def found(rates: list[Rate], day: date, at: date) -> Rate | None:
    """What an hour of Anna's costs by what is known at a day."""
    return find_rate(rates, ANNA, "P-1", "CC-100", "USD", day, at)


@given(st.lists(RATES, max_size=8), RATES, DAYS, DAYS)
def test_what_becomes_known_later_changes_no_earlier_answer(rates: list[Rate], more: Rate, day: date, at: date) -> None:
    """A rate that is known after the day on which was asked might as well not be there."""
    later = replace(more, known_since=at + timedelta(days=1))
    assert found([*rates, later], day, at) == found(rates, day, at)


@given(st.lists(RATES, max_size=8, unique_by=lambda each: (each.person, each.effective, each.known_since)), DAYS, DAYS)
def test_the_rate_is_the_newest_of_the_most_particular_that_were_known(rates: list[Rate], day: date, at: date) -> None:
    """Computed a second time, by sorting; the order in the file does not count."""
    fitting = [
        each
        for each in rates
        if each.effective <= day and (each.known_since or date.min) <= at and each.person in ("", "E1")
    ]
    fitting.sort(key=lambda each: (each.person != "", each.effective, each.known_since or date.min))
    assert found(rates, day, at) == found(rates[::-1], day, at) == (fitting[-1] if fitting else None)


def books(rates: tuple[Rate, ...], held: dict[str, tuple[Recorded, ...]], today: date) -> Books:
    """Books as of a day."""
    return Books({KEY: order()}, held, policy(*rates), today)


def posted_on(day: date, *rates: Rate) -> dict[str, tuple[Recorded, ...]]:
    """An entry of two hours, costed and posted on a day by what was known then."""
    (delta,) = lacking([logged(worklog())], books(rates, {}, day)).deltas
    (draft,) = drafts(delta.shares, {}, {"10": "PROC-1"}, {}, grouping())
    since = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return {key: tuple(replace(item, since=since) for item in items) for key, items in recorded(draft).items()}


def test_hours_that_are_costed_before_a_correction_is_known_cost_the_old_rate() -> None:
    """Ten days later the same hours would cost the new one."""
    before = lacking([logged(worklog())], books((OLD, CORRECTED), {}, date(2026, 10, 19))).deltas[0]
    after = lacking([logged(worklog())], books((OLD, CORRECTED), {}, date(2026, 10, 20))).deltas[0]
    assert [each.shares[0].amount.minor for each in (before, after)] == [20000, 22000]
    assert after.shares[0].basis.known_since == date(2026, 10, 20)


def test_a_correction_comes_in_with_no_edit_and_only_by_recosting() -> None:
    """An hour more, logged after the correction was known, costs what the two hours before it cost."""
    held = posted_on(date(2026, 10, 6), OLD, CORRECTED)
    now = books((OLD, CORRECTED), held, date(2026, 11, 2))
    assert lacking([logged(worklog())], now).deltas == ()
    (edit,) = lacking([logged(worklog(hours="3"))], now).deltas
    assert [share.amount.minor for share in edit.shares] == [-20000, 30000]
    (asked,) = lacking([replace(logged(worklog()), recost=True)], now).deltas
    assert [share.amount.minor for share in asked.shares] == [-20000, 22000]


def corrected(held: dict[str, tuple[Recorded, ...]], item: LoggedWork, day: date) -> dict[str, tuple[Recorded, ...]]:
    """The books once a correction of an entry has been posted on a day."""
    (delta,) = lacking([item], books((OLD, CORRECTED), held, day)).deltas
    (draft,) = drafts(delta.shares, held, {"10": "PROC-1"}, {}, grouping())
    since = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return {
        key: (*held[key], *(replace(entry, since=since) for entry in items)) for key, items in recorded(draft).items()
    }


def test_a_second_edit_brings_no_correction_in_either() -> None:
    """What replaced the first cost was put there when the correction was known, and knows no more than it did."""
    held = corrected(posted_on(date(2026, 10, 6), OLD, CORRECTED), logged(worklog(hours="3")), date(2026, 11, 2))
    (edit,) = lacking([logged(worklog(hours="4"))], books((OLD, CORRECTED), held, date(2026, 11, 3))).deltas
    assert [share.amount.minor for share in edit.shares] == [-30000, 40000]


def test_an_edit_after_recosting_costs_what_people_agreed_to() -> None:
    """Once the correction was accepted for an entry, more hours on it cost the corrected rate."""
    asked = replace(logged(worklog()), recost=True)
    held = corrected(posted_on(date(2026, 10, 6), OLD, CORRECTED), asked, date(2026, 11, 2))
    (edit,) = lacking([logged(worklog(hours="3"))], books((OLD, CORRECTED), held, date(2026, 11, 3))).deltas
    assert [share.amount.minor for share in edit.shares] == [-22000, 33000]


def test_a_rate_that_is_not_known_yet_is_said_to_be_there() -> None:
    """Whoever wonders why nothing is costed is told of it."""
    held = cost(worklog(), order(), policy(CORRECTED), at=date(2026, 10, 19))
    assert isinstance(held, Finding)
    assert (held.code, "known later" in held.message) == ("no_rate", True)
