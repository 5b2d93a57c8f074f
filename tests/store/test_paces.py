"""What is known of limits, kept for all processes. Goal: two that change it at once lose nothing."""

from __future__ import annotations

import threading
from typing import Any

from ml_connector.store.database import Database
from ml_connector.store.paces import PaceBook

CHANGES = 25


def one_more(document: dict[str, Any] | None) -> dict[str, Any]:
    """Count."""
    return {"count": (document or {"count": 0})["count"] + 1}


def test_what_was_put_is_read_by_scope(database: Database) -> None:
    """A tenant's own, and nobody else's."""
    ours, theirs = PaceBook(database, "ours"), PaceBook(database, "theirs")
    ours.change("", one_more)
    ours.change("fsm.stage", one_more)
    ours.change("", one_more)
    assert dict(ours.read()) == {"": {"count": 2}, "fsm.stage": {"count": 1}}
    assert dict(theirs.read()) == {}


def test_processes_take_turns(database: Database) -> None:
    """Of changes by several at once, each sees the one before."""
    books = [PaceBook(database, "ours") for _ in range(3)]
    threads = [
        threading.Thread(target=lambda b=book: [b.change("", one_more) for _ in range(CHANGES)]) for book in books
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert books[0].read()[""] == {"count": CHANGES * len(books)}
