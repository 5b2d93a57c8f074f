"""Reading what clients send: bodies, paging and lists, as leniently and as strictly as Jira does."""

from __future__ import annotations

import json
from typing import Any

from ml_connector_sandbox.jira.site import Invalid
from ml_connector_sandbox.wire import Request


class Malformed(Exception):
    """A body that is no JSON object."""


def value(request: Request) -> Any:
    """The body as any JSON; NaN and Infinity, which Python would take, are none. Raises Malformed."""
    try:
        return json.loads(request.body, parse_constant=_no_json)
    except ValueError as error:
        raise Malformed(str(error)) from None


def _no_json(word: str) -> None:
    raise ValueError(f"{word} is no JSON.")


def body(request: Request) -> dict[str, Any]:
    """The body as an object; an empty one where there is none. Raises Malformed."""
    if not request.body:
        return {}
    found = value(request)
    if not isinstance(found, dict):
        raise Malformed("Cannot deserialize: an object is expected.")
    return found


def mapping(found: object, name: str) -> dict[str, Any]:
    """An object inside a body; an empty one where there is none. Raises Invalid."""
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Invalid(errors={name: "An object is expected."})
    return found


def names(request: Request, name: str) -> list[str]:
    """A list parameter: repeated, or joined by commas."""
    return [part.strip() for value in request.many(name) for part in value.split(",") if part.strip()]


def listed(value: object) -> list[str]:
    """A list in a body; one comma-joined text is taken as well."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(part) for part in value] if isinstance(value, list) else []


def whole(text: object, default: int, name: str) -> int:
    """A whole number. Raises Invalid."""
    if text in ("", None):
        return default
    try:
        return int(str(text))
    except ValueError:
        raise Invalid([f"'{text}' is not a valid value for {name}."]) from None


def true(text: object) -> bool:
    """Whether a flag is set."""
    return str(text).lower() == "true"


def paged(request: Request, items: list[Any], most: int, link: str) -> dict[str, Any]:
    """A page bean: `values` with where it begins and whether more come."""
    start = max(0, whole(request.one("startAt"), 0, "startAt"))
    size = max(0, min(most, whole(request.one("maxResults"), most, "maxResults")))
    part = items[start : start + size]
    page = {
        "self": f"{link}?startAt={start}&maxResults={size}",
        "maxResults": size,
        "startAt": start,
        "total": len(items),
        "isLast": start + len(part) >= len(items),
        "values": part,
    }
    return page if page["isLast"] else {**page, "nextPage": f"{link}?startAt={start + size}&maxResults={size}"}
