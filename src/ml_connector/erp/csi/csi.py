"""The CSI adapter: the port's methods over the IDO request service of one or several sites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ml_connector.core.journal import Journal, SeenLine, Sighting
from ml_connector.core.money import Digits
from ml_connector.core.periods import Period
from ml_connector.core.records import Kind, Row
from ml_connector.erp.csi import dimensions, journals, metadata, orders
from ml_connector.erp.csi.answers import refusal
from ml_connector.erp.csi.fields import (
    ACCOUNT,
    CALENDAR,
    IDO_OF,
    JOURNAL,
    LEDGER,
    ORDER,
    PROJECT,
    FieldMap,
    allowed_ido,
    unit_ido,
)
from ml_connector.erp.csi.loads import ITEM_ID, LoadRefused, begins, is_one_of
from ml_connector.erp.csi.orders import UnitCodes
from ml_connector.erp.csi.reading import Reading
from ml_connector.erp.csi.sites import Site
from ml_connector.erp.csi.updates import delete_request, invoke_request, update_request
from ml_connector.erp.port import (
    Capabilities,
    DimensionValue,
    FieldUpdate,
    LedgerExtract,
    RowRefusal,
    Window,
    WriteResult,
)
from ml_connector.errors import Ambiguous, InvariantBroken, Rejected, Transient
from ml_connector.wire import Request, Send

SETTLE_SECONDS = 360
"""Longer than the longest time-out that a gateway policy may set (300 s)."""
KEY_FIELD_WIDTH = 30
PAGE_ROWS = 1000
UPDATE_TRIES = 3
"""How often an item is read again that somebody changed between reading and writing it."""

Item = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ledgering:
    """How journals are posted: the id of our own journal, and the method that posts it, empty where finance does."""

    journal: str
    post_method: str = ""


class Csi:
    """The sites of one CSI tenant. `send` completes paths below the tenant (see `gateway.py`)."""

    def __init__(
        self,
        send: Send,
        sites: Sequence[Site],
        fields: FieldMap,
        units: UnitCodes,
        ledgering: Ledgering,
        digits: Digits,
        *,
        page_rows: int = PAGE_ROWS,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self._send = send
        self._sites = {site.entity: site for site in sites}
        self._fields = fields
        self._units = units
        self._ledgering = ledgering
        self._digits = digits
        self._settle_seconds = settle_seconds
        self._reading = Reading(send, fields, page_rows)

    @property
    def capabilities(self) -> Capabilities:
        """What CSI can do. No live tenant has confirmed it yet."""
        return Capabilities(
            product="csi",
            reference_width=journals.REFERENCE_WIDTH,
            key_field_width=KEY_FIELD_WIDTH,
            settle_seconds=self._settle_seconds,
            posts_journals=True,
            verified_against="Infor's Mongoose documentation 2022 to 2026 and public client code; no live tenant",
            checks_before_release=False,
            keeps_keys_unique=False,
            records_runs=False,
            finance_posts=not self._ledgering.post_method,
        )

    def changes(self, kind: Kind, window: Window) -> Iterator[Sequence[Row]]:
        """Pages of records that changed in the window; all there are, where a site refuses to filter by RecordDate."""
        for site in self._each():
            yield from self._rows_of(site, kind, window)

    def _rows_of(self, site: Site, kind: Kind, window: Window) -> Iterator[Sequence[Row]]:
        match kind:
            case Kind.PURCHASE_ORDER:
                for page in self._reading.changed(site, ORDER, window):
                    yield [orders.order_row(site, item, self._fields) for item in page]
            case Kind.PROJECT:
                for page in self._reading.changed(site, PROJECT, window):
                    yield [orders.project_row(site, item, self._fields) for item in page]
            case Kind.ORDER_LINE:
                for found in self._reading.lines(site, window):
                    yield [orders.line_row(line) for line in found]
            case Kind.DISTRIBUTION:
                for found in self._reading.lines(site, window):
                    yield [row for line in found for row in orders.distribution_rows(site, line, self._units)]

    def write(self, updates: Sequence[FieldUpdate]) -> tuple[WriteResult, ...]:
        """Write properties, one record a request. One that somebody changed meanwhile is read and written again."""
        return tuple(WriteResult(update.key, self._written(update)) for update in updates)

    def _written(self, update: FieldUpdate) -> str:
        entity, number = orders.number_of(update)
        site, ido = self._site(entity), IDO_OF[update.kind]
        tried = words = ""
        for _ in range(UPDATE_TRIES):
            item_id = self._reading.item_id(site, ido, number)
            if item_id in ("", tried):
                return words or "CSI does not show the record any more"
            request = update_request(f"csi.update.{ido}", site, ido, item_id, dict(update.values))
            words = self._refusal(request)
            if not words:
                return ""
            tried = item_id
        return words

    def _refusal(self, request: Request) -> str:
        """CSI's words where it did not take a change."""
        try:
            return refusal(request, self._send(request))
        except Rejected as rejected:
            return rejected.message

    def accounts(self) -> tuple[DimensionValue, ...]:
        """The accounts of all sites."""
        found = (
            dimensions.account(item, self._fields) for site in self._each() for item in self._reading.all(site, ACCOUNT)
        )
        return dimensions.merged(found)

    def cost_centers(self) -> tuple[DimensionValue, ...]:
        """The codes of the unit that is the cost center."""
        return dimensions.merged(value for site in self._each() for value in self._unit_codes(site))

    def _unit_codes(self, site: Site) -> Iterator[DimensionValue]:
        unit = self._units.cost_center
        ido, allowed = unit_ido(unit), self._allowed(site, allowed_ido(unit))
        return (dimensions.unit_code(item, ido, allowed, self._fields) for item in self._reading.all(site, ido))

    def _allowed(self, site: Site, ido: str) -> frozenset[str] | None:
        """The codes that some account takes; None where the site keeps no such list."""
        codes = (self._fields.values(ido, item)["code"] for item in self._reading.all(site, ido, distinct=True))
        return frozenset(codes) or None

    def entities(self) -> tuple[DimensionValue, ...]:
        """The sites of the connection, each with its configuration: CSI does not tell which entities there are."""
        return tuple(DimensionValue(site.entity, site.configuration, active=True) for site in self._each())

    def periods(self, entity: str) -> tuple[Period, ...]:
        """The fiscal calendar. A site that does not tell which periods are closed is asked again without that."""
        site = self._site(entity)
        try:
            years = self._reading.all(site, CALENDAR)
        except LoadRefused:
            closed = self._fields.of(CALENDAR).get("closed", "").partition("{")[0]
            asked = [name for name in self._fields.asked(CALENDAR) if not closed or not name.startswith(closed)]
            years = self._reading.all(site, CALENDAR, asked=asked)
        return dimensions.periods(site, years, self._fields)

    def missing_fields(self) -> tuple[str, ...]:
        """Properties of the map that the first site's IDOs do not have, and configurations that the tenant lacks."""
        missing = [f"configuration {site.configuration}" for site in self._unknown_sites()]
        first = next(self._each())
        for ido in self._fields.idos:
            request = metadata.properties_request(first, ido)
            known = metadata.parse_names(request, self._send(request))
            missing += [f"{ido}.{name}" for name in self._needed(ido) if name not in known]
        return tuple(missing)

    def _needed(self, ido: str) -> tuple[str, ...]:
        """What cannot be left out: the codes of units that stand for nothing of ours are not read."""
        ours = {unit_ido(self._units.cost_center), allowed_ido(self._units.cost_center)}
        if ido in self._fields.idos and ido.startswith(("SLUnitcd", "SLChartUnitcd")) and ido not in ours:
            return ()
        asked = self._fields.asked(ido)
        if ido == CALENDAR:
            # Whether periods are closed need not be told, and few years have a thirteenth.
            closed = self._fields.of(CALENDAR).get("closed", "").partition("{")[0]
            return tuple(name for name in asked if not closed or not name.startswith(closed))
        return asked

    def _unknown_sites(self) -> list[Site]:
        request = metadata.configurations_request()
        known = metadata.parse_names(request, self._send(request))
        return [site for site in self._each() if known and site.configuration not in known]

    def sight(self, reference: str) -> Sighting:
        """Each site's journals first and its ledger last: rows move that way, so that none is missed by both looks."""
        staged: list[SeenLine] = []
        ledger: list[SeenLine] = []
        conclusive = True
        for site in self._each():
            waiting, posted, readable = self._seen(site, journals.sought(reference))
            staged += waiting.get(reference, ())
            ledger += posted.get(reference, ())
            conclusive = conclusive and not readable
        return Sighting(tuple(staged), tuple(ledger), conclusive=conclusive)

    def ledger_under(self, prefix: str) -> LedgerExtract:
        """What begins so in the ledgers of all sites and, where finance posts them, in their journals."""
        lines: dict[str, tuple[SeenLine, ...]] = {}
        unread: set[str] = set()
        for site in self._each():
            try:
                waiting, posted, unreadable = self._seen(site, prefix)
            except LoadRefused:
                return LedgerExtract({}, searched=False)
            unread |= unreadable
            for reference in waiting.keys() | posted.keys():
                entries = Sighting(waiting.get(reference, ()), posted.get(reference, ()))
                found = entries.entries(finance_posts=self.capabilities.finance_posts)
                lines[reference] = (*lines.get(reference, ()), *found)
        return LedgerExtract({name: found for name, found in lines.items() if found}, frozenset(unread))

    def _seen(
        self, site: Site, prefix: str
    ) -> tuple[Mapping[str, tuple[SeenLine, ...]], Mapping[str, tuple[SeenLine, ...]], frozenset[str]]:
        """A site's rows and lines by reference, and the references of which one could not be read.

        A row that finance posts between the two looks shows in both: then the journals are looked at once more.
        """
        waiting, unread = self._under(site, JOURNAL, prefix)
        posted, unread_too = self._under(site, LEDGER, prefix)
        if any(waiting.get(reference) for reference in posted):
            waiting, unread = self._under(site, JOURNAL, prefix)
        return waiting, posted, unread | unread_too

    def _under(self, site: Site, ido: str, prefix: str) -> tuple[dict[str, tuple[SeenLine, ...]], frozenset[str]]:
        found: dict[str, tuple[SeenLine, ...]] = {}
        unread: set[str] = set()
        for item in self._rows(site, ido, prefix):
            reference = journals.reference_of(item, ido, self._fields)
            try:
                line = journals.seen_line(site, item, ido, self._fields, self._units, self._digits)
            except ValueError:
                unread.add(reference)
            else:
                found[reference] = (*found.get(reference, ()), line)
        return found, frozenset(unread)

    def _rows(self, site: Site, ido: str, prefix: str) -> list[Item]:
        """What an IDO shows whose `Ref` begins so: a filter that was not applied must not be believed."""
        name = self._fields.of(ido)["reference"]
        items = self._reading.all(site, ido, where=begins(name, prefix))
        return [item for item in items if item.get(name, "").startswith(prefix)]

    def stage(self, journal: Journal, sequences: Sequence[int]) -> tuple[RowRefusal, ...]:
        """Enter the lines with these sequence numbers in the journal, one request each.

        What is there already is left alone: CSI would take it a second time.
        """
        site = self._site(journal.entity)
        waiting, posted, _ = self._seen(site, journals.sought(journal.reference))
        there = {line.sequence for seen in (waiting, posted) for line in seen.get(journal.reference, ())}
        lines = [line for line in journal.lines if line.sequence in set(sequences) - there]
        requests = [
            journals.row_request(
                site, self._ledgering.journal, journal.reference, line, self._fields, self._units, self._digits
            )
            for line in lines
        ]
        words = self._in_turn(journal.reference, requests)
        return tuple(RowRefusal(line.sequence, text) for line, text in zip(lines, words, strict=True) if text)

    def validate(self, reference: str) -> None:
        """CSI checks a row as it is entered; there is nothing to call."""
        journals.check(reference)

    def release(self, reference: str) -> None:
        """Post our journal by the method that the connection names; where it names none, finance posts it.

        Raises Rejected with CSI's words where it does not, and Transient where rows of ours stand in it in part.
        """
        journals.check(reference)
        if not self._ledgering.post_method:
            return
        for site in self._each():
            if self._rows(site, JOURNAL, journals.sought(reference)):
                self._refuse_parts(site)
                self._post(site)

    def _refuse_parts(self, site: Site) -> None:
        """CSI posts a journal as a whole: with rows that were entered in part it would refuse it, or post them too."""
        where = is_one_of(self._fields.of(JOURNAL)["journal"], (self._ledgering.journal,))
        sums: dict[tuple[str, str], int] = {}
        for item in self._reading.all(site, JOURNAL, where=where):
            reference = journals.reference_of(item, JOURNAL, self._fields)
            try:
                amount = journals.seen_line(site, item, JOURNAL, self._fields, self._units, self._digits).amount
            except ValueError:
                # It is nobody's of ours, and CSI says itself what it thinks of it.
                continue
            sums[reference, amount.currency] = sums.get((reference, amount.currency), 0) + amount.minor
        for (reference, _), minor in sums.items():
            if minor:
                raise Transient(f"Journal {self._ledgering.journal} holds {reference} in part, and waits for the rest.")

    def _post(self, site: Site) -> None:
        method, journal = self._ledgering.post_method, self._ledgering.journal
        request = invoke_request("csi.release", site, JOURNAL, method, (journal, ""))
        response = self._send(request)
        words = refusal(request, response) or journals.method_failure(request, response)
        if words:
            raise Rejected(f"{request.operation}: CloudSuite did not post journal {journal}: {words}")

    def post(self, entity: str) -> None:
        """Nothing: finance posts the journal, or our own release does."""

    def roll_back(self, reference: str) -> None:
        """Take our rows out of the journal, one request each. What is in the ledger stays."""
        for site in self._each():
            rows = self._rows(site, JOURNAL, journals.sought(reference))
            requests = [delete_request("csi.roll_back", site, JOURNAL, row.get(ITEM_ID, "")) for row in rows]
            refused = [words for words in self._in_turn(reference, requests) if words]
            if refused:
                raise Rejected(f"csi.roll_back: CloudSuite refused the call: {refused[0]}")

    def _in_turn(self, reference: str, requests: Iterable[Request]) -> list[str]:
        """Send changes one after the other; CSI's words for each, empty where it was taken."""
        words: list[str] = []
        for request in requests:
            try:
                words.append(self._refusal(request))
            except Transient as error:
                if not words:
                    raise
                # Nothing of this one was applied, but those before it were.
                raise Ambiguous(f"{reference} was changed in part: {error.message}") from error
        return words

    def _each(self) -> Iterator[Site]:
        return iter(self._sites.values())

    def _site(self, entity: str) -> Site:
        site = self._sites.get(entity)
        if site is None:
            raise InvariantBroken(f"entity {entity} has no site in this connection")
        return site
