"""Writes of single records, where a vendor limits those: windows that slide, and pauses, for each record by itself.

Only this process's: a record belongs to a connection, and a connection is run by one process at a time.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

KEPT_MAX = 1_000
"""Records that are remembered before those that are over are forgotten."""

Window = tuple[int, timedelta]
"""So many writes in so long."""


class Items:
    """No more writes of one record than the windows allow, and none before its pause has ended. Not for threads."""

    def __init__(self, windows: tuple[Window, ...] = ()) -> None:
        self._windows = windows
        self._longest = max((span for _, span in windows), default=timedelta(0))
        self._most = max((most for most, _ in windows), default=1)
        self._writes: dict[str, deque[datetime]] = {}
        self._paused: dict[str, datetime] = {}

    def due(self, item: str, now: datetime) -> datetime:
        """When the next write of a record may go out."""
        written = self._writes.get(item, ())
        opens = [self._paused.get(item, now)]
        for most, span in self._windows:
            inside = [at for at in written if at > now - span]
            if len(inside) >= most:
                opens.append(inside[-most] + span)
        return max(now, *opens)

    def count(self, item: str, now: datetime) -> None:
        """One write goes out."""
        if self._windows:
            self._writes.setdefault(item, deque(maxlen=self._most)).append(now)
            self._forget(now)

    def pause(self, item: str, until: datetime) -> None:
        """The vendor refused a write of this record."""
        self._paused[item] = max(until, self._paused.get(item, until))

    def _forget(self, now: datetime) -> None:
        if len(self._paused) > KEPT_MAX:
            self._paused = {item: until for item, until in self._paused.items() if until > now}
        if len(self._writes) > KEPT_MAX:
            self._writes = {item: times for item, times in self._writes.items() if times[-1] > now - self._longest}
