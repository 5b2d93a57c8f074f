"""Landmark's list service as values: ask for a class page by page, in a delta window or by one condition.

Infor documents it under "Landmark web services"; the tenant serves its own OpenAPI files below `/doco/swagger`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ml_connector.erp.answers import UNREADABLE, as_text
from ml_connector.erp.fsm.answers import BASE, refusal_text
from ml_connector.erp.port import Window
from ml_connector.errors import InvariantBroken, Malformed, Misconfigured
from ml_connector.wire import Request, Response, Safety, Send

PAGES_MAX = 10_000
DELETED = frozenset({"deleted", "delete", "d"})

Query = tuple[tuple[str, str], ...]

ELEMENTS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class ListRefused(Misconfigured):
    """A list that the tenant does not serve as it was asked for."""

    def __init__(self, message: str, *, status: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its fields as text, just as the ERP wrote them, and the texts that stand beside them."""

    fields: Mapping[str, str]
    beside: Mapping[str, str]

    def is_deleted(self, asked: Sequence[str]) -> bool:
        """Whether the record carries the deletion mark of a delta list.

        Infor's documentation tells that such a list adds a leading field and not what it is called, so that a first
        field that nobody asked for counts, or a text beside the fields, where its value says so.
        """
        leading = [value for name, value in list(self.fields.items())[:1] if name not in asked]
        return any(mark.strip().lower() in DELETED for mark in (*self.beside.values(), *leading))


@dataclass(frozen=True, slots=True)
class ListPage:
    """The records of one answer, and the query of the next page: None on the last one."""

    records: tuple[Record, ...]
    next_query: Query | None


def list_request(
    business_class: str, fields: Sequence[str], limit: int, *, condition: str = "", name: str = "_generic"
) -> Request:
    """Ask for records of a class. The service's own limit is 5 rows, so that ours is always said.

    `condition` is one LPL condition: tenants are known to refuse compound ones.
    """
    query = [("_fields", ",".join(fields)), ("_limit", str(limit)), ("_links", "true")]
    if condition:
        query.append(("_lplFilter", condition))
    url = f"{BASE}/classes/{business_class}/lists/{name}"
    return Request(f"fsm.list.{business_class}", "GET", url, Safety.READ, tuple(query))


def equals(field: str, value: str) -> str:
    """The LPL condition that a text field has a value. Raises InvariantBroken for one that would end the text."""
    return f'{field} = "{_quotable(field, value)}"'


def begins(field: str, value: str) -> str:
    """The LPL condition that a text field begins so. Raises InvariantBroken like `equals`, and for a wildcard in it."""
    if "*" in value or not value:
        raise InvariantBroken(f"{field} was to be searched by {value!r}, which every record may match")
    return f'{field} like "{_quotable(field, value)}*"'


def _quotable(field: str, value: str) -> str:
    if '"' in value or "\\" in value or not value.isprintable():
        raise InvariantBroken(f"{field} was to be looked up by a value with quotes or control characters")
    return value


def within(request: Request, window: Window) -> Request:
    """The same list, with only the records that changed in the window (`_fts` of 0: all of them until its end)."""
    since = "0" if window.since is None else stamp(window.since)
    return replace(request, query=(*request.query, ("_fts", since), ("_tts", stamp(window.until))))


def stamp(at: datetime) -> str:
    """A replication time as Landmark writes it: YYYYMMDDHHMMSSFF in UTC, FF hundredths of a second."""
    utc = at.astimezone(UTC)
    return f"{utc.year:04d}{utc:%m%d%H%M%S}{utc.microsecond // 10_000:02d}"


def read_pages(send: Send, request: Request) -> Iterator[tuple[Record, ...]]:
    """Follow a list to its end. Raises ListRefused, and Malformed where the pages go in circles."""
    asked: set[Query] = set()
    previous: tuple[Record, ...] = ()
    for _ in range(PAGES_MAX):
        asked.add(request.query)
        page = parse_page(request, send(request))
        if page.records and page.records == previous:
            raise Malformed(f"{request.operation}: two pages of the list are the same.")
        yield page.records
        if page.next_query is None:
            return
        # Only the query of the link is followed, so that it cannot lead to another host or class.
        request = replace(request, query=page.next_query)
        if request.query in asked:
            raise Malformed(f"{request.operation}: the list's next page is one that was read before.")
        previous = page.records
    raise Malformed(f"{request.operation}: the list has more than {PAGES_MAX} pages.", remedy="Raise page_rows.")


def parse_page(request: Request, response: Response) -> ListPage:
    """The records of a page. Raises ListRefused for any other status than 200, Malformed for any other shape."""
    if response.status != 200:  # noqa: PLR2004 - the list service answers 200 or a refusal
        raise ListRefused(
            f"{request.operation}: CloudSuite refused the list ({response.status}): {refusal_text(response)}",
            status=response.status,
            remedy="Compare [cloudsuite.fields] with the tenant's fields: `ml-connector check` names those it lacks.",
        )
    try:
        elements = ELEMENTS.decode(response.body)
        records = tuple(_record(element) for element in elements if "_fields" in element)
        next_query = _next_query(elements[0]) if elements and "_fields" not in elements[0] else None
        strays = len(elements) - len(records)
    except (*UNREADABLE, ValueError):
        raise Malformed(f"{request.operation}: the answer is not a Landmark list.") from None
    if strays > 1 or (strays and "_fields" in elements[0]):
        raise Malformed(f"{request.operation}: an element of the list has no fields.")
    return ListPage(records, next_query)


def _record(element: dict[str, msgspec.Raw]) -> Record:
    fields = FIELDS.decode(element["_fields"])
    beside = {name: as_text(raw) for name, raw in element.items() if not name.startswith("_") and _is_scalar(raw)}
    return Record({name: as_text(raw) for name, raw in fields.items()}, beside)


def _is_scalar(raw: msgspec.Raw) -> bool:
    return bytes(raw)[:1] not in (b"{", b"[")


class _Link(msgspec.Struct):
    rel: str = ""
    href: str = ""


def _next_query(element: dict[str, msgspec.Raw]) -> Query | None:
    links = msgspec.json.decode(element["_links"], type=list[_Link] | None) if "_links" in element else None
    for link in links or ():
        if link.rel.lower() == "next" and link.href:
            return tuple(parse_qsl(urlsplit(link.href).query, keep_blank_values=True))
    return None
