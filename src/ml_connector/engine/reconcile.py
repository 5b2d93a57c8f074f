"""Gathering the three books for a tie-out: hours from Jira, postings from our store, lines from the general ledger.

Reads only; what it finds is kept as findings, and nothing is mended by it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import Connection as Transaction

from ml_connector.core.budget import labor_used
from ml_connector.core.corrections import Books, Fate, LoggedWork
from ml_connector.core.hours import measured
from ml_connector.core.journal import Presence, presence
from ml_connector.core.labor import facts_of, overfull_days
from ml_connector.core.ledger import DROPPED, Posting
from ml_connector.core.owing import JiraBook, ShareMark, owing
from ml_connector.core.readback import compare_gl
from ml_connector.core.reconcile import (
    GlBook,
    Reconciliation,
    books_of,
    findings_of,
    is_settled,
    tie_out,
)
from ml_connector.core.records import Issue, Kind, PurchaseOrder, Worklog
from ml_connector.engine.lane import Lane
from ml_connector.engine.poll import FIRST_FEED_SPAN, all_changes, order_key
from ml_connector.engine.world import NOT_BY_HAND, erp_facts, labor_of, load_records
from ml_connector.errors import Rejected
from ml_connector.store import (
    attestations,
    bindings,
    hand_postings,
    holds,
    lineage,
    plans,
    postings,
    releases,
    withdrawals,
    worklogs,
)
from ml_connector.store import findings as finding_store
from ml_connector.store.database import chunks
from ml_connector.store.worklogs import Held

SCOPE = "reconcile"
"""The scope under which the findings of the last reconciliation are kept."""
SPENT = "timespent"
"""Jira's own sum of the seconds on an issue: where it differs from what we read, the issue is read entry by entry."""


def reconcile(lane: Lane, period: str = "") -> Reconciliation:
    """Read the three books and tie them out: one posting period, or all of them where none is named."""
    lane.say("reading our own ledger")
    with lane.database.read() as tx:
        booked = postings.everything(tx, lane.name)
        labor = labor_of(tx, lane.name)
        proposed = _proposed(tx, lane.name)
    recorded = books_of(booked)
    lane.say("reading the hours back from Jira")
    hours = _read_hours(lane, recorded.keys())
    lane.say("reading the ledger back from CloudSuite")
    gl = _read_gl(lane, booked)
    with lane.database.read() as tx:
        work, orders = _bound_work(tx, lane, hours)
    now, policy = lane.clock.now(), erp_facts(lane)
    live = [item.worklog for item in work if item.fate is Fate.LIVE]
    books = Books(
        orders=orders,
        recorded=recorded,
        policy=policy,
        today=now.astimezone(policy.zone).date(),
        overfull=overfull_days(live, policy.zone, policy.hours_per_day_max),
        used=labor_used(orders, labor),
        hours=measured(live, policy.time, policy.zone),
    )
    found = tie_out(
        lane.name,
        now,
        booked,
        owing(JiraBook(work, hours.deleted), books, proposed),
        compare_gl(booked, gl, policy.clearing, books.today, policy.digits, credited=policy.burden_clearing.values()),
        period=period,
        unread=gl.unread,
    )
    _keep(lane, found)
    return found


def _keep(lane: Lane, found: Reconciliation) -> None:
    """What a tie-out of all periods found stands until the next one; one of a single period proves nothing gone."""
    findings = findings_of(found)
    looked_at = {finding.subject for finding in findings} if found.period else None
    with lane.database.begin() as tx:
        lane.guard(tx)
        finding_store.record(tx, lane.name, SCOPE, findings, lane.clock.now(), looked_at)


@dataclass(frozen=True, slots=True)
class _Hours:
    """Worklogs as Jira shows them now, as we knew them where it shows them no more, and when which were deleted."""

    shown: Mapping[str, Worklog]
    known: Mapping[str, Held]
    deleted: Mapping[str, datetime]

    def fates(self) -> Iterator[tuple[Worklog, Fate]]:
        """Every worklog with what became of it."""
        for worklog in self.shown.values():
            yield worklog, Fate.LIVE
        for worklog_id, held in self.known.items():
            if worklog_id not in self.shown:
                gone = worklog_id in self.deleted or held.state == worklogs.DELETED
                yield held.worklog, Fate.DELETED if gone else Fate.INVISIBLE


def _read_hours(lane: Lane, charged: Collection[str]) -> _Hours:
    """Every entry that we know, that the feeds name or that is charged, by id; then the issues whose sum differs."""
    start = lane.policy.cost.post_from or lane.clock.now().date()
    since = datetime.combine(start, time(), UTC) - FIRST_FEED_SPAN
    with lane.database.read() as tx:
        known = {held.worklog.id: held for held in worklogs.everything(tx, lane.name)}
        of_orders = {item.issue_id for item in bindings.all_bound(tx, lane.name) if item.order}
        issue_ids = sorted(of_orders | lineage.heirs(tx, lane.name, of_orders))
    named = {change.worklog_id for change in all_changes(lane.jira.updated_worklogs, since)}
    deleted = {change.worklog_id: change.at for change in all_changes(lane.jira.deleted_worklogs, since)}
    shown: dict[str, Worklog] = {}
    for part in chunks(sorted(named | known.keys() | set(charged))):
        shown |= {worklog.id: worklog for worklog in lane.jira.worklogs(part)}
    for issue_id in _miscounted(lane, issue_ids, shown.values()):
        shown |= {worklog.id: worklog for worklog in _of_issue(lane, issue_id)}
    shown |= {each: worklogs.named(shown[each], known[each].worklog) for each in shown.keys() & known.keys()}
    return _Hours(shown, known, deleted)


def _miscounted(lane: Lane, issue_ids: list[str], shown: Iterable[Worklog]) -> list[str]:
    """The issues on which Jira counts other seconds than we have read: some entry there was never named to us."""
    seconds: dict[str, int] = {}
    for worklog in shown:
        seconds[worklog.issue_id] = seconds.get(worklog.issue_id, 0) + worklog.seconds
    return [issue.id for issue in lane.jira.issues(issue_ids, (SPENT,)) if _spent(issue) != seconds.get(issue.id, 0)]


def _spent(issue: Issue) -> int:
    spent = issue.fields.get(SPENT)
    return spent if isinstance(spent, int) else 0


def _of_issue(lane: Lane, issue_id: str) -> tuple[Worklog, ...]:
    try:
        return tuple(lane.jira.issue_worklogs(issue_id))
    except Rejected:
        return ()  # gone since it was listed: its entries count as what reading them by id said


def _bound_work(tx: Transaction, lane: Lane, hours: _Hours) -> tuple[tuple[LoggedWork, ...], dict[str, PurchaseOrder]]:
    """The worklogs with the orders that their issues stand for, and those orders."""
    found = list(hours.fates())
    standing = lineage.standing(tx, lane.name, {worklog.issue_id for worklog, _ in found})
    issues = {issue_id: each.binding for issue_id, each in standing.items() if each.binding.order}
    ids = [worklog.id for worklog, _ in found]
    refused = holds.held(tx, lane.name, ids)
    withdrawn = {item.worklog_id for item in withdrawals.of_worklogs(tx, lane.name, ids)}
    attested = attestations.of_worklogs(tx, lane.name, ids)
    released = releases.of_worklogs(tx, lane.name, ids)
    by_hand = hand_postings.of_worklogs(tx, lane.name, ids)
    work: list[LoggedWork] = []
    for worklog, fate in found:
        binding = issues.get(worklog.issue_id)
        order, line, place = (binding.order, binding.line, binding.erp_key) if binding else ("", "", "")
        facts = facts_of(worklog, place, lane.policy.cost.zone)
        hold = refused.get(worklog.id)
        posted = by_hand.get(worklog.id, NOT_BY_HAND)
        work.append(
            LoggedWork(
                worklog,
                fate,
                order,
                hold.refused(facts) if hold is not None else "",
                withdrawn=worklog.id in withdrawn or bool(posted.reference),
                attested=not lane.policy.attestation or (worklog.id, facts) in attested,
                line=line,
                released=released.get((worklog.id, facts), frozenset()),
                by_hand=posted.reference,
                by_hand_facts=posted.facts,
                irreversible=hold.irreversible if hold is not None else "",
            )
        )
    keys = {order_key(Kind.PURCHASE_ORDER, item.order) for item in work if item.order}
    return tuple(work), load_records(tx, lane, keys).orders


def _read_gl(lane: Lane, booked: list[Posting]) -> GlBook:
    """One search under our prefix; whatever does not show there as it was released is looked up by its reference.

    Without the search every posting is looked up, and lines that nobody posted cannot be found.
    """
    prefix = f"{lane.policy.grouping.prefix}-"
    extract = lane.erp.ledger_under(prefix)
    with lane.database.read() as tx:
        others = postings.of_others(tx, lane.name, extract.lines.keys() | extract.unread)
    lines = {reference: found for reference, found in extract.lines.items() if reference not in others}
    ours = {posting.reference for posting in booked}
    unread = set(extract.unread - others - ours)
    for posting in booked:
        found = lines.get(posting.reference, ())
        seen = presence(posting.journal.lines, found, conclusive=posting.reference not in extract.unread)
        if posting.state in DROPPED or (is_settled(posting.state) and seen is Presence.COMPLETE):
            continue
        sighting = lane.erp.sight(posting.reference)
        lines[posting.reference] = sighting.entries(finance_posts=lane.erp.capabilities.finance_posts)
        if not sighting.conclusive:
            unread.add(posting.reference)
    if not extract.searched:
        unread.add(f"{prefix}*")
    return GlBook(lines, tuple(sorted(unread)))


def _proposed(tx: Transaction, connection: str) -> frozenset[ShareMark]:
    """The shares of proposals that wait for approval or for being written."""
    kept = [plan for state in (plans.PROPOSED, plans.APPROVED) for plan in plans.by_state(tx, connection, state)]
    return frozenset(
        (
            share["worklog"], share["order"], share["order_line"], share["entry"], share["seconds"], share["amount"],
            journal["currency"], share["work_date"], line["posting_date"], line["entity"], line["account"],
            line["cost_center"], line["project"], share["reverses"], share.get("burden", ""),
        )
        for plan in kept
        for journal in plan.document["operations"]
        if journal["operation"] == "post_journal"
        for line in journal["lines"]
        for share in line["shares"]
    )  # fmt: skip
