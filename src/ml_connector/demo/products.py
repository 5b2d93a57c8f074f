"""What the demo's connection says to each product line of CloudSuite: the part of the file that is the line's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_connector.demo.oracle import KEY_FIELD

Record = dict[str, Any]
"""An order or an issue as the sandbox's books tell it."""
Facts = Mapping[str, Any]
"""What the sandbox tells of its CloudSuite."""


@dataclass(frozen=True, slots=True)
class Product:
    """Keys of `[cloudsuite]` that this line needs, tables below it, and the field that a Jira status goes to, if any.

    `tables` is called with what the sandbox tells. `shown` are the books' orders as this line can show them, and which
    issue each is, from orders and issues.
    """

    keys: Callable[[Facts], Mapping[str, str]]
    status_field: str = ""
    tables: Callable[[Facts], str] = lambda _facts: ""
    shown: Callable[[Sequence[Record], Sequence[Record]], list[Record]] = lambda orders, _issues: list(orders)


def quoted(value: object) -> str:
    """A TOML string."""
    return json.dumps(str(value), ensure_ascii=False)


def _fsm_keys(facts: Facts) -> Mapping[str, str]:
    return {
        "enterprise_group": quoted(facts["enterprise_group"]),
        "remaining_field": quoted("PurchaseOrderUserField7"),
        "project_remaining_field": quoted("ProjectUserField7"),
    }


def _fsm_tables(facts: Facts) -> str:
    return f"[cloudsuite.fsm]\nunique_keys = {str(bool(facts['unique_keys'])).lower()}\n"


def _m3_keys(_facts: Facts) -> Mapping[str, str]:
    return {"remaining_field": quoted("A130"), "project_remaining_field": quoted("A130")}


def _m3_tables(facts: Facts) -> str:
    divisions = zip(facts["companies"], ("AAA", "BBB"), strict=True)
    lines = "\n".join(f"{quoted(entity)} = {quoted(division)}" for entity, division in divisions)
    return f"{_M3}{lines}\n"


_M3 = """
[cloudsuite.m3]
company = 100
interface = "MLCONNECTOR"
info_number = "001"
issue_info_number = "002"
project_table = "MPROJE"
coding_list = "LstMLCODING"
commitment_item = "COMMIT"
dimensions = { 1 = 4, 2 = 5, 3 = 6, 4 = 7 }

[cloudsuite.m3.divisions]
"""


def _csi_keys(_facts: Facts) -> Mapping[str, str]:
    return {"remaining_field": quoted("Charfld2"), "project_remaining_field": quoted("Charfld2")}


def _csi_tables(facts: Facts) -> str:
    zone = quoted(facts["time_zone"])
    sites = "\n".join(
        f"[cloudsuite.csi.sites.{quoted(entity)}]\nconfiguration = {quoted(name)}\n"
        f"currency = {quoted(facts['currencies'][entity])}\ntime_zone = {zone}"
        for entity, name in facts["configurations"].items()
    )
    return f"[cloudsuite.csi]\njournal = {quoted(facts['journal'])}\n{sites}"


def _ln_orders(orders: Sequence[Record], issues: Sequence[Record]) -> list[Record]:
    """LN shows one coding a line and no issue key: an order's issue is known by its label."""
    labels = {label: issue["key"] for issue in issues if not issue["deleted"] for label in issue["labels"]}
    return [
        {
            **order,
            "fields": {KEY_FIELD: _by_end(labels, f"-po-{order['company']}/{order['number']}")},
            "lines": [
                {**line, "distributions": line["distributions"] if len(line["distributions"]) == 1 else []}
                for line in order["lines"]
            ],
        }
        for order in orders
    ]


def _by_end(labels: Mapping[str, str], end: str) -> str:
    return next((key for label, key in labels.items() if label.endswith(end)), "")


def _nothing(_facts: Facts) -> Mapping[str, str]:
    return {}


def _ln_tables(_facts: Facts) -> str:
    """The simulated tenant's own names, for what no page of Infor's names."""
    return """
[cloudsuite.ln]
endpoint = "/CustomerApi/journals"

[cloudsuite.fields.Orders]
changed = "ChangeDate"

[cloudsuite.fields.Lines]
account = "LedgerAccount"
cost_center = "Dimension1"
project = "Project"
"dimension:1" = "Dimension2"
changed = "ChangeDate"

[cloudsuite.fields.Projects]
type = "ProjectType"
changed = "ChangeDate"
"""


PRODUCTS: Mapping[str, Product] = {
    "fsm": Product(_fsm_keys, status_field="PurchaseOrderUserField3", tables=_fsm_tables),
    "ln": Product(_nothing, tables=_ln_tables, shown=_ln_orders),
    "m3": Product(_m3_keys, status_field="A230", tables=_m3_tables),
    "csi": Product(_csi_keys, status_field="Charfld1", tables=_csi_tables),
}
"""One line each."""
