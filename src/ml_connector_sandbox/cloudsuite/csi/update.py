"""The update request: inserts, updates and deletions of one IDO's items, each change with its own item.

Infor's Mongoose documentation, UpdateCollection: an item id carries the moment at which the row was last changed, and
an update of a row that was changed since is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.csi import filters
from ml_connector_sandbox.cloudsuite.csi.idos import Ido, Property, Site
from ml_connector_sandbox.cloudsuite.csi.sites import on
from ml_connector_sandbox.wire import Request

INSERT, UPDATE, DELETE = 1, 2, 4
STRUCK = "The record is in use by another task."


def update(site: Site, ido: Ido, request: Request) -> dict[str, Any]:
    """The answer to an update. Raises `Refused`; changes before the refused one stand."""
    changes = _changes(request)
    if on(site.tenant.switches, "csi_first_change_only"):
        changes = changes[:1]
    touched = [_apply(site, ido, change) for change in changes]
    refreshed = [_refreshed(site, ido, key) for key in touched] if request.one("refresh").lower() == "true" else None
    return {"Success": True, "Message": None, "RefreshItems": refreshed}


def _changes(request: Request) -> list[Mapping[str, Any]]:
    try:
        body = request.json()
    except ValueError:
        raise Refused("The request is not valid JSON.") from None
    changes = body.get("Changes") if isinstance(body, dict) else None
    if not isinstance(changes, list) or not all(isinstance(change, dict) for change in changes):
        raise Refused("No changes were sent.")
    return changes


def _apply(site: Site, ido: Ido, change: Mapping[str, Any]) -> tuple[str, ...]:
    """The key of the row that was touched."""
    values = _values(site, ido, change.get("Properties") or [])
    action = change.get("Action")
    if site.tenant.strikes("partial_batch"):
        raise Refused(STRUCK)
    if action == INSERT and ido.insert is not None:
        return ido.insert(site, _settable(site, ido, values))
    locking = change.get("UpdateLocking", 1) == 1
    item = ido.find(site, str(change.get("ItemId") or ""), values, locking=locking)
    if action == UPDATE and ido.update is not None:
        ido.update(site, item, _settable(site, ido, {k: v for k, v in values.items() if k not in ido.keys}))
    elif action == DELETE and ido.delete is not None:
        ido.delete(site, item)
    else:
        raise Refused(f"Action {action} is not allowed on IDO [{ido.name}].")
    return item.key


def _values(site: Site, ido: Ido, properties: Any) -> dict[str, str]:
    """The modified properties with their values as text. Raises `Refused` for one that does not exist or fit."""
    if not isinstance(properties, list) or not all(isinstance(each, dict) for each in properties):
        raise Refused("Properties is not valid.")
    found: dict[str, str] = {}
    for each in properties:
        prop = ido.property(site, str(each.get("Name")))
        if each.get("Modified", True) is True:
            value = "" if each.get("IsNull") or each.get("Value") is None else str(each["Value"])
            _check(prop, value)
            found[prop.name] = value
    return found


def _check(prop: Property, value: str) -> None:
    if len(value) > prop.width:
        raise Refused(f"The value of [{prop.name}] is longer than {prop.width} characters.")
    if value:
        filters.comparable(prop.type, value)


def _settable(site: Site, ido: Ido, values: dict[str, str]) -> dict[str, str]:
    for name in values:
        if not ido.property(site, name).writable:
            raise Refused(f"Property [{name}] is read-only.")
    return values


def _refreshed(site: Site, ido: Ido, key: tuple[str, ...]) -> dict[str, str | None]:
    for item, shown in ido.all(site):
        if item.key == key:
            return {name: value or None for name, value in shown.items()}
    return {}
