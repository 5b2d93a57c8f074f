"""The story with PostgreSQL as the store. Goal: the ledger is the same to the cent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import test_accrual, test_story
from engine.acme import Acme, build
from postgresql import empty_database

pytestmark = pytest.mark.slow
CLAIMS: tuple[Callable[[Acme], None], ...] = (
    test_story.test_hours_are_in_the_ledger_to_the_cent,
    test_story.test_an_edited_entry_is_reversed_and_replaced,
    test_story.test_a_deleted_entry_is_reversed,
    test_story.test_a_second_cycle_on_an_unchanged_world_is_cheap_and_writes_nothing,
    test_story.test_what_finance_posted_is_confirmed_and_what_they_deleted_is_held,
    test_accrual.test_an_accrual_is_posted_on_the_last_day_and_returns_on_the_first,
)


@pytest.fixture
def acme_on_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Acme]:
    """The vendors as seeded, and an installation whose database is named by the environment."""
    monkeypatch.setenv("MLC_DATABASE_URL", empty_database())
    made = build(tmp_path)
    assert made.installed.database.engine.dialect.name == "postgresql"
    assert not made.installed.home.database_file.exists()
    yield made
    made.installed.database.close()


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.__name__)
def test_what_is_true_on_sqlite_is_true_on_postgresql(acme_on_postgresql: Acme, claim: Callable[[Acme], None]) -> None:
    """Claims of the story, tried again."""
    claim(acme_on_postgresql)
