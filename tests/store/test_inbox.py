"""The inbox. Goal: each delivery is looked into once, however often it comes, and none is lost."""

from __future__ import annotations

import threading
from datetime import timedelta

from ml_connector.store import inbox
from ml_connector.store.database import Database
from ml_connector.store.inbox import Hints
from worlds import NOW

HINTS = Hints(worklogs=("10066",), worklogs_of=("10014",))


def test_a_delivery_that_comes_again_is_kept_once(database: Database) -> None:
    """Its name tells it, and the same name on another connection is another delivery."""
    with database.begin() as tx:
        first = [inbox.keep(tx, name, "abc", "worklog_created", "h", HINTS, NOW) for name in ("acme", "acme", "other")]
        assert first == [True, False, True]
        (kept,) = inbox.waiting(tx, "acme", 10)
        assert (kept.identifier, kept.event, kept.hints, kept.received_at) == ("abc", "worklog_created", HINTS, NOW)


def test_what_was_looked_into_does_not_come_back(database: Database) -> None:
    """Not even when Jira, which did not hear us, delivers it once more."""
    with database.begin() as tx:
        inbox.keep(tx, "acme", "abc", "worklog_created", "h", HINTS, NOW)
        inbox.handled(tx, [kept.id for kept in inbox.waiting(tx, "acme", 10)], NOW)
        assert not inbox.keep(tx, "acme", "abc", "worklog_created", "h", HINTS, NOW)
        assert inbox.waiting(tx, "acme", 10) == []


def test_deliveries_wait_in_the_order_of_their_coming(database: Database) -> None:
    """So that a flood is worked off from its beginning."""
    with database.begin() as tx:
        for number in range(5):
            inbox.keep(tx, "acme", str(9 - number), "other", "h", Hints(), NOW)
        assert [kept.identifier for kept in inbox.waiting(tx, "acme", 3)] == ["9", "8", "7"]


def test_only_what_was_looked_into_is_forgotten(database: Database) -> None:
    """Age alone is no reason."""
    with database.begin() as tx:
        inbox.keep(tx, "acme", "old", "other", "h", HINTS, NOW)
        inbox.handled(tx, [inbox.waiting(tx, "acme", 1)[0].id], NOW)
        inbox.keep(tx, "acme", "waiting", "other", "h", HINTS, NOW)
        inbox.forget(tx, "acme", NOW + timedelta(days=30))
        assert [kept.identifier for kept in inbox.waiting(tx, "acme", 10)] == ["waiting"]
        assert inbox.keep(tx, "acme", "old", "other", "h", HINTS, NOW)
        assert inbox.last_received(tx, "acme", "") == NOW
        assert inbox.last_received(tx, "other", "") is None


def test_of_many_that_deliver_at_once_one_is_first(database: Database) -> None:
    """Jira delivers thirty side by side."""
    kept: list[bool] = []

    def deliver() -> None:
        with database.begin() as tx:
            kept.append(inbox.keep(tx, "acme", "abc", "other", "h", HINTS, NOW))

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept) == [False] * 7 + [True]
