"""What all of Jira's answers have in common: bodies may be anything on an error, times come in several spellings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TypeVar

import msgspec

from ml_connector.errors import ConnectorError, Malformed, Misconfigured, Rejected, Unauthorized
from ml_connector.wire import Request, Response

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
MESSAGE_CHARACTERS_MAX = 500
NO_REASON = "no reason given"
OFFSET_WITHOUT_COLON = re.compile(r"([+-]\d\d)(\d\d)$")
ABOUT_THE_RECORD = frozenset({400, 404, 409, 413, 422})

Shape = TypeVar("Shape")
Id = int | str


class _Refusal(msgspec.Struct, rename="camel"):
    error_messages: list[str] = []
    errors: dict[str, msgspec.Raw] | list[msgspec.Raw] = {}
    message: str = ""


def refusal_text(body: bytes) -> str:
    """Jira's own words in a refusal, on one line and cut; never a web page."""
    try:
        refusal = msgspec.json.decode(body, type=_Refusal)
    except UNREADABLE:
        return NO_REASON
    by_field = refusal.errors.items() if isinstance(refusal.errors, dict) else ()
    parts = [*refusal.error_messages, *(f"{name}: {_word(raw)}" for name, raw in by_field), refusal.message]
    return one_line("; ".join(part for part in parts if part)) or NO_REASON


def refused_fields(body: bytes) -> tuple[str, ...]:
    """Ids of the fields that a refusal names."""
    try:
        refusal = msgspec.json.decode(body, type=_Refusal)
    except UNREADABLE:
        return ()
    return tuple(refusal.errors) if isinstance(refusal.errors, dict) else ()


def _word(raw: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=str)
    except UNREADABLE:
        return bytes(raw).decode(errors="replace")


def one_line(text: str) -> str:
    """The vendor's words, fit for a message."""
    return " ".join(text.split())[:MESSAGE_CHARACTERS_MAX]


def without(secrets: Iterable[str], text: str) -> str:
    """A vendor's words without what they may repeat of our secrets."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


def refused(request: Request, response: Response) -> ConnectorError:
    """The error for an answer that is none of success: about the record, about our rights, or about our address."""
    why = refusal_text(response.body)
    message = f"{request.operation}: Jira refused the call ({response.status}): {why}"
    if response.status == HTTPStatus.FORBIDDEN:
        remedy = "Give the integration user the permission; `ml-connector check` names what is lacking."
        return Rejected(message, status=response.status, remedy=remedy)
    if response.status in ABOUT_THE_RECORD:
        return Rejected(message, status=response.status, fields=refused_fields(response.body))
    if response.status == HTTPStatus.UNAUTHORIZED:
        return Unauthorized(message, remedy="Store credentials that work with `ml-connector connect jira`.")
    return Misconfigured(message, remedy="Check the address of the site in the connection.")


def parse(request: Request, response: Response, shape: type[Shape]) -> Shape:
    """The answer's body as a shape; parts that nobody asked for are left. Raises what `refused` says, and Malformed."""
    if response.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        raise refused(request, response)
    try:
        return msgspec.json.decode(response.body, type=shape)
    except UNREADABLE:
        raise Malformed(
            f"{request.operation}: Jira's answer is not what it documents.",
            remedy="Check that the address is that of the Jira site itself, and not of a proxy before it.",
        ) from None


def done(request: Request, response: Response) -> None:
    """An answer to a write that tells nothing but success. Raises what `refused` says."""
    if response.status not in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT):
        raise refused(request, response)


def instant(value: str | int) -> datetime:
    """A time as Jira spells it: ISO with an offset of four digits, with a colon, `Z`, or milliseconds since 1970.

    Keeps the offset that it was written with. Raises ValueError for anything else.
    """
    if isinstance(value, int):
        return from_millis(value)
    at = datetime.fromisoformat(OFFSET_WITHOUT_COLON.sub(r"\1:\2", value))
    if at.tzinfo is None:
        raise ValueError(f"{value!r} names no offset")
    return at


def from_millis(value: int) -> datetime:
    """Milliseconds since 1970 as an aware time in UTC, exactly. Raises ValueError beyond what a calendar holds."""
    try:
        return datetime.fromtimestamp(value // 1000, UTC).replace(microsecond=value % 1000 * 1000)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{value} milliseconds are no time") from error


def to_millis(at: datetime) -> int:
    """An aware time in whole milliseconds since 1970, rounded down."""
    return int(at.timestamp()) * 1000 + at.microsecond // 1000
