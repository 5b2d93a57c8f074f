"""Plans that were kept under their hash, and who approved them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from ml_connector.core.ledger import State
from ml_connector.errors import Refused
from ml_connector.store.database import from_time, to_time
from ml_connector.store.tables import approvals as approvals_table
from ml_connector.store.tables import plans, postings, shares

PROPOSED = "proposed"
APPROVED = "approved"
APPLIED = "applied"
DRIFTED = "drifted"
SUPERSEDED = "superseded"
HASH_PREFIX_MIN = 6
MONTH_WIDTH = len("2026-11")

ONE = plans.c.hash == bindparam("one")
STATE = select(plans.c.state).where(ONE)
BY_STATE = (
    select(plans)
    .where(plans.c.connection == bindparam("ours"), plans.c.state == bindparam("standing"))
    .order_by(plans.c.prepared_at)
)
SUPERSEDE = (
    update(plans)
    .where(
        plans.c.connection == bindparam("ours"),
        plans.c.purpose == bindparam("purpose_of"),
        plans.c.state == PROPOSED,
        plans.c.hash != bindparam("one"),
    )
    .values(state=SUPERSEDED)
)
SET_STATE = update(plans).where(ONE).values(state=bindparam("becomes"))
INSERT = insert(plans)
APPROVALS = (
    select(approvals_table).where(approvals_table.c.plan == bindparam("one")).order_by(approvals_table.c.approved_at)
)
APPROVE = insert(approvals_table)
MONTH = func.substr(shares.c.posting_date, 1, MONTH_WIDTH).label("month")
PASSED_BEFORE = (
    select(
        shares.c.order_key,
        shares.c.author,
        MONTH,
        shares.c.currency,
        func.sum(func.abs(shares.c.amount_minor)).label("minor"),
    )
    .join(postings, postings.c.reference == shares.c.reference)
    .join(approvals_table, approvals_table.c.plan == postings.c.plan)
    .where(
        shares.c.connection == bindparam("ours"),
        approvals_table.c.approver == bindparam("by"),
        postings.c.state != State.ROLLED_BACK.value,
        MONTH.in_(bindparam("months")),
    )
    .group_by(shares.c.order_key, shares.c.author, MONTH, shares.c.currency)
)


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan as it was proposed."""

    hash: str
    connection: str
    state: str
    prepared_by: str
    prepared_at: datetime
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Approval:
    """A signature under a plan."""

    approver: str
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class Automatic:
    """What a threshold counts: an order, a person or a plan, in a posting month and a currency."""

    kind: str
    name: str
    month: str
    currency: str


def passed_before(tx: Connection, connection: str, approver: str, months: Collection[str]) -> dict[Automatic, int]:
    """Gross minor units of orders and of people that this approver let through, by posting month and currency.

    What was rolled back never reached the ledger, and does not count.
    """
    found: Counter[Automatic] = Counter()
    for row in tx.execute(PASSED_BEFORE, {"ours": connection, "by": approver, "months": sorted(months)}):
        found[Automatic("order", row.order_key, row.month, row.currency)] += row.minor
        found[Automatic("person", row.author, row.month, row.currency)] += row.minor
    return dict(found)


def keep(
    tx: Connection,
    connection: str,
    plan_hash: str,
    document: Mapping[str, Any],
    prepared_by: str,
    at: datetime,
    purpose: str = "hours",
) -> bool:
    """Keep a plan; False where it is there already. Older proposals for the same purpose are superseded by it."""
    present = tx.execute(STATE, {"one": plan_hash}).one_or_none()
    tx.execute(SUPERSEDE, {"ours": connection, "purpose_of": purpose, "one": plan_hash})
    if present is not None:
        if present.state in (SUPERSEDED, DRIFTED):
            set_state(tx, plan_hash, APPROVED if approvals(tx, plan_hash) else PROPOSED)
        return False
    row = {
        "hash": plan_hash,
        "connection": connection,
        "state": PROPOSED,
        "prepared_by": prepared_by,
        "prepared_at": from_time(at),
        "document": dict(document),
        "purpose": purpose,
    }
    tx.execute(INSERT, row)
    return True


def find(tx: Connection, connection: str, prefix: str) -> KeptPlan:
    """The plan whose hash begins so. Raises Refused where there is none, or more than one."""
    where = (plans.c.connection == connection, plans.c.hash.startswith(prefix, autoescape=True))
    found = tx.execute(select(plans).where(*where)).all()
    if len(prefix) < HASH_PREFIX_MIN or len(found) != 1:
        what = "no plan" if not found else "more than one plan"
        raise Refused(
            f"There is {what} of connection {connection} whose hash begins with {prefix!r}.",
            remedy=f"Give at least {HASH_PREFIX_MIN} characters of a hash that `ml-connector plan` printed.",
        )
    return _kept(found[0])


def by_state(tx: Connection, connection: str, state: str) -> list[KeptPlan]:
    """Plans in a state, oldest first."""
    return [_kept(row) for row in tx.execute(BY_STATE, {"ours": connection, "standing": state})]


def set_state(tx: Connection, plan_hash: str, state: str) -> None:
    """Say what became of a plan."""
    tx.execute(SET_STATE, {"one": plan_hash, "becomes": state})


def approve(tx: Connection, plan_hash: str, approver: str, at: datetime) -> None:
    """Sign a plan. A second signature of the same name changes nothing."""
    if approver not in {approval.approver for approval in approvals(tx, plan_hash)}:
        row = {"plan": plan_hash, "approver": approver, "approved_at": from_time(at)}
        tx.execute(APPROVE, row)
    set_state(tx, plan_hash, APPROVED)


def approvals(tx: Connection, plan_hash: str) -> list[Approval]:
    """The signatures under a plan."""
    return [Approval(row.approver, to_time(row.approved_at)) for row in tx.execute(APPROVALS, {"one": plan_hash})]


def _kept(row: Row[Any]) -> KeptPlan:
    return KeptPlan(row.hash, row.connection, row.state, row.prepared_by, to_time(row.prepared_at), row.document)
