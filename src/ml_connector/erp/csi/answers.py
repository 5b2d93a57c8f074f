"""What all answers of the IDO request service have in common: HTTP 200 says nothing, `Success` does.

Infor's Mongoose documentation, REST API for IDOs.
"""

from __future__ import annotations

import msgspec

from ml_connector.erp.answers import UNREADABLE, one_line
from ml_connector.errors import Ambiguous, ConnectorError, Malformed, Misconfigured, Rejected
from ml_connector.wire import Request, Response, Safety

BASE = "/CSI/IDORequestService/ido"
"""Below the tenant at the gateway."""
CONFIGURATION = "X-Infor-MongooseConfig"
"""The header that names the site's configuration: mandatory through the gateway."""
ABOUT_THE_RECORD = frozenset({400, 409, 413, 422})
OK = 200
PRIVILEGE = "privilege"
"""In what CSI says of a user who lacks a right (seen: `User requires [Read] privilege for …`)."""
RIGHTS = "Give the service account's user the privilege on that IDO, and check the configuration's name."


class Head(msgspec.Struct):
    """What every answer begins with."""

    Success: bool
    Message: str | None = None


HEAD = msgspec.json.Decoder(Head)


def failure(request: Request, response: Response) -> str:
    """CSI's own words where it says that it failed; empty where it succeeded. Raises Malformed for any other answer."""
    try:
        head = HEAD.decode(response.body)
    except UNREADABLE:
        raise Malformed(f"{request.operation}: the answer is not that of an IDO request.") from None
    return "" if head.Success else one_line(head.Message or "") or "no reason given"


def refusal(request: Request, response: Response) -> str:
    """Why CSI did not take one change; empty where it took it.

    Raises Rejected for a status about the data, Misconfigured where the user lacks a right or the address is wrong,
    and where the answer tells nothing Ambiguous for a change that must not be repeated, else Malformed.
    """
    if response.status != OK:
        raise by_status(request, response)
    try:
        words = failure(request, response)
    except Malformed as malformed:
        if request.safety is Safety.ONCE:
            # It was taken, and nobody can say what of it.
            raise Ambiguous(malformed.message) from malformed
        raise
    if PRIVILEGE in words.lower():
        raise Misconfigured(f"{request.operation}: {words}", remedy=RIGHTS)
    return words


def by_status(request: Request, response: Response) -> ConnectorError:
    """The error for a status that the service itself does not answer with."""
    message = f"{request.operation}: CloudSuite refused the call ({response.status})."
    if response.status in ABOUT_THE_RECORD:
        return Rejected(message, status=response.status)
    return Misconfigured(message, remedy="Check the suite, the configuration and the rights of the service account.")
