"""Vendors as functions, and a clock that only moves when it is waited on: for tests of the edges."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ml_connector.wire import Request, Response

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


@dataclass(slots=True)
class WaitingClock:
    """Time stands still until somebody waits. `stopped` is a process that was asked to end: waits are cut short."""

    at: datetime = NOON
    slept: list[float] = field(default_factory=list)
    stopped: bool = False

    def now(self) -> datetime:
        """The instant it was last moved to."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move on by the wait."""
        self.slept.append(seconds)
        if not self.stopped:
            self.at += timedelta(seconds=seconds)


Answer = Response | Exception | Callable[[Request], Response]


@dataclass(slots=True)
class Script:
    """A vendor that answers from a list, in order, and keeps what it was sent."""

    answers: Iterable[Answer]
    seen: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answers = iter(self.answers)

    def __call__(self, request: Request) -> Response:
        """The next answer; an exception in the list is raised."""
        self.seen.append(request)
        answer = next(iter(self.answers))
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else answer(request)


def answer(value: object = None, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(status, dict(headers or {}), json.dumps(value).encode())
