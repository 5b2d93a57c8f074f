"""What changed in an order since its issue was last told, in words: one remark for one change order.

What was told is kept as plain JSON, so that an order that was changed and changed back has nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ml_connector.core.mapping import coding_text
from ml_connector.core.money import Digits, text_from_money
from ml_connector.core.records import Coding, OrderLine, PurchaseOrder

Facts = Mapping[str, Any]
NONE = "none"
HEAD = {
    "vendor": "Vendor",
    "buyer": "Buyer",
    "ordered": "Order date",
    "begins": "Valid from",
    "ends": "Valid to",
    "hours": "Authorized hours",
}
"""Facts of an order that are told by a name and two values."""


def facts_of_order(order: PurchaseOrder, digits: Digits) -> dict[str, Any]:
    """What an issue is told of its order, as JSON values. Amounts are text with all decimals."""
    places = digits(order.currency)
    named = {
        "vendor": order.vendor,
        "buyer": order.buyer,
        "ordered": order.ordered,
        "begins": order.begins,
        "ends": order.ends,
        "hours": order.hours,
    }
    return {
        **{name: "" if value is None else str(value) for name, value in named.items()},
        "currency": order.currency,
        "closed": order.closed,
        "authorized": text_from_money(order.authorized, places),
        "lines": {line.number: _line(line, places) for line in order.lines},
    }


def _line(line: OrderLine, places: int) -> dict[str, Any]:
    return {
        "description": line.description,
        "amount": text_from_money(line.amount, places),
        "closed": line.closed,
        "coding": [[each.coding.account, each.coding.cost_center, each.coding.project] for each in line.distributions],
    }


def changes(before: Facts, after: Facts) -> tuple[str, ...]:
    """The differences, a sentence each. Total over what an earlier version may have kept."""
    return (*_head(before, after), *_lines(before, after))


def _head(before: Facts, after: Facts) -> Iterator[str]:
    if before.get("closed") != after.get("closed"):
        yield "The order was closed." if after.get("closed") else "The order was reopened."
    was, now = (f"{each.get('authorized', NONE)} {each.get('currency', '')}" for each in (before, after))
    if was != now:
        yield f"Authorized: {was}, now {now}."
    for name, words in HEAD.items():
        if before.get(name, "") != after.get(name, ""):
            yield f"{words}: {before.get(name) or NONE}, now {after.get(name) or NONE}."


def _lines(before: Facts, after: Facts) -> Iterator[str]:
    was, now = before.get("lines", {}), after.get("lines", {})
    for number in sorted({*was, *now}, key=lambda each: (len(each), each)):
        if number not in was:
            yield f"Line {number} was added: {_shown(now[number])}."
        elif number not in now:
            yield f"Line {number} was taken out: {_shown(was[number])}."
        elif parts := "; ".join(_differences(was[number], now[number])):
            yield f"Line {number}: {parts}."


def _shown(line: Facts) -> str:
    return f"{line.get('description') or 'no description'}, {line.get('amount', NONE)}"


def _differences(was: Facts, now: Facts) -> Iterator[str]:
    if was.get("closed") != now.get("closed"):
        yield "closed" if now.get("closed") else "reopened"
    for name in ("amount", "description"):
        if was.get(name, "") != now.get(name, ""):
            yield f"{name} {was.get(name) or NONE}, now {now.get(name) or NONE}"
    if was.get("coding", []) != now.get("coding", []):
        yield f"coded to {_coding(now)}, before to {_coding(was)}"


def _coding(line: Facts) -> str:
    """The distributions of a line in words, each once."""
    words = (coding_text(Coding("", *each)) for each in line.get("coding", ()))
    return " and ".join(dict.fromkeys(words)) or NONE


def remark_text(order: PurchaseOrder, told: Facts, facts: Facts) -> str:
    """The remark on an order's issue; empty where there is nothing to say."""
    found = changes(told, facts)
    head = f"Purchase order {order.number} was changed in CloudSuite."
    return "\n\n".join([head, "\n".join(found)]) if found else ""
