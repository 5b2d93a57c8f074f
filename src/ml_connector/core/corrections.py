"""What our books still lack for a worklog: its cost, or a reversal and a replacement of what stands.

A posted share is never changed. It is reversed when the worklog's own facts change (hours, day, author, order) or when
Jira says that the worklog was deleted, and for no other reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from ml_connector.core.journal import fingerprint
from ml_connector.core.labor import CostPolicy, cost, counts, facts_of, hold, work_date
from ml_connector.core.ledger import IN_LEDGER, Basis, Entry, Recorded, Share, outstanding
from ml_connector.core.records import Finding, PurchaseOrder, Worklog, key_of_line


class Fate(StrEnum):
    """What we know of a worklog's existence. Only `deleted` ever reverses cost; `invisible` is held."""

    LIVE = "live"
    DELETED = "deleted"
    INVISIBLE = "invisible"


@dataclass(frozen=True, slots=True)
class LoggedWork:
    """A worklog, what became of it, and the order that its issue is bound to (empty where none claims it).

    `refused` is the ERP's own text where it refused this very content before, empty otherwise. `withdrawn`: a person
    has taken its cost out of the ledger, and not given it back. `recost`: its posted cost is held against what it would
    be by today's rates, mapping and coding, which happens for a proposal only. `attested`: nobody has to attest these
    hours any more before they are posted. `line` is the order's line that the issue stands for, where it is one.
    """

    worklog: Worklog
    fate: Fate
    order: str
    refused: str = ""
    withdrawn: bool = False
    recost: bool = False
    attested: bool = True
    line: str = ""

    @property
    def place(self) -> str:
        """The order or the line that the hours are on."""
        return key_of_line(self.order, self.line) if self.line else self.order


@dataclass(frozen=True, slots=True)
class Delta:
    """The shares that our books lack for one worklog, and the fingerprint of what they were computed from."""

    worklog_id: str
    shares: tuple[Share, ...]
    inputs: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """All deltas of a set of worklogs, and the findings that held the others."""

    deltas: tuple[Delta, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Books:
    """What costing reads besides the worklogs themselves.

    `overfull` names the days on which a person logged more than a day holds, over all orders of the connection.
    """

    orders: Mapping[str, PurchaseOrder]
    recorded: Mapping[str, Sequence[Recorded]]
    policy: CostPolicy
    today: date
    overfull: frozenset[tuple[str, date]] = frozenset()


def lacking(work: Iterable[LoggedWork], books: Books) -> Lacking:
    """Hold every worklog against our books. One bad worklog never stops another."""
    deltas: list[Delta] = []
    findings: dict[tuple[str, str], Finding] = {}
    for item in sorted(work, key=lambda item: (item.worklog.started, item.worklog.id)):
        delta, finding = _judge(item, books)
        if finding is not None:
            findings[finding.code, finding.subject] = finding
        if delta is not None:
            deltas.append(delta)
    return Lacking(tuple(deltas), tuple(findings.values()))


def _judge(item: LoggedWork, books: Books) -> tuple[Delta | None, Finding | None]:
    """What our books lack for a worklog, and what keeps it, or a part of it, from being booked."""
    standing = outstanding(books.recorded.get(item.worklog.id, ()))
    facts = facts_of(item.worklog, item.place, books.policy.zone)
    unchanged = item.fate is Fate.LIVE and not item.withdrawn and not item.recost
    if unchanged and standing and {entry.share.basis.facts for entry in standing} == {facts}:
        return None, None
    if item.fate is Fate.INVISIBLE and not item.withdrawn:
        return None, _invisible(item) if standing else None
    found = _wanted(item, books)
    finding = found if isinstance(found, Finding) else None
    if finding is not None and not _moved(item, standing):
        return None, finding
    # The old order of a moved entry must not carry it any longer, whether or not the new one can.
    wanted = () if isinstance(found, Finding) else found
    as_it_was = item.recost and costs_of(entry.share for entry in standing) == costs_of(wanted)
    if as_it_was or not (standing or wanted):
        return None, finding
    unsettled = next((entry for entry in standing if entry.state not in IN_LEDGER), None)
    if unsettled is not None:
        return None, _unsettled(item, unsettled)
    correction = _correction(item, standing, wanted, facts, books)
    return (None, correction) if isinstance(correction, Finding) else (correction, finding)


def costs_of(shares: Iterable[Share]) -> Counter[tuple[object, ...]]:
    """What shares come to: how many seconds and how much money stand on which coding of which order."""
    return Counter(
        (share.order, share.order_line, share.distribution, share.coding, share.seconds, share.amount)
        for share in shares
    )


def _moved(item: LoggedWork, standing: Sequence[Recorded]) -> bool:
    ours = {item.line} if item.line else {entry.share.order_line for entry in standing}
    return any(entry.share.order != item.order or entry.share.order_line not in ours for entry in standing)


def _wanted(item: LoggedWork, books: Books) -> tuple[Share, ...] | Finding:
    worklog, policy = item.worklog, books.policy
    if item.withdrawn or item.fate is not Fate.LIVE or not item.order or not counts(worklog, policy):
        return ()
    waits = _waits(item, work_date(worklog, policy.zone), books)
    if waits is not None:
        return waits
    order = books.orders.get(item.order)
    if order is None:
        return hold(
            "unreadable_order",
            worklog,
            f"purchase order {item.order} cannot be read from CloudSuite",
            "See the finding about the order.",
            "finance analyst",
        )
    return cost(worklog, order, policy, item.line)


def _waits(item: LoggedWork, day: date, books: Books) -> Finding | None:
    """What about the entry itself keeps it from being costed."""
    worklog = item.worklog
    if item.refused:
        return hold(
            "refused_by_erp",
            worklog,
            f"CloudSuite refused its line: {item.refused}",
            "Correct the cause, then release it with `ml-connector holds release`.",
            "finance analyst",
        )
    if not item.attested:
        return hold(
            "not_attested",
            worklog,
            f"nobody has attested it on purchase order {item.order}",
            f"Have the project manager run `ml-connector attest {item.order} {day:%Y-%m} --as NAME`.",
        )
    if day > books.today:
        return hold(
            "future_work", worklog, f"its day {day} has not come yet", "Have the date corrected, or wait for the day."
        )
    if (worklog.author, day) in books.overfull:
        return hold(
            "overfull_day",
            worklog,
            f"its author logged more than {books.policy.hours_per_day_max} hours on {day}",
            "Have the hours of that day corrected in Jira.",
        )
    return None


def _correction(
    item: LoggedWork, standing: Sequence[Recorded], wanted: tuple[Share, ...], facts: str, books: Books
) -> Delta | Finding:
    """Reversals copy what they reverse; they are dated like it where that period is still open, else by policy."""
    reversals: list[Share] = []
    for entry in standing:
        dated = books.policy.periods.posting_date(entry.share.coding.entity, entry.share.posting_date)
        if dated is None:
            return hold(
                "closed_period",
                item.worklog,
                f"it changed after its period closed, and {entry.address} would be reversed",
                "Reopen the period, or set posting.closed_period to next_open in the connection.",
                "finance analyst",
            )
        reversals.append(entry.share.reversed(entry.reference, entry.sequence, dated))
    kind = Entry.REPLACEMENT if standing else Entry.ORIGINAL
    shares = (*reversals, *(share if share.entry is kind else replace(share, entry=kind) for share in wanted))
    return Delta(item.worklog.id, shares, fingerprint([facts, item.fate, [content(share) for share in shares]]))


def _invisible(item: LoggedWork) -> Finding:
    return hold(
        "invisible_worklog",
        item.worklog,
        "Jira does not show it any more, and its deletion feed does not name it; its cost stands",
        "Let the integration user see it again, or have it deleted properly.",
        "integration administrator",
    )


def _unsettled(item: LoggedWork, entry: Recorded) -> Finding:
    return hold(
        "posting_under_way",
        item.worklog,
        f"it changed while {entry.reference} is {entry.state.value.replace('_', ' ')}; nothing reverses what is not "
        "certain",
        "Nothing to do: it is corrected once that posting is certain.",
        "integration administrator",
    )


def content(share: Share) -> list[object]:
    """A share as canonical JSON values: what hashes are taken over."""
    coding, basis = share.coding, share.basis
    return [
        share.worklog_id, share.issue_id, share.order, share.order_line, share.distribution, share.entry,
        coding.entity, coding.account, coding.cost_center, coding.project, [list(pair) for pair in coding.dimensions],
        share.seconds, share.amount.minor, share.amount.currency,
        share.posting_date.isoformat(), share.work_date.isoformat(), share.reverses,
        basis.facts, basis.author, None if basis.rate is None else str(basis.rate), basis.rate_rule,
        basis.mapping_version, basis.rules_version,
        *_exchange(basis),
    ]  # fmt: skip


def _exchange(basis: Basis) -> list[str]:
    """What converted a share; nothing where nothing did."""
    if basis.exchange_rate is None:
        return []
    return [basis.rate_currency, str(basis.exchange_rate), basis.exchange_source]
