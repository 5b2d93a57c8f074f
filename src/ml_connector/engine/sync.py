"""The cycle of one connection: poll, plan, write what needs nobody's approval, propose what does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ml_connector.core.accruals import is_waiting
from ml_connector.core.ledger import OPEN, State
from ml_connector.core.plan import Operation, Plan, PostJournal, World
from ml_connector.core.records import Finding, Kind, Severity
from ml_connector.core.signing import ending
from ml_connector.engine.lane import Lane
from ml_connector.engine.planning import plan_keys
from ml_connector.engine.poll import order_key, poll
from ml_connector.engine.posting import advance, doubts
from ml_connector.engine.proposal import BY_ACCRUAL, BY_POLICY, apply, keep, passes_by_policy, write_issues
from ml_connector.engine.receive import Received, receive
from ml_connector.engine.search import unseen
from ml_connector.engine.subscription import watch
from ml_connector.errors import Drifted
from ml_connector.store import cursors, keys, plans, postings
from ml_connector.store import findings as finding_store

ROUNDS_MAX = 5
"""Create; write back what creating revealed; return accruals; see that nothing is left; and one to spare."""
CADENCE = "posting.cadence"
"""The cursor that remembers when the schedule last proposed."""
SCHEDULE = "schedule"
"""Who prepares the proposals of a cycle that nobody started by name."""


@dataclass(slots=True)
class Outcome:
    """What one cycle did, in numbers for people and machines."""

    written: dict[str, int] = field(default_factory=dict)
    proposal: str = ""
    postings: dict[str, State] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    received: Received = field(default_factory=Received)

    def count(self, operations: Iterable[Operation]) -> None:
        """Add operations to what was written, by name."""
        for operation in operations:
            name = type(operation).__name__
            self.written[name] = self.written.get(name, 0) + 1


def sync(lane: Lane, prepared_by: str = SCHEDULE) -> Outcome:
    """Run one cycle. The lane must have been entered."""
    outcome = Outcome()
    lane.say("reading CloudSuite and Jira")
    outcome.received = receive(lane)
    poll(lane)
    watch(lane)
    outcome.postings |= resume(lane)
    outcome.postings |= apply_approved(lane)
    _write_and_propose(lane, prepared_by, outcome)
    standing = (*doubts(lane), *unseen(lane), *_ending(lane))
    with lane.database.begin() as tx:
        finding_store.record(tx, lane.name, "run", standing, lane.clock.now())
    outcome.findings += standing
    return outcome


def _ending(lane: Lane) -> tuple[Finding, ...]:
    """Credentials that are about to end."""
    found = ending(lane.sign_in, lane.clock.now()) if lane.sign_in else None
    return (found,) if found else ()


def take_inbox(lane: Lane) -> Outcome:
    """The light run: look into what webhooks hinted at, cost it, and tell what is found. It writes, posts and proposes
    nothing, so that a thousand deliveries cost a few calls; the next cycle does. The lane must have been entered.
    """
    outcome = Outcome(received=receive(lane))
    if outcome.received.taken > outcome.received.dropped:
        with lane.database.read() as tx:
            waiting = keys.waiting(tx, lane.name)
        plan, _ = plan_keys(lane, waiting)
        outcome.findings = plan.findings
        with lane.database.begin() as tx:
            lane.guard(tx)
            finding_store.record(tx, lane.name, "sync", plan.findings, lane.clock.now(), looked_at=())
    return outcome


def _write_and_propose(lane: Lane, prepared_by: str, outcome: Outcome) -> None:
    """Plan what is queued and write what needs nobody, until nothing but proposals is left."""
    refusals: dict[str, Finding] = {}
    for _ in range(ROUNDS_MAX):
        with lane.database.read() as tx:
            waiting = keys.waiting(tx, lane.name)
        if not waiting:
            break
        plan, world = plan_keys(lane, waiting)
        work = [operation for operation in plan.operations if not _waits(operation, refusals)]
        if work:
            outcome.count(work)
            refusals |= {finding.subject: finding for finding in write_issues(lane, tuple(work))}
            continue
        if _return_accruals(lane, plan, outcome):
            continue
        _settle(lane, plan, world, waiting, refusals)
        outcome.findings = (*plan.findings, *refusals.values())
        _propose(lane, plan, prepared_by, outcome)
        break


def _waits(operation: Operation, refusals: dict[str, Finding]) -> bool:
    """Postings wait for approval; what was refused in this cycle waits for the next."""
    if isinstance(operation, PostJournal):
        return True
    return _subject(operation) in refusals


def _subject(operation: Operation) -> str:
    _, kind, erp_key = operation.key.split(" ", 2)
    return f"{kind.replace('_', ' ')} {erp_key}"


def resume(lane: Lane) -> dict[str, State]:
    """Take up every posting that still has a call to make."""
    with lane.database.read() as tx:
        waiting = postings.by_states(tx, lane.name, OPEN)
    return {reference: advance(lane, reference) for reference in waiting}


def apply_approved(lane: Lane) -> dict[str, State]:
    """Apply the plans that were approved since the last cycle. One that no longer holds is left as drifted."""
    with lane.database.read() as tx:
        approved = plans.by_state(tx, lane.name, plans.APPROVED)
    done: dict[str, State] = {}
    for kept in approved:
        done |= _apply(lane, kept.hash)
    return done


def _apply(lane: Lane, plan: str) -> dict[str, State]:
    try:
        return apply(lane, plan).postings
    except Drifted as error:
        lane.say(str(error))
        return {}


def _propose(lane: Lane, plan: Plan, prepared_by: str, outcome: Outcome) -> None:
    if not plan.postings or lane.policy.cost.post_from is None:
        return
    if prepared_by == SCHEDULE and not _due(lane):
        return
    proposal = plan.only(plan.postings)
    keep(lane, proposal, prepared_by)
    if prepared_by == SCHEDULE:
        _count_from_now(lane)
    outcome.proposal = proposal.hash
    if passes_by_policy(lane, proposal):
        with lane.database.begin() as tx:
            plans.approve(tx, proposal.hash, BY_POLICY, lane.clock.now())
        outcome.postings |= _apply(lane, proposal.hash)


def _return_accruals(lane: Lane, plan: Plan, outcome: Outcome) -> bool:
    """Accruals return by themselves: that was approved with them. Returns whether the world is another one now."""
    returning = plan.only(posting for posting in plan.postings if posting.returns_accruals)
    if not returning.postings or lane.policy.cost.post_from is None:
        return False
    keep(lane, returning, BY_ACCRUAL)
    with lane.database.begin() as tx:
        plans.approve(tx, returning.hash, BY_ACCRUAL, lane.clock.now())
    done = _apply(lane, returning.hash)
    outcome.postings |= done
    return bool(done)


def _due(lane: Lane) -> bool:
    """Whether the schedule may propose again."""
    with lane.database.read() as tx:
        last = cursors.read(tx, lane.name, CADENCE)
    return last is None or lane.clock.now() >= datetime.fromisoformat(last) + lane.policy.cadence


def _count_from_now(lane: Lane) -> None:
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        cursors.move(tx, lane.name, CADENCE, now.isoformat(), now)


def _settle(lane: Lane, plan: Plan, world: World, waiting: Mapping[str, int], refusals: dict[str, Finding]) -> None:
    """Drop the keys that nothing is left to do about; those with proposals or holds come up again next time."""
    unfinished = _unfinished(plan, world, refusals)
    with lane.database.begin() as tx:
        lane.guard(tx)
        keys.done(tx, lane.name, {key: hints for key, hints in waiting.items() if key not in unfinished})
        found = (*plan.findings, *refusals.values())
        finding_store.record(tx, lane.name, "sync", found, lane.clock.now(), _looked_at(plan, world, waiting))


def _looked_at(plan: Plan, world: World, waiting: Iterable[str]) -> set[str]:
    """The subjects that this cycle looked at: a finding about any other one still stands."""
    ours = {(kind.value, key) for kind, key in world.bound}
    ours |= {(line.kind.value, line.erp_key) for line in plan.budgets}
    ours |= {(kind, key) for kind, _, key in (name.partition(":") for name in waiting)}
    subjects = {f"{kind.replace('_', ' ')} {key}" for kind, key in ours}
    return subjects | {f"worklog {item.worklog.id}" for item in world.work}


def _unfinished(plan: Plan, world: World, refusals: dict[str, Finding]) -> set[str]:
    of_worklog = {f"worklog {item.worklog.id}": item.order for item in world.work}
    held = [finding for finding in (*plan.findings, *refusals.values()) if finding.severity is Severity.HOLD]
    orders = {share.order for posting in plan.postings for share in posting.draft.shares}
    orders |= {of_worklog[finding.subject] for finding in held if of_worklog.get(finding.subject)}
    charged = {
        share.order
        for items in world.recorded.values()
        for share in (item.share for item in items if item.state in OPEN)
    }
    accrued = {item.share.order for items in world.recorded.values() if is_waiting(items) for item in items}
    keys_left = {f"purchase_order:{order}" for order in orders | charged | accrued | world.cooling}
    for finding in held:
        kind, _, key = finding.subject.rpartition(" ")
        of_line = kind == "order line"
        keys_left.add(order_key(Kind.ORDER_LINE, key) if of_line else f"{kind.replace(' ', '_')}:{key}")
    return keys_left
