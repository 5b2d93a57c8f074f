"""The database: SQLite with write-ahead log by default, PostgreSQL where it is outgrown. One place for what differs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.abc import Buffer
from psycopg.types.string import StrDumper
from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from ml_connector.errors import Misconfigured, Transient

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MILLISECONDS = 30_000
"""How long a writer waits for another before it gives up."""
IN_LIST_MAX = 500
"""Values in one IN list: below what SQLite and PostgreSQL take."""

WRITERS_LOCK = text("SELECT pg_advisory_xact_lock(7093016501)")
"""A number of our own, the same for every process on one database."""
ONE_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

Item = TypeVar("Item")


class Database:
    """One database. `durable` False lets SQLite skip the disk: for tests, never for books."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        self.engine = _engine(url, durable=durable)
        self.url = url

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: committed at the end, rolled back on an error. Writers wait for each other.

        Raises Transient where the database does not answer.
        """
        with self._connected() as connection, connection.begin():
            _begin_writing(connection)
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent reading. Nothing that it does is kept. Raises Transient where the database does not answer."""
        with self._connected() as connection:
            _begin_reading(connection)
            yield connection

    def _connected(self) -> Connection:
        try:
            return self.engine.connect()
        except OperationalError as error:
            raise Transient(
                f"The database {shown_url(self.url)} does not answer: {_first_line(error.orig)}.",
                remedy="Start it, or correct its address; nothing was written.",
            ) from None

    def upgrade(self) -> None:
        """Bring the schema to this program's version."""
        config = _config()
        with self.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def check(self) -> None:
        """Raises Misconfigured where the schema is not this program's."""
        head = ScriptDirectory.from_config(_config()).get_current_head()
        with self.read() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
        if present == head:
            return
        known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
        if present is not None and present not in known:
            raise Misconfigured(
                "The database was made by a newer version of ml-connector.", remedy="Install that version again."
            )
        raise Misconfigured("The database is not current.", remedy="Run `ml-connector db upgrade`.")

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _engine(url: str, *, durable: bool) -> Engine:
    if make_url(url).get_backend_name() == "postgresql":
        return _postgresql(url)
    memory = make_url(url).database in (None, "", ":memory:")
    options: dict[str, Any] = {
        "connect_args": {"check_same_thread": False, "timeout": BUSY_MILLISECONDS / 1000},
        "json_deserializer": msgspec.json.decode,
    }
    engine = create_engine(url, poolclass=StaticPool, **options) if memory else create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def connected(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # BEGIN is ours to say
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        raw.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")

    return engine


def _postgresql(url: str) -> Engine:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def connected(raw: Any, _record: object) -> None:
        raw.adapters.register_dumper(str, _StorableText)

    return engine


class _StorableText(StrDumper):
    """PostgreSQL keeps no NUL character in text; what a vendor sends may hold one, and must not stop a run."""

    def dump(self, obj: str) -> Buffer | None:
        """The text with NUL shown as what cannot be shown."""
        return super().dump(obj.replace("\x00", "\ufffd"))


def _begin_writing(connection: Connection) -> None:
    """A deferred transaction of SQLite that turns into a writer can fail half-way; a writer says so at once.

    On PostgreSQL writers take turns by a lock of the whole database: the audit trail is one chain.
    """
    if connection.dialect.name == "sqlite":
        _say_to_driver(connection, "BEGIN IMMEDIATE")
    else:
        connection.execute(WRITERS_LOCK)


def _begin_reading(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        _say_to_driver(connection, "BEGIN")
    else:
        connection.execute(ONE_SNAPSHOT)


def _say_to_driver(connection: Connection, command: str) -> None:
    """SQLAlchemy would take longer over it than over a short transaction."""
    raw: Any = connection.connection.driver_connection
    raw.execute(command)


def shown_url(url: str) -> str:
    """A database's address without its password."""
    return make_url(url).render_as_string(hide_password=True)


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")


def upsert(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace what is not part of the key where the key is there."""
    if rows:
        tx.execute(_upserting(table, tx.dialect.name), list(rows))


@cache
def _upserting(table: Table, dialect: str) -> sqlite.Insert | postgresql.Insert:
    insert: sqlite.Insert | postgresql.Insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=changed)


def chunks(items: Collection[Item]) -> Iterator[list[Item]]:
    """Pieces small enough for one IN list."""
    found = list(items)
    for start in range(0, len(found), IN_LIST_MAX):
        yield found[start : start + IN_LIST_MAX]


def from_time(at: datetime) -> str:
    """An aware time as it is stored: UTC, to the microsecond, so that text sorts like time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def to_time(stored: str) -> datetime:
    """A stored time, aware, in UTC."""
    return datetime.fromisoformat(stored)


def maybe_time(stored: str | None) -> datetime | None:
    """A stored time where there is one."""
    return None if stored is None else to_time(stored)
