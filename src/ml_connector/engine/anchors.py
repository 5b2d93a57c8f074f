"""Heads of the audit chain, kept where the owner of the database cannot reach them.

A chain proves that nothing was changed in its middle; that it was not made anew as a whole shows only against a head
that was told to somebody else in time. A file of anchors holds one JSON object a line: `at`, `seq` and `hash`.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

from ml_connector.errors import Misconfigured
from ml_connector.store import audit
from ml_connector.store.audit import Head
from ml_connector.store.database import Database

EVERY = timedelta(days=1)


def anchor(database: Database, file: Path, now: datetime) -> Head | None:
    """Append the head to a file, unless it stands there already. Returns it; None for an empty chain.

    Raises Misconfigured where the file cannot be written.
    """
    with database.read() as tx:
        head = audit.head(tx)
    if head is None or (file.exists() and head in read_anchors(file)):
        return head
    line = json.dumps({"at": now.isoformat(), "seq": head.seq, "hash": head.hash}) + "\n"
    try:
        with file.open("a", encoding="utf-8") as kept:
            kept.write(line)
            kept.flush()
            os.fsync(kept.fileno())
    except OSError as error:
        raise Misconfigured(
            f"The anchor file {file} cannot be written: {error.strerror}.", remedy="Name a file that can be."
        ) from None
    return head


def anchor_daily(database: Database, file: Path, now: datetime) -> None:
    """Anchor where the last time is a day ago. Raises Misconfigured."""
    last = last_anchored(file)
    if last is None or now - last >= EVERY:
        anchor(database, file, now)


def read_anchors(file: Path) -> list[Head]:
    """The heads in a file of anchors. Raises Misconfigured where it cannot be read or holds anything else."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        found = [json.loads(line) for line in lines if line.strip()]
        return [Head(int(each["seq"]), str(each["hash"])) for each in found]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misconfigured(
            f"{file} cannot be read as a file of anchors: {error}.",
            remedy="Give the file that `ml-connector audit anchor` writes, unchanged.",
        ) from None


def last_anchored(file: Path) -> datetime | None:
    """When a file was last anchored to; None where never. Raises Misconfigured."""
    if not file.exists() or not read_anchors(file):
        return None
    last = file.read_text(encoding="utf-8").splitlines()[-1]
    return datetime.fromisoformat(json.loads(last)["at"])
