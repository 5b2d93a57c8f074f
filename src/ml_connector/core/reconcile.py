"""The tie-out of three books: Jira's hours as they are now, our own ledger, and the general ledger as the ERP shows it.

Two steps, each of which has to foot to the cent and to the second:

    owed by the hours in Jira = our ledger + under way + differences of the first step
    our ledger                = GL - arriving  + differences of the second step

Where time is rounded, the hours that are owed are Jira's hours and what rounding makes of them; both are stated.

where *under way* is what comes by itself (proposed, approved, in flight) and *arriving* is what the GL shows already of
a posting that we are not certain about yet. A difference says what kind it is, how old it is and what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from ml_connector.core.journal import SeenLine
from ml_connector.core.ledger import DROPPED, OPEN, Posting, PostingLine, Recorded, Share, State
from ml_connector.core.money import Money
from ml_connector.core.periods import period_of
from ml_connector.core.records import Finding, Severity

IN_FLIGHT = OPEN | {State.PLANNED}
"""States of postings that are on their way: what they carry is under way and no difference."""


class Discrepancy(StrEnum):
    """What a difference is."""

    MISSING_POSTING = "missing_posting"
    MISSING_REVERSAL = "missing_reversal"
    DOUBLED_LINE = "doubled_line"
    ALTERED_LINE = "altered_line"
    VANISHED = "vanished"
    UNKNOWN_REFERENCE = "unknown_reference"
    CHANGED_AFTER_CLOSE = "changed_after_close"
    HELD = "held"
    INVISIBLE = "invisible"
    UNPOSTED_RELEASE = "unposted_release"


INFORMATIVE = frozenset({Discrepancy.UNPOSTED_RELEASE})
"""What is worth knowing at the close and is no difference between the books."""

REMEDIES: Mapping[Discrepancy, tuple[str, str]] = {
    Discrepancy.MISSING_POSTING: ("Run `ml-connector sync` and have its proposal approved.", "finance analyst"),
    Discrepancy.MISSING_REVERSAL: ("Run `ml-connector sync` and have its proposal approved.", "finance analyst"),
    Discrepancy.DOUBLED_LINE: (
        "Have the copy reversed in CloudSuite; what we did not post is never reversed by us.",
        "finance analyst",
    ),
    Discrepancy.ALTERED_LINE: (
        "Find out who changed it; have it put back in CloudSuite, or corrected there by an entry of finance.",
        "finance analyst",
    ),
    Discrepancy.VANISHED: (
        "Find out who deleted it and have it entered again; it is never posted again by itself.",
        "finance analyst",
    ),
    Discrepancy.UNKNOWN_REFERENCE: (
        "Find out who entered it under our prefix, and have it moved or reversed in CloudSuite.",
        "finance analyst",
    ),
    Discrepancy.CHANGED_AFTER_CLOSE: (
        "Reopen the period, or set posting.closed_period to next_open in the connection.",
        "finance analyst",
    ),
    Discrepancy.HELD: ("See the finding that holds it with `ml-connector findings`.", "project manager"),
    Discrepancy.INVISIBLE: (
        "Let the integration user see the worklog again, or have it deleted properly.",
        "integration administrator",
    ),
    Discrepancy.UNPOSTED_RELEASE: (
        "Have finance post the released entries before the period closes.",
        "finance analyst",
    ),
}
"""What to do about a difference, and whose job it is."""


@dataclass(frozen=True, slots=True)
class Leg:
    """What an amount comes to in one entity, currency and period. `cost` is False on the credit side.

    `rounded` are the seconds among `seconds` that the rounding of time added, and nobody logged.
    """

    entity: str
    currency: str
    period: str
    minor: int
    seconds: int = 0
    cost: bool = True
    rounded: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """One reconciling item. `amount` and `seconds` are what the first book holds more than the second.

    `subject` is a worklog, a reference or a line of one; `since` is the day of the event, or the posting date. Where
    no rate or coding gives a price, `priced` is False and the amount zero. `legs` are its effect on the tie-out.
    """

    type: Discrepancy
    subject: str
    entity: str
    account: str
    cost_center: str
    project: str
    period: str
    amount: Money
    seconds: int
    since: date
    age: int
    message: str
    remedy: str
    owner: str
    legs: tuple[Leg, ...]
    in_gl: bool = False
    priced: bool = True

    @property
    def informative(self) -> bool:
        """Whether it is worth knowing and no difference between the books."""
        return self.type in INFORMATIVE


@dataclass(frozen=True, slots=True)
class Owing:
    """One worklog held against our ledger: what it owes in all, what of it is under way, and what differs.

    `logged` are Jira's own seconds, None where the worklog is none of ours to cost.
    """

    owed: tuple[Leg, ...] = ()
    under_way: tuple[Leg, ...] = ()
    differences: tuple[Difference, ...] = ()
    logged: int | None = None

    @property
    def foots(self) -> bool:
        """Whether the hours that it owes are the hours that Jira shows, and what rounding made of them."""
        return self.logged is None or sum(leg.seconds - leg.rounded for leg in self.owed) == self.logged


@dataclass(frozen=True, slots=True)
class GlBook:
    """The general ledger as read back: lines by reference under our prefix, and what could not be read."""

    lines: Mapping[str, Sequence[SeenLine]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TieOut:
    """The three books of one entity, currency and posting period. Amounts are cost: the debit side, net.

    `rounding_seconds` are what rounding of time makes of Jira's hours; it is no difference between the books.
    """

    entity: str
    currency: str
    period: str
    jira_seconds: int
    rounding_seconds: int
    ledger_seconds: int
    under_way_seconds: int
    difference_seconds: int
    owed: Money
    under_way: Money
    ledger: Money
    gl: Money
    arriving: Money
    ledger_difference: Money
    gl_difference: Money
    foots: bool
    agrees: bool


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The tie-out of one connection as of a moment. `period` is empty where it covers all of them."""

    connection: str
    as_of: datetime
    period: str
    rows: tuple[TieOut, ...]
    differences: tuple[Difference, ...]
    notices: tuple[Difference, ...]
    unread: tuple[str, ...]
    foots: bool

    @property
    def agrees(self) -> bool:
        """Whether everything could be read, every sum foots, and no difference is left."""
        return self.foots and not self.differences and not self.unread


def books_of(postings: Iterable[Posting]) -> dict[str, tuple[Recorded, ...]]:
    """Our books by worklog."""
    found: dict[str, list[Recorded]] = {}
    for posting in postings:
        for part in posting.lines:
            for share in part.shares:
                item = Recorded(posting.reference, part.line.sequence, posting.state, share, posting.intended_at)
                found.setdefault(share.worklog_id, []).append(item)
    return {worklog_id: tuple(items) for worklog_id, items in found.items()}


def is_in_flight(state: State) -> bool:
    """Whether a posting is on its way: neither in the ledger for certain nor out of it for good."""
    return state in IN_FLIGHT


def is_settled(state: State) -> bool:
    """Whether the GL should show a posting."""
    return state not in IN_FLIGHT and state not in DROPPED


def leg_of(share: Share, sign: int = 1) -> Leg:
    """A share's effect on the tie-out."""
    amount = share.amount
    period = period_of(share.posting_date)
    seconds, rounded = sign * share.seconds, sign * share.rounded
    return Leg(share.coding.entity, amount.currency, period, sign * amount.minor, seconds, rounded=rounded)


def line_leg(part: PostingLine, sign: int = 1) -> Leg:
    """The effect of a line of ours on the tie-out, with the hours behind it."""
    line = part.line
    return Leg(
        line.coding.entity,
        line.amount.currency,
        period_of(line.posting_date),
        sign * line.amount.minor,
        sign * line.seconds,
        cost=bool(part.shares),
    )


@dataclass(frozen=True, slots=True)
class GlComparison:
    """Our postings held against the GL: what differs, and what the GL shows in all and of postings in flight."""

    gl: tuple[Leg, ...]
    arriving: tuple[Leg, ...]
    differences: tuple[Difference, ...]


@dataclass(slots=True)
class _Sums:
    """One entity, currency, period and side, as it is added up: money, seconds, and what rounding put into these."""

    owed: list[int] = field(default_factory=lambda: [0, 0, 0])
    under_way: list[int] = field(default_factory=lambda: [0, 0, 0])
    ledger: list[int] = field(default_factory=lambda: [0, 0, 0])
    gl: list[int] = field(default_factory=lambda: [0, 0, 0])
    arriving: list[int] = field(default_factory=lambda: [0, 0, 0])
    first: list[int] = field(default_factory=lambda: [0, 0, 0])
    second: list[int] = field(default_factory=lambda: [0, 0, 0])
    differs: bool = False

    def foots(self, *, cost: bool) -> bool:
        """Whether both steps foot. The credit side has no hours behind it and only the second step."""
        second = self.ledger[0] == self.gl[0] - self.arriving[0] + self.second[0]
        return second and (
            not cost or all(self.owed[i] == self.ledger[i] + self.under_way[i] + self.first[i] for i in (0, 1))
        )


def tie_out(
    connection: str,
    as_of: datetime,
    postings: Sequence[Posting],
    owing: Iterable[Owing],
    comparison: GlComparison,
    *,
    period: str = "",
    unread: tuple[str, ...] = (),
) -> Reconciliation:
    """Add everything up by entity, currency and posting period, and prove that it foots."""
    work = list(owing)
    differences = [*(item for each in work for item in each.differences), *comparison.differences]
    sums: dict[tuple[str, str, str, bool], _Sums] = {}

    def add(name: str, legs: Iterable[Leg]) -> None:
        for leg in legs:
            if leg.minor or leg.seconds or leg.rounded:
                total = getattr(sums.setdefault((leg.entity, leg.currency, leg.period, leg.cost), _Sums()), name)
                for place, part in enumerate((leg.minor, leg.seconds, leg.rounded)):
                    total[place] += part

    for each in work:
        add("owed", each.owed)
        add("under_way", each.under_way)
    for posting in postings:
        if is_settled(posting.state):
            add("ledger", (line_leg(part) for part in posting.lines))
    add("gl", comparison.gl)
    add("arriving", comparison.arriving)
    for item in differences:
        add("second" if item.in_gl else "first", item.legs)
        for leg in item.legs:
            sums.setdefault((leg.entity, leg.currency, leg.period, leg.cost), _Sums()).differs = True
    chosen = {key: total for key, total in sums.items() if period in ("", key[2])}
    ours = [item for item in differences if _touches(item, period)]
    return Reconciliation(
        connection=connection,
        as_of=as_of,
        period=period,
        rows=tuple(_row(key, total) for key, total in sorted(chosen.items()) if key[3]),
        differences=tuple(sorted((item for item in ours if not item.informative), key=_order)),
        notices=tuple(sorted((item for item in ours if item.informative), key=_order)),
        unread=unread,
        foots=all(each.foots for each in work) and all(total.foots(cost=key[3]) for key, total in chosen.items()),
    )


def _touches(item: Difference, period: str) -> bool:
    return period in ("", item.period, *(leg.period for leg in item.legs))


def _order(item: Difference) -> tuple[object, ...]:
    return (list(Discrepancy).index(item.type), -item.age, item.subject, item.account, item.cost_center, item.project)


def _row(key: tuple[str, str, str, bool], total: _Sums) -> TieOut:
    entity, currency, period, _ = key
    foots = total.foots(cost=True)
    return TieOut(
        entity=entity,
        currency=currency,
        period=period,
        jira_seconds=total.owed[1] - total.owed[2],
        rounding_seconds=total.owed[2],
        ledger_seconds=total.ledger[1],
        under_way_seconds=total.under_way[1],
        difference_seconds=total.first[1],
        owed=Money(total.owed[0], currency),
        under_way=Money(total.under_way[0], currency),
        ledger=Money(total.ledger[0], currency),
        gl=Money(total.gl[0], currency),
        arriving=Money(total.arriving[0], currency),
        ledger_difference=Money(total.first[0], currency),
        gl_difference=Money(total.second[0], currency),
        foots=foots,
        agrees=foots and not total.differs,
    )


def findings_of(reconciliation: Reconciliation) -> tuple[Finding, ...]:
    """The differences as findings, one for each type and subject. None of them holds anything by itself."""
    found: dict[tuple[str, str], Finding] = {}
    for item in (*reconciliation.differences, *reconciliation.notices):
        subject = item.subject if " " in item.subject else f"posting {item.subject}"
        before = found.get((item.type.value, subject))
        amount = item.amount if item.priced else None
        if before is not None and before.amount is not None and amount is not None:
            amount = before.amount + amount if before.amount.currency == amount.currency else None
        found[item.type.value, subject] = Finding(
            item.type.value, subject, item.message, item.remedy, Severity.WARN, item.owner, amount
        )
    return tuple(found.values())
