"""CUSEXTMI: fields of the customer's own beside a record, in table CUGEX1: 30 letters each, by file and key.

`AddFieldValue` fails where the row exists, `ChgFieldValue` where it does not. In this tenant some of them are what the
other product lines call user fields, so that the books show the issue key in one place.
"""

from __future__ import annotations

from collections.abc import Iterator

from ml_connector_sandbox.cloudsuite.classes import CLASSES, Row
from ml_connector_sandbox.cloudsuite.m3 import names
from ml_connector_sandbox.cloudsuite.m3.execute import Call, Failed, Records, Transaction, Values
from ml_connector_sandbox.cloudsuite.m3.kept import kept
from ml_connector_sandbox.cloudsuite.orders import HEADER
from ml_connector_sandbox.cloudsuite.tenant import COMPANIES, ENTERPRISE_GROUP, Tenant

ALPHA = tuple(f"A{place}30" for place in range(10))
NUMERIC = tuple(f"N{place}96" for place in range(10))
FIELDS = (*ALPHA, *NUMERIC, "A121")
WIDTHS = {**dict.fromkeys(ALPHA, 30), **dict.fromkeys(NUMERIC, 21), "A121": 120}
CLASS_OF = {"MPHEAD": HEADER, names.PROJECT_TABLE: "Project"}
SHARED = {
    "MPHEAD": {
        "A030": "PurchaseOrderUserField5",
        "A130": "PurchaseOrderUserField7",
        "A230": "PurchaseOrderUserField3",
    },
    names.PROJECT_TABLE: {"A030": "ProjectUserField5", "A130": "ProjectUserField7"},
}


def get(tenant: Tenant, call: Call) -> Records:
    """`GetFieldValue`: the fields of a record."""
    return [_existing(tenant, call)]


def add(tenant: Tenant, call: Call) -> Records:
    """`AddFieldValue`: the first fields of a record."""
    if _find(tenant, call.one("FILE"), call.one("PK01")) is not None:
        raise Failed("The record already exists", "PK01", "WCF0104")
    if call.one("VEXI") != "1" and _parent(tenant, call.one("FILE"), call.one("PK01")) is None:
        raise Failed(f"{call.one('PK01')} does not exist in {call.one('FILE')}", "PK01")
    return _write(tenant, call)


def change(tenant: Tenant, call: Call) -> Records:
    """`ChgFieldValue`: other fields of a record; those that are not named stay."""
    _existing(tenant, call)
    return _write(tenant, call)


def _write(tenant: Tenant, call: Call) -> Records:
    file, key = call.one("FILE"), call.one("PK01")
    values = {name: value for name, value in call.values.items() if name in FIELDS}
    for name, value in values.items():
        if len(value) > WIDTHS[name]:
            raise Failed(f"{name} is longer than {WIDTHS[name]} characters", name)
    shared = {theirs: values.pop(name) for name, theirs in SHARED.get(file, {}).items() if name in values}
    parent = _parent(tenant, file, key)
    if shared and parent is not None:
        for name, value in shared.items():
            CLASSES[CLASS_OF[file]].fields[name].takes(value)
        # The record itself does not change, and so keeps its day of change.
        parent.fields.update(shared)
    row = kept(tenant).custom.setdefault((file, key), {})
    row.update(values, LMDT=f"{names.server_time(tenant):%Y%m%d}")
    return []


def _existing(tenant: Tenant, call: Call) -> Values:
    row = _find(tenant, call.one("FILE"), call.one("PK01"))
    if row is None:
        raise Failed("The record does not exist", "PK01", "WCF0103")
    return row


def _find(tenant: Tenant, file: str, key: str) -> Values | None:
    parent = _parent(tenant, file, key)
    shared = {} if parent is None else _shared(file, parent)
    row = kept(tenant).custom.get((file, key))
    if row is None and not any(shared.values()):
        return None
    return _shown(file, key, {**(row or {}), **shared})


def _shared(file: str, parent: Row) -> dict[str, str]:
    return {name: parent.fields[theirs] for name, theirs in SHARED.get(file, {}).items()}


def _shown(file: str, key: str, values: Values) -> Values:
    blank = dict.fromkeys(("CONO", "FILE", "PK01", *FIELDS, "LMDT"), "")
    return {**blank, **values, "CONO": names.COMPANY, "FILE": file, "PK01": key}


def _parent(tenant: Tenant, file: str, key: str) -> Row | None:
    if file == names.PROJECT_TABLE:
        return tenant.tables["Project"].get(ENTERPRISE_GROUP, key)
    if file != "MPHEAD":
        return None
    table = tenant.tables[HEADER]
    places = ((company, key, "0000", code) for company in COMPANIES for code in ("STD", "SVC"))
    return next((row for place in places if (row := table.get(*place)) is not None), None)


def rows(tenant: Tenant) -> Iterator[Values]:
    """The rows of CUGEX1."""
    keys = dict.fromkeys(kept(tenant).custom)
    for row in tenant.tables[HEADER].living():
        keys[("MPHEAD", row.fields["PurchaseOrder"])] = None
    for row in tenant.tables["Project"].living():
        keys[(names.PROJECT_TABLE, row.fields["Project"])] = None
    for file, key in keys:
        found = _find(tenant, file, key)
        if found is not None:
            yield found


CUSEXTMI = {
    "GetFieldValue": Transaction(get, ("FILE", "PK01")),
    "AddFieldValue": Transaction(add, ("FILE", "PK01"), writes=True),
    "ChgFieldValue": Transaction(change, ("FILE", "PK01"), writes=True),
}
