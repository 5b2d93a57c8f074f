"""What hours would cost by other rates, mapping or rules: every entry costed anew, beside what is or would be posted.

Posted hours are compared with what stands in our books, all others with what today's settings make of them. Whether a
period is closed, whether CloudSuite refused a line and whether somebody attested the hours does not count: none of it
is the mapping's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ml_connector.core.corrections import Books, Fate, LoggedWork, lacking
from ml_connector.core.hours import measured
from ml_connector.core.labor import CostPolicy, overfull_days, work_date
from ml_connector.core.ledger import Recorded, Share, outstanding
from ml_connector.core.money import Money
from ml_connector.core.periods import PeriodPolicy
from ml_connector.core.plan import World
from ml_connector.core.records import Coding, Finding

Within = Callable[[str, date], bool]
"""Whether a day of work, charged to an entity, is asked about."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one line of an entry comes to, and by which rate."""

    minor: int = 0
    seconds: int = 0
    rate_rule: str = ""


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One coding of one entry that would carry another amount or other hours. A side that has none of it is empty."""

    order_line: str
    coding: Coding
    currency: str
    before: Side
    after: Side

    @property
    def difference(self) -> Money:
        """What would be added to cost."""
        return Money(self.after.minor - self.before.minor, self.currency)


@dataclass(frozen=True, slots=True)
class Changed:
    """An entry that would be costed otherwise. `posted` are the lines that carry it now; `held_before` and `held_after`
    are what keeps it from being costed, where something does.
    """

    work: LoggedWork
    day: date
    posted: tuple[str, ...]
    lines: tuple[ChangedLine, ...]
    held_before: Finding | None = None
    held_after: Finding | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """All entries asked about, in minor units of one currency."""

    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Impact:
    """What would differ. `worklogs` counts the entries asked about, changed or not."""

    worklogs: int
    changed: tuple[Changed, ...]
    totals: Mapping[str, Total]


@dataclass(frozen=True, slots=True)
class _Costed:
    """All entries costed from nothing: their shares, and what holds the others."""

    shares: Mapping[str, tuple[Share, ...]]
    held: Mapping[str, Finding]


def impact(world: World, now: CostPolicy, then: CostPolicy, within: Within) -> Impact:
    """Hold what is against what would be, for the hours of some days. `then` are the other settings."""
    work = [_bare(item) for item in world.work if item.fate is Fate.LIVE and item.order and not item.withdrawn]
    before, after = _costed(work, world, now), _costed(work, world, then)
    totals: dict[str, Total] = {}
    changed: list[Changed] = []
    asked = [item for item in work if within(item.order.partition("/")[0], work_date(item.worklog, now.zone))]
    for item in sorted(asked, key=lambda item: (item.order, item.worklog.started, item.worklog.id)):
        standing = outstanding(world.recorded.get(item.worklog.id, ()))
        old = _standing(standing) or before.shares.get(item.worklog.id, ())
        new = after.shares.get(item.worklog.id, ())
        _add(totals, old, new)
        lines = _lines(old, new)
        if lines:
            changed.append(
                Changed(
                    item,
                    work_date(item.worklog, now.zone),
                    tuple(dict.fromkeys(entry.address for entry in standing)),
                    lines,
                    None if standing else before.held.get(item.worklog.id),
                    after.held.get(item.worklog.id),
                )
            )
    return Impact(len(asked), tuple(changed), totals)


def _bare(item: LoggedWork) -> LoggedWork:
    return replace(item, refused="", attested=True, recost=False)


def _costed(work: Sequence[LoggedWork], world: World, policy: CostPolicy) -> _Costed:
    """Everything as if nothing had been posted yet, so that rules see an order being used up from its first hour."""
    open_policy = replace(policy, periods=PeriodPolicy())
    overfull = overfull_days(world.day_worklogs, policy.zone, policy.hours_per_day_max)
    hours = measured(world.day_worklogs, policy.time, policy.zone)
    found = lacking(work, Books(world.orders, {}, open_policy, world.today, overfull, hours=hours))
    return _Costed({delta.worklog_id: delta.shares for delta in found.deltas}, found.held)


def _standing(standing: Iterable[Recorded]) -> tuple[Share, ...]:
    return tuple(entry.share for entry in standing)


def _add(totals: dict[str, Total], old: Iterable[Share], new: Iterable[Share]) -> None:
    for share in old:
        before = totals.get(share.amount.currency, Total())
        totals[share.amount.currency] = replace(before, before=before.before + share.amount.minor)
    for share in new:
        before = totals.get(share.amount.currency, Total())
        totals[share.amount.currency] = replace(before, after=before.after + share.amount.minor)


_Place = tuple[str, str, Coding, str]


def _lines(old: Iterable[Share], new: Iterable[Share]) -> tuple[ChangedLine, ...]:
    """The codings on which the two differ in money or hours."""
    before, after = _sides(old), _sides(new)
    places = sorted({*before, *after}, key=repr)
    return tuple(
        ChangedLine(place[1], place[2], place[3], before.get(place, Side()), after.get(place, Side()))
        for place in places
        if _figures(before.get(place)) != _figures(after.get(place))
    )


def _sides(shares: Iterable[Share]) -> dict[_Place, Side]:
    sides: dict[_Place, Side] = {}
    for share in shares:
        place = share.order, share.order_line, share.coding, share.amount.currency
        side = sides.get(place, Side())
        sides[place] = Side(side.minor + share.amount.minor, side.seconds + share.seconds, share.basis.rate_rule)
    return sides


def _figures(side: Side | None) -> tuple[int, int]:
    return (0, 0) if side is None else (side.minor, side.seconds)
