"""The database: its schema, what it refuses, and how writers share it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, inspect, text, update
from sqlalchemy.exc import DatabaseError

from ml_connector.errors import Misconfigured
from ml_connector.store import cursors
from ml_connector.store.database import Database, from_time, to_time
from ml_connector.store.tables import PROTECTED, approvals, create_all, metadata, plans
from worlds import NOW


def _schema(database: Database) -> dict[str, object]:
    with database.read() as tx:
        found = inspect(tx)
        tables = {
            name: (
                [(column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(name)],
                found.get_pk_constraint(name)["constrained_columns"],
                sorted(str(index["column_names"]) for index in found.get_indexes(name)),
                sorted(str(key["constrained_columns"]) for key in found.get_foreign_keys(name)),
            )
            for name in found.get_table_names()
            if name != "alembic_version"
        }
        triggers = tx.scalars(text("SELECT name || sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")).all()
        return {"tables": tables, "triggers": list(triggers)}


def test_a_migrated_database_is_the_one_that_the_tables_describe(database: Database, tmp_path: Path) -> None:
    """Whether migrated step by step or made at once, the schema and its triggers are the same."""
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}", durable=False)
    with fresh.begin() as tx:
        create_all(tx)
    assert _schema(database) == _schema(fresh)
    assert len(metadata.tables) == len(_schema(database)["tables"])  # type: ignore[arg-type] # a dictionary
    fresh.close()


def test_the_schema_is_checked_before_work(database: Database, tmp_path: Path) -> None:
    """A current database passes, an empty one names the command, and one of a newer program names the program."""
    database.check()
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}", durable=False)
    with pytest.raises(Misconfigured, match="not current") as found:
        empty.check()
    assert "db upgrade" in found.value.remedy
    with database.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Misconfigured, match="newer version"):
        database.check()
    empty.close()


def test_an_upgrade_of_a_current_database_changes_nothing(database: Database) -> None:
    """`db upgrade` may run on every start."""
    before = _schema(database)
    database.upgrade()
    assert _schema(database) == before


def test_protected_rows_cannot_be_changed_or_deleted(database: Database) -> None:
    """Whoever has the database's password still meets a refusal from the database itself."""
    with database.begin() as tx:
        plan = {"hash": "h", "connection": "c", "state": "proposed", "prepared_by": "a", "prepared_at": "t"}
        tx.execute(insert(plans), [{**plan, "document": {}}])
        tx.execute(insert(approvals), [{"plan": "h", "approver": "b", "approved_at": "t"}])
    for statement in (update(approvals).values(approver="c"), delete(approvals)):
        with pytest.raises(DatabaseError, match="never changed or deleted"), database.begin() as tx:
            tx.execute(statement)
    assert set(PROTECTED) <= set(metadata.tables)


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    """A transaction is kept whole or not at all."""

    def fail_half_way() -> None:
        with database.begin() as tx:
            cursors.move(tx, "acme", "erp.project", "x", NOW)
            raise KeyError

    with pytest.raises(KeyError):
        fail_half_way()
    with database.read() as tx:
        assert cursors.read(tx, "acme", "erp.project") is None


def test_two_writers_take_turns(database: Database) -> None:
    """Counting up in two threads at once loses no step."""
    steps = 25

    def count() -> None:
        for _ in range(steps):
            with database.begin() as tx:
                now = int(cursors.read(tx, "acme", "count") or 0)
                cursors.move(tx, "acme", "count", str(now + 1), NOW)

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as tx:
        assert cursors.read(tx, "acme", "count") == str(2 * steps)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - the zone is drawn beside it
    st.integers(-12, 14),
)
def test_a_stored_time_is_the_same_instant(at: datetime, hours: int) -> None:
    """Times keep their instant to the microsecond whatever their zone, and sort as text."""
    aware = at.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert to_time(from_time(aware)) == aware
    assert (from_time(aware) < from_time(NOW)) == (aware < NOW)
    assert to_time(from_time(aware)).tzinfo == UTC
