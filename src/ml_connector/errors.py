"""Every error, sorted by what happens next.

    ConnectorError
    ├── Transient           nothing was applied; trying again later may work
    │   └── RateLimited     the vendor asked us to wait; `after` seconds at least, for everything that shares the limit
    ├── Ambiguous           a write may or may not have been applied; wait the settle time, look, then decide
    ├── Rejected            the vendor refused this record; hold it, go on with the others
    ├── Unauthorized        credentials no longer work; stop the connection and tell the operator once
    ├── Misconfigured       our settings or mapping are wrong; a person changes them
    │   └── Refused         a command was asked for something that may not be done now
    ├── Drifted             the world moved since the plan was made; plan again
    ├── Malformed           a vendor's answer is not what it can be; keep it, stop, tell
    ├── Fenced              another worker took this connection over; stop at once, write nothing more
    └── InvariantBroken     we are wrong; stop and keep the evidence

| situation                                                     | raise             |
|---------------------------------------------------------------|-------------------|
| connection refused before anything was sent                   | `Transient`       |
| 5xx, time-out or lost connection on a read                    | `Transient`       |
| 5xx, 504, time-out or lost connection on a write              | `Ambiguous`       |
| 429                                                           | `RateLimited`     |
| 401 after one renewal, refused refresh token                  | `Unauthorized`    |
| 400, 404, 409, 413, 422 about one record                      | `Rejected`        |
| unknown field, project that is gone, bad TOML                 | `Misconfigured`   |
| a plan's recorded inputs differ from today's                  | `Drifted`         |
| an answer without the parts that the vendor documents         | `Malformed`       |
| a lease that is no longer ours                                | `Fenced`          |
| a journal that does not balance, a reference with other lines | `InvariantBroken` |

A message says what happened, to what; `remedy` says what to do. Neither ever holds a secret.
"""

from __future__ import annotations


class ConnectorError(Exception):
    """The root: a sentence about what happened, and one about what to do. `hop` is how far a call came, where known."""

    hop: str = ""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class Transient(ConnectorError):
    """Nothing was applied, and trying again later may work."""


class RateLimited(Transient):
    """The vendor asked us to wait. `after` is the least number of seconds, None where it named none."""

    def __init__(self, message: str, *, after: float | None = None, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.after = after


class Ambiguous(ConnectorError):
    """A write may or may not have been applied: wait the settle time, look by reference, then decide."""


class Rejected(ConnectorError):
    """The vendor refused this record and will refuse it again: hold it and go on with the others.

    `fields` are those that it named.
    """

    def __init__(self, message: str, *, remedy: str = "", status: int = 0, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.fields = fields


class Unauthorized(ConnectorError):
    """Credentials no longer work: the connection stops until a person acts. `cause` is a word for why, where known."""

    def __init__(self, message: str, *, remedy: str = "", cause: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.cause = cause


class Misconfigured(ConnectorError):
    """Our settings or mapping are wrong: a person changes them."""


class Refused(Misconfigured):
    """A command was asked for something that may not be done now."""


class Drifted(ConnectorError):
    """The world moved since the plan was made. `changes` names each operation that differs."""

    def __init__(self, message: str, *, changes: tuple[str, ...] = (), remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.changes = changes


class Malformed(ConnectorError):
    """A vendor's answer is not what the vendor documents: nothing is concluded from it."""


class Fenced(ConnectorError):
    """Another worker took this connection over: write nothing more."""


class InvariantBroken(ConnectorError):
    """We are wrong: the worker stops and the evidence stays."""
