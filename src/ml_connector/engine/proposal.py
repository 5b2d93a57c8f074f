"""Proposals: plans that are kept under their hash, who may approve them, and applying exactly what was approved."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ml_connector.core.document import contents, keys_of, plan_document
from ml_connector.core.ledger import Posting, State
from ml_connector.core.periods import period_of
from ml_connector.core.plan import (
    CreateIssue,
    EditIssue,
    MoveIssue,
    Operation,
    Plan,
    PostJournal,
    RemarkChange,
    WriteFields,
)
from ml_connector.core.records import Finding
from ml_connector.engine.creation import create
from ml_connector.engine.edits import edit, move, write_fields
from ml_connector.engine.lane import Lane
from ml_connector.engine.planning import plan_again
from ml_connector.engine.posting import advance
from ml_connector.engine.remarks import remark
from ml_connector.engine.site import site_fields
from ml_connector.errors import Drifted, Refused
from ml_connector.store import audit, keys, plans, postings
from ml_connector.store.plans import Automatic, KeptPlan
from ml_connector.store.principals import Principal

APPROVER = "approver"
BY_POLICY = "policy"
"""Who approves what a connection's settings let pass without a person."""
BY_ACCRUAL = "accrual"
"""Who approves the return of an accrual: the people who approved the accrual."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a plan came to: where each journal stands, and what was refused."""

    plan: str
    postings: dict[str, State]
    findings: tuple[Finding, ...]


def keep(lane: Lane, plan: Plan, prepared_by: str) -> None:
    """Keep a plan under its hash. The same plan made again is the same proposal."""
    now = lane.clock.now()
    document = plan_document(plan, lane.policy.cost.digits, rates=True)
    with lane.database.begin() as tx:
        if plans.keep(tx, lane.name, plan.hash, document, prepared_by, now, plan.purpose.value):
            facts = {"operations": len(plan.operations), "journals": len(plan.postings)}
            audit.append(tx, now, prepared_by, "plan_proposed", plan.hash, facts)


def approve(lane: Lane, hash_prefix: str, approver: Principal) -> KeptPlan:
    """Sign a plan's hash. Nobody approves a plan that they prepared or that holds their own hours."""
    now = lane.clock.now()
    with lane.database.begin() as tx:
        kept = plans.find(tx, lane.name, hash_prefix)
        _check_approver(kept, approver)
        plans.approve(tx, kept.hash, approver.name, now)
        audit.append(tx, now, approver.name, "plan_approved", kept.hash, {})
    return kept


def _check_approver(kept: KeptPlan, approver: Principal) -> None:
    if APPROVER not in approver.roles:
        raise Refused(f"{approver.name} is not an approver.", remedy="Ask a person with the approver role.")
    if kept.state != plans.PROPOSED:
        raise Refused(f"Plan {kept.hash[:12]} is {kept.state} already.", remedy="Make a new plan.")
    if approver.name == kept.prepared_by:
        raise Refused(f"{approver.name} prepared plan {kept.hash[:12]}.", remedy="A second person has to approve it.")
    if approver.account_id and approver.account_id in kept.document["authors"]:
        raise Refused(
            f"Plan {kept.hash[:12]} holds hours of {approver.name}.", remedy="Somebody else has to approve it."
        )


def passes_by_policy(lane: Lane, plan: Plan) -> bool:
    """Whether the connection lets these postings through without a person.

    Its threshold counts gross amounts, apart in each currency: of the whole plan, and of each order and each person in
    a posting month together with what passed that way before. So many small plans are not let through as one large.
    """
    limit = lane.policy.automatic_below
    if limit is None or plan.routed & plan.worklogs:
        return False
    shares = [share for posting in plan.postings for share in posting.draft.shares]
    with lane.database.read() as tx:
        months = {period_of(share.posting_date) for share in shares}
        gross = Counter(plans.passed_before(tx, lane.name, BY_POLICY, months))
    concerned: set[Automatic] = set()
    for share in shares:
        month, currency = period_of(share.posting_date), share.amount.currency
        for key in (
            Automatic("plan", plan.hash, "", currency),
            Automatic("order", share.order, month, currency),
            Automatic("person", share.basis.author, month, currency),
        ):
            gross[key] += abs(share.amount.minor)
            concerned.add(key)
    digits = lane.policy.cost.digits
    return all(gross[key] < limit * 10 ** digits(key.currency) for key in concerned)


def apply(lane: Lane, hash_prefix: str) -> Applied:
    """Write exactly what a kept plan says, or nothing. Raises Drifted where the world moved, Refused unapproved."""
    with lane.database.read() as tx:
        kept = plans.find(tx, lane.name, hash_prefix)
        approved = bool(plans.approvals(tx, kept.hash))
    if kept.state == plans.APPLIED:
        raise Refused(f"Plan {kept.hash[:12]} was applied already.", remedy="See `ml-connector ledger`.")
    before: dict[str, str] = kept.document["contents"]
    today = plan_again(lane, kept.document)
    _check_postings(lane, today, kept, approved=approved)
    if today.hash != kept.hash:
        _drifted(lane, kept, before, contents(today))
    references = _intend(lane, today)
    findings = write_issues(lane, today.operations)
    return Applied(kept.hash, {reference: advance(lane, reference) for reference in references}, findings)


def _check_postings(lane: Lane, plan: Plan, kept: KeptPlan, *, approved: bool) -> None:
    if not any(key.startswith("post ") for key in kept.document["contents"]):
        return
    if lane.policy.cost.post_from is None:
        raise Refused(
            f"Connection {lane.name} names no cut-over date, so nothing is posted.",
            remedy="Set post_from in the connection: the first day whose hours are posted.",
        )
    if not approved and (
        kept.document.get("recost") or kept.document.get("accrue") or not passes_by_policy(lane, plan)
    ):
        raise Refused(
            f"Plan {kept.hash[:12]} is not approved.",
            remedy=f"A second person runs `ml-connector approve {kept.hash[:12]} --as NAME`.",
        )


def _drifted(lane: Lane, kept: KeptPlan, before: dict[str, str], now: dict[str, str]) -> None:
    changes = tuple(key for key in before if now.get(key) != before[key])
    with lane.database.begin() as tx:
        plans.set_state(tx, kept.hash, plans.DRIFTED)
        audit.append(tx, lane.clock.now(), lane.name, "plan_drifted", kept.hash, {"changes": list(changes)})
    raise Drifted(
        f"Plan {kept.hash[:12]} no longer holds: {len(changes)} of {len(before)} operations changed since.",
        changes=changes,
        remedy="Nothing was written. Make a new plan and have it approved.",
    )


def _intend(lane: Lane, plan: Plan) -> list[str]:
    """Store every journal of the plan before the first call about any of them."""
    now = lane.clock.now()
    with lane.database.begin() as tx:
        lane.guard(tx)
        if plan.accrue:
            keys.add(tx, lane.name, keys_of(plan), now)  # until their return
        for posting in plan.postings:
            postings.intend(tx, _posting(lane, plan, posting), now)
            audit.append(tx, now, lane.name, "posting_intended", posting.draft.reference, {"plan": plan.hash})
        plans.set_state(tx, plan.hash, plans.APPLIED)
    return [posting.draft.reference for posting in plan.postings]


def _posting(lane: Lane, plan: Plan, operation: PostJournal) -> Posting:
    draft = operation.draft
    return Posting(
        reference=draft.reference,
        connection=lane.name,
        plan=plan.hash,
        content=draft.content,
        entity=draft.entity,
        currency=draft.currency,
        state=State.INTENDED,
        lines=draft.lines,
    )


def write_issues(lane: Lane, operations: tuple[Operation, ...]) -> tuple[Finding, ...]:
    """Carry out the operations on issues and CloudSuite's fields, in the order in which they build on each other."""
    creates = [operation for operation in operations if isinstance(operation, CreateIssue)]
    edits = [operation for operation in operations if isinstance(operation, EditIssue)]
    remarks = [operation for operation in operations if isinstance(operation, RemarkChange)]
    moves = [operation for operation in operations if isinstance(operation, MoveIssue)]
    writes = [operation for operation in operations if isinstance(operation, WriteFields)]
    found: list[Finding] = []
    if creates or edits:
        fields = site_fields(lane.jira, lane.policy.field_names)
        found += create(lane, creates, fields)
        found += edit(lane, edits, fields)
    found += remark(lane, remarks)
    found += move(lane, moves)
    found += write_fields(lane, writes)
    return tuple(found)
