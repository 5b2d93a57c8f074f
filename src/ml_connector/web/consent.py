"""Where a person's browser comes back to after they agreed that this program may use their Jira site."""

from __future__ import annotations

from collections.abc import Callable

from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from ml_connector.errors import ConnectorError

PATH = "/oauth/jira/callback"
TEXT_MAX = 4096
"""Characters of a state or a code that are looked at."""
WELL, REFUSED = 200, 400

Finish = Callable[[str, str], str]
"""Takes the state and the code that came back, and says in words what is connected."""


def consent_route(finish: Finish) -> HTTPRouteHandler:
    """The route that the authorization server sends browsers to."""

    @get(PATH, media_type=MediaType.TEXT, sync_to_thread=True, include_in_schema=False)
    def come_back(request: Request[None, None, State]) -> Response[str]:
        state, code = (str(request.query_params.get(name, ""))[:TEXT_MAX] for name in ("state", "code"))
        if not state or not code:
            return _told(REFUSED, "Nobody agreed. Nothing was stored; you may close this page.")
        try:
            return _told(WELL, f"{finish(state, code)} You may close this page.")
        except ConnectorError as error:
            return _told(REFUSED, f"{error} Nothing is connected.")

    return come_back


def _told(status: int, text: str) -> Response[str]:
    # The address holds a code: no page may remember or pass it on.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(text, status_code=status, media_type=MediaType.TEXT, headers=headers)
