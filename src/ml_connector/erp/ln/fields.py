"""Which property of LN holds what: our neutral names to LN's, set by set. What nobody documents has no default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ml_connector.core.records import Kind
from ml_connector.errors import Misconfigured

ORDERS, LINES, PROJECTS = "Orders", "Lines", "Projects"
SERVICE_OF: Mapping[str, str] = MappingProxyType(
    {ORDERS: "tdapi.purPurchaseOrder", LINES: "tdapi.purPurchaseOrder", PROJECTS: "tpapi.pdmProject"}
)
SET_OF: Mapping[Kind, str] = MappingProxyType(
    {Kind.PURCHASE_ORDER: ORDERS, Kind.ORDER_LINE: LINES, Kind.DISTRIBUTION: LINES, Kind.PROJECT: PROJECTS}
)
KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {ORDERS: ("number",), LINES: ("number", "line", "sequence"), PROJECTS: ("number",)}
)
"""The names that a record's key is made of: documented, and what lists are ordered by."""
DIMENSIONS = tuple(f"dimension:{number}" for number in range(1, 11))

DEFAULTS: Mapping[str, Mapping[str, str]] = {
    ORDERS: {
        "number": "PurchaseOrder",
        "vendor": "BuyFromBusinessPartner",
        "buyer": "Buyer",
        "description": "",
        "ordered": "OrderDate",
        "currency": "Currency",
        "status": "Status",
        "begins": "",
        "ends": "",
        "hours": "",
        "type": "",
        "invoiced": "",
        "changed": "",
    },
    LINES: {
        "number": "PurchaseOrder",
        "line": "Line",
        "sequence": "Sequence",
        "item": "Item",
        "description": "Description",
        "quantity": "OrderedQuantity",
        "unit_cost": "Price",
        "status": "Status",
        "account": "",
        "cost_center": "",
        "project": "",
        **dict.fromkeys(DIMENSIONS, ""),
        "changed": "",
    },
    PROJECTS: {
        "number": "Project",
        "description": "Description",
        "status": "Status",
        "type": "",
        "currency": "Currency",
        "begins": "StartDate",
        "ends": "FinishDate",
        "person": "",
        "changed": "",
    },
}


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The map in force: our names to LN's, without those that the tenant does not have."""

    sets: Mapping[str, Mapping[str, str]]

    def of(self, entity_set: str) -> Mapping[str, str]:
        """Our names to LN's properties for one set."""
        return {ours: theirs for ours, theirs in self.sets[entity_set].items() if theirs}

    def asked(self, entity_set: str) -> tuple[str, ...]:
        """The properties to ask a set for, each once."""
        return tuple(dict.fromkeys(self.of(entity_set).values()))

    def key(self, entity_set: str) -> tuple[str, ...]:
        """The properties of a set's key."""
        names = self.of(entity_set)
        return tuple(names[ours] for ours in KEYS[entity_set] if ours in names)


def field_map(overrides: Mapping[str, Mapping[str, str]]) -> FieldMap:
    """The defaults with a connection's `[cloudsuite.fields.<Set>]` tables over them; an empty name means no property.

    Raises Misconfigured for a set or a name of ours that does not exist, and where a key would have no property.
    """
    for entity_set, names in overrides.items():
        known = DEFAULTS.get(entity_set, {})
        for ours, theirs in names.items():
            if ours not in known:
                raise Misconfigured(
                    f"cloudsuite.fields.{entity_set}.{ours} is no field that is read from LN.",
                    remedy=f"Known: {', '.join(known) or ', '.join(DEFAULTS)}.",
                )
            if not theirs and ours == "number":
                raise Misconfigured(f"cloudsuite.fields.{entity_set}.{ours} is empty, and nothing is read without it.")
    return FieldMap({entity_set: {**names, **overrides.get(entity_set, {})} for entity_set, names in DEFAULTS.items()})
