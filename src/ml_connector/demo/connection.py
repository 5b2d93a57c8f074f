"""The demo's connection file, written from what the sandbox says of itself."""

from __future__ import annotations

from datetime import date

from ml_connector.demo.products import PRODUCTS, quoted
from ml_connector.demo.rates import CARD, ROLES
from ml_connector.demo.vendors import Vendors

NAME = "demo"
CLEARING_ACCOUNT = "219900"
FIELDS = {
    "po_number": "PO Number",
    "vendor": "Vendor",
    "cost_center": "Cost Center",
    "gl_account": "GL Account",
    "project": "ERP Project",
    "authorized": "Authorized Amount",
    "remaining": "Budget Remaining",
}


def connection_file(vendors: Vendors, post_from: date) -> str:
    """The whole file. It holds no secret."""
    erp, jira = vendors.facts["cloudsuite"], vendors.facts["jira"]
    product = PRODUCTS[erp["product"]]
    keys = {"product": quoted(erp["product"]), **product.keys(erp)}
    fields = "\n".join(f"{ours} = {quoted(name)}" for ours, name in FIELDS.items())
    clearing = "\n".join(
        f'[clearing.{quoted(entity)}]\naccount = "{CLEARING_ACCOUNT}"\ncost_center = "FIN"\n'
        for entity in erp["companies"]
    )
    people = "\n".join(
        f"[[person]]\naccount_id = {quoted(person['account_id'])}\nname = {quoted(person['name'])}\n"
        f'employee = "E{index + 1}"\nrole = {quoted(role)}\n'
        for index, (person, role) in enumerate(zip(jira["people"], ROLES, strict=False))
    )
    return _FILE.format(
        name=quoted(NAME),
        post_from=post_from,
        own="\n".join(f"{name} = {value}" for name, value in keys.items()),
        tables=product.tables(erp),
        status_back=_STATUS_BACK.format(field=quoted(product.status_field)) if product.status_field else "",
        entities=", ".join(quoted(entity) for entity in erp["companies"]),
        deployment=quoted(jira["deployment"]),
        url=quoted(vendors.jira_url),
        fields=fields,
        clearing=clearing,
        people=people,
        rates="\n".join(_rate(index, post_from.year - 1) for index in range(len(CARD))),
    )


def _rate(index: int, year: int) -> str:
    rate = CARD[index]
    scope = {
        "person": "" if rate.person is None else f"E{rate.person + 1}",
        "role": rate.role,
        "project": rate.project,
        "cost_center": rate.cost_center,
    }
    named = "".join(f"{name} = {quoted(value)}\n" for name, value in scope.items() if value)
    return f'[[rate]]\n{named}amount = "{rate.amount}"\ncurrency = "{rate.currency}"\nfrom = {year}-01-01\n'


_STATUS_BACK = """\
[[status_back]]
kind = "purchase_order"
field = {field}
[status_back.values]
"In Progress" = "WORKING"
"Done" = "DONE"
"""

_FILE = """\
# The demo's connection, made by `ml-connector demo`.
name = {name}
post_from = {post_from}

[cloudsuite]
{own}
entities = [{entities}]
settle_seconds = 5
{tables}

[jira]
deployment = {deployment}
url = {url}
settle_seconds = 5

[jira.orders]
project = "PROC"
issue_type = "Task"
closed_status = "Done"

[[jira.orders.priorities]]
authorized_from = "50000.00"
currency = "USD"
priority = "High"

[jira.projects]
project = "DEL"
issue_type = "Epic"

[jira.fields]
{fields}

{status_back}
[network]
allowed_hosts = ["localhost", "127.0.0.1"]

[posting]
grain = "person-day"
cadence_seconds = 0

[schedule]
interval_seconds = 15

{clearing}
{people}
{rates}
"""
