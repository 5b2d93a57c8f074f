"""A database for every test of the store, made the way `db upgrade` makes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ml_connector.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database with the migrated schema."""
    made = Database(f"sqlite:///{tmp_path / 'books.db'}", durable=False)
    made.upgrade()
    yield made
    made.close()
