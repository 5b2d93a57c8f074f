"""What the suite knows of each product line: how its calls are named and what it cannot show. One entry each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.acme import Acme

Lines = Sequence[Mapping[str, Any]]
"""Lines of a ledger as the control API tells them."""
Orders = Sequence[Mapping[str, Any]]
"""Purchase orders as the control API tells them."""
Call = Mapping[str, str]
"""What marks a call at the vendor's door: `path_holds` (path and query), perhaps `method`."""

STAGE, VALIDATE, RELEASE, ROLL_BACK, WRITE = "stage", "validate", "release", "roll back", "write"
SPLIT_LINES = "split lines"
"""One line of an order may be coded to several places."""
DELTAS = "deltas"
"""A reading of what changed leaves out what did not."""
ROWS = "rows"
"""A refused journal names the lines that it was refused for."""
CLAIMS = frozenset({SPLIT_LINES, DELTAS, ROWS})
"""What a line may declare that it cannot show; everything else is claimed of every line."""


def ledger_of(acme: Acme) -> Lines:
    """The general ledger that finance sees."""
    return acme.gl()


def all_of_it(orders: Orders) -> Orders:
    """A line that shows orders as they are."""
    return orders


@dataclass(frozen=True, slots=True)
class ProductLine:
    """One product line under the suite.

    `calls` are the calls at which faults are tried, by step: a step that is missing sends nothing. `limits` are claims
    that do not hold, each with the reason. `ledger` are the books that postings come to, `shown` the orders as this
    line can show them. Whatever a line calls its fields, the sandbox's books keep the issue key in
    `PurchaseOrderUserField5` and `ProjectUserField5`: all lines are faces of the same books.
    """

    calls: Mapping[str, Call]
    limits: Mapping[str, str] = field(default_factory=dict)
    ledger: Callable[[Acme], Lines] = ledger_of
    shown: Callable[[Orders], Orders] = all_of_it


LINES: Mapping[str, ProductLine] = {
    "fsm": ProductLine(
        calls={
            STAGE: {"path_holds": "/actions/CreateUnreleased/batch"},
            VALIDATE: {"path_holds": "PrmEditOnly=true"},
            RELEASE: {"path_holds": "PrmEditOnly=false"},
            ROLL_BACK: {"path_holds": "DeleteAllTransactionsForRunGroup"},
            WRITE: {"path_holds": "/actions/Update/batch"},
        }
    ),
}
