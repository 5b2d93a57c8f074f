"""What a status code says about the request, before any adapter looks at the body. Pure."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from ml_connector.errors import Ambiguous, RateLimited, Transient
from ml_connector.net.quota import quota, retry_after
from ml_connector.wire import Request, Response, Safety

SERVER_ERRORS = 500


def verdict(request: Request, response: Response, now: datetime) -> Response:
    """Return the answer, or raise what it means: RateLimited for 429, Transient or Ambiguous for a server error.

    Infor's gateway answers 504 while the target may still complete the call, and any other 5xx may come after the
    work was done: only a call that may be repeated is sure to be safe after one.
    """
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited(f"{request.operation}: asked to wait (429).", after=quota(response, now).after)
    if response.status < SERVER_ERRORS:
        return response
    message = f"{request.operation}: the server answered {response.status}."
    if request.safety is Safety.ONCE:
        raise Ambiguous(message)
    wait = retry_after(response, now)
    if wait is not None:
        raise RateLimited(message, after=wait)
    raise Transient(message)
