"""What vendors tell beside their answers: their clocks, and how much of their limits is left."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from ml_connector.clock import Clock
from ml_connector.net.quota import quota
from ml_connector.wire import Request, Response

Exchange = Callable[[Request], Response]
HALF_SECOND = timedelta(seconds=0.5)
"""`Date` names whole seconds, cut off: on average the clock that wrote it was half a second further."""


@dataclass(frozen=True, slots=True)
class Noted:
    """Of one host: calls answered and refused, its clock against ours (positive: ahead), its limit and what is left.

    None where its answers do not tell.
    """

    calls: int = 0
    refused: int = 0
    skew: timedelta | None = None
    limit: int | None = None
    remaining: int | None = None


@dataclass(slots=True)
class Observed:
    """Notes what goes through it, by host."""

    clock: Clock
    hosts: dict[str, Noted] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def through(self, exchange: Exchange) -> Exchange:
        """The same exchange, noted."""

        def observed(request: Request) -> Response:
            before = self.clock.now()
            response = exchange(request)
            self._note(urlsplit(request.url).netloc, response, before, self.clock.now())
            return response

        return observed

    def _note(self, host: str, response: Response, before: datetime, after: datetime) -> None:
        with self.lock:
            noted = self.hosts.get(host, Noted())
            skew, limit = _skew(response, before + (after - before) / 2), quota(response, after).calls
            remaining = _whole(response.headers.get("x-ratelimit-remaining", ""))
            self.hosts[host] = replace(
                noted,
                calls=noted.calls + 1,
                refused=noted.refused + (response.status == HTTPStatus.TOO_MANY_REQUESTS),
                skew=noted.skew if skew is None else skew,
                limit=noted.limit if limit is None else limit,
                remaining=noted.remaining if remaining is None else remaining,
            )


def _skew(response: Response, at: datetime) -> timedelta | None:
    try:
        told = parsedate_to_datetime(response.headers.get("date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return told + HALF_SECOND - at if told.tzinfo is not None else None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000000") else None
