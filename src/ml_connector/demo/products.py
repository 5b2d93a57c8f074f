"""What the demo's connection says to each product line of CloudSuite: the part of the file that is the line's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]
"""What the sandbox tells of its CloudSuite."""


@dataclass(frozen=True, slots=True)
class Product:
    """Keys of `[cloudsuite]` that this line needs, tables below it, and the field that a Jira status goes to, if any.

    `tables` is called with what the sandbox tells.
    """

    keys: Callable[[Facts], Mapping[str, str]]
    status_field: str = ""
    tables: Callable[[Facts], str] = lambda _facts: ""


def quoted(value: object) -> str:
    """A TOML string."""
    return json.dumps(str(value), ensure_ascii=False)


def _fsm_keys(facts: Facts) -> Mapping[str, str]:
    return {
        "enterprise_group": quoted(facts["enterprise_group"]),
        "remaining_field": quoted("PurchaseOrderUserField7"),
        "project_remaining_field": quoted("ProjectUserField7"),
    }


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

PRODUCTS: Mapping[str, Product] = {
    "fsm": Product(_fsm_keys, status_field="PurchaseOrderUserField3"),
    "m3": Product(_m3_keys, status_field="A230", tables=_m3_tables),
}
"""One line each."""
