"""One product line on trial: its adapter over its sandbox, and what the claims ask of both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from conformance.lines import LINES, Lines, Orders, ProductLine
from engine.acme import START, Acme
from ml_connector.core.journal import Journal, JournalLine, Presence, Sighting, missing_sequences, presence
from ml_connector.core.money import Money, text_from_money
from ml_connector.core.orders import order_from_rows, project_from_row
from ml_connector.core.records import Coding, Kind, Project, PurchaseOrder, Row
from ml_connector.demo.connection import CLEARING_ACCOUNT, NAME
from ml_connector.erp.port import Erp, Window
from ml_connector.errors import Ambiguous, Rejected, Transient
from ml_connector.policy import currency_digits

REFERENCE = "MLC-ABCDEFGHIJK"
"""As wide as references are: the prefix, a dash, eleven characters."""
ORDER_FIELD, PROJECT_FIELD = "PurchaseOrderUserField5", "ProjectUserField5"
"""Where the books keep the issue key, whatever the line calls the field that it is written to."""
LABEL = re.compile(r"mlc-[a-z0-9-]+?-po-(?P<order>[^/]+/[^/]+)(/.*)?")
ROUNDS_MAX = 8

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class Trial:
    """The vendors and the installation, and the adapter of its lane."""

    acme: Acme
    product: str

    @property
    def line(self) -> ProductLine:
        """What the suite knows of it."""
        return LINES[self.product]

    @property
    def erp(self) -> Erp:
        """The adapter, over the same token, pace and retries as in service; a new one each time, as after a restart."""
        return self.acme.installed.lane(NAME).erp

    def strike(self, name: str, call: Mapping[str, str] | None = None, **more: object) -> None:
        """Let a fault strike the next call that is marked so."""
        rule = {"name": name, "vendor": "cloudsuite", "next": 1, **(call or {}), **more}
        self.acme.control("PUT", "/faults", [rule])

    def struck(self) -> bool:
        """Whether it did."""
        return all(rule["next"] == 0 for rule in self.acme.control("GET", "/faults")["rules"])

    def settle(self, erp: Erp) -> None:
        """The settle time passes."""
        self.acme.clock.advance(erp.capabilities.settle_seconds + 1)

    def window(self, since: timedelta | None = None) -> Window:
        """From so long ago until now; everything where nothing is said."""
        now = self.acme.clock.now()
        return Window(None if since is None else now - since, now)

    def rows(self, erp: Erp, kind: Kind, since: timedelta | None = None) -> list[Row]:
        """What a reading tells of one kind."""
        return [row for page in erp.changes(kind, self.window(since)) for row in page]

    def everything(self, erp: Erp, since: timedelta | None = None) -> dict[tuple[Kind, str], Row]:
        """What a reading of all kinds tells, by kind and key."""
        return {(row.kind, row.key): row for kind in Kind for row in self.rows(erp, kind, since)}

    def shown_orders(self) -> Orders:
        """The books' orders, as this line can show them."""
        return self.line.shown(self.acme.orders())

    def ledger(self) -> Lines:
        """The books that postings come to."""
        return self.line.ledger(self.acme)

    def under(self, reference: str) -> list[tuple[object, ...]]:
        """The books' lines under a reference, as `wanted` writes them."""
        return sorted(_book(line) for line in self.ledger() if line["reference"] == reference)


def orders_in(rows: Mapping[tuple[Kind, str], Row]) -> dict[str, PurchaseOrder]:
    """Orders as the core assembles them, by company and number as the books name them."""
    by_owner: dict[str, list[Row]] = {}
    for (kind, _), row in rows.items():
        if kind is not Kind.PROJECT:
            by_owner.setdefault(row.owner, []).append(row)
    found = [order_from_rows(parts, currency_digits) for parts in by_owner.values()]
    return {f"{order.entity}/{order.number}": order for order in found if isinstance(order, PurchaseOrder)}


def projects_in(rows: Mapping[tuple[Kind, str], Row]) -> dict[str, Project]:
    """Projects as the core reads them, by their code."""
    found = [project_from_row(row, currency_digits) for (kind, _), row in rows.items() if kind is Kind.PROJECT]
    return {project.number: project for project in found if isinstance(project, Project)}


def key_of(order: Mapping[str, Any]) -> str:
    """Company and number of an order of the books."""
    return f"{order['company']}/{order['number']}"


def issues_of_orders(acme: Acme) -> dict[str, dict[str, Any]]:
    """The issues in Jira that stand for orders, by company and number, as their labels tell."""
    found = {}
    for issue in acme.control("GET", "/books/issues"):
        for label in issue["labels"]:
            if (match := LABEL.fullmatch(label)) and not issue["deleted"]:
                found[match["order"]] = issue
    return found


def codings(trial: Trial, count: int) -> Iterator[Coding]:
    """Codings of open orders of company 1000 in dollars, which the books take."""
    for order in trial.shown_orders():
        if (order["company"], order["currency"], order["closed"]) != ("1000", "USD", False):
            continue
        for line in order["lines"]:
            for part in line["distributions"]:
                if part["project"] and part["cost_center"] != "LEGACY" and count:
                    count -= 1
                    yield Coding("1000", part["account"], part["cost_center"], part["project"])


def journal(trial: Trial, reference: str = REFERENCE, *, bad: int = 0) -> Journal:
    """A balanced journal of three debits and a credit. `bad` names the sequence of a line that the ERP must refuse."""
    day = START.date() - timedelta(days=1)
    places = tuple(codings(trial, 3))
    lines = []
    for sequence, coding in enumerate(places, 1):
        where = Coding("1000", coding.account, "LEGACY", coding.project) if sequence == bad else coding
        amount = Money(9650 * sequence + 7, "USD")
        words = (f"ABCDEFG{sequence}-1", f"PROC-{sequence}", f"Labor PO 00045001/{sequence} {sequence}.25 h")
        lines.append(JournalLine(sequence, where, amount, 4500 * sequence, day, day, *words))
    total = -sum(line.amount.minor for line in lines)
    credit = Coding("1000", CLEARING_ACCOUNT, "FIN")
    lines.append(JournalLine(4, credit, Money(total, "USD"), 0, day, day, "", "", "Labor clearing"))
    return Journal(reference, "1000", "USD", tuple(lines))


def sequences(of: Journal) -> tuple[int, ...]:
    """All of its lines."""
    return tuple(line.sequence for line in of.lines)


def wanted(of: Journal) -> list[tuple[object, ...]]:
    """A journal as the books must show it."""
    return sorted(
        (
            line.sequence,
            line.coding.entity,
            line.coding.account,
            line.coding.cost_center,
            line.coding.project,
            line.amount.minor,
            line.amount.currency,
            line.posting_date.isoformat(),
        )
        for line in of.lines
    )


def _book(line: Mapping[str, Any]) -> tuple[object, ...]:
    names = ("sequence", "entity", "account", "cost_center", "project", "amount_minor", "currency", "posting_date")
    return tuple(line[name] for name in names)


def staged(of: Journal, sighting: Sighting) -> Presence:
    """What a look-up says of a journal's staging."""
    return presence(of.lines, sighting.staged, conclusive=sighting.conclusive)


def released(of: Journal, sighting: Sighting, erp: Erp) -> Presence:
    """What a look-up says of a journal's entries."""
    entries = sighting.entries(finance_posts=erp.capabilities.finance_posts)
    return presence(of.lines, entries, conclusive=sighting.conclusive)


def until(trial: Trial, erp: Erp, seen: Callable[[Sighting], bool], reference: str = REFERENCE) -> Sighting:
    """Look under a reference until it is as wanted, a settle time apart: some lines work off what they took later."""
    sighting = erp.sight(reference)
    for _ in range(ROUNDS_MAX):
        if seen(sighting):
            break
        trial.settle(erp)
        sighting = erp.sight(reference)
    return sighting


def put(trial: Trial, erp: Erp, of: Journal) -> Sighting:
    """A journal on its straight way into the ledger."""
    assert erp.stage(of, sequences(of)) == ()
    until(trial, erp, lambda seen: staged(of, seen) is Presence.COMPLETE, of.reference)
    erp.validate(of.reference)
    sighting = until(trial, erp, lambda seen: staged(of, seen) is Presence.COMPLETE, of.reference)
    assert not [line.error for line in sighting.staged if line.error]
    erp.release(of.reference)
    return until(trial, erp, lambda seen: released(of, seen, erp) is Presence.COMPLETE, of.reference)


def carry(trial: Trial, erp: Erp, of: Journal) -> None:
    """What the product may do after any answer: wait, look, then complete what is missing. Never the same blindly."""
    for _ in range(ROUNDS_MAX):
        trial.settle(erp)
        sighting = erp.sight(of.reference)
        if not sighting.conclusive or sighting.ledger:
            continue
        if staged(of, sighting) is Presence.COMPLETE:
            attempt(lambda: erp.validate(of.reference))
            attempt(lambda: erp.release(of.reference))
        elif missing := missing_sequences(of.lines, sighting.staged):
            attempt(partial(erp.stage, of, missing))


def attempt(call: Callable[[], Parsed]) -> Parsed | None:
    """Make a call whose answer may be lost. Only errors that say so are allowed."""
    try:
        return call()
    except (Ambiguous, Transient, Rejected):
        return None


def money(amount: Money) -> str:
    """An amount as text, to hold against the books' decimals."""
    return text_from_money(amount, currency_digits(amount.currency))
