"""What the hours in Jira owe, held against our own ledger: the first step of a reconciliation.

What our books lack for a worklog is decided by the same rule that plans postings (`corrections.lacking`); that the
hours which stand are the hours that were logged is counted here once more, from Jira's own seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from ml_connector.core.corrections import Books, Delta, Fate, LoggedWork, lacking, price_of
from ml_connector.core.labor import counts, hours_text, work_date
from ml_connector.core.ledger import DROPPED, Entry, Recorded, Share, outstanding
from ml_connector.core.money import Digits, Money, text_from_money
from ml_connector.core.periods import period_of
from ml_connector.core.reconcile import REMEDIES, Difference, Discrepancy, Leg, Owing, is_in_flight, is_settled, leg_of
from ml_connector.core.records import Coding, Finding

NO_CURRENCY = "XXX"
"""ISO 4217's code for no currency: hours that nothing can be said about have no price."""

ShareMark = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class JiraBook:
    """Jira's hours as read now. `noticed` is when a worklog was deleted, where the deletion feed names it."""

    work: tuple[LoggedWork, ...]
    noticed: Mapping[str, datetime] = field(default_factory=dict)


def mark_of(share: Share, digits: Digits) -> ShareMark:
    """What makes a share of a waiting proposal the same as one that our books lack."""
    amount = share.amount
    return (
        share.worklog_id, share.order, share.order_line, share.entry.value, share.seconds,
        text_from_money(amount, digits(amount.currency)), amount.currency, share.work_date.isoformat(),
        share.posting_date.isoformat(), share.coding.entity, share.coding.account, share.coding.cost_center,
        share.coding.project, share.reverses, share.burden,
    )  # fmt: skip


def owing(jira: JiraBook, books: Books, proposed: frozenset[ShareMark] = frozenset()) -> tuple[Owing, ...]:
    """Every worklog, and every cost that no worklog accounts for any more, held against our ledger.

    `proposed` are the shares that wait for approval: they are under way.
    """
    known = {item.worklog.id for item in jira.work}
    missing = lacking(jira.work, books)
    deltas = {delta.worklog_id: delta for delta in missing.deltas}
    found = [
        _of_worklog(
            _About(item, _since(item, jira, books), books),
            deltas.get(item.worklog.id),
            missing.held.get(item.worklog.id),
            proposed,
        )
        for item in jira.work
    ]
    found += [
        _of_nobody(worklog_id, items, books) for worklog_id, items in books.recorded.items() if worklog_id not in known
    ]
    return tuple(found)


def _since(item: LoggedWork, jira: JiraBook, books: Books) -> date:
    at = jira.noticed.get(item.worklog.id, item.worklog.updated)
    return at.astimezone(books.policy.zone).date()


def _of_worklog(about: _About, delta: Delta | None, finding: Finding | None, proposed: frozenset[ShareMark]) -> Owing:
    item, books, since = about.item, about.books, about.since
    counted = [entry for entry in books.recorded.get(item.worklog.id, ()) if entry.state not in DROPPED]
    standing = outstanding(counted)
    if item.fate is Fate.INVISIBLE:
        return _invisible(item.worklog.id, counted, standing, since, books)
    owed = [leg_of(entry.share) for entry in counted]
    under_way = [leg_of(entry.share) for entry in counted if is_in_flight(entry.state)]
    found: list[Difference] = []
    if delta is None and finding is None:
        legs, differences = about.miscounted(standing)
        owed += legs
        found += differences
    if delta is not None:
        owed += [leg_of(share) for share in delta.shares]
        if all(mark_of(share, books.policy.digits) in proposed for share in delta.shares):
            under_way += [leg_of(share) for share in delta.shares]
        else:
            found += _lacking(about, delta)
    if finding is not None:
        left = () if delta is not None else tuple(entry.share for entry in standing)
        waits = finding.code == "posting_under_way" and any(is_in_flight(entry.state) for entry in standing)
        legs, differences = about.held(finding, left)
        owed += legs
        if waits:
            under_way += legs
        else:
            found += differences
    owed += about.rounded_away(owed)
    # Hours that were withdrawn, that finance posted itself, or that a vendor bills are none that our ledger owes.
    owes = item.fate is Fate.LIVE and not item.withdrawn
    order = books.orders.get(item.order)
    billed = order is not None and books.policy.owes_nothing(order)
    ours = owes and item.order and not billed and counts(item.worklog, books.policy)
    return Owing(tuple(owed), tuple(under_way), tuple(found), item.worklog.seconds if ours else None)


def _lacking(about: _About, delta: Delta) -> Iterator[Difference]:
    minus = tuple(share for share in delta.shares if share.entry is Entry.REVERSAL)
    what = "it changed or was deleted, and our ledger says otherwise" if minus else "owed and not posted"
    yield from about.differences(None, delta.shares, (), what)


def _excess(standing: Sequence[Recorded]) -> tuple[Share, ...]:
    """Shares that stand beside the first of their kind."""
    seen: set[tuple[object, ...]] = set()
    excess: list[Share] = []
    for entry in standing:
        share = entry.share
        kind = (share.order, share.order_line, share.part)
        if kind in seen:
            excess.append(share)
        seen.add(kind)
    return tuple(excess)


def _invisible(
    worklog_id: str, counted: Sequence[Recorded], standing: Sequence[Recorded], since: date, books: Books
) -> Owing:
    """Its cost stands, and nothing in Jira owes it."""
    stands = tuple(entry.share for entry in standing if is_settled(entry.state))
    owed = [leg_of(entry.share) for entry in counted] + [leg_of(share, -1) for share in stands]
    under_way = [leg_of(entry.share) for entry in counted if is_in_flight(entry.state)]
    found = _differences(
        Discrepancy.INVISIBLE,
        f"worklog {worklog_id}",
        (),
        stands,
        since,
        books,
        "Jira does not show it any more, its deletion feed does not name it, and its cost stands",
    )
    return Owing(tuple(owed), tuple(under_way), tuple(found))


def _of_nobody(worklog_id: str, recorded: Sequence[Recorded], books: Books) -> Owing:
    counted = [entry for entry in recorded if entry.state not in DROPPED]
    since = max((entry.share.posting_date for entry in counted), default=books.today)
    return _invisible(worklog_id, counted, outstanding(counted), since, books)


@dataclass(frozen=True, slots=True)
class _About:
    """One worklog, and since when it is as it is."""

    item: LoggedWork
    since: date
    books: Books

    @property
    def subject(self) -> str:
        """What its differences are about."""
        return f"worklog {self.item.worklog.id}"

    def differences(
        self, kind: Discrepancy | None, plus: Sequence[Share], minus: Sequence[Share], what: str
    ) -> Iterator[Difference]:
        """What some shares hold more than others, as differences of this worklog."""
        return _differences(kind, self.subject, plus, minus, self.since, self.books, what)

    def miscounted(self, standing: Sequence[Recorded]) -> tuple[list[Leg], list[Difference]]:
        """Where our books stand by what the worklog says, and yet not by as many hours as were logged."""
        worklog, stands = self.item.worklog, tuple(entry.share for entry in standing)
        over = sum(share.seconds - share.rounded for share in stands) - worklog.seconds
        if not standing or not over:
            return [], []
        plus: tuple[Share, ...] = ()
        minus = _excess(standing)
        if sum(share.seconds - share.rounded for share in minus) != over:
            plus, minus = self._price() or (), stands
        what = "our ledger charges other hours than are logged"
        return [leg_of(share) for share in plus] + [leg_of(share, -1) for share in minus], [
            *self.differences(None, plus, minus, what)
        ]

    def rounded_away(self, owed: Iterable[Leg]) -> list[Leg]:
        """Hours of which rounding leaves nothing: they cost nothing, and are stated."""
        item, policy = self.item, self.books.policy
        order, hours = self.books.orders.get(item.order), self.books.hours.get(item.worklog.id)
        if item.fate is not Fate.LIVE or item.withdrawn or order is None or not counts(item.worklog, policy):
            return []
        if policy.owes_nothing(order):
            return []
        short = item.worklog.seconds - sum(leg.seconds - leg.rounded for leg in owed)
        if hours is None or hours.seconds or short <= 0:
            return []
        return [Leg(order.entity, order.currency, period_of(work_date(item.worklog, policy.zone)), 0, rounded=-short)]

    def held(self, finding: Finding, standing: Sequence[Share]) -> tuple[list[Leg], list[Difference]]:
        """What a finding keeps from being booked: the price of what is logged, less what stands."""
        kind = Discrepancy.HELD
        if finding.code == "closed_period" and standing:
            kind = Discrepancy.CHANGED_AFTER_CLOSE
        wanted = self._price()
        if wanted is None:
            return self._unpriced(kind, finding, standing)
        remedy, owner = finding.remedy, finding.owner
        if finding.code == "posting_under_way":
            # Nothing of it is under way any more, or it would wait: it vanished from the ledger.
            remedy, owner = REMEDIES[Discrepancy.VANISHED]
        found = [
            replace(item, remedy=remedy, owner=owner)
            for item in self.differences(kind, wanted, standing, finding.message.rstrip("."))
        ]
        return [leg_of(share) for share in wanted] + [leg_of(share, -1) for share in standing], found

    def _price(self) -> tuple[Share, ...] | None:
        return price_of(self.item, self.books)

    def _unpriced(
        self, kind: Discrepancy, finding: Finding, standing: Sequence[Share]
    ) -> tuple[list[Leg], list[Difference]]:
        """Hours that nothing prices: they count as hours, and what stands for them stands."""
        worklog, policy = self.item.worklog, self.books.policy
        order = self.books.orders.get(self.item.order)
        seconds = worklog.seconds - sum(share.seconds for share in standing)
        rounded = -sum(share.rounded for share in standing)
        day = work_date(worklog, policy.zone)
        entity = order.entity if order is not None else self.item.order.partition("/")[0]
        currency = order.currency if order is not None else NO_CURRENCY
        codings = {part.coding for line in order.lines for part in line.distributions} if order is not None else set()
        coding = codings.pop() if len(codings) == 1 else Coding(entity, "")
        leg = Leg(entity, currency, period_of(day), 0, seconds, rounded=rounded)
        found = Difference(
            type=kind,
            subject=self.subject,
            entity=entity,
            account=coding.account,
            cost_center=coding.cost_center,
            project=coding.project,
            period=leg.period,
            amount=Money(0, currency),
            seconds=seconds,
            since=self.since,
            age=max((self.books.today - self.since).days, 0),
            message=finding.message,
            remedy=finding.remedy,
            owner=finding.owner,
            legs=(leg,),
            priced=False,
        )
        return [leg], [found]


def _differences(
    kind: Discrepancy | None,
    subject: str,
    plus: Iterable[Share],
    minus: Iterable[Share],
    since: date,
    books: Books,
    what: str,
) -> Iterator[Difference]:
    """One difference for each coding and posting date that does not net to nothing; typed by its sign where not given.

    Where everything nets to nothing, what is lacking is the record of a change: one difference of no amount.
    """
    groups: dict[tuple[Coding, date, str], list[int]] = {}
    for sign, shares in ((1, plus), (-1, minus)):
        for share in shares:
            sums = groups.setdefault((share.coding, share.posting_date, share.amount.currency), [0, 0])
            sums[0] += sign * share.amount.minor
            sums[1] += sign * share.seconds
    kept = {key: sums for key, sums in groups.items() if any(sums)} or dict(list(groups.items())[:1])
    for (coding, day, currency), (minor, seconds) in kept.items():
        less = minor < 0 or (minor == 0 and seconds <= 0)
        chosen = kind or (Discrepancy.MISSING_REVERSAL if less else Discrepancy.MISSING_POSTING)
        remedy, owner = REMEDIES[chosen]
        leg = Leg(coding.entity, currency, period_of(day), minor, seconds)
        yield Difference(
            type=chosen,
            subject=subject,
            entity=coding.entity,
            account=coding.account,
            cost_center=coding.cost_center,
            project=coding.project,
            period=leg.period,
            amount=Money(minor, currency),
            seconds=seconds,
            since=since,
            age=max((books.today - since).days, 0),
            message=f"{hours_text(seconds)} h: {what}." if kind is None else f"{what}.",
            remedy=remedy,
            owner=owner,
            legs=(leg,),
        )
