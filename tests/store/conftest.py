"""A database for every test of the store, of either kind, made the way `db upgrade` makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml_connector.store.database import Database
from postgresql import empty_database, migrated_database

MakeDatabase = Callable[[], Database]
POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.slow)


@pytest.fixture(params=["sqlite", POSTGRESQL])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database."""
    return str(request.param)


@pytest.fixture
def database(kind: str, tmp_path: Path) -> Iterator[Database]:
    """A fresh database with the migrated schema."""
    made = Database(
        migrated_database() if kind == "postgresql" else f"sqlite:///{tmp_path / 'books.db'}", durable=False
    )
    if kind == "sqlite":
        made.upgrade()
    yield made
    made.close()


@pytest.fixture
def make_empty(kind: str, tmp_path: Path) -> Iterator[MakeDatabase]:
    """Makes databases of that kind with nothing in them."""
    made: list[Database] = []

    def make() -> Database:
        url = empty_database() if kind == "postgresql" else f"sqlite:///{tmp_path / f'empty{len(made)}.db'}"
        made.append(Database(url, durable=False))
        return made[-1]

    yield make
    for each in made:
        each.close()
