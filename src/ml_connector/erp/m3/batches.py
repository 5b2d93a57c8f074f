"""What M3 shows under a reference, and what is done to it: batches of GLS840 and the vouchers that come of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby

from ml_connector.core.journal import Journal, RunResult, SeenLine, Sighting
from ml_connector.core.money import Digits
from ml_connector.erp.m3 import journals
from ml_connector.erp.m3.answers import NotDone, Result, Scope, Transaction, parse_results
from ml_connector.erp.m3.reading import Reader, Record, begins, chunks, equals, one_of
from ml_connector.erp.m3.setup import Setup
from ml_connector.erp.m3.tables import BATCH, BATCH_LINE, LEDGER, LEDGER_INFO
from ml_connector.erp.port import LedgerExtract, RowRefusal
from ml_connector.errors import Ambiguous, Malformed, Misconfigured, Rejected, Transient
from ml_connector.wire import Send

IN_ERROR = "GLS840 shows the batch in error, and no reason at the line; its log tells more"

Place = tuple[str, str, str, str]
"""Division, year, journal and sequence in it: a ledger line."""


class Batches:
    """The journal batches of one company. `batch_rows` are the lines of one call."""

    def __init__(self, send: Send, setup: Setup, reader: Reader, digits: Digits, batch_rows: int) -> None:
        self._send = send
        self._setup = setup
        self._reader = reader
        self._digits = digits
        self._batch_rows = batch_rows
        self._begun: set[tuple[str, str]] = set()

    def sight(self, reference: str) -> Sighting:
        """The batch first and the vouchers last: a batch becomes a voucher, so that none is missed by both looks."""
        journals.check(reference)
        head = self._head(reference)
        state = self._state(head) if head else ""
        if self._is_working(reference, state):
            return Sighting(conclusive=False, working=True)
        records = self._lines(reference) if head else []
        rolled_back = any(journals.is_mark(record) for record in records)
        error = IN_ERROR if state == journals.ERROR and not any(record.get("error") for record in records) else ""
        staged, told = self._staged([] if rolled_back else records, error)
        ledger, posted = self._ledger(reference)
        results = _results(state, len(ledger), len(records))
        return Sighting(staged, ledger, results, conclusive=told and posted)

    def _is_working(self, reference: str, state: str) -> bool:
        """A job is at work, or one that we have begun does not show yet."""
        waiting = {("CtrlBatch", journals.ENTERED), ("UpdBatch", journals.CHECKED)}
        begun = {name for name, of in self._begun if of == reference}
        return state in journals.WORKING or any((name, state) in waiting for name in begun)

    def _head(self, reference: str) -> Record | None:
        found = self._reader.rows(BATCH, [equals("reference", reference)])
        if len(found) > 1:
            raise Malformed(f"M3 shows {len(found)} batches under {reference}, whose key is unique.")
        return found[0] if found else None

    def _state(self, head: Record) -> str:
        code = head.get("state", "")
        state = self._setup.states.get(code)
        if state is None:
            raise Misconfigured(
                f"Batch {head.get('reference')} of GLS840 has the status {code!r}, whose meaning nobody has told us.",
                remedy="Find out what it means in GLS840, and name it in [cloudsuite.m3.batch_states].",
            )
        return state

    def _lines(self, reference: str) -> list[Record]:
        return self._reader.rows(BATCH_LINE, [equals("reference", reference)])

    def _staged(self, records: Sequence[Record], error: str) -> tuple[tuple[SeenLine, ...], bool]:
        found: list[SeenLine] = []
        for record in records:
            try:
                found.append(journals.staged_line(record, self._setup, self._digits, error))
            except ValueError:
                return tuple(found), False
        return tuple(found), True

    def _ledger(self, reference: str) -> tuple[tuple[SeenLine, ...], bool]:
        info = self._info(f"{reference}/")
        lines, unread = self._vouchers(info)
        return tuple(lines.get(reference, ())), not unread

    def _info(self, prefix: str) -> dict[Place, str]:
        conditions = [equals("info_number", self._setup.info_number), begins("info", prefix)]
        return {_place(record): record["info"] for record in self._reader.rows(LEDGER_INFO, conditions)}

    def _vouchers(self, info: dict[Place, str]) -> tuple[dict[str, list[SeenLine]], set[str]]:
        """The ledger lines at these places by reference, and references of which a line could not be read."""
        lines: dict[str, list[SeenLine]] = {}
        unread: set[str] = set()
        missing = dict(info)
        for record in self._at(list(info)):
            text = missing.pop(_place(record), "")
            if not text:
                continue
            reference = journals.reference_of(text)
            try:
                line = journals.ledger_line(record, text, self._setup, self._digits)
            except ValueError:
                unread.add(reference or text)
            else:
                lines.setdefault(reference, []).append(line)
        # An information without its line is half a look.
        unread |= {journals.reference_of(text) or text for text in missing.values()}
        return lines, unread

    def _at(self, places: Sequence[Place]) -> list[Record]:
        """The ledger lines of the journals that these places are in."""
        journals_of = sorted({place[:3] for place in places})
        found: list[Record] = []
        for (division, year), group in groupby(journals_of, key=lambda each: each[:2]):
            for part in chunks([number for _, _, number in group]):
                conditions = [
                    equals("division", division),
                    equals("year", year, number=True),
                    one_of("journal", part, number=True),
                ]
                found += self._reader.rows(LEDGER, conditions)
        return found

    def under(self, prefix: str) -> LedgerExtract:
        """All ledger lines whose reference begins so. Where M3 refuses the search, it is left undone."""
        try:
            info = self._info(prefix)
        except NotDone:
            return LedgerExtract({}, searched=False)
        lines, unread = self._vouchers(info)
        return LedgerExtract({name: tuple(found) for name, found in lines.items()}, frozenset(unread))

    def stage(self, journal: Journal, sequences: Sequence[int]) -> tuple[RowRefusal, ...]:
        """The head, unless it is there, then the lines. Raises Rejected for a head that is refused."""
        lines, refusals = self._transactions(journal, frozenset(sequences))
        if refusals:
            return refusals  # it would stop the journal anyway, and so nothing is left lying in M3
        scope = self._setup.scope(journal.entity)
        if self._head(journal.reference) is None:
            self._one("stage.head", scope, journals.head_transaction(self._setup, journal.reference))
        return self._stage_lines(journal.reference, scope, lines)

    def _transactions(
        self, journal: Journal, sequences: Collection[int]
    ) -> tuple[list[tuple[int, Transaction]], tuple[RowRefusal, ...]]:
        """The lines as they are sent, and those that M3 could not take."""
        lines: list[tuple[int, Transaction]] = []
        refusals: list[RowRefusal] = []
        for line in journal.lines:
            if line.sequence in sequences:
                try:
                    sent = journals.line_transaction(self._setup, journal.reference, line, self._digits)
                except ValueError as error:
                    refusals.append(RowRefusal(line.sequence, str(error)))
                else:
                    lines.append((line.sequence, sent))
        return lines, tuple(refusals)

    def _stage_lines(
        self, reference: str, scope: Scope, lines: Sequence[tuple[int, Transaction]]
    ) -> tuple[RowRefusal, ...]:
        refusals: list[RowRefusal] = []
        for start in range(0, len(lines), self._batch_rows):
            chunk = lines[start : start + self._batch_rows]
            try:
                results = self._send_batch("stage", scope, [transaction for _, transaction in chunk])
            except Transient as error:
                # Nothing of these lines was taken, but the head is there, and perhaps lines before them.
                raise Ambiguous(f"{reference} was staged in part: {error.message}") from error
            told = zip(chunk, results, strict=True)
            refusals += [RowRefusal(sequence, result.error) for (sequence, _), result in told if result.error]
        return tuple(refusals)

    def validate(self, reference: str) -> None:
        """Begin the control of a batch, unless it has been controlled or a job is at work on it."""
        head, state = self._known(reference)
        if state == journals.ENTERED:
            self._job("validate", "CtrlBatch", head, state)

    def release(self, reference: str) -> None:
        """Begin the update of a batch that has been controlled. Raises Transient before it has been."""
        head, state = self._known(reference)
        if state in (journals.ENTERED, journals.CHECKING):
            raise Transient(f"M3 has not controlled batch {reference} yet.")
        if state == journals.ERROR:
            raise Rejected(f"GLS840 shows batch {reference} in error.")
        if state == journals.CHECKED:
            self._job("release", "UpdBatch", head, state)

    def roll_back(self, reference: str) -> None:
        """Mark a batch so that it can never be posted: M3 has no transaction that takes it out."""
        head = self._head(reference)
        if head is None:
            return
        if self._state(head) in journals.WORKING:
            raise Transient(f"M3 is at work on batch {reference}.")
        lines = self._lines(reference)
        if lines and not any(journals.is_mark(line) for line in lines):
            self._one("roll_back", self._scope(head), journals.mark_transaction(reference, lines[0]))

    def _known(self, reference: str) -> tuple[Record, str]:
        head = self._head(reference)
        if head is None:
            raise Rejected(f"M3 shows no batch {reference}.")
        return head, self._state(head)

    def _job(self, operation: str, name: str, head: Record, state: str) -> None:
        """Begin a job once: of a batch at work, M3 takes none. One that is refused since it has begun is begun."""
        reference = head["reference"]
        try:
            self._one(operation, self._scope(head), journals.job_transaction(self._setup, reference, name))
        except Rejected:
            if self._known(reference)[1] == state:
                raise
        self._begun.add((name, reference))

    def _scope(self, head: Record) -> Scope:
        return Scope(self._setup.company, head.get("division", ""))

    def _one(self, operation: str, scope: Scope, transaction: Transaction) -> None:
        (result,) = self._send_batch(operation, scope, [transaction])
        if result.error:
            raise Rejected(f"M3 refused {transaction[0]}: {result.error}")

    def _send_batch(self, operation: str, scope: Scope, transactions: Sequence[Transaction]) -> tuple[Result, ...]:
        request = journals.batch_request(operation, scope, transactions)
        response = self._send(request)
        try:
            return parse_results(request, response, len(transactions))
        except Malformed as malformed:
            # It was taken, and nobody can say what of it.
            raise Ambiguous(malformed.message) from malformed


def _place(record: Record) -> Place:
    numbers = (record.get(name, "").lstrip("0") for name in ("year", "journal", "place"))
    return (record.get("division", ""), *numbers)  # type: ignore[return-value] # three of them


def _results(state: str, posted: int, lines: int) -> tuple[RunResult, ...]:
    """What an update came to, as far as the state of the batch tells."""
    if state == journals.UPDATED:
        return (RunResult(1, complete=True, passed=posted, failed=0),)
    if state == journals.ERROR:
        return (RunResult(1, complete=False, passed=0, failed=max(lines, 1)),)
    return ()
