"""Heads of the audit chain, kept where the owner of the database cannot reach them.

A chain proves that nothing was changed in its middle; that it was not made anew as a whole shows only against a head
that was told to somebody else in time. An anchor is one line of JSON, `at`, `seq` and `hash`: in a file, in a mail or
in the body of a webhook. Lines that were copied from mails or from a webhook's log make a file of anchors again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy import Connection as Transaction

from ml_connector.core.journal import fingerprint
from ml_connector.errors import ConnectorError, Misconfigured, Transient
from ml_connector.store import audit, cursors
from ml_connector.store.audit import Head
from ml_connector.store.database import Database
from ml_connector.wire import Request, Response, Safety

EVERY = timedelta(days=1)
REFUSED_FROM = 300
AGAIN = timedelta(hours=1)
"""How long after a failure it is tried again."""
SERVICE = "*"
"""Whose cursors remember what was told where: the whole service's, and no connection's."""


class Place(Protocol):
    """Somewhere that whoever owns the database cannot change. `name` tells people and the log which."""

    @property
    def name(self) -> str:
        """What it is called, without any secret."""
        ...

    def put(self, line: str) -> None:
        """Keep one anchor. Raises ConnectorError where it could not."""
        ...


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file on another machine, or on a medium that is written once."""

    file: Path

    @property
    def name(self) -> str:
        """The file."""
        return str(self.file)

    def put(self, line: str) -> None:
        """Append a line, down to the disk. Raises Misconfigured where the file cannot be written."""
        try:
            with self.file.open("a", encoding="utf-8") as kept:
                kept.write(line + "\n")
                kept.flush()
                os.fsync(kept.fileno())
        except OSError as error:
            raise Misconfigured(
                f"The anchor file {self.file} cannot be written: {error.strerror}.", remedy="Name a file that can be."
            ) from None


@dataclass(frozen=True, slots=True)
class WebhookPlace:
    """An address that each anchor is posted to as JSON. `send` is a client of ours; `token` goes in the header."""

    url: str
    send: Callable[[Request], Response]
    token: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """Its host: the path of a webhook is often its secret."""
        return f"webhook at {urlsplit(self.url).hostname}"

    def put(self, line: str) -> None:
        """Post it. Raises Transient where it is not taken: telling the same head twice does no harm."""
        headers = {
            "Content-Type": "application/json",
            **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
        }
        request = Request("anchor.post", "POST", self.url, Safety.REPEATABLE, (), headers, line.encode())
        response = self.send(request)
        if response.status >= REFUSED_FROM:
            raise Transient(
                f"The {self.name} answered {response.status} to an anchor.",
                remedy="Correct its address or token; it is tried again within the hour.",
            )


@dataclass(frozen=True, slots=True)
class MailPlace:
    """A mailbox that each anchor is sent to. `send` takes subject and text."""

    to: str
    send: Callable[[str, str], None]

    @property
    def name(self) -> str:
        """The mailbox."""
        return f"mail to {self.to}"

    def put(self, line: str) -> None:
        """Send it. Raises Transient where the mail server does not take it."""
        self.send("Head of the audit trail of ml-connector", f"{EXPLANATION}\n\n{line}\n")


EXPLANATION = (
    "This is the present head of ml-connector's audit trail. Keep it: `ml-connector audit verify --anchors FILE`,\n"
    "with the line below in FILE, proves later that nothing up to here was changed."
)


def anchor(database: Database, place: Place, now: datetime) -> Head | None:
    """Tell a place the head, unless it was the last that it was told. Returns it; None for an empty chain.

    Raises ConnectorError where the place cannot take it.
    """
    with database.read() as tx:
        head = audit.head(tx)
        told = _told(tx, place)
    if head is None or (told is not None and told.head == head):
        return head
    line = json.dumps({"at": now.isoformat(), "seq": head.seq, "hash": head.hash})
    place.put(line)
    with database.begin() as tx:
        cursors.move(tx, SERVICE, _stream(place), line, now)
    return head


def anchor_daily(database: Database, place: Place, now: datetime) -> None:
    """Anchor where the last time is a day ago. Raises ConnectorError."""
    with database.read() as tx:
        told = _told(tx, place)
    if told is None or now - told.at >= EVERY:
        anchor(database, place, now)


@dataclass(slots=True)
class Anchoring:
    """Anchors daily in every place. What one place does not take stops neither the others nor any run."""

    database: Database
    places: tuple[Place, ...]
    not_before: dict[str, datetime] = field(default_factory=dict)

    def daily(self, now: datetime, tell: Callable[[Place, ConnectorError], None]) -> None:
        """Anchor wherever it is time. A failure is told, and tried again later."""
        for place in self.places:
            if now < self.not_before.get(place.name, now):
                continue
            try:
                anchor_daily(self.database, place, now)
            except ConnectorError as error:
                self.not_before[place.name] = now + AGAIN
                tell(place, error)


@dataclass(frozen=True, slots=True)
class _Told:
    at: datetime
    head: Head


def _stream(place: Place) -> str:
    return f"anchor {fingerprint(place.name)}"


def _told(tx: Transaction, place: Place) -> _Told | None:
    """What a place was told last, None where nothing."""
    kept = cursors.read(tx, SERVICE, _stream(place))
    if kept is None:
        return None
    line = json.loads(kept)
    return _Told(datetime.fromisoformat(line["at"]), Head(line["seq"], line["hash"]))


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
