"""The M3 adapter: the port's methods over exports, custom fields, project lists and journal batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain

from ml_connector.core.journal import Journal, Sighting
from ml_connector.core.money import Digits
from ml_connector.core.periods import Period
from ml_connector.core.records import Kind, Row
from ml_connector.erp.m3 import dimensions, journals, orders, projects
from ml_connector.erp.m3.answers import (
    NotDone,
    Result,
    Scope,
    Transaction,
    Values,
    bulk_request,
    one_request,
    parse_one,
    parse_results,
)
from ml_connector.erp.m3.batches import Batches
from ml_connector.erp.m3.reading import Condition, Reader, Record, between, chunks, equals, from_day, one_of
from ml_connector.erp.m3.setup import ACCOUNT, COST_CENTER, Setup
from ml_connector.erp.m3.tables import CODING, CUSTOM, HEAD, LINE, PREFIX_WIDTH, Tables
from ml_connector.erp.port import (
    Capabilities,
    DimensionValue,
    FieldUpdate,
    LedgerExtract,
    RowRefusal,
    Window,
    WriteResult,
)
from ml_connector.errors import InvariantBroken, Malformed
from ml_connector.wire import Safety, Send

SETTLE_SECONDS = 360
"""Longer than the longest time-out that a gateway policy may set (300 s)."""
CUSTOM_FIELD_WIDTH = 30
"""The alphanumeric fields of CUSEXTMI."""
PAGE_ROWS, BATCH_ROWS = 1000, 50
FEW = 40
"""Keys that are asked for one by one; of more, all between the first and the last are read."""
QUARTER, ZONE_FURTHEST = timedelta(minutes=15), timedelta(hours=14)


class M3:
    """One company of an M3 tenant, and those of its divisions that are ours.

    `send` completes paths below the tenant (see `gateway.py`). `extra` are custom fields to read along, by kind.
    """

    def __init__(
        self,
        send: Send,
        setup: Setup,
        layout: Tables,
        extra: Mapping[Kind, Sequence[str]],
        digits: Digits,
        *,
        page_rows: int = PAGE_ROWS,
        batch_rows: int = BATCH_ROWS,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self._send = send
        self._setup = setup
        self._layout = layout
        self._extra = {kind: tuple(dict.fromkeys(filter(None, names))) for kind, names in extra.items()}
        self._batch_rows = batch_rows
        self._settle_seconds = settle_seconds
        self._reader = Reader(send, setup.scope(), layout, page_rows)
        self._batches = Batches(send, setup, self._reader, digits, batch_rows)
        self._entities: dict[str, str] = {}
        self._shown: dict[datetime, datetime] = {}

    @property
    def capabilities(self) -> Capabilities:
        """What M3 can do. No live tenant has confirmed it yet."""
        return Capabilities(
            product="m3",
            reference_width=journals.REFERENCE_WIDTH,
            key_field_width=CUSTOM_FIELD_WIDTH,
            settle_seconds=self._settle_seconds,
            posts_journals=True,
            verified_against="Infor's generated API descriptions of the MI programs (2020) and its guide to GLS840; "
            "no live tenant",
            # KEY1 is a batch's unique identity, and a line's number part of its key.
            keeps_keys_unique=True,
        )

    def changes(self, kind: Kind, window: Window) -> Iterator[Sequence[Row]]:
        """Pages of records that changed since the day that the window begins on, at M3's server.

        Projects come with money whose change M3 does not tell, and so all of them each time.
        """
        since = self._since(window)
        match kind:
            case Kind.PURCHASE_ORDER:
                return self._heads(since)
            case Kind.ORDER_LINE:
                return self._lines(since)
            case Kind.DISTRIBUTION:
                return self._codings(since)
            case Kind.PROJECT:
                return self._projects()

    def _since(self, window: Window) -> list[Condition]:
        """Change dates are days of the server's zone, by the server's clock: the whole last day is read again."""
        if window.since is None:
            return []
        shown = self._server_time(window.until)
        offset = shown.utcoffset() or timedelta(0)
        behind = min(shown - window.until, timedelta(0))
        day = (window.since + behind).astimezone(UTC) + offset
        return [from_day("changed", f"{day:%Y%m%d}")]

    def _server_time(self, now: datetime) -> datetime:
        """M3's present in its own zone, which day and time beside the milliseconds since 1970 tell; read once a run."""
        if now not in self._shown:
            self._shown = {now: self._ask_time()}
        return self._shown[now]

    def _ask_time(self) -> datetime:
        records = self._read(self._setup.scope(), "GLS840MI", "GetServerTime", {})
        return _server_time(records[0] if records else {})

    def _heads(self, since: Sequence[Condition]) -> Iterator[Sequence[Row]]:
        for page in self._reader.pages(HEAD, since, alone=True):
            ours = [record for record in page if self._remember(record)]
            custom = self._custom(Kind.PURCHASE_ORDER, HEAD, [record["number"] for record in ours])
            yield tuple(orders.head_row(record, custom[record["number"]], self._setup) for record in ours)

    def _remember(self, head: Record) -> bool:
        """Whether an order is of a division of ours, which its lines do not tell."""
        entity = self._setup.entity(head.get("division", ""))
        self._entities[head["number"]] = entity
        return bool(entity)

    def _custom(self, kind: Kind, file: str, keys: Sequence[str]) -> dict[str, dict[str, str]]:
        """The custom fields that are read along, by key; empty where a record has none."""
        names = self._extra.get(kind, ())
        found = {key: dict.fromkeys(names, "") for key in keys}
        for conditions in _keyed("key", keys) if names else ():
            for record in self._reader.rows(CUSTOM, [equals("file", file), *conditions], names):
                if record["key"] in found:
                    found[record["key"]] = {name: record[name] for name in names}
        return found

    def _lines(self, since: Sequence[Condition]) -> Iterator[Sequence[Row]]:
        for page in self._reader.pages(LINE, since, alone=False):
            self._learn_entities(page)
            yield tuple(
                orders.line_row(record, entity, self._setup)
                for record in page
                if (entity := self._entities.get(record["number"], ""))
            )

    def _codings(self, since: Sequence[Condition]) -> Iterator[Sequence[Row]]:
        make = orders.coding_row if self._setup.coding_list else orders.mapped_row
        for page in self._reader.pages(CODING if self._setup.coding_list else LINE, since, alone=False):
            self._learn_entities(page)
            yield tuple(
                make(record, entity, self._setup)
                for record in page
                if (entity := self._entities.get(record["number"], ""))
            )

    def _learn_entities(self, page: Sequence[Record]) -> None:
        unknown = sorted({record["number"] for record in page} - self._entities.keys())
        for conditions in _keyed("number", unknown):
            for head in self._reader.rows(HEAD, conditions):
                self._remember(head)
        for number in unknown:
            self._entities.setdefault(number, "")

    def _projects(self) -> Iterator[Sequence[Row]]:
        for entity, division in self._setup.divisions.items():
            currency = self._currency(entity)
            found = self._read(self._setup.scope(entity), "POS100MI", "SearchProject", {"SQRY": projects.EVERYTHING})
            custom = self._custom(
                Kind.PROJECT, self._setup.project_table, sorted({project.get("PROJ", "") for project in found})
            )
            for start in range(0, len(found), self._batch_rows):
                part = found[start : start + self._batch_rows]
                totals = self._totals(entity, [projects.totals_of(project, division) for project in part])
                yield tuple(
                    projects.project_row(project, items, custom[project.get("PROJ", "")], entity, currency, self._setup)
                    for project, items in zip(part, totals, strict=True)
                )

    def _currency(self, entity: str) -> str:
        """The local currency of a division, which its projects' money is in."""
        fields = {"DIVI": self._setup.divisions[entity]}
        records = self._read(self._setup.scope(entity), "MNS100MI", "GetBasicData", fields)
        return records[0].get("LOCD", "") if records else ""

    def _totals(self, entity: str, transactions: Sequence[Transaction]) -> list[tuple[Values, ...]]:
        """The money of projects. One without a budget may be an error to M3: it has none."""
        request = bulk_request(
            "m3.POS111MI.LstTotal1", self._setup.scope(entity), "POS111MI", transactions, Safety.READ
        )
        return [result.records for result in parse_results(request, self._send(request), len(transactions))]

    def write(self, updates: Sequence[FieldUpdate]) -> tuple[WriteResult, ...]:
        """Write custom fields: add the record's row, or change it where it is there."""
        if len({update.kind for update in updates}) > 1:
            raise InvariantBroken("updates of several kinds were to be written together")
        chunked = (updates[start : start + self._batch_rows] for start in range(0, len(updates), self._batch_rows))
        return tuple(chain.from_iterable(self._write(chunk) for chunk in chunked))

    def _write(self, updates: Sequence[FieldUpdate]) -> list[WriteResult]:
        records = [orders.custom_record(update, self._setup) for update in updates]
        there = self._each("GetFieldValue", [_identity(record) for record in records], Safety.READ)
        new = [place for place, result in enumerate(there) if result.error]
        refusals = dict(zip(new, self._each("AddFieldValue", [records[place] for place in new]), strict=True))
        # Whatever stood in the way of adding: if the row is there by now, it is changed.
        old = [place for place in range(len(records)) if place not in refusals or refusals[place].error]
        changed = dict(zip(old, self._each("ChgFieldValue", [records[place] for place in old]), strict=True))
        results = []
        for place, update in enumerate(updates):
            last = changed.get(place, Result())
            first = refusals.get(place, Result())
            results.append(WriteResult(update.key, last.error and (first.error or last.error)))
        return results

    def _each(
        self, transaction: str, records: Sequence[Values], safety: Safety = Safety.REPEATABLE
    ) -> tuple[Result, ...]:
        if not records:
            return ()
        operation = f"m3.CUSEXTMI.{transaction}"
        transactions = [(transaction, record) for record in records]
        request = bulk_request(operation, self._setup.scope(), "CUSEXTMI", transactions, safety)
        return parse_results(request, self._send(request), len(records))

    def accounts(self) -> tuple[DimensionValue, ...]:
        """The identities of the first accounting dimension."""
        return self._identities(self._setup.dimensions[ACCOUNT])

    def cost_centers(self) -> tuple[DimensionValue, ...]:
        """The identities of the dimension that holds cost centers."""
        return self._identities(self._setup.dimensions[COST_CENTER])

    def _identities(self, dimension: int) -> tuple[DimensionValue, ...]:
        found: list[Values] = []
        for entity, division in self._setup.divisions.items():
            fields = {"AITP": str(dimension), "DIVI": division}
            found += self._read(self._setup.scope(entity), "CRS630MI", "LstAccountID", fields)
        today = ""
        if dimensions.dated(found):
            today = f"{self._ask_time():%Y-%m-%d}"
        return dimensions.identities(found, today, self._setup)

    def entities(self) -> tuple[DimensionValue, ...]:
        """The divisions: ours under their entity, others under their code; none where the user may not list them."""
        try:
            found = self._read(self._setup.scope(), "MNS100MI", "LstDivisions", {"CONO": self._setup.company})
        except NotDone:
            return ()
        return dimensions.divisions(found, self._setup)

    def periods(self, entity: str) -> tuple[Period, ...]:
        """The fiscal calendar of a division. It does not tell which periods are open; the control of a batch does."""
        division = self._setup.divisions.get(entity, "")
        fields = {"FDIV": division, "TDIV": division, "FPET": self._setup.period_type, "TPET": self._setup.period_type}
        return dimensions.calendar(entity, self._read(self._setup.scope(), "CRS910MI", "Select", fields))

    def missing_fields(self) -> tuple[str, ...]:
        """Columns that a table does not have. Lists of the customer's own are told of when they are read."""
        missing: list[str] = []
        for table in self._layout.columns:
            if table in self._layout.lists or table == CODING:
                continue
            fields = self._read(self._setup.scope(), "EXPORTMI", "LstFields", {"FILE": table})
            known = {field.get("FLDN", "") for field in fields}
            known |= {name[PREFIX_WIDTH:] for name in known}
            extra = set(chain.from_iterable(self._extra.values())) if table == CUSTOM else set()
            columns = [*self._layout.of(table).values(), *sorted(extra)]
            missing += [f"{table}.{column}" for column in columns if column not in known]
        return tuple(missing)

    def sight(self, reference: str) -> Sighting:
        """The batch and the vouchers under a reference."""
        return self._batches.sight(reference)

    def ledger_under(self, prefix: str) -> LedgerExtract:
        """One search of the additional information, then the lines that carry it."""
        return self._batches.under(prefix)

    def stage(self, journal: Journal, sequences: Sequence[int]) -> tuple[RowRefusal, ...]:
        """Enter a batch, or the rest of it. A line that is there already is among the refusals."""
        return self._batches.stage(journal, sequences)

    def validate(self, reference: str) -> None:
        """Have a batch controlled. What that finds stands at the batch when the job is done."""
        self._batches.validate(reference)

    def release(self, reference: str) -> None:
        """Have a batch updated: all of it becomes vouchers, or nothing."""
        self._batches.release(reference)

    def post(self, _entity: str) -> None:
        """Nothing is left to post: vouchers are posted when they are there."""

    def roll_back(self, reference: str) -> None:
        """Keep a batch from ever being posted."""
        self._batches.roll_back(reference)

    def _read(self, scope: Scope, program: str, transaction: str, fields: Values) -> tuple[Values, ...]:
        request = one_request(scope, program, transaction, fields)
        return parse_one(request, self._send(request))


def _identity(record: Values) -> dict[str, str]:
    return {name: record[name] for name in ("FILE", "PK01")}


def _keyed(name: str, keys: Sequence[str]) -> Iterator[tuple[Condition, ...]]:
    """Conditions that find these keys: one by one where they are few, else all between the first and the last."""
    if len(keys) > FEW:
        yield between(name, min(keys), max(keys))
        return
    for part in chunks(keys):
        yield (one_of(name, part),)


def _server_time(record: Values) -> datetime:
    """M3's present in its own zone, from `GetServerTime`. Raises Malformed where it tells none."""
    try:
        shown = datetime.strptime(record.get("DATE", "") + record.get("TIME", "").zfill(6), "%Y%m%d%H%M%S")  # noqa: DTZ007 - which zone it is in is what is being found out
        instant = datetime.fromtimestamp(int(record.get("LMTS", "")) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed("M3 does not tell its time as day, time and milliseconds.") from None
    # The two readings may lie a second apart; zones differ by quarters of an hour.
    offset = round((shown.replace(tzinfo=UTC) - instant) / QUARTER) * QUARTER
    if abs(offset) > ZONE_FURTHEST:
        raise Malformed("M3's day and time lie further apart from its milliseconds than any zone.")
    return instant.astimezone(timezone(offset))
