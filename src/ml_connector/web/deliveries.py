"""The web's side of the door: bounds what is read of a delivery, in bytes and in time, and passes it on."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from litestar import MediaType, Request, Response, post
from litestar.datastructures import State
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK
from sqlalchemy.exc import SQLAlchemyError

from ml_connector.engine.door import BODY_MAX, Door
from ml_connector.errors import ConnectorError

READ_SECONDS = 15.0
"""How long a sender may take over its body; Jira itself waits 20 seconds for an answer."""
PATH = "/webhooks/jira/{name:str}/{path:str}"
AT_ONCE = 40
"""Deliveries that are read beside each other: Jira sends about 30 at once. Others wait their turn outside memory."""


def deliveries_route(door: Door) -> HTTPRouteHandler:
    """The route that Jira delivers to."""
    turns = asyncio.Semaphore(AT_ONCE)

    @post(PATH, media_type=MediaType.TEXT, status_code=HTTP_200_OK, include_in_schema=False)
    async def take(request: Request[None, None, State], name: FromPath[str], path: FromPath[str]) -> Response[str]:
        if not await asyncio.to_thread(door.opens, name, path):
            return _answer(HTTPStatus.NOT_FOUND)
        async with turns:
            try:
                async with asyncio.timeout(READ_SECONDS):
                    body = await _bounded(request)
            except (TimeoutError, ClientException):
                return _answer(HTTPStatus.REQUEST_TIMEOUT)
            if body is None:
                return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            try:
                return _answer(await asyncio.to_thread(door.take, name, dict(request.headers), body))
            except (ConnectorError, SQLAlchemyError):
                # Jira tries again after this, and only after this.
                return _answer(HTTPStatus.SERVICE_UNAVAILABLE)

    return take


async def _bounded(request: Request[None, None, State]) -> bytes | None:
    """The body; None where it is longer than what is read. A length that is told is believed only to refuse."""
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and (len(told) > len(str(BODY_MAX)) or int(told) > BODY_MAX):
        return None
    parts: list[bytes] = []
    length = 0
    async for part in request.stream():
        length += len(part)
        if length > BODY_MAX:
            return None
        parts.append(part)
    return b"".join(parts)


def _answer(status: HTTPStatus) -> Response[str]:
    return Response(status.phrase, status_code=status, media_type=MediaType.TEXT)
