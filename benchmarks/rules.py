"""Times ten customer rules and the default pack over 10,000 worklogs: `python -m benchmarks.rules`."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from rich.console import Console

from ml_connector.core.corrections import Books, Fate, Lacking, LoggedWork, lacking
from ml_connector.core.labor import CostPolicy
from ml_connector.core.money import Money
from ml_connector.core.periods import PeriodPolicy
from ml_connector.core.rates import Rate
from ml_connector.core.records import Coding, Distribution, OrderLine, Person, PurchaseOrder, Worklog
from ml_connector.core.rules import Judge, no_rules
from ml_connector.policy import currency_digits
from ml_connector.rules import Rulebook
from ml_connector.rules.book import pack
from ml_connector.settings import Rule

WORKLOGS = 10_000
ORDERS = 100
PEOPLE = 50
FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)
TODAY = date(2026, 12, 31)

CONDITIONS = (
    "worklog.hours > 12.0",
    "worklog.age > 30",
    'worklog.time < "06:00" || worklog.time > "22:00"',
    'worklog.author in ["712020:1", "712020:2"] && worklog.hours > 6.0',
    'order.vendor == "V7" && worklog.weekday == 1',
    "order.used_percent > 100.0",
    'order.ordered != "" && worklog.day < order.ordered',
    'person.role == "intern" && cost.amount > 500.0',
    'coding.account.matches("^9[0-9]+$")',
    "rate.amount > 400.0",
)
"""Ten rules as customers write them; few fire, as is usual."""


def main() -> None:
    """Measure, and print JSON."""
    without = timed(no_rules)
    quiet = timed(Rulebook([*pack(), *(_rule(str(n), when) for n, when in enumerate(CONDITIONS))]))
    always = timed(Rulebook([*pack(), *(_rule(str(n), f"({when}) || true") for n, when in enumerate(CONDITIONS))]))
    seconds = {"costing alone": without, "with rules, few fire": quiet, "with rules, all fire": always}
    Console().print_json(json.dumps({"worklogs": WORKLOGS, "rules": len(CONDITIONS) + len(pack()), "seconds": seconds}))


def _rule(name: str, when: str) -> Rule:
    words = {"name": f"rule-{name}", "message": "Odd", "remedy": "Look"}
    return Rule.model_validate({**words, "when": when, "then": "warn"})


def timed(judge: Judge) -> float:
    """How long it takes to hold all worklogs against empty books, rules included."""
    books, work = _books(judge), _work()
    began = time.perf_counter()
    found = lacking(work, books)
    taken = time.perf_counter() - began
    _check(found)
    return round(taken, 2)


def _check(found: Lacking) -> None:
    assert len(found.deltas) == WORKLOGS, len(found.deltas)


def _work() -> list[LoggedWork]:
    return [LoggedWork(_worklog(number), Fate.LIVE, f"1000/{number % ORDERS}") for number in range(WORKLOGS)]


def _worklog(number: int) -> Worklog:
    started = FIRST + timedelta(days=number // PEOPLE % 300)
    account = f"712020:{number % PEOPLE}"
    return Worklog(str(number), str(number % ORDERS), account, account, started, started, started, 3600 + number % 7200)


def _books(judge: Judge) -> Books:
    return Books(
        orders={order.key: order for order in map(_order, range(ORDERS))},
        recorded={},
        policy=CostPolicy(
            post_from=FIRST.date(),
            zone=ZoneInfo("Europe/Berlin"),
            people={f"712020:{n}": Person(f"712020:{n}", f"Person {n}", role="engineer") for n in range(PEOPLE)},
            rates=(Rate(Decimal("85.50"), "USD", date(2026, 1, 1)),),
            periods=PeriodPolicy(),
            digits=currency_digits,
            mapping_version="benchmark",
            clearing={"1000": Coding("1000", "219900")},
            judge=judge,
        ),
        today=TODAY,
    )


def _order(number: int) -> PurchaseOrder:
    coding = Coding("1000", "612000", f"CC-{number % 9}", "P100")
    line = OrderLine("1", "Work", Decimal(1), Money(5_000_000, "USD"), distributions=(Distribution("1", coding),))
    return PurchaseOrder(
        key=f"1000/{number}",
        entity="1000",
        number=str(number),
        vendor=f"V{number % 10}",
        buyer="B1",
        description="Work",
        currency="USD",
        ordered=date(2026, 1, 1),
        closed=False,
        lines=(line,),
    )


if __name__ == "__main__":
    main()
