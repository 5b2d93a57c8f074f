"""OData version 4 as LN speaks it: a set page by page, the company in a header, refusals in words.

Infor LN REST API administration guide (headers, status codes); shapes of answers as public clients show them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ml_connector.erp.answers import UNREADABLE, as_text, one_line
from ml_connector.errors import Malformed, Misconfigured
from ml_connector.wire import Request, Response, Safety, Send

BASE = "/LN/lnapi/odata"
PAGES_MAX = 10_000
COMPANY = "X-Infor-LnCompany"
OK, BAD_REQUEST, NOT_FOUND = 200, 400, 404

Record = Mapping[str, str]
"""The properties that were asked for, as text just as LN wrote them."""


class ListRefused(Misconfigured):
    """A set that the tenant does not serve as it was asked for."""

    def __init__(self, message: str, *, status: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


class _Detail(msgspec.Struct):
    message: str | None = None


class _Error(msgspec.Struct):
    message: str | None = None
    details: list[_Detail] | None = None


class _Refusal(msgspec.Struct):
    error: _Error | None = None


class _Answer(msgspec.Struct):
    value: list[dict[str, msgspec.Raw]]
    count: msgspec.Raw = msgspec.field(default=msgspec.Raw(b"null"), name="@odata.count")
    following: str | None = msgspec.field(default=None, name="@odata.nextLink")


ANSWER = msgspec.json.Decoder(_Answer)
REFUSAL = msgspec.json.Decoder(_Refusal)


@dataclass(frozen=True, slots=True)
class Page:
    """The records of one answer, how many there are in all where LN says it, and the query of the next page."""

    records: tuple[Record, ...]
    count: int | None
    next_query: tuple[tuple[str, str], ...] | None


def list_request(
    service: str, entity_set: str, company: str, properties: Sequence[str], order: Sequence[str], rows: int
) -> Request:
    """Ask for a set of one company, ordered by its key, so many rows a page."""
    query = (("$select", ",".join(properties)), ("$orderby", ",".join(order)), ("$count", "true"))
    headers = {COMPANY: company, "Prefer": f"odata.maxpagesize={rows}"}
    return Request(f"ln.list.{entity_set}", "GET", f"{BASE}/{service}/{entity_set}", Safety.READ, query, headers)


def changed_since(request: Request, name: str, since: datetime) -> Request:
    """The same list with what changed at that moment or later alone."""
    at = since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return replace(request, query=(*request.query, ("$filter", f"{name} ge {at}")))


def metadata_request(service: str, company: str) -> Request:
    """Ask for the model of a service."""
    return Request("ln.metadata", "GET", f"{BASE}/{service}/$metadata", Safety.READ, (), {COMPANY: company})


def refusal_text(response: Response) -> str:
    """LN's own words in a refusal, on one line and cut; `no reason given` where there are none."""
    try:
        error = REFUSAL.decode(response.body).error
    except UNREADABLE:
        error = None
    if error is None:
        return "no reason given"
    words = [error.message or "", *(detail.message or "" for detail in error.details or ())]
    return one_line("; ".join(word for word in words if word)) or "no reason given"


def parse_page(request: Request, response: Response, properties: Sequence[str]) -> Page:
    """The records of a page. Raises ListRefused for any other status than 200, Malformed for any other shape."""
    if response.status != OK:
        raise ListRefused(
            f"{request.operation}: LN refused the list ({response.status}): {refusal_text(response)}",
            status=response.status,
            remedy="Activate the service in the company, entitle the user to it, and compare [cloudsuite.fields] with "
            "the tenant: `ml-connector check` names the properties that it lacks.",
        )
    try:
        answer = ANSWER.decode(response.body)
        records = tuple(
            {name: as_text(item[name]) if name in item else "" for name in properties} for item in answer.value
        )
        count = _count(as_text(answer.count))
    except (*UNREADABLE, ValueError):
        raise Malformed(f"{request.operation}: the answer is not an OData list.") from None
    following = answer.following
    return Page(records, count, tuple(parse_qsl(_query_of(following), keep_blank_values=True)) if following else None)


def _query_of(link: str) -> str:
    """The query of a link; nothing of a link that is none, which then leads to the first page again and is noticed."""
    try:
        return urlsplit(link).query
    except ValueError:
        return ""


def _count(text: str) -> int | None:
    """The number of all records, as a number or as text. Raises ValueError for anything else."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 18):  # noqa: PLR2004 - more rows than any table has
        raise ValueError("not a count")
    return int(text)


def read_pages(send: Send, request: Request, properties: Sequence[str]) -> Iterator[tuple[Record, ...]]:
    """Follow a list to its end: by its links, or by `$skip` where a link is missing and the count says more.

    Raises ListRefused, and Malformed where the pages go in circles.
    """
    asked: set[tuple[tuple[str, str], ...]] = set()
    first, read = request, 0
    previous: tuple[Record, ...] = ()
    for _ in range(PAGES_MAX):
        asked.add(request.query)
        page = parse_page(request, send(request), properties)
        if page.records and page.records == previous:
            raise Malformed(f"{request.operation}: two pages of the list are the same.")
        previous = page.records
        read += len(page.records)
        yield page.records
        if page.next_query is not None:
            # Only the query of the link is followed, so that it cannot lead to another host or set.
            request = replace(request, query=page.next_query)
        elif page.records and page.count is not None and read < page.count:
            request = replace(first, query=(*first.query, ("$skip", str(read))))
        else:
            return
        if request.query in asked:
            raise Malformed(f"{request.operation}: the list's next page is one that was read before.")
    raise Malformed(f"{request.operation}: the list has more than {PAGES_MAX} pages.", remedy="Raise page_rows.")
