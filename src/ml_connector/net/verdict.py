"""What a status code says about the request, before any adapter looks at the body. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from ml_connector.errors import Ambiguous, RateLimited, Transient
from ml_connector.wire import Request, Response, Safety

SERVER_ERRORS = 500
RETRY_AFTER_SECONDS_MAX = 86_400.0
"""A vendor that asks for more than a day is taken to mean a day."""


def verdict(request: Request, response: Response, now: datetime) -> Response:
    """Return the answer, or raise what it means: RateLimited for 429, Transient or Ambiguous for a server error.

    Infor's gateway answers 504 while the target may still complete the call, and any other 5xx may come after the
    work was done: only a call that may be repeated is sure to be safe after one.
    """
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited(f"{request.operation}: asked to wait (429).", after=retry_after(response, now))
    if response.status < SERVER_ERRORS:
        return response
    message = f"{request.operation}: the server answered {response.status}."
    if request.safety is Safety.ONCE:
        raise Ambiguous(message)
    wait = retry_after(response, now)
    if wait is not None:
        raise RateLimited(message, after=wait)
    raise Transient(message)


def retry_after(response: Response, now: datetime) -> float | None:
    """Seconds to wait by the Retry-After header (a number or an HTTP date); None where it is absent or unreadable."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return min(float(text), RETRY_AFTER_SECONDS_MAX)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(0.0, (aware - now).total_seconds()), RETRY_AFTER_SECONDS_MAX)
