"""From the seconds that were logged to those that are costed: rounding of time, and which of them cost a multiple.

The order is fixed, and each step works on what the one before it left: first time is rounded, then premiums are found
on the rounded hours, then money is rounded (`labor.ROUNDING_POINT`), then burdens are taken of the rounded money.

Within a person's day and week, entries count in the order in which they were *entered*, not worked: what is logged
later is what exceeds a threshold or falls into a block of minutes that is begun already. So hours that are added never
change what was posted for the hours before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from ml_connector.core.ledger import PremiumPart
from ml_connector.core.records import Person, Worklog

SECONDS_PER_HOUR = 3600
SECONDS_PER_MINUTE = 60


class Direction(StrEnum):
    """Which way time is rounded; halves go up."""

    UP = "up"
    NEAREST = "nearest"


class Per(StrEnum):
    """What is rounded: each entry, or all that a person logged on a day."""

    ENTRY = "entry"
    PERSON_DAY = "person_day"


@dataclass(frozen=True, slots=True)
class TimeRounding:
    """Time is costed in blocks of so many minutes."""

    minutes: int
    direction: Direction
    per: Per

    def rounded(self, seconds: int) -> int:
        """Whole blocks. Never falls while the seconds rise."""
        block = self.minutes * SECONDS_PER_MINUTE
        extra = block - 1 if self.direction is Direction.UP else block // 2
        return (seconds + extra) // block * block


class Cause(StrEnum):
    """What a premium is paid for."""

    HOURS_PER_DAY = "hours_per_day"
    HOURS_PER_WEEK = "hours_per_week"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    ON_CALL = "on_call"


@dataclass(frozen=True, slots=True)
class Premium:
    """A multiple of the rate for some hours of some people, from a day of work on. Empty scope fields match everybody.

    `over` are the hours of a day or an ISO week above which it is paid; 0 for the causes that fill a whole day.
    """

    name: str
    cause: Cause
    factor: Decimal
    effective: date
    over: Decimal = Decimal(0)
    person: str = ""
    role: str = ""
    entity: str = ""

    @property
    def scope(self) -> int:
        """How particular it is: a person's own first, then the role's, then the entity's, then everybody's."""
        return next((rank for rank, part in enumerate((self.person, self.role, self.entity)) if part), 3)

    def fits(self, person: Person, day: date) -> bool:
        """Whether it is for this person's work of a day."""
        return (
            self.effective <= day
            and self.person in ("", person.account_id, person.employee)
            and self.role in ("", person.role)
            and self.entity in ("", person.entity)
        )


DayKind = Callable[[Person, date], frozenset[Cause]]
"""What a person's day is (weekend, holiday, on call), as the calendar wired from outside tells."""


def working_day(_person: Person, _day: date) -> frozenset[Cause]:
    """A day like any other."""
    return frozenset()


@dataclass(frozen=True, slots=True)
class TimeRules:
    """How time becomes hours that cost. As it comes it changes nothing."""

    rounding: TimeRounding | None = None
    premiums: tuple[Premium, ...] = ()
    kind_of: DayKind = working_day

    @property
    def idle(self) -> bool:
        """Whether every second that was logged is a second that costs once."""
        return self.rounding is None and not self.premiums


PLAIN_TIME = TimeRules()
"""Every second costs, and costs once."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One entry's hours: `seconds` as costed, after `day` and `week` seconds that were entered before them."""

    logged: int
    seconds: int
    day: int = 0
    week: int = 0

    @property
    def rounded(self) -> int:
        """What rounding added; negative where it took some."""
        return self.seconds - self.logged


def measured(worklogs: Iterable[Worklog], rules: TimeRules, zone: tzinfo) -> Mapping[str, Hours]:
    """The hours of each entry among all entries of the same people in the same weeks; empty where no rule asks."""
    if rules.idle:
        return {}
    found: dict[str, Hours] = {}
    logged: dict[tuple[str, date], int] = {}
    costed: dict[tuple[str, date], int] = {}
    weeks: dict[tuple[str, date], int] = {}
    for worklog in sorted(worklogs, key=lambda worklog: (worklog.created, len(worklog.id), worklog.id)):
        day = worklog.started.astimezone(zone).date()
        mine, week = (worklog.author, day), (worklog.author, day - timedelta(days=day.weekday()))
        before = logged.get(mine, 0)
        hours = Hours(
            worklog.seconds, _costed(rules.rounding, worklog.seconds, before), costed.get(mine, 0), weeks.get(week, 0)
        )
        found[worklog.id] = hours
        logged[mine] = before + worklog.seconds
        costed[mine], weeks[week] = hours.day + hours.seconds, hours.week + hours.seconds
    return found


def alone(worklog: Worklog, rules: TimeRules) -> Hours:
    """The hours of an entry that nothing was entered before."""
    return Hours(worklog.seconds, _costed(rules.rounding, worklog.seconds, 0))


def _costed(rounding: TimeRounding | None, seconds: int, before: int) -> int:
    """What an entry adds. Of a day's rounded sum each entry has what it raised it by, so that they always foot."""
    if rounding is None:
        return seconds
    if rounding.per is Per.ENTRY:
        return rounding.rounded(seconds)
    return rounding.rounded(before + seconds) - rounding.rounded(before)


def premium_parts(hours: Hours, person: Person, day: date, rules: TimeRules) -> tuple[PremiumPart, ...]:
    """The parts of an entry that cost a multiple, in the order in which they were entered.

    Premiums are not multiplied with each other: where several fit, the highest factor counts, then the first stated.
    """
    if not rules.premiums:
        return ()
    due = tuple(_due(rules, person, day))
    starts = {premium: _starts(premium, hours) for premium in due}
    cuts = sorted({0, hours.seconds, *starts.values()})
    parts: list[PremiumPart] = []
    for begins, ends in pairwise(cuts):
        fitting = [premium for premium in due if starts[premium] <= begins]
        if fitting:
            best = max(fitting, key=lambda premium: premium.factor)
            parts.append(PremiumPart(best.name, ends - begins, best.factor))
    return tuple(_joined(parts))


def multiple(hours: Hours, parts: Iterable[PremiumPart]) -> Fraction:
    """Exactly how many hours at the plain rate an entry costs."""
    extra = sum((Fraction(part.factor) - 1) * part.seconds for part in parts)
    return Fraction(hours.seconds + extra, SECONDS_PER_HOUR)


def _due(rules: TimeRules, person: Person, day: date) -> Iterator[Premium]:
    """Of each premium's name the most particular one for this day, where the day is such a day."""
    kinds = rules.kind_of(person, day)
    names = dict.fromkeys(premium.name for premium in rules.premiums)
    for name in names:
        fitting = [premium for premium in rules.premiums if premium.name == name and premium.fits(person, day)]
        if fitting:
            best = min(fitting, key=lambda premium: (premium.scope, -premium.effective.toordinal()))
            if best.cause in kinds or best.cause in (Cause.HOURS_PER_DAY, Cause.HOURS_PER_WEEK):
                yield best


def _starts(premium: Premium, hours: Hours) -> int:
    """The second of an entry from which on a premium is paid."""
    if premium.cause is Cause.HOURS_PER_DAY:
        before = hours.day
    elif premium.cause is Cause.HOURS_PER_WEEK:
        before = hours.week
    else:
        return 0
    return min(max(int(premium.over * SECONDS_PER_HOUR) - before, 0), hours.seconds)


def _joined(parts: Iterable[PremiumPart]) -> Iterator[PremiumPart]:
    """Neighbours of one premium as one part; what costs the plain rate is no premium."""
    last: PremiumPart | None = None
    for part in parts:
        if last is not None and (last.name, last.factor) == (part.name, part.factor):
            last = PremiumPart(last.name, last.seconds + part.seconds, last.factor)
            continue
        if last is not None and last.factor != 1:
            yield last
        last = part
    if last is not None and last.factor != 1:
        yield last
