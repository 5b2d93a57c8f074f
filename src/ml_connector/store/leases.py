"""Who works on a connection. A lease has an epoch that rises with each taker, and every write checks it.

A lease cannot stop a request that a halted worker sends when it wakes; it keeps that worker from writing our books.
"""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from ml_connector.errors import Fenced
from ml_connector.store.database import from_time, upsert
from ml_connector.store.tables import leases

FREE = ""

HELD = select(leases).where(leases.c.connection == bindparam("ours"))
MINE = (
    leases.c.connection == bindparam("ours"),
    leases.c.owner == bindparam("holder"),
    leases.c.epoch == bindparam("at_epoch"),
)
RENEW = update(leases).where(*MINE).values(expires_at=bindparam("until"))
GIVE_BACK = update(leases).where(*MINE).values(owner=FREE)


def take(tx: Connection, connection: str, owner: str, now: datetime, seconds: float) -> int | None:
    """Take the lease and return its epoch; None while another holds it.

    `owner` is `host:process id:random`. A holder on this host whose process is gone is succeeded at once.
    """
    held = tx.execute(HELD, {"ours": connection}).one_or_none()
    running = held is not None and held.owner not in (FREE, owner) and held.expires_at > from_time(now)
    if held is not None and running and not _is_dead(held.owner):
        return None
    epoch = 1 if held is None else int(held.epoch) + 1
    expires = from_time(now + timedelta(seconds=seconds))
    upsert(tx, leases, [{"connection": connection, "owner": owner, "epoch": epoch, "expires_at": expires}])
    return epoch


def _is_dead(owner: str) -> bool:
    host, _, rest = owner.partition(":")
    process = rest.partition(":")[0]
    if host != socket.gethostname() or not process.isdigit() or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def renew(tx: Connection, connection: str, owner: str, epoch: int, now: datetime, seconds: float) -> None:
    """Prove that the lease is still ours and prolong it. Raises Fenced where another has taken it."""
    expires = from_time(now + timedelta(seconds=seconds))
    mine = {"ours": connection, "holder": owner, "at_epoch": epoch, "until": expires}
    if tx.execute(RENEW, mine).rowcount == 0:
        raise Fenced(
            f"Another process has taken over connection {connection}; this one stopped before its next write.",
            remedy="Nothing is to be done: the other one goes on from the stored state.",
        )


def give_back(tx: Connection, connection: str, owner: str, epoch: int) -> None:
    """Let the next one in at once. Where another has taken the lease, nothing changes."""
    tx.execute(GIVE_BACK, {"ours": connection, "holder": owner, "at_epoch": epoch})
