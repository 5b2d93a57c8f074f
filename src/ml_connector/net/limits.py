"""How fast one vendor tenant may be called: a budget that all threads of a process share.

Only what is limited waits: every call, the calls of one operation, or the writes of one record. What a refusal tells of
a rate is kept to from then on, so that the next call is not refused for the same reason.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from ml_connector.clock import Clock
from ml_connector.errors import RateLimited, Transient
from ml_connector.net.quota import Limited, Quota
from ml_connector.net.retry import PATIENCE_SECONDS, UNSAID_WAIT_SECONDS
from ml_connector.wire import Request

MINUTE = timedelta(minutes=1)
SERVED_PART = 0.5
"""A wait that ended before half its time was cut short, because the process is asked to stop."""
SHARE = 0.98
"""How much of a rate that a vendor told is used: others may count a little otherwise."""
SHRINK, SHARE_MIN = 0.9, 0.1
"""What is left of our share after a refusal in spite of it (somebody else calls too), and the least."""
RECOVERS_AFTER = timedelta(minutes=5)
"""How long without a refusal until our share is whole again."""
GIVE_WAY_SECONDS = 0.05
"""How long background work steps back at a time while somebody waits for an answer."""
KEPT_MAX = 1_000
"""Records and pauses that are remembered before those that are over are forgotten."""
EVERYTHING = Request("", "", "/", safety="read")  # type: ignore[arg-type] # stands for any call
_BACKGROUND: ContextVar[bool] = ContextVar("background", default=False)

Window = tuple[int, timedelta]
"""So many calls in so long."""


@contextmanager
def background() -> Iterator[None]:
    """Calls in this block give way to those that somebody waits for."""
    token = _BACKGROUND.set(True)
    try:
        yield
    finally:
        _BACKGROUND.reset(token)


@dataclass(slots=True)
class _Bucket:
    """A rate that was told: `calls` in `seconds`, of which we use `share`. Begins empty, right after a refusal."""

    calls: int
    seconds: float
    at: datetime
    refused_at: datetime
    share: float = SHARE
    tokens: float = 0.0

    @property
    def rate(self) -> float:
        """Calls a second that are ours."""
        return self.calls * self.share / self.seconds

    def fill(self, now: datetime) -> None:
        """Put in what has come in since."""
        if self.share < SHARE and now > self.refused_at + RECOVERS_AFTER:
            self.share = SHARE
        since = max(0.0, (now - self.at).total_seconds())
        self.tokens = min(max(1.0, self.calls * self.share), self.tokens + since * self.rate)
        self.at = now

    def ready(self, now: datetime) -> datetime:
        """When the next call may go out."""
        self.fill(now)
        return now if self.tokens >= 1 else now + timedelta(seconds=(1 - self.tokens) / self.rate)


class Pace:
    """At most `per_minute` calls in any 60 seconds (None: no ceiling of our own), no more writes of one record than
    `item_windows` allow, and nothing before its pause has ended.

    A window that slides keeps within every fixed window of the same length, whenever the vendor's begins (Infor's
    quota window begins with the first request: docs.infor.com, ION API quota policy).
    """

    def __init__(self, per_minute: int | None = None, item_windows: tuple[Window, ...] = ()) -> None:
        self._per_minute = per_minute
        self._item_windows = item_windows
        self._lock = threading.Lock()
        self._sent: deque[datetime] = deque(maxlen=per_minute)
        self._writes: dict[str, deque[datetime]] = {}
        self._paused: dict[tuple[Limited, str], datetime] = {}
        self._buckets: dict[str, _Bucket] = {}
        self._awaited = 0

    def before(self, clock: Clock, request: Request = EVERYTHING) -> None:
        """Wait until a call may go out, and count it. Raises RateLimited if that is not soon, Transient on a stop."""
        behind = _BACKGROUND.get()
        self._await(0 if behind else 1)
        try:
            while (seconds := self._take(clock.now(), request, behind=behind)) > 0:
                if seconds > PATIENCE_SECONDS:
                    raise RateLimited(f"No calls for another {seconds:.0f} s, as the vendor asked.", after=seconds)
                if not waited(clock, seconds):
                    raise Transient("The process is asked to stop; nothing was sent.")
        finally:
            self._await(0 if behind else -1)

    def told(self, clock: Clock, said: Quota, request: Request = EVERYTHING) -> None:
        """The vendor refused a call, and said this of its limits."""
        now = clock.now()
        until = now + timedelta(seconds=UNSAID_WAIT_SECONDS if said.after is None else said.after)
        key = _scope(said.limited, request)
        with self._lock:
            self._paused[key] = max(until, self._paused.get(key, until))
            if said.limited is Limited.OPERATION and said.calls:
                self._learn(request.operation, said, now)
            self._forget(now)

    def _learn(self, operation: str, said: Quota, now: datetime) -> None:
        assert said.calls is not None
        known = self._buckets.get(operation)
        share = SHARE if known is None else max(SHARE_MIN, known.share * SHRINK)
        self._buckets[operation] = _Bucket(said.calls, said.seconds, now, now, share)

    def _await(self, change: int) -> None:
        with self._lock:
            self._awaited += change

    def _take(self, now: datetime, request: Request, *, behind: bool) -> float:
        """Seconds still to wait; 0 where the call was counted and may go."""
        with self._lock:
            due = self._due(now, request)
            if due > now:
                return (due - now).total_seconds()
            if behind and self._awaited:
                return GIVE_WAY_SECONDS
            self._count(now, request)
            return 0.0

    def _due(self, now: datetime, request: Request) -> datetime:
        dues = [self._paused.get(_scope(limited, request), now) for limited in Limited] if self._paused else []
        bucket = self._buckets.get(request.operation)
        if bucket is not None:
            dues.append(bucket.ready(now))
        if self._per_minute is not None and len(self._sent) == self._per_minute:
            dues.append(self._sent[0] + MINUTE)
        if request.item:
            dues += self._item_opens(now, request.item)
        return max((now, *dues))

    def _item_opens(self, now: datetime, item: str) -> Iterator[datetime]:
        written = self._writes.get(item, ())
        for most, span in self._item_windows:
            inside = [at for at in written if at > now - span]
            if len(inside) >= most:
                yield inside[-most] + span

    def _count(self, now: datetime, request: Request) -> None:
        if self._per_minute is not None:
            self._sent.append(now)
        bucket = self._buckets.get(request.operation)
        if bucket is not None:
            bucket.tokens -= 1
        if request.item and self._item_windows:
            longest = max(most for most, _ in self._item_windows)
            self._writes.setdefault(request.item, deque(maxlen=longest)).append(now)
            self._forget(now)

    def _forget(self, now: datetime) -> None:
        if len(self._paused) > KEPT_MAX:
            self._paused = {key: until for key, until in self._paused.items() if until > now}
        if len(self._writes) > KEPT_MAX:
            longest = max(span for _, span in self._item_windows)
            self._writes = {item: times for item, times in self._writes.items() if times[-1] > now - longest}


def _scope(limited: Limited, request: Request) -> tuple[Limited, str]:
    """What a refusal of this call keeps waiting. A record that is not named cannot wait alone."""
    if limited is Limited.ITEM and request.item:
        return limited, request.item
    return (Limited.ALL, "") if limited is Limited.ALL else (Limited.OPERATION, request.operation)


def waited(clock: Clock, seconds: float) -> bool:
    """Sleep, and tell whether the time has really passed: a clock returns early where the process is asked to stop."""
    begun = clock.now()
    clock.sleep(seconds)
    return (clock.now() - begun).total_seconds() >= seconds * SERVED_PART
