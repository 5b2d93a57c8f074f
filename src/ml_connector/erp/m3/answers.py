"""The v2 interface of the M3 API: one transaction by GET, many of one program by POST, and failures inside HTTP 200.

Every transaction is a GET, those that write among them, so that safety is never read off the verb. What we write goes
by POST, which keeps values out of addresses and access logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ml_connector.erp.answers import UNREADABLE, as_text, one_line
from ml_connector.errors import Malformed, Misconfigured
from ml_connector.wire import Request, Response, Safety

BASE = "/M3/m3api-rest/v2/execute"
"""Below the tenant at the gateway."""
OK = 200
UNSAID = "no reason given"

Values = Mapping[str, str]
Transaction = tuple[str, Values]
"""The name of a transaction, and its fields."""


class NotDone(Misconfigured):
    """A transaction that M3 did not carry out, in its own words."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one transaction came to: its records, or in `error` why it failed."""

    records: tuple[Values, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """The company that calls are made in, and the division where one matters."""

    company: str
    division: str = ""

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """As the standard parameters of a call."""
        division = (("divi", self.division),) if self.division else ()
        return (("cono", self.company), *division)


def one_request(
    scope: Scope, program: str, transaction: str, fields: Values, *, maxrecs: int = 0, operation: str = ""
) -> Request:
    """Read by one transaction. All records there are, unless told otherwise: M3's own limit is not stated."""
    operation = operation or f"m3.{program}.{transaction}"
    standard = (("dateformat", "YMD8"), ("excludeempty", "false"), ("righttrim", "true"), ("maxrecs", str(maxrecs)))
    query = (*fields.items(), *scope.query, *standard)
    return Request(operation, "GET", f"{BASE}/{program}/{transaction}", Safety.READ, query)


def bulk_request(
    operation: str, scope: Scope, program: str, transactions: Sequence[Transaction], safety: Safety
) -> Request:
    """Many transactions of one program, each of which succeeds or fails for itself. The same give the same bytes."""
    body = {
        "program": program,
        "cono": int(scope.company),
        **({"divi": scope.division} if scope.division else {}),
        "excludeEmptyValues": False,
        "rightTrim": True,
        "transactions": [
            {"transaction": name, "record": dict(fields), "selectedColumns": []} for name, fields in transactions
        ],
    }
    query = (*scope.query, ("dateformat", "YMD8"), ("righttrim", "true"), ("maxrecs", "0"))
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Request(operation, "POST", BASE, safety, query, {"Content-Type": "application/json"}, content)


class _Result(msgspec.Struct):
    records: list[dict[str, msgspec.Raw]] | None = None
    error_message: str | None = msgspec.field(default=None, name="errorMessage")
    error_code: str | None = msgspec.field(default=None, name="errorCode")
    not_processed: bool | None = msgspec.field(default=None, name="notProcessed")


class _Envelope(msgspec.Struct):
    results: list[_Result]
    # M3 misspells it.
    succeeded: int | None = msgspec.field(default=None, name="nrOfSuccessfullTransactions")
    failed: int | None = msgspec.field(default=None, name="nrOfFailedTransactions")
    terminated: bool | None = msgspec.field(default=None, name="wasTerminated")


ENVELOPE = msgspec.json.Decoder(_Envelope)


def parse_results(request: Request, response: Response, count: int) -> tuple[Result, ...]:
    """What each transaction came to, in order.

    HTTP 200 proves nothing: the results are looked at one by one, and their number of failures is held against M3's
    own count. Raises Misconfigured for any other status, Malformed where the answer does not tell about each.
    """
    if response.status != OK:
        raise Misconfigured(
            f"{request.operation}: the M3 API refused the call ({response.status}).",
            remedy="Check the company, and the rights of the service account's user to this program.",
        )
    try:
        envelope = ENVELOPE.decode(response.body)
        results = tuple(_result(found) for found in envelope.results)
    except (*UNREADABLE, ValueError):
        raise Malformed(f"{request.operation}: the answer is not one of the M3 API.") from None
    if len(results) != count:
        raise Malformed(f"{request.operation}: the answer tells about {len(results)} of {count} transactions.")
    failed = sum(bool(result.error) for result in results)
    if envelope.failed is not None and envelope.failed > failed:
        raise Malformed(f"{request.operation}: {envelope.failed} transactions failed, and {failed} of them say why.")
    return results


def _result(found: _Result) -> Result:
    """Raises ValueError for a record that holds anything but single values."""
    if found.error_message or found.error_code or found.not_processed:
        return Result(error=one_line(found.error_message or found.error_code or "") or UNSAID)
    records = tuple({name: as_text(raw).rstrip() for name, raw in record.items()} for record in found.records or ())
    return Result(records)


def parse_one(request: Request, response: Response) -> tuple[Values, ...]:
    """The records of one transaction. Raises NotDone where M3 did not carry it out."""
    (result,) = parse_results(request, response, 1)
    if result.error:
        raise NotDone(
            f"{request.operation}: M3 did not carry it out: {result.error}",
            remedy="Check [cloudsuite.m3] and the rights of the service account's user to this program.",
        )
    return result.records
