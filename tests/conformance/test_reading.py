"""What is read equals the books: whole, changed, deleted, late, in tiny pages, whatever the gateway does meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from conformance.lines import DELTAS, SPLIT_LINES
from conformance.trial import Trial, key_of, money, orders_in, projects_in
from ml_connector.core.records import Distribution, Kind, OrderLine

OVERLAP = timedelta(minutes=5)
DESCRIPTION = "Work of another kind"


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        "line": line.number,
        "description": line.description,
        "amount": Decimal(money(line.amount)),
        "closed": line.closed,
        "distributions": [_distribution(part) for part in line.distributions],
    }


def _distribution(part: Distribution) -> tuple[object, ...]:
    share = (part.amount and Decimal(money(part.amount)), part.percent, part.quantity)
    coding = part.coding
    return (coding.entity, coding.account, coding.cost_center, coding.project, dict(coding.dimensions), share)


def _book_line(line: dict[str, Any], currency: str) -> dict[str, Any]:
    cents = Decimal(1) if currency == "JPY" else Decimal("0.01")
    parts = [
        (
            *(part[name] for name in ("entity", "account", "cost_center", "project", "dimensions")),
            tuple(Decimal(part[name]) if part[name] else None for name in ("amount", "percent", "quantity")),
        )
        for part in line["distributions"]
    ]
    return {
        "line": line["line"],
        "description": line["description"],
        "amount": (Decimal(line["quantity"]) * Decimal(line["unit_cost"])).quantize(cents),
        "closed": line["closed"],
        "distributions": parts,
    }


def test_orders_equal_the_books(trial: Trial) -> None:
    """Every order with its currency, vendor, day, state, lines and coding, to the cent, and no order besides."""
    found = orders_in(trial.everything(trial.erp))
    books = {key_of(order): order for order in trial.shown_orders()}
    assert found.keys() == books.keys()
    for key, order in found.items():
        book = books[key]
        told = (order.currency, order.vendor, order.closed, order.ordered)
        assert told == (book["currency"], book["vendor"], book["closed"], date.fromisoformat(book["date"])), key
        assert [_line(line) for line in order.lines] == [
            _book_line(line, book["currency"]) for line in book["lines"]
        ], key


def test_a_line_of_several_codings_is_told_with_all_of_them(trial: Trial, within_limits: Callable[[str], None]) -> None:
    """Each share of a split line, by amount or by percent, as its buyer entered it."""
    within_limits(SPLIT_LINES)
    found = orders_in(trial.everything(trial.erp))
    split = 0
    for order in trial.acme.orders():
        for line, book in zip(found[key_of(order)].lines, order["lines"], strict=True):
            assert len(line.distributions) == len(book["distributions"])
            split += len(line.distributions) > 1
    assert split


def test_projects_equal_the_books(trial: Trial) -> None:
    """Every project with its state, and its budget, actuals and commitments where the line tells any."""
    found = projects_in(trial.everything(trial.erp))
    books = {project["project"]: project for project in trial.acme.control("GET", "/books/projects")}
    assert found.keys() == books.keys()
    for code, project in found.items():
        book = books[code]
        assert (project.description, project.currency, project.active) == (
            book["description"],
            book["currency"],
            book["active"],
        )
        told = [Decimal(money(amount)) for amount in (project.budget, project.actual, project.commitment)]
        wanted = [Decimal(book[name]) for name in ("budget", "actual", "committed")]
        assert told == (wanted if trial.erp.capabilities.tells_budgets else [0, 0, 0]), code


def test_tiny_pages_tell_the_same(open_trial: Callable[..., Trial]) -> None:
    """Many records of one instant, two to a page: none is lost between two pages and none is told twice."""
    whole, paged = open_trial(), open_trial(page_rows=2)
    for kind in Kind:
        rows = paged.rows(paged.erp, kind)
        assert len({row.key for row in rows}) == len(rows), kind
        assert {row.key: row for row in rows} == {row.key: row for row in whole.rows(whole.erp, kind)}


def test_many_changes_of_one_instant_are_all_told(open_trial: Callable[..., Trial]) -> None:
    """Every order changes at once, and a delta in tiny pages tells each of them."""
    trial = open_trial(page_rows=2)
    trial.acme.clock.advance(2 * OVERLAP.total_seconds())
    for order in trial.acme.orders():
        path = f"/cloudsuite/purchase-orders/{key_of(order)}"
        trial.acme.control("POST", path, {"PurchaseOrderDate": "20261101"})
    trial.acme.clock.advance(60)
    told = {row.key: row.fields["ordered"] for row in trial.rows(trial.erp, Kind.PURCHASE_ORDER, OVERLAP)}
    assert set(told.values()) == {"2026-11-01"}
    assert len(told) == len(trial.acme.orders())


def test_a_change_is_told_within_its_window(trial: Trial) -> None:
    """A changed line and an order that its buyer closed are in the next delta, as they are now."""
    erp = trial.erp
    before = orders_in(trial.everything(erp))
    trial.acme.clock.advance(2 * OVERLAP.total_seconds())
    changed, closed = (key_of(order) for order in trial.acme.orders(closed=False)[:2])
    trial.acme.control("POST", f"/cloudsuite/purchase-orders/{changed}", {"1/Description": DESCRIPTION})
    trial.acme.control("POST", f"/cloudsuite/purchase-orders/{closed}", {"Closed": "true"})
    trial.acme.clock.advance(60)
    delta = trial.everything(erp, OVERLAP)
    assert before[changed].lines[0].description != DESCRIPTION
    lines = {row.owner: row.fields["description"] for (kind, _), row in delta.items() if kind is Kind.ORDER_LINE}
    assert lines[before[changed].key] == DESCRIPTION
    assert delta[Kind.PURCHASE_ORDER, before[closed].key].fields["closed"] == "true"


def test_nothing_new_is_told_where_nothing_changed(trial: Trial) -> None:
    """A later delta repeats at most what is known already, word for word."""
    erp = trial.erp
    known = trial.everything(erp)
    trial.acme.clock.advance(2 * OVERLAP.total_seconds())
    delta = trial.everything(erp, OVERLAP)
    assert {key: row for key, row in delta.items() if known.get(key) != row} == {}


def test_a_delta_leaves_out_what_did_not_change(trial: Trial, within_limits: Callable[[str], None]) -> None:
    """A quiet hour costs no reading of every record."""
    within_limits(DELTAS)
    trial.acme.clock.advance(2 * OVERLAP.total_seconds())
    assert trial.everything(trial.erp, OVERLAP) == {}


def test_what_was_committed_late_is_told_by_the_overlap(trial: Trial) -> None:
    """A record that shows up after the window that should have held it is in the next one, which reaches back."""
    erp = trial.erp
    order = key_of(trial.acme.orders(closed=False)[0])
    trial.acme.control("POST", f"/cloudsuite/purchase-orders/{order}", {"1/Description": DESCRIPTION})
    trial.acme.clock.advance(OVERLAP.total_seconds() / 2)
    told = [row for row in trial.rows(erp, Kind.ORDER_LINE, OVERLAP) if row.fields["description"] == DESCRIPTION]
    assert len(told) == 1


def test_a_deleted_order_is_never_told_as_a_living_one(trial: Trial) -> None:
    """A whole reading does not list it; a delta, where the line can, tells that it is gone."""
    erp = trial.erp
    order = key_of(trial.acme.orders()[0])
    key = orders_in(trial.everything(erp))[order].key
    trial.acme.clock.advance(60)
    trial.acme.control("POST", f"/cloudsuite/purchase-orders/{order}/delete")
    trial.acme.clock.advance(60)
    assert order not in orders_in(trial.everything(erp))
    assert all(row.deleted for row in trial.everything(erp, OVERLAP).values() if row.owner == key)
    assert len(orders_in(trial.everything(erp))) == len(trial.acme.orders())


INTERRUPTIONS: dict[str, dict[str, int]] = {
    "token_expired": {},
    "false_unauthorized": {},
    "rate_limited_json": {"retry_after": 2},
    "rate_limited_html": {},
    "lost_answer": {},
    "gateway_timeout_before_commit": {},
    "server_error_before_commit": {},
}


@pytest.mark.parametrize("fault", INTERRUPTIONS)
def test_a_reading_survives_what_the_gateway_does(open_trial: Callable[..., Trial], fault: str) -> None:
    """A token that ends, a 401, a 429, a lost answer in the middle of a list: what is told is still the whole."""
    trial = open_trial(page_rows=3)
    whole = {row.key: row for row in trial.rows(trial.erp, Kind.PURCHASE_ORDER)}
    pages = trial.erp.changes(Kind.PURCHASE_ORDER, trial.window())
    told = {row.key: row for row in next(pages)}
    trial.strike(fault, None, **INTERRUPTIONS[fault])
    told |= {row.key: row for page in pages for row in page}
    assert trial.struck(), "the fault never struck"
    assert told == whole


def test_a_revoked_token_is_renewed_in_the_middle(open_trial: Callable[..., Trial]) -> None:
    """An administrator ends all tokens between two pages."""
    trial = open_trial(page_rows=3)
    pages = trial.erp.changes(Kind.PURCHASE_ORDER, trial.window())
    told = {row.key for row in next(pages)}
    trial.acme.control("POST", "/cloudsuite/revoke-tokens")
    told |= {row.key for page in pages for row in page}
    assert len(told) == len(trial.acme.orders())
