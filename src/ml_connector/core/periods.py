"""Which day a cost is posted on: the day of work where its period is open, and what policy says where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

PERIODS_CROSSED_MAX = 120
"""Closed periods in a row before the search for an open one gives up: ten years of months."""


class ClosedPeriod(StrEnum):
    """What happens to cost whose day lies in a closed period."""

    HOLD = "hold"
    NEXT_OPEN = "next_open"


@dataclass(frozen=True, slots=True)
class Period:
    """A month or other span of an entity's fiscal calendar, both days included. `open` is None where nobody tells."""

    entity: str
    name: str
    begins: date
    ends: date
    open: bool | None

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.begins <= day <= self.ends


@dataclass(frozen=True, slots=True)
class PeriodPolicy:
    """Fiscal calendar and earliest posting dates per entity. The earliest date is finance's own and always holds.

    A calendar lists the ERP's periods first, and then those of the connection: the first one that covers a day and
    tells its state decides. A day that none covers is open.
    """

    closed_period: ClosedPeriod = ClosedPeriod.HOLD
    earliest: Mapping[str, date] = field(default_factory=dict)
    calendar: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)

    def posting_date(self, entity: str, day: date) -> date | None:
        """The day itself, the first open day after it, or None where policy says to hold."""
        if self._is_open(entity, day):
            return day
        return self.next_open(entity, day) if self.closed_period is ClosedPeriod.NEXT_OPEN else None

    def _is_open(self, entity: str, day: date) -> bool:
        return day >= self.earliest.get(entity, day) and self._closing(entity, day) is None

    def _closing(self, entity: str, day: date) -> Period | None:
        """The period that closes a day, None where it is open."""
        telling = (period for period in self.calendar.get(entity, ()) if period.open is not None and period.holds(day))
        first = next(telling, None)
        return None if first is None or first.open else first

    def next_open(self, entity: str, day: date) -> date | None:
        """The day itself where it can be posted to, else the first one after it that can."""
        day = max(day, self.earliest.get(entity, day))
        for _ in range(PERIODS_CROSSED_MAX):
            closing = self._closing(entity, day)
            if closing is None:
                return day
            day = closing.ends + timedelta(days=1)
        return None


def period_of(day: date) -> str:
    """The name of the month that a posting date lies in, as the grain and the oracle use it: `2026-11`."""
    return f"{day:%Y-%m}"
