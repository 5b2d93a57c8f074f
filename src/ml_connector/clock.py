"""The clock that everything is given: real, or moved by tests and the demo. All times are aware, in UTC."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the product reads the time and how it waits."""

    def now(self) -> datetime:
        """The present, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait. Returns early where the process is asked to stop."""
        ...


class SystemClock:
    """Real time. `stop` ends a wait early, for a clean end on SIGTERM; `offset` lets a demo move ahead of real time."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """Real time, plus what it was advanced by."""
        return datetime.fromtimestamp(time.time(), UTC) + self.offset

    def sleep(self, seconds: float) -> None:
        """Wait for real."""
        self.stop.wait(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Move ahead of real time: demo and tests only."""
        self.offset += timedelta(seconds=seconds)
