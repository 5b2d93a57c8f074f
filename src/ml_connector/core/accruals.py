"""Accruals: hours that are not posted yet when finance closes a period, and their return in the next one.

An accrual is posted on the last day of its period and returns on the first open day after it, by itself. Where the
hours are posted into that period or an earlier one after all, the period would carry them twice: the accrual is then
taken back, with its return. An accrual is money alone: hours count when they are posted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from ml_connector.core.corrections import Books, Delta, Fate, Lacking, LoggedWork, content, costs_of, judged
from ml_connector.core.journal import fingerprint
from ml_connector.core.labor import cost, counts, work_date
from ml_connector.core.ledger import ACCRUALS, DROPPED, IN_LEDGER, Entry, Recorded, Share, outstanding
from ml_connector.core.periods import PeriodPolicy
from ml_connector.core.records import Finding
from ml_connector.core.rules import Used

Judge = Callable[[LoggedWork, Books], tuple[Share, ...] | Finding]


def accruing(work: Iterable[LoggedWork], books: Books, ends: Mapping[str, date]) -> Lacking:
    """What a period still lacks of accruals: all hours up to its end that are not posted, at today's rates.

    `ends` is the last day of the period for each entity that is to be closed. An accrual that no longer fits what is
    logged is replaced.
    """
    return _each(work, books, lambda item, books: _accrual(item, books, ends))


def taking_back(work: Iterable[LoggedWork], missing: Lacking, books: Books) -> Lacking:
    """The accruals whose hours our books charge, or are about to charge, to the accrued period or an earlier one."""
    proposed = {delta.worklog_id: delta.shares for delta in missing.deltas}
    return _each(work, books, lambda item, books: _taken_back(item, proposed.get(item.worklog.id, ()), books))


def returning(work: Iterable[LoggedWork], books: Books) -> Lacking:
    """The accruals whose period is over: each returns on the first open day after it, once that day has come.

    That its hours are proposed for posting stops no return: nobody knows when they are approved.
    """
    return _each(work, books, _return)


def accrued(work: Iterable[LoggedWork], recorded: Mapping[str, Sequence[Recorded]]) -> tuple[LoggedWork, ...]:
    """The hours that were ever accrued."""
    return tuple(
        item for item in work if any(entry.share.entry in ACCRUALS for entry in recorded.get(item.worklog.id, ()))
    )


def is_waiting(recorded: Iterable[Recorded]) -> bool:
    """Whether an accrual has not returned yet."""
    return any(True for _ in _unreturned(tuple(recorded)))


def _each(work: Iterable[LoggedWork], books: Books, judge: Judge) -> Lacking:
    deltas: list[Delta] = []
    findings: list[Finding] = []
    for item in sorted(work, key=lambda item: (item.worklog.started, item.worklog.id)):
        shares = judge(item, books)
        if isinstance(shares, Finding):
            findings.append(shares)
        elif shares:
            deltas.append(Delta(item.worklog.id, shares, fingerprint([content(share) for share in shares])))
    return Lacking(tuple(deltas), tuple(findings))


def _accrual(item: LoggedWork, books: Books, ends: Mapping[str, date]) -> tuple[Share, ...] | Finding:
    recorded = books.recorded.get(item.worklog.id, ())
    wanted = _unposted(item, books, ends)
    if isinstance(wanted, Finding):
        return wanted
    standing = [
        entry for entry in _carried(recorded) if entry.share.posting_date == ends.get(entry.share.coding.entity)
    ]
    if costs_of(entry.share for entry in standing) == costs_of(wanted):
        return ()
    back = _corrections(item, [*standing, *_returns_of(standing, recorded)], books)
    return back if isinstance(back, Finding) else (*back, *wanted)


def _unposted(item: LoggedWork, books: Books, ends: Mapping[str, date]) -> tuple[Share, ...] | Finding:
    """What the hours would cost in the period, nothing where our books hold them already or nobody owes them."""
    worklog, policy = item.worklog, books.policy
    order = books.orders.get(item.order)
    if order is None or order.entity not in ends or outstanding(books.recorded.get(worklog.id, ())):
        return ()
    day = work_date(worklog, policy.zone)
    doubtful = item.withdrawn or item.refused or (worklog.author, day) in books.overfull
    if (
        item.fate is not Fate.LIVE
        or doubtful
        or not counts(worklog, policy)
        or day > min(ends[order.entity], books.today)
    ):
        return ()
    unbarred = replace(policy, periods=PeriodPolicy())
    shares = cost(worklog, order, unbarred, item.line, at=books.today, hours=books.hours.get(worklog.id))
    if isinstance(shares, Finding):
        return shares
    if judged(item, order, shares, books, books.used.get(order.key, Used())).rejected:
        return ()  # nobody will ever owe them
    end = ends[order.entity]
    return tuple(
        replace(share, entry=Entry.ACCRUAL, posting_date=end, seconds=0, rounded=0)
        for share in shares
        if share.amount.minor
    )


def _taken_back(item: LoggedWork, proposed: Sequence[Share], books: Books) -> tuple[Share, ...] | Finding:
    recorded = books.recorded.get(item.worklog.id, ())
    carried = tuple(_carried(recorded))
    if not carried or item.refused:
        return ()
    reversed_now = {share.reverses for share in proposed}
    charged = [share for share in proposed if share.entry is not Entry.REVERSAL]
    charged += [entry.share for entry in outstanding(recorded) if entry.address not in reversed_now]
    first = min((share.posting_date for share in charged), default=None)
    doubled = [entry for entry in carried if first is not None and entry.share.posting_date >= first]
    return _corrections(item, [*doubled, *_returns_of(doubled, recorded)], books)


def _return(item: LoggedWork, books: Books) -> tuple[Share, ...]:
    shares: list[Share] = []
    for entry in _unreturned(books.recorded.get(item.worklog.id, ())):
        share = entry.share
        after = books.policy.periods.next_open(share.coding.entity, share.posting_date + timedelta(days=1))
        if entry.state in IN_LEDGER and after is not None and after <= books.today:
            shares.append(replace(share.reversed(entry.reference, entry.sequence, after), entry=Entry.ACCRUAL_RETURN))
    return tuple(shares)


def _corrections(item: LoggedWork, entries: Sequence[Recorded], books: Books) -> tuple[Share, ...] | Finding:
    """Counter-entries on the days of what they take back."""
    shares: list[Share] = []
    for entry in entries:
        day = books.policy.periods.posting_date(entry.share.coding.entity, entry.share.posting_date)
        if entry.state not in IN_LEDGER or day is None:
            why = "its period is closed" if day is None else "that posting is not certain yet"
            return Finding(
                "accrual_stands",
                f"worklog {item.worklog.id}",
                f"Accrual {entry.address} should be taken back, because it no longer fits what is posted: {why}.",
                "Reopen the period, or leave it: the accrual returns in the next period by itself.",
                owner="finance analyst",
            )
        counter = entry.share.reversed(entry.reference, entry.sequence, day)
        shares.append(replace(counter, entry=Entry.ACCRUAL_CORRECTION))
    return tuple(shares)


Mark = tuple[object, ...]


def _mark(address: str, share: Share) -> Mark:
    """Two shares of one worklog can share a line only as different parts of its cost."""
    return address, share.part


def _named(recorded: Iterable[Recorded], entry: Entry) -> set[Mark]:
    """What entries of that kind take back."""
    return {
        _mark(item.share.reverses, item.share)
        for item in recorded
        if item.share.entry is entry and item.state not in DROPPED
    }


def _carried(recorded: Sequence[Recorded]) -> Iterator[Recorded]:
    """The accruals that nothing took back, whether or not they have returned."""
    corrected = _named(recorded, Entry.ACCRUAL_CORRECTION)
    for item in recorded:
        live = item.share.entry is Entry.ACCRUAL and item.state not in DROPPED
        if live and _mark(item.address, item.share) not in corrected:
            yield item


def _unreturned(recorded: Sequence[Recorded]) -> Iterator[Recorded]:
    returned = _named(recorded, Entry.ACCRUAL_RETURN)
    return (item for item in _carried(recorded) if _mark(item.address, item.share) not in returned)


def _returns_of(accruals: Sequence[Recorded], recorded: Sequence[Recorded]) -> Iterator[Recorded]:
    wanted = {_mark(entry.address, entry.share) for entry in accruals}
    for item in recorded:
        live = item.share.entry is Entry.ACCRUAL_RETURN and item.state not in DROPPED
        if live and _mark(item.share.reverses, item.share) in wanted:
            yield item
