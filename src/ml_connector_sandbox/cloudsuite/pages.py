"""Pages for people who want to look into the books: orders, projects, the ledger. Nobody has to sign in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import partial
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from ml_connector_sandbox.cloudsuite import books
from ml_connector_sandbox.cloudsuite.tenant import ENTERPRISE_GROUP, Tenant
from ml_connector_sandbox.wire import Request, Response, Router, html_response

KEY_FIELD = "PurchaseOrderUserField5"
PROJECT_KEY_FIELD = "ProjectUserField5"
LINES_SHOWN = 1000
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:0;color:#1c2530;background:#f5f7f9}
header{background:#123a5c;color:#fff;padding:.8rem 2rem}header a{color:#fff;margin-right:1.5rem}
main{max-width:72rem;margin:1.5rem auto;padding:0 2rem}h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%;background:#fff;box-shadow:0 1px 3px #0002}
th,td{padding:.4rem .7rem;text-align:left;border-bottom:1px solid #e3e8ed}th{background:#eaf0f5;font-weight:600}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.low{color:#b3261e}.soft{color:#68737f}
a{color:#14598f}input{font:inherit;padding:.3rem .5rem}button{font:inherit;padding:.3rem .9rem}
"""

Cell = str
Row = Sequence[Cell]


def add_pages(router: Router, tenant: Tenant) -> None:
    """Add the pages' routes."""
    router.add("GET", "/", partial(home, tenant))
    router.add("GET", "/gl", partial(ledger, tenant))
    router.add("GET", "/orders/{company}/{number}", partial(order, tenant))


def home(tenant: Tenant, _request: Request) -> Response:
    """All orders and projects."""
    orders = _table(
        ("Order", "Vendor", "Date", "#Ordered", "Jira key", "State"),
        (
            (
                _order_link(each),
                escape(each["vendor"]),
                _day(each["date"]),
                f"{_total(each):,f} {each['currency']}",
                escape(each["fields"][KEY_FIELD]),
                _state(each["closed"]),
            )
            for each in books.orders(tenant)
        ),
    )
    projects = _table(
        ("Project", "Description", "#Budget", "#Actual", "#Committed", "#Remaining", "Jira key"),
        (_project(each) for each in books.projects(tenant)),
    )
    return _page("Purchase orders and projects", f"<h2>Purchase orders</h2>{orders}<h2>Projects</h2>{projects}")


def _project(project: dict[str, Any]) -> Row:
    remaining = Decimal(project["remaining"] or 0)
    mark = ' class="low"' if remaining < 0 else ""
    return (
        escape(project["project"]) + ("" if project["active"] else ' <span class="soft">ended</span>'),
        escape(project["description"]),
        *(f"{Decimal(project[name] or 0):,f} {project['currency']}" for name in ("budget", "actual", "committed")),
        f"<span{mark}>{remaining:,f} {project['currency']}</span>",
        escape(project["fields"][PROJECT_KEY_FIELD]),
    )


def order(tenant: Tenant, _request: Request, company: str, number: str) -> Response:
    """One order with its lines and their coding."""
    found = [each for each in books.orders(tenant) if (each["company"], each["number"]) == (company, number)]
    if not found:
        return _page("No such purchase order", "<p>There is no such order in this company.</p>", 404)
    return _page(f"Purchase order {number}", "".join(_order(tenant, each) for each in found))


def _order(tenant: Tenant, order: dict[str, Any]) -> str:
    facts = _table(
        ("Company", "Release and code", "Vendor", "Date", "#Ordered", "Jira key", "Second field", "State"),
        [
            (
                escape(order["company"]),
                escape(f"{order['release']} {order['code']}"),
                escape(order["vendor"]),
                _day(order["date"]),
                f"{_total(order):,f} {order['currency']}",
                escape(order["fields"][KEY_FIELD]),
                escape(order["fields"]["PurchaseOrderUserField7"]),
                _state(order["closed"]),
            )
        ],
    )
    lines = _table(
        ("Line", "Description", "#Quantity", "#Unit cost", "Account", "Cost center", "Project", "#Share"),
        (row for line in order["lines"] for row in _order_line(line)),
    )
    key = order["fields"][KEY_FIELD]
    posted = [each for each in books.gl(tenant) if _names_key(each, key)]
    more = f"<h2>Ledger lines with {escape(key)}</h2>{_ledger_table(tenant, posted)}" if posted else ""
    return f"{facts}<h2>Lines and coding</h2>{lines}{more}"


def _order_line(line: dict[str, Any]) -> Iterable[Row]:
    start = (
        escape(line["line"]),
        escape(line["description"]),
        f"{Decimal(line['quantity']).normalize():,f}",
        escape(line["unit_cost"]),
    )
    if not line["distributions"]:
        yield (*start, '<span class="soft">not coded</span>', "", "", "")
    for place, each in enumerate(line["distributions"]):
        share = each["amount"] or (f"{each['percent']} %" if each["percent"] else each["quantity"])
        coding = (escape(each[name]) for name in ("account", "cost_center", "project"))
        yield (*(start if place == 0 else ("", "", "", "")), *coding, escape(share))


def ledger(tenant: Tenant, request: Request) -> Response:
    """The general ledger, narrowed by reference and account."""
    reference, account = request.one("reference"), request.one("account")
    lines = [
        each
        for each in books.gl(tenant)
        if (not reference or each["reference"] == reference) and (not account or each["account"] == account)
    ]
    form = (
        '<form><label>Reference <input name="reference" value="' + escape(reference) + '"></label> '
        '<label>Account <input name="account" value="' + escape(account) + '"></label> <button>Show</button></form>'
    )
    totals = ", ".join(f"{_money(tenant, amount, code)} {code}" for code, amount in sorted(_totals(lines).items()))
    summary = f"<p>{len(lines)} lines{f', in total {totals}' if totals else ''}.</p>"
    return _page("General ledger", form + summary + _ledger_table(tenant, lines[-LINES_SHOWN:]))


def _ledger_table(tenant: Tenant, lines: Iterable[dict[str, Any]]) -> str:
    return _table(
        (
            "Reference",
            "Entity",
            "Account",
            "Cost center",
            "Project",
            "#Amount",
            "Posting date",
            "Status",
            "Description",
        ),
        (
            (
                _reference(each),
                escape(each["entity"]),
                escape(each["account"]),
                escape(each["cost_center"]),
                escape(each["project"]),
                f"{_money(tenant, each['amount_minor'], each['currency'])} {escape(each['currency'])}",
                escape(each["posting_date"]),
                escape(each["status"]),
                escape(each["description"]),
            )
            for each in lines
        ),
    )


def _reference(line: dict[str, Any]) -> Cell:
    query = urlencode({"reference": line["reference"]})
    return f'<a href="/gl?{query}">{escape(line["reference"])}</a> {line["sequence"]}'


def _names_key(line: dict[str, Any], key: str) -> bool:
    return bool(key) and key in line["issue_reference"].replace("/", " ").split()


def _totals(lines: Iterable[dict[str, Any]]) -> dict[str, int]:
    """The debits by currency: what the entries moved, as all of them net to zero."""
    totals: defaultdict[str, int] = defaultdict(int)
    for each in lines:
        totals[each["currency"]] += max(each["amount_minor"], 0)
    return totals


def _money(tenant: Tenant, minor: int, currency: str) -> str:
    return f"{Decimal(minor).scaleb(-(tenant.reference.currency_digits(currency) or 0)):,f}"


def _total(order: dict[str, Any]) -> Decimal:
    total = sum((Decimal(each["quantity"]) * Decimal(each["unit_cost"]) for each in order["lines"]), Decimal(0))
    return total.quantize(Decimal(1) if order["currency"] == "JPY" else Decimal("0.01"))


def _order_link(order: dict[str, Any]) -> str:
    company, number = quote(order["company"], safe=""), quote(order["number"], safe="")
    return f'<a href="/orders/{company}/{number}">{escape(order["company"])} / {escape(order["number"])}</a>'


def _day(text: str) -> str:
    return escape(f"{text[:4]}-{text[4:6]}-{text[6:]}" if text else "")


def _state(closed: bool) -> str:  # noqa: FBT001 - the value is what is spelled.
    return "closed" if closed else "open"


def _table(heads: Sequence[str], rows: Iterable[Row]) -> str:
    """A table of cells that are HTML already; a head that begins with # stands over numbers."""
    marks = [' class="n"' if head.startswith("#") else "" for head in heads]
    top = "".join(f"<th{mark}>{head.lstrip('#')}</th>" for mark, head in zip(marks, heads, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{mark}>{cell}</td>' for mark, cell in zip(marks, row, strict=True))}</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _page(title: str, body: str, status: int = 200) -> Response:
    return html_response(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><header><strong>CloudSuite sandbox, {ENTERPRISE_GROUP}</strong> &nbsp; "
        f'<a href="/">Orders and projects</a><a href="/gl">General ledger</a></header>'
        f"<main><h1>{escape(title)}</h1>{body}</main></body></html>",
        status,
    )
