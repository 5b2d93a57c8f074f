"""A parallel run: what we would have posted for some days, beside what finance posted itself.

Every hour of those days is costed from nothing, as if it had never been posted by anybody, by the settings of today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from ml_connector.core.corrections import Books, Fate, LoggedWork, lacking
from ml_connector.core.hours import measured
from ml_connector.core.impact import Within
from ml_connector.core.labor import CostPolicy, overfull_days, work_date
from ml_connector.core.periods import PeriodPolicy
from ml_connector.core.plan import World
from ml_connector.core.records import Finding


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """Where an amount stands: what both sides are compared by."""

    entity: str
    account: str
    cost_center: str
    project: str
    currency: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What the hours of some days would come to, in minor units, and what would keep the others from being posted."""

    worklogs: int
    seconds: int
    amounts: Mapping[Account, int]
    held: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One account: what we would have posted and what finance posted, in minor units."""

    where: Account
    ours: int
    theirs: int

    @property
    def difference(self) -> int:
        """What we would have posted more."""
        return self.ours - self.theirs


def planned(world: World, policy: CostPolicy, first: date, within: Within) -> Planned:
    """Cost the hours of the days asked about; `first` is the earliest of them, whatever the cut-over date is."""
    cut_over = first if policy.post_from is None else min(first, policy.post_from)
    bare = replace(policy, periods=PeriodPolicy(), post_from=cut_over)
    work = [_bare(item) for item in world.work if _counts(item, policy, within)]
    overfull = overfull_days(world.day_worklogs, policy.zone, policy.hours_per_day_max)
    hours = measured(world.day_worklogs, policy.time, policy.zone)
    found = lacking(work, Books(world.orders, {}, bare, world.today, overfull, hours=hours))
    amounts: Counter[Account] = Counter()
    for share in (share for delta in found.deltas for share in delta.shares):
        coding = share.coding
        where = Account(coding.entity, coding.account, coding.cost_center, coding.project, share.amount.currency)
        amounts[where] += share.amount.minor
    return Planned(len(work), sum(item.worklog.seconds for item in work), amounts, found.findings)


def _counts(item: LoggedWork, policy: CostPolicy, within: Within) -> bool:
    day = work_date(item.worklog, policy.zone)
    return item.fate is Fate.LIVE and bool(item.order) and within(item.order.partition("/")[0], day)


def _bare(item: LoggedWork) -> LoggedWork:
    return replace(item, refused="", attested=True, recost=False, withdrawn=False, by_hand="", by_hand_facts="")


def compared(ours: Mapping[Account, int], theirs: Mapping[Account, int]) -> tuple[Compared, ...]:
    """Both sides, account by account, those that only one side knows among them."""
    return tuple(Compared(where, ours.get(where, 0), theirs.get(where, 0)) for where in sorted({*ours, *theirs}))


def totals(rows: Iterable[Compared]) -> dict[str, tuple[int, int]]:
    """Ours and theirs, by currency."""
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        ours, theirs = sums.get(row.where.currency, (0, 0))
        sums[row.where.currency] = ours + row.ours, theirs + row.theirs
    return sums
