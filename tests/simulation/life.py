"""A process that can die, or be overtaken: before or after any call to a vendor, and before or after any commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from ml_connector.store.database import Database
from ml_connector.wire import Request, Response

BEFORE_SEND, AFTER_SEND = "before a send", "after a send"
BEFORE_COMMIT, AFTER_COMMIT = "before a commit", "after a commit"
POINTS = (BEFORE_SEND, AFTER_SEND, BEFORE_COMMIT, AFTER_COMMIT)


class Killed(BaseException):
    """The process is gone. Nothing of it runs any more, not even its clean-up."""


Happening = Callable[[Request], None]
"""Something that happens while a process is stopped before a call."""


@dataclass(slots=True)
class Life:
    """One process: the points at which it could die, and where it does.

    It dies at its `dies_at`-th point, or at the first point named in `dies_on` with a call of that operation. Before
    its `stops_at`-th send, or its first send of the operation that `stops_before` names, it is stopped for a while,
    `meanwhile` happens, and it wakes and sends.
    """

    dies_at: int | None = None
    dies_on: tuple[str, str] = ("", "")
    stops_at: int | None = None
    stops_before: str = ""
    meanwhile: Happening | None = None
    alive: bool = True
    died_at: str = ""
    died_before: Request | None = None
    points: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def check(self) -> None:
        """Raises Killed where the process is gone already."""
        if not self.alive:
            raise Killed

    def point(self, name: str, call: Request | None = None) -> None:
        """A point at which the process may die."""
        self.check()
        self.points += 1
        self.seen[name] += 1
        operation = call.operation if call else ""
        if self.points == self.dies_at or (name, operation) == self.dies_on:
            self.alive = False
            self.died_at = name
            self.died_before = call if name == BEFORE_SEND else None
            raise Killed
        if call and name == BEFORE_SEND and (self.seen[name] == self.stops_at or operation == self.stops_before):
            self._stop(call)

    def _stop(self, call: Request) -> None:
        happening, self.meanwhile = self.meanwhile, None
        if happening is not None:
            happening(call)


class MortalDatabase(Database):
    """A database as one process sees it."""

    def __init__(self, engine: Engine, life: Life) -> None:
        self.engine = engine
        self.url = str(engine.url)
        self._life = life

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction, between two points."""
        self._life.check()
        with super().begin() as tx:
            yield tx
            self._life.point(BEFORE_COMMIT)
        self._life.point(AFTER_COMMIT)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A reading."""
        self._life.check()
        with super().read() as tx:
            yield tx


def mortal(
    life: Life, send: Callable[[Request], Response], take_time: Callable[[], None]
) -> Callable[[Request], Response]:
    """A transport as one process sees it. Each call takes its time."""

    def exchange(request: Request) -> Response:
        life.point(BEFORE_SEND, request)
        take_time()
        response = send(request)
        life.point(AFTER_SEND, request)
        return response

    return exchange
