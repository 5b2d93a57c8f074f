"""Keys, cursors and leases: what is to be looked at, and who looks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest

from ml_connector.errors import Fenced
from ml_connector.store import cursors, keys, leases
from ml_connector.store.database import Database
from worlds import NOW

SECONDS = 90.0


def test_ten_hints_for_one_key_are_one_piece_of_work(database: Database) -> None:
    """A key that is hinted at ten times waits once."""
    with database.begin() as tx:
        for _ in range(10):
            keys.add(tx, "acme", ["purchase_order:1"], NOW)
        assert list(keys.waiting(tx, "acme")) == ["purchase_order:1"]
        assert keys.waiting(tx, "other") == {}


def test_a_hint_that_comes_while_its_key_is_worked_on_is_not_lost(database: Database) -> None:
    """Only the hints that were read are finished."""
    with database.begin() as tx:
        keys.add(tx, "acme", ["a", "b"], NOW)
        seen = keys.waiting(tx, "acme")
        keys.add(tx, "acme", ["b"], NOW)
        keys.done(tx, "acme", seen)
        assert list(keys.waiting(tx, "acme")) == ["b"]


def test_a_cursor_is_where_it_was_moved_last(database: Database) -> None:
    """Streams of a connection have their own positions."""
    with database.begin() as tx:
        cursors.move(tx, "acme", "a", "1", NOW)
        cursors.move(tx, "acme", "a", "2", NOW)
        assert (cursors.read(tx, "acme", "a"), cursors.read(tx, "acme", "b")) == ("2", None)


def test_one_worker_holds_a_connection(database: Database) -> None:
    """A second worker gets nothing before the lease has run out; then the epoch has risen."""
    with database.begin() as tx:
        first = leases.take(tx, "acme", "elsewhere:1:x", NOW, SECONDS)
        assert leases.take(tx, "acme", "elsewhere:2:y", NOW + timedelta(seconds=SECONDS - 1), SECONDS) is None
        second = leases.take(tx, "acme", "elsewhere:2:y", NOW + timedelta(seconds=SECONDS + 1), SECONDS)
        assert first is not None
        assert second is not None
        assert second > first


def test_a_worker_that_was_succeeded_writes_nothing_more(database: Database) -> None:
    """Renewing a lease that another has taken is refused, and giving it back leaves the other's alone."""
    later = NOW + timedelta(seconds=SECONDS + 1)
    with database.begin() as tx:
        old = leases.take(tx, "acme", "elsewhere:1:x", NOW, SECONDS)
        leases.take(tx, "acme", "elsewhere:2:y", later, SECONDS)
        assert old is not None
        leases.give_back(tx, "acme", "elsewhere:1:x", old)
        assert leases.take(tx, "acme", "elsewhere:3:z", later, SECONDS) is None
        with pytest.raises(Fenced, match="taken over"):
            leases.renew(tx, "acme", "elsewhere:1:x", old, later, SECONDS)


def test_a_lease_that_was_given_back_is_free_at_once(database: Database) -> None:
    """The next run need not wait for the end of the last one's lease."""
    with database.begin() as tx:
        epoch = leases.take(tx, "acme", "elsewhere:1:x", NOW, SECONDS)
        assert epoch is not None
        leases.give_back(tx, "acme", "elsewhere:1:x", epoch)
        assert leases.take(tx, "acme", "elsewhere:2:y", NOW, SECONDS) == epoch + 1


def test_a_worker_on_this_machine_that_is_gone_is_succeeded_at_once(database: Database) -> None:
    """Killed and started again, a process need not wait for the lease of its former self; a live one is respected."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with database.begin() as tx:
        leases.take(tx, "acme", f"{socket.gethostname()}:{gone.pid}:x", NOW, SECONDS)
        assert leases.take(tx, "acme", "me", NOW, SECONDS) is not None
        leases.take(tx, "other", f"{socket.gethostname()}:{os.getppid()}:x", NOW, SECONDS)
        assert leases.take(tx, "other", "me", NOW, SECONDS) is None
