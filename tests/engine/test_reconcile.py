"""The tie-out of a whole installation: what was done behind our back is in the report, and nothing else."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from engine.acme import START, Acme
from ml_connector.core.reconcile import Difference, Reconciliation
from ml_connector.demo.connection import NAME
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded
from ml_connector.errors import ConnectorError
from ml_connector_sandbox.cloudsuite.classes import Row

pytestmark = pytest.mark.slow

RATE = 9650
"""What an hour of the first person costs in cents."""
OCTOBER = date(2026, 10, 1)
NOVEMBER = date(2026, 11, 1)
SEEDS = range(24)

Item = tuple[str, str, int, int]
"""Type, subject, cents and seconds of a difference."""


def price(seconds: int) -> int:
    """Cents of some hours of the first person, rounded once, half away from zero."""
    return (seconds * RATE * 2 + 3600) // 7200


def tie_out(acme: Acme, period: str = "") -> Reconciliation:
    """The reconciliation, after the feeds' lag has passed."""
    acme.clock.advance(90)
    lane = acme.installed.lane(NAME)
    return recorded(lane, lambda: reconcile(lane, period))


def items(found: tuple[Difference, ...]) -> Counter[Item]:
    """Differences as what the test expects of them."""
    return Counter((str(item.type), item.subject, item.amount.minor, item.seconds) for item in found)


@dataclass(slots=True)
class Books:
    """The vendors' books and ours, in step; and what is done to them."""

    acme: Acme
    random: random.Random
    issue: str = ""
    other: str = ""
    days: list[date] = field(default_factory=list)
    expected: Counter[Item] = field(default_factory=Counter)
    notices: Counter[Item] = field(default_factory=Counter)

    def begin(self) -> None:
        """Two issues of orders with different codings, and days to log hours on."""
        self.acme.sync()
        order = self.acme.chargeable()
        self.issue = self.acme.issue_of(f"{order['company']}/{order['number']}")
        self.other = next(
            self.acme.issue_of(f"{item['company']}/{item['number']}")
            for item in self.acme.orders(company="1000", currency="USD", closed=False)
            if len(item["lines"]) == 1 and len(item["lines"][0]["distributions"]) == 1
            and coded(item)["project"] and coded(item)["cost_center"] not in ("LEGACY", coded(order)["cost_center"])
        )  # fmt: skip
        self.days = [NOVEMBER + timedelta(days=offset) for offset in range(17)]
        self.random.shuffle(self.days)

    def hours(self, day: date | None = None, seconds: int = 0) -> tuple[str, int]:
        """Hours of the first person on a day of their own; the worklog's id and seconds."""
        seconds = seconds or self.random.randrange(3600, 20000)
        return str(self.acme.log(self.issue, seconds, day or self.days.pop())["id"]), seconds

    def posted(self, day: date | None = None) -> tuple[str, int, str]:
        """Hours that are in the ledger under a reference of their own."""
        before = {line["reference"] for line in self.acme.gl()}
        worklog, seconds = self.hours(day)
        self.acme.post()
        (reference,) = {line["reference"] for line in self.acme.gl()} - before
        return worklog, seconds, reference

    def rows(self, reference: str) -> list[Row]:
        """The rows of the ledger under a reference, the cost line first."""
        lines: list[Row] = self.acme.world.cloudsuite.ledger._lines
        return [row for row in lines if row.fields["RunGroup"] == reference and not row.deleted]

    def expect(self, kind: str, subject: str, minor: int, seconds: int) -> None:
        """A difference that the report must name."""
        self.expected[kind, subject, minor, seconds] += 1

    def person(self, method: str, path: str, body: object = None) -> None:
        """What the first person does in Jira."""
        answer = self.acme.as_person(self.acme.people[0], method, path, body)
        assert answer.status < 300, answer.body


def coded(order: dict[str, Any]) -> dict[str, Any]:
    """The only distribution of an order."""
    part: dict[str, Any] = order["lines"][0]["distributions"][0]
    return part


Deed = Callable[[], None]


def logged_and_not_polled(books: Books) -> Deed:
    """Hours that the connector has not seen yet."""

    def deed() -> None:
        worklog, seconds = books.hours()
        books.expect("missing_posting", f"worklog {worklog}", price(seconds), seconds)

    return deed


def logged_and_never_named(books: Books) -> Deed:
    """Hours that no feed tells of."""

    def deed() -> None:
        worklog, seconds = books.hours()
        books.acme.world.jira.worklogs.updated.drop(worklog)
        books.expect("missing_posting", f"worklog {worklog}", price(seconds), seconds)

    return deed


def deleted(books: Books) -> Deed:
    """Posted hours that were deleted."""
    worklog, seconds, _ = books.posted()

    def deed() -> None:
        books.person("DELETE", f"/issue/{books.issue}/worklog/{worklog}")
        books.expect("missing_reversal", f"worklog {worklog}", -price(seconds), -seconds)

    return deed


def edited(books: Books, day: date | None = None) -> Deed:
    """Posted hours that were shortened or lengthened."""
    worklog, seconds, _ = books.posted(day)
    now = seconds + books.random.choice((-1860, -60, 60, 4500))

    def deed() -> None:
        if day is not None:
            books.acme.control("POST", "/cloudsuite/periods", {"entity": "1000", "period": "2026-10", "open": False})
        books.person("PUT", f"/issue/{books.issue}/worklog/{worklog}", {"timeSpentSeconds": now})
        kind = "missing_reversal" if now < seconds else "missing_posting"
        kind = kind if day is None else "changed_after_close"
        books.expect(kind, f"worklog {worklog}", price(now) - price(seconds), now - seconds)

    return deed


def edited_after_close(books: Books) -> Deed:
    """Hours of October that were changed after October was closed."""
    return edited(books, OCTOBER + timedelta(days=books.random.randrange(31)))


def moved(books: Books) -> Deed:
    """Posted hours that were moved to another order's issue, which no feed tells."""
    worklog, seconds, _ = books.posted()

    def deed() -> None:
        site = books.acme.world.jira
        site.move_worklog(worklog, site.issue(books.other).id)
        books.expect("missing_reversal", f"worklog {worklog}", -price(seconds), -seconds)
        books.expect("missing_posting", f"worklog {worklog}", price(seconds), seconds)

    return deed


def doubled(books: Books) -> Deed:
    """A line of the ledger that was entered once more."""
    _, seconds, reference = books.posted()

    def deed() -> None:
        enter(books, deepcopy(books.rows(reference)[0]))
        books.expect("doubled_line", f"{reference}/1", -price(seconds), -seconds)

    return deed


def enter(books: Books, row: Row) -> None:
    """A line that somebody enters into the ledger."""
    lines = books.acme.world.cloudsuite.ledger._lines
    row.key = (str(len(lines) + 1),)
    row.fields["GLTransactionDetail"] = row.key[0]
    lines.append(row)


def altered(books: Books) -> Deed:
    """A line of the ledger whose amount, coding or date was changed."""
    _, seconds, reference = books.posted()
    cents = books.random.choice((-99, -1, 1, 12345))
    change = books.random.choice(
        ("TransactionAmount", "AccountingUnit", "Project", "AccountCode", "PostingDate", "UnitsAmount")
    )

    def deed() -> None:
        (row, *_) = books.rows(reference)
        minor = price(seconds)
        values = {
            "TransactionAmount": f"{(minor + cents) / 100:.2f}",
            "AccountingUnit": "CHANGED",
            "Project": "CHANGED",
            "AccountCode": "699999",
            "PostingDate": "20261130",
            "UnitsAmount": "100",
        }
        row.fields[change] = values[change]
        books.expect(
            "altered_line",
            f"{reference}/1",
            -cents if change == "TransactionAmount" else 0,
            seconds - 360_000 if change == "UnitsAmount" else 0,
        )

    return deed


def vanished(books: Books) -> Deed:
    """An entry that was deleted from the ledger, all of it or one line."""
    _, seconds, reference = books.posted()
    whole = books.random.random() < 0.5

    def deed() -> None:
        rows = books.rows(reference)
        for row in rows if whole else rows[:1]:
            row.deleted = True
        books.expect("vanished", reference if whole else f"{reference}/1", price(seconds), seconds)

    return deed


def copied(books: Books) -> Deed:
    """A line that somebody copied to a reference that looks like ours."""
    _, seconds, reference = books.posted()

    def deed() -> None:
        row = deepcopy(books.rows(reference)[0])
        name = f"MLC-COPY{books.random.randrange(1000):03d}{row.fields['SequenceNumber']}"
        row.fields["RunGroup"] = name
        enter(books, row)
        books.expect("unknown_reference", f"{name}/1", -price(seconds), 0)

    return deed


def overfull(books: Books) -> Deed:
    """A day with more hours than a day has."""

    def deed() -> None:
        day = books.days.pop()
        for seconds in (13 * 3600, 12 * 3600 + books.random.randrange(3600)):
            worklog, _ = books.hours(day, seconds)
            books.expect("held", f"worklog {worklog}", price(seconds), seconds)

    return deed


def ahead(books: Books) -> Deed:
    """Hours on a day that has not come."""

    def deed() -> None:
        worklog, seconds = books.hours(START.date() + timedelta(days=books.random.randrange(1, 5)))
        books.expect("held", f"worklog {worklog}", price(seconds), seconds)

    return deed


def hidden(books: Books) -> Deed:
    """Posted hours that Jira shows to a group only from now on."""
    worklog, seconds, _ = books.posted()

    def deed() -> None:
        books.acme.world.jira.worklogs.entries[worklog].visibility = {"type": "group", "value": "board"}
        books.expect("invisible", f"worklog {worklog}", -price(seconds), -seconds)

    return deed


DEEDS = (
    logged_and_not_polled, logged_and_never_named, deleted, edited, edited_after_close, moved, doubled, altered,
    vanished, copied, overfull, ahead, hidden,
)  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_the_report_names_what_was_done_to_the_books_and_nothing_else(acme: Acme, seed: int) -> None:
    """Drawn deeds behind the connector's back: each is there once, of its type, to the cent and to the second."""
    books = Books(acme, random.Random(seed))
    books.begin()
    for _ in range(2):
        books.posted()
    drawn = books.random.sample(DEEDS, books.random.randrange(1, 6))
    deeds = [make(books) for make in drawn]
    acme.control("POST", "/cloudsuite/post")
    if seed % 3 == 0:
        _, seconds, reference = books.posted()
        books.notices["unposted_release", reference, price(seconds), seconds] += 1
    before = tie_out(acme)
    assert (items(before.differences), items(before.notices), before.agrees) == (Counter(), books.notices, True)
    for deed in deeds:
        deed()
    found = tie_out(acme)
    assert items(found.differences) == books.expected, [make.__name__ for make in drawn]
    assert items(found.notices) == books.notices
    assert found.foots
    assert not found.agrees
    assert ledger_totals(found) == gl_totals(acme)


def ledger_totals(found: Reconciliation) -> Counter[tuple[str, str, str]]:
    """What the report says that the general ledger holds."""
    return Counter({(row.entity, row.currency, row.period): row.gl.minor for row in found.rows if row.gl.minor})


def gl_totals(acme: Acme) -> Counter[tuple[str, str, str]]:
    """Labor in the general ledger, from the vendor's own books."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for line in acme.gl():
        if line["account"] != "219900":
            sums[line["entity"], line["currency"], line["posting_date"][:7]] += line["amount_minor"]
    return Counter({key: minor for key, minor in sums.items() if minor})


def test_all_deeds_together_are_told_apart(acme: Acme) -> None:
    """Every kind of discrepancy at once in one set of books: each is found, and one period shows only its own."""
    books = Books(acme, random.Random(99))
    books.begin()
    deeds = [make(books) for make in DEEDS]
    acme.control("POST", "/cloudsuite/post")
    for deed in deeds:
        deed()
    found = tie_out(acme)
    assert items(found.differences) == books.expected
    assert len({item.type for item in found.differences}) >= 9
    october = tie_out(acme, "2026-10")
    assert {str(item.type) for item in october.differences} == {"changed_after_close"}
    assert [row.period for row in october.rows] == ["2026-10"]
    november = tie_out(acme, "2026-11")
    assert items(october.differences) + items(november.differences) == books.expected


def test_what_waits_for_approval_is_under_way_and_no_difference(acme: Acme) -> None:
    """From the proposal to the ledger the hours are on their way, and the books agree at every moment."""
    books = Books(acme, random.Random(1))
    books.begin()
    _, seconds = books.hours()
    assert items(tie_out(acme).differences).total() == 1
    plan = acme.sync().proposal
    found = tie_out(acme)
    assert found.agrees
    assert [(row.owed.minor, row.under_way.minor, row.under_way_seconds) for row in found.rows] == [
        (price(seconds), price(seconds), seconds)
    ]
    acme.approve_and_apply(plan)
    found = tie_out(acme)
    assert found.agrees
    assert [(row.owed.minor, row.under_way.minor, row.gl.minor) for row in found.rows] == [
        (price(seconds), 0, price(seconds))
    ]


@pytest.mark.parametrize("fault", ["lost_request", "lost_answer", "late_commit"])
@pytest.mark.parametrize("step", ["/actions/CreateUnreleased/batch", "PrmEditOnly=true", "PrmEditOnly=false"])
def test_nothing_is_reported_while_a_posting_is_in_flight(acme: Acme, step: str, fault: str) -> None:
    """A posting that stopped at any step, in the ledger already or not, is no difference while its end is not known."""
    books = Books(acme, random.Random(2))
    books.begin()
    books.hours()
    plan = acme.sync().proposal
    acme.control("PUT", "/faults", [{"name": fault, "vendor": "cloudsuite", "path_holds": step, "next": 1}])
    try:
        acme.approve_and_apply(plan)
    except ConnectorError:
        acme.restart()
    found = tie_out(acme)
    assert (items(found.differences), found.agrees) == (Counter(), True)


def test_an_edit_while_the_posting_is_in_flight_is_under_way(acme: Acme) -> None:
    """Its correction waits for the posting to be certain, and nobody has to do anything about it."""
    books = Books(acme, random.Random(3))
    books.begin()
    worklog, _ = books.hours()
    plan = acme.sync().proposal
    rule = {"name": "lost_answer", "vendor": "cloudsuite", "path_holds": "PrmEditOnly=false", "next": 1}
    acme.control("PUT", "/faults", [rule])
    acme.approve_and_apply(plan)
    books.person("PUT", f"/issue/{books.issue}/worklog/{worklog}", {"timeSpentSeconds": 7200})
    found = tie_out(acme)
    assert found.agrees
    assert [row.owed.minor for row in found.rows] == [price(7200)]


def test_hours_that_nothing_prices_are_reported_without_an_amount(acme: Acme) -> None:
    """An order that names no coding holds its hours: the seconds differ, and no amount is made up."""
    acme.sync()
    order = next(item for item in acme.orders(closed=False) if not coded_anywhere(item))
    acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, NOVEMBER)
    (item,) = tie_out(acme).differences
    assert (str(item.type), item.priced, item.amount.minor, item.seconds) == ("held", False, 0, 3600)
    assert "names no GL account" in item.message


def coded_anywhere(order: dict[str, Any]) -> bool:
    """Whether all lines of an order are distributed."""
    return all(line["distributions"] for line in order["lines"])


def test_what_was_found_is_kept_until_it_is_mended(acme: Acme) -> None:
    """The findings of a reconciliation stand in the list, of one period's too, and go with the next that is clean."""
    books = Books(acme, random.Random(4))
    books.begin()
    worklog, _ = books.hours()
    subject = f"worklog {worklog}"
    tie_out(acme)
    assert acme.findings()[subject] == "missing_posting"
    tie_out(acme, "2026-10")
    assert acme.findings()[subject] == "missing_posting"
    acme.post()
    acme.control("POST", "/cloudsuite/post")
    assert tie_out(acme).agrees
    assert subject not in acme.findings()


def test_a_ledger_that_cannot_be_searched_is_not_said_to_agree(acme: Acme) -> None:
    """Where CloudSuite refuses the search, every posting is looked up, and the report names what it could not see."""
    books = Books(acme, random.Random(5))
    books.begin()
    _, _, reference = books.posted()
    lane = acme.installed.lane(NAME)
    whole = lane.erp.ledger_under("MLC-")
    assert set(whole.lines) == {reference}
    acme.world.cloudsuite.ledger._lines[0].fields["TransactionAmount"] = "1.23456"
    found = tie_out(acme)
    assert (found.unread, found.agrees, found.differences) == ((reference,), False, ())


def test_a_quiet_tie_out_is_cheap(acme: Acme) -> None:
    """However many postings there are, one search of the ledger and one list of hours are enough where all agrees."""
    books = Books(acme, random.Random(6))
    books.begin()
    for _ in range(5):
        books.posted()
    acme.calls()
    assert tie_out(acme).agrees
    calls = acme.calls()
    assert sum(calls["jira"].values()) <= 5, calls
    assert sum(count for call, count in calls["cloudsuite"].items() if "GLTransaction" in call) == 1, calls
