"""Our own books: postings with their lines and shares, how far each has come, and sums over them.

Lines and shares are inserted once and protected; only the state of a posting moves, along the core's map, and each
move leaves an event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, insert, select, update

from ml_connector.core.budget import LaborSum
from ml_connector.core.ledger import DROPPED, Posting, PostingLine, Recorded, State, Step, check_transition
from ml_connector.core.money import Digits, Money, text_from_money
from ml_connector.errors import InvariantBroken, Refused
from ml_connector.store import ledger_rows
from ml_connector.store.database import chunks, from_time, maybe_time
from ml_connector.store.tables import posting_events, posting_lines, shares
from ml_connector.store.tables import postings as table


class Unchanged(Enum):
    """The value that leaves a column as it is, where None is a value of its own."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED
LeftAlone = Literal[Unchanged.UNCHANGED]

OURS = table.c.connection == bindparam("ours")
ONE = table.c.reference == bindparam("one")
DROPPED_STATES = sorted(state.value for state in DROPPED)
CONTENT = select(table.c.content).where(ONE)
STATE = select(table.c.state).where(ONE)
MOVE = update(table).where(ONE)
HEAD = select(table).where(OURS, ONE)
LINES = select(posting_lines).where(posting_lines.c.reference == bindparam("one")).order_by(posting_lines.c.sequence)
SHARES = select(shares).where(shares.c.reference == bindparam("one")).order_by(shares.c.sequence, shares.c.position)
OLDEST_FIRST = select(table.c.reference).where(OURS).order_by(table.c.intended_at, table.c.reference)
OF_PLAN = select(table.c.reference).where(OURS, table.c.plan == bindparam("plan")).order_by(table.c.reference)
BY_STATES = OLDEST_FIRST.where(table.c.state.in_(bindparam("states")))
OF_OTHERS = select(table.c.reference).where(
    table.c.connection != bindparam("ours"), table.c.reference.in_(bindparam("references"))
)
RECORDED = (
    select(shares, table.c.state, table.c.intended_at)
    .join(table, table.c.reference == shares.c.reference)
    .where(shares.c.connection == bindparam("ours"), shares.c.worklog_id.in_(bindparam("worklogs")))
    .order_by(table.c.intended_at, shares.c.reference, shares.c.sequence, shares.c.position)
)
WORKLOGS_OF_ORDERS = (
    select(shares.c.worklog_id)
    .where(shares.c.connection == bindparam("ours"), shares.c.order_key.in_(bindparam("orders")))
    .distinct()
)
LABOR = (shares.c.order_key, shares.c.project, table.c.state, shares.c.currency)
LABOR_SUMS = (
    select(*LABOR, func.sum(shares.c.amount_minor).label("minor"), func.sum(shares.c.seconds).label("seconds"))
    .join(table, table.c.reference == shares.c.reference)
    .where(shares.c.connection == bindparam("ours"), table.c.state.not_in(DROPPED_STATES))
    .group_by(*LABOR)
    .order_by(*LABOR)
)
ATTEMPTS = (
    select(table.c.content, func.count()).where(OURS, table.c.state.in_(DROPPED_STATES)).group_by(table.c.content)
)
INSERT, INSERT_LINES, INSERT_SHARES, INSERT_EVENT = map(insert, (table, posting_lines, shares, posting_events))


@dataclass(frozen=True, slots=True)
class PostingSummary:
    """A posting for people: `net` is the debit side in the currency's own notation, `since` when it got there."""

    reference: str
    state: State
    entity: str
    currency: str
    net: str
    lines: int
    plan: str
    since: datetime
    note: str

    def document(self) -> dict[str, object]:
        """As JSON takes it."""
        return {**asdict(self), "since": self.since.isoformat()}


def intend(tx: Connection, posting: Posting, at: datetime) -> None:
    """Store a posting before the first call about it; its balance is checked once more.

    The same reference with the same content is there already after a stop and changes nothing; with another content it
    raises InvariantBroken.
    """
    present = tx.execute(CONTENT, {"one": posting.reference}).one_or_none()
    if present is not None:
        if present.content != posting.content:
            raise InvariantBroken(f"posting {posting.reference} is stored already, with other lines")
        return
    assert posting.journal.lines, "a journal without lines does not balance"
    stored = from_time(at)
    row = {
        "reference": posting.reference,
        "connection": posting.connection,
        "plan": posting.plan,
        "content": posting.content,
        "entity": posting.entity,
        "currency": posting.currency,
        "state": posting.state.value,
        "intended_at": stored,
        "moved_at": stored,
    }
    tx.execute(INSERT, row)
    tx.execute(INSERT_LINES, [ledger_rows.line_values(posting.reference, part.line) for part in posting.lines])
    share_rows = [row for part in posting.lines for row in ledger_rows.share_values(posting, part)]
    if share_rows:
        tx.execute(INSERT_SHARES, share_rows)
    _event(tx, posting.reference, posting.state, None, at, "")


def move(
    tx: Connection,
    reference: str,
    state: State,
    *,
    at: datetime,
    step: Step | LeftAlone | None = UNCHANGED,
    result_before: int | LeftAlone | None = UNCHANGED,
    sent_at: datetime | LeftAlone | None = UNCHANGED,
    note: str | LeftAlone = UNCHANGED,
    orphaned: bool | LeftAlone = UNCHANGED,
) -> None:
    """Bring a posting to a state. The same state is allowed where only the step changes.

    Raises InvariantBroken for a step that is not on the map, Refused for a reference that we do not know.
    """
    now = tx.execute(STATE, {"one": reference}).one_or_none()
    if now is None:
        raise _unknown(reference)
    if State(now.state) is not state:
        check_transition(reference, State(now.state), state)
    values: dict[str, Any] = {"state": state.value}
    if State(now.state) is not state:
        values["moved_at"] = from_time(at)
    if step is not UNCHANGED:
        values["step"] = None if step is None else step.value
    if result_before is not UNCHANGED:
        values["result_before"] = result_before
    if sent_at is not UNCHANGED:
        values["sent_at"] = None if sent_at is None else from_time(sent_at)
    if note is not UNCHANGED:
        values["note"] = note
    if orphaned is not UNCHANGED:
        values["orphaned"] = orphaned
    tx.execute(MOVE, {**values, "one": reference})
    _event(tx, reference, state, values.get("step"), at, values.get("note", ""))


def _event(tx: Connection, reference: str, state: State, step: str | None, at: datetime, note: str) -> None:
    row = {"reference": reference, "state": state.value, "step": step, "at": from_time(at), "note": note}
    tx.execute(INSERT_EVENT, row)


def _unknown(reference: str) -> Refused:
    return Refused(f"There is no posting {reference}.", remedy="See the references with `ml-connector ledger`.")


def load(tx: Connection, connection: str, reference: str) -> Posting:
    """A posting with its lines, its balance checked. Raises Refused where there is none."""
    found = find(tx, connection, reference)
    if found is None:
        raise _unknown(reference)
    return found


def find(tx: Connection, connection: str, reference: str) -> Posting | None:
    """A posting with its lines, its balance checked; None where there is none."""
    head = tx.execute(HEAD, {"ours": connection, "one": reference}).one_or_none()
    if head is None:
        return None
    lines = tx.execute(LINES, {"one": reference}).all()
    by_sequence: dict[int, list[Row[Any]]] = {}
    for row in tx.execute(SHARES, {"one": reference}):
        by_sequence.setdefault(row.sequence, []).append(row)
    parts = tuple(
        PostingLine(ledger_rows.line(row), tuple(map(ledger_rows.share, by_sequence.get(row.sequence, ()))))
        for row in lines
    )
    posting = _posting(head, parts)
    assert posting.journal.reference == reference, "building the journal checks its balance"
    return posting


def _posting(head: Row[Any], lines: tuple[PostingLine, ...]) -> Posting:
    return Posting(
        reference=head.reference,
        connection=head.connection,
        plan=head.plan,
        content=head.content,
        entity=head.entity,
        currency=head.currency,
        state=State(head.state),
        lines=lines,
        step=None if head.step is None else Step(head.step),
        result_before=head.result_before,
        sent_at=maybe_time(head.sent_at),
        note=head.note,
        orphaned=head.orphaned,
        intended_at=maybe_time(head.intended_at),
    )


def of_plan(tx: Connection, connection: str, plan: str) -> list[str]:
    """References of the postings of a plan."""
    return list(tx.scalars(OF_PLAN, {"ours": connection, "plan": plan}))


def by_states(tx: Connection, connection: str, states: Collection[State]) -> list[str]:
    """The references in these states, oldest first."""
    return list(tx.scalars(BY_STATES, {"ours": connection, "states": sorted(state.value for state in states)}))


def everything(tx: Connection, connection: str) -> list[Posting]:
    """All postings with their lines, oldest first."""
    references = tx.scalars(OLDEST_FIRST, {"ours": connection})
    return [load(tx, connection, reference) for reference in references.all()]


def of_others(tx: Connection, connection: str, references: Collection[str]) -> set[str]:
    """Those among some references that other connections of this installation posted."""
    found: set[str] = set()
    for part in chunks(references):
        found |= set(tx.scalars(OF_OTHERS, {"ours": connection, "references": part}))
    return found


def counts(tx: Connection, connection: str) -> dict[str, int]:
    """How many postings stand in each state."""
    query = select(table.c.state, func.count()).where(table.c.connection == connection)
    rows = tx.execute(query.group_by(table.c.state).order_by(table.c.state))
    return {state: count for state, count in rows}  # noqa: C416 - a row is not a pair to the type checker


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which postings are listed; what is empty does not count. `plan` is the beginning of a hash, `period` a month."""

    states: tuple[State, ...] = ()
    entity: str = ""
    order: str = ""
    worklog: str = ""
    plan: str = ""
    period: str = ""


def listing(tx: Connection, connection: str, digits: Digits, wanted: Wanted) -> list[PostingSummary]:
    """Postings with their sums, newest first: those that are wanted."""
    query = (
        select(table, func.count().label("lines"), _debits())
        .join(posting_lines, posting_lines.c.reference == table.c.reference)
        .where(table.c.connection == connection)
        .group_by(table.c.reference)
        .order_by(table.c.intended_at.desc(), table.c.reference)
    )
    return [_summary(row, digits) for row in tx.execute(query.where(*_filters(wanted)))]


def _filters(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.states:
        yield table.c.state.in_(sorted(state.value for state in wanted.states))
    if wanted.entity:
        yield table.c.entity == wanted.entity
    if wanted.plan:
        yield table.c.plan.startswith(wanted.plan, autoescape=True)
    if wanted.period:
        months = select(posting_lines.c.reference).where(posting_lines.c.posting_date.startswith(wanted.period))
        yield table.c.reference.in_(months)
    for column, value in ((shares.c.order_key, wanted.order), (shares.c.worklog_id, wanted.worklog)):
        if value:
            yield table.c.reference.in_(select(shares.c.reference).where(column == value))


def _debits() -> Any:
    """The labor of a posting: its lines without the credit side, which has no shares of its own."""
    labor = select(func.coalesce(func.sum(shares.c.amount_minor), 0)).where(shares.c.reference == table.c.reference)
    return labor.scalar_subquery().label("net")


def _summary(row: Row[Any], digits: Digits) -> PostingSummary:
    moved = maybe_time(row.moved_at)
    assert moved is not None
    return PostingSummary(
        reference=row.reference,
        state=State(row.state),
        entity=row.entity,
        currency=row.currency,
        net=text_from_money(Money(row.net, row.currency), digits(row.currency)),
        lines=row.lines,
        plan=row.plan,
        since=moved,
        note=row.note,
    )


def recorded_of_worklogs(tx: Connection, connection: str, ids: Collection[str]) -> dict[str, tuple[Recorded, ...]]:
    """What our books hold about these worklogs, in the order in which it was intended."""
    found: dict[str, list[Recorded]] = {}
    for part in chunks(ids):
        for row in tx.execute(RECORDED, {"ours": connection, "worklogs": part}):
            share, since = ledger_rows.share(row), maybe_time(row.intended_at)
            item = Recorded(row.reference, row.sequence, State(row.state), share, since)
            found.setdefault(row.worklog_id, []).append(item)
    return {worklog_id: tuple(items) for worklog_id, items in found.items()}


def worklogs_of_orders(tx: Connection, connection: str, orders: Collection[str]) -> set[str]:
    """The worklogs that our books charge, or have charged, to these orders."""
    found: set[str] = set()
    for part in chunks(orders):
        found |= set(tx.scalars(WORKLOGS_OF_ORDERS, {"ours": connection, "orders": part}))
    return found


def labor_sums(tx: Connection, connection: str) -> tuple[LaborSum, ...]:
    """Labor by order, project, state and currency, without what never reached the ledger."""
    return tuple(
        LaborSum(row.order_key, row.project, State(row.state), Money(int(row.minor), row.currency), int(row.seconds))
        for row in tx.execute(LABOR_SUMS, {"ours": connection})
    )


def attempts(tx: Connection, connection: str) -> Mapping[str, int]:
    """How often each content was rolled back: the next attempt needs another reference."""
    rows = tx.execute(ATTEMPTS, {"ours": connection})
    return {content: count for content, count in rows}  # noqa: C416 - a row is not a pair to the type checker
