"""Asking the tenant which fields its classes have, so that a wrong field map is found before it is used."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ml_connector.erp.answers import UNREADABLE
from ml_connector.erp.fsm.answers import BASE
from ml_connector.errors import Malformed
from ml_connector.wire import Request, Response, Safety

DEPTH_MAX = 20


def fields_request(business_class: str) -> Request:
    """Ask for the metadata of a class's fields."""
    return Request(f"fsm.fields.{business_class}", "GET", f"{BASE}/classes/{business_class}/fields", Safety.READ)


def parse_fields(request: Request, response: Response) -> frozenset[str]:
    """Every name in the answer; empty for a class that the tenant does not have.

    The service is documented and its shape is not: texts and keys anywhere in the answer count as names, which can
    only make us think that too many fields exist.
    """
    if response.status != 200:  # noqa: PLR2004 - the service answers 200 or a refusal
        return frozenset()
    try:
        return frozenset(_texts(msgspec.json.decode(response.body), DEPTH_MAX))
    except UNREADABLE:
        raise Malformed(f"{request.operation}: the answer is not JSON.") from None


def _texts(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth:
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value:
            yield from _texts(inner, depth - 1)


def is_known(field: str, known: frozenset[str]) -> bool:
    """Whether a field is among those names: by itself, or as a part of a group field (`ProjectDateRange.BeginDate`)."""
    return field in known or field.partition(".")[0] in known
