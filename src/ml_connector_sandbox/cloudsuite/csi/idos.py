"""IDOs: named collections of properties over a site's tables, and what can be done to their items."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.csi.sites import Local
from ml_connector_sandbox.cloudsuite.tenant import Tenant

ROWS = uuid.UUID("6a0f6c0e-6f5b-5b6e-9d1c-1d6c8a7f4b11")
"""The namespace in which a row's pointer is made from its key."""
ITEM_ID = re.compile(r"\.DT=\[([^\]]*)\].*\.ID=\[([^\]]*)\]")

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Site:
    """One company of the tenant, as its configuration shows it."""

    tenant: Tenant
    company: str

    @property
    def local(self) -> Local:
        """The site's clock and codes."""
        return Local(self.tenant.switches)

    @property
    def currency(self) -> str:
        """The site's own currency."""
        entity = self.tenant.reference.entity(self.company)
        return entity.currency if entity else ""


@dataclass(frozen=True, slots=True)
class Property:
    """One property: `text`, `number` or `date`, its width, and whether a client may set it."""

    name: str
    type: str = "text"
    width: int = 60
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One row as an IDO shows it; empty values are null to clients."""

    key: tuple[str, ...]
    values: dict[str, str]
    updated: datetime


Change = Callable[[Site, Item, Values], None]


@dataclass(frozen=True, slots=True)
class Ido:
    """One IDO. `insert` returns the key of the new row; what is None cannot be done."""

    name: str
    table: str
    properties: tuple[Property, ...]
    items: Callable[[Site], Iterable[Item]]
    keys: tuple[str, ...] = ()
    insert: Callable[[Site, Values], tuple[str, ...]] | None = None
    update: Change | None = None
    delete: Callable[[Site, Item], None] | None = None
    hidden: Callable[[Site], frozenset[str]] = field(default=lambda _site: frozenset())

    def known(self, site: Site) -> dict[str, Property]:
        """The site's properties by name, the two that every IDO has among them."""
        own = {each.name: each for each in self.properties if each.name not in self.hidden(site)}
        return {**own, "RecordDate": Property("RecordDate", "date"), "RowPointer": Property("RowPointer")}

    def property(self, site: Site, name: str) -> Property:
        """The property of a name. Raises `Refused` where the IDO has none."""
        found = self.known(site).get(name)
        if found is None:
            raise Refused(f"Property [{name}] was not found in IDO [{self.name}].")
        return found

    def shown(self, site: Site, item: Item) -> dict[str, str]:
        """Every value of an item, and what identifies it."""
        pointer = str(uuid.uuid5(ROWS, "/".join((self.table, site.company, *item.key))))
        moment = site.local.moment(item.updated)
        identity = f"PBT=[{self.table}] {self.table}.DT=[{moment}] {self.table}.ID=[{pointer}]"
        blank = dict.fromkeys(self.known(site), "")
        return {**blank, **item.values, "RecordDate": moment, "RowPointer": pointer, "_ItemId": identity}

    def all(self, site: Site) -> list[tuple[Item, dict[str, str]]]:
        """All items of a site with all that they show."""
        return [(item, self.shown(site, item)) for item in self.items(site)]

    def find(self, site: Site, item_id: str, values: Values, *, locking: bool) -> Item:
        """The item that an update means: by its id, with its moment where that is asked for, or by its keys.

        Raises `Refused` where there is none, or where somebody changed it since it was read.
        """
        if not item_id:
            return self._by_keys(site, values)
        read = ITEM_ID.search(item_id)
        if read is None:
            raise Refused("The item id is not valid.")
        for item, shown in self.all(site):
            if shown["RowPointer"] == read[2]:
                if locking and shown["RecordDate"] != read[1]:
                    raise Refused("Record was modified by another user. Refresh and try again.")
                return item
        raise Refused("Record was not found: it may have been deleted by another user.")

    def _by_keys(self, site: Site, values: Values) -> Item:
        wanted = [values.get(name, "").strip() for name in self.keys]
        for item, shown in self.all(site):
            if self.keys and [shown[name].strip() for name in self.keys] == wanted:
                return item
        raise Refused("Record was not found.")
