"""Rounding of time and premiums. Goal: every second is accounted for, whatever is entered when."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.hours import (
    Cause,
    Direction,
    Hours,
    Per,
    Premium,
    TimeRounding,
    TimeRules,
    alone,
    measured,
    multiple,
    premium_parts,
)
from ml_connector.core.labor import cost
from ml_connector.core.ledger import PremiumPart
from ml_connector.core.records import Finding, Person, Worklog
from worlds import ANNA, BEN, order, policy, rate, total, worklog

FIRST = date(2026, 1, 1)
MONDAY = date(2026, 10, 5)
EIGHT = 8 * 3600


def rounding(minutes: int = 15, direction: str = "up", per: str = "entry") -> TimeRules:
    """Rules that round and do nothing else."""
    return TimeRules(TimeRounding(minutes, Direction(direction), Per(per)))


def premium(name: str, cause: Cause, factor: str, over: str = "0", **scope: object) -> Premium:
    """A premium from the first of the year on."""
    return replace(Premium(name, cause, Decimal(factor), FIRST, Decimal(over)), **scope)  # type: ignore[arg-type]


def paid(*premiums: Premium, kinds: frozenset[Cause] = frozenset()) -> TimeRules:
    """Rules with these premiums, on days that are all of these kinds."""
    return TimeRules(None, premiums, lambda _person, _day: kinds)


@st.composite
def weeks(draw: st.DrawFn) -> list[Worklog]:
    """Entries of two people over nine days, entered in any order."""
    found = []
    for number in range(draw(st.integers(1, 12))):
        day = MONDAY + timedelta(days=draw(st.integers(0, 8)))
        author = draw(st.sampled_from([ANNA.account_id, BEN.account_id]))
        entered = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 30)))
        item = replace(worklog(str(number), day=day.isoformat(), author=author), created=entered)
        found.append(replace(item, seconds=draw(st.integers(1, 12 * 3600))))
    return found


def by_day(entries: list[Worklog]) -> dict[tuple[str, date], list[Worklog]]:
    """Entries by person and day."""
    days: dict[tuple[str, date], list[Worklog]] = defaultdict(list)
    for entry in entries:
        days[entry.author, entry.started.date()].append(entry)
    return days


ROUNDINGS = st.builds(TimeRounding, st.integers(1, 60), st.sampled_from(Direction), st.sampled_from(Per))


@given(weeks(), ROUNDINGS)
def test_a_rounded_day_is_whole_blocks_and_within_a_block_of_what_was_logged(
    entries: list[Worklog], asked: TimeRounding
) -> None:
    """The hours of a day's entries foot to the rounded day, or each is whole blocks by itself; none is negative."""
    block = asked.minutes * 60
    found = measured(entries, TimeRules(asked), UTC)
    for mine in by_day(entries).values():
        parts = [[entry] for entry in mine] if asked.per is Per.ENTRY else [mine]
        for part in parts:
            logged, costed = sum(each.seconds for each in part), sum(found[each.id].seconds for each in part)
            assert costed % block == 0
            assert -block < costed - logged < block
            assert asked.direction is not Direction.UP or costed >= logged
            assert asked.direction is not Direction.NEAREST or abs(costed - logged) * 2 <= block
        assert all(found[entry.id].seconds >= 0 for entry in mine)
    assert all(found[entry.id].rounded == found[entry.id].seconds - entry.seconds for entry in entries)


@given(weeks(), ROUNDINGS, st.integers(1, 40_000))
def test_what_is_entered_later_changes_nothing_before_it(
    entries: list[Worklog], asked: TimeRounding, seconds: int
) -> None:
    """So posted hours stay what they are when somebody logs more on the same day, even earlier hours."""
    rules = TimeRules(asked, paid(premium("overtime", Cause.HOURS_PER_DAY, "1.5", "8")).premiums)
    late = datetime(2026, 12, 1, tzinfo=UTC)
    more = replace(entries[0], id="late", created=late, seconds=seconds, started=entries[0].started.replace(hour=0))
    before, after = measured(entries, rules, UTC), measured([*entries, more], rules, UTC)
    assert {key: hours for key, hours in after.items() if key != "late"} == before


@given(weeks(), st.integers(1, 12), st.integers(5, 50))
def test_overtime_is_what_exceeds_the_day_or_the_week_however_it_was_entered(
    entries: list[Worklog], daily: int, weekly: int
) -> None:
    """Counted a second time, second by second in the order of entry."""
    rules = paid(
        premium("long-day", Cause.HOURS_PER_DAY, "1.25", str(daily)),
        premium("long-week", Cause.HOURS_PER_WEEK, "1.5", str(weekly)),
    )
    found = measured(entries, rules, UTC)
    days: dict[tuple[str, date], int] = defaultdict(int)
    weeks_: dict[tuple[str, tuple[int, int]], int] = defaultdict(int)
    for entry in sorted(entries, key=lambda entry: (entry.created, int(entry.id))):
        day = entry.started.date()
        iso = day.isocalendar()
        mine, week = (entry.author, day), (entry.author, (iso.year, iso.week))
        in_week = max(0, min(entry.seconds, weeks_[week] + entry.seconds - weekly * 3600))
        in_day = max(0, min(entry.seconds, days[mine] + entry.seconds - daily * 3600))
        wanted = Fraction(entry.seconds + Fraction(in_week, 2) + Fraction(max(in_day - in_week, 0), 4), 3600)
        parts = premium_parts(found[entry.id], ANNA, day, rules)
        assert multiple(found[entry.id], parts) == wanted
        days[mine] += entry.seconds
        weeks_[week] += entry.seconds


@pytest.mark.parametrize(
    ("minutes", "direction", "logged", "costed"),
    [
        (15, "up", 1, 900),
        (15, "nearest", 449, 0),
        (15, "nearest", 450, 900),
        (6, "up", 361, 720),
        (6, "nearest", 540, 720),
    ],
)
def test_blocks_of_time(minutes: int, direction: str, logged: int, costed: int) -> None:
    """Halves go up; what is less than half a block goes away where the nearest counts."""
    assert alone(replace(worklog(), seconds=logged), rounding(minutes, direction)).seconds == costed


def test_the_highest_factor_counts_alone() -> None:
    """Nine hours on a Saturday that is a holiday: 2.0 for all of it, and nothing multiplied."""
    rules = paid(
        premium("overtime", Cause.HOURS_PER_DAY, "1.25", "8"),
        premium("weekend", Cause.WEEKEND, "1.5"),
        premium("holiday", Cause.HOLIDAY, "2"),
        kinds=frozenset({Cause.WEEKEND, Cause.HOLIDAY}),
    )
    nine = Hours(9 * 3600, 9 * 3600)
    assert premium_parts(nine, ANNA, MONDAY, rules) == (PremiumPart("holiday", 9 * 3600, Decimal(2)),)


def test_a_duty_may_pay_less_than_the_rate() -> None:
    """On call at a quarter; a weekend above it counts instead."""
    duty, weekend = premium("duty", Cause.ON_CALL, "0.25"), premium("weekend", Cause.WEEKEND, "1.5")
    hours = Hours(3600, 3600)
    on_call = paid(duty, weekend, kinds=frozenset({Cause.ON_CALL}))
    assert multiple(hours, premium_parts(hours, ANNA, MONDAY, on_call)) == Fraction(1, 4)
    both = paid(duty, weekend, kinds=frozenset({Cause.ON_CALL, Cause.WEEKEND}))
    assert multiple(hours, premium_parts(hours, ANNA, MONDAY, both)) == Fraction(3, 2)


@pytest.mark.parametrize(
    ("person", "day", "factor"),
    [
        (ANNA, date(2026, 10, 5), "3"),
        (replace(ANNA, account_id="other", employee="E9"), date(2026, 10, 5), "2"),
        (BEN, date(2026, 10, 5), "1.5"),
        (BEN, date(2026, 11, 2), "1"),
    ],
)
def test_a_premium_is_the_most_particular_one_of_its_name(person: Person, day: date, factor: str) -> None:
    """A person's own before their role's before everybody's; of these the latest, which may end it."""
    ends = replace(premium("weekend", Cause.WEEKEND, "1"), effective=date(2026, 11, 1))
    rules = paid(
        premium("weekend", Cause.WEEKEND, "1.5"),
        premium("weekend", Cause.WEEKEND, "2", role="developer"),
        premium("weekend", Cause.WEEKEND, "3", person="E1"),
        ends,
        kinds=frozenset({Cause.WEEKEND}),
    )
    hours = Hours(3600, 3600)
    assert multiple(hours, premium_parts(hours, person, day, rules)) == Fraction(factor)


def test_time_is_rounded_before_premiums_and_money_after_both() -> None:
    """7 h 50 logged in quarters up are 8 h; with 10 minutes more the entry is 8 h 15, and a quarter is overtime."""
    rules = TimeRules(
        TimeRounding(15, Direction.UP, Per.ENTRY), (premium("overtime", Cause.HOURS_PER_DAY, "1.5", "8"),)
    )
    plain = cost(replace(worklog(), seconds=EIGHT - 600), order(), policy(rate("33.33"), time=rules))
    more = cost(replace(worklog(), seconds=EIGHT + 600), order(), policy(rate("33.33"), time=rules))
    assert not isinstance(plain, Finding)
    assert not isinstance(more, Finding)
    assert (plain[0].seconds, plain[0].rounded, total(plain), plain[0].basis.premiums) == (EIGHT, 600, 26664, ())
    assert (more[0].seconds, more[0].rounded) == (EIGHT + 900, 300)
    assert more[0].basis.premiums == (PremiumPart("overtime", 900, Decimal("1.5")),)
    assert total(more) == 27914  # 8.375 hours at 33.33 are 279.13875


def test_rules_that_say_nothing_measure_nothing() -> None:
    """As it comes, every second counts once, and nobody computes anything."""
    assert measured([worklog()], TimeRules(), UTC) == {}
    (share,) = cost(worklog(hours="1.01"), order(), policy())  # type: ignore[misc] # it is no finding
    assert (share.seconds, share.rounded, share.basis.premiums) == (3636, 0, ())
