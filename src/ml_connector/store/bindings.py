"""Which issue stands for which order or project. This is our ledger's to say; no Jira field decides it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select
from sqlalchemy import update as sql_update

from ml_connector.core.records import Kind
from ml_connector.store.database import chunks, from_time, maybe_time
from ml_connector.store.tables import bindings, erp_rows

INTENDED = "intended"
IN_DOUBT = "in_doubt"
BOUND = "bound"
GONE = "gone"

OURS = select(bindings).where(bindings.c.connection == bindparam("ours")).order_by(bindings.c.kind, bindings.c.erp_key)
BY_KEYS = OURS.where(bindings.c.erp_key.in_(bindparam("keys")))
BY_ISSUE_IDS = OURS.where(bindings.c.issue_id.in_(bindparam("issues")))
BY_OWNERS = OURS.where(bindings.c.owner.in_(bindparam("owners")))
ALL_BOUND = OURS.where(bindings.c.issue_id.is_not(None))
ONE = (
    bindings.c.connection == bindparam("ours"),
    bindings.c.kind == bindparam("of_kind"),
    bindings.c.erp_key == bindparam("of_key"),
)
EPICS = (
    select(bindings.c.issue_id, erp_rows.c.fields)
    .join(
        erp_rows,
        (erp_rows.c.connection == bindings.c.connection)
        & (erp_rows.c.kind == bindings.c.kind)
        & (erp_rows.c.key == bindings.c.erp_key),
    )
    .where(
        bindings.c.connection == bindparam("ours"),
        bindings.c.kind == bindparam("of_kind"),
        bindings.c.issue_id.is_not(None),
        bindings.c.state != GONE,
    )
)
UPDATE = sql_update(bindings).where(*ONE)
FORGET = delete(bindings).where(*ONE, bindings.c.issue_id.is_(None))
INSERT = insert(bindings)


@dataclass(frozen=True, slots=True)
class Binding:
    """The issue of one order, line of an order or project, or the intent to create it. `owner` is the order or project.

    `sent_at` is the last moment at which a create or a look was sent, `looked` how many looks found nothing since the
    last ambiguous answer. `written` is the issue content that we last wrote, `seen` what was read of it since and
    is other than that, `erp_written` the ERP's fields.
    """

    connection: str
    site: str
    kind: Kind
    erp_key: str
    marker: str
    state: str
    issue_id: str
    issue_key: str
    jira_project: str
    issue_type: str
    status: str
    sent_at: datetime | None
    looked: int
    written: Mapping[str, Any]
    erp_written: Mapping[str, str]
    seen: Mapping[str, Any]
    note: str
    owner: str

    @property
    def order(self) -> str:
        """The order that hours on the issue are charged to; empty where it stands for none."""
        return "" if self.kind is Kind.PROJECT else self.owner

    @property
    def line(self) -> str:
        """The line of the order that they are charged to; empty for all of it."""
        return self.erp_key[len(self.owner) + 1 :] if self.kind is Kind.ORDER_LINE else ""


def intend(tx: Connection, connection: str, site: str, kind: Kind, erp_key: str, marker: str, at: datetime) -> None:
    """Store that an issue is about to be created."""
    row: dict[str, Any] = {
        "connection": connection,
        "site": site,
        "kind": kind.value,
        "erp_key": erp_key,
        "marker": marker,
        "owner": erp_key.rpartition("/")[0] if kind is Kind.ORDER_LINE else erp_key,
        "state": INTENDED,
        "sent_at": from_time(at),
        "looked": 0,
        "written": {},
        "erp_written": {},
        "seen": {},
    }
    tx.execute(INSERT, row)


def bind(
    tx: Connection,
    connection: str,
    kind: Kind,
    erp_key: str,
    *,
    issue_id: str,
    issue_key: str,
    jira_project: str,
    issue_type: str,
    status: str,
    written: Mapping[str, Any],
) -> None:
    """Tie an issue to an order or project, by its id."""
    update(
        tx,
        connection,
        kind,
        erp_key,
        state=BOUND,
        issue_id=issue_id,
        issue_key=issue_key,
        jira_project=jira_project,
        issue_type=issue_type,
        status=status,
        written=dict(written),
        seen={},
        sent_at=None,
        looked=0,
        note="",
    )


def update(tx: Connection, connection: str, kind: Kind, erp_key: str, **values: Any) -> None:
    """Change named columns of one binding."""
    if isinstance(values.get("sent_at"), datetime):
        values["sent_at"] = from_time(values["sent_at"])
    tx.execute(UPDATE, {**values, **_one(connection, kind, erp_key)})


def gone(tx: Connection, connection: str, kind: Kind, erp_key: str) -> None:
    """The issue cannot be read any more."""
    update(tx, connection, kind, erp_key, state=GONE)


def forget(tx: Connection, connection: str, kind: Kind, erp_key: str) -> None:
    """Take back an intent that Jira refused: nothing was created."""
    tx.execute(FORGET, _one(connection, kind, erp_key))


def _one(connection: str, kind: Kind, erp_key: str) -> dict[str, str]:
    return {"ours": connection, "of_kind": kind.value, "of_key": erp_key}


def by_keys(tx: Connection, connection: str, wanted: Collection[tuple[Kind, str]]) -> list[Binding]:
    """The bindings of these orders and projects."""
    asked = set(wanted)
    found = [
        binding
        for part in chunks([erp_key for _, erp_key in asked])
        for binding in _read(tx, BY_KEYS, connection, keys=part)
    ]
    return [binding for binding in found if (binding.kind, binding.erp_key) in asked]


def of_orders(tx: Connection, connection: str, orders: Collection[str]) -> list[Binding]:
    """The bindings of these orders and of their lines."""
    found = [binding for part in chunks(orders) for binding in _read(tx, BY_OWNERS, connection, owners=part)]
    return [binding for binding in found if binding.order]


def by_issue_ids(tx: Connection, connection: str, issue_ids: Collection[str]) -> list[Binding]:
    """The bindings of these issues."""
    return [binding for part in chunks(issue_ids) for binding in _read(tx, BY_ISSUE_IDS, connection, issues=part)]


def all_bound(tx: Connection, connection: str) -> list[Binding]:
    """Every binding that has an issue, gone ones too: they may come back."""
    return _read(tx, ALL_BOUND, connection)


def epics(tx: Connection, connection: str) -> dict[str, str]:
    """The issues of projects that are there, by the project's number in the ERP."""
    held = tx.execute(EPICS, {"ours": connection, "of_kind": Kind.PROJECT.value})
    return {row.fields.get("number", ""): row.issue_id for row in held}


def _read(tx: Connection, query: Select[Any], connection: str, **wanted: Any) -> list[Binding]:
    return [_binding(row) for row in tx.execute(query, {"ours": connection, **wanted})]


def _binding(row: Row[Any]) -> Binding:
    return Binding(
        connection=row.connection,
        site=row.site,
        kind=Kind(row.kind),
        erp_key=row.erp_key,
        marker=row.marker,
        state=row.state,
        issue_id=row.issue_id or "",
        issue_key=row.issue_key,
        jira_project=row.jira_project,
        issue_type=row.issue_type,
        status=row.status,
        sent_at=maybe_time(row.sent_at),
        looked=row.looked,
        written=row.written,
        erp_written=row.erp_written,
        seen=row.seen,
        note=row.note,
        owner=row.owner,
    )
