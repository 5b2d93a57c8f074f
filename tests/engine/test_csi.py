"""The main job on CSI: the same world, the same costs, the same books; a journal that finance posts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.acme import START, Acme
from engine.ledger_oracle import owed
from ml_connector.core.ledger import State
from ml_connector.demo.connection import NAME
from ml_connector.engine.checkup import check
from ml_connector.engine.reconcile import reconcile
from ml_connector.engine.run import recorded
from ml_connector.engine.sweep import sweep
from ml_connector.store import postings

TODAY = START.date()
YESTERDAY = TODAY - timedelta(days=1)

Make = Callable[..., Acme]


@pytest.fixture
def acme(make_acme: Make) -> Acme:
    """The vendors as seeded, with CSI for CloudSuite."""
    return make_acme(product="csi")


def log_everywhere(acme: Acme) -> None:
    """Odd numbers of seconds of three people on every open order."""
    seconds = iter(range(1800, 1_000_000, 777))
    for index, order in enumerate(acme.orders(closed=False)):
        key = acme.issue_of(f"{order['company']}/{order['number']}")
        for person in range(3):
            acme.log(key, next(seconds) % 9000 + 60, TODAY - timedelta(days=1 + index % 20), person)


def states(acme: Acme) -> set[State]:
    """How far the postings have come."""
    with acme.installed.database.read() as tx:
        return {posting.state for posting in postings.everything(tx, NAME)}


def one_posting(acme: Acme) -> str:
    """A posting of one order's hours. Returns its reference."""
    acme.sync()
    order = acme.chargeable()
    acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    acme.post()
    (reference,) = {line["reference"] for line in acme.gl()}
    return str(reference)


def swept(acme: Acme) -> None:
    """One slow round."""
    lane = acme.installed.lane(NAME)
    recorded(lane, lambda: sweep(lane))


def test_hours_are_in_the_books_to_the_cent(acme: Acme) -> None:
    """Two companies, three currencies, lines coded to many places: what an independent oracle computes, no more."""
    acme.sync()
    log_everywhere(acme)
    acme.post()
    acme.check_ledger()
    assert acme.labor() == owed(acme)
    assert len(acme.labor()) >= 5
    assert {line["currency"] for line in acme.gl()} == {"USD", "EUR", "JPY"}


@pytest.mark.slow
def test_the_same_hours_cost_the_same_on_fsm(make_acme: Make) -> None:
    """The product line changes the protocol and nothing about money or issues."""
    books = []
    for product in ("fsm", "csi"):
        acme = make_acme(product=product)
        acme.sync()
        log_everywhere(acme)
        acme.post()
        issues = {item["summary"]: item["fields"] for item in acme.control("GET", "/books/issues")}
        books.append((acme.labor(), issues))
    assert books[0] == books[1]


@pytest.mark.slow
def test_unit_codes_of_four_characters_are_enough(make_acme: Make) -> None:
    """Nothing in the product needs codes longer than CSI's own."""
    acme = make_acme(product="csi", change=lambda text: text.replace('cost_center = "IT-OPS"', 'cost_center = "ITOP"'))
    acme.control("PUT", "/switches", {"csi_short_unit_codes": True})
    acme.sync()
    log_everywhere(acme)
    acme.post()
    acme.check_ledger()
    assert acme.labor() == owed(acme)
    assert len(acme.labor()) >= 5


@pytest.mark.parametrize(
    ("switches", "old", "new"),
    [
        (
            {"csi_user_extensions": False},
            'product = "csi"',
            'product = "csi"\nkey_field = "Charfld3"\nproject_key_field = "Charfld3"',
        ),
        (
            {"csi_journal_amounts": "columns"},
            "[jira]",
            '[cloudsuite.fields.SLJournals]\ndebit = "DebitAmount"\ncredit = "CreditAmount"\n[jira]',
        ),
        ({"csi_record_date_filters": False}, "[jira]", "[jira]"),
        ({"csi_tells_closed_periods": False}, "[jira]", "[jira]"),
        ({"csi_first_change_only": False, "csi_site_zone": "Asia/Kolkata"}, "America/Chicago", "Asia/Kolkata"),
    ],
    ids=["no extensions", "debit and credit", "no deltas", "no closed periods", "another zone"],
)
def test_sites_that_differ_end_in_the_same_books(
    make_acme: Make, switches: dict[str, object], old: str, new: str
) -> None:
    """What a page leaves open, or a customer has set otherwise, changes settings at the most."""
    acme = make_acme(product="csi", change=lambda text: text.replace(old, new, 1))
    acme.control("PUT", "/switches", switches)
    one_posting(acme)
    order = acme.chargeable(company="2000", currency="EUR")
    entry = acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 7200, YESTERDAY, 1)
    acme.post()
    acme.as_person(acme.people[1], "DELETE", f"/issue/{entry['issueId']}/worklog/{entry['id']}")
    acme.post()
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}


def test_a_journal_that_is_complete_waits_for_finance(acme: Acme) -> None:
    """Its rows are in CSI's journal and not in its ledger; once finance has posted it, it is confirmed."""
    reference = one_posting(acme)
    assert states(acme) == {State.RELEASED}
    assert {line["status"] for line in acme.gl()} == {"released"}
    swept(acme)
    assert states(acme) == {State.RELEASED}
    assert acme.control("POST", "/cloudsuite/post") == {"posted": 2}
    swept(acme)
    assert states(acme) == {State.CONFIRMED}
    assert {line["reference"] for line in acme.gl()} == {reference}


def test_a_journal_that_finance_deletes_has_vanished(acme: Acme) -> None:
    """It is held and told of, and never entered again by itself."""
    reference = one_posting(acme)
    acme.control("POST", "/cloudsuite/delete-released", {"reference": reference})
    swept(acme)
    assert states(acme) == {State.VANISHED}
    assert acme.findings()[f"posting {reference}"] == "posting_vanished"
    acme.post()
    assert acme.gl() == []


def test_the_tie_out_tells_what_finance_has_not_posted(acme: Acme) -> None:
    """Rows that wait are in the general ledger's book, as released and unposted; afterwards nothing differs."""
    one_posting(acme)
    lane = acme.installed.lane(NAME)
    before = recorded(lane, lambda: reconcile(lane))
    assert [item.type.value for item in before.notices] == ["unposted_release"]
    acme.control("POST", "/cloudsuite/post")
    after = recorded(lane, lambda: reconcile(lane))
    assert (before.differences, after.differences, after.notices) == ((), (), ())


def test_rows_that_a_person_adds_under_our_reference_are_found(acme: Acme) -> None:
    """CSI makes nothing unique: a row that stands twice is a difference, and the posting is never taken as whole."""
    reference = one_posting(acme)
    ledger = acme.world.cloudsuite.ledger
    first = next(row for row in ledger.rows("GLTransactionDetail") if row.fields["RunGroup"] == reference)
    ledger.enter({name: value for name, value in first.fields.items() if name in COPY}, dict(first.fields))
    swept(acme)
    assert acme.findings()[f"posting {reference}"] == "posting_differs"


COPY = ("FinanceEnterpriseGroup", "RunGroup", "AccountingEntity", "AccountCode", "AccountingUnit", "Project",
        "PostingDate", "CurrencyCode", "TransactionAmount", "SequenceNumber")  # fmt: skip


def _with_method(text: str) -> str:
    return text.replace("[cloudsuite.csi]", '[cloudsuite.csi]\npost_method = "PostJournalSp"', 1)


def test_a_named_method_posts_the_journal(make_acme: Make) -> None:
    """Where finance lets us, the journal is posted by a call and read back from the ledger."""
    acme = make_acme(product="csi", change=_with_method)
    acme.control("PUT", "/switches", {"csi_posting_method": "PostJournalSp"})
    one_posting(acme)
    assert {line["status"] for line in acme.gl()} == {"posted"}
    swept(acme)
    assert states(acme) == {State.CONFIRMED}
    assert acme.labor() == owed(acme) != {}


def test_a_journal_that_csi_does_not_post_is_taken_out_and_its_hours_are_held(make_acme: Make) -> None:
    """The method says why; nothing of ours stays behind in the journal."""
    acme = make_acme(product="csi", change=_with_method)
    acme.control(
        "PUT", "/switches", {"csi_posting_method": "PostJournalSp", "csi_closed_period_refused_at_entry": False}
    )
    acme.sync()
    order = acme.chargeable()
    acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    plan = acme.sync().proposal

    def close(request: object) -> None:
        if "invoke" in getattr(request, "url", ""):
            acme.control("POST", "/cloudsuite/periods", {"entity": "1000", "period": "2026-11", "open": False})

    acme.tap = close
    acme.approve_and_apply(plan)
    assert acme.gl() == []
    assert states(acme) == {State.ROLLED_BACK}
    acme.sync()
    assert "refused_by_erp" in acme.findings().values()


def test_a_row_that_csi_refuses_takes_its_journal_out(acme: Acme) -> None:
    """A cost center that closes between plan and entry: its hours are held with CSI's words, the others posted."""
    acme.sync()
    orders = {
        item["lines"][0]["distributions"][0]["cost_center"]: item
        for item in acme.orders(company="1000", currency="USD", closed=False)
        if len(item["lines"]) == 1 and len(item["lines"][0]["distributions"]) == 1
    }
    first, second = [item for center, item in orders.items() if center != "LEGACY"][:2]
    for order in (first, second):
        acme.log(acme.issue_of(f"{order['company']}/{order['number']}"), 3600, YESTERDAY)
    plan = acme.sync().proposal
    closed = first["lines"][0]["distributions"][0]["cost_center"]

    def close(request: object) -> None:
        if "/update/SLJournals" in getattr(request, "url", ""):
            acme.control("POST", "/cloudsuite/cost-centers", {"code": closed, "active": False})

    acme.tap = close
    acme.approve_and_apply(plan)
    acme.tap = lambda _request: None
    for _ in range(4):
        acme.post()
    assert "refused_by_erp" in acme.findings().values()
    acme.check_ledger()
    assert acme.labor() == owed(acme) != {}


def test_the_doctor_finds_all_well_and_names_what_is_not(make_acme: Make) -> None:
    """Properties, configurations, accounts and periods of both sites; then a site and a property that are not there."""
    acme = make_acme(product="csi")
    lane = acme.installed.lane(NAME)
    assert [found for found in check(lane) if not found.ok] == []
    acme = make_acme(product="csi", change=lambda text: text.replace("ACME_TST_2000", "ACME_TST_MAIN"))
    acme.control("PUT", "/switches", {"csi_user_extensions": False})
    (wrong,) = (found for found in check(acme.installed.lane(NAME)) if found.name == "CloudSuite fields")
    assert "configuration ACME_TST_MAIN" in wrong.found
    assert "SLPos.Uf_JiraKey" in wrong.found


def test_a_second_cycle_on_an_unchanged_world_reads_a_page_an_ido_and_writes_nothing(acme: Acme) -> None:
    """One call an IDO and site, and none for lines that have releases; then a change arrives."""
    acme.sync()
    acme.sync()
    acme.clock.advance(3600)
    acme.sync()
    acme.calls()
    acme.sync()
    calls = {route.rpartition("/ido/")[2]: count for route, count in acme.calls()["cloudsuite"].items()}
    assert calls.pop("load/{name}") == 8
    assert not [route for route in calls if "token" not in route]
    order = acme.chargeable()
    key = f"{order['company']}/{order['number']}"
    acme.control("POST", f"/cloudsuite/purchase-orders/{key}", {"1/1/DistributionAccount.AccountingUnit": "FIN"})
    acme.sync()
    issue = next(item for item in acme.control("GET", "/books/issues") if item["key"] == acme.issue_of(key))
    assert issue["fields"]["Cost Center"] == "FIN"
