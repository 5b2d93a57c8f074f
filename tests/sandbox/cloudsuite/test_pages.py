"""The pages show people what the books hold, and nothing in the books can break them."""

from __future__ import annotations

from html import escape

import pytest

from ml_connector_sandbox.cloudsuite import books
from sandbox_tenant import Client


@pytest.fixture
def client() -> Client:
    """A client of a seeded tenant."""
    return Client()


def page(client: Client, path: str) -> str:
    """The text of a page, asked for without a token."""
    answer = client.send("GET", path)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    return answer.body.decode()


def journal(client: Client, reference: str = "MLC-7", issue: str = "PROJ-1") -> None:
    """Two released lines."""
    for sequence, account, amount in ((1, "612000", "1200.50"), (2, "219900", "-1200.50")):
        client.tenant.ledger.create_unreleased(
            {
                "FinanceEnterpriseGroup": "ACME",
                "GLTransactionInterface.RunGroup": reference,
                "GLTransactionInterface.SequenceNumber": str(sequence),
                "AccountingEntity": "1000",
                "AccountCode": account,
                "PostingDate": "20261118",
                "CurrencyCode": "USD",
                "TransactionAmount": amount,
                "Reference": issue,
            }
        )
    client.tenant.ledger.interface(reference, edit_only=False, edit_and_interface=True, partial_update=False)


def test_home_shows_every_order_and_project(client: Client) -> None:
    """Each order links to its page, each project is named, and the overspent one is marked."""
    text = page(client, "/")
    for order in books.orders(client.tenant):
        assert f'href="/orders/{order["company"]}/{order["number"]}"' in text
    for project in books.projects(client.tenant):
        assert project["project"] in text
    assert '<span class="low">-15,750.00 USD</span>' in text


def test_an_order_shows_its_coding_and_its_jira_key(client: Client) -> None:
    """The page of one order shows its vendor, its coding, the key written back, and the ledger lines with that key."""
    client.tenant.change_order("1000", "00045001", {"PurchaseOrderUserField5": "PROJ-1"})
    journal(client)
    journal(client, "MLC-8", "PROJ-12")
    text = page(client, "/orders/1000/00045001")
    assert escape("Müller & Söhne IT") in text
    assert "<td>PROJ-1</td>" in text
    assert "MLC-7" in text
    assert "MLC-8" not in text


def test_every_order_has_a_page(client: Client) -> None:
    """No seeded order breaks its page, the one without coding included; an unknown one is 404."""
    for order in books.orders(client.tenant):
        page(client, f"/orders/{order['company']}/{order['number']}")
    assert client.send("GET", "/orders/1000/404").status == 404


def test_the_ledger_is_narrowed_by_reference_and_account(client: Client) -> None:
    """Both filters narrow the lines; amounts appear in major units."""
    journal(client)
    journal(client, "MLC-8")
    assert "4 lines" in page(client, "/gl")
    assert "2 lines, in total 1,200.50 USD" in page(client, "/gl?reference=MLC-8")
    text = page(client, "/gl?reference=MLC-8&account=219900")
    assert "1 lines" in text
    assert "-1,200.50 USD" in text


def test_text_from_the_books_is_never_markup(client: Client) -> None:
    """A vendor, a key or a filter that looks like HTML is shown, not run."""
    attack = "<script>x</script>"
    client.tenant.change_order("1000", "00045001", {"Vendor": attack, "PurchaseOrderUserField5": attack})
    for path in ("/", "/orders/1000/00045001", "/gl?reference=%3Cscript%3Ex%3C/script%3E"):
        assert attack not in page(client, path)
