"""The product lines that have an adapter. One line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from ml_connector.core.money import Digits
from ml_connector.core.records import Kind
from ml_connector.erp.csi.csi import Csi, Ledgering
from ml_connector.erp.csi.fields import field_map as csi_field_map
from ml_connector.erp.csi.orders import UnitCodes
from ml_connector.erp.csi.sites import Site
from ml_connector.erp.fsm.fields import DETAIL, field_map
from ml_connector.erp.fsm.fsm import Fsm
from ml_connector.erp.fsm.groups import enterprise_groups
from ml_connector.erp.ln.fields import field_map as ln_fields
from ml_connector.erp.ln.ln import Ln
from ml_connector.erp.m3.opening import open_m3
from ml_connector.erp.port import Erp
from ml_connector.errors import Misconfigured
from ml_connector.settings.connection import Connection
from ml_connector.wire import Send

Factory = Callable[[Send, Connection, Digits, Path], Erp]
"""`send` completes paths below the tenant; the path is the directory of documents that are handed over."""


def open_fsm(send: Send, connection: Connection, digits: Digits, _documents: Path) -> Fsm:
    """FSM as a connection describes it."""
    ours = connection.cloudsuite
    reference = {"filter": ours.detail_reference_field, "reference": ours.detail_reference_field}
    overrides = {**ours.fields, DETAIL: {**reference, **ours.fields.get(DETAIL, {})}}
    return Fsm(
        send,
        ours.enterprise_group,
        ours.entities,
        field_map(overrides, _written(connection)),
        digits,
        page_rows=ours.page_rows,
        batch_rows=ours.batch_rows,
        settle_seconds=ours.settle_seconds,
        unique_keys=ours.fsm.unique_keys,
        posting=ours.fsm.posting,
        labor_fields=ours.fsm.labor_fields,
    )


def open_ln(send: Send, connection: Connection, digits: Digits, documents: Path) -> Ln:
    """LN as a connection describes it."""
    ours = connection.cloudsuite
    return Ln(
        send,
        ours.entities,
        ln_fields(ours.fields),
        digits,
        documents,
        endpoint=ours.ln.endpoint,
        closed=ours.ln.closed_statuses,
        page_rows=ours.page_rows,
        settle_seconds=ours.settle_seconds,
    )


def open_csi(send: Send, connection: Connection, digits: Digits, _documents: Path) -> Csi:
    """CSI as a connection describes it: one site an entity. Raises Misconfigured without a site for each."""
    ours = connection.cloudsuite
    if not ours.csi.journal or not set(ours.entities) <= ours.csi.sites.keys():
        raise Misconfigured(
            "CSI needs a journal, and a site for each entity.", remedy="Add them to [cloudsuite.csi] in the connection."
        )
    sites = [
        Site(entity, site.configuration, site.currency, ZoneInfo(site.time_zone))
        for entity, site in ((entity, ours.csi.sites[entity]) for entity in ours.entities)
    ]
    return Csi(
        send,
        sites,
        csi_field_map(ours.fields, _written(connection)),
        UnitCodes(ours.csi.cost_center_unit, ours.csi.project_unit),
        Ledgering(ours.csi.journal, ours.csi.post_method),
        digits,
        page_rows=ours.page_rows,
        settle_seconds=ours.settle_seconds,
    )


def _written(connection: Connection) -> dict[Kind, tuple[str, ...]]:
    """The fields that are written, by kind: they are read along, so that we know what stands in them."""
    ours = connection.cloudsuite
    written = {
        Kind.PURCHASE_ORDER: [ours.key_field, ours.remaining_field],
        Kind.PROJECT: [ours.project_key_field, ours.project_remaining_field],
    }
    for back in connection.status_back:
        written[Kind(back.kind)].append(back.field)
    return {kind: tuple(names) for kind, names in written.items()}


PRODUCTS: Mapping[str, Factory] = {
    "fsm": open_fsm,
    "m3": open_m3,
    "csi": open_csi,
    "ln": open_ln,
}


GROUPS: Mapping[str, Callable[[Send], tuple[str, ...]]] = {
    "fsm": enterprise_groups,
}
"""The lines that have enterprise groups, and how these are found."""


def open_erp(send: Send, connection: Connection, digits: Digits, documents: Path) -> Erp:
    """The adapter of a connection's product line. Raises Misconfigured for one that has none.

    `documents` is where a line that takes no journals has its documents; it is made when the first one is written.
    """
    factory = PRODUCTS.get(connection.cloudsuite.product)
    if factory is None:
        raise Misconfigured(
            f"CloudSuite product line {connection.cloudsuite.product!r} has no adapter.",
            remedy=f"The product lines are: {', '.join(PRODUCTS)}.",
        )
    return factory(send, connection, digits, documents)
