"""What an issue is told of a changed order. Goal: every change in a sentence, and nothing where nothing changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.changes import changes, facts_of_order, remark_text
from ml_connector.core.money import Money
from ml_connector.core.records import OrderLine, PurchaseOrder
from worlds import coding, digits, order

ORDER = order()


def line(number: str, amount: int, description: str = "Travel", *, closed: bool = False) -> OrderLine:
    """A line without distributions."""
    return OrderLine(number, description, Decimal(1), Money(amount, "USD"), closed)


def told(before: PurchaseOrder, after: PurchaseOrder) -> tuple[str, ...]:
    """The sentences, over facts as they are kept."""
    kept = json.loads(json.dumps(facts_of_order(before, digits)))
    return changes(kept, facts_of_order(after, digits))


def test_every_part_of_a_change_order_has_its_sentence() -> None:
    """Amount, lines added, taken out and changed, dates, vendor and status, in one remark."""
    (first,) = ORDER.lines
    before = replace(ORDER, lines=(first, line("2", 5000)))
    after = replace(
        ORDER,
        vendor="V2",
        ends=date(2027, 1, 31),
        closed=True,
        lines=(replace(first, amount=Money(1_200_000, "USD")), line("10", 30_000)),
    )
    assert told(before, after) == (
        "The order was closed.",
        "Authorized: 10050.00 USD, now 12300.00 USD.",
        "Vendor: V1, now V2.",
        "Valid to: none, now 2027-01-31.",
        "Line 1: amount 10000.00, now 12000.00.",
        "Line 2 was taken out: Travel, 50.00.",
        "Line 10 was added: Travel, 300.00.",
    )


def test_a_line_is_told_by_what_changed_in_it() -> None:
    """Closed, described otherwise, coded otherwise: in one sentence."""
    (first,) = ORDER.lines
    recoded = replace(first.distributions[0], coding=coding(cost_center="CC-200"))
    after = replace(ORDER, lines=(replace(first, closed=True, description="Steel", distributions=(recoded,)),))
    (sentence,) = told(ORDER, after)
    assert sentence == (
        "Line 1: closed; description Work, now Steel; coded to GL account 612000, cost center CC-200, project P-1, "
        "before to GL account 612000, cost center CC-100, project P-1."
    )


def test_an_order_that_did_not_change_has_nothing_to_say() -> None:
    """Nor one that was changed back."""
    facts = facts_of_order(ORDER, digits)
    assert remark_text(ORDER, facts, facts) == ""


def test_the_remark_names_the_order_and_is_parted_in_paragraphs() -> None:
    """A head, and the sentences."""
    after = replace(ORDER, vendor="V2")
    text = remark_text(after, facts_of_order(ORDER, digits), facts_of_order(after, digits))
    assert text == "Purchase order 4500 was changed in CloudSuite.\n\nVendor: V1, now V2."


@given(st.dictionaries(st.sampled_from(["lines", "vendor", "closed", "authorized", "more"]), st.just({})))
def test_facts_of_an_earlier_version_are_read_as_far_as_they_go(kept: dict[str, object]) -> None:
    """What they lack was nothing."""
    assert all(isinstance(each, str) for each in changes(kept, facts_of_order(ORDER, digits)))
