"""The one way to call a vendor: keep the pace, send, judge the answer, wait and try again where that is safe."""

from __future__ import annotations

import random as randomness
import threading
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

import structlog

from ml_connector.clock import Clock
from ml_connector.errors import Ambiguous, ConnectorError, RateLimited, Transient
from ml_connector.net.limits import Pace, waited
from ml_connector.net.quota import quota
from ml_connector.net.retry import GiveUp, Random, decide
from ml_connector.net.transport import Lost
from ml_connector.net.verdict import verdict
from ml_connector.wire import Request, Response, Safety

log = structlog.get_logger()


class Client:
    """Sends requests to one vendor tenant. `transport` is one exchange, `pace` is shared by all that use the tenant.

    Log lines name the operation, never a header, a body or a value of the query.
    """

    def __init__(
        self,
        transport: Callable[[Request], Response],
        clock: Clock,
        pace: Pace | None = None,
        random: Random = randomness.random,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._pace = pace or Pace()
        self._random = random
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()

    @property
    def calls(self) -> dict[str, int]:
        """How often each operation went out so far, repeats counted."""
        with self._lock:
            return dict(self._calls)

    def send(self, request: Request) -> Response:
        """The answer, where it is under 500 and not 429. Raises Transient, RateLimited, Ambiguous and Misconfigured."""
        attempt = 1
        while True:
            try:
                return self._once(request, attempt)
            except ConnectorError as error:
                decision = decide(error, attempt, request.safety, self._random)
                self._tell(request, attempt, error, decision)
                if isinstance(decision, GiveUp) or not waited(self._clock, decision.seconds):
                    raise
            attempt += 1

    def _once(self, request: Request, attempt: int) -> Response:
        sent = self._pace.before(self._clock, request)
        with self._lock:
            self._calls[request.operation] += 1
        try:
            response = self._transport(request)
        except Lost as lost:
            raise unanswered(lost, request) from None
        log.debug(
            "A vendor answered.",
            action="vendor_answer",
            operation=request.operation,
            status=response.status,
            attempt=attempt,
        )
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._pace.refused(self._clock, quota(response, self._clock.now()), request, sent)
        else:
            self._pace.passed(request, sent)
        try:
            return verdict(request, response, self._clock.now())
        except RateLimited as error:
            if response.status != HTTPStatus.TOO_MANY_REQUESTS:
                self._pace.rest(self._clock, error.after or 0.0)
            raise

    def _tell(self, request: Request, attempt: int, error: ConnectorError, decision: object) -> None:
        log.info(
            "A call to a vendor failed.",
            action="vendor_gave_up" if isinstance(decision, GiveUp) else "vendor_retry",
            operation=request.operation,
            error=type(error).__name__,
            attempt=attempt,
            seconds=round(getattr(decision, "seconds", 0.0), 3),
        )


def unanswered(lost: Lost, request: Request) -> Ambiguous | Transient:
    """A lost exchange, by what repeating the request would do."""
    return Ambiguous(str(lost)) if request.safety is Safety.ONCE else Transient(str(lost))
