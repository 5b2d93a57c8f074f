"""Requests and responses as plain values, so that adapters build and parse without opening a socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import quote, urlencode


class Safety(StrEnum):
    """What repeating an operation would do. A property of the operation, never of the HTTP verb.

    Infor's M3 adds and FSM form operations are GETs with side effects, and Jira searches are POSTs.
    """

    READ = "read"
    """No effect at all."""
    REPEATABLE = "repeatable"
    """An effect, but the second time changes nothing (writing the same value again)."""
    ONCE = "once"
    """An effect that repeating could double: never sent again before looking."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call to a vendor. `operation` is its stable name in logs, limits and tests, as in `fsm.stage`; `item` names
    the record that is written, where a vendor limits the writes of one record.

    `url` is absolute, or a path that starts with `/` for the sender that knows the vendor's base to complete. Its repr
    shows neither headers nor body: both may hold secrets.
    """

    operation: str
    method: str
    url: str
    safety: Safety
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    item: str = ""

    @property
    def target(self) -> str:
        """The URL with its query, percent-encoded."""
        if not self.query:
            return self.url
        return f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(self.query, quote_via=quote)}"

    def at(self, base: str) -> Request:
        """The same request under a vendor's base URL."""
        return replace(self, url=base.rstrip("/") + self.url) if self.url.startswith("/") else self

    def with_headers(self, more: Mapping[str, str]) -> Request:
        """The same request with more headers."""
        return replace(self, headers={**self.headers, **more})


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


Send = Callable[[Request], Response]
"""Sends a request and returns the answer, or raises one of our errors. Answers under 500 other than 429 come back
as they are: what a 400 or a 404 means is the adapter's business."""
