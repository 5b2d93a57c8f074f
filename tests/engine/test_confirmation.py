"""Documents that were handed over count as posted only when a person says so; then they are no open item any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.acme import CONTROLLER, START, Acme
from ml_connector.core.ledger import State
from ml_connector.demo.connection import NAME
from ml_connector.engine.checkup import check
from ml_connector.engine.confirmation import confirm, vouchers_in
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded
from ml_connector.errors import Refused
from ml_connector.store import postings
from ml_connector.store.principals import Principal
from ml_connector.store.tables import audit

YESTERDAY = START.date() - timedelta(days=1)


def _issue(acme: Acme) -> str:
    """The issue of an order that can be charged, known by its label."""
    order = acme.chargeable()
    end = f"-po-{order['company']}/{order['number']}"
    issues = acme.control("GET", "/books/issues")
    return str(next(issue["key"] for issue in issues if any(label.endswith(end) for label in issue["labels"])))


def _handed_over(make_acme: Callable[..., Acme]) -> tuple[Acme, str]:
    acme = make_acme(product="ln", change=lambda text: text.replace('"/CustomerApi/journals"', '""'))
    acme.sync()
    acme.log(_issue(acme), 3600, YESTERDAY)
    acme.post()
    with acme.installed.database.read() as tx:
        (reference,) = postings.by_states(tx, NAME, {State.RELEASED})
    return acme, reference


def _confirm(acme: Acme, vouchers: dict[str, str], who: Principal = CONTROLLER) -> int:
    lane = acme.installed.lane(NAME)
    return recorded(lane, lambda: confirm(lane, vouchers, who))


def _unposted(acme: Acme) -> int:
    lane = acme.installed.lane(NAME)
    found = recorded(lane, lambda: reconcile(lane))
    assert found.foots
    return len(found.notices)


def test_what_a_person_confirms_is_posted_and_on_record(make_acme: Callable[..., Acme]) -> None:
    """Until then it is an open item of the period; afterwards it is none, and the trail says who and which voucher."""
    acme, reference = _handed_over(make_acme)
    acme.sync(sweeping=True)
    assert _unposted(acme) == 1
    assert _confirm(acme, {reference: "JRN 4711"}) == 1
    assert _confirm(acme, {reference: "JRN 4711"}) == 0
    assert _unposted(acme) == 0
    acme.sync(sweeping=True)
    with acme.installed.database.read() as tx:
        assert postings.by_states(tx, NAME, {State.CONFIRMED}) == [reference]
        (entry,) = tx.execute(select(audit).where(audit.c.action == "posting_confirmed"))
    assert (entry.actor, entry.subject, entry.detail["voucher"]) == (CONTROLLER.name, reference, "JRN 4711")


def test_all_are_confirmed_or_none(make_acme: Callable[..., Acme]) -> None:
    """A reference that was not handed over stops the whole list; so does a person who is no approver."""
    acme, reference = _handed_over(make_acme)
    with pytest.raises(Refused):
        _confirm(acme, {reference: "", "MLC-ZZZZZZZZZZZ": ""})
    with pytest.raises(Refused):
        _confirm(acme, {reference: ""}, Principal("analyst", frozenset({"analyst"})))
    with acme.installed.database.read() as tx:
        assert postings.by_states(tx, NAME, {State.RELEASED}) == [reference]


def test_where_cloudsuite_tells_nobody_is_asked(acme: Acme) -> None:
    """FSM shows what finance posted: a person's word takes no place of it."""
    with pytest.raises(Refused):
        _confirm(acme, {"MLC-ZZZZZZZZZZZ": ""})


def test_the_doctor_says_that_documents_are_handed_over(make_acme: Callable[..., Acme]) -> None:
    """And that what LN does not tell was not tried; nothing of it fails."""
    acme = make_acme(product="ln")
    lane = acme.installed.lane(NAME)
    found = {item.name: item for item in check(lane)}
    assert all(item.ok for item in found.values()), found
    assert "takes no journals" in found["postings"].found
    assert "not tried" in found["labor clearing"].found


LONG = "reference,voucher\nA," + "x" * 99


@pytest.mark.parametrize("text", ["", "voucher\n1", "reference\n\n", "reference\nA\nA\n", 'reference\n"A', LONG])
def test_a_list_that_is_none_is_refused(text: str) -> None:
    """Nothing is confirmed by a file that has no references, or one twice."""
    with pytest.raises(Refused):
        vouchers_in(text)


def test_a_list_names_references_and_vouchers() -> None:
    """Columns may stand in any order, and others beside them."""
    assert vouchers_in("date,voucher,reference\n2026-11-30, JRN 1 ,MLC-A\n,,MLC-B\n") == {"MLC-A": "JRN 1", "MLC-B": ""}
