"""The sandbox's clock: the real one moved forward on request, or one that only moves when told."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the vendors read the time from. All times are aware and in UTC."""

    def now(self) -> datetime:
        """The vendors' present."""
        ...

    def advance(self, seconds: float) -> None:
        """Move the vendors' present forward."""
        ...


@dataclass(slots=True)
class OffsetClock:
    """Real time plus whatever it was advanced by: for people and for tests over real processes."""

    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Real time, moved."""
        return datetime.fromtimestamp(time.time(), UTC) + self.offset

    def advance(self, seconds: float) -> None:
        """Add to the offset."""
        self.offset += timedelta(seconds=seconds)


@dataclass(slots=True)
class StillClock:
    """Time that stands still between calls of `advance`: for tests in process and for the simulation."""

    at: datetime

    def now(self) -> datetime:
        """The instant it was last moved to."""
        return self.at

    def advance(self, seconds: float) -> None:
        """Move the instant."""
        self.at += timedelta(seconds=seconds)
