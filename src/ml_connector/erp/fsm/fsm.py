"""The FSM adapter: the port's methods over the class services and the GL transaction interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeVar

from ml_connector.core.journal import Journal, SeenLine, Sighting
from ml_connector.core.money import Digits
from ml_connector.core.periods import Period
from ml_connector.core.records import Kind, Row
from ml_connector.erp.fsm import dimensions, journals, metadata
from ml_connector.erp.fsm.answers import batch_request, parse_batch, refusal_text, refused
from ml_connector.erp.fsm.fields import (
    ACCOUNT,
    CALENDAR,
    CLASS_OF,
    COST_CENTER,
    DETAIL,
    ENTITY,
    OPTIONAL_CLASSES,
    PERIOD_STATE,
    RESULT,
    STAGING,
    FieldMap,
)
from ml_connector.erp.fsm.lists import ListRefused, Record, begins, equals, list_request, read_pages, within
from ml_connector.erp.fsm.orders import record_from_update, row_from_record
from ml_connector.erp.port import (
    Capabilities,
    DimensionValue,
    FieldUpdate,
    LedgerExtract,
    RowRefusal,
    Window,
    WriteResult,
)
from ml_connector.errors import Ambiguous, InvariantBroken, Malformed, Rejected, Transient
from ml_connector.wire import Request, Safety, Send

SETTLE_SECONDS = 360
"""Longer than the longest time-out that a gateway policy may set (300 s)."""
KEY_FIELD_WIDTH = 30
"""User field 5 of an order, in the classic layout."""
PAGE_ROWS = 1000
BATCH_ROWS = 50
"""Field practice is 30 to 50 records a batch, to end well before the gateway's 60 s."""
DETAIL_ACCOUNTS = "DetailAccountList"
BAD_REQUEST = 400

Parsed = TypeVar("Parsed")


class Fsm:
    """One FSM tenant: one finance enterprise group and some of its accounting entities.

    `send` completes paths below the tenant (see `gateway.py`). Orders of other entities, and projects of other
    groups, are left out.
    """

    def __init__(
        self,
        send: Send,
        group: str,
        entities: Sequence[str],
        fields: FieldMap,
        digits: Digits,
        *,
        page_rows: int = PAGE_ROWS,
        batch_rows: int = BATCH_ROWS,
        settle_seconds: float = SETTLE_SECONDS,
        unique_keys: bool = False,
        posting: Mapping[str, str] | None = None,
        labor_fields: Mapping[str, str] | None = None,
    ) -> None:
        self._send = send
        self._group = group
        self._entities = frozenset(entities)
        self._fields = fields
        self._digits = digits
        self._page_rows = page_rows
        self._batch_rows = batch_rows
        self._settle_seconds = settle_seconds
        self._unique_keys = unique_keys
        self._posting = posting or {}
        self._labor_fields = labor_fields or {}
        self._without_windows: set[Kind] = set()

    @property
    def capabilities(self) -> Capabilities:
        """What FSM can do. No live tenant has confirmed it yet."""
        return Capabilities(
            product="fsm",
            reference_width=journals.REFERENCE_WIDTH,
            key_field_width=KEY_FIELD_WIDTH,
            settle_seconds=self._settle_seconds,
            posts_journals=True,
            # Group, run group and sequence are the class's key in Infor's OpenAPI file; a tenant shows that it is kept.
            keeps_keys_unique=self._unique_keys,
            verified_against="Infor's OpenAPI files 2025.12 to 2026.03; no live tenant",
            posts_released=bool(self._posting),
            takes_units_alone=True,
        )

    def changes(self, kind: Kind, window: Window) -> Iterator[Sequence[Row]]:
        """Pages of records that changed in the window; all there are, where the tenant refuses delta windows."""
        business_class = CLASS_OF[kind]
        asked = self._fields.asked(business_class)
        for page in self._changed(kind, list_request(business_class, asked, self._page_rows), window):
            rows = (
                row_from_record(kind, record, self._fields, asked) for record in page if self._is_ours(kind, record)
            )
            yield tuple(rows)

    def _changed(self, kind: Kind, request: Request, window: Window) -> Iterator[tuple[Record, ...]]:
        if kind not in self._without_windows:
            pages = read_pages(self._send, within(request, window))
            try:
                first = next(pages, ())
            except ListRefused as error:
                if error.status != BAD_REQUEST:
                    raise
            else:
                yield from chain((first,), pages)
                return
        # If the window was not what the tenant disliked, it refuses this list too, and says so.
        yield from read_pages(self._send, request)
        self._without_windows.add(kind)

    def _is_ours(self, kind: Kind, record: Record) -> bool:
        values = self._fields.values(CLASS_OF[kind], record.fields)
        if kind is Kind.PROJECT:
            return values.get("group") in ("", self._group)
        return values.get("entity") in ("", *self._entities)

    def write(self, updates: Sequence[FieldUpdate]) -> tuple[WriteResult, ...]:
        """Write fields with Update in batches. A batch that is refused as a whole refuses each of its records."""
        if len({update.kind for update in updates}) > 1:
            raise InvariantBroken("updates of several kinds were to be written together")
        return tuple(chain.from_iterable(self._write(chunk) for chunk in self._chunks(updates)))

    def _write(self, updates: Sequence[FieldUpdate]) -> list[WriteResult]:
        business_class = CLASS_OF[updates[0].kind]
        records = [record_from_update(update, self._fields) for update in updates]
        request = batch_request(f"fsm.update.{business_class}", business_class, "Update", records, Safety.REPEATABLE)
        response = self._send(request)
        error = refused(request, response)
        if isinstance(error, Rejected):
            return [WriteResult(update.key, refusal_text(response)) for update in updates]
        if error is not None:
            raise error
        refusals = parse_batch(request, response, len(updates))
        return [WriteResult(update.key, refusal) for update, refusal in zip(updates, refusals, strict=True)]

    def accounts(self) -> tuple[DimensionValue, ...]:
        """The detail accounts: those that entries may name."""
        records = self._records(ACCOUNT, name=DETAIL_ACCOUNTS)
        return tuple(dimensions.account(record, self._fields) for record in records)

    def cost_centers(self) -> tuple[DimensionValue, ...]:
        """The accounting units."""
        return tuple(dimensions.cost_center(record, self._fields) for record in self._records(COST_CENTER))

    def entities(self) -> tuple[DimensionValue, ...]:
        """The accounting entities. A tenant without the list does not tell."""
        try:
            return tuple(dimensions.entity(record, self._fields) for record in self._records(ENTITY))
        except ListRefused:
            return ()

    def periods(self, entity: str) -> tuple[Period, ...]:
        """The fiscal calendar. The class with the state of periods was never seen: without it, no state is told."""
        try:
            states = self._records(PERIOD_STATE, value=entity)
        except ListRefused:
            states = None
        return dimensions.calendar(entity, self._records(CALENDAR), states, self._fields)

    def missing_fields(self) -> tuple[str, ...]:
        """Fields of the map that the tenant's metadata does not name, but for classes that it need not have."""
        missing: list[str] = []
        for business_class in self._fields.classes:
            request = metadata.fields_request(business_class)
            known = metadata.parse_fields(request, self._send(request))
            if known or business_class not in OPTIONAL_CLASSES:
                fields = self._fields.asked(business_class)
                missing += [f"{business_class}.{name}" for name in fields if not metadata.is_known(name, known)]
        return tuple(missing)

    def sight(self, reference: str) -> Sighting:
        """Staging first and the ledger last: rows move that way, so that none is missed by both looks."""
        staged, told = self._lines(STAGING, reference)
        results, counted = self._under(RESULT, reference, lambda record: journals.run_result(record, self._fields))
        ledger, posted = self._lines(DETAIL, reference)
        return Sighting(staged, ledger, results, conclusive=told and counted and posted)

    def _lines(self, business_class: str, reference: str) -> tuple[tuple[SeenLine, ...], bool]:
        def parse(record: Record) -> SeenLine:
            return journals.seen_line(record, business_class, self._fields, self._digits)

        return self._under(business_class, reference, parse)

    def _under(
        self, business_class: str, reference: str, parse: Callable[[Record], Parsed]
    ) -> tuple[tuple[Parsed, ...], bool]:
        """What a class shows under a reference, and whether all of it could be read."""
        found: list[Parsed] = []
        readable = True
        for record in self._records(business_class, value=reference):
            if not journals.carries(record, reference, business_class, self._fields):
                continue
            try:
                found.append(parse(record))
            except ValueError:
                readable = False
        return tuple(found), readable

    def ledger_under(self, prefix: str) -> LedgerExtract:
        """One search of the detail class. A tenant that refuses the condition leaves the search undone, and says so."""
        names = self._fields.of(DETAIL)
        fields = self._fields.asked(DETAIL)
        request = list_request(DETAIL, fields, self._page_rows, condition=begins(names["filter"], prefix))
        lines: dict[str, list[SeenLine]] = {}
        unread: set[str] = set()
        try:
            records = tuple(chain.from_iterable(read_pages(self._send, request)))
        except ListRefused as error:
            if error.status != BAD_REQUEST:
                raise
            return LedgerExtract({}, searched=False)
        for record in records:
            reference = self._fields.values(DETAIL, record.fields)["reference"]
            # A filter that was not applied must not be believed.
            if not reference.startswith(prefix):
                continue
            try:
                line = journals.seen_line(record, DETAIL, self._fields, self._digits)
            except ValueError:
                unread.add(reference)
            else:
                lines.setdefault(reference, []).append(line)
        return LedgerExtract({name: tuple(found) for name, found in lines.items()}, frozenset(unread))

    def stage(self, journal: Journal, sequences: Sequence[int]) -> tuple[RowRefusal, ...]:
        """Add the lines with these sequence numbers. A row that is there already is among the refusals.

        Raises Rejected where a whole batch is refused.
        """
        wanted = frozenset(sequences)
        lines = [line for line in journal.lines if line.sequence in wanted]
        refusals: list[RowRefusal] = []
        for index, chunk in enumerate(self._chunks(lines)):
            request = journals.stage_request(
                self._group, journal, chunk, self._fields, self._digits, labor=self._labor_fields
            )
            try:
                texts = self._staged(request, len(chunk))
            except Transient as error:
                if index == 0:
                    raise
                # Nothing of this batch was applied, but the batches before it were.
                raise Ambiguous(f"{journal.reference} was staged in part: {error.message}") from error
            refusals += [RowRefusal(line.sequence, text) for line, text in zip(chunk, texts, strict=True) if text]
        return tuple(refusals)

    def _staged(self, request: Request, count: int) -> tuple[str, ...]:
        response = self._send(request)
        error = refused(request, response)
        if error is not None:
            raise error
        try:
            return parse_batch(request, response, count)
        except Malformed as malformed:
            # It was taken, and nobody can say what of it.
            raise Ambiguous(malformed.message) from malformed

    def validate(self, reference: str) -> None:
        """The edit-only run. What it finds stands in the rows. Raises Rejected where the run itself is refused."""
        self._act(journals.validate_request(self._group, reference))

    def release(self, reference: str) -> None:
        """Edit and interface, all or nothing. Raises Rejected where the run itself is refused."""
        self._act(journals.release_request(self._group, reference))

    def post(self, entity: str) -> None:
        """FSM's own posting run over an entity's released entries, with the parameters that the connection names."""
        self._act(journals.post_request(self._group, entity, self._posting))

    def roll_back(self, reference: str) -> None:
        """Delete the run group's rows from staging. Raises Rejected where that is refused."""
        self._act(journals.roll_back_request(self._group, reference))

    def _act(self, request: Request) -> None:
        error = refused(request, self._send(request))
        if error is not None:
            raise error

    def _records(self, business_class: str, *, name: str = "_generic", value: str = "") -> tuple[Record, ...]:
        """A whole list; with a value, only what the class's filter field has it in."""
        condition = equals(self._fields.of(business_class)["filter"], value) if value else ""
        fields = self._fields.asked(business_class)
        request = list_request(business_class, fields, self._page_rows, condition=condition, name=name)
        return tuple(chain.from_iterable(read_pages(self._send, request)))

    def _chunks(self, items: Sequence[Parsed]) -> Iterator[Sequence[Parsed]]:
        return (items[start : start + self._batch_rows] for start in range(0, len(items), self._batch_rows))
