"""What the suite knows of each product line: how its calls are named and what it cannot show. One entry each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from conformance.documents import handed_over, one_coding_a_line
from engine.acme import Acme
from ml_connector.demo.connection import NAME

Lines = Sequence[Mapping[str, Any]]
"""Lines of a ledger as the control API tells them."""
Orders = Sequence[Mapping[str, Any]]
"""Purchase orders as the control API tells them."""
Call = Mapping[str, str]
"""What marks a call at the vendor's door: `method`, `path_holds` (path and query), `body_holds`."""

STAGE, VALIDATE, RELEASE, ROLL_BACK, WRITE = "stage", "validate", "release", "roll back", "write"
SPLIT_LINES = "split lines"
"""One line of an order may be coded to several places."""
DELTAS = "deltas"
"""A reading of what changed leaves out what did not."""
ROWS = "rows"
"""A refused journal names the lines that it was refused for."""
PARTS = "parts"
"""A journal can be staged in part, and completed."""
BOOKS = "books"
"""Postings come to the general ledger, and all orders that can be charged are."""
AGAIN = "again"
"""What was rolled back can be staged once more under the same reference."""
WORDS = "words"
"""Issues say to the word what they say on the other lines."""
CLAIMS = frozenset({SPLIT_LINES, DELTAS, ROWS, PARTS, BOOKS, AGAIN, WORDS})
"""What a line may declare that it cannot show; everything else is claimed of every line."""


def ledger_of(acme: Acme) -> Lines:
    """The general ledger that finance sees."""
    return acme.gl()


def posted_of(acme: Acme) -> Lines:
    """The general ledger, without the journals that wait for it."""
    return [line for line in acme.gl() if line["status"] == "posted"]


def all_of_it(orders: Orders) -> Orders:
    """A line that shows orders as they are."""
    return orders


def by_quantity(orders: Orders) -> Orders:
    """A line whose codings each come with the quantity that their share comes to, and with no other measure."""
    return [{**order, "lines": [_measured(line) for line in order["lines"]]} for order in orders]


def _measured(line: Mapping[str, Any]) -> dict[str, Any]:
    parts = line["distributions"]
    whole = [{**parts[0], "amount": "", "percent": "", "quantity": line["quantity"]}] if len(parts) == 1 else None
    return {**line, "distributions": whole or [_quantity(part, line) for part in parts]}


def _quantity(part: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, Any]:
    by_percent = Decimal(part["percent"] or 0) / 100 * Decimal(line["quantity"])
    by_amount = Decimal(part["amount"] or 0) / Decimal(line["unit_cost"])
    return {**part, "amount": "", "percent": "", "quantity": str(by_percent or by_amount or part["quantity"])}


@dataclass(frozen=True, slots=True)
class ProductLine:
    """One product line under the suite.

    `calls` are the calls at which faults are tried, by step: a step that is missing is not tried. `limits` are claims
    that do not hold, each with the reason. `ledger` are the books that postings come to, `shown` the orders as this
    line can show them; `judged` tells whether the books refuse accounts and cost centers that are closed. `product`
    `edit` and `switches` are for a second way of one line: its name in the registry, what its connection file says
    otherwise, and what its vendor does otherwise.

    Whatever a line calls its fields, the sandbox's books keep the issue key in `PurchaseOrderUserField5` and
    `ProjectUserField5`: all lines are faces of the same books.
    """

    calls: Mapping[str, Call]
    limits: Mapping[str, str] = field(default_factory=dict)
    ledger: Callable[[Acme], Lines] = ledger_of
    shown: Callable[[Orders], Orders] = all_of_it
    judged: bool = True
    product: str = ""
    edit: Callable[[str], str] = str
    switches: Mapping[str, object] = field(default_factory=dict)


LN_LIMITS: Mapping[str, str] = {
    SPLIT_LINES: "no page says how LN shows a line that is coded to several places, so its hours are held",
    ROWS: "LN is not asked: whether it takes a document's lines shows when the document is posted",
    PARTS: "a document is written whole or not at all, so there is no part of one to complete",
}

CSI_CALLS: Mapping[str, Call] = {
    STAGE: {"path_holds": "/update/SLJournals", "body_holds": '"Action":1'},
    ROLL_BACK: {"path_holds": "/update/SLJournals", "body_holds": '"Action":4'},
    WRITE: {"path_holds": "/update/SLP"},
}

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
    "ln": ProductLine(
        calls={RELEASE: {"method": "POST", "path_holds": "/CustomerApi/journals"}},
        limits={
            **LN_LIMITS,
            BOOKS: "accounts and cost centers are not told, so what the endpoint refuses is known only afterwards",
        },
        shown=one_coding_a_line,
    ),
    "ln without an endpoint": ProductLine(
        calls={},
        limits={
            **LN_LIMITS,
            BOOKS: "LN takes no journals: the books are documents, and its accounts and cost centers are not told",
        },
        ledger=lambda acme: handed_over(acme.installed.home.documents(NAME)),
        shown=one_coding_a_line,
        judged=False,
        product="ln",
        edit=lambda text: text.replace('endpoint = "/CustomerApi/journals"', 'endpoint = ""'),
    ),
    "m3": ProductLine(
        calls={
            STAGE: {"body_holds": "AddBatchLineFld"},
            VALIDATE: {"body_holds": "CtrlBatch"},
            RELEASE: {"body_holds": "UpdBatch"},
            ROLL_BACK: {"body_holds": "ROLLED BACK"},
            WRITE: {"body_holds": "AddFieldValue"},
        },
        limits={
            DELTAS: "M3 tells the day on which a record changed, and not when the money of a project did.",
            WORDS: "M3 numbers orders over all divisions, and tells no days of projects: an ended one has no issue.",
            AGAIN: "M3 cannot delete a batch: one that is rolled back is marked, and its key is used up.",
        },
    ),
    # Finance posts what is entered, so that nothing is validated or released by a call.
    "csi": ProductLine(calls=CSI_CALLS, shown=by_quantity),
    "csi with a method that posts": ProductLine(
        calls={**CSI_CALLS, RELEASE: {"path_holds": "/invoke/SLJournals"}},
        shown=by_quantity,
        product="csi",
        edit=lambda text: text.replace("[cloudsuite.csi]", '[cloudsuite.csi]\npost_method = "PostJournalSp"', 1),
        switches={"csi_posting_method": "PostJournalSp"},
        ledger=posted_of,
    ),
}
