"""All tables in one place. Times are UTC ISO text, money is integer minor units, documents are JSON.

`migrations/` is how a database gets here; a test proves that it does. Rows that an auditor relies on are protected by
triggers: see `protection`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str, default: str | None = None) -> Column[str]:
    if default is None:
        return Column(name, Text, nullable=False)
    return Column(name, Text, nullable=False, default=default, server_default=default)


def _maybe(name: str) -> Column[str]:
    return Column(name, Text, nullable=True)


def _json(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False)


secrets = Table(
    "secrets", metadata, _key("connection"), _key("record"), _key("field"), _text("key_id"),
    Column("nonce", LargeBinary, nullable=False), Column("ciphertext", LargeBinary, nullable=False),
)  # fmt: skip
data_keys = Table(
    "data_keys", metadata, _key("connection"), _text("key_id"), Column("nonce", LargeBinary, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)  # fmt: skip
principals = Table(
    "principals", metadata, _key("name"), _json("roles"), _text("account_id", ""), _text("token_hash"),
    _maybe("retired_at"),
)  # fmt: skip
cursors = Table("cursors", metadata, _key("connection"), _key("stream"), _text("position"), _text("moved_at"))
erp_rows = Table(
    "erp_rows", metadata, _key("connection"), _key("kind"), _key("key"), _text("owner"), _json("fields"), _text("hash"),
    Column("deleted", Boolean, nullable=False), _text("changed_at"),
    Index("ix_erp_rows_owner", "connection", "owner"),
)  # fmt: skip
worklogs = Table(
    "worklogs", metadata, _key("connection"), _key("id"), _text("issue_id"), _text("author"), _text("updater"),
    _text("started"), _text("started_on"), _text("created"), _text("updated"),
    Column("seconds", BigInteger, nullable=False), _text("state"), _text("seen_at"), _text("comment", ""),
    Index("ix_worklogs_issue", "connection", "issue_id"),
    Index("ix_worklogs_author", "connection", "author", "started_on"),
)  # fmt: skip
bindings = Table(
    "bindings", metadata, _key("connection"), _key("kind"), _key("erp_key"), _text("site"), _text("marker"),
    _text("state"),
    _maybe("issue_id"), _text("issue_key", ""), _text("jira_project", ""), _text("issue_type", ""), _text("status", ""),
    _maybe("sent_at"), Column("looked", Integer, nullable=False, default=0), _json("written"), _json("erp_written"),
    _text("note", ""), _text("owner", ""), Column("seen", JSON, nullable=False, server_default="{}"),
    UniqueConstraint("connection", "site", "issue_id"),
    Index("ix_bindings_owner", "connection", "owner"),
)  # fmt: skip
keys = Table(
    "keys", metadata, _key("connection"), _key("key"), _text("hinted_at"),
    Column("hints", BigInteger, nullable=False),
)  # fmt: skip
inbox = Table(
    "inbox", metadata, Column("id", Integer, primary_key=True, autoincrement=True), _text("connection"),
    _text("identifier"), _text("event"), _text("body_hash"), _json("hints"), _text("received_at"),
    _maybe("handled_at"), UniqueConstraint("connection", "identifier"),
    Index("ix_inbox_handled", "connection", "handled_at"),
)  # fmt: skip
registrations = Table(
    "registrations", metadata, _key("connection"), _text("kind"), _text("webhook_id"), _text("registered_at"),
    _maybe("expires_at"), _text("checked_at"),
)  # fmt: skip
unannounced = Table(
    "unannounced", metadata, _key("connection"), _key("kind"), _key("id"), _text("issue_id"), _text("found_at"),
)  # fmt: skip
lineage = Table(
    "lineage", metadata, _key("connection"), _key("issue_id"), _text("issue_key"), _text("parent_id"), _text("read_at"),
    Index("ix_lineage_parent", "connection", "parent_id"),
)  # fmt: skip
snapshots = Table(
    "snapshots", metadata, _key("connection"), _key("vendor"), _json("document"), _text("read_at"),
)  # fmt: skip
remarks = Table(
    "remarks", metadata, _key("connection"), _key("erp_key"), _text("marker"), _text("text"), _json("facts"),
    _text("sent_at"),
)  # fmt: skip
plans = Table(
    "plans", metadata, _key("hash"), _text("connection"), _text("state"), _text("prepared_by"), _text("prepared_at"),
    _json("document"), _text("purpose", "hours"), Index("ix_plans_state", "connection", "state"),
)  # fmt: skip
approvals = Table(
    "approvals", metadata, Column("plan", Text, ForeignKey("plans.hash"), primary_key=True), _key("approver"),
    _text("approved_at"),
)  # fmt: skip
postings = Table(
    "postings", metadata, _key("reference"), _text("connection"), _text("plan"), _text("content"), _text("entity"),
    _text("currency"), _text("state"), _maybe("step"), Column("result_before", BigInteger, nullable=True),
    _maybe("sent_at"), _text("note", ""), _text("intended_at"), _text("moved_at"),
    Column("orphaned", Boolean, nullable=False, server_default=false()),
    Index("ix_postings_state", "connection", "state"),
)  # fmt: skip
posting_lines = Table(
    "posting_lines", metadata, Column("reference", Text, ForeignKey("postings.reference"), primary_key=True),
    Column("sequence", Integer, primary_key=True), _text("entity"), _text("account"), _text("cost_center"),
    _text("project"),
    _json("dimensions"), Column("amount_minor", BigInteger, nullable=False), _text("currency"),
    Column("seconds", BigInteger, nullable=False), _text("posting_date"), _text("work_date"), _text("document"),
    _text("issue_key"), _text("description"),
)  # fmt: skip
shares = Table(
    "shares", metadata, Column("reference", Text, ForeignKey("postings.reference"), primary_key=True),
    Column("sequence", Integer, primary_key=True), Column("position", Integer, primary_key=True), _text("connection"),
    _text("worklog_id"), _text("issue_id"), _text("order_key"), _text("order_line"), _text("distribution"),
    _text("entry"),
    _text("entity"), _text("account"), _text("cost_center"), _text("project"), _json("dimensions"),
    Column("seconds", BigInteger, nullable=False), Column("amount_minor", BigInteger, nullable=False),
    _text("currency"),
    _text("posting_date"), _text("work_date"), _text("facts"), _text("author"), _maybe("rate"), _text("rate_rule"),
    _text("mapping_version"), _text("rules_version"), _text("reverses"),
    _text("rate_currency", ""), _maybe("exchange_rate"), _text("exchange_source", ""),
    _maybe("rate_from"), _maybe("known_since"),
    Column("premiums", JSON, nullable=False, server_default="[]"), _text("burden", ""), _maybe("percent"),
    Column("rounded", BigInteger, nullable=False, server_default="0"),
    Index("ix_shares_worklog", "connection", "worklog_id"), Index("ix_shares_order", "connection", "order_key"),
)  # fmt: skip
posting_events = Table(
    "posting_events", metadata, Column("id", Integer, primary_key=True, autoincrement=True),
    Column("reference", Text, ForeignKey("postings.reference"), nullable=False), _text("state"), _maybe("step"),
    _text("at"),
    _text("note", ""), Index("ix_posting_events_reference", "reference"),
)  # fmt: skip
findings = Table(
    "findings", metadata, Column("id", Integer, primary_key=True, autoincrement=True), _text("connection"),
    _text("scope"),
    _text("code"), _text("subject"), _text("message"), _text("remedy"), _text("severity"), _text("owner"),
    Column("amount_minor", BigInteger, nullable=True), _maybe("currency"), _text("first_seen"), _text("last_seen"),
    _maybe("resolved_at"), Index("ix_findings_open", "connection", "resolved_at"),
)  # fmt: skip
holds = Table(
    "holds", metadata, _key("connection"), _key("worklog_id"), _text("facts"), _text("reason"), _text("reference"),
    _text("held_at"),
)  # fmt: skip
statements = Table(
    "statements", metadata, Column("id", Integer, primary_key=True, autoincrement=True),
    Column("reference", Text, ForeignKey("postings.reference"), nullable=False), _text("verdict"), _text("actor"),
    _text("stated_at"), Index("ix_statements_reference", "reference"),
)  # fmt: skip
attestations = Table(
    "attestations", metadata, _key("connection"), _key("worklog_id"), _key("facts"), _text("actor"),
    _text("attested_at"),
)  # fmt: skip
rule_releases = Table(
    "rule_releases", metadata, _key("connection"), _key("worklog_id"), _key("rule"), _key("facts"), _text("actor"),
    _text("released_at"),
)  # fmt: skip
withdrawals = Table(
    "withdrawals", metadata, _key("connection"), _key("worklog_id"), _text("actor"), _text("reason"),
    _text("withdrawn_at"),
)  # fmt: skip
hand_postings = Table(
    "hand_postings", metadata, _key("connection"), _key("worklog_id"), _text("facts"), _text("reference"),
    _text("actor"), _text("imported_at"),
)  # fmt: skip
opening_balances = Table(
    "opening_balances", metadata, _key("connection"), _key("order_key"), _key("project"),
    Column("amount_minor", BigInteger, nullable=False), _text("currency"),
    Column("seconds", BigInteger, nullable=False), _text("as_of"), _text("actor"), _text("imported_at"),
)  # fmt: skip
mapping_versions = Table(
    "mapping_versions", metadata, _key("connection"), Column("number", Integer, primary_key=True, autoincrement=False),
    _text("at"), _text("author"), _text("reason"), _text("mapping"), _text("rates"), _text("rules"), _text("digest"),
    _text("text"),
)  # fmt: skip
audit = Table(
    "audit", metadata, Column("seq", Integer, primary_key=True, autoincrement=False), _text("at"), _text("actor"),
    _text("action"), _text("subject"), _json("detail"), _text("previous"), _text("hash"),
)  # fmt: skip
leases = Table(
    "leases", metadata, _key("connection"), _text("owner"), Column("epoch", BigInteger, nullable=False),
    _text("expires_at"),
)  # fmt: skip
paces = Table("paces", metadata, _key("tenant"), _key("scope"), _json("document"))
runs = Table(
    "runs", metadata, Column("id", Integer, primary_key=True, autoincrement=True), _text("connection"), _text("began"),
    _maybe("ended"), _text("outcome", ""), _json("summary"), Index("ix_runs_connection", "connection", "id"),
)  # fmt: skip

PROTECTED = (
    "posting_lines",
    "shares",
    "posting_events",
    "audit",
    "approvals",
    "statements",
    "attestations",
    "mapping_versions",
)
"""Tables whose rows are never changed or deleted."""


def protection(dialect: str, tables: Iterable[str] = PROTECTED) -> list[str]:
    """The commands that make the database itself refuse changes to protected rows."""
    commands = {"sqlite": _sqlite_protection, "postgresql": _postgresql_protection}[dialect]
    return [command for table in tables for command in commands(table)]


def _sqlite_protection(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: rows are never changed or deleted'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _postgresql_protection(table: str) -> list[str]:
    function = (
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table}: rows are never changed or deleted'; END $$"
    )
    trigger = (
        f"CREATE TRIGGER {table}_protected BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
    )
    return [function, trigger, no_truncate(table)]


def no_truncate(table: str) -> str:
    """What keeps PostgreSQL from emptying a protected table at a stroke: no row trigger would see it."""
    return f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table} EXECUTE FUNCTION {table}_refuse()"


def create_all(connection: Any) -> None:
    """The whole schema at once, as the migrations leave it: for tests that need many databases."""
    metadata.create_all(connection)
    for statement in protection(connection.dialect.name):
        connection.execute(text(statement))


Values = Mapping[str, Any]
"""A row as SQLAlchemy takes it."""
