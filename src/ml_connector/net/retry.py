"""Whether a failed call is tried again, and after how long. Pure: the client carries it out.

Exponential back-off with full jitter. Where a vendor asked us to wait, the pace holds the call until then. A wait
beyond our patience is not served: the call gives up, and the connection's next run comes later anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ml_connector.errors import ConnectorError, RateLimited, Transient
from ml_connector.wire import Safety

Random = Callable[[], float]
"""A number from 0 up to 1, without 1."""

ATTEMPTS_MAX = 5
BACKOFF_SECONDS = 1.0
BACKOFF_SECONDS_MAX = 30.0
REFUSALS_MAX = 10
"""How often one call is refused before it gives up: waits that double reach past a minute long before."""
PATIENCE_SECONDS = 120.0
"""A longer wait than this is left to the schedule."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Let the error go to the caller."""


def decide(error: ConnectorError, attempt: int, safety: Safety, random: Random) -> Wait | GiveUp:
    """What to do after the `attempt`-th try (from 1) failed with this error.

    A 429 was not acted on, so every call may be repeated after one. Any other Transient is repeated only where
    repeating does no harm; Ambiguous and all else never.
    """
    if isinstance(error, RateLimited):
        again = attempt < REFUSALS_MAX and (error.after or 0.0) <= PATIENCE_SECONDS
        return Wait(0.0) if again else GiveUp()
    if attempt >= ATTEMPTS_MAX or not isinstance(error, Transient) or safety is Safety.ONCE:
        return GiveUp()
    return Wait(random() * min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2 ** (attempt - 1)))
