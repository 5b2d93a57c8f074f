"""Reading a site: lists page by page, what changed since, and lines of orders with all of their parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from ml_connector.erp.csi import orders
from ml_connector.erp.csi.fields import LINE, FieldMap
from ml_connector.erp.csi.loads import ITEM_ID, LoadRefused, is_one_of, load_request, quoted, read_pages
from ml_connector.erp.csi.orders import Part
from ml_connector.erp.csi.sites import Site, since_text
from ml_connector.erp.port import Window
from ml_connector.wire import Send

CHANGED = "RecordDate"
LINES_IN_ORDER = ("number", "line", "release")

Item = Mapping[str, str]


class Reading:
    """What a tenant's sites show. It remembers which lists of which site cannot be filtered by moment."""

    def __init__(self, send: Send, fields: FieldMap, page_rows: int) -> None:
        self._send = send
        self._fields = fields
        self._page_rows = page_rows
        self._without_deltas: set[tuple[str, str]] = set()

    def changed(self, site: Site, ido: str, window: Window) -> Iterator[tuple[Item, ...]]:
        """Pages of items that changed in the window; all there are, where the site refuses to filter by moment."""
        if window.since is not None and (site.entity, ido) not in self._without_deltas:
            where = f"{CHANGED} >= {quoted(since_text(window.since, window.until, site.zone))}"
            pages = self._pages(site, ido, where)
            try:
                first = next(pages, ())
            except LoadRefused:
                # If the filter was not what the site disliked, it refuses the next load too, and says so.
                pages = self._pages(site, ido)
                first = next(pages, ())
                self._without_deltas.add((site.entity, ido))
            yield from chain((first,), pages)
        else:
            yield from self._pages(site, ido)

    def _pages(self, site: Site, ido: str, where: str = "") -> Iterator[tuple[Item, ...]]:
        names = self._fields.of(ido)
        order = ",".join(names[ours] for ours in LINES_IN_ORDER if ours in names)
        asked = self._fields.asked(ido)
        return read_pages(self._send, load_request(site, ido, asked, self._page_rows, where=where, order=order))

    def lines(self, site: Site, window: Window) -> Iterator[list[tuple[Part, ...]]]:
        """Whole lines, page by page: one of which a part changed is read again with all of its parts."""
        pending: tuple[Part, ...] = ()
        parted: dict[str, None] = {}
        for page in self.changed(site, LINE, window):
            parts = chain(pending, (orders.part_of(site, item, self._fields) for item in page))
            found = list(orders.lines(parts))
            pending = found.pop() if found else ()
            yield [line for line in found if self._is_whole(site, line, window, parted)]
        if pending and self._is_whole(site, pending, window, parted):
            yield [pending]
        for number in parted:
            where = is_one_of(self._fields.of(LINE)["number"], _spellings(number))
            items = chain.from_iterable(self._pages(site, LINE, where))
            yield list(orders.lines(orders.part_of(site, item, self._fields) for item in items))

    def _is_whole(self, site: Site, line: tuple[Part, ...], window: Window, parted: dict[str, None]) -> bool:
        """Whether all parts of a line are there; the order of one that may lack some is noted."""
        everything = window.since is None or (site.entity, LINE) in self._without_deltas
        whole = everything or line[0].number == orders.WHOLE_LINE
        if not whole:
            parted[line[0].values["number"]] = None
        return whole

    def item_id(self, site: Site, ido: str, number: str) -> str:
        """The id that an order or project carries now; empty where there is none."""
        name = self._fields.of(ido)["number"]
        request = load_request(site, ido, (name,), self._page_rows, where=is_one_of(name, _spellings(number)))
        items = chain.from_iterable(read_pages(self._send, request))
        return next((item.get(ITEM_ID, "") for item in items if item.get(name, "").strip() == number), "")

    def all(
        self, site: Site, ido: str, *, where: str = "", distinct: bool = False, asked: Sequence[str] = ()
    ) -> tuple[Item, ...]:
        """A whole list, of the properties in the map or of some of them."""
        names = asked or self._fields.asked(ido)
        request = load_request(site, ido, names, self._page_rows, where=where, distinct=distinct)
        return tuple(chain.from_iterable(read_pages(self._send, request)))


def _spellings(number: str) -> tuple[str, ...]:
    """A number as it may stand in CSI: as it is, or pushed to the right."""
    padded = number.rjust(orders.NUMBER_WIDTH)
    return (number,) if padded == number else (number, padded)
