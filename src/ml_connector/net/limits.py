"""How fast one vendor tenant may be called: one budget, whatever thread or process spends it.

Only what is limited waits: every call, the calls of one operation, or the writes of one record. What is known of each
limit is a meter; where there is a book, all processes of an installation share their meters, and each takes places in
the row of calls for about a second at a time.
"""

from __future__ import annotations

import random as randomness
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Protocol

from ml_connector.clock import Clock
from ml_connector.errors import RateLimited, Transient
from ml_connector.net.items import Items, Window
from ml_connector.net.meter import (
    BACKOFF_SECONDS,
    Flow,
    Lately,
    Meter,
    Refusal,
    Slice,
    ceiling,
    passed,
    refused,
    sliced,
)
from ml_connector.net.quota import Limited, Quota
from ml_connector.net.retry import PATIENCE_SECONDS, Random
from ml_connector.net.urgency import Urgency, present
from ml_connector.wire import Request

SERVED_PART = 0.5
"""A wait that ended before half its time was cut short, because the process is asked to stop."""
GIVE_WAY_SECONDS = 0.05
"""How long less urgent work steps back at a time."""
STEPS_BACK_FOR = timedelta(seconds=10)
"""A call that has waited for so long steps back for nobody any more."""
PROBE = timedelta(seconds=1)
"""While calls are refused, one goes out in so long to see whether they still are."""
REFRESHED_AFTER = timedelta(seconds=1)
"""How long what other processes learned may be unknown here."""
PASSES_KEPT = 2_000
"""Calls that went through, remembered to count a minute's."""
WHOLE = ""
"""The scope of a meter for every call; the others are operations."""
EVERYTHING = Request("", "", "/", safety="read")  # type: ignore[arg-type] # stands for any call

UNKNOWN = Meter()

Document = dict[str, Any]


class Book(Protocol):
    """Where the meters of one tenant are kept for all processes."""

    def read(self) -> Mapping[str, Document]:
        """All meters, by scope."""

    def change(self, scope: str, how: Callable[[Document | None], Document]) -> None:
        """Put another one in the place of a meter, while no other process does."""


class Pace:
    """At most `per_minute` calls in any 60 seconds (None: no ceiling of our own), no more writes of one record than
    `item_windows` allow, no more of anything than refusals taught, and nothing before its pause has ended.
    """

    def __init__(
        self,
        per_minute: int | None = None,
        item_windows: tuple[Window, ...] = (),
        *,
        book: Book | None = None,
        random: Random = randomness.random,
    ) -> None:
        self._allowed = None if per_minute is None else ceiling(per_minute)
        self._items = Items(item_windows)
        self._book = book
        self._random = random
        self._owner = token_hex(4)
        self._lock = threading.Lock()
        self._meters: dict[str, Meter] = {}
        self._slices: dict[str, Slice] = {}
        self._passes: deque[tuple[datetime, str]] = deque(maxlen=PASSES_KEPT)
        self._refreshed: datetime | None = None
        self._awaited: Counter[Urgency] = Counter()

    def before(self, clock: Clock, request: Request = EVERYTHING) -> datetime:
        """Wait until a call may go out, and count it. Returns when. Raises RateLimited if that is not soon, Transient
        on a stop.
        """
        urgency, begun = present(), clock.now()
        self._await(urgency, 1)
        try:
            while (seconds := self._take(now := clock.now(), request, urgency, now - begun)) > 0:
                if seconds > PATIENCE_SECONDS:
                    raise RateLimited(f"No calls for another {seconds:.0f} s, as the vendor asked.", after=seconds)
                if not waited(clock, seconds):
                    raise Transient("The process is asked to stop; nothing was sent.")
            return now
        finally:
            self._await(urgency, -1)

    def passed(self, request: Request, sent: datetime) -> None:
        """A call that was sent then was not refused."""
        with self._lock:
            self._passes.append((sent, request.operation))
            for scope in _scopes(request):
                if self._meter(scope).refused_at is not None:
                    self._settle(scope, sent)

    def _settle(self, scope: str, sent: datetime) -> None:
        """It is over; the next call keeps the new distance."""
        lately = self._lately(scope)
        self._change(scope, lambda meter: passed(meter, sent, lately))
        after = self._flow(scope)
        if after is not None and scope in self._slices:
            self._slices[scope] = self._slices[scope].spaced(sent + after.gap)

    def refused(self, clock: Clock, said: Quota, request: Request, sent: datetime) -> None:
        """The vendor refused a call that was sent then, and said this of its limits."""
        now, chance = clock.now(), self._random()
        with self._lock:
            scope = _scope(said.limited, request)
            if scope is None:
                self._items.pause(request.item, now + timedelta(seconds=said.after or BACKOFF_SECONDS))
                return
            flow, refusal, lately = self._flow(scope), Refusal(said, sent, now), self._lately(scope)
            self._change(scope, lambda meter: refused(meter, refusal, flow, lately, chance))

    def rest(self, clock: Clock, seconds: float) -> None:
        """The vendor is in trouble and asked for a pause; that says nothing of its limits."""
        until = clock.now() + timedelta(seconds=seconds)
        with self._lock:
            self._change(WHOLE, lambda meter: meter.paused(until))

    def _await(self, urgency: Urgency, change: int) -> None:
        with self._lock:
            self._awaited[urgency] += change

    def _take(self, now: datetime, request: Request, urgency: Urgency, waiting: timedelta) -> float:
        """Seconds still to wait; 0 where the call was counted and may go."""
        with self._lock:
            self._refresh(now)
            due = max(self._pause_ends(now, request), self._items.due(request.item, now) if request.item else now)
            if due > now:
                return (due - now).total_seconds()
            if waiting < STEPS_BACK_FOR and any(self._awaited[other] for other in Urgency if other < urgency):
                return GIVE_WAY_SECONDS
            flows = {scope: flow for scope in _scopes(request) if (flow := self._flow(scope)) is not None}
            due = max((self._slice(scope, flow, now).due(flow) for scope, flow in flows.items()), default=now)
            if due > now:
                return (due - now).total_seconds()
            self._count(now, request, flows)
            return 0.0

    def _pause_ends(self, now: datetime, request: Request) -> datetime:
        return max(now, *(self._meter(scope).paused_until or now for scope in _scopes(request)))

    def _slice(self, scope: str, flow: Flow, now: datetime) -> Slice:
        ours = self._slices.get(scope)
        if ours is None or not ours.holds(flow, now):
            self._change(scope, lambda meter: self._sliced(scope, meter, flow, now))
            ours = self._slices[scope]
        return ours

    def _sliced(self, scope: str, meter: Meter, flow: Flow, now: datetime) -> Meter:
        after, self._slices[scope] = sliced(
            meter, meter.flow(self._allowance(scope)) or flow, now, self._slices.get(scope)
        )
        return after

    def _count(self, now: datetime, request: Request, flows: Mapping[str, Flow]) -> None:
        for scope, flow in flows.items():
            self._slices[scope] = self._slices[scope].taken(flow, now)
        for scope in _scopes(request):
            if self._meter(scope).refused_at is not None:
                self._meters[scope] = self._meter(scope).paused(now + PROBE)
        if request.item:
            self._items.count(request.item, now)

    def _meter(self, scope: str) -> Meter:
        return self._meters.get(scope, UNKNOWN)

    def _flow(self, scope: str) -> Flow | None:
        return self._meter(scope).flow(self._allowance(scope))

    def _allowance(self, scope: str) -> Flow | None:
        return self._allowed if scope == WHOLE else None

    def _lately(self, scope: str) -> Lately:
        return Lately(self._owner, [at for at, operation in self._passes if scope in (WHOLE, operation)])

    def _refresh(self, now: datetime) -> None:
        """Hear what other processes learned."""
        known = self._refreshed is not None and self._refreshed <= now < self._refreshed + REFRESHED_AFTER
        if self._book is not None and not known:
            self._meters = {scope: Meter.of(document) for scope, document in self._book.read().items()}
            self._refreshed = now

    def _change(self, scope: str, how: Callable[[Meter], Meter]) -> None:
        if self._book is None:
            self._meters[scope] = how(self._meter(scope))
            return

        def kept(document: Document | None) -> Document:
            self._meters[scope] = how(Meter.of(document))
            return self._meters[scope].document()

        self._book.change(scope, kept)


def _scopes(request: Request) -> tuple[str, str]:
    return WHOLE, request.operation


def _scope(limited: Limited, request: Request) -> str | None:
    """What a refusal of this call is about; None for its record alone. A record that is not named cannot wait alone."""
    if limited is Limited.ALL:
        return WHOLE
    return None if limited is Limited.ITEM and request.item else request.operation


def waited(clock: Clock, seconds: float) -> bool:
    """Sleep, and tell whether the time has really passed: a clock returns early where the process is asked to stop."""
    begun = clock.now()
    clock.sleep(seconds)
    return (clock.now() - begun).total_seconds() >= seconds * SERVED_PART
