"""Asking a site which properties its IDOs have, and the tenant which configurations, before they are relied on.

The services are documented and the shapes of their answers were never seen: texts anywhere in an answer count as names,
which can only make us think that too much exists.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ml_connector.erp.answers import UNREADABLE
from ml_connector.erp.csi.answers import BASE, CONFIGURATION, OK
from ml_connector.erp.csi.sites import Site
from ml_connector.errors import Malformed
from ml_connector.wire import Request, Response, Safety

DEPTH_MAX = 20


def properties_request(site: Site, ido: str) -> Request:
    """Ask for the properties of an IDO."""
    url, headers = f"{BASE}/propertyinfo/{ido}", {CONFIGURATION: site.configuration}
    return Request(f"csi.properties.{ido}", "GET", url, Safety.READ, (), headers)


def configurations_request() -> Request:
    """Ask for the configurations of the tenant."""
    return Request("csi.configurations", "GET", f"{BASE}/configurations", Safety.READ)


def parse_names(request: Request, response: Response) -> frozenset[str]:
    """Every text in the answer; empty where the service refuses. Raises Malformed where it is no answer."""
    if response.status != OK:
        return frozenset()
    try:
        document = msgspec.json.decode(response.body)
    except UNREADABLE:
        raise Malformed(f"{request.operation}: the answer is not JSON.") from None
    if isinstance(document, dict) and document.get("Success") is False:
        return frozenset()
    return frozenset(_texts(document, DEPTH_MAX))


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
