"""What is known of one limit of a vendor, and what its answers teach of it. Pure: the pace carries it out.

Nothing is known until the first refusal, and so nothing waits. From then on calls keep a distance, which no window and
no spike arrest minds: a quota window lets as many through as come evenly, however it lies. A refusal that is soon over
came a little too early: we go on a little slower than we were. One that lasts says that a minute's quota was used up
before the minute was: what was let through in it is the limit. After that the rate grows, at first back to what it was,
then on and on, so that a limit that was raised, or shared by fewer, is found again (after CUBIC, RFC 9438).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import msgspec

from ml_connector.net.quota import Quota

MINUTE = timedelta(minutes=1)
SOON, SOON_AT_FIRST = timedelta(seconds=10), timedelta(seconds=20)
"""A refusal that is over within this came from a short period, or close to the end of a long one."""
LATE = timedelta(seconds=90)
"""A refusal that lasts longer is of no minute: an hour's or a day's quota, which we wait for and learn nothing of."""
DROP = 0.05
"""What part of a rate is given up after a refusal."""
RETURN_SECONDS = 300.0
"""After so long in use the rate is back at what was refused, and goes beyond."""
DOUBLE_SECONDS = 8.0
"""In so long in use a rate that is but a first guess doubles."""
SHARE = 0.98
"""How much of a rate that a vendor told is used: others may count a little otherwise."""
GUESS_MIN, RATE_MIN, RATE_MAX = 1.0, 0.1, 500.0
"""Calls a second: the least first guess, the least rate, and one that is no limit any more."""
SLICE_SECONDS = 1.0
"""How far ahead a process takes places in the row of calls at once."""
TOLD_FOR = timedelta(days=1)
"""After that a rate that a vendor told is put to the test again."""
FURTHEST = timedelta(minutes=2)
"""A row of calls that reaches further ahead was written by a clock that is wrong."""
BACKOFF_SECONDS, BACKOFF_SECONDS_MAX, BACKOFF_FLOOR = 1.0, 900.0, 0.2
"""The first wait after a refusal that names none, the longest, and the least."""
SHORT_TRIES = 2
"""After so many waits in vain, or one more where a rate is known, it is waited for the ends of limits' periods."""
JITTER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Flow:
    """Calls a second, and how many may come at once after a rest."""

    rate: float
    burst: int = 1

    @property
    def gap(self) -> timedelta:
        """The distance of two calls."""
        return timedelta(microseconds=ceil(1e6 / self.rate))

    @property
    def lead(self) -> timedelta:
        """How much earlier than its place in the row a call may come."""
        return self.gap * (self.burst - 1)


def ceiling(per_minute: int) -> Flow:
    """The flow of which no minute sees more than so many calls, though a few come at once."""
    burst = 1 + per_minute // 25
    return Flow((per_minute - burst + 1) / 60, burst)


@dataclass(frozen=True, slots=True)
class Meter:
    """One limit as far as it is known, and where its row of calls stands. The same for all processes.

    `top` is the rate of the last refusal in calls a second, `age` the seconds of use since, `climbing` says that `top`
    is but a first guess. `told` is a flow that the vendor named, at `told_at`. The next place in the row is `next_at`.
    While calls are refused, `refused_at` is since when, `refused_rate` at which rate (None: at none that we knew),
    `refused_last` the last time, `tries` how often, and `counted` what each process got through in the minute before.
    `settled_at` is when that last ended.
    """

    top: float | None = None
    age: float = 0.0
    climbing: bool = False
    told: Flow | None = None
    told_at: datetime | None = None
    next_at: datetime | None = None
    paused_until: datetime | None = None
    refused_at: datetime | None = None
    refused_rate: float | None = None
    refused_last: datetime | None = None
    tries: int = 0
    counted: dict[str, int] = field(default_factory=dict)
    settled_at: datetime | None = None

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    @classmethod
    def of(cls, document: dict[str, Any] | None) -> Meter:
        """As it was kept; one of which nothing is known where it cannot be read."""
        try:
            return cls() if document is None else msgspec.convert(document, cls)
        except msgspec.ValidationError:
            return cls()

    def paused(self, until: datetime) -> Meter:
        """Nothing goes out before that."""
        return replace(self, paused_until=max(until, self.paused_until or until))

    def grown(self) -> float | None:
        """What is dared now, in calls a second; None where nothing was learned, or it is long outgrown."""
        if self.top is None:
            return None
        if self.climbing:
            factor = 2.0 ** min(self.age / DOUBLE_SECONDS, 20.0)
        else:
            factor = 1.0 + DROP * (self.age / RETURN_SECONDS - 1.0) ** 3
        return None if self.top * factor > RATE_MAX else max(RATE_MIN, self.top * factor)

    def flow(self, allowed: Flow | None = None) -> Flow | None:
        """What may go out: the least of what was learned, what was told and what is allowed. None: anything."""
        grown = self.grown()
        known = [each for each in (None if grown is None else Flow(grown), self.told, allowed) if each is not None]
        return min(known, key=lambda each: each.rate) if known else None


@dataclass(frozen=True, slots=True)
class Slice:
    """Places in the row that are ours: the next is at `tail`, the last ends at `until`."""

    tail: datetime
    until: datetime

    def due(self, flow: Flow) -> datetime:
        """When the next call may go out."""
        return self.tail - flow.lead

    def holds(self, flow: Flow, now: datetime) -> bool:
        """Whether there is a place left that has not gone by."""
        return max(self.tail, now) + flow.gap <= self.until

    def spaced(self, least: datetime) -> Slice:
        """No place before that."""
        return replace(self, tail=max(self.tail, least))

    def taken(self, flow: Flow, now: datetime) -> Slice:
        """One place fewer."""
        return replace(self, tail=max(self.tail, now) + flow.gap)


def sliced(meter: Meter, flow: Flow, now: datetime, ours: Slice | None) -> tuple[Meter, Slice]:
    """The next places of the row. What is left of our last ones is given back, unless others have gone past it."""
    if meter.told_at is not None and now > meter.told_at + TOLD_FOR:
        meter = replace(meter, told=None, told_at=None)
    start = meter.next_at or now
    if ours is not None and ours.until == meter.next_at:
        start = ours.tail
    start = now if start > now + FURTHEST else max(start, now)
    until = start + flow.gap * max(1, ceil(SLICE_SECONDS * flow.rate))
    age = meter.age if meter.refused_at else meter.age + (until - start).total_seconds()
    return replace(meter, next_at=until, age=age), Slice(start, until)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that was sent at `sent_at` was refused; that was known at `at`, and this was said of the limit."""

    said: Quota
    sent_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Lately:
    """Our own calls of the last minutes that went through, in order; `owner` is a name for this process."""

    owner: str
    passes: Sequence[datetime] = ()

    def within(self, after: datetime, until: datetime) -> list[datetime]:
        """Those between two moments."""
        return [at for at in self.passes if after < at <= until]


def refused(meter: Meter, refusal: Refusal, flow: Flow | None, lately: Lately, chance: float) -> Meter:
    """After a refusal at this flow; `chance` is from 0 up to 1. A call that went out before the last refusal was known
    teaches nothing new, but what its process got through is counted.
    """
    said, now = refusal.said, refusal.at
    begun = meter.refused_at or now
    minute = lately.within(begun - MINUTE, begun)
    known = meter.refused_last if meter.refused_at else meter.settled_at
    if known is not None and refusal.sent_at < known:
        return _counted(meter, lately, minute).paused(now + timedelta(seconds=said.after or 0.0))
    held = replace(_informed(_counted(meter, lately, minute), said, now), refused_last=now, tries=meter.tries + 1)
    if meter.refused_at is None:
        held = replace(held, refused_at=now, refused_rate=None if flow is None else flow.rate)
    return held.paused(now + timedelta(seconds=_wait(meter, said, now, minute[0] if minute else None, chance)))


def _counted(meter: Meter, lately: Lately, minute: Sequence[datetime]) -> Meter:
    return replace(meter, counted={**meter.counted, lately.owner: len(minute)})


def _informed(meter: Meter, said: Quota, now: datetime) -> Meter:
    """With the rate that the vendor named, where it did: a bucket, which is empty now."""
    if not said.calls or said.seconds > MINUTE.total_seconds():
        return meter
    told = Flow(said.calls * SHARE / said.seconds, max(1, int(said.calls * SHARE)))
    if told == meter.told:
        return replace(meter, told_at=now)
    return replace(meter, told=told, told_at=now, next_at=now + told.gap * told.burst)


def _wait(meter: Meter, said: Quota, now: datetime, oldest: datetime | None, chance: float) -> float:
    """What the vendor asked for is a minimum. Else exponential, with full jitter; where some such waits were in vain,
    ten seconds after the first refusal, then when the minute turns that began with our first call: periods of limits.
    """
    if said.after is not None:
        return said.after + chance * min(said.after, JITTER_SECONDS)
    tries, jitter = meter.tries, chance * JITTER_SECONDS
    short = SHORT_TRIES if meter.refused_rate is None else SHORT_TRIES + 1
    ends = (meter.refused_at or now) + SOON if tries == short else (oldest or now) + MINUTE
    if tries >= short and ends > now:
        return (ends - now).total_seconds() + jitter
    return max(BACKOFF_FLOOR, chance * min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2.0**tries))


def passed(meter: Meter, sent_at: datetime, lately: Lately) -> Meter:
    """After a call went through that was sent at `sent_at`. It ends what was refused before it was sent."""
    if meter.refused_at is None or meter.refused_last is None or sent_at < meter.refused_last:
        return meter
    settled = replace(
        meter, refused_at=None, refused_last=None, refused_rate=None, tries=0, counted={}, paused_until=None,
        settled_at=sent_at,
    )  # fmt: skip
    if sent_at - meter.refused_at > LATE:
        return settled
    if meter.refused_rate is not None:
        top = _lowered(meter.refused_at, meter.refused_rate, sent_at, lately)
        return replace(settled, top=top, age=0.0, climbing=False)
    if meter.told is not None:
        return settled
    top, climbing = _guess(meter.refused_at, sum(meter.counted.values()), sent_at, lately)
    return replace(settled, top=top, age=0.0, climbing=climbing, next_at=sent_at + Flow(top).gap)


def _guess(refused_at: datetime, counted: int, reopened: datetime, lately: Lately) -> tuple[float, bool]:
    """The rate after the very first refusal, and whether it is but a guess."""
    if reopened - refused_at > SOON_AT_FIRST:
        minute = counted / MINUTE.total_seconds()
        return max(GUESS_MIN, minute), minute <= GUESS_MIN
    just = lately.within(refused_at - SOON, refused_at) or [refused_at]
    return max(GUESS_MIN, len(just) / max(1.0, (reopened - just[0]).total_seconds())), True


def _lowered(refused_at: datetime, rate: float, reopened: datetime, lately: Lately) -> float:
    """The rate at which we were refused; or, where that lasted, what a minute lets through."""
    lasted = reopened - refused_at
    if lasted <= SOON:
        return rate
    counted = len(lately.within(reopened - MINUTE, refused_at)) / MINUTE.total_seconds()
    return max(counted, rate * (1.0 - lasted / MINUTE), RATE_MIN)
