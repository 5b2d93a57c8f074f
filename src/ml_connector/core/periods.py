"""Which day a cost is posted on: the day of work where its period is open, and what policy says where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

SPANS_CROSSED_MAX = 120
"""Closed periods in a row before the search for an open one gives up: ten years of months."""


class ClosedPeriod(StrEnum):
    """What happens to cost whose day lies in a closed period."""

    HOLD = "hold"
    NEXT_OPEN = "next_open"


@dataclass(frozen=True, slots=True)
class Span:
    """A closed stretch of days, both ends included."""

    begins: date
    ends: date


@dataclass(frozen=True, slots=True)
class PeriodPolicy:
    """Closed spans and earliest posting dates per entity. The earliest date is finance's own and always holds."""

    closed_period: ClosedPeriod = ClosedPeriod.HOLD
    earliest: Mapping[str, date] = field(default_factory=dict)
    closed: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)

    def posting_date(self, entity: str, day: date) -> date | None:
        """The day itself, the first open day after it, or None where policy says to hold."""
        if self._is_open(entity, day):
            return day
        return self.next_open(entity, day) if self.closed_period is ClosedPeriod.NEXT_OPEN else None

    def _is_open(self, entity: str, day: date) -> bool:
        return day >= self.earliest.get(entity, day) and not self._covering(entity, day)

    def _covering(self, entity: str, day: date) -> Span | None:
        return next((span for span in self.closed.get(entity, ()) if span.begins <= day <= span.ends), None)

    def next_open(self, entity: str, day: date) -> date | None:
        """The day itself where it can be posted to, else the first one after it that can."""
        day = max(day, self.earliest.get(entity, day))
        for _ in range(SPANS_CROSSED_MAX):
            span = self._covering(entity, day)
            if span is None:
                return day
            day = span.ends + timedelta(days=1)
        return None


def period_of(day: date) -> str:
    """The name of the month that a posting date lies in, as the grain and the oracle use it: `2026-11`."""
    return f"{day:%Y-%m}"
