"""How fast one vendor tenant may be called: a budget that all threads share."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

from ml_connector.clock import Clock
from ml_connector.errors import RateLimited, Transient
from ml_connector.net.retry import PATIENCE_SECONDS, UNSAID_WAIT_SECONDS

MINUTE = timedelta(minutes=1)
SERVED_PART = 0.5
"""A wait that ended before half its time was cut short, because the process is asked to stop."""


class Pace:
    """At most `per_minute` calls in any 60 seconds (None: no ceiling of our own), and none before a pause has ended.

    A window that slides keeps within every fixed window of the same length, whenever the vendor's begins (Infor's
    quota window begins with the first request: docs.infor.com, ION API quota policy).
    """

    def __init__(self, per_minute: int | None = None) -> None:
        self._per_minute = per_minute
        self._lock = threading.Lock()
        self._sent: deque[datetime] = deque(maxlen=per_minute)
        self._paused_until: datetime | None = None

    def before(self, clock: Clock) -> None:
        """Wait until a call may go out, and count it. Raises RateLimited if that is not soon, Transient on a stop."""
        while (seconds := self._take(clock.now())) > 0:
            if seconds > PATIENCE_SECONDS:
                raise RateLimited(f"No calls for another {seconds:.0f} s, as the vendor asked.", after=seconds)
            if not waited(clock, seconds):
                raise Transient("The process is asked to stop; nothing was sent.")

    def told(self, clock: Clock, after: float | None) -> None:
        """The vendor asked for this many seconds without calls (None: it did not say how many)."""
        until = clock.now() + timedelta(seconds=UNSAID_WAIT_SECONDS if after is None else after)
        with self._lock:
            self._paused_until = max(until, self._paused_until or until)

    def _take(self, now: datetime) -> float:
        """Seconds still to wait; 0 where the call was counted and may go."""
        with self._lock:
            due = max(self._paused_until or now, self._window_opens(now))
            if due > now:
                return (due - now).total_seconds()
            if self._per_minute is not None:
                self._sent.append(now)
            return 0.0

    def _window_opens(self, now: datetime) -> datetime:
        full = self._per_minute is not None and len(self._sent) == self._per_minute
        return self._sent[0] + MINUTE if full else now


def waited(clock: Clock, seconds: float) -> bool:
    """Sleep, and tell whether the time has really passed: a clock returns early where the process is asked to stop."""
    begun = clock.now()
    clock.sleep(seconds)
    return (clock.now() - begun).total_seconds() >= seconds * SERVED_PART
