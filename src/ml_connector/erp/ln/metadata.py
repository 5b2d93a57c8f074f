"""Asking LN which properties its sets have, so that a wrong field map is found before it is used."""

from __future__ import annotations

import re

from ml_connector.erp.ln.odata import OK, ListRefused, refusal_text
from ml_connector.wire import Request, Response

PROPERTY = re.compile(r"""<(?:\w+:)?Property\b[^>]*?\bName\s*=\s*["']([^"']+)["']""")


def parse_properties(request: Request, response: Response) -> frozenset[str]:
    """Every property that the model of a service names, of whatever set: too many rather than too few.

    Raises ListRefused for a service that is not there or not active.
    """
    if response.status != OK:
        raise ListRefused(
            f"{request.operation}: LN does not show the service's model ({response.status}): {refusal_text(response)}",
            status=response.status,
            remedy="Activate the service in the company and entitle the service account's user to it.",
        )
    return frozenset(PROPERTY.findall(response.body.decode("utf-8", "replace")))
