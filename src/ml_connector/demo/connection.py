"""The demo's connection file, written from what the sandbox says of itself."""

from __future__ import annotations

import json
from datetime import date

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
    fields = "\n".join(f"{ours} = {_text(name)}" for ours, name in FIELDS.items())
    clearing = "\n".join(
        f'[clearing.{_text(entity)}]\naccount = "{CLEARING_ACCOUNT}"\ncost_center = "FIN"\n'
        for entity in erp["companies"]
    )
    people = "\n".join(
        f"[[person]]\naccount_id = {_text(person['account_id'])}\nname = {_text(person['name'])}\n"
        f'employee = "E{index + 1}"\nrole = {_text(role)}\n'
        for index, (person, role) in enumerate(zip(jira["people"], ROLES, strict=False))
    )
    return _FILE.format(
        name=_text(NAME),
        post_from=post_from,
        group=_text(erp["enterprise_group"]),
        entities=", ".join(_text(entity) for entity in erp["companies"]),
        url=_text(vendors.jira_url),
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
    named = "".join(f"{name} = {_text(value)}\n" for name, value in scope.items() if value)
    return f'[[rate]]\n{named}amount = "{rate.amount}"\ncurrency = "{rate.currency}"\nfrom = {year}-01-01\n'


def _text(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)


_FILE = """\
# The demo's connection, made by `ml-connector demo`.
name = {name}
post_from = {post_from}

[cloudsuite]
enterprise_group = {group}
entities = [{entities}]
remaining_field = "PurchaseOrderUserField7"
project_remaining_field = "ProjectUserField7"
settle_seconds = 5

[jira]
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

[[status_back]]
kind = "purchase_order"
field = "PurchaseOrderUserField3"
[status_back.values]
"In Progress" = "WORKING"
"Done" = "DONE"

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
