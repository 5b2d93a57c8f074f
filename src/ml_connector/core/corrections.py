"""What our books still lack for a worklog: its cost, or a reversal and a replacement of what stands.

A posted share is never changed. It is reversed when the worklog's own facts change (hours, day, author, order) or when
Jira says that the worklog was deleted, and for no other reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from ml_connector.core.dimensions import UNTOLD
from ml_connector.core.hours import Hours
from ml_connector.core.journal import fingerprint
from ml_connector.core.labor import CostPolicy, cost, counts, facts_of, hold, work_date
from ml_connector.core.ledger import CHARGES, DROPPED, IN_LEDGER, Basis, Entry, Recorded, Share, outstanding
from ml_connector.core.money import Money
from ml_connector.core.periods import PeriodPolicy
from ml_connector.core.records import Finding, PurchaseOrder, Worklog, key_of_line
from ml_connector.core.rules import NOTHING_SAID, Case, Used, Verdict, verdict


class Fate(StrEnum):
    """What we know of a worklog's existence. Only `deleted` ever reverses cost; `invisible` is held."""

    LIVE = "live"
    DELETED = "deleted"
    INVISIBLE = "invisible"


@dataclass(frozen=True, slots=True)
class LoggedWork:
    """A worklog, what became of it, and the order that its issue is bound to (empty where none claims it).

    `refused` is the ERP's own text where it refused this very content before, `irreversible` where it refused to
    reverse what stands; empty otherwise. `withdrawn`: a person
    has taken its cost out of the ledger, and not given it back. `recost`: its posted cost is held against what it would
    be by today's rates, mapping and coding, which happens for a proposal only. `attested`: nobody has to attest these
    hours any more before they are posted. `line` is the order's line that the issue stands for, where it is one.
    `released` are the rules that a person let this very entry pass. `by_hand` is finance's own reference where finance
    had posted it before go-live, `by_hand_facts` what it said then: it is never posted by us.
    """

    worklog: Worklog
    fate: Fate
    order: str
    refused: str = ""
    withdrawn: bool = False
    recost: bool = False
    attested: bool = True
    line: str = ""
    released: frozenset[str] = frozenset()
    by_hand: str = ""
    by_hand_facts: str = ""
    irreversible: str = ""

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
    """All deltas of a set of worklogs, and the findings that held the others.

    `held` names the finding that keeps a worklog, or a part of it, by worklog; `warnings` keep nothing. `routed` are
    worklogs of the deltas that a person has to approve.
    """

    deltas: tuple[Delta, ...] = ()
    findings: tuple[Finding, ...] = ()
    held: Mapping[str, Finding] = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()
    routed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The shares that a worklog should have, or why it has none, and what the rules say of it."""

    shares: tuple[Share, ...] = ()
    finding: Finding | None = None
    verdict: Verdict = NOTHING_SAID


@dataclass(frozen=True, slots=True)
class Books:
    """What costing reads besides the worklogs themselves.

    `overfull` names the days on which a person logged more than a day holds, over all orders of the connection. `used`
    is the labor that each order carries already. `hours` is what each entry comes to among those of its author.
    """

    orders: Mapping[str, PurchaseOrder]
    recorded: Mapping[str, Sequence[Recorded]]
    policy: CostPolicy
    today: date
    overfull: frozenset[tuple[str, date]] = frozenset()
    used: Mapping[str, Used] = field(default_factory=dict)
    hours: Mapping[str, Hours] = field(default_factory=dict)

    def known_at(self, worklog_id: str) -> date:
        """Hours that are corrected cost what was known when they were costed first; all others what is known today.

        So a rate that was corrected since comes in with no edit, however many there are: that is `recost`'s, and a
        person's. What a person accepted so is costed by what was known then.
        """
        recorded = self.recorded.get(worklog_id, ())
        since = _costed(recorded) if outstanding(recorded) else None
        return self.today if since is None else min(since.astimezone(self.policy.zone).date(), self.today)


def _costed(recorded: Iterable[Recorded]) -> datetime | None:
    """When the cost that stands was computed from nothing: at first, or anew though none of the facts had changed."""
    since: datetime | None = None
    last = "", since
    for entry in recorded:
        if entry.state in DROPPED or entry.share.entry not in CHARGES:
            continue
        facts = entry.share.basis.facts
        recosted = last[0] == facts and last[1] != entry.since
        if entry.share.entry is Entry.ORIGINAL or recosted:
            since = entry.since
        last = facts, entry.since
    return since


def lacking(work: Iterable[LoggedWork], books: Books) -> Lacking:
    """Hold every worklog against our books, in the order of work. One bad worklog never stops another."""
    deltas: list[Delta] = []
    held: dict[str, Finding] = {}
    warnings: dict[tuple[str, str], Finding] = {}
    routed: set[str] = set()
    used = dict(books.used)
    for item in sorted(work, key=lambda item: (item.worklog.started, item.worklog.id)):
        delta, finding, said = _finances(item, books) if _is_finances(item, books) else _judge(item, books, used)
        if finding is not None:
            held[item.worklog.id] = _with_amount(finding, item, books)
        if delta is None:
            continue
        deltas.append(delta)
        for share in delta.shares:
            used[share.order] = used.get(share.order, Used()).plus((share,))
        for warning in said.warnings:
            _add(warnings, warning)
        if said.routed:
            routed.add(item.worklog.id)
    findings: dict[tuple[str, str], Finding] = {}
    for finding in held.values():
        _add(findings, finding)
    return Lacking(tuple(deltas), tuple(findings.values()), held, tuple(warnings.values()), frozenset(routed))


def price_of(item: LoggedWork, books: Books) -> tuple[Share, ...] | None:
    """What hours cost if nothing held them: nothing where they are not ours, None where no rate or coding tells."""
    worklog, policy = item.worklog, books.policy
    if item.fate is not Fate.LIVE or not item.order or not counts(worklog, policy):
        return ()
    order = books.orders.get(item.order)
    if order is None:
        return None
    unbarred = replace(policy, periods=PeriodPolicy(), accounts=None, cost_centers=None, dimensions=UNTOLD)
    at = books.known_at(worklog.id)
    found = cost(worklog, order, unbarred, item.line, at=at, hours=books.hours.get(worklog.id))
    return None if isinstance(found, Finding) else found


def _with_amount(finding: Finding, item: LoggedWork, books: Books) -> Finding:
    """A finding that holds hours, with the money that waits because of it, where rate and coding tell."""
    shares = price_of(item, books) if finding.amount is None else None
    if not shares:
        return finding
    amount = Money(sum(share.amount.minor for share in shares), shares[0].amount.currency)
    return replace(finding, amount=amount)


def _add(found: dict[tuple[str, str], Finding], finding: Finding) -> None:
    """Keep a finding; one about an order, said of several entries, is one with the money of all of them."""
    key = finding.code, finding.subject
    before = found.get(key)
    if before is not None and before.amount is not None and finding.amount is not None:
        finding = replace(finding, amount=before.amount + finding.amount)
    found[key] = finding


def _judge(item: LoggedWork, books: Books, used: Mapping[str, Used]) -> tuple[Delta | None, Finding | None, Verdict]:
    """What our books lack for a worklog, what keeps it, or a part of it, from being booked, and what the rules say."""
    nothing = NOTHING_SAID
    standing = outstanding(books.recorded.get(item.worklog.id, ()))
    facts = facts_of(item.worklog, item.place, books.policy.zone)
    unchanged = item.fate is Fate.LIVE and not item.withdrawn and not item.recost
    if unchanged and standing and {entry.share.basis.facts for entry in standing} == {facts}:
        return None, None, nothing
    if item.fate is Fate.INVISIBLE and not item.withdrawn:
        return None, _invisible(item) if standing else None, nothing
    found = _wanted(item, books, standing, used)
    finding = found.finding
    if finding is not None and not _moved(item, standing):
        return None, finding, nothing
    # The old order of a moved entry must not carry it any longer, whether or not the new one can.
    wanted = found.shares
    as_it_was = item.recost and costs_of(entry.share for entry in standing) == costs_of(wanted)
    if as_it_was or not (standing or wanted):
        return None, finding, nothing
    kept = _kept(item, standing)
    if kept is not None:
        return None, kept, nothing
    correction = _correction(item, standing, wanted, facts, books)
    return (None, correction, nothing) if isinstance(correction, Finding) else (correction, finding, found.verdict)


def costs_of(shares: Iterable[Share]) -> Counter[tuple[object, ...]]:
    """What shares come to: how many seconds and how much money stand on which coding of which order."""
    return Counter((share.order, share.order_line, share.part, share.seconds, share.amount) for share in shares)


def _moved(item: LoggedWork, standing: Sequence[Recorded]) -> bool:
    ours = {item.line} if item.line else {entry.share.order_line for entry in standing}
    return any(entry.share.order != item.order or entry.share.order_line not in ours for entry in standing)


def _wanted(item: LoggedWork, books: Books, standing: Sequence[Recorded], used: Mapping[str, Used]) -> _Wanted:
    worklog, policy = item.worklog, books.policy
    if item.withdrawn or item.fate is not Fate.LIVE or not item.order or not counts(worklog, policy):
        return _Wanted()
    waits = _waits(item, work_date(worklog, policy.zone), books)
    if waits is not None:
        return _Wanted(finding=waits)
    order = books.orders.get(item.order)
    if order is None:
        unreadable = hold(
            "unreadable_order",
            worklog,
            f"purchase order {item.order} cannot be read from CloudSuite",
            "See the finding about the order.",
            "finance analyst",
        )
        return _Wanted(finding=unreadable)
    at = books.today if item.recost else books.known_at(worklog.id)
    shares = cost(worklog, order, policy, item.line, at=at, hours=books.hours.get(worklog.id))
    if isinstance(shares, Finding):
        return _Wanted(finding=shares)
    if item.recost:  # the rules let these hours pass when they were posted
        return _Wanted(shares)
    mine = [entry.share for entry in standing if entry.share.order == order.key]
    said = judged(item, order, shares, books, used.get(order.key, Used()).less(mine))
    return _Wanted(() if said.held else shares, said.held, said)


def judged(item: LoggedWork, order: PurchaseOrder, shares: tuple[Share, ...], books: Books, used: Used) -> Verdict:
    """What the customer's rules say of an entry that would cost these shares."""
    policy = books.policy
    person = policy.people.get(item.worklog.author)
    case = Case(item.worklog, person, order, item.line, shares, used, policy.zone, policy.digits, books.today)
    return verdict(policy.judge, case, item.released)


def _waits(item: LoggedWork, day: date, books: Books) -> Finding | None:
    """What about the entry itself keeps it from being costed."""
    worklog = item.worklog
    if item.refused:
        return _refused(worklog, item.refused)
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


def _refused(worklog: Worklog, words: str) -> Finding:
    return hold(
        "refused_by_erp",
        worklog,
        f"CloudSuite refused its line: {words}",
        "Correct the cause, then release it with `ml-connector holds release`.",
        "finance analyst",
    )


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


def _is_finances(item: LoggedWork, books: Books) -> bool:
    """Whether finance had posted these hours itself, so that nothing of them is ours."""
    return bool(item.by_hand) and not outstanding(books.recorded.get(item.worklog.id, ()))


def _finances(item: LoggedWork, books: Books) -> tuple[None, Finding | None, Verdict]:
    """What became of hours that finance had posted: we cannot correct what we did not post, only tell."""
    as_posted = facts_of(item.worklog, item.place, books.policy.zone) == item.by_hand_facts
    if item.fate is Fate.INVISIBLE or (item.fate is Fate.LIVE and as_posted):
        return None, None, NOTHING_SAID
    what = "was deleted" if item.fate is Fate.DELETED else "changed"
    finding = hold(
        "changed_after_hand_posting",
        item.worklog,
        f"it {what} after finance posted it by hand under {item.by_hand}",
        "Have finance correct its own posting, then import the entry again with `ml-connector golive by-hand`.",
        "finance analyst",
    )
    return None, finding, NOTHING_SAID


def _kept(item: LoggedWork, standing: Sequence[Recorded]) -> Finding | None:
    """Why what stands cannot be reversed."""
    if item.irreversible and standing:
        return _refused(item.worklog, item.irreversible)
    unsettled = next((entry for entry in standing if entry.state not in IN_LEDGER), None)
    return None if unsettled is None else _unsettled(item, unsettled)


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
        *_exchange(basis), *_made_of(share),
    ]  # fmt: skip


def _exchange(basis: Basis) -> list[str]:
    """What converted a share; nothing where nothing did."""
    if basis.exchange_rate is None:
        return []
    return [basis.rate_currency, str(basis.exchange_rate), basis.exchange_source]


def _made_of(share: Share) -> list[object]:
    """Burden, premiums and rounding of time; nothing where there is none."""
    basis = share.basis
    premiums = [[part.name, part.seconds, str(part.factor)] for part in basis.premiums]
    burden = [share.burden, str(basis.percent)] if share.burden else []
    return [[burden, premiums, share.rounded]] if burden or premiums or share.rounded else []
