"""The LN adapter: orders and projects over OData; postings as documents, which count as handed over and no more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path

from ml_connector.core.journal import Journal, RunResult, SeenLine, Sighting
from ml_connector.core.money import Digits
from ml_connector.core.periods import Period
from ml_connector.core.records import Kind, Row
from ml_connector.erp.ln.document import Document, Told, document_of, seen_lines
from ml_connector.erp.ln.fields import LINES, SERVICE_OF, SET_OF, FieldMap
from ml_connector.erp.ln.handover import Endpoint, Outbox
from ml_connector.erp.ln.metadata import parse_properties
from ml_connector.erp.ln.odata import (
    BAD_REQUEST,
    ListRefused,
    Record,
    changed_since,
    list_request,
    metadata_request,
    read_pages,
)
from ml_connector.erp.ln.records import row_from_record
from ml_connector.erp.port import (
    Capabilities,
    DimensionValue,
    FieldUpdate,
    LedgerExtract,
    RowRefusal,
    Window,
    WriteResult,
)
from ml_connector.errors import Malformed, Misconfigured
from ml_connector.wire import Request, Send

SETTLE_SECONDS = 360
PAGE_ROWS = 1000
REFERENCE_WIDTH = 20
CLOSED = ("Closed", "Canceled")
HANDED_OVER, POSTED, REFUSED = "released", "posted", "refused"
"""What a line is told as: handed over, posted as the endpoint says, refused as the endpoint says."""
UNTOLD = "the endpoint says that LN refused the document, and names no line"


class Ln:
    """Some companies of one LN tenant. `send` completes paths below the tenant (see `gateway.py`)."""

    def __init__(
        self,
        send: Send,
        companies: Sequence[str],
        fields: FieldMap,
        digits: Digits,
        documents: Path,
        *,
        endpoint: str = "",
        closed: Collection[str] = CLOSED,
        page_rows: int = PAGE_ROWS,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self._send = send
        self._companies = tuple(companies)
        self._fields = fields
        self._digits = digits
        self._outbox = Outbox(documents)
        self._endpoint = Endpoint(send, endpoint) if endpoint else None
        self._closed = frozenset(status.lower() for status in closed)
        self._page_rows = page_rows
        self._settle_seconds = settle_seconds
        self._without_filters: set[Kind] = set()

    @property
    def capabilities(self) -> Capabilities:
        """What LN can do: be read. No live tenant has confirmed even that yet."""
        return Capabilities(
            product="ln",
            reference_width=REFERENCE_WIDTH,
            key_field_width=0,
            settle_seconds=self._settle_seconds,
            posts_journals=False,
            verified_against="Infor's LN REST API guide 2026 and public client code; no live tenant",
            writes_fields=False,
            checks_before_release=False,
            keeps_keys_unique=self._endpoint is None,
            tells_periods=False,
            tells_dimensions=False,
            tells_budgets=False,
        )

    def changes(self, kind: Kind, window: Window) -> Iterator[Sequence[Row]]:
        """Pages of what changed since the window began, company by company.

        All there is, where no property of the set is named that tells of changes, or the tenant refuses the condition.
        """
        for company in self._companies:
            for page in self._changed(kind, company, window):
                rows = (row_from_record(kind, company, record, self._fields, self._closed) for record in page)
                yield tuple(row for row in rows if row is not None)

    def _changed(self, kind: Kind, company: str, window: Window) -> Iterator[tuple[Record, ...]]:
        request, properties = self._list(kind, company)
        changed = self._fields.of(SET_OF[kind]).get("changed", "")
        if changed and window.since is not None and kind not in self._without_filters:
            pages = read_pages(self._send, changed_since(request, changed, window.since), properties)
            try:
                first = next(pages, ())
            except ListRefused as error:
                if error.status != BAD_REQUEST:
                    raise
            else:
                yield from chain((first,), pages)
                return
            # If the condition was not what the tenant disliked, it refuses this list too, and says so.
            yield from read_pages(self._send, request, properties)
            self._without_filters.add(kind)
            return
        yield from read_pages(self._send, request, properties)

    def _list(self, kind: Kind, company: str) -> tuple[Request, tuple[str, ...]]:
        entity_set = SET_OF[kind]
        properties = self._fields.asked(entity_set)
        order = self._fields.key(entity_set)
        request = list_request(SERVICE_OF[entity_set], entity_set, company, properties, order, self._page_rows)
        return request, properties

    def write(self, updates: Sequence[FieldUpdate]) -> tuple[WriteResult, ...]:
        """Raises Misconfigured: no field of LN's records is known to take an issue key."""
        raise Misconfigured(
            f"{len(updates)} fields were to be written to LN, which is only read.",
            remedy="Read which issue an order has in Jira: its label names the order.",
        )

    def entities(self) -> tuple[DimensionValue, ...]:
        """None: LN's services do not tell its companies."""
        return ()

    def accounts(self) -> tuple[DimensionValue, ...]:
        """None: LN's services do not tell them."""
        return ()

    def cost_centers(self) -> tuple[DimensionValue, ...]:
        """None: LN's services do not tell them."""
        return ()

    def periods(self, entity: str) -> tuple[Period, ...]:  # noqa: ARG002 - the port's
        """None: LN's services do not tell them; the connection's `[[period]]` tables do."""
        return ()

    def missing_fields(self) -> tuple[str, ...]:
        """Properties of the map that the models of the services do not name in a company, and, under our name, the
        account of a line where none is named: without it no hours can be charged.
        """
        missing: dict[str, None] = {} if "account" in self._fields.of(LINES) else {f"{LINES}.account": None}
        for company in self._companies:
            known: dict[str, frozenset[str]] = {}
            for entity_set, service in SERVICE_OF.items():
                if service not in known:
                    request = metadata_request(service, company)
                    known[service] = parse_properties(request, self._send(request))
                for name in self._fields.asked(entity_set):
                    if name not in known[service]:
                        missing[f"{entity_set}.{name}"] = None
        return tuple(missing)

    def sight(self, reference: str) -> Sighting:
        """The document under a reference: prepared, or handed over. Nothing is concluded from one that was changed."""
        try:
            return self._sight(reference)
        except (Malformed, ValueError):
            return Sighting(conclusive=False)

    def _sight(self, reference: str) -> Sighting:
        document, waiting = self._outbox.read(reference)
        if self._endpoint is not None:
            told = self._endpoint.look(reference)
            if told is not None:
                return self._told(told, document)
            return Sighting(staged=self._lines(document))
        return Sighting(staged=self._lines(document)) if waiting else self._handed_over(document, HANDED_OVER)

    def _told(self, told: Told, ours: Document | None) -> Sighting:
        """What the endpoint says of a document: one that it refused was never posted. Where it names no line, all of
        the document was refused.
        """
        if told.status != REFUSED:
            return self._handed_over(told.document, POSTED if told.status == POSTED else HANDED_OVER)
        all_of_it = {line.get("sequence", ""): UNTOLD for line in told.document.lines}
        staged = () if ours is None else seen_lines(ours, self._digits, errors=told.errors or all_of_it)
        lines = len(told.document.lines)
        return Sighting(staged, results=(RunResult(1, complete=False, passed=0, failed=lines),))

    def _handed_over(self, document: Document | None, status: str) -> Sighting:
        if document is None:
            return Sighting()
        done = RunResult(1, complete=True, passed=len(document.lines), failed=0)
        return Sighting(ledger=seen_lines(document, self._digits, status=status), results=(done,))

    def _lines(self, document: Document | None) -> tuple[SeenLine, ...]:
        return () if document is None else seen_lines(document, self._digits)

    def ledger_under(self, prefix: str) -> LedgerExtract:
        """What was handed over under references that begin so. Lines that others posted in LN are not seen."""
        sightings = {reference: self.sight(reference) for reference in self._outbox.references(prefix)}
        lines = {reference: sighting.ledger for reference, sighting in sightings.items() if sighting.ledger}
        return LedgerExtract(lines, frozenset(name for name, sighting in sightings.items() if not sighting.conclusive))

    def stage(self, journal: Journal, sequences: Sequence[int]) -> tuple[RowRefusal, ...]:
        """Prepare the whole document: there is no part of one. One that is there already stays as it is.

        Lines are refused where another document has the name. Raises Transient.
        """
        document = document_of(journal, self._digits)
        there, waiting = self._outbox.read(journal.reference)
        if there is None:
            self._outbox.put(document)
        elif there.content != document.content:
            where = "prepared" if waiting else "handed over"
            why = f"another document of that name was {where}"
            return tuple(RowRefusal(sequence, why) for sequence in sequences)
        return ()

    def validate(self, reference: str) -> None:
        """Read the prepared document back: LN is not asked. Raises Malformed where it was changed."""
        self._outbox.read(reference)

    def release(self, reference: str) -> None:
        """Hand the document over. Raises Ambiguous and Rejected where an endpoint takes it, Transient for the disk."""
        if self._endpoint is not None:
            document, _ = self._outbox.read(reference)
            if document is None or self._endpoint.look(reference) is not None:
                return
            self._endpoint.post(document)
            return
        self._outbox.hand_over(reference)

    def post(self, entity: str) -> None:
        """Raises Misconfigured: what becomes of a document is the customer's business."""
        raise Misconfigured(f"Entries of company {entity} were to be posted in LN, which takes none from us.")

    def roll_back(self, reference: str) -> None:
        """Take a document back that was not handed over; one that was stays, as `sight` tells."""
        _, waiting = self._outbox.read(reference)
        if waiting:
            self._outbox.take_out(reference)
