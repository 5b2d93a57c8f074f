"""From a connection's settings to an adapter of M3."""

from __future__ import annotations

from pathlib import Path

from ml_connector.core.money import Digits
from ml_connector.core.records import Kind
from ml_connector.erp.m3.journals import STATES
from ml_connector.erp.m3.m3 import M3
from ml_connector.erp.m3.orders import DIMENSION, check_custom_fields
from ml_connector.erp.m3.setup import ACCOUNT, COST_CENTER, PROJECT, Labels, Setup
from ml_connector.erp.m3.tables import CODING, tables
from ml_connector.settings.connection import CloudSuite, Connection
from ml_connector.wire import Send


def open_m3(send: Send, connection: Connection, digits: Digits, _documents: Path) -> M3:
    """M3 as a connection describes it. `send` completes paths below the tenant. Raises Misconfigured."""
    ours = connection.cloudsuite
    written = {
        Kind.PURCHASE_ORDER: [ours.key_field, ours.remaining_field],
        Kind.PROJECT: [ours.project_key_field, ours.project_remaining_field],
    }
    for back in connection.status_back:
        written[Kind(back.kind)].append(back.field)
    for names in written.values():
        check_custom_fields([name for name in names if name])
    own = ours.m3
    coding_list = {CODING: own.coding_list} if own.coding_list else {}
    layout = tables(
        ours.fields, prefixes=own.prefixes, prefixed=own.prefixed_columns, lists={**own.lists, **coding_list}
    )
    return M3(
        send,
        _setup(ours),
        layout,
        {kind: tuple(names) for kind, names in written.items()},
        digits,
        page_rows=ours.page_rows,
        batch_rows=ours.batch_rows,
        settle_seconds=ours.settle_seconds,
    )


def _setup(ours: CloudSuite) -> Setup:
    own = ours.m3
    return Setup(
        company=str(own.company),
        divisions={entity: own.divisions[entity] for entity in ours.entities},
        interface=own.interface,
        info_number=own.info_number,
        issue_info_number=own.issue_info_number,
        project_table=own.project_table,
        dimensions={
            ACCOUNT: 1,
            COST_CENTER: own.cost_center_dimension,
            PROJECT: own.project_dimension,
            **{f"{DIMENSION}{name}": place for name, place in own.dimensions.items()},
        },
        coding_list=own.coding_list,
        coding={project: Labels(each.account, each.cost_center) for project, each in own.coding.items()},
        closed_status=own.closed_status,
        closed_project_status=own.closed_project_status,
        commitment_item=own.commitment_item,
        period_type=str(own.period_type),
        separator=own.decimal_separator,
        states={**STATES, **own.batch_states},
    )
