"""The load request as values: ask an IDO for items page by page, with a restricted where clause.

Infor's Mongoose documentation, LoadCollection: without a cap 200 rows come, pages follow by bookmark, a filter takes
single quotes (`N'…'` for Unicode) and neither functions nor subqueries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from ml_connector.erp.answers import UNREADABLE, as_text
from ml_connector.erp.csi.answers import BASE, CONFIGURATION, OK, by_status, failure
from ml_connector.erp.csi.sites import Site
from ml_connector.errors import InvariantBroken, Malformed, Misconfigured
from ml_connector.wire import Request, Response, Safety, Send

PAGES_MAX = 10_000
ITEM_ID = "_ItemId"


class LoadRefused(Misconfigured):
    """A load that the site does not answer as it was asked for."""


@dataclass(frozen=True, slots=True)
class Page:
    """The items of one answer, each property as text; `bookmark` is where the next page begins, None on the last."""

    items: tuple[Mapping[str, str], ...]
    bookmark: str | None


class _Answer(msgspec.Struct):
    Items: list[dict[str, msgspec.Raw]]
    Bookmark: str | None = None
    MoreRowsExist: bool | None = None


ANSWER = msgspec.json.Decoder(_Answer)


def load_request(
    site: Site,
    ido: str,
    properties: Sequence[str],
    cap: int,
    *,
    where: str = "",
    order: str = "",
    distinct: bool = False,
) -> Request:
    """Ask a site for items. The service's own cap is 200 rows, so that ours is always said."""
    query = [("properties", ",".join(properties)), ("recordcap", str(cap)), ("loadtype", "FIRST")]
    query += [(name, value) for name, value in (("filter", where), ("orderby", order)) if value]
    if distinct:
        query.append(("distinct", "true"))
    url = f"{BASE}/load/{ido}"
    return Request(f"csi.load.{ido}", "GET", url, Safety.READ, tuple(query), {CONFIGURATION: site.configuration})


def quoted(text: str) -> str:
    """A text in a filter. Raises InvariantBroken for one with control characters."""
    if not text.isprintable():
        raise InvariantBroken(f"CSI was to be searched by {text!r}, which no text of a filter can hold")
    prefix = "" if text.isascii() else "N"
    return f"{prefix}'{text.replace(chr(39), chr(39) * 2)}'"


def is_one_of(name: str, values: Sequence[str]) -> str:
    """The condition that a property has one of some values."""
    return f"{name} IN ({', '.join(quoted(value) for value in values)})"


def begins(name: str, text: str) -> str:
    """The condition that a property begins so. Raises InvariantBroken for a text with a wildcard in it, or for none."""
    if not text or any(sign in text for sign in "%_[]"):
        raise InvariantBroken(f"{name} was to be searched by {text!r}, which every row may match")
    return f"{name} LIKE {quoted(text + '%')}"


def read_pages(send: Send, request: Request) -> Iterator[tuple[Mapping[str, str], ...]]:
    """Follow the bookmarks. Raises LoadRefused, and Malformed for pages that do not advance."""
    seen: set[str] = set()
    for _ in range(PAGES_MAX):
        page = parse_page(request, send(request))
        yield page.items
        if page.bookmark is None:
            return
        if page.bookmark in seen:
            raise Malformed(f"{request.operation}: the next page begins where another did.")
        seen.add(page.bookmark)
        rest = tuple(pair for pair in request.query if pair[0] not in ("loadtype", "bookmark"))
        request = replace(request, query=(*rest, ("loadtype", "NEXT"), ("bookmark", page.bookmark)))
    raise Malformed(f"{request.operation}: there are more than {PAGES_MAX} pages.", remedy="Raise page_rows.")


def parse_page(request: Request, response: Response) -> Page:
    """The items of a page. Raises LoadRefused where the site refuses, Malformed for any other shape."""
    if response.status != OK:
        error = by_status(request, response)
        raise LoadRefused(error.message, remedy=error.remedy)
    words = failure(request, response)
    if words:
        remedy = "Compare [cloudsuite.fields] with the site: `ml-connector check` names the properties that it lacks."
        raise LoadRefused(f"{request.operation}: CloudSuite refused the load: {words}", remedy=remedy)
    try:
        answer = ANSWER.decode(response.body)
        items = tuple({name: as_text(raw) for name, raw in item.items()} for item in answer.Items)
    except (*UNREADABLE, ValueError):
        raise Malformed(f"{request.operation}: the answer is not a list of items.") from None
    if answer.MoreRowsExist and not answer.Bookmark:
        raise Malformed(f"{request.operation}: there are more rows, and no bookmark leads to them.")
    return Page(items, answer.Bookmark if answer.MoreRowsExist and items else None)
