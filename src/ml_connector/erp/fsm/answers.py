"""What all of Landmark's answers have in common: values are text, refusals say why, batches answer record by record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import msgspec

from ml_connector.erp.answers import UNREADABLE, one_line
from ml_connector.errors import ConnectorError, Malformed, Misconfigured, Rejected
from ml_connector.wire import Request, Response, Safety

BASE = "/FSM/fsm/soap"
"""Below the tenant at the gateway: the class services and the form operations."""
ABOUT_THE_RECORD = frozenset({400, 409, 413, 422})


class _Refusal(msgspec.Struct):
    message: str | None = None
    error: str | None = None


def refusal_text(response: Response) -> str:
    """The ERP's own words in a refusal, on one line and cut; `no reason given` where there are none."""
    try:
        refusal = msgspec.json.decode(response.body, type=_Refusal)
    except UNREADABLE:
        return "no reason given"
    return one_line(refusal.message or refusal.error or "") or "no reason given"


def refused(request: Request, response: Response) -> ConnectorError | None:
    """The error for a write that was not taken as a whole; None where the answer is one of success.

    A refusal about the data is Rejected; a class, action or address that is not there is Misconfigured.
    """
    if response.status in (200, 201, 204):
        return None
    message = f"{request.operation}: CloudSuite refused the call ({response.status}): {refusal_text(response)}"
    if response.status in ABOUT_THE_RECORD:
        return Rejected(message, status=response.status)
    return Misconfigured(message, remedy="Check the tenant's version and the rights of the service account's user.")


def batch_request(
    operation: str, business_class: str, action: str, records: Sequence[Mapping[str, str]], safety: Safety
) -> Request:
    """Run an action on many records; a failing one does not stop the others (`_maxFailures=-1`).

    The same records always give the same bytes.
    """
    body = {"_records": [{"message": "BatchImport", "_fields": dict(record)} for record in records]}
    return Request(
        operation,
        "POST",
        f"{BASE}/classes/{business_class}/actions/{action}/batch",
        safety,
        (("_maxFailures", "-1"),),
        {"Content-Type": "application/json"},
        json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
    )


def parse_batch(request: Request, response: Response, count: int) -> tuple[str, ...]:
    """One text a record, in order: what the ERP refused it for, empty where it was taken.

    HTTP 200 proves nothing here: each record is looked at. Raises Malformed where the answer does not tell about
    every one.
    """
    try:
        elements = msgspec.json.decode(response.body, type=list[dict[str, msgspec.Raw]])
    except UNREADABLE:
        raise Malformed(f"{request.operation}: the answer is not that of a batch.") from None
    told = [element for element in elements if "exception" in element or "message" in element or "_fields" in element]
    told = [element for element in told if "batchStatus" not in element]
    if len(told) != count:
        raise Malformed(f"{request.operation}: the answer tells about {len(told)} of {count} records.")
    return tuple(_exception(element) for element in told)


def _exception(element: Mapping[str, msgspec.Raw]) -> str:
    """The text of a record's exception, whatever JSON it is: a text, an object with a message, anything."""
    if "exception" not in element:
        return ""
    raw = bytes(element["exception"])
    if raw in (b"null", b'""', b"false"):
        return ""
    try:
        value = msgspec.json.decode(raw)
    except UNREADABLE:
        value = None
    if isinstance(value, dict):
        value = value.get("message") or value
    return one_line(value if isinstance(value, str) else raw.decode("utf-8", "replace")) or "no reason given"
