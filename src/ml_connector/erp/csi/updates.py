"""Changes of items as values: one change a request.

Infor's documentation speaks of one or more changes in a request, and field notes of sites that process the first
alone. An item id carries the moment of the row's last change, so that a row changed since is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ml_connector.erp.csi.answers import BASE, CONFIGURATION
from ml_connector.erp.csi.sites import Site
from ml_connector.wire import Request, Safety

INSERT, UPDATE, DELETE = 1, 2, 4
JSON = {"Content-Type": "application/json"}


def insert_request(operation: str, site: Site, ido: str, values: Mapping[str, str]) -> Request:
    """Add an item. CSI makes nothing unique: the same values again make a second one."""
    return _change(operation, site, ido, INSERT, "", values, Safety.ONCE)


def update_request(operation: str, site: Site, ido: str, item_id: str, values: Mapping[str, str]) -> Request:
    """Set properties of the item that was read under this id."""
    return _change(operation, site, ido, UPDATE, item_id, values, Safety.REPEATABLE)


def delete_request(operation: str, site: Site, ido: str, item_id: str) -> Request:
    """Take out the item that was read under this id. The second time there is nothing to take out."""
    return _change(operation, site, ido, DELETE, item_id, {}, Safety.ONCE)


def _change(
    operation: str, site: Site, ido: str, action: int, item_id: str, values: Mapping[str, str], safety: Safety
) -> Request:
    properties = [
        {"Name": name, "Value": value, "Modified": True, "IsNull": not value} for name, value in values.items()
    ]
    change = {"Action": action, "ItemId": item_id, "UpdateLocking": 1, "Properties": properties}
    body = json.dumps({"Changes": [change]}, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {CONFIGURATION: site.configuration, **JSON}
    return Request(operation, "POST", f"{BASE}/update/{ido}", safety, (("refresh", "false"),), headers, body)


def invoke_request(operation: str, site: Site, ido: str, method: str, parameters: tuple[str, ...]) -> Request:
    """Call a method of an IDO."""
    headers = {CONFIGURATION: site.configuration, **JSON}
    body = json.dumps(parameters, ensure_ascii=False, separators=(",", ":")).encode()
    return Request(operation, "POST", f"{BASE}/invoke/{ido}", Safety.ONCE, (("method", method),), headers, body)
