"""The general ledger: rows are staged under a run group, edited, interfaced as released lines, and posted.

Financials & Supply Management, user guide "Global Ledger", GL transaction interface. A run that was accepted proves
nothing: what it came to stands in its result row and in each row's error message. Without partial update an entity's
rows go through only if none of them is in error; with it a part of a journal can be released, and no run undoes that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from ml_connector_sandbox.clock import Clock
from ml_connector_sandbox.cloudsuite import entries
from ml_connector_sandbox.cloudsuite.classes import Refused, Row
from ml_connector_sandbox.cloudsuite.entries import GROUP, RESULT, RUN_GROUP, RUN_GROUP_WIDTH, SEQUENCE, STAGING
from ml_connector_sandbox.cloudsuite.reference import Reference

COMPLETE = "1"
INCOMPLETE = "2"
ERROR_PREFIX = "ERR-"
STRUCK = "The record is in use by another task"

OnPosted = Callable[[str, Decimal], None]


def never(_fault: str) -> bool:
    """No fault strikes."""
    return False


class GeneralLedger:
    """Staged rows, the results of runs, and ledger lines of one finance enterprise group.

    `strikes` is asked with a fault's name whether it happens now. `on_posted` is told the project and the signed amount
    (major units of the line's own currency) of each posted line that names a project.
    """

    def __init__(
        self,
        clock: Clock,
        switches: Mapping[str, object],
        reference: Reference,
        on_posted: OnPosted | None = None,
    ) -> None:
        """An empty ledger. The names in `switches` are those of `entries.LEDGER_DEFAULTS`."""
        self.clock = clock
        self.switches = switches
        self.reference = reference
        self.on_posted = on_posted
        self.strikes: Callable[[str], bool] = never
        self._staged: dict[str, list[Row]] = {}
        self._keys: set[tuple[str, ...]] = set()
        self._removed: dict[tuple[str, ...], Row] = {}
        self._results: list[Row] = []
        self._lines: list[Row] = []
        self._released: dict[str, list[Row]] = {}

    def create_unreleased(self, fields: Mapping[str, str]) -> str:
        """Stage one row, and say that it was created.

        The key fields are taken with the class's name before them or without. Raises `Refused` for a key that is
        taken, for what is missing or too wide, and for a date or an amount that is none.
        """
        known = entries.taken_in(fields, self.reference.group)
        key = _key(known)
        if key in self._keys and self._keys_enforced():
            raise Refused(f"Record already exists: {', '.join(key)}")
        if self.strikes("partial_batch"):
            raise Refused(STRUCK)
        self._stage(known, self.clock.now())
        return f"{STAGING} {', '.join(key)} created."

    def _keys_enforced(self) -> bool:
        return entries.flag(self.switches, "fsm_keys_enforced") and not self.strikes("keys_not_enforced")

    def _stage(self, fields: dict[str, str], now: datetime) -> None:
        key = _key(fields)
        self._keys.add(key)
        self._staged.setdefault(fields[RUN_GROUP], []).append(Row(key=key, fields=fields, created=now, updated=now))

    def interface(
        self,
        run_group: str,
        *,
        edit_only: bool,
        edit_and_interface: bool,
        partial_update: bool,
        move_errors: bool = False,
        error_prefix: str = ERROR_PREFIX,
    ) -> None:
        """Edit the waiting rows of a run group and, if so asked, make released lines of those that may go through.

        No run group selects every one there is. Edit-only wins over edit-and-interface; with neither, rows are edited
        and no more. `move_errors` takes the rows in error to a run group of their own, named with the prefix.
        Raises `Refused` where the tenant wants a run group and none is given.
        """
        now = self.clock.now()
        for name in self._selected(run_group):
            rows = self._waiting(name)
            self._edit(rows, now)
            if edit_only or not edit_and_interface:
                self._note_edit(name, rows, now)
                continue
            passing = _passing(rows, partial_update=partial_update)
            self._release(name, passing, now)
            self._add_result(name, rows, len(passing), now)
            if move_errors:
                self._move_errors(name, (error_prefix + name)[:RUN_GROUP_WIDTH], now)

    def _selected(self, run_group: str) -> list[str]:
        if run_group:
            return [run_group]
        if entries.flag(self.switches, "empty_run_group_refused"):
            raise Refused("PrmRunGroup is required")
        return [name for name in self._staged if self._waiting(name)]

    def _waiting(self, run_group: str) -> list[Row]:
        rows = self._staged.get(run_group, ())
        return [row for row in rows if row.fields["Status"] != entries.INTERFACED]

    def _edit(self, rows: Sequence[Row], now: datetime) -> None:
        in_error = str(self.switches.get("fsm_error_status", entries.LEDGER_DEFAULTS["fsm_error_status"]))
        back_posting = entries.flag(self.switches, "fsm_back_posting")
        messages = entries.edit(rows, self.reference, back_posting=back_posting)
        for row, message in zip(rows, messages, strict=True):
            _change(row, {"ErrorMessage": message, "Status": in_error if message else entries.UNRELEASED}, now)

    def _note_edit(self, run_group: str, rows: Sequence[Row], now: datetime) -> None:
        if entries.flag(self.switches, "fsm_edit_only_writes_result") or self.strikes("edit_only_writes_result"):
            self._add_result(run_group, rows, sum(not _error(row) for row in rows), now)

    def _add_result(self, run_group: str, rows: Sequence[Row], passed: int, now: datetime) -> None:
        result_id = str(len(self._results) + 1)
        entities = {row.fields["AccountingEntity"] for row in rows}
        fields = {
            RESULT: result_id,
            GROUP: self.reference.group,
            "AccountingEntity": entities.pop() if len(entities) == 1 else "",
            "RunGroup": run_group,
            "Status": COMPLETE if passed == len(rows) else INCOMPLETE,
            "PassedCount": str(passed),
            "FailedCount": str(len(rows) - passed),
        }
        self._results.append(Row(key=(result_id,), fields=fields, created=now, updated=now))

    def _release(self, run_group: str, rows: Sequence[Row], now: datetime) -> None:
        lines = self._released.setdefault(run_group, []) if rows else []
        for row in rows:
            lines.append(self._line(row, now))
            _change(row, {"Status": entries.INTERFACED}, now)
        if rows and entries.flag(self.switches, "fsm_interfaced_rows_removed"):
            self._remove(run_group, rows, now)

    def _line(self, row: Row, now: datetime) -> Row:
        """The released line that a row becomes."""
        line_id = str(len(self._lines) + 1)
        line = Row(key=(line_id,), fields=entries.ledger_fields(row, line_id, self.reference), created=now, updated=now)
        entries.set_status(line, entries.RELEASED, self.switches)
        self._lines.append(line)
        return line

    def enter(self, rows: Sequence[Row]) -> list[Row]:
        """Post rows at once, as product lines do that know no released state; they must be free of errors."""
        now = self.clock.now()
        lines = [self._line(row, now) for row in rows]
        self._post(lines, now)
        return lines

    def _move_errors(self, run_group: str, error_group: str, now: datetime) -> None:
        """Restage rows in error under another run group; a row whose key is taken there stays where it is."""
        if error_group == run_group:
            return
        moved = []
        for row in self._waiting(run_group):
            fields = {**row.fields, RUN_GROUP: error_group}
            if _error(row) and _key(fields) not in self._keys:
                self._stage(fields, now)
                moved.append(row)
        self._remove(run_group, moved, now)

    def _remove(self, run_group: str, rows: Iterable[Row], now: datetime) -> None:
        for row in rows:
            row.deleted = True
            row.updated = now
            self._keys.discard(row.key)
            self._removed[row.key] = row
        kept = [row for row in self._staged.get(run_group, ()) if not row.deleted]
        self._keys.update(row.key for row in kept)
        self._staged[run_group] = kept
        if not kept:
            del self._staged[run_group]

    def delete_all(self, run_group: str) -> None:
        """Take out the rows of a run group that did not become entries. No run group selects every one there is."""
        now = self.clock.now()
        for name in self._selected(run_group):
            self._remove(name, self._waiting(name), now)

    def reset_errors(self, run_group: str) -> None:
        """Clear the error messages of a run group's waiting rows. No run group selects every one there is."""
        now = self.clock.now()
        for name in self._selected(run_group):
            for row in self._waiting(name):
                _change(row, {"ErrorMessage": "", "Status": entries.UNRELEASED}, now)

    def post_released(self, entity: str = "") -> int:
        """Finance posts the released lines of one entity, or of all; how many lines that were."""
        now = self.clock.now()
        due = [line for lines in self._released.values() for line in lines if entity in ("", _entity(line))]
        self._post(due, now)
        self._forget_settled(tuple(self._released))
        return len(due)

    def _post(self, lines: Sequence[Row], now: datetime) -> None:
        for line in lines:
            entries.set_status(line, entries.POSTED, self.switches)
            line.updated = now
        for line in lines:
            if self.on_posted is not None and (project := line.fields.get("Project", "")):
                self.on_posted(project, entries.amount(line))

    def delete_released(self, reference: str) -> int:
        """A finance person deletes the released lines of one run group; how many lines that were. Posted ones stay."""
        now = self.clock.now()
        lines = self._released.get(reference, ())
        for line in lines:
            line.deleted = True
            line.updated = now
        self._forget_settled((reference,))
        return len(lines)

    def _forget_settled(self, references: Iterable[str]) -> None:
        for reference in references:
            left = [
                line for line in self._released.pop(reference, ()) if not line.deleted and not entries.is_posted(line)
            ]
            if left:
                self._released[reference] = left

    def rows(self, business_class: str) -> list[Row]:
        """The rows of one of the ledger's classes, deleted ones among them. Raises KeyError for any other class."""
        match business_class:
            case entries.STAGING:
                gone = [row for key, row in self._removed.items() if key not in self._keys]
                return [row for rows in self._staged.values() for row in rows] + gone
            case entries.RESULT:
                return list(self._results)
            case entries.DETAIL:
                return list(self._lines)
        raise KeyError(business_class)

    def gl_lines(self) -> list[dict[str, object]]:
        """Every line of the ledger as the books tell it, released and posted; see `entries.book`."""
        digits = self.reference.currency_digits
        lines = [line for line in self._lines if not line.deleted]
        places = {code: digits(code) or 0 for code in {line.fields["CurrencyCode"] for line in lines}}
        return [entries.book(line, places[line.fields["CurrencyCode"]]) for line in lines]


def _key(fields: Mapping[str, str]) -> tuple[str, ...]:
    return fields[GROUP], fields[RUN_GROUP], fields[SEQUENCE]


def _error(row: Row) -> str:
    return row.fields.get("ErrorMessage", "")


def _entity(row: Row) -> str:
    return row.fields["AccountingEntity"]


def _change(row: Row, fields: Mapping[str, str], now: datetime) -> None:
    """Set fields; a row that already holds them stays as it is."""
    if any(row.fields.get(name, "") != value for name, value in fields.items()):
        row.fields.update(fields)
        row.updated = now


def _passing(rows: Sequence[Row], *, partial_update: bool) -> list[Row]:
    """The rows that go through: those without an error, or those of entities in which there is none."""
    if partial_update:
        return [row for row in rows if not _error(row)]
    blocked = {_entity(row) for row in rows if _error(row)}
    return [row for row in rows if _entity(row) not in blocked]
