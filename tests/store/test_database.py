"""The database: its schema, what it refuses, and how writers share it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, inspect, text, update
from sqlalchemy.exc import DatabaseError

from ml_connector.errors import Misconfigured, Transient
from ml_connector.store import cursors
from ml_connector.store.database import Database, from_time, to_time
from ml_connector.store.tables import PROTECTED, approvals, create_all, metadata, plans
from store.conftest import MakeDatabase
from worlds import NOW

TRIGGERS = {
    "sqlite": "SELECT name || sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": "SELECT tgname || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname",
}


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
        triggers = tx.scalars(text(TRIGGERS[tx.dialect.name])).all()
        return {"tables": tables, "triggers": list(triggers)}


def test_a_migrated_database_is_the_one_that_the_tables_describe(database: Database, make_empty: MakeDatabase) -> None:
    """Whether migrated step by step or made at once, the schema and its triggers are the same."""
    fresh = make_empty()
    with fresh.begin() as tx:
        create_all(tx)
    assert _schema(database) == _schema(fresh)
    assert len(metadata.tables) == len(_schema(database)["tables"])  # type: ignore[arg-type] # a dictionary


def test_the_schema_is_checked_before_work(database: Database, make_empty: MakeDatabase) -> None:
    """A current database passes, an empty one names the command, and one of a newer program names the program."""
    database.check()
    empty = make_empty()
    with pytest.raises(Misconfigured, match="not current") as found:
        empty.check()
    assert "db upgrade" in found.value.remedy
    with database.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Misconfigured, match="newer version"):
        database.check()


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


def test_a_protected_table_cannot_be_emptied_at_a_stroke(database: Database) -> None:
    """PostgreSQL's TRUNCATE passes by every row trigger, and is refused by one of its own; SQLite has none."""
    if database.engine.dialect.name == "sqlite":
        return
    for table in PROTECTED:
        with pytest.raises(DatabaseError, match="never changed or deleted"), database.begin() as tx:
            tx.execute(text(f"TRUNCATE {table} CASCADE"))


def test_a_character_that_postgresql_cannot_keep_stops_nothing(database: Database) -> None:
    """NUL in a vendor's text is kept, or stands as the character for what cannot be shown."""
    with database.begin() as tx:
        cursors.move(tx, "acme", "erp.project", "a\x00b", NOW)
        assert cursors.read(tx, "acme", "erp.project") in ("a\x00b", "a\ufffdb")


def test_money_beyond_two_to_the_31st_is_kept(database: Database) -> None:
    """Every column that holds minor units or seconds holds 64 bits."""
    wide = {
        f"{table.name}.{column.name}": str(column.type)
        for table in metadata.tables.values()
        for column in table.columns
        if column.name in ("amount_minor", "seconds", "result_before", "epoch")
    }
    with database.read() as tx:
        found = inspect(tx)
        for name in wide:
            table, _, column = name.partition(".")
            (kind,) = [each["type"] for each in found.get_columns(table) if each["name"] == column]
            assert str(kind).upper() in ("BIGINT", "INTEGER" if database.engine.dialect.name == "sqlite" else "BIGINT")
    assert len(wide) > 4


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    """The message tells which one, and what to do; the password is in neither."""
    away = Database("postgresql://ledger:hunter2@127.0.0.1:1/books")
    with (
        pytest.raises(Transient, match=r"postgresql://ledger:\*\*\*@127.0.0.1:1/books does not answer") as caught,
        away.read(),
    ):
        pass
    assert "hunter2" not in f"{caught.value!r} {caught.value} {caught.value.__context__}"
    assert "Start it" in caught.value.remedy


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
