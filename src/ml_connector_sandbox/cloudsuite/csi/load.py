"""The load request: properties, filter, order, cap and bookmark over one IDO.

Infor's Mongoose documentation, LoadCollection. Without a cap 200 rows come; -1 is the same, 0 is all of them.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_connector_sandbox.cloudsuite.classes import Refused
from ml_connector_sandbox.cloudsuite.csi import filters
from ml_connector_sandbox.cloudsuite.csi.idos import Ido, Site
from ml_connector_sandbox.cloudsuite.csi.sites import on
from ml_connector_sandbox.wire import Request

CAP = 200
TYPES = ("FIRST", "NEXT", "PREV", "LAST")
NOT_BUILT = ("clm", "clmparam")

Shown = dict[str, str]
Order = list[tuple[str, str, bool]]
"""Property, its type, and whether it falls."""


def load(site: Site, ido: Ido, request: Request) -> dict[str, Any]:
    """The answer to a load. Raises `Refused`."""
    for name in NOT_BUILT:
        if request.one(name):
            raise Refused(f"{name} is not supported here")
    names = [name.strip() for name in request.one("properties").split(",") if name.strip()]
    if not names:
        raise Refused("No properties were requested.")
    for name in names:
        ido.property(site, name)
    order = _order(site, ido, request.one("orderby"))
    rows = sorted(_passing(site, ido, request.one("filter")), key=lambda shown: _place(shown, order))
    if request.one("distinct").lower() == "true":
        rows = list({tuple(row[name] for name in names): row for row in reversed(rows)}.values())[::-1]
    page, more = _page(rows, order, request)
    return {
        "Items": [_item(row, names) for row in page],
        "Bookmark": _bookmark(page, order),
        "MoreRowsExist": more,
        "Success": True,
        "Message": None,
    }


def _passing(site: Site, ido: Ido, text: str) -> list[Shown]:
    if "RecordDate" in text and not on(site.tenant.switches, "csi_record_date_filters"):
        raise filters.illegal("RecordDate may not be filtered")
    like = on(site.tenant.switches, "csi_like_filters")
    test = filters.compiled(text, lambda name: ido.property(site, name), like=like)
    return [shown for _, shown in ido.all(site) if test(shown)]


def _order(site: Site, ido: Ido, text: str) -> Order:
    found: Order = []
    for part in (each.split() for each in text.split(",") if each.strip()):
        prop = ido.property(site, part[0])
        found.append((prop.name, prop.type, len(part) > 1 and part[1].lower() == "desc"))
    # Two rows never share a place, so that a bookmark means one.
    return [*found, ("RowPointer", "text", False)]


@dataclass(frozen=True)
class _Falling:
    """Turns the order of a value around."""

    value: Any

    def __lt__(self, other: _Falling) -> bool:
        return bool(other.value < self.value)


def _place(shown: Mapping[str, str], order: Order) -> list[Any]:
    values = [(filters.comparable(kind, shown[name]), falls) for name, kind, falls in order]
    return [_Falling(value) if falls else value for value, falls in values]


def _page(rows: list[Shown], order: Order, request: Request) -> tuple[list[Shown], bool]:
    kind = request.one("loadtype", "FIRST").upper()
    if kind not in TYPES:
        raise Refused(f"The load type {kind} is not valid.")
    cap = _cap(request.one("recordcap", "-1")) or len(rows)
    if kind in ("NEXT", "PREV"):
        at = _place(_marked(request.one("bookmark"), order), order)
        after = kind == "NEXT"
        rows = [row for row in rows if (at < _place(row, order) if after else _place(row, order) < at)]
    backward = kind in ("PREV", "LAST")
    return (rows[-cap:] if backward else rows[:cap]) if cap else [], len(rows) > cap


def _cap(text: str) -> int:
    if not text.removeprefix("-").isdigit():
        raise Refused(f"The record cap {text} is not valid.")
    return CAP if int(text) < 0 else int(text)


def _bookmark(page: Sequence[Shown], order: Order) -> str:
    if not page:
        return "<B/>"
    last = json.dumps([page[-1][name] for name, _, _ in order])
    return f"<B>{urlsafe_b64encode(last.encode()).decode()}</B>"


def _marked(bookmark: str, order: Order) -> Shown:
    try:
        values = json.loads(urlsafe_b64decode(bookmark.removeprefix("<B>").removesuffix("</B>")))
        return {name: str(value) for (name, _, _), value in zip(order, values, strict=True)}
    except (ValueError, TypeError):
        raise Refused("The bookmark is not valid.") from None


def _item(row: Shown, names: Sequence[str]) -> dict[str, str | None]:
    return {**{name: row[name] or None for name in names}, "_ItemId": row["_ItemId"]}
